//! How groups become larger and smaller: what is missing is launched; of what is too much termination policies choose, and
//! what they choose is drained or goes at once, with everything on it.

use super::{InstanceId, InstanceState, luck_word};
use crate::engine::Time;
use crate::model::fleet::{Agenda, Fleet};
use crate::model::task::Leaving;
use crate::observe::{DecisionKind, GroupId, InstanceFact, Probe, zone_name};
use crate::policy::view::{GroupInstance, TerminationView};
use crate::random::Purpose;

impl<P: Probe> Fleet<P> {
    /// Makes the group as large as it is meant to be: launches what is missing, terminates what may go.
    pub(in crate::model) fn resize_group(&mut self, group_id: GroupId, now: Time, agenda: &mut Agenda) {
        let group = &self.groups[group_id];
        let desired = group.desired as usize;
        // An instance that is taken back counts until it is gone: capacity rebalancing is off.
        let staying = |id: &&InstanceId| {
            let instance = &self.instances[**id];
            instance.state != InstanceState::Draining || instance.taken_back.is_some()
        };
        let alive = group.instances.iter().filter(staying).count();
        let mut in_zone = self.staying_in_zones(group_id);
        for _ in alive..desired {
            let Some(zone) = self.poorest_group_zone(&mut in_zone) else { break };
            self.launch_instance(group_id, zone, now, agenda);
        }
        for _ in desired..alive {
            let Some((victim, reason)) = self.group_victim(group_id, now) else { return };
            self.drain_or_terminate(victim, &reason, now, agenda);
        }
    }

    /// The instance that leaves a shrinking group, if one may.
    fn group_victim(&mut self, group_id: GroupId, now: Time) -> Option<(InstanceId, String)> {
        let group = &mut self.groups[group_id];
        let protected = group.protected;
        let instances = group
            .instances
            .iter()
            .map(|id| (*id, &self.instances[*id]))
            .filter(|(_, instance)| matches!(instance.state, InstanceState::Active | InstanceState::Booting))
            .map(|(id, instance)| GroupInstance {
                instance: id.0,
                zone: zone_name(instance.zone),
                launched: instance.launched_at,
                protected: protected && !instance.tasks.is_empty(),
                tasks: instance.tasks.len() as u32,
            })
            .collect();
        let luck = self.luck.counted(Purpose::Policy, group.key, now.nanos());
        let decision = group.termination.decide(&TerminationView { now, instances, luck: luck_word(luck) });
        let chosen = InstanceId(decision.instance?);
        self.groups[group_id].instances.contains(&chosen).then_some((chosen, decision.reason))
    }

    fn drain_or_terminate(&mut self, id: InstanceId, reason: &str, now: Time, agenda: &mut Agenda) {
        let group = self.instances[id].group;
        if self.instances[id].tasks.is_empty() || !self.groups[group].draining {
            self.terminate(id, reason, now, agenda);
            return;
        }
        self.drain(id, now, agenda);
    }

    /// Takes no more tasks on an instance, and has those on it replaced.
    pub(in crate::model) fn drain(&mut self, id: InstanceId, now: Time, agenda: &mut Agenda) {
        let group = self.instances[id].group;
        self.leave_active(id);
        self.instances[id].state = InstanceState::Draining;
        let cluster = self.groups[group].cluster;
        self.clusters[cluster].roster.set_active(id.0, false);
        self.instance_fact(now, id, InstanceFact::Draining);
        self.active_level(group, now);
        for index in 0..self.instances[id].tasks.len() {
            let task = self.instances[id].tasks[index];
            self.replace(task, Leaving::Instance);
            self.reconcile_soon(self.tasks[task].service, now, agenda);
        }
    }

    /// An instance takes no more tasks, if it took any.
    fn leave_active(&mut self, id: InstanceId) {
        let instance = &self.instances[id];
        self.groups[instance.group].active -= u32::from(instance.state == InstanceState::Active);
    }

    /// Ends an instance and everything on it.
    pub(in crate::model) fn terminate(
        &mut self,
        id: InstanceId,
        reason: &str,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let group_id = self.instances[id].group;
        let owner = self.groups[group_id].name.clone();
        let before = self.groups[group_id].instances.len() as u64;
        let tasks = self.instances[id].tasks.clone();
        let name = format!("instance {} in {}", id.0, zone_name(self.instances[id].zone));
        self.note(
            now,
            DecisionKind::Removal,
            &owner,
            (Some(before), Some(before - 1)),
            format!("{name}, {} tasks on it: {reason}", tasks.len()),
        );
        // Nothing may be placed on it while it is taken apart.
        let cluster = self.groups[group_id].cluster;
        self.clusters[cluster].roster.remove(id.0);
        for task in tasks {
            let service = self.tasks[task].service;
            self.remove_task(task, "its instance was terminated", now, agenda);
            self.reconcile_soon(service, now, agenda);
        }
        self.bill_instance(id, Some(now));
        self.leave_active(id);
        self.groups[group_id].instances.retain(|other| *other != id);
        let instance = self.instances.remove(id);
        self.instance_fact(now, id, InstanceFact::Gone);
        if instance.state != InstanceState::Launching {
            self.groups[group_id].running -= 1;
            self.capacity_level(group_id, now);
        }
        self.active_level(group_id, now);
    }
}
