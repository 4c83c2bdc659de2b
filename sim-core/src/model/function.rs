//! Lambda functions: admission, environments, cold starts, billing.
//!
//! An environment handles one event at a time. An event takes, in this order: a provisioned environment that is idle; an
//! idle on-demand one; a new one, if concurrency and the scaling rate allow. An event that waits for a new environment
//! stays bound to it, even if another becomes free meanwhile. (Lambda Developer Guide: scaling behavior, execution
//! environment lifecycle.)
//!
//! A service is one function or a fleet of them. Each has environments, memory and a scaling rate of its own; the
//! settings, the levels that are watched and the account's concurrency they share.

use std::collections::VecDeque;

use rand::Rng as _;

use super::account::REQUESTS_PER_CONCURRENCY;
use super::bucket::{Bucket, Pace};
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use super::provisioned::Provisioned;
use super::request::{Call, RequestId, Stage};
use super::runtime::InitLaw;
use crate::arena::Arena;
use crate::cost::Arch;
use crate::engine::{Span, Time};
use crate::observe::{Billable, DecisionKind, FunctionId, Gauge, Invoked, Outcome, Part, Probe, ServiceId};
use crate::policy::view::{KeepAlivePolicy, ReuseOrder};
use crate::quantity::MemorySize;
use crate::random::{self, Distribution, Purpose};
use crate::spec::lambda_vcpus;

crate::ids! {
    /// An execution environment.
    pub(super) EnvironmentId
}

/// Initialisation beyond this is cut off and run again inside the first invocation (Lambda Developer Guide).
const INIT_LIMIT: Span = Span::from_secs(10);

/// The functions of a service, one or many: what they have in common, and what they amount to together.
pub(super) struct Functions {
    pub arch: Arch,
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
    /// How fast each function may start environments.
    pub pace: Pace,
    pub reuse: ReuseOrder,
    pub keep_alive: Box<dyn KeepAlivePolicy>,
    pub keep: Span,
    /// On-demand environments busy, and all on-demand environments and their memory.
    pub busy: u32,
    pub alive: u32,
    pub alive_mib: u64,
    pub cpu_busy: u64,
    pub provisioned: Option<Provisioned>,
    /// Whether it is a fleet, whose functions are watched one by one.
    pub is_fleet: bool,
    pub members: Arena<FunctionId, Function>,
}

/// One function: what it has of its own. There may be a million of them, mostly idle, so this is kept small.
pub(super) struct Function {
    /// The owner's key of the draws that belong to it and not to a request.
    pub key: u64,
    /// Idle on-demand environments, in the order in which they became idle.
    pub idle: VecDeque<EnvironmentId>,
    /// When the agenda next looks for idle environments to end; never if it does not.
    pub expiry: Time,
    /// When its allowance of new environments is full again.
    pub paced: Time,
    pub started: u32,
    pub memory: MemorySize,
}

const _: () = assert!(size_of::<Function>() <= 64);

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
    /// A function without environments.
    pub(super) fn new(key: u64, memory: MemorySize) -> Self {
        Function { key, idle: VecDeque::new(), expiry: Time::NEVER, paced: Time::ZERO, started: 0, memory }
    }
}

impl Functions {
    /// The rate limit of a function with `reserved` concurrency of its own.
    pub(super) fn own_rate(reserved: u32) -> Bucket {
        let rate = reserved * REQUESTS_PER_CONCURRENCY;
        Bucket::new(rate, f64::from(rate))
    }
}

impl<P: Probe> Fleet<P> {
    /// An event comes to a function.
    pub(super) fn invoke(&mut self, service: ServiceId, id: RequestId, now: Time, agenda: &mut Agenda) {
        match self.find_environment(service, id, now) {
            Ok((environment, wait)) => self.run(service, id, environment, wait, now, agenda),
            Err(reason) => {
                self.watch_function(service, id, Invoked::Throttled, now);
                self.refuse(id, Outcome::Throttled, reason, now, agenda);
            }
        }
    }

