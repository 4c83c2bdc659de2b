//! Checkers that can fail: for every invariant a wrong story of facts, beside the right one that differs in one fact.

use serde_json::json;

use super::*;
use crate::cost::{Arch, Purchase};
use crate::engine::Span;
use crate::observe::{DecisionKind, Door, GroupId, Part, Parts, Throttle};
use crate::quantity::{Cpu, MemorySize};

const API: ServiceId = ServiceId(0);
const BOX: ServiceId = ServiceId(1);
const FUNCTION: ServiceId = ServiceId(2);
const GROUP: GroupId = GroupId(0);
const TASK: Replica = Replica::Task(7);
const PLACE: Replica = Replica::Environment(3);

/// Three services, one of each platform, and a group of two-core instances with one network interface for tasks.
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
    let seen = |violation: &&Violation| violation.invariant == invariant;
    let told = wrong.violations.iter().filter(seen).any(|it| it.to_string().contains(expected));
    assert!(told, "no violation of {invariant:?} that says `{expected}`, but: {wrong}");
}

#[test]
fn a_request_is_born_once_and_ends_once() {
    check(Invariant::Ends, "one birth", |story, wrong| {
        story.born(1, 1);
        if wrong {
            story.born(2, 1);
        }
        story.ends(Outcome::Rejected, 1 + u64::from(wrong), 3000, 1, 0);
    });
    check(Invariant::Ends, "none that is open", |story, wrong| {
        story.born(1, 1);
        (0..=u32::from(wrong)).for_each(|_| story.ends(Outcome::Rejected, 1, 1500, 1, 0));
    });
    check(Invariant::Ends, "an end, found none", |story, wrong| {
        story.born(1, 1);
        if !wrong {
            story.ends(Outcome::Unfinished, 1, 9000, 1, 0);
        }
    });
    check(Invariant::Ends, "a request born at", |story, wrong| {
        story.born(1, 1);
        story.ends(Outcome::Rejected, if wrong { 0 } else { 1 }, 1500, 1, 0);
    });
}

#[test]
fn a_request_ends_as_its_client_says() {
    check(Invariant::Ends, "1 to 2 attempts", |story, wrong| {
        story.born(1, 1);
        story.ends(Outcome::Rejected, 1, 1500, if wrong { 3 } else { 2 }, 0);
    });
    check(Invariant::Ends, "the sum of its latency's parts", |story, wrong| {
        story.born(1, 1);
        story.ends(Outcome::Ok, 1, 1500, 1, if wrong { 499 } else { 500 });
    });
    check(Invariant::Ends, "success within", |story, wrong| {
        story.born(1, 1);
        let latency = if wrong { 1001 } else { 1000 };
        story.ends(Outcome::Ok, 1, 1000 + latency, 1, latency);
    });
    check(Invariant::Ends, "a timeout after", |story, wrong| {
        story.born(1, 1);
        story.ends(Outcome::TimedOut, 1, if wrong { 1999 } else { 2000 }, 1, 0);
    });
    check(Invariant::Ends, "a refusal with a reason", |story, wrong| {
        story.passed(1, API);
        story.0.refused(at(1), API, Outcome::Rejected, if wrong { "" } else { "no room" });
    });
    check(Invariant::Limits, "retries", |story, wrong| {
        for request in 0..if wrong { 11 } else { 10 } {
            story.born(request, 1);
            story.ends(Outcome::Rejected, request, 1000 * request, 2, 0);
        }
    });
}

#[test]
fn what_comes_in_goes_out_or_is_inside() {
    check(Invariant::Flow, "attempts gone and inside", |story, wrong| {
        story.passed(1, API);
        if !wrong {
            story.0.refused(at(1), API, Outcome::Unavailable, "no target in service");
        }
        story.level(2, API, Gauge::Queue, 0);
    });
    check(Invariant::Flow, "invocations over and in work", |story, wrong| {
        story.invocation(1, 2, true);
        if wrong {
            story.0.began(at(3), FUNCTION, false);
        }
    });
    check(Invariant::Flow, "what its replicas have in their queues", |story, wrong| {
        story.ready_task();
        story.bill_task(None);
        story.passed(0, API);
        story.level(0, API, Gauge::Queue, 1);
        if !wrong {
            story.replica(0, TASK, ReplicaFact::Entered);
        }
    });
}

