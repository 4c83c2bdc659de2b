//! Checkers that can fail: for every invariant a wrong story of facts, beside the right one that differs in one fact.

mod bills;
mod capacity;
mod meters;
mod requests;

use serde_json::json;

use super::*;
use crate::cost::{Arch, Purchase};
use crate::engine::Span;
use crate::observe::{DecisionKind, Door, GroupId, Part, Parts, Throttle};
use crate::quantity::{Cpu, MemorySize};
use crate::spec::ServiceSpec;

const API: ServiceId = ServiceId(0);
const BOX: ServiceId = ServiceId(1);
const FUNCTION: ServiceId = ServiceId(2);
const OTHER: ServiceId = ServiceId(3);
const GROUP: GroupId = GroupId(0);
const TASK: Replica = Replica::Task(7);
const PLACE: Replica = Replica::Environment(3);

/// Four services, of each platform one at least, and a group of two-core instances with one network interface for tasks.
fn fleet() -> FleetSpec {
    let task =
        json!({ "cpu": "1vCPU", "memory": "2GB", "server": { "workers": { "count": 1, "backlog": 1 } } });
    let on_instances = json!({ "cpu": "1vCPU", "memory": "2GB", "network": "awsvpc",
        "server": { "workers": { "count": 1, "backlog": 1 } } });
    let client = json!({ "timeout": "1s", "retries": { "attempts": 2, "backoff": "0s", "budget": "0%" } });
    let spec = json!({
        "work": { "page": { "cpu": "10ms" } },
        "sources": { "people": { "to": "api", "arrivals": { "poisson": { "rate": "1/s" } }, "client": client } },
        "services": {
            "api": { "platform": "fargate", "work": "page", "task": task, "scaling": { "fixed": { "count": 1 } } },
            "box": { "platform": "ecs", "work": "page", "cluster": "fleet", "task": on_instances,
                "constraints": [], "scaling": { "fixed": { "count": 1 } } },
            "function": { "platform": "lambda", "work": "page", "memory": "1769MB", "runtime": "rust",
                "reserved_concurrency": 1, "keep_alive": { "fixed": { "after": "10s" } } },
            "other": { "platform": "lambda", "work": "page", "memory": "1769MB", "runtime": "rust" },
        },
        "clusters": { "fleet": { "instances": { "type": "tiny", "min": 0, "max": 2 } } },
        "account": { "lambda_concurrency": 1, "lambda_scaling_burst": 1, "lambda_scaling_rate": "1/s",
            "fargate_launch_burst": 1, "fargate_launch_rate": "1/s" },
    });
    serde_json::from_value(spec).expect("a fleet")
}

fn types() -> IndexMap<String, InstanceType> {
    let tiny = InstanceType {
        name: "tiny".into(),
        vcpu: 2,
        memory: MemorySize(8192),
        arch: Arch::X86,
        on_demand_hour: 0.1,
        max_enis: 2,
        ipv4_per_eni: 10,
        max_pods: 29,
        network_gbps: 1.0,
        trunk_tasks: None,
        burst: None,
    };
    IndexMap::from([("tiny".to_owned(), tiny)])
}

/// A story as it is told: facts at seconds.
struct Story(Checker);

impl Story {
    fn new() -> Self {
        Story(Checker::new(&fleet(), &types(), Window::new(at(0), at(1000))))
    }

    fn level(&mut self, second: u64, service: ServiceId, gauge: Gauge, value: u64) {
        self.0.level(at(second), Owner::Service(service), gauge, value);
    }

    fn group(&mut self, second: u64, gauge: Gauge, value: u64) {
        self.0.level(at(second), Owner::Group(GROUP), gauge, value);
    }

    fn replica(&mut self, second: u64, replica: Replica, fact: ReplicaFact) {
        self.0.replica(at(second), replica, fact);
    }

    fn place(&mut self, second: u64, replica: Replica, service: ServiceId, instance: Option<u32>) {
        self.replica(second, replica, ReplicaFact::Placed { service, function: FunctionId(0), instance });
    }

    fn passed(&mut self, second: u64, service: ServiceId) {
        let (at, door) = (at(second), Door::Free);
        self.0.passed(&Passed { service, door, at, request: 1, requests_per_connection: 1 });
    }

