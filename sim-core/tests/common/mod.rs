//! What all integration tests share: a checked fleet from JSON, a handful of instance types, one run with a watcher.
//!
//! Every test file is a program of its own; what only some of them need stands in the files beside this one.

use indexmap::IndexMap;
use serde_json::Value;
use sim_core::calendar::Calendar;
use sim_core::cost::{Arch, Burst, InstanceType};
use sim_core::engine::Span;
use sim_core::model::{Finish, Initial, Platform, Run, simulate};
use sim_core::observe::Probe;
use sim_core::policy::catalogue::Catalogue;
use sim_core::quantity::MemorySize;
use sim_core::random::Luck;
use sim_core::spec::{FleetSpec, Problem};
use sim_core::traffic::NoTraces;

/// A row of the catalogue: name, vCPU, MiB, interfaces, trunk tasks, (baseline, credits an hour).
type Row = (&'static str, u32, u32, u32, Option<u32>, Option<(f64, u32)>);

const TYPES: [Row; 5] = [
    ("m5.large", 2, 8192, 3, Some(10), None),
    ("m5.xlarge", 4, 16_384, 4, Some(20), None),
    ("c5.large", 2, 4096, 3, Some(10), None),
    ("t3.medium", 2, 4096, 3, None, Some((0.2, 24))),
    ("t3.large", 2, 8192, 3, None, Some((0.3, 36))),
];

/// The handful of instance types.
pub(crate) fn instance_types() -> IndexMap<String, InstanceType> {
    let row = |(name, vcpu, mib, max_enis, trunk_tasks, burst): Row| {
        let instance = InstanceType {
            name: name.into(),
            vcpu,
            memory: MemorySize(mib),
            arch: Arch::X86,
            on_demand_hour: 0.1,
            max_enis,
            ipv4_per_eni: 10,
            max_pods: 29,
            network_gbps: 1.0,
            trunk_tasks,
            burst: burst.map(|(baseline, credits_per_hour)| Burst { baseline, credits_per_hour }),
        };
        (name.to_owned(), instance)
    };
    TYPES.into_iter().map(row).collect()
}

/// The fleet that `spec` describes, which must make sense.
#[track_caller]
pub(crate) fn checked(spec: &Value) -> FleetSpec {
    let fleet = read(spec);
    assert_eq!(problems(&fleet), [], "{spec:#}");
    fleet
}

/// The fleet that `spec` describes, whether or not it makes sense.
#[track_caller]
pub(crate) fn read(spec: &Value) -> FleetSpec {
    serde_json::from_value(spec.clone()).expect("a spec")
}

/// Everything that makes no sense about a fleet.
pub(crate) fn problems(fleet: &FleetSpec) -> Vec<Problem> {
    problems_with(fleet, &Catalogue::builtin())
}

/// The same where other policies are known too.
pub(crate) fn problems_with(fleet: &FleetSpec, policies: &Catalogue) -> Vec<Problem> {
    let types = instance_types();
    fleet.problems(&Platform { instance_types: &types, policies, traces: &NoTraces })
}

/// A run of `duration` with time enough to finish everything.
pub(crate) fn run_of(duration: Span, luck: Luck) -> Run {
    Run {
        luck,
        duration,
        drain: Span::from_secs(7200),
        calendar: Calendar::default(),
        initial: Initial::Warm,
    }
}

/// Simulates one run of a checked fleet.
pub(crate) fn run<P: Probe>(fleet: &FleetSpec, run: Run, probe: P) -> Finish<P> {
    let (types, policies) = (instance_types(), Catalogue::builtin());
    let platform = Platform { instance_types: &types, policies: &policies, traces: &NoTraces };
    simulate(fleet, &platform, run, |_| probe).expect("no trace to open")
}
