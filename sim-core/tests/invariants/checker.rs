//! A watcher that stands outside the fleet, believes nothing, and keeps its own books.
//!
//! What must hold at every single fact is asserted there. What must hold *between* instants (a gauge against a count,
//! reservations against capacity) is asserted whenever time moves on, since one instant may state its facts in any order.

use std::collections::BTreeMap;

use sim_core::cost::CreditMode;
use sim_core::engine::{Span, Time};
use sim_core::observe::{
    Billable, DecisionFact, DecisionKind, Finished, Gauge, GroupId, Outcome, Owner, Part, Passed, Probe,
    ServiceId, SourceId,
};
use sim_core::spec::{
    ClusterSpec, FleetSpec, FunctionSpec, GroupSpec, ServiceSpec, SourceSpec, lambda_vcpus,
};

/// Rounding of millionths of a vCPU: one per task or environment at most.
const SLACK: u64 = 2000;

/// What has happened at a service so far.
#[derive(Clone, Default)]
struct Counts {
    passed: u64,
    began: u64,
    served: u64,
    /// Ends without success, those of the front door's limit not counted: the work goes on then.
    refused: u64,
    cut_off: u64,
    invocations_billed: u64,
    running_nanos: u128,
    fargate_nanos: u128,
    /// Environments that the scaling rate still allows.
    tokens: f64,
    tokens_at: f64,
}

/// A group's instance-time by its gauge and by its bills.
#[derive(Clone, Default)]
struct Instances {
    stated_nanos: u128,
    billed_nanos: u128,
    still_running_from: Vec<Time>,
}

/// The checker. [`Checker::close`] does the final accounts.
pub(crate) struct Checker {
    fleet: FleetSpec,
    now: Time,
    levels: BTreeMap<(Owner, Gauge), u64>,
    services: Vec<Counts>,
    groups: Vec<Instances>,
    /// By source: requests born, and extra attempts made.
    sources: Vec<(u64, u64)>,
    /// Requests that are not over.
    open: BTreeMap<(u32, u64), Time>,
    pub(crate) finished: u64,
    pub(crate) unfinished: u64,
    pub(crate) decisions: u64,
    /// Tasks killed because their instance had no memory left.
    pub(crate) starved: u64,
}

impl Checker {
    pub(crate) fn new(fleet: &FleetSpec) -> Self {
        let tokens = f64::from(fleet.account.lambda_scaling_burst);
        let groups = fleet.clusters.values().flat_map(ClusterSpec::groups).count();
        Checker {
            now: Time::ZERO,
            levels: BTreeMap::new(),
            services: vec![Counts { tokens, ..Counts::default() }; fleet.services.len()],
            groups: vec![Instances::default(); groups],
            sources: vec![(0, 0); fleet.sources.len()],
            open: BTreeMap::new(),
            finished: 0,
            unfinished: 0,
            decisions: 0,
            starved: 0,
            fleet: fleet.clone(),
        }
    }

    fn service(&self, id: ServiceId) -> &ServiceSpec {
        &self.fleet.services[id.0 as usize]
    }

    fn source(&self, id: SourceId) -> &SourceSpec {
        &self.fleet.sources[id.0 as usize]
    }

    fn group(&self, id: GroupId) -> &GroupSpec {
        let mut groups = self.fleet.clusters.values().flat_map(ClusterSpec::groups);
        groups.nth(id.0 as usize).expect("a known group").1
    }

    fn function(&self, id: ServiceId) -> &FunctionSpec {
        match self.service(id) {
            ServiceSpec::Lambda(function) => function,
            _ => panic!("an invocation of something that is no function"),
        }
    }

    fn level_of(&self, owner: Owner, gauge: Gauge) -> u64 {
        self.levels.get(&(owner, gauge)).copied().unwrap_or(0)
    }

    fn clock(&mut self, at: Time) {
        assert!(at >= self.now, "time goes back from {} to {at}", self.now);
        if at > self.now {
            self.instant_over();
            self.pass(at.since(self.now));
            self.now = at;
        }
    }

    /// Levels held for `span`.
    fn pass(&mut self, span: Span) {
        let nanos = u128::from(span.nanos());
        for index in 0..self.groups.len() {
            let level = self.level_of(Owner::Group(GroupId(index as u32)), Gauge::Instances);
            self.groups[index].stated_nanos += u128::from(level) * nanos;
        }
        for index in 0..self.services.len() {
            let level = self.level_of(Owner::Service(ServiceId(index as u32)), Gauge::ReplicasRunning);
            self.services[index].running_nanos += u128::from(level) * nanos;
        }
    }

