//! What befalls single replicas and instances: crashes, failures, interruptions.

use super::{Fault, FaultKind, Hazard, SpotTarget};
use crate::engine::{Span, Time};
use crate::model::cluster::{InstanceId, InstanceState};
use crate::model::event::{FleetEvent, Kind};
use crate::model::fleet::{Agenda, Fleet};
use crate::model::function::EnvironmentId;
use crate::model::request::{Lost, RequestId, Stage};
use crate::model::service::Platform;
use crate::model::task::{TaskId, TaskState};
use crate::observe::{DecisionKind, GroupId, Outcome, Probe, ServiceId};
use crate::random::{Purpose, mix};
use rand::Rng as _;

/// What befalls a task or an instance next, and when.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Fate {
    pub due: Time,
    pub blow: Blow,
}

/// What befalls a task or an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Blow {
    /// Its process ends.
    Crash,
    /// It fails by this fault, and becomes unreachable.
    Fails(u32),
    /// Somebody finds out that it is unreachable, and gives it up.
    Found,
    /// A notice says that it is taken back, by this fault.
    Noticed(u32),
    /// It is taken back.
    Reclaimed,
}

impl Fate {
    /// Nothing.
    pub(in crate::model) const NONE: Fate = Fate { due: Time::NEVER, blow: Blow::Crash };

    /// It is taken back then, if it is at all.
    pub(super) fn reclaimed(due: Option<Time>) -> Fate {
        due.map_or(Fate::NONE, |due| Fate { due, blow: Blow::Reclaimed })
    }

    /// Whichever comes first.
    pub(super) fn or_sooner(self, other: Fate) -> Fate {
        if other.due < self.due { other } else { self }
    }
}

/// Whose luck it is: the k-th of an owner, in its so many-th life, from 0.
#[derive(Clone, Copy)]
struct Whose {
    owner: u64,
    ordinal: u64,
    life: u64,
}

impl<P: Probe> Fleet<P> {
    /// Draws what will befall a task that begins to run.
    pub(in crate::model) fn draw_task_fate(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &self.tasks[id];
        let service = task.service;
        let whose = Whose { owner: self.services[service].key, ordinal: task.ordinal, life: task.comebacks };
        let fate = self.draw_fate(whose, now, |number, kind| match kind {
            FaultKind::Crash { service: of, hazard: Some(hazard), .. } if *of == service => {
                Some((hazard, Blow::Crash))
            }
            FaultKind::Interruption { target: SpotTarget::Service(of), hazard, .. } if *of == service => {
                Some((hazard, Blow::Noticed(number)))
            }
            _ => None,
        });
        self.set_task_fate(id, fate, agenda);
    }

    /// Draws what will befall an instance that begins to run.
    pub(in crate::model) fn draw_instance_fate(&mut self, id: InstanceId, now: Time, agenda: &mut Agenda) {
        let instance = &self.instances[id];
        let group = instance.group;
        let whose =
            Whose { owner: self.groups[group].key, ordinal: instance.ordinal, life: instance.comebacks };
        let fate = self.draw_fate(whose, now, |number, kind| match kind {
            FaultKind::Failure { groups, hazard: Some(hazard), .. } if groups.contains(&group) => {
                Some((hazard, Blow::Fails(number)))
            }
            FaultKind::Interruption { target: SpotTarget::Groups(groups), hazard, .. }
                if groups.contains(&group) =>
            {
                Some((hazard, Blow::Noticed(number)))
            }
            _ => None,
        });
        self.set_instance_fate(id, fate, agenda);
    }

