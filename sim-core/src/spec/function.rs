//! Lambda functions and their front doors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Objective, Problem, RUNTIMES, did_you_mean, lognormal};
use crate::cost::Arch;
use crate::engine::Span;
use crate::policy::view::ReuseOrder;
use crate::policy::{KeepAliveSpec, ProvisioningSpec};
use crate::quantity::MemorySize;
use crate::random::DistributionSpec;
use crate::traffic::lambda_memory_problem;

/// A Lambda function, or with `functions` a fleet of them: one for each function of a population, each with
/// environments, scaling rate and memory of its own, all with the settings below.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionSpec {
    /// The population whose functions these are. Its invocations come from a source of the same population
    /// (`arrivals = { population = "NAME" }`).
    #[serde(default)]
    pub functions: Option<String>,
    /// What a request to it needs. With `functions`, only what a request needs of which the population says nothing.
    #[serde(default)]
    pub work: Option<String>,
    /// What its clients were promised, `p99 < 300ms` say.
    #[serde(default)]
    pub objective: Option<Objective>,
    /// Memory, 128 to 10,240 MB. CPU comes with it: one vCPU at 1,769 MB, six at 10,240 MB. With `functions`, only that
    /// of functions of which the population does not say it.
    #[serde(default)]
    pub memory: Option<MemorySize>,
    /// Language runtime, `nodejs22` say: decides how long an environment takes to start. `fleetsim list runtimes` shows
    /// all.
    #[schemars(extend("enum" = runtime_names(), "x-noun" = "runtime"))]
    pub runtime: String,
    /// Whether the code comes as a zip archive or as a container image.
    #[serde(default)]
    pub package: Package,
    /// Processor architecture.
    #[serde(default)]
    pub architecture: Arch,
    /// How long one invocation may take, 1 s to 900 s: its work, and an initialisation that has to be done again inside it.
    /// 3 s unless the function says otherwise.
    #[serde(default = "timeout")]
    pub timeout: Span,
    /// What the application's own initialisation takes, on top of the runtime's. Left out: what is usual for the runtime.
    #[serde(default)]
    pub app_init: Option<DistributionSpec<Span>>,
    /// Concurrency that is kept for this function and that it may not exceed.
    #[serde(default)]
    pub reserved_concurrency: Option<u32>,
    /// Environments kept initialised: `{ fixed = { ... } }`, `{ scheduled = ... }` or `{ target-tracking = ... }`.
    #[serde(default)]
    pub provisioned_concurrency: Option<ProvisioningSpec>,
    /// How long an idle environment is kept.
    #[serde(default)]
    pub keep_alive: Option<KeepAliveSpec>,
    /// How long an environment lives at most; it is replaced when next idle.
    #[serde(default = "lifetime")]
    pub max_lifetime: DistributionSpec<Span>,
    /// Which idle environment takes a request.
    #[serde(default)]
    pub reuse: ReuseOrder,
    /// Platform's part of a cold start, not in the reported Init Duration and not billed.
    #[serde(default = "placement")]
    pub placement_overhead: DistributionSpec<Span>,
    /// Platform's part of every invocation.
    #[serde(default = "warm")]
    pub warm_overhead: DistributionSpec<Span>,
    /// What stands in front of it.
    #[serde(default)]
    pub front_door: FrontDoorSpec,
}

fn runtime_names() -> Vec<&'static str> {
    RUNTIMES.iter().map(|runtime| runtime.name).collect()
}

/// Memory that one vCPU comes with, in MiB.
const MIB_PER_VCPU: f64 = 1769.0;

/// vCPUs that come with every MiB of memory, up to their limit.
pub const LAMBDA_VCPUS_PER_MIB: f64 = 1.0 / MIB_PER_VCPU;

/// Number of vCPUs that come with an amount of memory (Lambda Developer Guide: 1 at 1,769 MB, 6 at 10,240 MB).
pub fn lambda_vcpus(memory: MemorySize) -> f64 {
    (f64::from(memory.0) / MIB_PER_VCPU).min(6.0)
}

/// How a function's code is packaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Package {
    /// A zip archive.
    #[default]
    Zip,
    /// A container image.
    Image,
}

