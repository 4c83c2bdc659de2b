//! Runs timelines and holds what came out against their bands.

use rayon::prelude::*;
use sim_core::observe::Names;
use sim_core::random::Luck;

use super::story::Story;
use super::{Measure, Timeline};
use crate::number::Unit;
use crate::validation::Effort;
use crate::validation::case::seed_of;
use crate::validation::surroundings::Builtin;

/// What became of a timeline.
#[derive(Clone, Debug)]
pub struct TimelineResult {
    /// Its name.
    pub name: &'static str,
    /// What happens in it.
    pub what: &'static str,
    /// Its scenario file.
    pub scenario: String,
    /// What was measured.
    pub measures: Vec<MeasureResult>,
}

/// What became of a measure.
#[derive(Clone, Debug)]
pub struct MeasureResult {
    /// From what to what.
    pub quantity: &'static str,
    /// The steps that the band is the sum of.
    pub steps: &'static str,
    /// Where they are from.
    pub source: &'static str,
    /// Seconds, or something else.
    pub unit: Unit,
    /// The least and the greatest plausible value.
    pub band: (f64, f64),
    /// The share of replications that has to lie inside.
    pub share: f64,
    /// What was simulated, the least first; replications in which it did not happen are left out.
    pub values: Vec<f64>,
    /// How many replications there were.
    pub replications: u32,
}

impl MeasureResult {
    fn of(measure: &Measure, stories: &[Story]) -> MeasureResult {
        let mut values: Vec<f64> = stories.iter().filter_map(|story| (measure.figure)(story)).collect();
        values.sort_unstable_by(f64::total_cmp);
        let Measure { quantity, steps, source, unit, band, share, .. } = *measure;
        MeasureResult {
            quantity,
            steps,
            source,
            unit,
            band,
            share,
            values,
            replications: stories.len() as u32,
        }
    }

    /// How many replications lie in the band, its ends included.
    pub fn inside(&self) -> u32 {
        let (low, high) = self.band;
        self.values.iter().filter(|value| (low..=high).contains(*value)).count() as u32
    }

    /// Whether enough of them do. What did not happen lies in no band.
    pub fn passes(&self) -> bool {
        f64::from(self.inside()) >= self.share * f64::from(self.replications)
    }

    /// The least, the middle and the greatest value; none if it never happened.
    pub fn range(&self) -> Option<(f64, f64, f64)> {
        let (least, greatest) = (self.values.first()?, self.values.last()?);
        let (half, count) = (self.values.len() / 2, self.values.len());
        let median = (self.values[half] + self.values[(count - 1) / 2]) / 2.0;
        Some((*least, median, *greatest))
    }
}

impl TimelineResult {
    /// Whether all that was measured passes.
    pub fn passes(&self) -> bool {
        self.measures.iter().all(MeasureResult::passes)
    }
}

/// Simulates a timeline and judges it; `step` hears of each replication that is done.
pub(in crate::validation) fn judge(
    timeline: Timeline,
    builtin: &Builtin,
    effort: Effort,
    step: &(dyn Fn() + Sync),
) -> TimelineResult {
    let scenario = builtin.load(timeline.name, &timeline.scenario);
    let run = &scenario.run;
    assert_eq!(run.seed, seed_of(timeline.name), "a timeline's name decides its luck");
    let one = |replication: u32| {
        let luck = Luck { root: run.seed, replication };
        let watch = |_: &Names| Story::default();
        let (_, story) = builtin.simulate(&scenario.variants[0].fleet, run, luck, watch);
        step();
        story
    };
    let stories: Vec<Story> = (0..replications(effort)).into_par_iter().with_max_len(1).map(one).collect();
    let Timeline { name, what, scenario, measures } = timeline;
    let measures = measures.iter().map(|measure| MeasureResult::of(measure, &stories)).collect();
    TimelineResult { name, what, scenario, measures }
}

/// How often each timeline is run.
pub(in crate::validation) fn replications(effort: Effort) -> u32 {
    effort.replications(super::REPLICATIONS)
}