    fn instant_over(&self) {
        for (index, spec) in self.fleet.services.values().enumerate() {
            let id = ServiceId(index as u32);
            self.check_inside(id, spec);
            match spec {
                ServiceSpec::Lambda(function) => self.check_function(id, function),
                _ => self.check_containers(id, spec),
            }
        }
        self.check_clusters();
        self.check_account();
    }

    /// Gauges against counts.
    fn check_inside(&self, id: ServiceId, spec: &ServiceSpec) {
        let (counts, owner) = (&self.services[id.0 as usize], Owner::Service(id));
        let (working, queued) =
            (self.level_of(owner, Gauge::Concurrency), self.level_of(owner, Gauge::Queue));
        let inside = counts.passed - counts.served - counts.refused;
        assert_eq!(working + queued, inside, "inside service {id:?} at {}", self.now);
        if matches!(spec, ServiceSpec::Lambda(_)) {
            assert_eq!(working, counts.began - counts.served - counts.cut_off, "invocations of {id:?}");
        }
    }

    fn check_containers(&self, id: ServiceId, spec: &ServiceSpec) {
        let level = |gauge| self.level_of(Owner::Service(id), gauge);
        let (ready, running) = (level(Gauge::ReplicasReady), level(Gauge::ReplicasRunning));
        assert!(ready <= running, "{ready} ready, {running} running");
        let (task, fargate) = match spec {
            ServiceSpec::Ecs(ecs) => (&ecs.task, false),
            ServiceSpec::Fargate(fargate) => (&fargate.task, true),
            ServiceSpec::Lambda(_) => return,
        };
        let placed = level(Gauge::MemoryReserved) / (u64::from(task.reserved_memory().0) << 10);
        assert!(running <= placed, "{running} running of {placed} placed");
        let most = placed * (u64::from(task.memory.0) << 10);
        let used = level(Gauge::MemoryUsed);
        assert!(used <= most, "{used} KiB used by {placed} tasks of {}", task.memory);
        assert!(used >= running * (u64::from(task.idle_memory.0) << 10), "{used} KiB used, {running} run");
        if fargate {
            let paid = level(Gauge::MemoryCapacity) / (u64::from(task.memory.0) << 10);
            assert!(running <= paid && paid <= placed, "{paid} paid for: {running} run, {placed} placed");
        }
        if fargate || task.hard_cpu_limit {
            let (busy, reserved) = (level(Gauge::CpuBusy), level(Gauge::CpuReserved));
            assert!(busy <= reserved + SLACK, "{busy} busy of {reserved} reserved in {id:?}");
        }
    }

    fn check_function(&self, id: ServiceId, function: &FunctionSpec) {
        let level = |gauge| self.level_of(Owner::Service(id), gauge);
        let (busy, all) = (level(Gauge::Concurrency), level(Gauge::Environments));
        assert!(busy <= all, "{busy} environments busy of {all}");
        let all_of_it = busy * (u64::from(function.memory.unwrap().0) << 10);
        let (used, paid) = (level(Gauge::MemoryUsed), level(Gauge::MemoryCapacity));
        assert!(used <= all_of_it && all_of_it <= paid, "{used} KiB of {all_of_it} used, {paid} paid for");
        let vcpus = lambda_vcpus(function.memory.unwrap());
        assert!(level(Gauge::CpuBusy) <= (busy as f64 * vcpus * 1e6) as u64 + SLACK);
        if let Some(reserved) = function.reserved_concurrency {
            let set_aside = busy.max(level(Gauge::Provisioned));
            assert!(set_aside <= u64::from(reserved), "{set_aside} in use of {reserved} reserved");
        }
    }

    /// A balancer sends requests to healthy targets, and to others only if there are none.
    fn check_health(&self, decision: &DecisionFact) {
        let service = self.fleet.services.get_index_of(&decision.owner).expect("a service");
        let ready = self.level_of(Owner::Service(ServiceId(service as u32)), Gauge::ReplicasReady);
        let (before, after) = (decision.before.unwrap(), decision.after.unwrap());
        assert_eq!(before.abs_diff(after), 1, "targets turn one by one");
        assert!(
            if after > 0 { ready == after } else { ready > 0 },
            "{ready} targets, {after} of them healthy"
        );
    }

