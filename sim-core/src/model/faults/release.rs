//! Deployments, and replicas that are slow.

use super::FaultKind;
use crate::engine::Time;
use crate::model::fleet::{Agenda, Fleet};
use crate::model::function::EnvironmentId;
use crate::model::service::Platform;
use crate::model::task::{Leaving, TaskId};
use crate::observe::{Probe, ServiceId};
use crate::quantity::Percent;
use crate::random::{Purpose, open01};

impl<P: Probe> Fleet<P> {
    /// A new version replaces the old one. Tasks are replaced within the service's limits, and every instance has to pull the
    /// new image; environments are all new at once, but provisioned ones, which are prepared before the switch.
    pub(super) fn deploy(&mut self, number: u32, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let line = format!("a new version of {} is deployed", self.services[service].name);
        self.note_fault(number, line, now);
        if matches!(self.services[service].platform, Platform::Functions(_)) {
            self.end_idle(service, |_| true, now);
            let invoked = self.invocations(service, |_| true);
            for (_, id) in invoked {
                let place = self.requests[id].place;
                self.outdate_environment(EnvironmentId(place), now);
            }
            return;
        }
        let old: Vec<TaskId> = self.services[service].containers().tasks.values().copied().collect();
        for id in old {
            self.replace(id, Leaving::Deployment);
        }
        for id in self.instances.iter().map(|(id, _)| id).collect::<Vec<_>>() {
            self.instances[id].images.retain(|(whose, _)| *whose != service);
        }
        self.reconcile_soon(service, now, agenda);
    }

    /// Whether tasks of an old version are still there.
    pub(in crate::model) fn is_deploying(&mut self, service: ServiceId) -> bool {
        let old = |id: &TaskId| self.tasks[*id].leaving == Some(Leaving::Deployment);
        self.services[service].containers().leaving.iter().any(old)
    }

    /// A new task is as slow as the faults say that befall a share of all.
    pub(in crate::model) fn slow_from_birth(&mut self, id: TaskId, now: Time) {
        let task = &self.tasks[id];
        let slowness = self.slowness(task.service, self.services[task.service].key, task.ordinal);
        if slowness < 1.0 {
            let task = &mut self.tasks[id];
            task.slowness = slowness;
            task.cpu.change_speed(now, slowness);
        }
    }

    /// The speed of the k-th replica of an owner, as a share of what it should be.
    pub(in crate::model) fn slowness(&self, service: ServiceId, owner: u64, ordinal: u64) -> f64 {
        let mut speed = 1.0;
        for fault in &self.faults.list {
            if let FaultKind::Slow { service: of, speed: factor, share: Some(share), .. } = fault.kind
                && of == service
                && open01(&mut self.luck.counted(Purpose::Fault, fault.key ^ owner, ordinal)) < share
            {
                speed *= factor;
            }
        }
        speed
    }

    /// So many of a service's tasks become slow.
    pub(super) fn slow_some(&mut self, number: u32, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let running = self.running_tasks(service);
        let FaultKind::Slow { count, speed, .. } = self.faults.list[number as usize].kind else { return };
        let victims = self.chosen(number, running, count, now);
        let ordinals = victims.iter().map(|id| self.tasks[*id].ordinal).collect();
        if let FaultKind::Slow { victims, .. } = &mut self.faults.list[number as usize].kind {
            *victims = ordinals;
        }
        let name = &self.services[service].name;
        let speed_now = Percent(speed);
        let line = format!("{} tasks of {name} compute at {speed_now} of their speed", victims.len());
        self.note_fault(number, line, now);
        for id in victims {
            self.change_speed(id, speed, now, agenda);
        }
    }

    /// Those that are still there are as fast as before.
    pub(super) fn slow_no_more(&mut self, number: u32, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let FaultKind::Slow { speed, victims, .. } = &mut self.faults.list[number as usize].kind else {
            return;
        };
        let (speed, victims) = (*speed, std::mem::take(victims));
        let there = |ordinal: &u64| self.services[service].containers().tasks.get(ordinal).copied();
        let tasks: Vec<TaskId> = victims.iter().filter_map(there).collect();
        let line = format!("{} tasks of {} are as fast as before", tasks.len(), self.services[service].name);
        self.note_fault(number, line, now);
        for id in tasks {
            self.change_speed(id, 1.0 / speed, now, agenda);
        }
    }

    fn change_speed(&mut self, id: TaskId, factor: f64, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[id];
        task.slowness *= factor;
        task.cpu.change_speed(now, factor);
        self.cpu_changed(id, now, agenda);
    }
}
