//! Environments that are unloaded when a function becomes idle and loaded again before its next invocation.
//!
//! The policy's set-points are per function (see [`super::apart`]). When a function's last invocation is over and its plan
//! has a pre-warming window, all its environments end; after the window one is loaded, which takes as long as a start for
//! a request. Until it is ready an invocation finds none and starts cold. It is kept from the moment it began to load.
//!
//! Nobody asked for what is loaded ahead: it is not billed (as what Lambda initialises proactively is not), and counts
//! neither against concurrency nor against the function's scaling rate. Its memory is held, and so counted.

use rand::Rng as _;

use super::IdleWatch;
use super::apart::{Apart, Plan};
use super::environment::Environment;
use crate::engine::{Span, Time};
use crate::model::event::{FleetEvent, Kind};
use crate::model::fleet::{Agenda, Fleet};
use crate::observe::{DecisionKind, FunctionId, Probe, ServiceId};
use crate::policy::view::{KeepAliveDecision, KeepAliveView};
use crate::random::Purpose;

/// How often the decision timeline says what became of a fleet's functions: there may be a million of them.
const NOTE_EVERY: Span = Span::from_secs(3600);

impl<P: Probe> Fleet<P> {
    fn apart(&mut self, service: ServiceId) -> Option<&mut Apart> {
        match &mut self.services[service].functions().idle {
            Some(IdleWatch::Apart(apart)) => Some(apart),
            _ => None,
        }
    }

    /// The policy is asked about the function that was idle until now, if it is to be.
    #[inline(never)]
    pub(super) fn ask_apart(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let Some(function) = self.apart(service).and_then(|apart| apart.ask.take()) else { return };
        let decision = self.decide_apart(service, function, now);
        let Some(apart) = self.apart(service) else { return };
        let plan = Plan { keep: decision.keep, pre_warm: decision.pre_warm };
        let before = apart.replan(function, plan);
        if before.is_none_or(|before| plan.keep < before.keep) {
            self.hasten(service, function, plan.keep, now, agenda);
        }
        if before != Some(plan) {
            self.note_apart(service, before, decision, now);
        }
    }

    fn decide_apart(&mut self, service: ServiceId, function: FunctionId, now: Time) -> KeepAliveDecision {
        let name = match self.names.functions.get(&service) {
            Some(population) => population.name(function.0 as usize).into_owned(),
            None => self.services[service].name.clone(),
        };
        let luck = self.luck;
        let functions = self.services[service].functions();
        let mut draw = luck.counted(Purpose::Policy, functions.members[function].key, now.nanos());
        let idle_times = match &mut functions.idle {
            Some(IdleWatch::Apart(apart)) => apart.function(function).times(),
            _ => unreachable!("the policy is asked for each function apart"),
        };
        let view = KeepAliveView { now, function: name, idle_times, luck: draw.next_u64() };
        functions.keep_alive.decide(&view)
    }

    /// Of a single function every change is noted, of a fleet how many load ahead, at most once an hour.
    fn note_apart(
        &mut self,
        service: ServiceId,
        before: Option<Plan>,
        decision: KeepAliveDecision,
        now: Time,
    ) {
        let name = self.services[service].name.clone();
        let seconds = |span: Span| span.nanos() / 1_000_000_000;
        if !self.services[service].functions().is_fleet {
            let change = (before.map(|plan| seconds(plan.keep)), Some(seconds(decision.keep)));
            let ahead = match decision.pre_warm {
                Span::ZERO => String::new(),
                window => format!("; loaded ahead after {}", window.rounded(Span::from_secs(1))),
            };
            self.note(now, DecisionKind::KeepAlive, &name, change, decision.reason + &ahead);
            return;
        }
        let Some(apart) = self.apart(service).filter(|apart| now.since(apart.noted) >= NOTE_EVERY) else {
            return;
        };
        apart.noted = now;
        let line = format!(
            "{} functions have a pre-warming window; {} environments loaded ahead so far",
            apart.ahead, apart.loaded
        );
        self.note(now, DecisionKind::KeepAlive, &name, (None, None), line);
    }

    /// An invocation of a function is over. If that makes it idle, and its plan is to load ahead, its environments end,
    /// but for the one at hand, which the caller ends; whether they do.
    #[inline(never)]
    pub(super) fn unload(
        &mut self,
        service: ServiceId,
        function: FunctionId,
        now: Time,
        agenda: &mut Agenda,
    ) -> bool {
        let Some(apart) = self.apart(service) else { return false };
        let watched = apart.function(function);
        let Some(window) = watched.unloaded_for() else { return false };
        let loading = watched.loading.take();
        watched.due = now + window;
        agenda.schedule_timer(FleetEvent::new(watched.due, Kind::PreWarm, service.0, function.0));
        let list = &mut self.services[service].functions().members[function].idle;
        let idle = list.take(&mut self.environments, |_| true);
        loading.into_iter().chain(idle).for_each(|id| self.end_environment(service, function, id, now));
        true
    }

    /// A function's pre-warming goes on: an environment begins to load, or is ready.
    pub(in crate::model) fn pre_warm(
        &mut self,
        service: ServiceId,
        function: FunctionId,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let Some(apart) = self.apart(service) else { return };
        let watched = apart.function(function);
        if watched.due != now {
            return;
        }
        watched.due = Time::NEVER;
        let Some(id) = watched.loading.take() else {
            self.load_ahead(service, function, now, agenda);
            return;
        };
        if self.environments[id].dies <= now {
            self.end_environment(service, function, id, now);
            return;
        }
        // Others are idle if the function has been at work meanwhile: then it has its place behind them.
        let functions = self.services[service].functions();
        let keep = functions.keep_of(function);
        let member = &mut functions.members[function];
        if member.idle.newest().is_some() {
            self.environments[id].idle_since = now;
        }
        member.idle.push(&mut self.environments, id);
        let expires = self.environments[id].expires(keep).max(now);
        member.expire_at(service, function, expires, agenda);
    }

    fn load_ahead(&mut self, service: ServiceId, function: FunctionId, now: Time, agenda: &mut Agenda) {
        let (id, platform, init) = self.place_environment(service, function, now);
        let ready = now + platform + init;
        if let Some(apart) = self.apart(service) {
            apart.loaded += 1;
            let watched = apart.function(function);
            (watched.loading, watched.due) = (Some(id), ready);
        }
        agenda.schedule_timer(FleetEvent::new(ready, Kind::PreWarm, service.0, function.0));
    }

    /// Ends environments that are loading, as `end_idle` does idle ones.
    pub(super) fn end_loading(
        &mut self,
        service: ServiceId,
        which: impl Fn(&Environment) -> bool,
        now: Time,
    ) {
        let Some(apart) = self.apart(service) else { return };
        let mut loading: Vec<_> = apart.loading().collect();
        loading.retain(|(_, id)| which(&self.environments[*id]));
        for (function, id) in loading {
            if let Some(apart) = self.apart(service) {
                let watched = apart.function(function);
                (watched.loading, watched.due) = (None, Time::NEVER);
            }
            self.end_environment(service, function, id, now);
        }
    }
}
