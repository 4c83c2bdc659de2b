//! Lambda functions, single and in fleets.

use super::Builder;
use crate::arena::Arena;
use crate::cost::Arch;
use crate::engine::Span;
use crate::model::bucket::Pace;
use crate::model::function::{Function, Functions, IdleWatch};
use crate::model::provisioned::Provisioned;
use crate::model::service::Amount;
use crate::observe::FunctionId;
use crate::quantity::MemorySize;
use crate::random::{Distribution, Purpose, owner_key};
use crate::spec::{FunctionSpec, Runtime};

impl Builder<'_> {
    pub(super) fn functions(&self, name: &str, spec: &FunctionSpec) -> Functions {
        let runtime = Runtime::named(&spec.runtime).expect("a checked runtime");
        let policies = self.platform.policies;
        let hardware = &self.spec.hardware;
        let keep_alive = spec.keep_alive.clone().unwrap_or_else(|| "fixed".into());
        let usual =
            Distribution::lognormal_percentiles(runtime.app_init_ms / 1e3, runtime.app_init_ms / 1e3 * 3.2);
        let keep_alive = policies.keep_alive(&keep_alive).expect("a checked policy");
        let account = &self.spec.account;
        let members = self.members(name, spec);
        Functions {
            arch: spec.architecture,
            speed: if spec.architecture == Arch::Arm { hardware.lambda_arm } else { hardware.lambda_x86 },
            timeout: spec.timeout,
            init: runtime.init(spec.architecture, spec.package),
            app_init: spec.app_init.as_ref().map_or(usual, crate::random::DistributionSpec::build),
            first_request: runtime.first_request_ms / 1e3,
            placement_overhead: spec.placement_overhead.build(),
            warm_overhead: Amount::time(spec.warm_overhead.build(), Purpose::WarmStart),
            lifetime: spec.max_lifetime.build(),
            reserved: spec.reserved_concurrency,
            own_rate: spec.reserved_concurrency.map(Functions::own_rate),
            pace: Pace::new(account.lambda_scaling_burst, account.lambda_scaling_rate.0),
            reuse: spec.reuse,
            idle: IdleWatch::wanted(keep_alive.as_ref(), members.len()),
            keep_alive,
            keep: Span::ZERO,
            busy: 0,
            alive: 0,
            alive_mib: 0,
            cpu_busy: 0,
            memory_used_kib: 0,
            busy_mib: 0,
            uses_memory: false,
            provisioned: spec.provisioned_concurrency.as_ref().map(|provisioned| {
                let policy = policies.provisioning(provisioned).expect("a checked policy");
                Provisioned::new(policy, self.spec.telemetry.function_lag)
            }),
            crashes: Vec::new(),
            is_fleet: spec.functions.is_some(),
            members,
        }
    }

    /// The functions of the service called `name`: those of its population, or itself.
    fn members(&self, name: &str, spec: &FunctionSpec) -> Arena<FunctionId, Function> {
        let memory = |own: Option<MemorySize>| own.or(spec.memory).expect("a checked memory size");
        let Some(functions) = &spec.functions else {
            return std::iter::once(Function::new(owner_key(name), memory(None))).collect();
        };
        let population = &self.populations[functions];
        let member = |index: usize| {
            let key = owner_key(&format!("{name}/{}", population.name(index)));
            Function::new(key, memory(population.memory(index)))
        };
        (0..population.len()).map(member).collect()
    }
}
