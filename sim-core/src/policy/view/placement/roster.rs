//! A cluster's instances as its scheduler keeps them between decisions.
//!
//! A view is a picture of one moment. Making one for each task would look at every instance for each task, so the
//! scheduler keeps a roster: additions and subtractions keep it up to date, and every change is noted in a list. Whoever
//! keeps something in order that follows from the roster (an index of a placement, the pictures themselves) reads on in
//! that list from where it stopped, and need not look at what has not changed.
//!
//! What an instance has left is the same for all services; how many of its tasks are a service's own is counted for each
//! service apart, so that services can take turns without counting anew.

mod changes;
mod group;
mod whole;

use std::borrow::Cow;
use std::sync::Arc;

use super::{Candidate, PlacementView, StopView, TaskDemand};
pub(in crate::policy) use changes::Changes;
pub(in crate::policy) use group::Group;
use whole::Whole;

/// A service that places tasks on a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tenant(u32);

impl Tenant {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a placement is asked about a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The service whose task is to start or stop.
    pub tenant: Tenant,
    /// The only group that will do, by its number; none if all will.
    pub group: Option<usize>,
    /// The seed of all draws of this decision.
    pub luck: u64,
}

/// What a decision is about, which says which of a service's tasks are its own on an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) enum Aim {
    /// Where a task starts: all of them.
    Start,
    /// Where one stops: those that can still be told to.
    Stop,
}

/// A cluster's instances, group after group, and the services that place tasks on them.
pub struct Roster {
    /// Known to be the same by whoever keeps something that follows from it.
    identity: Arc<()>,
    groups: Vec<Group>,
    tenants: Vec<(TaskDemand, Arc<str>)>,
    /// The group and the slot of each instance, by its number.
    places: Vec<Option<(u32, u32)>>,
    /// All groups in a row, for who wants to see them.
    whole: Whole,
}

impl Roster {
    /// The roster of a cluster with so many groups of instances, none of which has any yet.
    pub fn new(groups: usize) -> Self {
        Roster {
            identity: Arc::new(()),
            groups: (0..groups).map(|_| Group::default()).collect(),
            tenants: Vec::new(),
            places: Vec::new(),
            whole: Whole::default(),
        }
    }

    /// A service comes whose tasks need `demand`, each of them.
    pub fn add_tenant(&mut self, demand: TaskDemand) -> Tenant {
        let name = Arc::from(demand.group.as_str());
        self.tenants.push((demand, name));
        Tenant(self.tenants.len() as u32 - 1)
    }

    /// An instance without tasks comes to a group, after those that it has.
    ///
    /// # Panics
    /// If there is an instance of this number.
    pub fn add(&mut self, group: usize, candidate: Candidate) {
        let number = candidate.instance as usize;
        if self.places.len() <= number {
            self.places.resize(number + 1, None);
        }
        assert!(self.places[number].is_none(), "an instance registers once");
        let slot = self.groups[group].add(candidate);
        self.places[number] = Some((group as u32, slot as u32));
    }

    /// An instance is gone, and what ran on it does not count any more.
    pub fn remove(&mut self, instance: u32) {
        let Some((group, slot)) = self.place(instance) else { return };
        self.places[instance as usize] = None;
        let group_number = group as u32;
        let group = &mut self.groups[group];
        group.remove(slot);
        if group.is_sparse() {
            group.close_up(group_number, &mut self.places);
        }
    }

    /// Whether the scheduler may place tasks on an instance.
    pub fn set_active(&mut self, instance: u32, active: bool) {
        if let Some((group, slot)) = self.place(instance) {
            self.groups[group].set_active(slot, active);
        }
    }

    /// A task of `tenant` starts on an instance.
    ///
    /// # Panics
    /// If the instance is not on the roster, is not active, or has no room: no placement may choose such a one.
    pub fn take(&mut self, tenant: Tenant, instance: u32) {
        let (group, slot) = self.place(instance).expect("a placement chooses one of its candidates");
        let (demand, name) = &self.tenants[tenant.index()];
        self.groups[group].take(slot, tenant, demand, name);
    }

    /// A task of `tenant` on an instance can not be told to stop any more: it has been, or is to be replaced.
    pub fn leaves(&mut self, tenant: Tenant, instance: u32) {
        if let Some((group, slot)) = self.place(instance) {
            self.groups[group].staying_changed(slot, tenant, -1);
        }
    }

    /// A task that was to be replaced stays.
    pub fn stays(&mut self, tenant: Tenant, instance: u32) {
        if let Some((group, slot)) = self.place(instance) {
            self.groups[group].staying_changed(slot, tenant, 1);
        }
    }

    /// A task of `tenant` that was told to stop is gone from an instance, which has its resources back.
    pub fn give_back(&mut self, tenant: Tenant, instance: u32) {
        if let Some((group, slot)) = self.place(instance) {
            let (demand, name) = &self.tenants[tenant.index()];
            self.groups[group].give_back(slot, tenant, demand, name);
        }
    }

    /// An instance as it is, if it is on the roster; whose tasks its `service_tasks` are is left open.
    pub fn candidate(&self, instance: u32) -> Option<&Candidate> {
        let (group, slot) = self.place(instance)?;
        self.groups[group].get(slot)
    }

    /// What a placement sees when a task is to start.
    pub fn place_view(&mut self, question: &Question) -> PlacementView<'_> {
        let (task, candidates) = self.show(question, Aim::Start);
        PlacementView { task: Cow::Borrowed(task), candidates: candidates.into(), luck: question.luck }
    }

    /// What a placement sees when a task is to stop.
    pub fn stop_view(&mut self, question: &Question) -> StopView<'_> {
        let (task, candidates) = self.show(question, Aim::Stop);
        StopView { task: Cow::Borrowed(task), candidates: candidates.into(), luck: question.luck }
    }

    /// All instances in a row, which is as much work as there are instances.
    fn show(&mut self, question: &Question, aim: Aim) -> (&TaskDemand, &[Candidate]) {
        let group = if self.groups.len() == 1 { Some(0) } else { question.group };
        for (number, group) in self.groups.iter_mut().enumerate() {
            group.close_up(number as u32, &mut self.places);
        }
        let task = &self.tenants[question.tenant.index()].0;
        let candidates = match group {
            Some(group) => self.groups[group].show_all(question.tenant, aim),
            None => self.whole.show(&self.groups, question.tenant, aim),
        };
        (task, candidates)
    }

    /// The instance of a slot that is not empty.
    pub(in crate::policy) fn at(&self, group: usize, slot: usize) -> &Candidate {
        &self.groups[group].candidates()[slot]
    }

    fn place(&self, instance: u32) -> Option<(usize, usize)> {
        let (group, slot) = (*self.places.get(instance as usize)?)?;
        Some((group as usize, slot as usize))
    }

    /// What is the same as long as it is this roster.
    pub(in crate::policy) fn identity(&self) -> &Arc<()> {
        &self.identity
    }

    /// What a task of `tenant` needs, and the groups, to look at one instance after the other.
    pub(in crate::policy) fn of(&mut self, tenant: Tenant) -> (&TaskDemand, &mut [Group]) {
        (&self.tenants[tenant.index()].0, &mut self.groups)
    }
}
