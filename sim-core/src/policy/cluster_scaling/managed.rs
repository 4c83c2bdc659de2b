//! Managed scaling of a capacity provider: target tracking on the reservation metric.
//!
//! ECS API reference (`ManagedScaling`) for the settings; ECS Developer Guide for the alarms and the limits on scaling
//! in. That scaling in halves the group at most per action is a reading of an unclear sentence there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Reservation, ReservationSettings, reservation};
use crate::engine::Span;
use crate::policy::alarm::{Alarm, Breach, newest};
use crate::policy::arithmetic::proportional;
use crate::policy::view::{AlarmState, ClusterScalingDecision, ClusterScalingPolicy, ClusterScalingView};
use crate::problem::Problem;
use crate::quantity::Percent;

/// Datapoints below the target before scaling in.
const LOW_DATAPOINTS: u32 = 15;
/// How long after a scale-out nothing is removed.
const QUIET: Span = Span::from_secs(15 * 60);
/// What a group without instances grows to first (ECS Developer Guide).
const FROM_ZERO: u32 = 2;

/// Follows the capacity provider's reservation metric M / N, where N instances run and M would be enough.
///
/// One datapoint above the target scales out to ceil(N x metric / target), once every launched instance has passed its
/// warm-up. A group without instances first grows to two. Fifteen datapoints below the target scale in, by at most half
/// of the group per action, and not within fifteen minutes of scaling out. Which instances may go is the group's
/// affair: with managed termination protection only empty ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagedParameters {
    /// The share of the group that is meant to be used, from 1% to 100%; below 100% leaves spare instances.
    #[serde(default = "whole")]
    pub target_capacity: Percent,
    /// The fewest instances added at once, from 1 to 10,000.
    #[serde(default = "one")]
    pub minimum_scaling_step: u32,
    /// The most instances added at once, from 1 to 10,000.
    #[serde(default = "ten_thousand")]
    pub maximum_scaling_step: u32,
}

fn whole() -> Percent {
    Percent(1.0)
}

fn one() -> u32 {
    1
}

fn ten_thousand() -> u32 {
    10_000
}

/// The policy `managed`.
pub struct Managed(ReservationSettings);

impl Managed {
    /// The policy, if its parameters are in the platform's ranges.
    pub fn new(parameters: &ManagedParameters) -> Result<Self, Vec<Problem>> {
        let (minimum, maximum) = (parameters.minimum_scaling_step, parameters.maximum_scaling_step);
        let steps = 1..=ten_thousand();
        let mut problems = Vec::new();
        if !(0.01..=1.0).contains(&parameters.target_capacity.0) {
            problems.push(Problem::new("target_capacity", "is not from 1% to 100%"));
        }
        for (path, step) in [("minimum_scaling_step", minimum), ("maximum_scaling_step", maximum)] {
            if !steps.contains(&step) {
                problems.push(Problem::new(path, "is not from 1 to 10000"));
            }
        }
        if minimum > maximum {
            problems.push(Problem::new(
                "minimum_scaling_step",
                format!("{minimum} is above the maximum {maximum}"),
            ));
        }
        let settings = ReservationSettings {
            target_capacity: parameters.target_capacity.0,
            minimum_step: minimum,
            maximum_step: maximum,
        };
        if problems.is_empty() { Ok(Managed(settings)) } else { Err(problems) }
    }

    fn scale_out(&self, view: &ClusterScalingView, value: f64, evidence: &str) -> ClusterScalingDecision {
        if view.warming > 0 {
            return ClusterScalingDecision::hold(format!("{evidence}: {} still warming up", view.warming));
        }
        let wanted = match measured(view) {
            0 => FROM_ZERO,
            running => proportional(running, value, self.0.target_capacity),
        };
        let wanted = wanted.min(view.max).max(view.min);
        if wanted > view.desired {
            ClusterScalingDecision::to(wanted, format!("{evidence}: out to {wanted}"))
        } else {
            let why = if wanted == view.max { "at max" } else { "already ordered" };
            ClusterScalingDecision::hold(format!("{evidence}: {wanted} wanted, {why}"))
        }
    }

    fn scale_in(&self, view: &ClusterScalingView, value: f64, evidence: &str) -> ClusterScalingDecision {
        if view.last_scale_out.is_some_and(|last| view.now.since(last) < QUIET) {
            return ClusterScalingDecision::hold(format!("{evidence}: scaled out less than 15 min ago"));
        }
        let most = (view.desired / 2).max(1);
        let wanted = proportional(measured(view), value, self.0.target_capacity);
        let wanted = wanted.max(view.desired.saturating_sub(most)).min(view.max).max(view.min);
        if wanted < view.desired {
            ClusterScalingDecision::to(wanted, format!("{evidence}: in to {wanted}"))
        } else {
            ClusterScalingDecision::hold(format!("{evidence}: nothing to remove"))
        }
    }
}

/// How many instances the metric is a share of.
fn measured(view: &ClusterScalingView) -> u32 {
    view.running_then.unwrap_or(view.running)
}

