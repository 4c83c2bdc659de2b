//! The watcher of ordinary runs: a [`Probe`] that fills a [`Record`] from the model's facts.
//!
//! It is the one place where facts become metrics and meters; the model counts nothing for results, and the recorder
//! knows nothing of the model. What is booked per request goes into plain counters and reaches the usage once, at the
//! end.

use std::collections::BTreeMap;

use super::{Decision, Record, Recorder, Window};
use crate::cost::{
    Arch, Booking, FargateTask, InstanceType, Invocations, LoadBalancerMeter, Meter, ProvisionedMeter,
    Served, Usage, gateway_units,
};
use crate::engine::{Span, Time};
use crate::observe::{
    self, Answered, Billable, DecisionFact, Door, Finished, FunctionId, Gauge, Invoked, Names, Outcome,
    Owner, Passed, Probe, ServiceId, SourceId,
};
use crate::quantity::MemorySize;

/// Ephemeral storage that every Fargate task, and `/tmp` that every environment, has for free.
const FREE_FARGATE_STORAGE: MemorySize = MemorySize(20 << 10);
const FREE_TMP: MemorySize = MemorySize(512);
/// How long a client keeps a connection open, for the balancer's active connections. An assumption; this dimension
/// decides the bill only with thousands of idle clients.
const CONNECTION_LIFE: Span = Span::from_secs(60);

/// Watches one run.
pub struct Watcher {
    recorder: Recorder,
    names: Names,
    instance_types: Vec<InstanceType>,
    ledger: Ledger,
}

/// The books of the measured window, and those of each kind of day.
struct Ledger {
    measured: Books,
    days: Vec<Books>,
}

/// What was used in one window.
struct Books {
    window: Window,
    usage: BTreeMap<String, Usage>,
    services: Vec<ServiceMeters>,
}

/// What is booked per request of one service.
#[derive(Default)]
struct ServiceMeters {
    balancer: Option<LoadBalancerMeter>,
    /// Units of API Gateway HTTP, requests of REST, requests of function URLs.
    gateway: u128,
    door: Option<Door>,
    data_out: u128,
    /// Requests until the balancer has another connection.
    until_connection: u32,
    /// By memory size: one, or the few that the functions of a fleet have.
    invocations: Vec<(MemorySize, Invocations)>,
    provisioned: Option<ProvisionedMeter>,
}

impl Watcher {
    /// Watches a run of `duration` whose measured window begins after `warm_up`, and in which the stretches `days` are
    /// metered apart. `instance_type` tells what the groups' types are.
    ///
    /// # Panics
    /// If a group's type is not in the catalogue: the scenario was not checked.
    pub fn new(
        names: &Names,
        warm_up: Span,
        duration: Span,
        days: &[Window],
        instance_type: impl Fn(&str) -> Option<InstanceType>,
    ) -> Self {
        let mut recorder = Recorder::new(warm_up, duration);
        for name in &names.sources {
            recorder.add_source(name);
        }
        for name in &names.services {
            recorder.add_service(name);
        }
        for name in &names.groups {
            recorder.add_cluster(name);
        }
        for (service, functions) in &names.functions {
            recorder.add_functions(service.0 as usize, functions.len());
        }
        let types =
            names.group_types.iter().map(|name| instance_type(name).expect("a checked instance type"));
        let books = |window: Window| Books::new(window, names.services.len());
        Watcher {
            instance_types: types.collect(),
            ledger: Ledger {
                measured: books(recorder.measured()),
                days: days.iter().copied().map(books).collect(),
            },
            recorder,
            names: names.clone(),
        }
    }

    /// The record of a run in which `events` happened and which drained until `end`.
    pub fn finish(self, end: Time, events: u64) -> Record {
        let names = &self.names.services;
        let Ledger { measured, days } = self.ledger;
        let days = days.into_iter().map(|books| books.close(names)).collect();
        self.recorder.finish(end, events, measured.close(names), days)
    }
}

impl Ledger {
    /// Does `book` in all books.
    #[inline(always)]
    fn each(&mut self, book: impl Fn(&mut Books)) {
        book(&mut self.measured);
        self.days.iter_mut().for_each(book);
    }
}

