//! How much results depend on assumptions: what each of them, at the low and at the high end of what is plausible, does to
//! the recommended option and to the verdict.
//!
//! Each end is evaluated as the experiment itself is, with the records of the variants that the setting was moved in in
//! place of their own, so sizes are chosen and options compared anew. What is shown of it are paired differences of one
//! option: the recommended one or, without one, the best (under several workloads, at the one in the middle). Their
//! intervals are of 95 % each. An assumption that moves other options only does nothing to that one, and may change the
//! verdict all the same.

use serde::{Deserialize, Serialize};
use sim_core::metrics::{Confidence, Estimate, Variant, compare_one};
use sim_core::spec::{FleetSpec, Objective};

use super::findings::VariantAnalysis;
use super::folder::Stored;
use super::pairs::cost_pairs;
use super::variant::variant;
use super::verdict::{Answer, baselines, sentence};
use super::{Results, ResultsError, VariantManifest, VariantResults};
use crate::sensitivity::{End, Move, Plan, Side, Unmoved};

/// How much results depend on assumptions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensitivity {
    /// The variant whose numbers are shown.
    pub option: String,
    /// The workload that it is best at, where there are several.
    pub workload: String,
    /// What it costs a month.
    pub cost: Estimate,
    /// The service whose latency is shown: the one that is furthest from its objective.
    pub service: String,
    /// The percentile that its objective bounds, `latency.p99` without one.
    pub percentile: String,
    /// That percentile, in seconds.
    pub latency: Estimate,
    /// The assumptions that were moved, those with the widest swing first.
    pub moves: Vec<Moved>,
    /// Those that were not, and why.
    pub unmoved: Vec<Unmoved>,
}

/// What one assumption does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// The setting's path.
    pub setting: String,
    /// What is in force.
    pub value: String,
    /// The variants in which it is an assumption.
    pub variants: Vec<String>,
    /// At the least that is plausible.
    pub low: AtEnd,
    /// At the most.
    pub high: AtEnd,
}

/// What an assumption does at one end of its range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtEnd {
    /// What the setting is there.
    pub value: String,
    /// Why there is nothing to say, or what qualifies it.
    pub note: Option<String>,
    /// How many of its runs are not finished: nothing is said of it until they are.
    pub unfinished: usize,
    /// The option's cost a month there, less that with what is in force.
    pub cost: Option<Estimate>,
    /// Likewise its percentile, in seconds.
    pub latency: Option<Estimate>,
    /// The answer there, in short, where it is another one.
    pub instead: Option<String>,
    /// The verdict's sentence there, where the answer is another one.
    pub sentence: Option<String>,
}

impl Moved {
    /// Both ends, the low one first.
    pub fn ends(&self) -> [&AtEnd; 2] {
        [&self.low, &self.high]
    }

    /// Whether the verdict is another one at either end.
    pub fn changes_verdict(&self) -> bool {
        self.ends().iter().any(|end| end.instead.is_some())
    }
}

impl Sensitivity {
    /// Those of the assumptions that were moved that change the verdict.
    pub fn changing(&self) -> impl Iterator<Item = &Moved> {
        self.moves.iter().filter(|of| of.changes_verdict())
    }

    /// How wide an assumption's swing is, as far as it is clear of chance: from the least to the greatest value of cost and
    /// of latency, what is in force included, each as a share of what it is; the wider of the two. Infinite where a
    /// percentile falls among failures that did not before.
    pub fn swing(&self, of: &Moved) -> f64 {
        let share = |base: f64, difference: fn(&AtEnd) -> Option<&Estimate>| {
            let known = of.ends().into_iter().filter_map(difference).map(|it| match it.interval() {
                None if base.is_finite() && !it.value.is_finite() => f64::INFINITY,
                Some((low, high)) if low > 0.0 || high < 0.0 => it.value,
                _ => 0.0,
            });
            let (low, high) =
                known.fold((0.0, 0.0), |(low, high): (f64, f64), it| (low.min(it), high.max(it)));
            if high > low { (high - low) / base } else { 0.0 }
        };
        let cost = share(self.cost.value, |end| end.cost.as_ref());
        let latency = share(self.latency.value, |end| end.latency.as_ref());
        let known = [cost, latency].into_iter().filter(|swing| !swing.is_nan());
        known.fold(0.0, f64::max)
    }

