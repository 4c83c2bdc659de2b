//! Platform timelines: how long things take from end to end, against what is documented, measured or added up.
//!
//! Theory has nothing to say of these: a spike becomes a new task in service through a minute that fills, an alarm, a lag,
//! a launch, a pull and a health check. Each step has a figure (of the platform's documents, of somebody's measurement, or
//! what is generally known), and their sum is a band. So a band is a sanity check and no oracle: it catches a loop that runs
//! twice as often as it should, a lag counted twice, a step left out, but says nothing of a distribution's shape.
//!
//! A timeline is an ordinary scenario, run some dozens of times, since loops start at random phases. It passes if nine in ten
//! of its replications lie in the band, or all where the platform states a figure without chance.

mod clusters;
mod functions;
mod judge;
mod services;
mod story;

use sim_core::engine::Span;

pub use judge::{MeasureResult, TimelineResult};
pub(super) use judge::{judge, replications};

use super::case::seed_of;
use crate::number::Unit;
use story::Story;

/// How often a timeline is run in the whole suite.
const REPLICATIONS: u32 = 40;

/// The share of replications that has to lie in a band whose steps are matters of chance.
const MOST: f64 = 0.9;

/// A scenario, and how long things take in it.
pub struct Timeline {
    /// Its name, which also decides its luck.
    pub name: &'static str,
    /// What happens in it.
    pub what: &'static str,
    /// The text of its scenario file.
    pub scenario: String,
    /// What is measured.
    pub measures: Vec<Measure>,
}

/// Something that takes its time, and the band in which that should lie.
pub struct Measure {
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
    /// One value of each replication; none if what is measured did not happen.
    figure: Figure,
}

type Figure = Box<dyn Fn(&Story) -> Option<f64> + Send + Sync>;

/// All timelines: services first, then clusters, then functions.
pub fn timelines() -> Vec<Timeline> {
    let mut all = services::timelines();
    all.extend(clusters::timelines());
    all.extend(functions::timelines());
    all
}

impl Timeline {
    /// A scenario of this length; `settings` is all but its head.
    fn new(name: &'static str, what: &'static str, duration: &str, settings: &str) -> Timeline {
        let seed = seed_of(name);
        let scenario = format!(
            "# {what}\nname = \"{name}\"\n\n[run]\nduration = \"{duration}\"\nreplications = {REPLICATIONS}\nseed = {seed}\n\n\
             {}\n",
            settings.trim()
        );
        Timeline { name, what, scenario, measures: Vec::new() }
    }

    fn measuring(mut self, measure: Measure) -> Timeline {
        self.measures.push(measure);
        self
    }
}

impl Measure {
    /// A time whose band is given in seconds.
    fn seconds(
        quantity: &'static str,
        band: (f64, f64),
        (steps, source): (&'static str, &'static str),
        figure: impl Fn(&Story) -> Option<f64> + Send + Sync + 'static,
    ) -> Measure {
        let figure = Box::new(figure);
        Measure { quantity, steps, source, unit: Unit::Seconds, band, share: MOST, figure }
    }

    /// A time whose band is given in minutes.
    fn minutes(
        quantity: &'static str,
        (low, high): (f64, f64),
        origin: (&'static str, &'static str),
        figure: impl Fn(&Story) -> Option<f64> + Send + Sync + 'static,
    ) -> Measure {
        Measure::seconds(quantity, (60.0 * low, 60.0 * high), origin, figure)
    }

    /// A number of things, or a share.
    fn number(
        quantity: &'static str,
        unit: Unit,
        band: (f64, f64),
        (steps, source): (&'static str, &'static str),
        figure: impl Fn(&Story) -> Option<f64> + Send + Sync + 'static,
    ) -> Measure {
        let figure = Box::new(figure);
        Measure { quantity, steps, source, unit, band, share: MOST, figure }
    }

    /// The same measure, of which no replication may lie outside.
    fn always(self) -> Measure {
        Measure { share: 1.0, ..self }
    }
}

fn minutes(count: u64) -> Span {
    Span::from_secs(60 * count)
}

#[cfg(test)]
mod tests;
