//! One group of instances on a roster.
//!
//! An instance keeps its slot for as long as it is there, in the order of arrival. What a gone one leaves is closed up
//! when there is as much of it as of the rest, or when somebody wants to see all instances in a row.

use std::sync::Arc;

use super::{Aim, Candidate, Changes, TaskDemand, Tenant};

/// How many changes are remembered at least, however small the group.
const REMEMBERED: usize = 64;

/// Tasks of one service on an instance: all, and those that can still be told to stop.
#[derive(Clone, Copy, Default)]
struct Own {
    tasks: u32,
    staying: u32,
}

/// Instances in slots.
#[derive(Default)]
pub(in crate::policy) struct Group {
    candidates: Vec<Candidate>,
    gone: Vec<bool>,
    holes: usize,
    /// By tenant and slot; of a service without tasks there is nothing.
    own: Vec<Vec<Own>>,
    /// What concerns everybody, and what concerns only those who stop tasks.
    changes: Changes,
    staying_changes: Changes,
    /// How often instances have changed their slots.
    layout: u64,
}

impl Group {
    pub(super) fn add(&mut self, candidate: Candidate) -> usize {
        let slot = self.candidates.len();
        self.candidates.push(candidate);
        self.gone.push(false);
        self.changed(slot);
        slot
    }

    pub(super) fn remove(&mut self, slot: usize) {
        self.gone[slot] = true;
        self.holes += 1;
        self.changed(slot);
    }

    /// Whether more slots are empty than taken.
    pub(super) fn is_sparse(&self) -> bool {
        self.holes > REMEMBERED + self.candidates.len() / 2
    }

    /// Leaves no slot empty between others; `places` are told who has moved.
    pub(super) fn close_up(&mut self, number: u32, places: &mut [Option<(u32, u32)>]) {
        if self.holes == 0 {
            return;
        }
        let gone = std::mem::take(&mut self.gone);
        retain(&mut self.candidates, &gone);
        self.own.iter_mut().for_each(|own| retain(own, &gone));
        self.gone = vec![false; self.candidates.len()];
        self.holes = 0;
        self.layout += 1;
        for (slot, candidate) in self.candidates.iter().enumerate() {
            places[candidate.instance as usize] = Some((number, slot as u32));
        }
    }

    pub(super) fn set_active(&mut self, slot: usize, active: bool) {
        self.candidates[slot].active = active;
        self.changed(slot);
    }

    pub(super) fn take(&mut self, slot: usize, tenant: Tenant, demand: &TaskDemand, name: &Arc<str>) {
        let candidate = &mut self.candidates[slot];
        assert!(candidate.active, "a placement chooses an active instance");
        let take = |free: &mut u32, wanted: u32| {
            *free = free.checked_sub(wanted).expect("a placement chooses an instance with room");
        };
        take(&mut candidate.free_cpu_units, demand.cpu_units);
        take(&mut candidate.free_memory_mib, demand.memory_mib);
        take(&mut candidate.free_network_interfaces, demand.network_interfaces);
        for port in &demand.static_ports {
            let free = !candidate.used_ports.contains(port);
            assert!(free, "a placement chooses an instance with its ports free");
            candidate.used_ports.push(*port);
        }
        candidate.tasks += 1;
        let own = self.own_mut(slot, tenant);
        own.tasks += 1;
        own.staying += 1;
        if own.tasks == 1 {
            self.candidates[slot].groups.push(name.clone());
        }
        self.changed(slot);
    }

    pub(super) fn give_back(&mut self, slot: usize, tenant: Tenant, demand: &TaskDemand, name: &Arc<str>) {
        let candidate = &mut self.candidates[slot];
        candidate.free_cpu_units += demand.cpu_units;
        candidate.free_memory_mib += demand.memory_mib;
        candidate.free_network_interfaces += demand.network_interfaces;
        candidate.used_ports.retain(|port| !demand.static_ports.contains(port));
        candidate.tasks -= 1;
        let own = self.own_mut(slot, tenant);
        own.tasks -= 1;
        if own.tasks == 0 {
            // Names are shared, so the same one is at the same place.
            self.candidates[slot].groups.retain(|group| !Arc::ptr_eq(group, name));
        }
        self.changed(slot);
    }

    pub(super) fn staying_changed(&mut self, slot: usize, tenant: Tenant, by: i32) {
        let own = self.own_mut(slot, tenant);
        own.staying = own.staying.checked_add_signed(by).expect("a task leaves once");
        self.staying_changes.note(slot, self.candidates.len().max(REMEMBERED));
    }

    pub(super) fn get(&self, slot: usize) -> Option<&Candidate> {
        (!self.gone[slot]).then(|| &self.candidates[slot])
    }

    /// Everything that there is, for a group without holes.
    pub(super) fn show_all(&mut self, tenant: Tenant, aim: Aim) -> &[Candidate] {
        for slot in 0..self.candidates.len() {
            self.candidates[slot].service_tasks = self.own_tasks(slot, tenant, aim);
        }
        &self.candidates
    }

    /// Everything that there is, for a group without holes; whose `service_tasks` those are is left open.
    pub(super) fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// How many of a service's own tasks count on an instance.
    pub(super) fn own_tasks(&self, slot: usize, tenant: Tenant, aim: Aim) -> u32 {
        let own = self.own.get(tenant.index()).and_then(|own| own.get(slot));
        own.map_or(0, |own| if aim == Aim::Start { own.tasks } else { own.staying })
    }

    /// The instance of a slot as a decision of `tenant` sees it, if it is not gone.
    #[inline]
    pub(in crate::policy) fn show(&mut self, slot: usize, tenant: Tenant, aim: Aim) -> Option<&Candidate> {
        if self.gone[slot] {
            return None;
        }
        let tasks = self.own_tasks(slot, tenant, aim);
        let candidate = &mut self.candidates[slot];
        candidate.service_tasks = tasks;
        Some(candidate)
    }

    /// How many slots there are.
    pub(in crate::policy) fn slots(&self) -> usize {
        self.candidates.len()
    }

    /// Changes of what an instance has.
    pub(in crate::policy) fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Changes of nothing but who can be told to stop.
    pub(in crate::policy) fn staying_changes(&self) -> &Changes {
        &self.staying_changes
    }

    /// Another number when instances have changed their slots.
    pub(in crate::policy) fn layout(&self) -> u64 {
        self.layout
    }

    fn changed(&mut self, slot: usize) {
        self.changes.note(slot, self.candidates.len().max(REMEMBERED));
    }

    fn own_mut(&mut self, slot: usize, tenant: Tenant) -> &mut Own {
        if self.own.len() <= tenant.index() {
            self.own.resize_with(tenant.index() + 1, Vec::new);
        }
        let own = &mut self.own[tenant.index()];
        if own.len() <= slot {
            own.resize(slot + 1, Own::default());
        }
        &mut own[slot]
    }
}

/// Keeps what is not gone; `items` may be shorter than `gone`.
fn retain<T>(items: &mut Vec<T>, gone: &[bool]) {
    let mut gone = gone.iter();
    items.retain(|_| gone.next() == Some(&false));
}