    fn born(&mut self, second: u64, seed: u64) {
        self.0.born(at(second), SourceId(0), API, seed);
    }

    fn ends(&mut self, outcome: Outcome, born: u64, end: u64, attempts: u32, network: u64) {
        let mut parts = Parts::default();
        parts.add(Part::Network, Span::from_millis(network));
        let at = Time::ZERO + Span::from_millis(end);
        let throttle = None::<Throttle>;
        self.0.finished(&Finished {
            service: API,
            source: SourceId(0),
            seed: 1,
            born: super::tests::at(born),
            at,
            outcome,
            throttle,
            attempts,
            cold: false,
            parts,
        });
    }

    fn decided(
        &mut self,
        second: u64,
        kind: DecisionKind,
        owner: &str,
        change: Option<(u64, u64)>,
        reason: &str,
    ) {
        self.0.decided(&DecisionFact {
            at: at(second),
            kind,
            owner: owner.into(),
            before: change.map(|(before, _)| before),
            after: change.map(|(_, after)| after),
            reason: reason.into(),
        });
    }

    /// A Fargate task of `api` in service from the first moment on.
    fn ready_task(&mut self) {
        self.place(0, TASK, API, None);
        for fact in [ReplicaFact::Runs, ReplicaFact::Memory(100 << 10), ReplicaFact::Ready(true)] {
            self.replica(0, TASK, fact);
        }
        let kib = 2048 << 10;
        let levels = [
            (Gauge::CpuReserved, 1_000_000),
            (Gauge::MemoryReserved, kib),
            (Gauge::CpuCapacity, 1_000_000),
            (Gauge::MemoryCapacity, kib),
            (Gauge::MemoryUsed, 100 << 10),
            (Gauge::ReplicasDesired, 1),
            (Gauge::ReplicasRunning, 1),
            (Gauge::ReplicasReady, 1),
        ];
        levels.into_iter().for_each(|(gauge, value)| self.level(0, API, gauge, value));
    }

    /// The task's bill, which covers what its levels say.
    fn bill_task(&mut self, to: Option<u64>) {
        self.0.billed(&Billable::FargateTask {
            service: API,
            from: at(0),
            to: to.map(at),
            cpu: Cpu(1024),
            memory: MemorySize(2048),
            arch: Arch::X86,
            purchase: Purchase::OnDemand,
        });
    }

    /// An instance that takes tasks, stated as levels and bill have it.
    fn ready_instance(&mut self) {
        let facts =
            [InstanceFact::Launched { group: GROUP, zone: 0 }, InstanceFact::Runs, InstanceFact::Active];
        facts.into_iter().for_each(|fact| self.0.instance(at(0), 5, fact));
        let levels = [
            (Gauge::InstancesDesired, 1),
            (Gauge::Instances, 1),
            (Gauge::InstancesReady, 1),
            (Gauge::CpuCapacity, 2_000_000),
            (Gauge::MemoryCapacity, 8192 << 10),
        ];
        levels.into_iter().for_each(|(gauge, value)| self.group(0, gauge, value));
    }

    fn bill_instance(&mut self, from: u64) {
        let (zone, purchase) = (0, Purchase::OnDemand);
        self.0.billed(&Billable::Instance {
            group: GROUP,
            zone,
            purchase,
            from: at(from),
            to: None,
            waived: false,
        });
    }

    /// A task of `box` on the instance, with the levels that go with it.
    fn task_on_instance(&mut self, number: u32, instance: u32, tasks: u64) {
        self.place(0, Replica::Task(number), BOX, Some(instance));
        let reason = format!("task {number} on instance {instance} in zone-a: it has room");
        self.decided(0, DecisionKind::Placement, "box", None, &reason);
        let (cpu, memory) = (tasks * 1_000_000, tasks * (2048 << 10));
        self.level(0, BOX, Gauge::CpuReserved, cpu);
        self.level(0, BOX, Gauge::MemoryReserved, memory);
        self.group(0, Gauge::CpuReserved, cpu);
        self.group(0, Gauge::MemoryReserved, memory);
    }

