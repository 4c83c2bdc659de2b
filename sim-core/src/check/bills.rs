//! Bills: what is billed for is at least what was busy, and exactly what the levels say was there.
//!
//! Every level is integrated here anew, over the whole run and over the measured window. Bills of instances and Fargate
//! tasks must add up to the integral of how many there were; `meters` compares what became of them afterwards.

use super::ground::{SLACK, micro_vcpus, task_of};
use super::{Fact, Family, Findings, Ground, Invariant};
use crate::cost::{CreditMode, Purchase};
use crate::engine::{Span, Time};
use crate::observe::{Billable, CUT_SHORT, Gauge, GroupId, Owner, ServiceId};
use crate::spec::{ServiceSpec, lambda_vcpus};

/// The longest initialisation that is billed (Lambda Developer Guide).
const LONGEST_INIT: Span = Span::from_secs(10);

/// A level summed over time, in level x nanoseconds.
#[derive(Clone, Copy, Default)]
pub(super) struct Area {
    pub whole: u128,
    pub measured: u128,
    since: Time,
}

/// What was billed to one owner.
#[derive(Clone, Copy, Default)]
pub(super) struct Billed {
    /// Instances or tasks that are over, and those that still ran at the end.
    pub count: u64,
    pub nanos: u128,
    pub surplus_measured: u128,
    /// Instance-time that costs nothing.
    pub waived_measured: u128,
    /// Invocations ended in their midst.
    cut_short: bool,
    /// Invocations: how many began in the measured window, their MiB x nanoseconds there, the largest rounding of them,
    /// and vCPU x nanoseconds altogether.
    pub requests_measured: u128,
    pub duration_measured: u128,
    pub duration_rounding: u128,
    pub vcpu_nanos: f64,
    /// Provisioned environments that were ever added.
    pub added: u64,
    provisioned: u64,
    pub passed_measured: u128,
}

pub(super) struct Bills {
    areas: Vec<[Area; Gauge::ALL.len()]>,
    billed: Vec<Billed>,
    services: usize,
    /// What still runs at the end: whose, since when.
    running: Vec<(usize, Time)>,
}

impl Bills {
    pub(super) fn new(ground: &Ground) -> Self {
        let owners = ground.fleet.services.len() + ground.groups.len();
        Bills {
            areas: vec![[Area::default(); Gauge::ALL.len()]; owners],
            billed: vec![Billed::default(); owners],
            services: ground.fleet.services.len(),
            running: Vec::new(),
        }
    }

    fn index(&self, owner: Owner) -> usize {
        match owner {
            Owner::Service(id) => id.0 as usize,
            Owner::Group(id) => self.services + id.0 as usize,
        }
    }

    /// What was billed to an owner.
    pub(super) fn billed(&self, owner: Owner) -> &Billed {
        &self.billed[self.index(owner)]
    }

    /// A level's integral up to `now`, at which it stands at `level`.
    pub(super) fn area(&self, owner: Owner, gauge: Gauge, ground: &Ground, until: Time) -> Area {
        let mut area = self.areas[self.index(owner)][gauge as usize];
        area.advance(ground.level(owner, gauge), until, ground);
        area
    }

    fn of_service(&mut self, id: ServiceId) -> &mut Billed {
        &mut self.billed[id.0 as usize]
    }

    /// Something that ran from `from` to `to`, or still runs.
    fn ran(&mut self, owner: Owner, from: Time, to: Option<Time>, ground: &Ground, findings: &mut Findings) {
        let index = self.index(owner);
        let until = to.unwrap_or(ground.now);
        findings.unless(from <= until && until <= ground.now, Invariant::Bills, || {
            let expected = format!("a period that is over at {}", ground.now);
            [ground.name(owner), expected, format!("one from {from} to {until}")]
        });
        self.billed[index].count += 1;
        match to {
            Some(to) => self.billed[index].nanos += u128::from(to.since(from).nanos()),
            None => self.running.push((index, from)),
        }
    }