    /// Evaluates what was run; none where nothing was, or where there is no option to look at.
    pub(super) fn of(results: &Results, base: &[VariantAnalysis]) -> Result<Option<Self>, ResultsError> {
        let Some(plan) = &results.manifest.sensitivity else { return Ok(None) };
        let before = Answer::of(results, base);
        let Some((option, workload)) = before.middle() else { return Ok(None) };
        let (service, percentile) = followed(&results.manifest.variants[option], &base[option]);
        let of_option = |owner: &str, metric: &str| {
            let row = base[option].row(owner, metric);
            row.map_or_else(|| Estimate::blank("there is none"), |row| row.estimate.clone())
        };
        let mut found = Sensitivity {
            option: results.manifest.variants[option].name.clone(),
            workload: workload.to_owned(),
            cost: of_option("", COST),
            latency: of_option(&service, &percentile),
            service,
            percentile,
            moves: Vec::new(),
            unmoved: plan.unmoved.clone(),
        };
        let labels = results.manifest.labels();
        let mut scratch = results.clone();
        scratch.manifest.sensitivity = None;
        let study = Study { results, base, plan, before: &before, option, labels: &labels };
        for of in &plan.moves {
            let (low, high) = (
                study.end(&mut scratch, &found, of, Side::Low)?,
                study.end(&mut scratch, &found, of, Side::High)?,
            );
            let Move { setting, value, variants, .. } = of.clone();
            found.moves.push(Moved { setting, value, variants, low, high });
        }
        let mut moves = std::mem::take(&mut found.moves);
        let rank = |of: &Moved| (found.swing(of), of.changes_verdict());
        moves.sort_by(|a, b| rank(b).0.total_cmp(&rank(a).0).then(rank(b).1.cmp(&rank(a).1)));
        Ok(Some(Sensitivity { moves, ..found }))
    }
}

const COST: &str = "cost.month";

/// The service and the percentile to look at.
fn followed(manifest: &VariantManifest, of: &VariantAnalysis) -> (String, String) {
    match of.standing.worst() {
        Some(worst) => (worst.service.clone(), format!("latency.{}", worst.objective.percentile())),
        None => {
            let first = manifest.fleet.services.keys().next().cloned().unwrap_or_default();
            (first, "latency.p99".to_owned())
        }
    }
}

/// What a variant had before a setting was moved in it: its place, its fleet and its records.
type Original = (usize, FleetSpec, VariantResults);

/// What every end is compared with.
struct Study<'s> {
    results: &'s Results,
    base: &'s [VariantAnalysis],
    plan: &'s Plan,
    before: &'s Answer,
    option: usize,
    labels: &'s [String],
}

