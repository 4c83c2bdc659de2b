//! Provisioned concurrency: environments kept initialised, their scaling, and what they cost used or not.

use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use super::function::{Environment, EnvironmentId};
use super::scaling::MINUTE;
use super::telemetry::{Published, Summed};
use crate::engine::{Span, Time};
use crate::observe::{Billable, DecisionKind, FunctionId, Gauge, Probe, ReplicaFact, ServiceId};
use crate::policy::view::{ProvisioningPolicy, ProvisioningView};
use crate::random::Purpose;

/// From asking for environments to the first of them: "a minute or two" (articles restating the Developer Guide); then
/// 6,000 a minute. None is usable before all are.
const PREPARATION: Span = Span::from_secs(90);
const PER_ENVIRONMENT: Span = Span::from_millis(10);

/// A function's provisioned concurrency.
pub(super) struct Provisioned {
    pub policy: Box<dyn ProvisioningPolicy>,
    pub min: u32,
    pub max: u32,
    /// Environments asked for.
    pub desired: u32,
    /// Environments that there are, busy or idle.
    alive: u32,
    idle: Vec<EnvironmentId>,
    /// Environments on their way and when they are all ready.
    coming: Option<(Time, u32)>,
    /// Since when there are so many.
    ready_since: Time,
    last_out: Option<Time>,
    last_in: Option<Time>,
    points: Published,
    busy: Summed,
    ready: Summed,
}

impl Provisioned {
    pub(super) fn new(policy: Box<dyn ProvisioningPolicy>, lag: Span) -> Self {
        let bounds = policy.bounds();
        let (min, max) = (bounds.min.unwrap_or(0), bounds.max.unwrap_or(u32::MAX));
        Provisioned {
            policy,
            min,
            max,
            desired: min,
            alive: 0,
            idle: Vec::new(),
            coming: None,
            ready_since: Time::ZERO,
            last_out: None,
            last_in: None,
            points: Published::new(lag),
            busy: Summed::default(),
            ready: Summed::default(),
        }
    }

    /// An idle environment, if there is one.
    pub(super) fn take_idle(&mut self) -> Option<EnvironmentId> {
        self.idle.pop()
    }

    /// Environments that there are.
    pub(super) fn ready(&self) -> u32 {
        self.alive
    }

    /// Environments that handle an event.
    pub(super) fn busy(&self) -> u32 {
        self.alive - self.idle.len() as u32
    }

    /// Concurrency set aside: what is asked for, or what is still there if that is more.
    pub(super) fn allocated(&self) -> u32 {
        self.desired.max(self.alive)
    }

    /// There are as many as `alive` from `now` on.
    fn count(&mut self, alive: u32, now: Time) {
        if alive != self.alive {
            (self.alive, self.ready_since) = (alive, now);
        }
    }

    /// Notes how many are busy, for the utilization metric, and returns it.
    pub(super) fn note_busy(&mut self, now: Time) -> u32 {
        let busy = self.busy();
        self.busy.set(now, u64::from(busy));
        self.ready.set(now, u64::from(self.alive));
        busy
    }
}

impl<P: Probe> Fleet<P> {
    fn provisioned(&mut self, service: ServiceId) -> &mut Provisioned {
        self.services[service]
            .functions()
            .provisioned
            .as_mut()
            .expect("only functions with provisioned concurrency have its events")
    }

    /// Fills the initial provisioned concurrency, ready at the start of the run.
    pub(super) fn begin_provisioned(&mut self, service: ServiceId, now: Time) {
        let count = self.provisioned(service).desired;
        self.bill_provisioned(service, count, now);
        self.add_provisioned(service, count, now);
        self.take_account(service, 0);
    }

    /// Asks for the initial provisioned concurrency, which is billed from now on and ready once it is prepared.
    pub(super) fn ask_for_provisioned(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let count = std::mem::take(&mut self.provisioned(service).desired);
        self.set_provisioned(service, count, now, agenda);
    }

    fn add_provisioned(&mut self, service: ServiceId, count: u32, now: Time) {
        for _ in 0..count {
            let ordinal =
                u64::from(self.provisioned(service).alive) + self.provisioned(service).idle.len() as u64;
            let zone = self.faults.environment_zone(ordinal);
            let id = self.environments.insert(Environment::provisioned(zone, now));
            let (function, instance) = (FunctionId(0), None);
            self.environment_fact(now, id, ReplicaFact::Placed { service, function, instance });
            self.provisioned(service).idle.push(id);
        }
        let provisioned = self.provisioned(service);
        provisioned.count(provisioned.alive + count, now);
        provisioned.note_busy(now);
        self.environment_levels(service, now);
        self.capacity_levels(service, now);
    }

    /// Keeps the account's share in step with what is set aside; `before` is what was.
    fn take_account(&mut self, service: ServiceId, before: u32) {
        if self.services[service].functions().reserved.is_some() {
            return;
        }
        let after = self.provisioned(service).allocated();
        self.account.provision(before, after);
    }

    /// Environments asked for earlier are ready, all at once.
    pub(super) fn provisioned_ready(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let provisioned = self.provisioned(service);
        let Some((_, count)) = provisioned.coming.filter(|(at, _)| *at == now) else { return };
        provisioned.coming = None;
        let wanted = count.min(provisioned.desired.saturating_sub(provisioned.alive));
        self.add_provisioned(service, wanted, now);
        self.prepare(service, now, agenda);
    }

