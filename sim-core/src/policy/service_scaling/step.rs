//! Step scaling: the further a metric is beyond a threshold, the larger the change.
//!
//! Application Auto Scaling User Guide, "Step scaling policies". Its bounds are signed distances from the alarm's
//! threshold; here a step says how far beyond the threshold it begins and ends, which reads the same in both
//! directions: above the threshold the beginning belongs to the step and the end does not, and below it likewise.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Metric, default_cooldown, within};
use crate::engine::Span;
use crate::policy::alarm::{Alarm, Breach, MOST_DATAPOINTS, newest};
use crate::policy::arithmetic::{below, percent_change};
use crate::policy::view::{
    AlarmReading, AlarmState, Bounds, ServiceScalingDecision, ServiceScalingPolicy, ServiceScalingView,
};
use crate::problem::Problem;

/// Changes the count in steps that grow with the distance of a metric from a threshold.
///
/// Each direction has an alarm of its own: so many one-minute datapoints in a row at or beyond its threshold. The step
/// in whose range the newest value lies says the change. Percentages round towards zero, but never to zero. Within the
/// cooldown after scaling out, a larger step adds only the difference to what the last one added (2, then 3: one more);
/// within the cooldown after scaling in, nothing more is removed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepParameters {
    /// The metric to watch.
    pub metric: Metric,
    /// What to do above a threshold.
    #[serde(default)]
    pub scale_out: Option<StepAlarm>,
    /// What to do below a threshold.
    #[serde(default)]
    pub scale_in: Option<StepAlarm>,
    /// Never fewer tasks than this. 1 if not given.
    #[serde(default)]
    pub min: Option<u32>,
    /// Never more tasks than this.
    #[serde(default)]
    pub max: Option<u32>,
}

/// An alarm and its steps.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepAlarm {
    /// The alarm's threshold: "70%" of a utilization, "900/min" of requests per target.
    pub threshold: Level,
    /// How many one-minute datapoints in a row must reach it, 1 to 15. The user's choice on the platform.
    #[serde(default = "default_datapoints")]
    pub datapoints: u32,
    /// What the changes mean.
    #[serde(default)]
    pub adjustment: Adjustment,
    /// With `percent-change-in-capacity`, the smallest change in tasks.
    #[serde(default)]
    pub minimum_change: u32,
    /// How long an action counts as still taking effect.
    #[serde(default = "default_cooldown")]
    pub cooldown: Span,
    /// The steps, from the threshold outwards, without gaps.
    pub steps: Vec<Step>,
}

/// What a step's change means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Adjustment {
    /// So many tasks more or fewer.
    #[default]
    ChangeInCapacity,
    /// Exactly so many tasks.
    ExactCapacity,
    /// So many percent more or fewer.
    PercentChangeInCapacity,
}

/// One step: a range of distances from the threshold, and the change.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// How far beyond the threshold the step begins; at the threshold if not given.
    #[serde(default)]
    pub from: Option<Level>,
    /// How far beyond the threshold it ends; nowhere if not given.
    #[serde(default)]
    pub to: Option<Level>,
    /// The change: tasks, or percent. Negative to remove.
    pub change: i32,
}

fn default_datapoints() -> u32 {
    3
}

impl StepAlarm {
    /// The change for a value that lies `distance` beyond the threshold, applied to `capacity`.
    fn apply(&self, capacity: u32, distance: f64) -> u32 {
        let holds = |step: &&Step| {
            let from = step.from.map_or(0.0, Level::value);
            !below(distance, from) && step.to.is_none_or(|to| below(distance, to.value()))
        };
        let Some(step) = self.steps.iter().find(holds) else {
            return capacity;
        };
        let change = i64::from(step.change);
        let after = match self.adjustment {
            Adjustment::ExactCapacity => change,
            Adjustment::ChangeInCapacity => i64::from(capacity) + change,
            Adjustment::PercentChangeInCapacity => {
                let rounded = percent_change(capacity, f64::from(step.change));
                let size = rounded.abs().max(i64::from(self.minimum_change));
                i64::from(capacity) + size * rounded.signum()
            }
        };
        u32::try_from(after.max(0)).unwrap_or(u32::MAX)
    }

    /// Whether scaling by this alarm is still taking effect.
    fn cooling(&self, last: Option<crate::engine::Time>, view: &ServiceScalingView) -> bool {
        within(self.cooldown, last, view.now)
    }

    fn problems(&self, metric: Metric, path: &str, removes: bool) -> Vec<Problem> {
        let mut problems: Vec<Problem> =
            metric.problem(self.threshold, &format!("{path}.threshold")).into_iter().collect();
        if !(1..=MOST_DATAPOINTS).contains(&self.datapoints) {
            let message = format!("{} is not between 1 and {MOST_DATAPOINTS}", self.datapoints);
            let hint = "policies see seventeen minutes, and two of them may have no data";
            problems.push(Problem::new(format!("{path}.datapoints"), message).hint(hint));
        }
        if self.steps.is_empty() {
            problems.push(Problem::new(format!("{path}.steps"), "no steps"));
        }
        let mut reached = Some(0.0);
        for (index, step) in self.steps.iter().enumerate() {
            let path = format!("{path}.steps[{index}]");
            let levels = [("from", step.from), ("to", step.to)];
            problems.extend(levels.iter().filter_map(|(name, level)| {
                level.and_then(|level| metric.problem(level, &format!("{path}.{name}")))
            }));
            problems.extend(self.range_problem(step, reached, &path));
            problems.extend(self.change_problem(step, removes, &path));
            reached = step.to.map(Level::value);
        }
        problems
    }

