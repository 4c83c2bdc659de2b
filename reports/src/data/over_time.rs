//! What happened over time: window by window, and decision by decision.

use serde::{Deserialize, Serialize};

/// One value per window; `None` where the window has none. A column that does not apply is empty.
pub type Column = Vec<Option<f64>>;

/// How a time axis reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// From the run's start: `90 s`, `10 min`, `2 h`.
    #[default]
    Elapsed,
    /// As the time of a day that begins this many seconds after midnight: `06:00`, `day 2`.
    TimeOfDay(f64),
    /// As a date: the run starts this many seconds after 1 January 1970 UTC.
    Date(f64),
}

/// One variant's run in equal windows: the mean over replications unless a column says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VariantSeries {
    /// The variant's name.
    pub variant: String,
    /// When each window starts, in seconds of the run.
    pub start: Vec<f64>,
    /// How long a window is, in seconds.
    pub window: f64,
    /// Latency percentiles of the requests born in the window, in seconds.
    pub latency_p50: Column,
    /// The 95th percentile, in seconds.
    pub latency_p95: Column,
    /// The 99th percentile, in seconds.
    pub latency_p99: Column,
    /// Requests served well, per second.
    pub throughput: Column,
    /// Requests that failed in any way, per second.
    pub errors: Column,
    /// CPU busy, as a share of what the ready replicas reserve.
    pub cpu_of_reserved: Column,
    /// CPU busy, as a share of what the instances have.
    pub cpu_of_capacity: Column,
    /// Memory in use, as a share of what the ready replicas reserve.
    pub memory: Column,
    /// Replicas wanted.
    pub desired: Column,
    /// Replicas started, ready or not.
    pub running: Column,
    /// Replicas that take traffic.
    pub ready: Column,
    /// EC2 instances.
    pub instances: Column,
    /// Execution environments, busy or idle.
    pub environments: Column,
    /// Execution environments that are serving.
    pub concurrency: Column,
    /// What the traffic asks for, in `demand_unit`.
    pub demand: Column,
    /// What demand counts: `busy vCPU`, `concurrent requests`.
    pub demand_unit: String,
}

/// One thing a control loop decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// When, in seconds of the run.
    pub time: f64,
    /// In which variant.
    pub variant: String,
    /// For what: a service, a group, a function.
    pub owner: String,
    /// What sort of decision: `service scaling`, `cluster scaling`, `placement`.
    pub kind: String,
    /// What was before, `4` say.
    pub before: String,
    /// What is after, `9` say.
    pub after: String,
    /// Why, in the policy's words.
    pub reason: String,
}

/// Up, down or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// More than before.
    Up,
    /// Less than before.
    Down,
    /// Not a change of a number.
    Other,
}

impl Decision {
    /// Whether it made a number larger or smaller.
    pub(crate) fn direction(&self) -> Direction {
        let number = |text: &str| text.trim().parse::<f64>().ok();
        match (number(&self.before), number(&self.after)) {
            (Some(before), Some(after)) if after > before => Direction::Up,
            (Some(before), Some(after)) if after < before => Direction::Down,
            _ => Direction::Other,
        }
    }
}

/// A stretch of time in which something goes wrong, or a moment at which it does or something is deployed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FaultSpan {
    /// In which variant.
    pub variant: String,
    /// What the scenario calls it.
    pub name: String,
    /// When it begins, in seconds.
    pub from: f64,
    /// When it ends; a moment has no end.
    pub to: Option<f64>,
}