impl Books {
    fn new(window: Window, services: usize) -> Self {
        let services = (0..services).map(|_| ServiceMeters::default()).collect();
        Books { window, usage: BTreeMap::new(), services }
    }

    fn close(mut self, names: &[String]) -> BTreeMap<String, Usage> {
        for (name, meters) in names.iter().zip(self.services) {
            meters.book(self.usage.entry(name.clone()).or_default(), self.window);
        }
        self.usage
    }

    fn instance(&mut self, group: &str, instance_type: &InstanceType, billable: &Billable) {
        let mut booking = Booking::new(self.window, self.usage.entry(group.to_owned()).or_default());
        match *billable {
            Billable::Instance { waived: true, .. } => {}
            Billable::Instance { zone, purchase, from, to, .. } => {
                booking.ec2_instance(instance_type, &observe::zone_name(zone), purchase, from, to);
            }
            Billable::SurplusCredits { at, vcpu_nanos, .. } => {
                booking.surplus_credits(instance_type, at, u128::from(vcpu_nanos));
            }
            _ => {}
        }
    }

    fn service(&mut self, name: &str, billable: &Billable) {
        match *billable {
            Billable::FargateTask { from, to, cpu, memory, arch, purchase, .. } => {
                let task = FargateTask { cpu, memory, storage: FREE_FARGATE_STORAGE, arch, purchase };
                let usage = self.usage.entry(name.to_owned()).or_default();
                Booking::new(self.window, usage).fargate_task(task, from, to);
            }
            Billable::Provisioned { service, at, count, memory, arch } => {
                let meters = &mut self.services[service.0 as usize];
                let meter = meters
                    .provisioned
                    .get_or_insert_with(|| ProvisionedMeter::new(self.window, arch, memory));
                meter.set(at, u64::from(count));
            }
            Billable::Balancer { service } => {
                let balancer = LoadBalancerMeter::new(self.window, 0);
                self.services[service.0 as usize].balancer = Some(balancer);
            }
            _ => {}
        }
    }
}

impl ServiceMeters {
    fn book(self, usage: &mut Usage, window: Window) {
        if let Some(balancer) = self.balancer {
            Booking::new(window, usage).load_balancer(Time::ZERO, None);
            balancer.book_into(usage);
        }
        match self.door {
            Some(Door::HttpApi) => usage.add(Meter::ApiGatewayHttp, self.gateway),
            Some(Door::RestApi) => usage.add(Meter::ApiGatewayRest, self.gateway),
            Some(Door::FunctionUrl) => usage.add(Meter::FunctionUrl, self.gateway),
            _ => {}
        }
        usage.add(Meter::DataOut, self.data_out);
        for (_, invocations) in &self.invocations {
            invocations.book_into(usage);
        }
        if let Some(provisioned) = self.provisioned {
            provisioned.book_into(usage);
        }
    }

    fn invocations(&mut self, window: Window, arch: Arch, memory: MemorySize) -> &mut Invocations {
        let index = match self.invocations.iter().position(|(size, _)| *size == memory) {
            Some(index) => index,
            None => {
                self.invocations.push((memory, Invocations::new(window, arch, memory, FREE_TMP)));
                self.invocations.len() - 1
            }
        };
        &mut self.invocations[index].1
    }

    #[inline(always)]
    fn passed(&mut self, passed: &Passed, window: Window) {
        self.door = Some(passed.door);
        if !window.contains(passed.at) {
            return;
        }
        match passed.door {
            Door::Alb | Door::AlbToFunction => {
                let meter = self.balancer.as_mut().expect("a balancer is stated before what passes it");
                meter.request(passed.at, passed.request, passed.door == Door::AlbToFunction);
                if self.until_connection == 0 {
                    meter.connection(passed.at, passed.at + CONNECTION_LIFE);
                    self.until_connection = passed.requests_per_connection;
                }
                self.until_connection = self.until_connection.saturating_sub(1);
            }
            Door::HttpApi => self.gateway += gateway_units(passed.request),
            Door::RestApi | Door::FunctionUrl => self.gateway += 1,
            Door::Free => {}
        }
    }