    /// The soonest of what may befall one of an owner's, by its ordinal; `befalls` says what a fault has for it.
    fn draw_fate<'f>(
        &'f self,
        whose: Whose,
        now: Time,
        befalls: impl Fn(u32, &'f FaultKind) -> Option<(&'f Hazard, Blow)>,
    ) -> Fate {
        let faults = self.faults.list.iter().zip(0..);
        let fates = faults.filter_map(|(fault, number)| {
            let (hazard, blow) = befalls(number, &fault.kind)?;
            Some(self.fate_by(fault, hazard, blow, whose, now))
        });
        fates.fold(Fate::NONE, Fate::or_sooner)
    }

    /// The k-th of an owner meets the same fate in every variant: the fault's name and k name its luck. What comes back
    /// from an outage has lived without being hit so far, which says nothing of what is to come: it draws anew.
    fn fate_by(&self, fault: &Fault, hazard: &Hazard, blow: Blow, whose: Whose, now: Time) -> Fate {
        let purpose = if matches!(blow, Blow::Noticed(_)) { Purpose::Interruption } else { Purpose::Fault };
        let life = if whose.life == 0 { 0 } else { mix(whose.life) };
        let mut draw = self.luck.counted(purpose, fault.key ^ whose.owner ^ life, whose.ordinal);
        Fate { due: hazard.first(now, self.last, self.calendar, &mut draw), blow }
    }

    pub(super) fn set_task_fate(&mut self, id: TaskId, fate: Fate, agenda: &mut Agenda) {
        self.tasks[id].fate = fate;
        if fate.due != Time::NEVER {
            agenda.schedule(FleetEvent::new(fate.due, Kind::TaskFate, 0, id.0));
        }
    }

    pub(super) fn set_instance_fate(&mut self, id: InstanceId, fate: Fate, agenda: &mut Agenda) {
        self.instances[id].fate = fate;
        if fate.due != Time::NEVER {
            agenda.schedule(FleetEvent::new(fate.due, Kind::InstanceFate, 0, id.0));
        }
    }

    /// What was to befall a task befalls it.
    pub(in crate::model) fn task_fate(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let blow = std::mem::replace(&mut self.tasks[id].fate, Fate::NONE).blow;
        match blow {
            Blow::Crash => self.crash(id, "a task crashed", "the task crashed", now, agenda),
            Blow::Found => {
                self.crash(id, "a task in a lost zone is given up", "its zone is out", now, agenda);
            }
            Blow::Reclaimed => {
                self.crash(id, "a Fargate Spot task was taken back", "a Spot interruption", now, agenda);
            }
            Blow::Noticed(number) => self.notify_task(id, number, now, agenda),
            Blow::Fails(_) => unreachable!("only instances fail"),
        }
    }

    /// A task ends without warning, and its service replaces it.
    fn crash(
        &mut self,
        id: TaskId,
        line: &'static str,
        reason: &'static str,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let service = self.tasks[id].service;
        let owner = self.services[service].name.clone();
        let line = format!("{line} (task {})", self.tasks[id].ordinal);
        self.note(now, DecisionKind::Removal, &owner, (None, None), line);
        self.remove_task(id, reason, now, agenda);
        self.reconcile_soon(service, now, agenda);
    }

    /// Fargate says that it takes a task back.
    fn notify_task(&mut self, id: TaskId, number: u32, now: Time, agenda: &mut Agenda) {
        let FaultKind::Interruption { notice, drained, .. } = self.faults.list[number as usize].kind else {
            unreachable!("a notice comes of an interruption");
        };
        let (service, ordinal) = (self.tasks[id].service, self.tasks[id].ordinal);
        let what = if drained { ", and is stopped" } else { "" };
        let line =
            format!("task {ordinal} of {} is taken back in {notice}{what}", self.services[service].name);
        self.note_fault(number, line, now);
        self.tasks[id].taken_back = Some(now + notice);
        self.set_task_fate(id, Fate::reclaimed(Some(now + notice)), agenda);
        if drained {
            self.stop_task(id, now, agenda);
            self.reconcile_soon(service, now, agenda);
        }
    }

    /// What was to befall an instance befalls it.
    pub(in crate::model) fn instance_fate(&mut self, id: InstanceId, now: Time, agenda: &mut Agenda) {
        let blow = std::mem::replace(&mut self.instances[id].fate, Fate::NONE).blow;
        let group = self.instances[id].group;
        match blow {
            Blow::Fails(number) => {
                self.fail_instance(id, number, now, agenda);
                return;
            }
            Blow::Noticed(number) => {
                self.notify_instance(id, number, now, agenda);
                return;
            }
            Blow::Found => self.terminate(id, "it does not answer", now, agenda),
            Blow::Reclaimed => {
                self.waive_first_hour(id, now);
                self.terminate(id, "Spot interruption", now, agenda);
            }
            Blow::Crash => unreachable!("instances do not crash, they fail"),
        }
        self.resize_group(group, now, agenda);
    }

    /// EC2 says that it takes an instance back.
    fn notify_instance(&mut self, id: InstanceId, number: u32, now: Time, agenda: &mut Agenda) {
        let FaultKind::Interruption { notice, drained, .. } = self.faults.list[number as usize].kind else {
            unreachable!("a notice comes of an interruption");
        };
        let tasks = self.instances[id].tasks.len();
        let what = if drained { ", and is drained" } else { "" };
        let line = format!("instance {} with {tasks} tasks is taken back in {notice}{what}", id.0);
        self.note_fault(number, line, now);
        self.instances[id].taken_back = Some(now + notice);
        self.set_instance_fate(id, Fate::reclaimed(Some(now + notice)), agenda);
        if drained && self.instances[id].state == InstanceState::Active {
            self.drain(id, now, agenda);
        }
    }

    fn fail_instance(&mut self, id: InstanceId, number: u32, now: Time, agenda: &mut Agenda) {
        let FaultKind::Failure { detected_after, .. } = self.faults.list[number as usize].kind else {
            unreachable!("a failure comes of a failure");
        };
        let line = format!("instance {} with {} tasks fails", id.0, self.instances[id].tasks.len());
        self.note_fault(number, line, now);
        self.instances[id].failed = true;
        self.lose_instance(id, now + detected_after, now, agenda);
    }

    /// So many of the groups' running instances fail at once.
    pub(super) fn fail_some(&mut self, number: u32, count: u32, now: Time, agenda: &mut Agenda) {
        let FaultKind::Failure { groups, .. } = &self.faults.list[number as usize].kind else { return };
        let runs = |id: &InstanceId| {
            let instance = &self.instances[*id];
            instance.state != InstanceState::Launching && !instance.lost
        };
        let of = |group: &GroupId| self.groups[*group].instances.iter().copied().filter(runs);
        let whose = |id: InstanceId| {
            let instance = &self.instances[id];
            (self.groups[instance.group].key, instance.ordinal)
        };
        let running = groups.iter().flat_map(of).map(|id| (whose(id), id)).collect();
        for id in self.chosen(number, running, count, now) {
            self.fail_instance(id, number, now, agenda);
        }
    }

    /// So many of those that run, drawn by their ordinals: the same in every variant that has them.
    pub(super) fn chosen<T>(
        &self,
        number: u32,
        running: Vec<((u64, u64), T)>,
        count: u32,
        now: Time,
    ) -> Vec<T> {
        let key = self.faults.list[number as usize].key;
        let lot = |(owner, ordinal): (u64, u64)| {
            self.luck.counted(Purpose::Fault, key ^ owner ^ now.nanos(), ordinal).next_u64()
        };
        let mut lots: Vec<(u64, (u64, u64), T)> =
            running.into_iter().map(|(whose, thing)| (lot(whose), whose, thing)).collect();
        lots.sort_by_key(|(lot, whose, _)| (*lot, *whose));
        lots.into_iter().take(count as usize).map(|(_, _, thing)| thing).collect()
    }

    /// Tasks of a service that run, by their ordinals.
    pub(super) fn running_tasks(&mut self, service: ServiceId) -> Vec<((u64, u64), TaskId)> {
        let key = self.services[service].key;
        let tasks: Vec<(u64, TaskId)> =
            self.services[service].containers().tasks.iter().map(|(ordinal, id)| (*ordinal, *id)).collect();
        let runs = |id: TaskId| {
            matches!(self.tasks[id].state, TaskState::Registering | TaskState::InService)
                && !self.tasks[id].lost
        };
        tasks.into_iter().filter(|(_, id)| runs(*id)).map(|(ordinal, id)| ((key, ordinal), id)).collect()
    }

    /// So many of a service's replicas crash at once.
    pub(super) fn crash_some(
        &mut self,
        number: u32,
        service: ServiceId,
        count: u32,
        now: Time,
        agenda: &mut Agenda,
    ) {
        if matches!(self.services[service].platform, Platform::Functions(_)) {
            let invoked = self.invocations(service, |_| true);
            let victims = self.chosen(number, invoked, count, now);
            let line = format!("{} environments of {} crash", victims.len(), self.services[service].name);
            self.note_fault(number, line, now);
            victims.into_iter().for_each(|id| self.cut_invocation(id, Lost::Crashed, now, agenda));
            return;
        }
        let running = self.running_tasks(service);
        let victims = self.chosen(number, running, count, now);
        let line = format!("{} tasks of {} crash", victims.len(), self.services[service].name);
        self.note_fault(number, line, now);
        for id in victims {
            self.crash(id, "a task crashed", "the task crashed", now, agenda);
        }
    }

    /// Invocations in work, by the seeds of their requests.
    pub(super) fn invocations(
        &self,
        service: ServiceId,
        which: impl Fn(u32) -> bool,
    ) -> Vec<((u64, u64), RequestId)> {
        let invoked = self
            .requests
            .iter()
            .filter(|(_, it)| it.call.service == service && it.stage == Stage::Invoked && which(it.place));
        invoked.map(|(id, it)| ((self.services[service].key, it.call.seed), id)).collect()
    }

    /// An invocation ends here and now, with the loss of its environment.
    pub(super) fn cut_invocation(&mut self, id: RequestId, why: Lost, now: Time, agenda: &mut Agenda) {
        let request = &mut self.requests[id];
        request.lost = Some(why);
        request.ends = Outcome::Failed;
        // An environment that was still starting is billed nothing.
        request.billed_from = request.billed_from.min(now);
        request.init = request.init.min(now - request.billed_from);
        request.due = now;
        let environment = &mut self.environments[EnvironmentId(request.place)];
        environment.reset = true;
        environment.fresh = true;
        agenda.schedule(FleetEvent::new(now, Kind::InvocationDone, 0, id.0));
    }

    /// What EC2 takes back within its first hour costs nothing (EC2 User Guide, billing for interrupted Spot Instances).
    fn waive_first_hour(&mut self, id: InstanceId, now: Time) {
        let instance = &mut self.instances[id];
        let early = |from: Time| now - from < Span::from_secs(3600);
        instance.waived = instance.running_from.is_some_and(early);
    }
}
