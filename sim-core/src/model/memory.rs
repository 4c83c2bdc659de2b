//! Memory in use by tasks and on instances, and what the kernel does when there is not enough of it.
//!
//! A task that exceeds its own limit is killed. Where placement goes by soft limits, tasks may together need more than their
//! instance has, although none exceeds its limit; then the kernel kills one, and the next if that was not enough. The choice is
//! that of the task furthest above its reservation: the agent makes a container the likelier victim the less of its memory it
//! has reserved, and the kernel prefers what uses most. At least one is above, since reservations never exceed what there is.

use super::cluster::{Group, InstanceId};
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use super::task::{Killed, Task, TaskId};
use crate::engine::Time;
use crate::observe::{DecisionKind, Gauge, Owner, Probe, ReplicaFact};

impl Task {
    /// By how much it uses more memory than placement has reserved for it, in KiB.
    fn above_reservation(&self) -> i64 {
        self.memory_kib as i64 - self.reserved_kib as i64
    }
}

impl Group {
    /// What one instance has for tasks.
    fn memory_kib(&self) -> u64 {
        u64::from(self.memory_mib) << 10
    }
}

impl<P: Probe> Fleet<P> {
    /// A task uses more or less memory, and with it its service and the instance that it is on.
    pub(super) fn memory_changed(&mut self, id: TaskId, by_kib: i64, now: Time) {
        let changed = |used: u64| used.checked_add_signed(by_kib).expect("memory in use is not negative");
        let task = &mut self.tasks[id];
        task.memory_kib = changed(task.memory_kib);
        let (service, instance, own) = (task.service, task.instance, task.memory_kib);
        self.task_fact(now, id, ReplicaFact::Memory(own));
        let containers = self.services[service].containers();
        containers.memory_used_kib = changed(containers.memory_used_kib);
        let used = containers.memory_used_kib;
        containers.telemetry.memory.set(now, used);
        self.level(service, Gauge::MemoryUsed, used, now);
        if let Some(instance) = instance {
            let instance = &mut self.instances[instance];
            let group = &mut self.groups[instance.group];
            let fits = instance.memory_kib <= group.memory_kib() || instance.memory_since == now;
            assert!(fits, "the kernel kills at once when an instance has no memory left");
            instance.memory_kib = changed(instance.memory_kib);
            instance.memory_since = now;
            group.memory_used_kib = changed(group.memory_used_kib);
            self.probe.level(now, Owner::Group(instance.group), Gauge::MemoryUsed, group.memory_used_kib);
        }
    }

    /// After a task has come to use more: the kernel kills it if it exceeds its limit, and whatever its instance has no memory
    /// for.
    pub(super) fn check_memory(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let Some(task) = self.tasks.get(id) else { return };
        let (used, instance) = (task.memory_kib, task.instance);
        let limit = u64::from(self.services[task.service].containers().memory.0) << 10;
        if used > limit {
            self.condemn(id, Killed::OverLimit, now, agenda);
        }
        if let Some(instance) = instance {
            self.relieve(instance, now, agenda);
        }
    }

    /// Kills tasks until what is left on an instance fits into its memory.
    fn relieve(&mut self, id: InstanceId, now: Time, agenda: &mut Agenda) {
        let instance = &self.instances[id];
        let limit = self.groups[instance.group].memory_kib();
        if instance.memory_kib <= limit {
            return;
        }
        let mut living = instance.tasks.clone();
        living.retain(|task| self.tasks[*task].killed.is_none());
        living.sort_by_key(|task| (self.tasks[*task].above_reservation(), *task));
        let mut used: u64 = living.iter().map(|task| self.tasks[*task].memory_kib).sum();
        while used > limit
            && let Some(victim) = living.pop()
        {
            used -= self.tasks[victim].memory_kib;
            self.condemn(victim, Killed::InstanceFull, now, agenda);
        }
    }

    /// This instant is a task's last. Its step event takes it down, so that nobody up the stack holds a task that is gone.
    fn condemn(&mut self, id: TaskId, why: Killed, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[id];
        if task.killed.replace(why).is_none() {
            task.due = now;
            agenda.schedule(FleetEvent::new(now, Kind::TaskStep, 0, id.0));
        }
    }

    /// The kernel kills a task; its service replaces it.
    pub(super) fn kill(&mut self, id: TaskId, why: Killed, now: Time, agenda: &mut Agenda) {
        let service = self.tasks[id].service;
        let owner = self.services[service].name.clone();
        let (line, reason) = match why {
            Killed::OverLimit => {
                ("a task exceeded its memory limit and was killed", "the task exceeded its memory limit")
            }
            Killed::InstanceFull => (
                "out of memory on the instance: the task furthest above its reservation was killed",
                "out of memory on the instance",
            ),
        };
        self.note(now, DecisionKind::Removal, &owner, (None, None), line);
        self.remove_task(id, reason, now, agenda);
        self.reconcile_soon(service, now, agenda);
    }
}