impl ClusterScalingPolicy for Managed {
    fn decide(&mut self, view: &ClusterScalingView) -> ClusterScalingDecision {
        let target = self.0.target_capacity;
        let high = Alarm { datapoints: 1, breach: Breach::Above(target) }
            .read("reservation high", &view.reservation);
        let low = Alarm { datapoints: LOW_DATAPOINTS, breach: Breach::Below(target) };
        let low = low.read("reservation low", &view.reservation);
        let decision = match newest(&view.reservation) {
            None => ClusterScalingDecision::hold("reservation has no data"),
            Some(value) => {
                let percent = |share: f64| (share * 1000.0).round() / 10.0;
                let evidence = format!(
                    "reservation {}% of {} running, target {}%",
                    percent(value),
                    measured(view),
                    percent(target)
                );
                match (high.state, low.state) {
                    (AlarmState::Alarm, _) => self.scale_out(view, value, &evidence),
                    (_, AlarmState::Alarm) => self.scale_in(view, value, &evidence),
                    _ => ClusterScalingDecision::hold(evidence),
                }
            }
        };
        ClusterScalingDecision { alarms: vec![high, low], ..decision }
    }

    fn reservation(&self, view: &ClusterScalingView) -> Reservation {
        reservation(view, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;
    use crate::policy::view::{Allocatable, Datapoint};

    const MINUTE: Span = Span::from_secs(60);

    /// A group whose metric stood at `percent` for the last `minutes`.
    fn view(running: u32, desired: u32, percent: f64, minutes: u64) -> ClusterScalingView {
        let now = Time::ZERO + MINUTE * 600;
        let large = Allocatable { cpu_units: 2048, memory_mib: 7985, network_interfaces: 2 };
        let end = |ago: u64| now.before(MINUTE * ago);
        ClusterScalingView {
            now,
            group: "fleet".into(),
            running,
            desired,
            min: 0,
            max: 50,
            non_empty: running,
            warming: 0,
            waiting: vec![],
            smallest: large,
            largest: large,
            reservation: (1..=minutes).rev().map(|ago| Datapoint::new(end(ago), percent / 100.0)).collect(),
            running_then: None,
            last_scale_out: None,
            last_scale_in: None,
            luck: 0,
        }
    }

    fn managed(target: f64) -> Managed {
        let parameters = ManagedParameters {
            target_capacity: Percent(target / 100.0),
            minimum_scaling_step: 1,
            maximum_scaling_step: 10_000,
        };
        Managed::new(&parameters).unwrap()
    }

    #[track_caller]
    fn check(target: f64, view: &ClusterScalingView, desired: Option<u32>) {
        let decision = managed(target).decide(view);
        assert_eq!(decision.desired, desired, "{}", decision.reason);
    }

    #[test]
    fn worked_examples() {
        check(100.0, &view(3, 3, 200.0 / 3.0, 15), Some(2));
        check(100.0, &view(2, 2, 150.0, 1), Some(3));
        check(80.0, &view(8, 8, 100.0, 1), Some(10));
        check(100.0, &view(0, 0, 200.0, 1), Some(2));
        check(100.0, &view(0, 0, 100.0, 15), None);
    }

    #[test]
    fn limits() {
        let changed = |change: fn(&mut ClusterScalingView), mut view: ClusterScalingView| {
            change(&mut view);
            view
        };
        check(100.0, &view(3, 3, 200.0 / 3.0, 14), None);
        check(100.0, &view(10, 10, 0.0, 15), Some(5)); // at most half
        check(100.0, &view(1, 1, 0.0, 15), Some(0));
        check(100.0, &view(30, 30, 500.0, 1), Some(50));
        check(100.0, &view(50, 50, 500.0, 1), None);
        check(100.0, &view(2, 3, 150.0, 1), None); // already ordered
        check(80.0, &view(3, 3, 200.0 / 3.0, 15), None); // two busy ones would be at 100 %
        check(100.0, &changed(|view| view.min = 8, view(10, 10, 0.0, 15)), Some(8));
        check(100.0, &changed(|view| view.warming = 1, view(2, 2, 150.0, 1)), None);
        let quiet = |minutes: u64, view: ClusterScalingView| ClusterScalingView {
            last_scale_out: Some(view.now.before(MINUTE * minutes)),
            ..view
        };
        check(100.0, &quiet(14, view(4, 4, 50.0, 15)), None);
        check(100.0, &quiet(15, view(4, 4, 50.0, 15)), Some(2));
    }

    /// The metric that the policy publishes leads it to where the metric is at its target.
    #[test]
    fn metric_and_decision_agree() {
        let check = |running: u32, non_empty: u32, target: f64, settled: u32| {
            let mut size = running;
            for _ in 0..20 {
                let mut view = ClusterScalingView { non_empty, ..view(size, size, 0.0, 15) };
                let value = managed(target).reservation(&view).value;
                view.reservation.iter_mut().for_each(|datapoint| datapoint.value = Some(value));
                size = managed(target).decide(&view).desired.unwrap_or(size);
            }
            assert_eq!(size, settled);
        };
        check(40, 3, 100.0, 3);
        check(40, 8, 80.0, 10);
        check(8, 8, 80.0, 10);
        check(4, 0, 100.0, 0);
    }

    #[test]
    fn parameters_that_make_no_sense() {
        let check = |target: f64, minimum_scaling_step, maximum_scaling_step, paths: &[&str]| {
            let target_capacity = Percent(target);
            let parameters =
                ManagedParameters { target_capacity, minimum_scaling_step, maximum_scaling_step };
            let problems = Managed::new(&parameters).err().unwrap_or_default();
            assert_eq!(problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(), paths);
        };
        check(1.0, 1, 10_000, &[]);
        check(1.01, 0, 10_001, &["target_capacity", "minimum_scaling_step", "maximum_scaling_step"]);
        check(0.0, 5, 4, &["target_capacity", "minimum_scaling_step"]);
    }
}
