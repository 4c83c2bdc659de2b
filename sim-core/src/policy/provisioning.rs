//! How much provisioned concurrency a function has: fixed, by schedule, or by its utilization.
//!
//! Lambda Developer Guide, "Managing provisioned concurrency with Application Auto Scaling": the same alarms as for
//! services, on the utilization of the provisioned environments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alarm::{Alarm, Breach, newest};
use super::arithmetic::proportional;
use super::service_scaling::{Schedule, ScheduledParameters, within};
use super::view::{AlarmState, Bounds, ProvisioningDecision, ProvisioningPolicy, ProvisioningView};
use crate::engine::{Span, Time};
use crate::problem::Problem;
use crate::quantity::Percent;

/// Keeps as many environments provisioned all the time.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedProvisioningParameters {
    /// How many.
    pub count: u32,
}

/// The policy `fixed`.
pub struct FixedProvisioning(pub FixedProvisioningParameters);

impl ProvisioningPolicy for FixedProvisioning {
    fn decide(&mut self, _: &ProvisioningView) -> ProvisioningDecision {
        ProvisioningDecision::to(self.0.count, format!("fixed at {}", self.0.count))
    }

    fn bounds(&self) -> Bounds {
        Bounds { min: Some(self.0.count), max: Some(self.0.count) }
    }
}

/// The policy `scheduled`: as for services, with environments for tasks.
pub struct ScheduledProvisioning(Schedule);

impl ScheduledProvisioning {
    /// The policy, if its parameters make sense together.
    pub fn new(parameters: &ScheduledParameters) -> Result<Self, Vec<Problem>> {
        Schedule::new(parameters).map(ScheduledProvisioning)
    }
}

impl ProvisioningPolicy for ScheduledProvisioning {
    fn decide(&mut self, view: &ProvisioningView) -> ProvisioningDecision {
        let due = self.0.bounds(view.now, view.run_start);
        let (min, max) = (due.min.unwrap_or(view.min), due.max.unwrap_or(view.max));
        let reason = format!("schedule: between {min} and {max}");
        ProvisioningDecision { min: due.min, max: due.max, ..ProvisioningDecision::hold(reason) }
    }

    fn bounds(&self) -> Bounds {
        self.0.at_start()
    }
}

/// Keeps the utilization of the provisioned environments near a target.
///
/// Three one-minute datapoints above the target scale out and fifteen below 90 % of it scale in, to
/// ceil(provisioned x utilization / target). Short bursts between the datapoints are not seen, and spill over to
/// ordinary environments.
///
/// A datapoint speaks of the environments that there were in its minute. So after each change nothing more is decided
/// before a minute has been published throughout which the present ones were ready: it takes a minute or two to prepare
/// environments and another until their first minute is seen, and what the old ones had to do would be counted twice.
/// (The platform publishes its alarms, and not how it keeps from acting twice.)
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UtilizationParameters {
    /// The utilization to hold, from 10% to 90% on the platform.
    #[serde(default = "seventy_percent")]
    pub target: Percent,
    /// Never fewer environments than this.
    pub min: u32,
    /// Never more environments than this.
    pub max: u32,
    /// How long after an action nothing more is added. None on the platform unless it is set.
    #[serde(default)]
    pub scale_out_cooldown: Span,
    /// How long after an action nothing more is removed. None on the platform unless it is set.
    #[serde(default)]
    pub scale_in_cooldown: Span,
    /// The largest share of the environments that one action removes, at least one. The platform removes "in small
    /// steps" and does not say which; 100% is the plain formula.
    #[serde(default = "whole")]
    pub scale_in_at_most: Percent,
}

/// The length of a datapoint's period.
const PERIOD: Span = Span::from_secs(60);

fn seventy_percent() -> Percent {
    Percent(0.7)
}

fn whole() -> Percent {
    Percent(1.0)
}

/// The policy `target-tracking`.
pub struct UtilizationTracking(UtilizationParameters);

impl UtilizationTracking {
    /// The policy, if its parameters make sense together.
    pub fn new(parameters: UtilizationParameters) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        for (path, share) in
            [("target", parameters.target.0), ("scale_in_at_most", parameters.scale_in_at_most.0)]
        {
            if !(share > 0.0 && share <= 1.0) {
                problems.push(Problem::new(path, "is not above 0% and at most 100%"));
            }
        }
        if parameters.min > parameters.max {
            let message = format!("min {} is above max {}", parameters.min, parameters.max);
            problems.push(Problem::new("min", message));
        }
        if problems.is_empty() { Ok(UtilizationTracking(parameters)) } else { Err(problems) }
    }

    /// Whether the newest minute lies before the last change: it speaks of another number of environments.
    fn is_stale(view: &ProvisioningView) -> bool {
        let newest = view.utilization.iter().rev().find(|point| point.value.is_some());
        let fresh = |since: Time| newest.is_none_or(|point| point.end.since(since) >= PERIOD);
        !view.ready_since.is_none_or(fresh)
    }

    fn wanted(&self, view: &ProvisioningView, value: f64, high: AlarmState, low: AlarmState) -> Option<u32> {
        let wanted = proportional(view.ready, value, self.0.target.0);
        if high == AlarmState::Alarm && !within(self.0.scale_out_cooldown, view.last_scale_out, view.now) {
            return Some(wanted.max(view.desired));
        }
        if low == AlarmState::Alarm && !within(self.0.scale_in_cooldown, view.last_scale_in, view.now) {
            let most = ((f64::from(view.desired) * self.0.scale_in_at_most.0) as u32).max(1);
            return Some(wanted.max(view.desired.saturating_sub(most)).min(view.desired));
        }
        None
    }
}