    fn invocation(&mut self, billable: &Billable, ground: &Ground, findings: &mut Findings) {
        let Billable::Invocation { service, from, init, handler, memory, .. } = *billable else { return };
        let owner = || ground.service_name(service);
        if let ServiceSpec::Lambda(function) = ground.service(service) {
            let time = &function.timeout;
            findings.at_most(Invariant::Bills, owner, "a handler's billed time", &handler, time);
        }
        findings.at_most(Invariant::Bills, owner, "a billed initialisation", &init, &LONGEST_INIT);
        let measured = ground.measured;
        let overlap = measured.overlap(from, from + init + handler).nanos();
        let billed = self.of_service(service);
        billed.count += 1;
        billed.requests_measured += u128::from(measured.contains(from));
        billed.duration_measured += u128::from(memory.0) * u128::from(overlap);
        // Rounded up to a millisecond, and at least one.
        billed.duration_rounding += u128::from(memory.0) * 1_000_000;
        billed.vcpu_nanos += lambda_vcpus(memory) * (init + handler).nanos() as f64;
    }

    fn bill(&mut self, billable: &Billable, ground: &Ground, findings: &mut Findings) {
        match *billable {
            Billable::Instance { group, from, to, waived, .. } => {
                self.ran(Owner::Group(group), from, to, ground, findings);
                let index = self.index(Owner::Group(group));
                let ran = to.map_or(Span::ZERO, |to| ground.measured.overlap(from, to));
                self.billed[index].waived_measured += if waived { u128::from(ran.nanos()) } else { 0 };
                self.check_waived(group, billable, ground, findings);
            }
            Billable::FargateTask { service, from, to, .. } => {
                self.ran(Owner::Service(service), from, to, ground, findings);
            }
            Billable::SurplusCredits { group, at, vcpu_nanos } => {
                let unlimited = ground.group(group).spec.credits == CreditMode::Unlimited;
                findings.unless(vcpu_nanos > 0 && unlimited, Invariant::Bills, || {
                    let expected = "surplus credits of unlimited instances only".into();
                    [ground.name(Owner::Group(group)), expected, vcpu_nanos.to_string()]
                });
                let index = self.index(Owner::Group(group));
                if at.is_none_or(|at| ground.measured.contains(at)) {
                    self.billed[index].surplus_measured += u128::from(vcpu_nanos);
                }
            }
            Billable::Invocation { .. } => self.invocation(billable, ground, findings),
            Billable::Provisioned { service, count, .. } => {
                let billed = self.of_service(service);
                billed.added += u64::from(count).saturating_sub(billed.provisioned);
                billed.provisioned = u64::from(count);
            }
            Billable::Balancer { service } => {
                let owner = || ground.service_name(service);
                let first = &Time::ZERO;
                findings.equal(Invariant::Bills, owner, "a balancer's beginning", &ground.now, first);
            }
        }
    }

    /// Nothing is waived but Spot capacity that ran for less than an hour.
    fn check_waived(&self, id: GroupId, billable: &Billable, ground: &Ground, findings: &mut Findings) {
        let Billable::Instance { from, to: Some(to), waived: true, purchase, .. } = *billable else { return };
        let free = purchase == Purchase::Spot && to.since(from) < Span::from_secs(3600);
        findings.unless(free, Invariant::Bills, || {
            let expected = "nothing waived but Spot instances of less than an hour".into();
            [ground.name(Owner::Group(id)), expected, format!("{purchase:?} for {}", to.since(from))]
        });
    }

    /// What was billed to a group or a service of tasks altogether, what still runs included.
    fn total(&self, owner: Owner, now: Time) -> u128 {
        let index = self.index(owner);
        let running = self.running.iter().filter(|(whose, _)| *whose == index);
        let still: u128 = running.map(|(_, from)| u128::from(now.since(*from).nanos())).sum();
        self.billed[index].nanos + still
    }

    fn close_group(&self, id: GroupId, ground: &Ground, findings: &mut Findings) {
        let owner = Owner::Group(id);
        let stated = self.area(owner, Gauge::Instances, ground, ground.now).whole;
        let name = || ground.name(owner);
        let billed = self.total(owner, ground.now);
        findings.equal(Invariant::Integrals, name, "instance-nanoseconds billed", &billed, &stated);
        let busy = self.area(owner, Gauge::CpuBusy, ground, ground.now).whole;
        let vcpus = u128::from(ground.group(id).instance_type.vcpu);
        let slack = stated * u128::from(SLACK);
        let most = billed * vcpus * 1_000_000 + slack;
        findings.at_most(Invariant::Bills, name, "busy time", &busy, &most);
    }