#[test]
fn only_ready_replicas_serve() {
    let entered = |story: &mut Story, second| {
        story.passed(second, API);
        story.replica(second, TASK, ReplicaFact::Entered);
        story.replica(second, TASK, ReplicaFact::Began);
        story.level(second, API, Gauge::Concurrency, 1);
    };
    check(Invariant::Readiness, "ready, healthy replicas, found one that is leaving", |story, wrong| {
        story.ready_task();
        if !wrong {
            entered(story, 0);
        }
        story.replica(0, TASK, ReplicaFact::Ready(false));
        story.level(0, API, Gauge::ReplicasReady, 0);
        story.level(0, API, Gauge::ReplicasRunning, 0);
        if wrong {
            entered(story, 0);
        }
        story.bill_task(None);
    });
    check(Invariant::Readiness, "one that is ready and unhealthy", |story, wrong| {
        story.ready_task();
        let other = Replica::Task(8);
        story.place(0, other, API, None);
        [ReplicaFact::Runs, ReplicaFact::Memory(100 << 10), ReplicaFact::Ready(true)]
            .into_iter()
            .for_each(|fact| story.replica(0, other, fact));
        let kib = 4096 << 10;
        let levels = [
            (Gauge::CpuReserved, 2_000_000),
            (Gauge::MemoryReserved, kib),
            (Gauge::CpuCapacity, 2_000_000),
            (Gauge::MemoryCapacity, kib),
            (Gauge::ReplicasRunning, 2),
            (Gauge::MemoryUsed, 200 << 10),
        ];
        levels.into_iter().for_each(|(gauge, value)| story.level(0, API, gauge, value));
        let sick = if wrong { TASK } else { other };
        story.replica(0, sick, ReplicaFact::Healthy(false));
        entered(story, 0);
        story.bill_task(None);
        story.bill_task(None);
    });
    check(Invariant::Readiness, "a place before anything else", |story, wrong| {
        if wrong {
            story.replica(0, TASK, ReplicaFact::Runs);
        }
    });
    check(Invariant::Readiness, "what a replica can do that is placed", |story, wrong| {
        story.place(0, TASK, BOX, None);
        if wrong {
            story.replica(0, TASK, ReplicaFact::Ready(true));
        }
        story.level(0, BOX, Gauge::ReplicasReady, u64::from(wrong));
    });
    check(Invariant::Readiness, "ready replicas to be 1", |story, wrong| {
        story.ready_task();
        story.bill_task(None);
        story.level(0, API, Gauge::ReplicasReady, if wrong { 0 } else { 1 });
    });
    check(Invariant::Readiness, "environments to be 1", |story, wrong| {
        story.place(0, PLACE, FUNCTION, None);
        story.level(0, FUNCTION, Gauge::Environments, if wrong { 2 } else { 1 });
    });
}

#[test]
fn replicas_have_so_many_places() {
    let full = |story: &mut Story, queued: u64, working: u64| {
        story.ready_task();
        for _ in 0..queued + working {
            story.passed(0, API);
            story.replica(0, TASK, ReplicaFact::Entered);
        }
        (0..working).for_each(|_| story.replica(0, TASK, ReplicaFact::Began));
        story.level(0, API, Gauge::Queue, queued);
        story.level(0, API, Gauge::Concurrency, working);
        story.bill_task(None);
    };
    check(Invariant::Capacity, "requests inside to be at most 2", |story, wrong| {
        full(story, if wrong { 2 } else { 1 }, 1);
    });
    check(Invariant::Capacity, "requests in work to be at most 1", |story, wrong| {
        full(story, if wrong { 0 } else { 1 }, if wrong { 2 } else { 1 });
    });
    check(Invariant::Capacity, "requests queued to be at most 1", |story, wrong| {
        full(story, if wrong { 2 } else { 1 }, 0);
    });
    check(Invariant::Capacity, "millionths of a vCPU in use", |story, wrong| {
        full(story, 0, 1);
        story.replica(0, TASK, ReplicaFact::Cpu(if wrong { 1_100_000 } else { 1_000_000 }));
    });
    check(Invariant::Capacity, "KiB in use to be at most", |story, wrong| {
        full(story, 0, 1);
        story.replica(0, TASK, ReplicaFact::Memory(if wrong { 2049 << 10 } else { 2048 << 10 }));
    });
    check(Invariant::Capacity, "KiB of an idle task", |story, wrong| {
        full(story, 0, 1);
        story.replica(0, TASK, ReplicaFact::Memory(if wrong { 99 << 10 } else { 100 << 10 }));
    });
}

