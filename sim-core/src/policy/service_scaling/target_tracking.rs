//! Target tracking as Application Auto Scaling runs it for ECS services.
//!
//! The platform does not publish its law; this one has the documented alarms, rounding, proportionality and cooldowns
//! (Application Auto Scaling User Guide, "Target tracking scaling policies"; ECS Developer Guide). Which running tasks it
//! counts from is an assumption, a setting, and in the list of every report: see [`CountFrom`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Metric, default_cooldown, within};
use crate::engine::Span;
use crate::policy::alarm::{Alarm, Breach, newest_point};
use crate::policy::arithmetic::proportional;
use crate::policy::view::{
    AlarmReading, AlarmState, Bounds, Datapoint, RUNNING, ServiceScalingDecision, ServiceScalingPolicy,
    ServiceScalingView,
};
use crate::problem::Problem;
use crate::quantity::Percent;

/// Datapoints above the target before scaling out.
const HIGH_DATAPOINTS: u32 = 3;
/// Datapoints below the lower threshold before scaling in.
const LOW_DATAPOINTS: u32 = 15;
/// The lower threshold as a share of the target. Not documented beyond "usually more than 10 % lower"; 0.9 is what
/// the alarms that the service creates show.
const LOW_SHARE: f64 = 0.9;

/// Keeps a metric near a target, as a thermostat does.
///
/// Two alarms are read each minute. High: three of three one-minute datapoints above the target. Low: fifteen of
/// fifteen below 90 % of it. Either leads to ceil(running x metric / target) tasks, counted from the RUNNING tasks, not
/// from the desired ones. Too few datapoints lead to nothing. Within the cooldown after scaling out, only a larger step
/// acts, and adds the difference. Within the cooldown after scaling in, nothing more is removed, but scaling out acts at
/// once. While a deployment is in progress nothing is removed. A service that was scaled to zero gets one task on the first
/// datapoint that shows demand.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetTrackingParameters {
    /// The metric to hold.
    pub metric: Metric,
    /// Where to hold it: "60%" of a utilization, "600/min" of requests per target.
    pub target: Level,
    /// Never fewer tasks than this. 1 if not given; 0 allows scaling to zero.
    #[serde(default)]
    pub min: Option<u32>,
    /// Never more tasks than this.
    #[serde(default)]
    pub max: Option<u32>,
    /// How long an action counts as still taking effect before more of the same size may follow.
    #[serde(default = "default_cooldown")]
    pub scale_out_cooldown: Span,
    /// How long after a removal nothing more is removed; a later scale-out ends it.
    #[serde(default = "default_cooldown")]
    pub scale_in_cooldown: Span,
    /// Only ever scale out.
    #[serde(default)]
    pub disable_scale_in: bool,
    /// The largest share of the tasks that one action removes, at least one. The platform says that it "scales in more
    /// gradually" and not how; 100 % is the plain formula.
    #[serde(default = "whole")]
    pub scale_in_at_most: Percent,
    /// Which running tasks the new number is counted from.
    #[serde(default)]
    pub count_from: CountFrom,
}

/// Which running tasks a metric is multiplied with. The platform does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountFrom {
    /// Those that ran in the minute that the metric is of: what they had to do was that metric times their number,
    /// however late it is known. A metric that is older than the last step does not order it again.
    #[default]
    Measurement,
    /// Those that run when the alarm is read: with metrics two minutes late, a service that has just grown orders the
    /// same step again, and overshoots.
    Now,
}

fn whole() -> Percent {
    Percent(1.0)
}

/// A value of the metric.
#[derive(Clone, Copy, Debug)]
struct Measured {
    value: f64,
    /// The mean number of tasks that ran in its minute.
    running: f64,
}

/// The policy `target-tracking`.
pub struct TargetTracking(TargetTrackingParameters);

impl TargetTracking {
    /// The policy, if its parameters make sense together.
    pub fn new(parameters: TargetTrackingParameters) -> Result<Self, Vec<Problem>> {
        let mut problems: Vec<Problem> =
            parameters.metric.problem(parameters.target, "target").into_iter().collect();
        if parameters.target.value() <= 0.0 {
            problems.push(Problem::new("target", "is zero").hint("a target is above zero"));
        }
        let share = parameters.scale_in_at_most.0;
        if !(share > 0.0 && share <= 1.0) {
            problems.push(Problem::new("scale_in_at_most", "is not above 0% and at most 100%"));
        }
        if problems.is_empty() { Ok(TargetTracking(parameters)) } else { Err(problems) }
    }

    fn target(&self) -> f64 {
        self.0.target.value()
    }