    /// What is reserved and used on a cluster against what it has.
    fn check_clusters(&self) {
        let mut first = 0;
        for (name, cluster) in &self.fleet.clusters {
            let groups = first..first + cluster.groups().count() as u32;
            first = groups.end;
            let of_group = |group, gauge| self.level_of(Owner::Group(GroupId(group)), gauge);
            let capacity = |gauge| -> u64 { groups.clone().map(|group| of_group(group, gauge)).sum() };
            let on_it = |gauge| -> u64 {
                let services = self.fleet.services.values().enumerate();
                let here =
                    services.filter(|(_, it)| matches!(it, ServiceSpec::Ecs(ecs) if ecs.cluster == *name));
                here.map(|(index, _)| self.level_of(Owner::Service(ServiceId(index as u32)), gauge)).sum()
            };
            // What services reserve and use on a cluster is what its groups say, and each group has it.
            let gauges = [Gauge::CpuReserved, Gauge::CpuBusy, Gauge::MemoryReserved, Gauge::MemoryUsed];
            for gauge in gauges {
                assert_eq!(on_it(gauge), capacity(gauge), "{gauge:?} on {name}");
                let cpu = matches!(gauge, Gauge::CpuReserved | Gauge::CpuBusy);
                let has = if cpu { Gauge::CpuCapacity } else { Gauge::MemoryCapacity };
                for group in groups.clone() {
                    let (level, has) = (of_group(group, gauge), of_group(group, has));
                    assert!(
                        level <= has + if cpu { SLACK } else { 0 },
                        "{gauge:?} on {name}: {level} of {has}"
                    );
                }
            }
            assert!(capacity(Gauge::InstancesReady) <= capacity(Gauge::Instances), "instances of {name}");
        }
    }

    /// The account's concurrency: what is busy or provisioned without a reservation, and all reservations.
    fn check_account(&self) {
        let mut in_use = 0;
        for (index, service) in self.fleet.services.values().enumerate() {
            let ServiceSpec::Lambda(function) = service else { continue };
            let owner = Owner::Service(ServiceId(index as u32));
            let set_aside =
                self.level_of(owner, Gauge::Concurrency).max(self.level_of(owner, Gauge::Provisioned));
            in_use += function.reserved_concurrency.map_or(set_aside, u64::from);
        }
        let quota = u64::from(self.fleet.account.lambda_concurrency);
        assert!(in_use <= quota, "{in_use} concurrent executions at a quota of {quota}");
    }

    fn check_end(&mut self, finished: &Finished) {
        let source = self.source(finished.source);
        let sent = finished.born + finished.parts.get(Part::Retries);
        let attempts = source.client.retries.as_ref().map_or(1, |retries| retries.attempts);
        assert!((1..=attempts).contains(&finished.attempts), "{} attempts of {attempts}", finished.attempts);
        match (finished.outcome, source.client.timeout) {
            (Outcome::Ok, limit) => {
                let latency = finished.at - finished.born;
                assert_eq!(finished.parts.total(), latency, "the parts of a latency: {:?}", finished.parts);
                assert!(limit.is_none_or(|limit| finished.at - sent <= limit), "ok, but after the timeout");
            }
            (Outcome::TimedOut, limit) => {
                assert_eq!(Some(finished.at - sent), limit, "a timeout comes when it is due");
            }
            _ => {}
        }
        let retries = &mut self.sources[finished.source.0 as usize].1;
        *retries += u64::from(finished.attempts - 1);
    }

    /// The final accounts, when the run is over.
    pub(crate) fn close(mut self) -> Self {
        self.instant_over();
        assert_eq!(self.open.values().next(), None, "a request is never over");
        for (index, counts) in self.services.iter().enumerate() {
            let owner = Owner::Service(ServiceId(index as u32));
            assert!(
                counts.fargate_nanos == 0 || counts.fargate_nanos >= counts.running_nanos,
                "unbilled tasks"
            );
            if self.unfinished == 0 {
                let left = [Gauge::Concurrency, Gauge::Queue, Gauge::CpuBusy];
                for gauge in left {
                    assert_eq!(self.level_of(owner, gauge), 0, "{gauge:?} of {owner:?} at the end");
                }
                let ended = counts.served + counts.cut_off;
                let function = matches!(self.service(ServiceId(index as u32)), ServiceSpec::Lambda(_));
                assert_eq!(counts.invocations_billed, if function { ended } else { 0 }, "bills of {owner:?}");
            }
        }
        for group in &mut self.groups {
            let running =
                group.still_running_from.iter().map(|from| u128::from(self.now.since(*from).nanos()));
            assert_eq!(
                group.stated_nanos,
                group.billed_nanos + running.sum::<u128>(),
                "instance-time billed"
            );
        }
        for ((born, retries), source) in self.sources.iter().zip(self.fleet.sources.values()) {
            let budget = source.client.retries.as_ref().and_then(|retries| retries.budget);
            let most = budget.map_or(f64::INFINITY, |share| 10.0 + share.0 * *born as f64 + 1e-6);
            assert!(*retries as f64 <= most, "{retries} retries for {born} requests");
        }
        self
    }
}