/// What stands in front of a function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FrontDoorSpec {
    /// A function URL: free, bounded by the function's own timeout.
    #[default]
    FunctionUrl,
    /// Clients call the Invoke API.
    Invoke,
    /// API Gateway HTTP API: 30 s at most.
    HttpApi,
    /// API Gateway REST API: 29 s unless raised.
    RestApi {
        /// Its time limit, up to 300 s.
        #[serde(default = "rest_timeout")]
        timeout: Span,
    },
    /// An Application Load Balancer with the function as its target.
    Alb {
        /// Its time limit.
        #[serde(default = "alb_timeout")]
        idle_timeout: Span,
    },
}

fn timeout() -> Span {
    Span::from_secs(3)
}

fn rest_timeout() -> Span {
    Span::from_secs(29)
}

fn alb_timeout() -> Span {
    Span::from_secs(60)
}

fn lifetime() -> DistributionSpec<Span> {
    DistributionSpec::Uniform { low: Span::from_secs(5400), high: Span::from_secs(14_400) }
}

fn placement() -> DistributionSpec<Span> {
    lognormal(Span::from_millis(70), Span::from_millis(141))
}

fn warm() -> DistributionSpec<Span> {
    lognormal(Span::from_millis(6), Span::from_millis(12))
}

impl FrontDoorSpec {
    /// How long the front door waits for the function.
    pub fn time_limit(&self) -> Option<Span> {
        match self {
            FrontDoorSpec::FunctionUrl | FrontDoorSpec::Invoke => None,
            FrontDoorSpec::HttpApi => Some(Span::from_secs(30)),
            FrontDoorSpec::RestApi { timeout } => Some(*timeout),
            FrontDoorSpec::Alb { idle_timeout } => Some(*idle_timeout),
        }
    }
}

impl FunctionSpec {
    /// Reports what makes no sense, under `path`.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        let mut distribution =
            |key: &str, spec: &DistributionSpec<Span>| spec.problems(&format!("{path}.{key}"), out);
        distribution("max_lifetime", &self.max_lifetime);
        distribution("placement_overhead", &self.placement_overhead);
        distribution("warm_overhead", &self.warm_overhead);
        if let Some(app_init) = &self.app_init {
            distribution("app_init", app_init);
        }
        out.extend(self.memory.and_then(|memory| lambda_memory_problem(memory, &format!("{path}.memory"))));
        self.fleet_problems(path, out);
        if !(Span::from_secs(1)..=Span::from_secs(900)).contains(&self.timeout) {
            out.push(Problem::new(
                format!("{path}.timeout"),
                format!("{} is not between 1s and 900s", self.timeout),
            ));
        }
        if !RUNTIMES.iter().any(|runtime| runtime.name == self.runtime) {
            let hint = did_you_mean(&self.runtime, RUNTIMES.iter().map(|runtime| runtime.name));
            out.push(
                Problem::new(
                    format!("{path}.runtime"),
                    format!("no figures for the runtime `{}`", self.runtime),
                )
                .hint(hint),
            );
        }
        if let FrontDoorSpec::RestApi { timeout } = self.front_door
            && !(Span::from_millis(50)..=Span::from_secs(300)).contains(&timeout)
        {
            out.push(Problem::new(
                format!("{path}.front_door.rest-api.timeout"),
                format!("{timeout} is not between 50ms and 300s"),
            ));
        }
    }

    /// What a single function must have, and what a fleet of them cannot have.
    fn fleet_problems(&self, path: &str, out: &mut Vec<Problem>) {
        if self.functions.is_none() {
            let missing = [
                ("work", self.work.is_none(), "the name of a table [work.NAME]"),
                ("memory", self.memory.is_none(), "128MB to 10240MB; one vCPU comes with 1769MB"),
            ];
            for (key, _, hint) in missing.into_iter().filter(|(_, missing, _)| *missing) {
                out.push(
                    Problem::new(format!("{path}.{key}"), format!("a function needs `{key}`")).hint(hint),
                );
            }
            return;
        }
        let single = [
            ("reserved_concurrency", self.reserved_concurrency.is_some()),
            ("provisioned_concurrency", self.provisioned_concurrency.is_some()),
        ];
        for (key, _) in single.into_iter().filter(|(_, given)| *given) {
            out.push(
                Problem::new(format!("{path}.{key}"), format!("a fleet of functions has no `{key}`"))
                    .hint("give it to a service with a single function"),
            );
        }
    }
}