    /// An environment takes a request at `from` and has served it at `to`, both told in full.
    fn invocation(&mut self, from: u64, to: u64, cold: bool) {
        self.passed(from, FUNCTION);
        if cold {
            self.place(from, PLACE, FUNCTION, None);
            self.level(from, FUNCTION, Gauge::Environments, 1);
        }
        self.replica(from, PLACE, ReplicaFact::Entered);
        self.replica(from, PLACE, ReplicaFact::Began);
        self.0.began(at(from), FUNCTION, cold);
        self.busy_function(from, 1);
        self.replica(to, PLACE, ReplicaFact::Left { begun: true });
        self.bill_invocation(from, to - from);
        self.busy_function(to, 0);
        self.0.served(at(to), FUNCTION);
    }

    fn busy_function(&mut self, second: u64, busy: u64) {
        let all = [
            (Gauge::Concurrency, busy),
            (Gauge::CpuBusy, busy * 900_000),
            (Gauge::CpuCapacity, busy * 1_000_000),
            (Gauge::MemoryCapacity, busy * (1769 << 10)),
        ];
        all.into_iter().for_each(|(gauge, value)| self.level(second, FUNCTION, gauge, value));
    }

    /// The function without its reservation and another one, in an account that lets two of them run.
    fn two_functions_without_reservation(&mut self) -> ServiceId {
        let fleet = &mut self.0.ground.fleet;
        fleet.account.lambda_concurrency = 2;
        if let ServiceSpec::Lambda(it) = &mut fleet.services["function"] {
            it.reserved_concurrency = None;
        }
        OTHER
    }

    fn bill_invocation(&mut self, from: u64, seconds: u64) {
        self.0.billed(&Billable::Invocation {
            service: FUNCTION,
            from: at(from),
            init: Span::ZERO,
            handler: Span::from_secs(seconds),
            memory: MemorySize(1769),
            arch: Arch::X86,
            provisioned: false,
        });
    }
}

fn at(second: u64) -> Time {
    Time::ZERO + Span::from_secs(second)
}

/// Tells a story, right or wrong, and looks what the checker thinks of it.
#[track_caller]
fn check(invariant: Invariant, expected: &str, story: impl Fn(&mut Story, bool)) {
    let tell = |wrong| {
        let mut told = Story::new();
        story(&mut told, wrong);
        told.0.close(None)
    };
    let right = tell(false);
    assert!(right.is_clean(), "the right story: {right}");
    let wrong = tell(true);
    assert!(says(&wrong, invariant, expected), "no {invariant:?} that says `{expected}`, but: {wrong}");
}

fn says(findings: &Findings, invariant: Invariant, expected: &str) -> bool {
    let seen = |violation: &&Violation| violation.invariant == invariant;
    findings.violations.iter().filter(seen).any(|it| it.to_string().contains(expected))
}

/// The same for a story in levels only, which all other invariants find incomplete, right or wrong.
#[track_caller]
fn check_levels(invariant: Invariant, expected: &str, story: impl Fn(&mut Story, bool)) {
    for wrong in [false, true] {
        let mut told = Story::new();
        story(&mut told, wrong);
        let findings = told.0.close(None);
        assert_eq!(says(&findings, invariant, expected), wrong, "`{expected}`: {findings}");
        assert_eq!(says(&findings, invariant, ""), wrong, "{findings}");
    }
}

#[test]
fn time_never_goes_back() {
    check(Invariant::Time, "nothing before", |story, wrong| {
        story.level(5, API, Gauge::Queue, 0);
        story.level(if wrong { 4 } else { 5 }, API, Gauge::Queue, 0);
    });
    check(Invariant::Time, "an end from", |story, wrong| {
        story.born(5, 1);
        story.ends(Outcome::Rejected, 5, if wrong { 4999 } else { 5000 }, 1, 0);
    });
}

#[test]
fn the_list_is_bounded_and_everything_is_counted() {
    let mut story = Story::new();
    (0..500).for_each(|_| story.ends(Outcome::Unfinished, 0, 0, 1, 0));
    let findings = story.0.close(None);
    assert_eq!((findings.violations.len(), findings.total, findings.requests), (100, 500, 500));
    let text = findings.to_string();
    assert!(text.lines().count() == 11 && text.ends_with("and 490 more"), "{text}");
    assert!(
        text.starts_with("ends at 00:00:00: request 0000000000000001: expected a request born at"),
        "{text}"
    );
}
