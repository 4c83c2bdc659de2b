//! The life of execution environments: started for a request, used again while idle, ended by age or by idling.

use rand::Rng as _;

use super::idle_list::{Environments, Links};
use super::{Function, Functions, IdleWatch};
use crate::engine::{Span, Time};
use crate::model::event::{FleetEvent, Kind};
use crate::model::fleet::{Agenda, Fleet};
use crate::model::provisioned::Provisioned;
use crate::model::request::RequestId;
use crate::observe::{DecisionKind, FunctionId, Gauge, Probe, ReplicaFact, ServiceId};
use crate::policy::view::{KeepAliveView, ReuseOrder};
use crate::random::{self, Purpose};
use crate::spec::LAMBDA_VCPUS_PER_MIB;

crate::ids! {
    /// An execution environment.
    pub(in crate::model) EnvironmentId
}

/// Initialisation beyond this is cut off and run again inside the first invocation (Lambda Developer Guide).
const INIT_LIMIT: Span = Span::from_secs(10);

/// An execution environment.
pub(in crate::model) struct Environment {
    pub created: Time,
    pub idle_since: Time,
    pub dies: Time,
    pub provisioned: bool,
    /// No request has run in it since it was initialised.
    pub fresh: bool,
    /// Its last invocation was cut off or failed: the next one initialises it again.
    pub reset: bool,
    pub zone: u8,
    /// Its speed, as a share of what it should be.
    pub speed: f32,
    /// Its place among the idle ones of its function.
    pub(super) links: Links,
}

const _: () = assert!(size_of::<Environment>() <= 40);

impl Environment {
    /// An environment of provisioned concurrency, ready at `now`.
    pub(in crate::model) fn provisioned(zone: u8, now: Time) -> Self {
        Environment {
            created: now,
            idle_since: now,
            dies: Time::NEVER,
            provisioned: true,
            fresh: true,
            reset: false,
            zone,
            speed: 1.0,
            links: Links::NONE,
        }
    }

    /// When it ends if it stays idle.
    pub(super) fn expires(&self, keep: Span) -> Time {
        let expires = self.idle_since.since(Time::ZERO).saturating_add(keep);
        Time::ZERO + expires.min(Span::from_secs(1 << 33))
    }
}

impl Functions {
    /// Takes an idle environment out by the function's order of reuse, and whether it still lives: one past its life is to
    /// be ended, and another taken.
    #[inline(always)]
    pub(super) fn take_idle(
        &mut self,
        environments: &mut Environments,
        function: FunctionId,
        seed: u64,
        now: Time,
    ) -> Option<(EnvironmentId, bool)> {
        let keep = self.keep_of(function);
        let idle = &mut self.members[function].idle;
        let newest = idle.newest()?;
        let id = match self.reuse {
            ReuseOrder::MostRecentlyUsed => newest,
            ReuseOrder::LeastRecentlyUsed => idle.oldest()?,
            ReuseOrder::Random => {
                let index = random::pick(&mut random::draw(seed, Purpose::Route, 0), idle.len());
                idle.iter(environments).nth(index)?
            }
            ReuseOrder::NewestCreated => {
                idle.iter(environments).max_by_key(|id| environments[*id].created)?
            }
        };
        idle.remove(environments, id);
        // Also one whose time is up at this instant, or was when the keep-alive became shorter.
        let environment = &environments[id];
        Some((id, environment.dies > now && environment.expires(keep) > now))
    }
}

impl Function {
    /// Has the agenda look for idle environments of this function, which is `function` of `service`, at an instant, if it
    /// does not do so before.
    #[inline(always)]
    pub(super) fn expire_at(
        &mut self,
        service: ServiceId,
        function: FunctionId,
        at: Time,
        agenda: &mut Agenda,
    ) {
        if at < self.expiry {
            self.expiry = at;
            agenda.schedule_timer(FleetEvent::new(at, Kind::EnvironmentsExpire, service.0, function.0));
        }
    }
}