impl Study<'_> {
    /// What the setting does at one end. `scratch` is a copy of the results, and is one again afterwards.
    fn end(
        &self,
        scratch: &mut Results,
        found: &Sensitivity,
        of: &Move,
        side: Side,
    ) -> Result<AtEnd, ResultsError> {
        let end = of.end(side);
        let nothing = |note: String| AtEnd {
            value: end.value().to_owned(),
            note: Some(note),
            unfinished: 0,
            cost: None,
            latency: None,
            instead: None,
            sentence: None,
        };
        match end {
            End::InForce(_) => return Ok(nothing("in force".into())),
            End::Impossible { why, .. } => return Ok(nothing(format!("not moved: {why}"))),
            End::To(_) => {}
        }
        let (replaced, missing) = self.move_in(scratch, of, side)?;
        let found = match missing {
            0 => self.evaluated(scratch, found, end),
            _ => {
                let note = format!("{missing} of its runs are not finished");
                Ok(AtEnd { unfinished: missing, ..nothing(note) })
            }
        };
        for (place, fleet, variant) in replaced {
            scratch.manifest.variants[place].fleet = fleet;
            scratch.variants[place] = variant;
        }
        found
    }

    /// Puts the fleets and records with the setting moved in place of the variants' own, which it returns, with how many
    /// records are missing.
    fn move_in(
        &self,
        scratch: &mut Results,
        of: &Move,
        side: Side,
    ) -> Result<(Vec<Original>, usize), ResultsError> {
        let (mut originals, mut missing) = (Vec::new(), 0);
        let manifest = self.plan.experiment(of, side, &self.results.manifest);
        for (index, variant) in manifest.variants.iter().enumerate() {
            let place = scratch.manifest.variants.iter().position(|it| it.name == variant.name);
            let Some(place) = place else { continue };
            let replications = scratch.variants[place].replications.clone();
            let mut moved = VariantResults { replications, ..VariantResults::default() };
            for replication in &moved.replications {
                match scratch.folder.record(Stored::Moved, &manifest, (index, *replication))? {
                    Some(job) => {
                        moved.records.push(job.record);
                        moved.days.push(job.days);
                    }
                    None => missing += 1,
                }
            }
            let fleet = &mut scratch.manifest.variants[place].fleet;
            let fleet = std::mem::replace(fleet, variant.fleet.clone());
            originals.push((place, fleet, std::mem::replace(&mut scratch.variants[place], moved)));
        }
        Ok((originals, missing))
    }

    fn evaluated(&self, moved: &Results, found: &Sensitivity, end: &End) -> Result<AtEnd, ResultsError> {
        let variants = self.variants(moved)?;
        let difference = |owner: &str, metric: &str| self.difference(moved, &variants, owner, metric);
        let pairs = cost_pairs(moved, &variants, &baselines(moved, &variants));
        let instead = Answer::of(moved, &variants).unlike(self.before, &variants, &pairs, self.labels);
        Ok(AtEnd {
            value: end.value().to_owned(),
            note: None,
            unfinished: 0,
            cost: difference("", COST),
            latency: difference(&found.service, &found.percentile),
            sentence: instead.is_some().then(|| sentence(moved, &variants, &pairs)),
            instead,
        })
    }

    /// What the variants' numbers are with the setting moved; those that it does nothing to keep theirs.
    fn variants(&self, moved: &Results) -> Result<Vec<VariantAnalysis>, ResultsError> {
        let both = moved.manifest.variants.iter().zip(&self.results.manifest.variants).enumerate();
        let of = both.map(|(index, (moved_fleet, before))| match moved_fleet.fleet == before.fleet {
            true => Ok(self.base[index].clone()),
            false => variant(moved, index),
        });
        of.collect()
    }

    /// The option's metric with the setting moved, less that without, paired by replication.
    fn difference(
        &self,
        moved: &Results,
        variants: &[VariantAnalysis],
        owner: &str,
        metric: &str,
    ) -> Option<Estimate> {
        let bounded = self.results.manifest.asked();
        let option = self.option;
        let now = measured(&moved.variants[option], &variants[option], &bounded);
        let before = measured(&self.results.variants[option], &self.base[option], &bounded);
        let rows = compare_one(&now, &before, metric, Confidence::USUAL);
        rows.into_iter().find(|row| row.owner == owner).map(|row| row.difference)
    }
}

fn measured<'r>(
    of: &'r VariantResults,
    analysis: &'r VariantAnalysis,
    bounded: &'r [Objective],
) -> Variant<'r> {
    Variant { records: &of.records, costs: &analysis.months, objectives: &analysis.limits, bounded }
}