    fn range_problem(&self, step: &Step, reached: Option<f64>, path: &str) -> Option<Problem> {
        let from = step.from.map_or(0.0, Level::value);
        let Some(reached) = reached else {
            return Some(Problem::new(path, "comes after a step that has no end"));
        };
        if step.to.is_some_and(|to| to.value() <= from) {
            return Some(Problem::new(path, "ends where it begins, or before"));
        }
        let gap = (from - reached).abs() > 1e-9 * reached.abs().max(1e-9);
        gap.then(|| {
            let hint = "each step begins where the one before it ends, the first at the threshold";
            Problem::new(path, "leaves a gap or overlaps").hint(hint)
        })
    }

    fn change_problem(&self, step: &Step, removes: bool, path: &str) -> Option<Problem> {
        let path = format!("{path}.change");
        match self.adjustment {
            Adjustment::ExactCapacity if step.change < 0 => Some(Problem::new(path, "a negative capacity")),
            Adjustment::ExactCapacity => None,
            _ if removes && step.change > 0 => {
                Some(Problem::new(path, "scaling in would add").hint("a change in scale_in is negative"))
            }
            _ if !removes && step.change < 0 => {
                Some(Problem::new(path, "scaling out would remove").hint("a change in scale_out is positive"))
            }
            _ => None,
        }
    }
}

/// The policy `step-scaling`.
pub struct StepScaling(StepParameters);

impl StepScaling {
    /// The policy, if its parameters make sense together.
    pub fn new(parameters: StepParameters) -> Result<Self, Vec<Problem>> {
        let metric = parameters.metric;
        let sides = [(&parameters.scale_out, "scale_out", false), (&parameters.scale_in, "scale_in", true)];
        let mut problems: Vec<Problem> = sides
            .iter()
            .filter_map(|(alarm, path, removes)| Some(alarm.as_ref()?.problems(metric, path, *removes)))
            .flatten()
            .collect();
        if parameters.scale_out.is_none() && parameters.scale_in.is_none() {
            problems.push(Problem::new("", "neither scale_out nor scale_in"));
        }
        if problems.is_empty() { Ok(StepScaling(parameters)) } else { Err(problems) }
    }

    fn evidence(&self, view: &ServiceScalingView, value: f64, alarm: &StepAlarm) -> String {
        let metric = self.0.metric;
        let (value, threshold) = (metric.show(value), metric.show(alarm.threshold.value()));
        format!("{} {value} with {} running, threshold {threshold}", metric.name(), view.running)
    }

    fn add(&self, view: &ServiceScalingView, value: f64, alarm: &StepAlarm) -> ServiceScalingDecision {
        let cooling = alarm.cooling(view.last_scale_out, view);
        let base = view.last_scale_out_from.filter(|_| cooling).unwrap_or(view.running);
        let wanted = alarm.apply(base, value - alarm.threshold.value());
        let evidence = self.evidence(view, value, alarm);
        if wanted > view.desired {
            ServiceScalingDecision::to(wanted, format!("{evidence}: out to {wanted}"))
        } else {
            let why = if cooling { "in cooldown" } else { "nothing to add" };
            ServiceScalingDecision::hold(format!(
                "{evidence}: {wanted} wanted, {} ordered, {why}",
                view.desired
            ))
        }
    }

    fn remove(&self, view: &ServiceScalingView, value: f64, alarm: &StepAlarm) -> ServiceScalingDecision {
        let evidence = self.evidence(view, value, alarm);
        if view.deployment_in_progress {
            return ServiceScalingDecision::hold(format!("{evidence}: no scale-in during a deployment"));
        }
        let cancelled = view.last_scale_out > view.last_scale_in;
        if !cancelled && alarm.cooling(view.last_scale_in, view) {
            return ServiceScalingDecision::hold(format!("{evidence}: in cooldown"));
        }
        let wanted = alarm.apply(view.running, alarm.threshold.value() - value);
        if wanted < view.desired {
            ServiceScalingDecision::to(wanted, format!("{evidence}: in to {wanted}"))
        } else {
            ServiceScalingDecision::hold(format!("{evidence}: nothing to remove"))
        }
    }
}

impl ServiceScalingPolicy for StepScaling {
    fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision {
        let (name, published) = (self.0.metric.name(), self.0.metric.published(view));
        let read = |side: &Option<StepAlarm>, high: bool| -> Option<AlarmReading> {
            let alarm = side.as_ref()?;
            let threshold = alarm.threshold.value();
            let breach = if high { Breach::AtLeast(threshold) } else { Breach::AtMost(threshold) };
            let label = format!("{name} {}", if high { "high" } else { "low" });
            Some(Alarm { datapoints: alarm.datapoints, breach }.read(label, published))
        };
        let readings = [read(&self.0.scale_out, true), read(&self.0.scale_in, false)];
        let in_alarm =
            |index: usize| readings[index].as_ref().is_some_and(|reading| reading.state == AlarmState::Alarm);
        let decision = match (newest(published), &self.0.scale_out, &self.0.scale_in) {
            (Some(value), Some(alarm), _) if in_alarm(0) => self.add(view, value, alarm),
            (Some(value), _, Some(alarm)) if in_alarm(1) => self.remove(view, value, alarm),
            (Some(value), ..) => {
                ServiceScalingDecision::abstain(format!("{name} {}: no alarm", self.0.metric.show(value)))
            }
            (None, ..) => ServiceScalingDecision::abstain(format!("{name} has no data")),
        };
        let blocks_scale_in = self.0.scale_in.is_some() && decision.desired.is_none();
        let alarms = readings.into_iter().flatten().collect();
        ServiceScalingDecision { blocks_scale_in, ..decision }.with_alarms(alarms)
    }

    fn bounds(&self) -> Bounds {
        Bounds { min: self.0.min, max: self.0.max }
    }
}