    /// Asks for the environments that are missing, unless some are on their way.
    fn prepare(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let provisioned = self.provisioned(service);
        let missing = provisioned.desired.saturating_sub(provisioned.alive);
        if missing > 0 && provisioned.coming.is_none() {
            let at = now + PREPARATION + PER_ENVIRONMENT * u64::from(missing);
            provisioned.coming = Some((at, missing));
            agenda.schedule(FleetEvent::new(at, Kind::ProvisionedReady, service.0, 0));
        }
    }

    /// The policy looks at the last minutes' utilization.
    pub(super) fn scale_provisioned(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        agenda.schedule(FleetEvent::new(now + MINUTE, Kind::Provisioning, service.0, 0));
        let luck = super::cluster::luck_word(self.luck.counted(
            Purpose::Policy,
            self.services[service].key,
            now.nanos(),
        ));
        let name = self.services[service].name.clone();
        let run_start = self.calendar;
        let provisioned = self.provisioned(service);
        let (busy, ready) = (provisioned.busy.take(now), provisioned.ready.take(now));
        provisioned.points.close(now, (ready > 0).then(|| busy as f64 / ready as f64));
        let before = provisioned.desired;
        let decision = provisioned.policy.decide(&ProvisioningView {
            now,
            run_start,
            function: name.clone(),
            ready: provisioned.alive,
            desired: before,
            min: provisioned.min,
            max: provisioned.max,
            ready_since: Some(provisioned.ready_since),
            utilization: provisioned.points.visible(now),
            last_scale_out: provisioned.last_out,
            last_scale_in: provisioned.last_in,
            luck,
        });
        provisioned.min = decision.min.unwrap_or(provisioned.min);
        provisioned.max = decision.max.unwrap_or(provisioned.max);
        let wanted = decision.desired.unwrap_or(before).min(provisioned.max).max(provisioned.min);
        let (after, reason) = self.clip_provisioned(service, wanted, decision.reason);
        if after == before {
            return;
        }
        let provisioned = self.provisioned(service);
        if after > before {
            provisioned.last_out = Some(now);
        } else {
            provisioned.last_in = Some(now);
        }
        let change = (Some(u64::from(before)), Some(u64::from(after)));
        self.note(now, DecisionKind::ServiceScaling, &name, change, reason);
        self.set_provisioned(service, after, now, agenda);
    }

    /// Keeps a wish within what the function has reserved, or else within what the account can spare.
    fn clip_provisioned(&mut self, service: ServiceId, wanted: u32, reason: String) -> (u32, String) {
        let functions = self.services[service].functions();
        let (reserved, own) = (functions.reserved, self.provisioned(service).allocated());
        let (most, whose) = match reserved {
            Some(reserved) => (reserved, "the function has reserved"),
            None => (self.account.most_provisioned(own), "the account can spare"),
        };
        if wanted <= most {
            return (wanted, reason);
        }
        (most, format!("{reason}; {wanted} wanted, {most} is all that {whose}"))
    }

    fn set_provisioned(&mut self, service: ServiceId, desired: u32, now: Time, agenda: &mut Agenda) {
        self.bill_provisioned(service, desired, now);
        let provisioned = self.provisioned(service);
        let before = provisioned.allocated();
        provisioned.desired = desired;
        let mut gone = Vec::new();
        while provisioned.alive > desired
            && let Some(id) = provisioned.idle.pop()
        {
            provisioned.count(provisioned.alive - 1, now);
            gone.push(id);
        }
        for id in gone {
            self.environments.remove(id);
            self.environment_fact(now, id, ReplicaFact::Gone);
        }
        self.provisioned(service).note_busy(now);
        self.take_account(service, before);
        self.environment_levels(service, now);
        self.capacity_levels(service, now);
        self.prepare(service, now, agenda);
    }

    /// A provisioned environment has finished an invocation: it is idle again, or goes if it is one too many.
    pub(super) fn release_provisioned(
        &mut self,
        service: ServiceId,
        id: EnvironmentId,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let dead = self.environments[id].dies <= now;
        let provisioned = self.provisioned(service);
        let before = provisioned.allocated();
        if provisioned.alive <= provisioned.desired && !dead {
            provisioned.idle.push(id);
            return;
        }
        provisioned.count(provisioned.alive - 1, now);
        self.environments.remove(id);
        self.environment_fact(now, id, ReplicaFact::Gone);
        self.take_account(service, before);
        self.environment_levels(service, now);
        self.capacity_levels(service, now);
        if dead {
            self.prepare(service, now, agenda);
        }
    }

    /// Idle environments in a zone are lost; others are prepared in their place.
    pub(super) fn lose_provisioned(&mut self, service: ServiceId, zone: u32, now: Time, agenda: &mut Agenda) {
        let Some(provisioned) = &mut self.services[service].functions().provisioned else { return };
        let before = provisioned.allocated();
        let idle = std::mem::take(&mut provisioned.idle);
        let (lost, kept): (Vec<EnvironmentId>, _) =
            idle.into_iter().partition(|id| u32::from(self.environments[*id].zone) == zone);
        provisioned.idle = kept;
        provisioned.count(provisioned.alive - lost.len() as u32, now);
        provisioned.note_busy(now);
        for id in lost {
            self.environments.remove(id);
            self.environment_fact(now, id, ReplicaFact::Gone);
        }
        self.take_account(service, before);
        self.environment_levels(service, now);
        self.capacity_levels(service, now);
        self.prepare(service, now, agenda);
    }

    /// States how many environments are configured, and billed, from now on.
    fn bill_provisioned(&mut self, service: ServiceId, count: u32, at: Time) {
        let functions = self.services[service].functions();
        let (memory, arch) = (functions.members[FunctionId(0)].memory, functions.arch);
        self.probe.billed(&Billable::Provisioned { service, at, count, memory, arch });
        self.level(service, Gauge::Provisioned, u64::from(count), at);
    }
}