    #[inline(always)]
    fn answered(&mut self, answered: &Answered, window: Window) {
        if !window.contains(answered.at) {
            return;
        }
        self.data_out += u128::from(answered.response);
        if let (Some(meter), Door::Alb | Door::AlbToFunction) = (&mut self.balancer, answered.door) {
            meter.response(answered.at, answered.response, answered.door == Door::AlbToFunction);
        }
    }
}

impl Probe for Watcher {
    #[inline(always)]
    fn born(&mut self, at: Time, source: SourceId, service: ServiceId, seed: u64) {
        self.recorder.arrived(source.0 as usize, at, seed);
        self.recorder.service(service.0 as usize).born(at);
    }

    #[inline(always)]
    fn passed(&mut self, passed: &Passed) {
        // No meter stands at a free door.
        if passed.door == Door::Free {
            return;
        }
        self.ledger.each(
            #[inline(always)]
            |books| books.services[passed.service.0 as usize].passed(passed, books.window),
        );
    }

    #[inline(always)]
    fn answered(&mut self, answered: &Answered) {
        self.ledger.each(
            #[inline(always)]
            |books| books.services[answered.service.0 as usize].answered(answered, books.window),
        );
    }

    fn refused(&mut self, at: Time, service: ServiceId, outcome: Outcome, _: &'static str) {
        self.recorder.service(service.0 as usize).attempt_ended(at, outcome);
    }

    #[inline(always)]
    fn began(&mut self, at: Time, service: ServiceId, cold: bool) {
        self.recorder.service(service.0 as usize).served(at, cold);
    }

    #[inline(always)]
    fn invoked(&mut self, at: Time, service: ServiceId, function: FunctionId, invoked: Invoked) {
        self.recorder.invoked(service.0 as usize, at, function, invoked);
    }

    #[inline(always)]
    fn served(&mut self, at: Time, service: ServiceId) {
        self.recorder.service(service.0 as usize).attempt_ended(at, Outcome::Ok);
    }

    #[inline(always)]
    fn finished(&mut self, finished: &Finished) {
        self.recorder.service(finished.service.0 as usize).finished(finished);
    }

    #[inline(always)]
    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {
        match owner {
            Owner::Service(service) => self.recorder.service(service.0 as usize).gauge(at, gauge, value),
            Owner::Group(group) => self.recorder.cluster(group.0 as usize).set(at, gauge, value),
        }
    }

    #[inline(always)]
    fn levels(&mut self, at: Time, owner: Owner, levels: &[(Gauge, u64)]) {
        let gauges = match owner {
            Owner::Service(service) => self.recorder.service(service.0 as usize).gauges(),
            Owner::Group(group) => self.recorder.cluster(group.0 as usize),
        };
        gauges.set_all(at, levels);
    }

    #[inline(always)]
    fn billed(&mut self, billable: &Billable) {
        match *billable {
            Billable::Invocation { service, from, init, handler, memory, arch, provisioned } => {
                let served = if provisioned { Served::Provisioned } else { Served::OnDemand };
                self.ledger.each(
                    #[inline(always)]
                    |books| {
                        let meters = &mut books.services[service.0 as usize];
                        meters.invocations(books.window, arch, memory).book(from, init, handler, served);
                    },
                );
            }
            Billable::Instance { group, .. } | Billable::SurplusCredits { group, .. } => {
                let name = &self.names.groups[group.0 as usize];
                let instance_type = &self.instance_types[group.0 as usize];
                self.ledger.each(|books| books.instance(name, instance_type, billable));
            }
            Billable::FargateTask { service, .. }
            | Billable::Balancer { service }
            | Billable::Provisioned { service, .. } => {
                let name = &self.names.services[service.0 as usize];
                self.ledger.each(|books| books.service(name, billable));
            }
        }
    }

    fn decided(&mut self, decision: &DecisionFact) {
        self.recorder.decided(Decision::from(decision));
    }
}
