//! The metrics that service scaling follows, and levels of them as scenario files write them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::policy::view::{CPU, Datapoint, MEMORY, REQUESTS_PER_TARGET, ServiceScalingView};
use crate::problem::Problem;
use crate::quantity::{Percent, Rate};

/// A predefined metric of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Average CPU utilization of what the tasks reserve (`ECSServiceAverageCPUUtilization`), in percent.
    Cpu,
    /// Average memory utilization of what the tasks reserve (`ECSServiceAverageMemoryUtilization`), in percent.
    Memory,
    /// Requests per target (`ALBRequestCountPerTarget`), as a rate.
    RequestsPerTarget,
}

impl Metric {
    /// Its name in views.
    pub const fn name(self) -> &'static str {
        match self {
            Metric::Cpu => CPU,
            Metric::Memory => MEMORY,
            Metric::RequestsPerTarget => REQUESTS_PER_TARGET,
        }
    }

    /// What has been published of it.
    pub fn published(self, view: &ServiceScalingView) -> &[Datapoint] {
        view.metrics.get(self.name()).map_or(&[], Vec::as_slice)
    }

    /// A value of it for people: `83.1%` or `712/min`.
    pub fn show(self, value: f64) -> String {
        match self {
            Metric::Cpu | Metric::Memory => format!("{}%", tenths(value * 100.0)),
            Metric::RequestsPerTarget => format!("{}/min", tenths(value)),
        }
    }

    /// What is wrong with `level` as a level of this metric.
    pub fn problem(self, level: Level, path: &str) -> Option<Problem> {
        let (fits, example) = match self {
            Metric::Cpu | Metric::Memory => (matches!(level, Level::Share(_)), "60%"),
            Metric::RequestsPerTarget => (matches!(level, Level::Rate(_)), "600/min"),
        };
        let name = self.name();
        if !fits {
            let problem = Problem::new(path, format!("`{level}` is not a level of {name}"));
            return Some(problem.hint(format!("for {name} write \"{example}\"")));
        }
        None
    }
}

/// To one decimal place, without a trailing zero.
fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A level of a metric: `60%` of a utilization, `600/min` of requests per target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Level {
    /// Of a utilization.
    Share(Percent),
    /// Of requests per target.
    Rate(Rate),
}

impl Level {
    /// Its name in the schema, for loaders that check texts by their format.
    pub const FORMAT: &'static str = "metric-level";
    /// What it is, with examples, for help and error messages.
    pub const HELP: &'static str =
        "a level of a metric: 60% of a utilization, 600/min of requests per target";

    /// In the unit of the published metric: a fraction, or requests a minute.
    pub fn value(self) -> f64 {
        match self {
            Level::Share(share) => share.0,
            Level::Rate(rate) => rate.0 * 60.0,
        }
    }
}

impl FromStr for Level {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim_end().ends_with('%') {
            text.parse().map(Level::Share)
        } else {
            text.parse().map(Level::Rate).map_err(|message| format!("{message}, or % of a utilization"))
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Level::Share(share) => share.fmt(f),
            Level::Rate(rate) => rate.fmt(f),
        }
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Level {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        Level::FORMAT.into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": Level::FORMAT })
    }
}
