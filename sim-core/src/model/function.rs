//! Lambda functions: admission, environments, cold starts, billing.
//!
//! An environment handles one event at a time. An event takes, in this order: a provisioned environment that is idle; an
//! idle on-demand one; a new one, if concurrency and the scaling rate allow. An event that waits for a new environment
//! stays bound to it, even if another becomes free meanwhile. (Lambda Developer Guide: scaling behavior, execution
//! environment lifecycle.)

use std::collections::VecDeque;

use rand::Rng as _;

use super::account::REQUESTS_PER_CONCURRENCY;
use super::bucket::Bucket;
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use super::provisioned::Provisioned;
use super::request::{RequestId, Stage};
use super::runtime::InitLaw;
use crate::cost::Arch;
use crate::engine::{Span, Time};
use crate::observe::{Billable, DecisionKind, Gauge, Outcome, Part, Probe, ServiceId};
use crate::policy::view::{KeepAlivePolicy, ReuseOrder};
use crate::quantity::MemorySize;
use crate::random::{self, Distribution, Purpose};

crate::ids! {
    /// An execution environment.
    pub(super) EnvironmentId
}

/// Initialisation beyond this is cut off and run again inside the first invocation (Lambda Developer Guide).
const INIT_LIMIT: Span = Span::from_secs(10);

/// A function.
pub(super) struct Function {
    pub memory: MemorySize,
    pub arch: Arch,
    pub vcpus: f64,
    pub speed: f64,
    pub timeout: Span,
    pub init: &'static InitLaw,
    pub app_init: Distribution,
    /// CPU seconds that the first request in an environment costs on top.
    pub first_request: f64,
    pub placement_overhead: Distribution,
    pub warm_overhead: Distribution,
    pub lifetime: Distribution,
    pub reserved: Option<u32>,
    /// Requests a second that the function may get, where its concurrency is reserved.
    pub own_rate: Option<Bucket>,
    pub scaling_rate: Bucket,
    pub reuse: ReuseOrder,
    pub keep_alive: Box<dyn KeepAlivePolicy>,
    pub keep: Span,
    /// Idle on-demand environments, in the order in which they became idle.
    pub idle: VecDeque<EnvironmentId>,
    pub expiry: Option<Time>,
    /// On-demand environments busy, and all on-demand environments.
    pub busy: u32,
    pub alive: u32,
    pub started: u64,
    pub cpu_busy: u64,
    pub provisioned: Option<Provisioned>,
}

/// An execution environment.
pub(super) struct Environment {
    pub created: Time,
    pub idle_since: Time,
    pub dies: Time,
    pub provisioned: bool,
    /// No request has run in it yet.
    pub fresh: bool,
    /// Its last invocation was cut off: the next one initialises it again.
    pub reset: bool,
}

impl Function {
    /// The rate limit of a function with `reserved` concurrency of its own.
    pub(super) fn own_rate(reserved: u32) -> Bucket {
        let rate = reserved * REQUESTS_PER_CONCURRENCY;
        Bucket::new(rate, f64::from(rate))
    }
}

impl<P: Probe> Fleet<P> {
    /// An event comes to a function.
    pub(super) fn invoke(&mut self, service: ServiceId, id: RequestId, now: Time, agenda: &mut Agenda) {
        if let Err(reason) = self.admit_rate(service, now) {
            self.refuse(id, Outcome::Throttled, reason, now, agenda);
            return;
        }
        let provisioned =
            self.services[service].function().provisioned.as_mut().and_then(Provisioned::take_idle);
        if let Some(environment) = provisioned {
            self.run(service, id, environment, Span::ZERO, now, agenda);
            return;
        }
        if let Err(reason) = self.take_concurrency(service) {
            self.refuse(id, Outcome::Throttled, reason, now, agenda);
            return;
        }
        let seed = self.requests[id].call.seed;
        if let Some(environment) = self.take_idle(service, seed, now) {
            self.run(service, id, environment, Span::ZERO, now, agenda);
        } else if self.services[service].function().scaling_rate.take(now) {
            let (environment, wait) = self.start_environment(service, id, now);
            self.run(service, id, environment, wait, now, agenda);
        } else {
            self.give_concurrency(service);
            self.refuse(id, Outcome::Throttled, "scaling rate of the function", now, agenda);
        }
    }

