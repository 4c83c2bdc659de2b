//! Whether a variant holds its objectives.
//!
//! That is decided by the interval of the attainment, the share of all requests that ended well in time, so failures
//! count, and so does simulation noise.

use serde::{Deserialize, Serialize};
use sim_core::metrics::{Estimate, Row};
use sim_core::spec::Objective;

use super::manifest::VariantManifest;

/// Whether an objective is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// The whole interval lies on the good side.
    Yes,
    /// The interval contains the limit, or there is none and the one replication lies on the good side.
    Unclear,
    /// The whole interval lies on the bad side, or the one replication does: it is seen to miss.
    No,
}

/// How one variant stands to its objectives.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Whether it holds all of them; none where it has none, or was never run.
    pub holds: Option<Holds>,
    /// Service by service.
    pub services: Vec<ServiceStanding>,
}

/// How one service stands to its objective.
#[derive(Clone, Debug)]
pub struct ServiceStanding {
    /// The service.
    pub service: String,
    /// What it has to hold.
    pub objective: Objective,
    /// Whether it does.
    pub holds: Holds,
    /// The share of requests that ended well in time.
    pub attainment: Estimate,
    /// The quantile that the objective bounds.
    pub quantile: Option<Estimate>,
}

impl Standing {
    /// The service that is furthest from its objective.
    pub(super) fn worst(&self) -> Option<&ServiceStanding> {
        let slack = |it: &ServiceStanding| it.attainment.value - it.objective.share;
        self.services.iter().max_by(|a, b| a.holds.cmp(&b.holds).then(slack(b).total_cmp(&slack(a))))
    }
}

/// Decides whether a variant holds its objectives.
pub(super) fn standing(manifest: &VariantManifest, rows: &[Row]) -> Standing {
    let find = |owner: &str, metric: &str| {
        rows.iter().find(|row| row.owner == owner && row.metric == metric).map(|row| row.estimate.clone())
    };
    let objectives = manifest.objectives().filter(|_| !rows.is_empty());
    let services: Vec<ServiceStanding> = objectives
        .map(|(service, objective)| {
            // Without a single request, whether they would have ended in time is not known.
            let nothing = || Estimate::blank("no request was born in the measured window");
            let attainment = find(service, "objective.attainment").unwrap_or_else(nothing);
            let quantile = find(service, &format!("latency.{}", objective.percentile()));
            let holds = holds(&attainment, objective.share);
            ServiceStanding { service: service.to_owned(), objective, holds, attainment, quantile }
        })
        .collect();
    Standing { holds: services.iter().map(|service| service.holds).max(), services }
}

fn holds(attainment: &Estimate, share: f64) -> Holds {
    match attainment.interval() {
        Some((low, _)) if low >= share => Holds::Yes,
        Some((_, high)) if high < share => Holds::No,
        None if attainment.value < share => Holds::No,
        _ => Holds::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attainment_decides_by_its_interval() {
        let check = |value: f64, half: Option<f64>, expected: Holds| {
            let estimate = Estimate { value, half_width: half, n: 5, note: None };
            assert_eq!(holds(&estimate, 0.99), expected, "{value} ± {half:?}");
        };
        check(1.0, Some(0.0), Holds::Yes);
        check(0.995, Some(0.005), Holds::Yes);
        check(0.995, Some(0.006), Holds::Unclear);
        check(0.985, Some(0.006), Holds::Unclear);
        check(0.98, Some(0.009), Holds::No);
        check(0.999, None, Holds::Unclear);
        check(0.98, None, Holds::No);
        check(f64::NAN, None, Holds::Unclear);
    }
}