    fn close_fargate(&self, id: ServiceId, cpu: u64, ground: &Ground, findings: &mut Findings) {
        let (owner, name) = (Owner::Service(id), || ground.service_name(id));
        let area = |gauge| self.area(owner, gauge, ground, ground.now).whole;
        let billed = self.total(owner, ground.now);
        let stated = area(Gauge::CpuCapacity) / u128::from(cpu);
        findings.equal(Invariant::Integrals, name, "task-nanoseconds billed", &billed, &stated);
        findings.at_most(Invariant::Bills, name, "running time", &area(Gauge::ReplicasRunning), &billed);
        let most = billed * u128::from(cpu + SLACK);
        findings.at_most(Invariant::Bills, name, "busy time", &area(Gauge::CpuBusy), &most);
    }

    fn close_function(&self, id: ServiceId, ground: &Ground, findings: &mut Findings) {
        // What is still in work at the end has not been billed; and the mean over all of an invocation says nothing of one
        // that ended in its midst.
        if ground.of_service(id, Gauge::Concurrency) > 0 || self.billed[id.0 as usize].cut_short {
            return;
        }
        let area = |gauge| self.area(Owner::Service(id), gauge, ground, ground.now).whole;
        let billed = self.billed[id.0 as usize].vcpu_nanos;
        let (busy, held) = (area(Gauge::CpuBusy) as f64 / 1e6, area(Gauge::Concurrency) as f64);
        let name = || ground.service_name(id);
        // An invocation's CPU is stated as its mean over all the time that it is held, rounded down.
        let most = billed * (1.0 + 1e-9) + held * 1e-6 + 1.0;
        findings.at_most(Invariant::Bills, name, "busy vCPU-nanoseconds", &busy, &most);
    }
}

impl Area {
    /// The level was `level` until `now`.
    fn advance(&mut self, level: u64, now: Time, ground: &Ground) {
        let nanos = |span: Span| u128::from(level) * u128::from(span.nanos());
        self.whole += nanos(now.since(self.since));
        self.measured += nanos(ground.measured.overlap(self.since, now));
        self.since = self.since.max(now);
    }
}

impl Family for Bills {
    fn hear(&mut self, fact: &Fact<'_>, ground: &Ground, findings: &mut Findings) {
        match *fact {
            Fact::Level { owner, gauge, before, .. } => {
                let index = self.index(owner);
                self.areas[index][gauge as usize].advance(before, ground.now, ground);
            }
            Fact::Billed(billable) => self.bill(billable, ground, findings),
            Fact::Refused { service, reason, .. } if CUT_SHORT.contains(&reason) => {
                self.of_service(service).cut_short = true;
            }
            Fact::Passed(passed) => {
                let measured = u128::from(ground.measured.contains(passed.at));
                self.of_service(passed.service).passed_measured += measured;
            }
            _ => {}
        }
    }

    /// Provisioned concurrency is billed as it is stated.
    fn instant_over(&mut self, ground: &Ground, findings: &mut Findings) {
        for (id, spec) in ground.services() {
            if matches!(spec, ServiceSpec::Lambda(function) if function.provisioned_concurrency.is_some()) {
                let (billed, stated) =
                    (self.billed[id.0 as usize].provisioned, ground.of_service(id, Gauge::Provisioned));
                let owner = || ground.service_name(id);
                findings.equal(Invariant::Integrals, owner, "environments billed", &billed, &stated);
            }
        }
    }

    fn close(&mut self, ground: &Ground, findings: &mut Findings) {
        (0..ground.groups.len() as u32).for_each(|id| self.close_group(GroupId(id), ground, findings));
        for (id, spec) in ground.services() {
            match task_of(spec) {
                Some((task, true)) => self.close_fargate(id, micro_vcpus(task.cpu), ground, findings),
                Some(_) => {}
                None => self.close_function(id, ground, findings),
            }
        }
    }
}