impl ProvisioningPolicy for UtilizationTracking {
    fn decide(&mut self, view: &ProvisioningView) -> ProvisioningDecision {
        let target = self.0.target.0;
        let high = Alarm { datapoints: 3, breach: Breach::Above(target) };
        let low = Alarm { datapoints: 15, breach: Breach::Below(0.9 * target) };
        let high = high.read("utilization high", &view.utilization);
        let low = low.read("utilization low", &view.utilization);
        let decision = match newest(&view.utilization) {
            None => ProvisioningDecision::hold("utilization has no data"),
            Some(value) => {
                let evidence = format!(
                    "utilization {} of {} ready, target {}",
                    Percent(value),
                    view.ready,
                    self.0.target
                );
                match self.wanted(view, value, high.state, low.state) {
                    _ if Self::is_stale(view) => {
                        ProvisioningDecision::hold(format!("{evidence}: not a full minute of these yet"))
                    }
                    Some(wanted) => ProvisioningDecision::to(wanted, format!("{evidence}: to {wanted}")),
                    None => ProvisioningDecision::hold(evidence),
                }
            }
        };
        ProvisioningDecision { alarms: vec![high, low], ..decision }
    }

    fn bounds(&self) -> Bounds {
        Bounds { min: Some(self.0.min), max: Some(self.0.max) }
    }
}

/// Keeps a decision within the bounds in force after it, and names `desired` only where it is not what it was.
pub fn settle(view: &ProvisioningView, mut decision: ProvisioningDecision) -> ProvisioningDecision {
    let (min, max) = (decision.min.unwrap_or(view.min), decision.max.unwrap_or(view.max));
    let settled = decision.desired.unwrap_or(view.desired).min(max).max(min);
    decision.min = decision.min.filter(|min| *min != view.min);
    decision.max = decision.max.filter(|max| *max != view.max);
    decision.desired = (settled != view.desired).then_some(settled);
    decision
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::calendar::Calendar;
    use crate::policy::view::Datapoint;

    fn check(
        mut policy: impl ProvisioningPolicy,
        ready: u32,
        desired: u32,
        values: &[f64],
        wanted: Option<u32>,
    ) {
        let view = view(ready, desired, values);
        let decision = settle(&view, policy.decide(&view));
        assert_eq!(decision.desired, wanted, "{}", decision.reason);
    }

    fn view(ready: u32, desired: u32, values: &[f64]) -> ProvisioningView {
        let now = Time::ZERO + Span::from_secs(36_000);
        let datapoint = |value: &f64| Datapoint::new(now, value.is_finite().then_some(*value));
        ProvisioningView {
            now,
            run_start: Calendar::default(),
            function: "resize".into(),
            ready,
            ready_since: None,
            desired,
            min: 10,
            max: 500,
            utilization: values.iter().map(datapoint).collect(),
            last_scale_out: Some(now.before(Span::from_secs(60))),
            last_scale_in: Some(now.before(Span::from_secs(60))),
            luck: 0,
        }
    }

    #[test]
    fn utilization() {
        let tracking = |more: serde_json::Value| {
            let mut parameters = json!({ "min": 10, "max": 500 });
            parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            UtilizationTracking::new(serde_json::from_value(parameters).unwrap()).unwrap()
        };
        let plain = || tracking(json!({}));
        check(plain(), 100, 100, &[0.9; 3], Some(129)); // 128.6
        check(plain(), 100, 100, &[0.9; 2], None);
        check(plain(), 100, 129, &[0.9; 3], None); // ordered, not ready
        check(plain(), 100, 100, &[0.63; 15], None); // at 90 % of the target
        check(plain(), 100, 100, &[0.35; 15], Some(50));
        check(plain(), 100, 100, &[0.0; 15], Some(10));
        check(plain(), 400, 400, &[1.0; 3], Some(500));
        check(plain(), 100, 100, &[f64::NAN; 15], None);
        check(tracking(json!({ "scale_in_at_most": "10%" })), 100, 100, &[0.35; 15], Some(90));
        check(tracking(json!({ "scale_in_cooldown": "5m" })), 100, 100, &[0.35; 15], None);
        check(tracking(json!({ "scale_out_cooldown": "5m" })), 100, 100, &[0.9; 15], None);
    }

    /// After a change, what the old environments had to do says nothing about the new ones.
    #[test]
    fn a_minute_before_the_last_change_counts_for_nothing() {
        let check = |seconds: u64, value: f64, wanted: Option<u32>| {
            let parameters = json!({ "min": 10, "max": 500 });
            let mut policy = UtilizationTracking::new(serde_json::from_value(parameters).unwrap()).unwrap();
            let newest = Time::ZERO + Span::from_secs(36_000);
            let view = ProvisioningView {
                ready_since: Some(newest.before(Span::from_secs(seconds))),
                ..view(100, 100, &[value; 15])
            };
            let decision = settle(&view, policy.decide(&view));
            assert_eq!(decision.desired, wanted, "{seconds} s: {}", decision.reason);
        };
        check(0, 0.9, None);
        check(59, 0.9, None);
        check(60, 0.9, Some(129));
        check(59, 0.35, None);
        check(60, 0.35, Some(50));
    }

    #[test]
    fn set_points() {
        check(FixedProvisioning(FixedProvisioningParameters { count: 50 }), 0, 0, &[], Some(50));
        check(FixedProvisioning(FixedProvisioningParameters { count: 50 }), 0, 50, &[], None);
        let scheduled = |min: u32| {
            let action = json!({ "at": "8h", "min": min });
            ScheduledProvisioning::new(&serde_json::from_value(json!({ "actions": [action] })).unwrap())
                .unwrap()
        };
        check(scheduled(100), 20, 20, &[], Some(100));
        check(scheduled(15), 20, 20, &[], None);
    }
}