    fn alarms(&self, view: &ServiceScalingView) -> Vec<AlarmReading> {
        let (name, published) = (self.0.metric.name(), self.0.metric.published(view));
        let high = Alarm { datapoints: HIGH_DATAPOINTS, breach: Breach::Above(self.target()) };
        let low = Alarm { datapoints: LOW_DATAPOINTS, breach: Breach::Below(LOW_SHARE * self.target()) };
        vec![high.read(format!("{name} high"), published), low.read(format!("{name} low"), published)]
    }

    /// The newest value, and how many tasks shared it.
    fn measured(&self, view: &ServiceScalingView) -> Option<Measured> {
        let newest = newest_point(self.0.metric.published(view))?;
        let now = f64::from(view.running);
        if self.0.count_from == CountFrom::Now {
            return Some(Measured { value: newest.value?, running: now });
        }
        let same_minute = |point: &&Datapoint| point.end == newest.end;
        let ran = view.metrics.get(RUNNING).and_then(|points| points.iter().rev().find(same_minute)?.value);
        Some(Measured { value: newest.value?, running: ran.unwrap_or(now) })
    }

    /// `cpu 90% with 10 running, target 60%`.
    fn evidence(&self, measured: Measured) -> String {
        let metric = self.0.metric;
        let (value, target) = (metric.show(measured.value), metric.show(self.target()));
        let running = (measured.running * 10.0).round() / 10.0;
        format!("{} {value} with {running} running, target {target}", metric.name())
    }

    fn scale_out(&self, view: &ServiceScalingView, measured: Measured) -> ServiceScalingDecision {
        let base = measured.running.floor() as u32;
        let wanted =
            proportional(measured.running, measured.value, self.target()).max(base.saturating_add(1));
        let evidence = self.evidence(measured);
        let waiting = within(self.0.scale_out_cooldown, view.last_scale_out, view.now);
        let wanted = match view.last_scale_out_from {
            Some(before) if waiting => wanted.min(before.saturating_add(wanted - base)),
            _ => wanted,
        };
        if wanted > view.desired {
            return ServiceScalingDecision::to(wanted, format!("{evidence}: out to {wanted}"));
        }
        let why = if waiting { "in scale-out cooldown" } else { "still starting" };
        ServiceScalingDecision::hold(format!("{evidence}: {wanted} wanted, {} ordered, {why}", view.desired))
    }

    fn scale_in(&self, view: &ServiceScalingView, measured: Measured) -> ServiceScalingDecision {
        let evidence = self.evidence(measured);
        if self.0.disable_scale_in {
            return ServiceScalingDecision::abstain(format!("{evidence}: scale-in is disabled"));
        }
        if view.deployment_in_progress {
            return ServiceScalingDecision::hold(format!("{evidence}: no scale-in during a deployment"));
        }
        let cancelled = view.last_scale_out > view.last_scale_in;
        if !cancelled && within(self.0.scale_in_cooldown, view.last_scale_in, view.now) {
            return ServiceScalingDecision::hold(format!("{evidence}: in scale-in cooldown"));
        }
        let most = ((f64::from(view.desired) * self.0.scale_in_at_most.0) as u32).max(1);
        let wanted = proportional(measured.running, measured.value, self.target());
        let wanted = wanted.max(view.desired.saturating_sub(most));
        if wanted < view.desired {
            ServiceScalingDecision::to(wanted, format!("{evidence}: in to {wanted}"))
        } else {
            ServiceScalingDecision::hold(format!("{evidence}: {wanted} wanted, nothing to remove"))
        }
    }

    fn rest(&self, view: &ServiceScalingView, alarms: &[AlarmReading]) -> ServiceScalingDecision {
        let reason = match self.measured(view) {
            Some(measured) => self.evidence(measured),
            None => format!("{} has no data", self.0.metric.name()),
        };
        let unknown = alarms.iter().all(|alarm| alarm.state == AlarmState::InsufficientData);
        let reason = if unknown { format!("{reason}: insufficient data") } else { reason };
        if self.0.disable_scale_in {
            ServiceScalingDecision::abstain(reason)
        } else {
            ServiceScalingDecision::hold(reason)
        }
    }
}

impl ServiceScalingPolicy for TargetTracking {
    fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision {
        let alarms = self.alarms(view);
        let decision = match self.measured(view) {
            Some(measured) if view.running == 0 && view.desired == 0 && measured.value > 0.0 => {
                ServiceScalingDecision::to(1, format!("{}: demand at zero tasks", self.evidence(measured)))
            }
            Some(measured) if alarms[0].state == AlarmState::Alarm => self.scale_out(view, measured),
            Some(measured) if alarms[1].state == AlarmState::Alarm => self.scale_in(view, measured),
            _ => self.rest(view, &alarms),
        };
        decision.with_alarms(alarms)
    }

    fn bounds(&self) -> Bounds {
        Bounds { min: self.0.min, max: self.0.max }
    }
}
