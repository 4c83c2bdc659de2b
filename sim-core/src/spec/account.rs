//! The account's quotas, what scaling sees, and how fast each kind of compute is.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::engine::Span;
use crate::quantity::{Rate, shown};

/// Concurrency that must stay free for functions with neither a reservation nor provisioned concurrency (Lambda Developer
/// Guide).
pub(crate) const UNRESERVED_FLOOR: u32 = 100;

/// Quotas of the account, shared by everything in it. Defaults are those of a large region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AccountSpec {
    /// Concurrent executions of all Lambda functions. At least 100 stay unreserved.
    pub lambda_concurrency: u32,
    /// New execution environments that one function may start at once (Lambda Developer Guide: 1,000, refilled over 10 s).
    pub lambda_scaling_burst: u32,
    /// How fast that allowance refills.
    pub lambda_scaling_rate: Rate,
    /// Fargate tasks that may be launched at once.
    pub fargate_launch_burst: u32,
    /// How fast that allowance refills.
    pub fargate_launch_rate: Rate,
    /// Tasks that one service may launch per minute.
    pub service_launch_rate: Rate,
}

impl Default for AccountSpec {
    fn default() -> Self {
        AccountSpec {
            lambda_concurrency: 1000,
            lambda_scaling_burst: 1000,
            lambda_scaling_rate: Rate(100.0),
            fargate_launch_burst: 100,
            fargate_launch_rate: Rate(20.0),
            service_launch_rate: Rate(500.0 / 60.0),
        }
    }
}

/// How late the metrics are that scaling sees. AWS documents none of these delays; users report 5 to 6 minutes from
/// load to scale-out with one-minute metrics, which the defaults reproduce.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetrySpec {
    /// From the end of a minute to its CPU and memory metrics being visible.
    pub container_lag: Span,
    /// From the end of a minute to the balancer's request count being visible.
    pub balancer_lag: Span,
    /// From the end of a minute to a function's metrics being visible.
    pub function_lag: Span,
    /// From a capacity provider's reservation metric being taken to its alarm deciding on it: an alarm of one datapoint
    /// of a minute, so it is the state of a minute ago that instances are ordered for.
    pub reservation_lag: Span,
    /// From a decision to the service's scheduler acting on it, at most (uniform).
    pub scheduler_reaction: Span,
}

impl Default for TelemetrySpec {
    fn default() -> Self {
        TelemetrySpec {
            container_lag: Span::from_secs(60),
            balancer_lag: Span::from_secs(90),
            function_lag: Span::from_secs(60),
            reservation_lag: Span::from_secs(60),
            scheduler_reaction: Span::from_secs(5),
        }
    }
}

/// Core speeds relative to the reference core on which `work.cpu` was measured. All 1.0 until you measure them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HardwareSpec {
    /// By instance family, `m7g` say.
    pub instances: IndexMap<String, f64>,
    /// Fargate on x86.
    pub fargate_x86: f64,
    /// Fargate on ARM.
    pub fargate_arm: f64,
    /// Lambda on x86, at one full vCPU.
    pub lambda_x86: f64,
    /// Lambda on ARM, at one full vCPU.
    pub lambda_arm: f64,
}

impl Default for HardwareSpec {
    fn default() -> Self {
        HardwareSpec {
            instances: IndexMap::new(),
            fargate_x86: 1.0,
            fargate_arm: 1.0,
            lambda_x86: 1.0,
            lambda_arm: 1.0,
        }
    }
}

impl HardwareSpec {
    /// The speed of an instance type's cores.
    pub fn instance(&self, type_name: &str) -> f64 {
        let family = type_name.split('.').next().unwrap_or(type_name);
        self.instances.get(family).copied().unwrap_or(1.0)
    }

    /// Reports what makes no sense, under `path`.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        let fixed = [
            ("fargate_x86", self.fargate_x86),
            ("fargate_arm", self.fargate_arm),
            ("lambda_x86", self.lambda_x86),
            ("lambda_arm", self.lambda_arm),
        ];
        let families = self.instances.iter().map(|(family, speed)| (format!("instances.{family}"), *speed));
        for (name, speed) in fixed.into_iter().map(|(name, speed)| (name.to_owned(), speed)).chain(families) {
            if !(0.01..=100.0).contains(&speed) {
                out.push(Problem::new(
                    format!("{path}.{name}"),
                    format!(
                        "a speed of {} is not between 0.01 and 100 times the reference core",
                        shown(speed)
                    ),
                ));
            }
        }
    }
}

/// Fewer launches than about one in three hours are taken for a slip.
const SLOWEST_LAUNCHES: Rate = Rate(0.0001);

impl AccountSpec {
    /// Reports what makes no sense, under `path`.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        if self.lambda_concurrency == 0 {
            out.push(Problem::new(
                format!("{path}.lambda_concurrency"),
                "an account without concurrency runs no function",
            ));
        }
        if self.fargate_launch_burst == 0 {
            out.push(Problem::new(
                format!("{path}.fargate_launch_burst"),
                "without a single launch at once no task is ever launched",
            ));
        }
        for (name, rate) in [
            ("fargate_launch_rate", self.fargate_launch_rate),
            ("service_launch_rate", self.service_launch_rate),
        ] {
            if rate.0 < SLOWEST_LAUNCHES.0 {
                let message =
                    format!("at {rate} hardly a task is ever launched; at least {SLOWEST_LAUNCHES}");
                out.push(Problem::new(format!("{path}.{name}"), message));
            }
        }
    }
}
