//! What policies are shown and what they answer: plain data with serde and a JSON Schema.
//!
//! A view holds everything that a decision may depend on, and the model supplies all of it: metric history, the
//! last actions, the luck to draw from. So a policy needs no memory of its own, and the same view gives the same
//! decision inside a run, in a unit test and on the command line. One module per question holds its view, its
//! decision and the trait that a policy of this kind implements.
//!
//! Instants are written as the time since the start of the run (`"90min"`), and are exact in both directions.
//! Shares are fractions: a CPU utilization of 60 % stands as 0.6.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::Time;
use crate::random::{self, Draw, Purpose};

pub mod cluster_scaling;
pub mod keep_alive;
pub mod placement;
pub mod provisioning;
pub mod routing;
pub mod service_scaling;
pub mod termination;

pub use cluster_scaling::{
    Allocatable, ClusterScalingDecision, ClusterScalingPolicy, ClusterScalingView, WaitingTasks,
};
pub use keep_alive::{IdleTimes, KeepAliveDecision, KeepAlivePolicy, KeepAliveView, ReuseOrder};
pub use placement::{
    Architecture, Candidate, Constraint, Criterion, Placement, PlacementDecision, PlacementView, Question,
    Ranker, Roster, StopDecision, StopView, TaskDemand, Tenant,
};
pub use provisioning::{ProvisioningDecision, ProvisioningPolicy, ProvisioningView};
pub use routing::{RoutingDecision, RoutingPolicy, RoutingView};
pub use service_scaling::{ServiceScalingDecision, ServiceScalingPolicy, ServiceScalingView};
pub use termination::{GroupInstance, TerminationDecision, TerminationPolicy, TerminationView};

/// One published value of a metric: what an aggregating service says about one period.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Datapoint {
    /// When the period ended.
    #[serde(with = "instant")]
    #[schemars(with = "crate::engine::Span")]
    pub end: Time,
    /// The value, or nothing where the period had no sample (a service without a running task has no CPU).
    pub value: Option<f64>,
}

impl Datapoint {
    /// The value of the period that ended at `end`.
    pub fn new(end: Time, value: impl Into<Option<f64>>) -> Self {
        Datapoint { end, value: value.into() }
    }
}

/// Published metrics by name: one-minute periods, oldest first, only what has been published by now. Seventeen
/// periods are enough for every built-in policy; an empty period is a datapoint without a value.
pub type Metrics = BTreeMap<String, Vec<Datapoint>>;

/// The name of average CPU utilization of what the tasks reserve, as a fraction (0.6 is 60 %).
pub const CPU: &str = "cpu";
/// The name of average memory utilization of what the tasks reserve, as a fraction.
pub const MEMORY: &str = "memory";
/// The name of the mean number of running tasks in the datapoint's minute: what a utilization or a number of requests
/// per target was shared by. The platform knows it at once.
pub const RUNNING: &str = "running";
/// The name of requests per target in the datapoint's minute.
pub const REQUESTS_PER_TARGET: &str = "requests-per-target";

/// The smallest and largest size that scaling may choose; what is not given is left to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Never fewer than this.
    pub min: Option<u32>,
    /// Never more than this.
    pub max: Option<u32>,
}

/// How an alarm stands, for the decision timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmReading {
    /// Which alarm: `cpu high` say.
    pub alarm: String,
    /// Its state.
    pub state: AlarmState,
}

/// The states of a CloudWatch alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmState {
    /// The datapoints do not all breach the threshold.
    Ok,
    /// They all do.
    Alarm,
    /// Too few datapoints to say.
    InsufficientData,
}

/// The draws of a view's luck: what a policy with random choices draws from.
#[inline]
pub fn draws(luck: u64) -> Draw {
    random::draw(luck, Purpose::Policy, 0)
}

/// Instants in views: written as the time since the start of the run.
pub mod instant {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::engine::{Span, Time};

    /// Writes `time` as a length of time, `"90min"`.
    pub fn serialize<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
        time.since(Time::ZERO).serialize(serializer)
    }

    /// Reads what [`serialize`] writes.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        Span::deserialize(deserializer).map(|since_start| Time::ZERO + since_start)
    }

    /// The same for an instant that may not have been yet.
    pub mod optional {
        use super::{Deserialize, Deserializer, Serialize, Serializer, Span, Time};

        /// Writes `null` or the length of time.
        pub fn serialize<S: Serializer>(time: &Option<Time>, serializer: S) -> Result<S::Ok, S::Error> {
            time.map(|time| time.since(Time::ZERO)).serialize(serializer)
        }

        /// Reads what [`serialize`] writes.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Time>, D::Error> {
            let since_start = Option::<Span>::deserialize(deserializer)?;
            Ok(since_start.map(|since_start| Time::ZERO + since_start))
        }
    }
}