    /// The environment for an event and how long until it can run, or why the event is throttled.
    fn find_environment(
        &mut self,
        service: ServiceId,
        id: RequestId,
        now: Time,
    ) -> Result<(EnvironmentId, Span), &'static str> {
        self.admit_rate(service, now)?;
        let functions = self.services[service].functions();
        if let Some(environment) = functions.provisioned.as_mut().and_then(Provisioned::take_idle) {
            return Ok((environment, Span::ZERO));
        }
        self.take_concurrency(service)?;
        let Call { seed, function, .. } = self.requests[id].call;
        if let Some(environment) = self.take_idle(service, function, seed, now) {
            return Ok((environment, Span::ZERO));
        }
        let functions = self.services[service].functions();
        if functions.pace.take(&mut functions.members[function].paced, now) {
            Ok(self.start_environment(service, id, now))
        } else {
            self.give_concurrency(service);
            Err("scaling rate of the function")
        }
    }

    fn admit_rate(&mut self, service: ServiceId, now: Time) -> Result<(), &'static str> {
        match &mut self.services[service].functions().own_rate {
            Some(rate) => rate.take(now).then_some(()).ok_or("ReservedFunctionInvocationRateLimitExceeded"),
            None => self.account.take_request(now).then_some(()).ok_or("FunctionInvocationRateLimitExceeded"),
        }
    }

    /// Takes a unit of concurrency, of the function's own or of the account's.
    fn take_concurrency(&mut self, service: ServiceId) -> Result<(), &'static str> {
        let functions = self.services[service].functions();
        match functions.reserved {
            Some(reserved) => {
                let provisioned = functions.provisioned.as_ref().map_or(0, Provisioned::allocated);
                if functions.busy + provisioned >= reserved {
                    return Err("ReservedFunctionConcurrentInvocationLimitExceeded");
                }
            }
            None if !self.account.take_concurrency() => return Err("ConcurrentInvocationLimitExceeded"),
            None => {}
        }
        self.services[service].functions().busy += 1;
        Ok(())
    }

    fn give_concurrency(&mut self, service: ServiceId) {
        let functions = self.services[service].functions();
        functions.busy -= 1;
        if functions.reserved.is_none() {
            self.account.give_concurrency(1);
        }
    }

    /// An idle environment by the function's order of reuse; those past their life are replaced when found idle.
    fn take_idle(
        &mut self,
        service: ServiceId,
        function: FunctionId,
        seed: u64,
        now: Time,
    ) -> Option<EnvironmentId> {
        loop {
            let functions = self.services[service].functions();
            let idle = &mut functions.members[function].idle;
            let last = idle.len().checked_sub(1)?;
            let index = match functions.reuse {
                ReuseOrder::MostRecentlyUsed => last,
                ReuseOrder::LeastRecentlyUsed => 0,
                ReuseOrder::Random => {
                    random::below(&mut random::draw(seed, Purpose::Route, 0), last as u64 + 1) as usize
                }
                ReuseOrder::NewestCreated => {
                    let created = |index: &usize| (self.environments[idle[*index]].created, *index);
                    (0..=last).max_by_key(created)?
                }
            };
            let id = idle.remove(index)?;
            if self.environments[id].dies > now {
                return Some(id);
            }
            self.end_environment(service, function, id, now);
        }
    }

    fn end_environment(&mut self, service: ServiceId, function: FunctionId, id: EnvironmentId, now: Time) {
        self.environments.remove(id);
        let functions = self.services[service].functions();
        functions.alive -= 1;
        functions.alive_mib -= u64::from(functions.members[function].memory.0);
        self.environment_levels(service, now);
    }

    /// Starts an environment for a request. Returns it and how long until it can run: the platform's part, then the
    /// billed initialisation.
    fn start_environment(&mut self, service: ServiceId, id: RequestId, now: Time) -> (EnvironmentId, Span) {
        let luck = self.luck;
        let functions = self.services[service].functions();
        let function = &mut functions.members[self.requests[id].call.function];
        let (key, ordinal) = (function.key, u64::from(function.started));
        function.started += 1;
        functions.alive += 1;
        functions.alive_mib += u64::from(function.memory.0);
        let mut draw = luck.counted(Purpose::ColdStart, key, ordinal);
        let platform = Span::from_seconds(functions.placement_overhead.sample(&mut draw));
        let init =
            Span::from_seconds(functions.init.sample(&mut draw) + functions.app_init.sample(&mut draw));
        let mut life = luck.counted(Purpose::Lifetime, key, ordinal);
        let environment = Environment {
            created: now,
            idle_since: now,
            dies: now + Span::from_seconds(functions.lifetime.sample(&mut life)),
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
        let functions = service.functions();
        let request = &mut self.requests[id];
        let function = &functions.members[request.call.function];
        let vcpus = lambda_vcpus(function.memory);
        let seed = request.call.seed;
        let mut warm = random::draw(seed, Purpose::WarmStart, request.call.attempts);
        let warm = Span::from_seconds(functions.warm_overhead.sample(&mut warm));
        let place = &mut self.environments[environment];
        let cores = parallelism.min(vcpus);
        let first = if place.fresh { functions.first_request / vcpus.min(1.0) } else { 0.0 };
        let cpu = Span::from_seconds(request.cpu.seconds() / (cores * functions.speed) + first);
        let again =
            if place.reset { suppressed_init(functions, self.luck, function.key, seed) } else { Span::ZERO };
        place.fresh = false;
        place.reset = false;
        let handler = (again + cpu + request.wait).min(functions.timeout);
        let timed_out = again + cpu + request.wait > functions.timeout;
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
        functions.cpu_busy += busy;
        agenda.schedule(FleetEvent::new(due, Kind::InvocationDone, 0, id.0));
        let cold = request.cold;
        self.probe.began(now, service_id, cold);
        self.watch_function(service_id, id, if cold { Invoked::Cold } else { Invoked::Warm }, now);
        self.concurrency_levels(service_id, now);
    }

    /// States what became of an attempt to invoke a function, where there are many.
    fn watch_function(&mut self, service: ServiceId, id: RequestId, invoked: Invoked, now: Time) {
        if self.services[service].functions().is_fleet {
            self.probe.invoked(now, service, self.requests[id].call.function, invoked);
        }
    }

    /// An invocation is over.
    pub(super) fn invocation_done(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let request = &self.requests[id];
        let Call { service, function, .. } = request.call;
        let environment = EnvironmentId(request.place);
        let (billed_from, init, busy) = (request.billed_from, request.init, u64::from(request.cpu_busy));
        let overhead = self.services[service].door.overhead;
        let provisioned = self.environments[environment].provisioned;
        let timed_out = self.environments[environment].reset;
        let functions = self.services[service].functions();
        functions.cpu_busy -= busy;
        let (memory, arch) = (functions.members[function].memory, functions.arch);
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
            self.release(service, function, environment, now, agenda);
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
    fn release(
        &mut self,
        service: ServiceId,
        function: FunctionId,
        id: EnvironmentId,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let environment = &mut self.environments[id];
        environment.idle_since = now;
        let over = environment.dies <= now;
        let functions = self.services[service].functions();
        if over || functions.keep.is_zero() {
            self.end_environment(service, function, id, now);
            return;
        }
        let keep = functions.keep;
        let member = &mut functions.members[function];
        member.idle.push_back(id);
        if member.expiry == Time::NEVER {
            member.expiry = now + keep;
            agenda.schedule(FleetEvent::new(member.expiry, Kind::EnvironmentsExpire, service.0, function.0));
        }
    }

    /// Environments that have been idle for the keep-alive end. One event a function stands in the agenda, for the one
    /// that has been idle longest when it was put in; it usually finds a younger one and moves on.
    pub(super) fn environments_expire(
        &mut self,
        service: ServiceId,
        function: FunctionId,
        now: Time,
        agenda: &mut Agenda,
    ) {
        loop {
            let functions = self.services[service].functions();
            let keep = functions.keep;
            let member = &mut functions.members[function];
            member.expiry = Time::NEVER;
            let Some(&oldest) = member.idle.front() else { return };
            let expires = self.environments[oldest].idle_since.since(Time::ZERO).saturating_add(keep);
            let expires = Time::ZERO + expires.min(Span::from_secs(1 << 33));
            if expires > now {
                member.expiry = expires;
                let event = FleetEvent::new(expires, Kind::EnvironmentsExpire, service.0, function.0);
                agenda.schedule(event);
                return;
            }
            member.idle.pop_front();
            self.end_environment(service, function, oldest, now);
        }
    }

    /// States how many environments there are and what they hold.
    pub(super) fn environment_levels(&mut self, service: ServiceId, now: Time) {
        let functions = self.services[service].functions();
        // Only a single function has provisioned environments.
        let provisioned = functions.provisioned.as_ref().map_or(0, Provisioned::ready);
        let alive = u64::from(functions.alive + provisioned);
        let provisioned_mib = match provisioned {
            0 => 0,
            ready => u64::from(ready) * u64::from(functions.members[FunctionId(0)].memory.0),
        };
        let mib = functions.alive_mib + provisioned_mib;
        // No function is so large that its vCPUs reach their limit, so those of all follow from the memory of all.
        let cpu = (mib as f64 * lambda_vcpus(MemorySize(1)) * 1e6) as u64;
        self.level(service, Gauge::Environments, alive, now);
        self.level(service, Gauge::CpuReserved, cpu, now);
        self.level(service, Gauge::MemoryReserved, mib << 10, now);
    }

    /// States how many invocations are in work and what CPU they use.
    fn concurrency_levels(&mut self, service: ServiceId, now: Time) {
        let functions = self.services[service].functions();
        let provisioned = functions.provisioned.as_mut().map_or(0, |provisioned| provisioned.note_busy(now));
        let busy = u64::from(functions.busy + provisioned);
        let cpu = functions.cpu_busy;
        self.level(service, Gauge::Concurrency, busy, now);
        self.level(service, Gauge::EnvironmentsBusy, busy, now);
        self.level(service, Gauge::CpuBusy, cpu, now);
    }

    /// The keep-alive policy is asked for its set-point.
    pub(super) fn set_keep_alive(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let luck = self.luck;
        let (name, key) = (self.services[service].name.clone(), self.services[service].key);
        let functions = self.services[service].functions();
        let mut draw = luck.counted(Purpose::Policy, key, now.nanos());
        let view = crate::policy::view::KeepAliveView {
            now,
            function: name.clone(),
            idle_times: crate::policy::view::IdleTimes::default(),
            luck: draw.next_u64(),
        };
        let decision = functions.keep_alive.decide(&view);
        let before = std::mem::replace(&mut functions.keep, decision.keep);
        if let Some(period) = functions.keep_alive.period() {
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
fn suppressed_init(functions: &Functions, luck: random::Luck, key: u64, seed: u64) -> Span {
    let mut draw = luck.counted(Purpose::ColdStart, key ^ seed, u64::MAX);
    Span::from_seconds(functions.init.sample(&mut draw) + functions.app_init.sample(&mut draw))
}