impl<P: Probe> Fleet<P> {
    #[inline(never)]
    pub(super) fn end_environment(
        &mut self,
        service: ServiceId,
        function: FunctionId,
        id: EnvironmentId,
        now: Time,
    ) {
        self.environments.free(id);
        self.environment_fact(now, id, ReplicaFact::Gone);
        let functions = self.services[service].functions();
        functions.alive -= 1;
        functions.alive_mib -= u64::from(functions.members[function].memory.0);
        self.environment_levels(service, now);
    }

    /// Ends idle on-demand environments.
    pub(in crate::model) fn end_idle(
        &mut self,
        service: ServiceId,
        which: impl Fn(&Environment) -> bool,
        now: Time,
    ) {
        let members: Vec<FunctionId> = self.services[service].functions().members.ids().collect();
        for function in members {
            let idle = &mut self.services[service].functions().members[function].idle;
            let end = idle.take(&mut self.environments, &which);
            end.into_iter().for_each(|id| self.end_environment(service, function, id, now));
        }
        self.end_loading(service, which, now);
    }

    /// A busy environment is of an old version: it takes no other event. A provisioned one makes way for one of the new
    /// version that is ready.
    pub(in crate::model) fn outdate_environment(&mut self, id: EnvironmentId, now: Time) {
        let environment = &mut self.environments[id];
        if environment.provisioned {
            environment.fresh = true;
        } else {
            environment.dies = now;
        }
    }

    /// Starts an environment for a request. Returns it and how long until it can run: the platform's part, then the
    /// billed initialisation.
    #[inline(never)]
    pub(super) fn start_environment(
        &mut self,
        service: ServiceId,
        id: RequestId,
        now: Time,
    ) -> (EnvironmentId, Span) {
        let function = self.requests[id].call.function;
        let (environment, platform, init) = self.place_environment(service, function, now);
        self.requests[id].cold = true;
        self.requests[id].init = init;
        self.requests[id].billed_from = now + platform;
        (environment, platform + init)
    }