impl Probe for Checker {
    fn born(&mut self, at: Time, source: SourceId, _: ServiceId, seed: u64) {
        self.clock(at);
        self.sources[source.0 as usize].0 += 1;
        assert_eq!(self.open.insert((source.0, seed), at), None, "a request is born once");
    }

    fn passed(&mut self, passed: &Passed) {
        self.clock(passed.at);
        self.services[passed.service.0 as usize].passed += 1;
    }

    fn refused(&mut self, at: Time, service: ServiceId, outcome: Outcome, reason: &'static str) {
        self.clock(at);
        assert!(!reason.is_empty() && outcome != Outcome::Ok);
        let counts = &mut self.services[service.0 as usize];
        counts.refused += u64::from(outcome != Outcome::GatewayTimeout);
        // A function fails by its time or its memory; a container service has no invocations to count.
        counts.cut_off += u64::from(matches!(outcome, Outcome::FunctionTimeout | Outcome::Failed));
    }

    fn began(&mut self, at: Time, service: ServiceId, cold: bool) {
        self.clock(at);
        let account = &self.fleet.account;
        let (burst, rate) = (f64::from(account.lambda_scaling_burst), account.lambda_scaling_rate.0);
        let counts = &mut self.services[service.0 as usize];
        counts.began += 1;
        if cold {
            let refilled = counts.tokens + rate * (at.seconds() - counts.tokens_at);
            counts.tokens = refilled.min(burst) - 1.0;
            counts.tokens_at = at.seconds();
            assert!(counts.tokens > -1e-3, "environments start faster than the scaling rate allows");
        }
    }

    fn served(&mut self, at: Time, service: ServiceId) {
        self.clock(at);
        self.services[service.0 as usize].served += 1;
    }

    fn finished(&mut self, finished: &Finished) {
        assert!(finished.at >= self.now, "an end in the past");
        let born = self.open.remove(&(finished.source.0, finished.seed));
        assert_eq!(born, Some(finished.born), "a request ends once, after it was born");
        self.finished += 1;
        if finished.outcome == Outcome::Unfinished {
            self.unfinished += 1;
        } else {
            self.check_end(finished);
        }
    }

    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {
        self.clock(at);
        self.levels.insert((owner, gauge), value);
    }

    fn billed(&mut self, billable: &Billable) {
        match *billable {
            Billable::Instance { group, from, to, .. } => {
                let group = &mut self.groups[group.0 as usize];
                match to {
                    Some(to) => group.billed_nanos += u128::from((to - from).nanos()),
                    None => group.still_running_from.push(from),
                }
            }
            Billable::SurplusCredits { group, vcpu_nanos, .. } => {
                assert!(vcpu_nanos > 0 && self.group(group).credits == CreditMode::Unlimited);
            }
            Billable::FargateTask { service, from, to, .. } => {
                let until = to.unwrap_or(self.now);
                self.services[service.0 as usize].fargate_nanos += u128::from(until.since(from).nanos());
            }
            Billable::Invocation { service, from, init, handler, .. } => {
                // It is billed to its very end, the instant at which it is stated.
                self.clock(from + init + handler);
                assert!(handler <= self.function(service).timeout && init <= Span::from_secs(10));
                self.services[service.0 as usize].invocations_billed += 1;
            }
            Billable::Provisioned { at, .. } => self.clock(at),
            Billable::Balancer { .. } => {
                assert_eq!(self.now, Time::ZERO, "a balancer stands from the beginning");
            }
        }
    }

    fn decided(&mut self, decision: &DecisionFact) {
        self.clock(decision.at);
        assert!(!decision.reason.is_empty() && !decision.owner.is_empty());
        if decision.kind == DecisionKind::Health {
            self.check_health(decision);
        }
        self.decisions += 1;
        self.starved += u64::from(decision.reason.starts_with("out of memory on the instance"));
    }
}