    fn admit_rate(&mut self, service: ServiceId, now: Time) -> Result<(), &'static str> {
        match &mut self.services[service].function().own_rate {
            Some(rate) => rate.take(now).then_some(()).ok_or("ReservedFunctionInvocationRateLimitExceeded"),
            None => self.account.take_request(now).then_some(()).ok_or("FunctionInvocationRateLimitExceeded"),
        }
    }

    /// Takes a unit of concurrency, of the function's own or of the account's.
    fn take_concurrency(&mut self, service: ServiceId) -> Result<(), &'static str> {
        let function = self.services[service].function();
        match function.reserved {
            Some(reserved) => {
                let provisioned = function.provisioned.as_ref().map_or(0, Provisioned::allocated);
                if function.busy + provisioned >= reserved {
                    return Err("ReservedFunctionConcurrentInvocationLimitExceeded");
                }
            }
            None if !self.account.take_concurrency() => return Err("ConcurrentInvocationLimitExceeded"),
            None => {}
        }
        self.services[service].function().busy += 1;
        Ok(())
    }

    fn give_concurrency(&mut self, service: ServiceId) {
        let function = self.services[service].function();
        function.busy -= 1;
        if function.reserved.is_none() {
            self.account.give_concurrency(1);
        }
    }

    /// An idle environment by the function's order of reuse; those past their life are replaced when found idle.
    fn take_idle(&mut self, service: ServiceId, seed: u64, now: Time) -> Option<EnvironmentId> {
        loop {
            let function = self.services[service].function();
            let last = function.idle.len().checked_sub(1)?;
            let index = match function.reuse {
                ReuseOrder::MostRecentlyUsed => last,
                ReuseOrder::LeastRecentlyUsed => 0,
                ReuseOrder::Random => {
                    random::below(&mut random::draw(seed, Purpose::Route, 0), last as u64 + 1) as usize
                }
                ReuseOrder::NewestCreated => {
                    let created = |index: &usize| (self.environments[function.idle[*index]].created, *index);
                    (0..=last).max_by_key(created)?
                }
            };
            let id = function.idle.remove(index)?;
            if self.environments[id].dies > now {
                return Some(id);
            }
            self.end_environment(service, id, now);
        }
    }

    fn end_environment(&mut self, service: ServiceId, id: EnvironmentId, now: Time) {
        self.environments.remove(id);
        self.services[service].function().alive -= 1;
        self.environment_levels(service, now);
    }

    /// Starts an environment for a request. Returns it and how long until it can run: the platform's part, then the
    /// billed initialisation.
    fn start_environment(&mut self, service: ServiceId, id: RequestId, now: Time) -> (EnvironmentId, Span) {
        let key = self.services[service].key;
        let luck = self.luck;
        let function = self.services[service].function();
        let ordinal = function.started;
        function.started += 1;
        function.alive += 1;
        let mut draw = luck.counted(Purpose::ColdStart, key, ordinal);
        let platform = Span::from_seconds(function.placement_overhead.sample(&mut draw));
        let init = Span::from_seconds(function.init.sample(&mut draw) + function.app_init.sample(&mut draw));
        let mut life = luck.counted(Purpose::Lifetime, key, ordinal);
        let environment = Environment {
            created: now,
            idle_since: now,
            dies: now + Span::from_seconds(function.lifetime.sample(&mut life)),
            provisioned: false,
            fresh: true,
            reset: init > INIT_LIMIT,
        };
        let init = init.min(INIT_LIMIT);
        self.requests[id].cold = true;
        self.requests[id].init = init;
        let environment = self.environments.insert(environment);
        self.environment_levels(service, now);
        self.requests[id].billed_from = now + platform;
        (environment, platform + init)
    }

    /// Runs a request in an environment that is ready after `start`.
    fn run(
        &mut self,
        service_id: ServiceId,
        id: RequestId,
        environment: EnvironmentId,
        start: Span,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let service = &mut self.services[service_id];
        let parallelism = service.work.parallelism;
        let overhead = service.door.overhead;
        let key = service.key;
        let function = service.function();
        let request = &mut self.requests[id];
        let seed = request.call.seed;
        let mut warm = random::draw(seed, Purpose::WarmStart, request.call.attempts);
        let warm = Span::from_seconds(function.warm_overhead.sample(&mut warm));
        let place = &mut self.environments[environment];
        let cores = parallelism.min(function.vcpus);
        let first = if place.fresh { function.first_request / function.vcpus.min(1.0) } else { 0.0 };
        let cpu = Span::from_seconds(request.cpu.seconds() / (cores * function.speed) + first);
        let again = if place.reset { suppressed_init(function, self.luck, key, seed) } else { Span::ZERO };
        place.fresh = false;
        place.reset = false;
        let handler = (again + cpu + request.wait).min(function.timeout);
        let timed_out = again + cpu + request.wait > function.timeout;
        request.stage = Stage::Invoked;
        request.place = environment.0;
        request.parts.set(Part::Balancer, warm + overhead);
        request.parts.set(Part::ColdStart, start + again);
        request.parts.set(Part::Cpu, cpu);
        request.parts.set(Part::Wait, request.wait);
        request.started = now + warm + start;
        request.due = request.started + handler;
        // Billed initialisation: what of the start lies after the platform's own part.
        request.billed_from = if start.is_zero() { request.started } else { request.billed_from + warm };
        let held = warm + start + handler;
        // A time limit cuts the work short.
        let core_nanos = cpu.min(handler.saturating_sub(again)).nanos() as f64 * cores;
        request.cpu_busy = if held.is_zero() { 0 } else { (core_nanos / held.nanos() as f64 * 1e6) as u32 };
        if timed_out {
            place.reset = true;
        }
        let (due, busy) = (request.due, u64::from(request.cpu_busy));
        function.cpu_busy += busy;
        agenda.schedule(FleetEvent::new(due, Kind::InvocationDone, 0, id.0));
        let cold = request.cold;
        self.probe.began(now, service_id, cold);
        self.concurrency_levels(service_id, now);
    }

    /// An invocation is over.
    pub(super) fn invocation_done(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let request = &self.requests[id];
        let (service, environment) = (request.call.service, EnvironmentId(request.place));
        let (billed_from, init, busy) = (request.billed_from, request.init, u64::from(request.cpu_busy));
        let overhead = self.services[service].door.overhead;
        let provisioned = self.environments[environment].provisioned;
        let timed_out = self.environments[environment].reset;
        let function = self.services[service].function();
        function.cpu_busy -= busy;
        let (memory, arch) = (function.memory, function.arch);
        self.probe.billed(&Billable::Invocation {
            service,
            from: billed_from,
            init,
            handler: now - billed_from - init,
            memory,
            arch,
            provisioned,
        });
        if provisioned {
            self.release_provisioned(service, environment, now);
        } else {
            self.give_concurrency(service);
            self.release(service, environment, now, agenda);
        }
        self.concurrency_levels(service, now);
        if timed_out {
            self.refuse(id, Outcome::FunctionTimeout, "the function's time limit", now, agenda);
        } else {
            self.probe.served(now, service);
            self.respond(id, Outcome::Ok, overhead, now, agenda);
        }
    }

    /// An on-demand environment becomes idle, or ends if its life is over.
    fn release(&mut self, service: ServiceId, id: EnvironmentId, now: Time, agenda: &mut Agenda) {
        let environment = &mut self.environments[id];
        environment.idle_since = now;
        let over = environment.dies <= now;
        let function = self.services[service].function();
        if over || function.keep.is_zero() {
            self.end_environment(service, id, now);
            return;
        }
        function.idle.push_back(id);
        if function.expiry.is_none() {
            let at = now + function.keep;
            function.expiry = Some(at);
            agenda.schedule(FleetEvent::new(at, Kind::EnvironmentsExpire, service.0, 0));
        }
    }

    /// Environments that have been idle for the keep-alive end. One event a function stands in the agenda, for the one
    /// that has been idle longest when it was put in; it usually finds a younger one and moves on.
    pub(super) fn environments_expire(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        loop {
            let function = self.services[service].function();
            function.expiry = None;
            let Some(&oldest) = function.idle.front() else { return };
            let expires =
                self.environments[oldest].idle_since.since(Time::ZERO).saturating_add(function.keep);
            let expires = Time::ZERO + expires.min(Span::from_secs(1 << 33));
            if expires > now {
                function.expiry = Some(expires);
                agenda.schedule(FleetEvent::new(expires, Kind::EnvironmentsExpire, service.0, 0));
                return;
            }
            function.idle.pop_front();
            self.end_environment(service, oldest, now);
        }
    }

    /// States how many environments there are and what they hold.
    pub(super) fn environment_levels(&mut self, service: ServiceId, now: Time) {
        let function = self.services[service].function();
        let provisioned = function.provisioned.as_ref().map_or(0, Provisioned::ready);
        let alive = u64::from(function.alive + provisioned);
        let cpu = (alive as f64 * function.vcpus * 1e6) as u64;
        let memory = (alive * u64::from(function.memory.0)) << 10;
        self.level(service, Gauge::Environments, alive, now);
        self.level(service, Gauge::CpuReserved, cpu, now);
        self.level(service, Gauge::MemoryReserved, memory, now);
    }

    /// States how many invocations are in work and what CPU they use.
    fn concurrency_levels(&mut self, service: ServiceId, now: Time) {
        let function = self.services[service].function();
        let provisioned = function.provisioned.as_mut().map_or(0, |provisioned| provisioned.note_busy(now));
        let busy = u64::from(function.busy + provisioned);
        let cpu = function.cpu_busy;
        self.level(service, Gauge::Concurrency, busy, now);
        self.level(service, Gauge::EnvironmentsBusy, busy, now);
        self.level(service, Gauge::CpuBusy, cpu, now);
    }

    /// The keep-alive policy is asked for its set-point.
    pub(super) fn set_keep_alive(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let luck = self.luck;
        let (name, key) = (self.services[service].name.clone(), self.services[service].key);
        let function = self.services[service].function();
        let mut draw = luck.counted(Purpose::Policy, key, now.nanos());
        let view = crate::policy::view::KeepAliveView {
            now,
            function: name.clone(),
            idle_times: crate::policy::view::IdleTimes::default(),
            luck: draw.next_u64(),
        };
        let decision = function.keep_alive.decide(&view);
        let before = std::mem::replace(&mut function.keep, decision.keep);
        if let Some(period) = function.keep_alive.period() {
            agenda.schedule(FleetEvent::new(now + period, Kind::KeepAlive, service.0, 0));
        }
        if before != decision.keep && now > Time::ZERO {
            let seconds = |span: Span| Some(span.nanos() / 1_000_000_000);
            self.note(
                now,
                DecisionKind::KeepAlive,
                &name,
                (seconds(before), seconds(decision.keep)),
                decision.reason,
            );
        }
    }
}

/// What it costs to initialise an environment again inside an invocation.
fn suppressed_init(function: &Function, luck: random::Luck, key: u64, seed: u64) -> Span {
    let mut draw = luck.counted(Purpose::ColdStart, key ^ seed, u64::MAX);
    Span::from_seconds(function.init.sample(&mut draw) + function.app_init.sample(&mut draw))
}