    /// A new environment of a function, and how long it takes to start: the platform's part and the initialisation.
    pub(super) fn place_environment(
        &mut self,
        service: ServiceId,
        function_id: FunctionId,
        now: Time,
    ) -> (EnvironmentId, Span, Span) {
        let luck = self.luck;
        let function = &self.services[service].functions().members[function_id];
        let (key, ordinal) = (function.key, u64::from(function.started));
        let (zone, speed) =
            (self.faults.environment_zone(ordinal), self.slowness(service, key, ordinal) as f32);
        let functions = self.services[service].functions();
        let function = &mut functions.members[function_id];
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
            zone,
            speed,
            links: Links::NONE,
        };
        let environment = self.environments.insert(environment);
        let placed = ReplicaFact::Placed { service, function: function_id, instance: None };
        self.environment_fact(now, environment, placed);
        self.environment_levels(service, now);
        (environment, platform, init.min(INIT_LIMIT))
    }

    /// An on-demand environment becomes idle, or ends if its life is over.
    #[inline(always)]
    pub(super) fn release(
        &mut self,
        service: ServiceId,
        function: FunctionId,
        id: EnvironmentId,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let mut functions = self.services[service].functions();
        let mut unloads = false;
        if let Some(IdleWatch::Apart(_)) = functions.idle {
            unloads = self.unload(service, function, now, agenda);
            functions = self.services[service].functions();
        }
        let keep = functions.keep_of(function);
        let environment = &mut self.environments[id];
        environment.idle_since = now;
        if unloads || environment.dies <= now || keep.is_zero() {
            self.end_environment(service, function, id, now);
            return;
        }
        let member = &mut functions.members[function];
        member.idle.push(&mut self.environments, id);
        // The agenda may look earlier, for one that became idle before; and later, if the keep-alive has become shorter.
        member.expire_at(service, function, now + keep, agenda);
    }

    /// Environments that have been idle for the keep-alive end. One event a function stands in the agenda, for the one
    /// that has been idle longest when it was put in; it usually finds a younger one and moves on. When the keep-alive
    /// becomes shorter another takes its place.
    pub(in crate::model) fn environments_expire(
        &mut self,
        service: ServiceId,
        function: FunctionId,
        now: Time,
        agenda: &mut Agenda,
    ) {
        if self.services[service].functions().members[function].expiry != now {
            return;
        }
        loop {
            let functions = self.services[service].functions();
            let keep = functions.keep_of(function);
            let member = &mut functions.members[function];
            member.expiry = Time::NEVER;
            let Some(oldest) = member.idle.oldest() else { return };
            let expires = self.environments[oldest].expires(keep);
            if expires > now {
                member.expire_at(service, function, expires, agenda);
                return;
            }
            member.idle.remove(&mut self.environments, oldest);
            self.end_environment(service, function, oldest, now);
        }
    }

    /// States how many environments there are and what they hold.
    pub(in crate::model) fn environment_levels(&mut self, service: ServiceId, now: Time) {
        let functions = self.services[service].functions();
        let ready = functions.provisioned.as_ref().map_or(0, Provisioned::ready);
        let alive = u64::from(functions.alive + ready);
        let mib = functions.alive_mib + functions.provisioned_mib(ready);
        let reserved = [(Gauge::CpuReserved, micro_vcpus(mib)), (Gauge::MemoryReserved, mib << 10)];
        self.levels(service, &[(Gauge::Environments, alive), reserved[0], reserved[1]], now);
    }

    /// States what is paid for: busy on-demand environments, and provisioned concurrency whether it is used or not.
    pub(in crate::model) fn capacity_levels(&mut self, service: ServiceId, now: Time) {
        let functions = self.services[service].functions();
        let set_aside = functions.provisioned.as_ref().map_or(0, Provisioned::allocated);
        let mib = functions.busy_mib + functions.provisioned_mib(set_aside);
        self.levels(service, &paid_for(mib), now);
    }

    /// The keep-alive policy is asked for its set-point.
    pub(in crate::model) fn set_keep_alive(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let luck = self.luck;
        let (name, key) = (self.services[service].name.clone(), self.services[service].key);
        let functions = self.services[service].functions();
        let mut draw = luck.counted(Purpose::Policy, key, now.nanos());
        let view = KeepAliveView {
            now,
            function: name.clone(),
            idle_times: functions.idle.as_ref().map(IdleWatch::times).unwrap_or_default(),
            luck: draw.next_u64(),
        };
        let decision = functions.keep_alive.decide(&view);
        let before = std::mem::replace(&mut functions.keep, decision.keep);
        if let Some(period) = functions.keep_alive.period() {
            agenda.schedule(FleetEvent::new(now + period, Kind::KeepAlive, service.0, 0));
        }
        if decision.keep < before {
            let members = self.services[service].functions().members.ids();
            members.for_each(|function| self.hasten(service, function, decision.keep, now, agenda));
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

    /// A shorter keep-alive of a function is in force: what is idle already goes by it, too.
    pub(super) fn hasten(
        &mut self,
        service: ServiceId,
        function: FunctionId,
        keep: Span,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let member = &mut self.services[service].functions().members[function];
        let Some(oldest) = member.idle.oldest() else { return };
        let expires = self.environments[oldest].expires(keep).max(now);
        member.expire_at(service, function, expires, agenda);
    }
}

/// The levels that so much paid memory comes to, with the CPU that comes with it.
#[inline]
pub(super) fn paid_for(mib: u64) -> [(Gauge, u64); 2] {
    [(Gauge::CpuCapacity, micro_vcpus(mib)), (Gauge::MemoryCapacity, mib << 10)]
}

/// The CPU that comes with so much memory of any number of functions, in millionths of a vCPU. No function is so large that
/// its vCPUs reach their limit, so those of all follow from the memory of all.
#[inline]
fn micro_vcpus(mib: u64) -> u64 {
    (mib as i64 as f64 * LAMBDA_VCPUS_PER_MIB * 1e6) as i64 as u64
}

/// What it costs to initialise an environment again inside an invocation.
pub(super) fn suppressed_init(functions: &Functions, luck: random::Luck, key: u64, seed: u64) -> Span {
    let mut draw = luck.counted(Purpose::ColdStart, key ^ seed, u64::MAX);
    Span::from_seconds(functions.init.sample(&mut draw) + functions.app_init.sample(&mut draw))
}