#[test]
fn instances_hold_what_they_have() {
    check(Invariant::Capacity, "network interfaces of tasks to be at most 1", |story, wrong| {
        story.ready_instance();
        (1..=1 + u64::from(wrong)).for_each(|tasks| story.task_on_instance(tasks as u32, 5, tasks));
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "CPU units reserved to be at most 2048", |story, wrong| {
        story.ready_instance();
        (1..=if wrong { 3 } else { 1 }).for_each(|tasks| story.task_on_instance(tasks as u32, 5, tasks));
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "MiB reserved to be at most", |story, wrong| {
        story.ready_instance();
        (1..=if wrong { 4 } else { 1 }).for_each(|tasks| story.task_on_instance(tasks as u32, 5, tasks));
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "an instance for a task", |story, wrong| {
        story.ready_instance();
        story.task_on_instance(1, if wrong { 6 } else { 5 }, 1);
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "tasks only where instances take them", |story, wrong| {
        story.ready_instance();
        if wrong {
            story.0.instance(at(0), 5, InstanceFact::Draining);
        }
        story.task_on_instance(1, 5, 1);
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "tasks left on it as it goes", |story, wrong| {
        story.ready_instance();
        story.task_on_instance(1, 5, 1);
        if wrong {
            story.0.instance(at(0), 5, InstanceFact::Gone);
        }
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "CpuBusy to be what its instances add up to", |story, wrong| {
        story.ready_instance();
        story.group(0, Gauge::CpuBusy, u64::from(wrong));
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "a zone of the group", |story, wrong| {
        let zone = if wrong { 3 } else { 2 };
        story.0.instance(at(0), 9, InstanceFact::Launched { group: GROUP, zone });
    });
    check(Invariant::Capacity, "a launch before anything else", |story, wrong| {
        if wrong {
            story.0.instance(at(0), 9, InstanceFact::Active);
        }
    });
}

#[test]
fn an_instance_has_so_many_cores_and_so_much_memory() {
    let used = |what: fn(u64) -> ReplicaFact, gauge, amount| {
        move |story: &mut Story, wrong: bool| {
            story.ready_instance();
            story.task_on_instance(1, 5, 1);
            let amount = amount + u64::from(wrong) * amount;
            story.replica(0, Replica::Task(1), what(amount));
            story.level(0, BOX, gauge, amount);
            story.group(0, gauge, amount);
            story.level(0, BOX, Gauge::Concurrency, 1);
            story.passed(0, BOX);
            let facts =
                [ReplicaFact::Runs, ReplicaFact::Ready(true), ReplicaFact::Entered, ReplicaFact::Began];
            facts.into_iter().for_each(|fact| story.replica(0, Replica::Task(1), fact));
            story.level(0, BOX, Gauge::ReplicasRunning, 1);
            story.level(0, BOX, Gauge::ReplicasReady, 1);
            let idle = 100 << 10;
            if gauge != Gauge::MemoryUsed {
                story.replica(0, Replica::Task(1), ReplicaFact::Memory(idle));
                story.level(0, BOX, Gauge::MemoryUsed, idle);
                story.group(0, Gauge::MemoryUsed, idle);
            }
            story.bill_instance(0);
        }
    };
    let cpu = used(ReplicaFact::Cpu, Gauge::CpuBusy, 2_000_000);
    check(Invariant::Capacity, "millionths of a vCPU in use to be at most 2002000", cpu);
    let memory = used(ReplicaFact::Memory, Gauge::MemoryUsed, 2048 << 10);
    check(Invariant::Capacity, "KiB in use to be at most 2097152", memory);
}

#[test]
fn limits_of_functions_and_of_the_account() {
    check(Invariant::Limits, "environments to start no faster than 1 at once", |story, wrong| {
        story.invocation(1, 2, true);
        story.replica(2, PLACE, ReplicaFact::Gone);
        story.level(2, FUNCTION, Gauge::Environments, 0);
        story.invocation(2, 3, true);
        if wrong {
            story.replica(3, PLACE, ReplicaFact::Gone);
            (0..2).for_each(|_| story.0.began(at(3), FUNCTION, true));
        }
    });
    check(Invariant::Limits, "at most ten requests a second", |story, wrong| {
        if wrong {
            (0..11).for_each(|_| story.0.began(at(1), FUNCTION, false));
        }
    });
    check(Invariant::Limits, "concurrency in use or provisioned to be at most 1", |story, wrong| {
        story.place(1, PLACE, FUNCTION, None);
        story.level(1, FUNCTION, Gauge::Environments, 1);
        story.busy_function(1, u64::from(wrong) * 2);
        story.busy_function(2, 0);
    });
    check(Invariant::Limits, "the account: expected concurrency", |story, wrong| {
        story.0.ground.fleet.account.lambda_concurrency = u32::from(!wrong);
        story.born(1, 1);
        story.ends(Outcome::Rejected, 1, 1000, 1, 0);
    });
    check(Invariant::Limits, "launches no faster than 1 at once", |story, wrong| {
        story.place(1, Replica::Task(1), BOX, None);
        story.place(if wrong { 1 } else { 2 }, Replica::Task(2), BOX, None);
    });
    check(Invariant::Limits, "0 to 2 instances desired", |story, wrong| {
        story.group(0, Gauge::InstancesDesired, if wrong { 3 } else { 2 });
    });
}

#[test]
fn use_lies_between_nothing_and_what_is_there() {
    let task = |gauge: Gauge, wrong_value: u64| {
        move |story: &mut Story, wrong: bool| {
            story.ready_task();
            if wrong {
                story.level(0, API, gauge, wrong_value);
            }
            story.bill_task(None);
        }
    };
    check(Invariant::Utilization, "CPU in use with nothing in work", task(Gauge::CpuBusy, 1));
    check(Invariant::Utilization, "CPU in use to be at most 1002000", task(Gauge::CpuBusy, 1_002_001));
    check(Invariant::Utilization, "ready replicas to be at most 1", task(Gauge::ReplicasReady, 2));
    check(Invariant::Utilization, "running replicas to be at most 1", task(Gauge::ReplicasRunning, 2));
    check(Invariant::Utilization, "KiB in use to be at most", task(Gauge::MemoryUsed, 2049 << 10));
    check(Invariant::Utilization, "KiB of idle tasks to be at most", task(Gauge::MemoryUsed, 99 << 10));
    check(
        Invariant::Utilization,
        "replicas paid for to be at most 1",
        task(Gauge::MemoryCapacity, 4096 << 10),
    );
    let function = |gauge: Gauge, wrong_value: u64| {
        move |story: &mut Story, wrong: bool| {
            story.invocation(1, 2, true);
            if wrong {
                story.level(3, FUNCTION, gauge, wrong_value);
            }
        }
    };
    check(Invariant::Utilization, "environments busy to be at most 1", function(Gauge::Concurrency, 2));
    check(Invariant::Utilization, "KiB in use to be at most 0", function(Gauge::MemoryUsed, 1));
    check(Invariant::Utilization, "CPU in use to be at most", function(Gauge::CpuBusy, 5000));
    let group = |gauge: Gauge, wrong_value: u64| {
        move |story: &mut Story, wrong: bool| {
            story.ready_instance();
            story.bill_instance(0);
            if wrong {
                story.group(0, gauge, wrong_value);
            }
        }
    };
    check(Invariant::Utilization, "InstancesReady to be at most 1", group(Gauge::InstancesReady, 2));
    check(Invariant::Utilization, "CpuReserved to be at most", group(Gauge::CpuReserved, 2_000_001));
    check(
        Invariant::Utilization,
        "MemoryReserved to be at most",
        group(Gauge::MemoryReserved, (8192 << 10) + 1),
    );
    check(Invariant::Utilization, "CpuBusy to be at most", group(Gauge::CpuBusy, 2_100_000));
    check(Invariant::Utilization, "MemoryUsed to be at most", group(Gauge::MemoryUsed, (8192 << 10) + 1));
    check(Invariant::Utilization, "CpuReserved of its groups to be 0", group(Gauge::CpuReserved, 1000));
}

#[test]
fn bills_cover_what_was_busy() {
    check(Invariant::Integrals, "task-nanoseconds billed", |story, wrong| {
        story.ready_task();
        story.born(9, 1);
        story.ends(Outcome::Rejected, 9, 9000, 1, 0);
        if !wrong {
            story.bill_task(None);
        }
    });
    check(Invariant::Bills, "running time", |story, wrong| {
        story.ready_task();
        if wrong {
            story.level(5, API, Gauge::CpuCapacity, 0);
            story.bill_task(Some(5));
        }
        story.level(9, API, Gauge::Queue, 0);
        if !wrong {
            story.bill_task(None);
        }
    });
    check(Invariant::Integrals, "instance-nanoseconds billed", |story, wrong| {
        story.ready_instance();
        story.born(9, 1);
        story.ends(Outcome::Rejected, 9, 9000, 1, 0);
        story.bill_instance(u64::from(wrong));
    });
    check(Invariant::Bills, "a period that is over", |story, wrong| {
        story.ready_task();
        story.level(9, API, Gauge::Queue, 0);
        if wrong {
            story.0.billed(&Billable::FargateTask {
                service: API,
                from: at(12),
                to: None,
                cpu: Cpu(1024),
                memory: MemorySize(2048),
                arch: Arch::X86,
                purchase: Purchase::OnDemand,
            });
        }
        story.bill_task(None);
    });
    check(Invariant::Bills, "busy vCPU-nanoseconds", |story, wrong| {
        story.invocation(1, 2, true);
        if wrong {
            story.level(3, FUNCTION, Gauge::CpuBusy, 2000);
            story.level(900, FUNCTION, Gauge::CpuBusy, 0);
            story.level(901, FUNCTION, Gauge::CpuBusy, 1_000_000);
            story.level(903, FUNCTION, Gauge::CpuBusy, 0);
        }
    });
    check(Invariant::Bills, "a handler's billed time to be at most", |story, wrong| {
        story.invocation(1, if wrong { 5 } else { 4 }, true);
    });
    check(Invariant::Bills, "surplus credits of unlimited instances only", |story, wrong| {
        let vcpu_nanos = u64::from(!wrong);
        story.0.billed(&Billable::SurplusCredits { group: GROUP, at: None, vcpu_nanos });
    });
    check(Invariant::Bills, "a balancer's beginning", |story, wrong| {
        story.level(if wrong { 1 } else { 0 }, API, Gauge::Queue, 0);
        story.0.billed(&Billable::Balancer { service: API });
    });
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
fn decisions_are_applied_as_stated() {
    let scaled = |said: (u64, u64), did: u64| {
        move |story: &mut Story, wrong: bool| {
            story.ready_task();
            let change = if wrong { said } else { (1, 2) };
            story.decided(70, DecisionKind::ServiceScaling, "api", Some(change), "CPU above target");
            story.level(70, API, Gauge::ReplicasDesired, if wrong { did } else { 2 });
            story.level(71, API, Gauge::Queue, 0);
            story.bill_task(None);
        }
    };
    check(Invariant::Decisions, "to go as decided: 1 to 2, found 1 to 3", scaled((1, 2), 3));
    check(Invariant::Decisions, "to go as decided: 1 to 2, found no change", scaled((1, 2), 1));
    check(Invariant::Decisions, "to go as decided: 4 to 2, found 1 to 2", scaled((4, 2), 2));
    check(Invariant::Decisions, "a decision that changes something", scaled((1, 1), 1));
    check(Invariant::Decisions, "found 0 to 1", |story, wrong| {
        story.group(if wrong { 60 } else { 0 }, Gauge::InstancesDesired, 1);
        story.level(61, API, Gauge::Queue, 0);
    });
    check(Invariant::Decisions, "a reason and whose it is", |story, wrong| {
        story.decided(1, DecisionKind::KeepAlive, "function", None, if wrong { "" } else { "quiet hours" });
    });
    check(Invariant::Decisions, "a known service or group", |story, wrong| {
        let (owner, change) = if wrong { ("nobody", (0, 1)) } else { ("fleet", (0, 1)) };
        story.decided(1, DecisionKind::ClusterScaling, owner, Some(change), "tasks wait");
        story.group(1, Gauge::InstancesDesired, 1);
    });
    check(Invariant::Decisions, "a decision that says why something is placed there", |story, wrong| {
        story.ready_instance();
        let reason = if wrong { "instance 55 has room" } else { "task 1 on instance 5 in zone-a" };
        story.place(0, Replica::Task(1), BOX, Some(5));
        story.decided(0, DecisionKind::Placement, "box", None, reason);
        let levels = [(Gauge::CpuReserved, 1_000_000), (Gauge::MemoryReserved, 2048 << 10)];
        for (gauge, value) in levels {
            story.level(0, BOX, gauge, value);
            story.group(0, gauge, value);
        }
        story.bill_instance(0);
    });
    check(Invariant::Decisions, "targets to turn one by one", |story, wrong| {
        story.ready_task();
        let change = if wrong { (3, 1) } else { (2, 1) };
        story.decided(0, DecisionKind::Health, "api", Some(change), "task 3 failed");
        story.bill_task(None);
    });
    check(Invariant::Decisions, "as decided long ago", |story, wrong| {
        story.level(0, API, Gauge::ReplicasDesired, 1);
        story.level(0, API, Gauge::ReplicasPending, u64::from(!wrong));
        story.level(9000, API, Gauge::Queue, 0);
    });
    check(Invariant::Decisions, "an end after", |story, wrong| {
        story.invocation(1, 2, true);
        story.invocation(if wrong { 12 } else { 11 }, 14, false);
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
