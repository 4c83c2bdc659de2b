//! Instances in order: the same decisions as the chain's, without looking at every instance.
//!
//! A chain whose constraints are pure and whose rankers say what they go by needs to know three things: how many
//! instances will do, how many of them each ranker leaves, and which the k-th of the last ones is. All three can be put
//! together from those of two halves of the instances. So they are kept in trees ([`Part`]), where a change of one
//! instance is a change of the few nodes above it, and a decision reads the roots.
//!
//! Only what a ranker counts across instances (the tasks in a zone) does not fit: one task more changes it for all
//! instances of the zone. Instances that have all such values in common make a cell; a node holds each cell apart, and
//! what the cells' instances have in common is put between them only when a decision is taken.
//!
//! Nothing here decides differently from the chain over a slice, down to the last word of a reason: that one says what is
//! meant, and a test of random histories (`tests/twins/placement.rs`) holds this one to it.

mod decide;
mod part;
mod tally;

use std::sync::Arc;

use super::plan::{Plan, Rules};
use crate::policy::view::placement::roster::{Aim, Group};
use crate::policy::view::placement::{Question, Roster, Tenant};
use crate::policy::view::{Candidate, PlacementDecision, StopDecision, TaskDemand};
use part::{FITS, GONE, Leaf, Part};

/// More cells than this in one group of instances, and it is better to look at all of them.
const MOST_CELLS: usize = 64;

/// The service's tasks on all instances with the same value of an attribute.
#[derive(Default)]
struct Shared {
    values: Vec<Option<String>>,
    tasks: Vec<u64>,
}

impl Shared {
    fn number_of(&mut self, value: Option<&str>) -> u32 {
        let known = self.values.iter().position(|other| other.as_deref() == value);
        let number = known.unwrap_or_else(|| {
            self.values.push(value.map(str::to_owned));
            self.tasks.push(0);
            self.values.len() - 1
        });
        number as u32
    }
}

/// Instances in order for one kind of question: where a service's tasks start, or stop, on all instances or a group's.
/// `M` is how many numbers of their own order the instances.
pub(super) struct Index<const M: usize> {
    aim: Aim,
    tenant: Tenant,
    group: Option<usize>,
    roster: Arc<()>,
    parts: Vec<Part<M>>,
    shared: Vec<Shared>,
    /// How many instances each constraint refuses first.
    refused: Vec<u32>,
    instances: u64,
    /// There were too many cells once; it is not tried again.
    is_given_up: bool,
    /// Slots to look at, and cells in the running by part and cell; kept for their memory.
    changed: Vec<u32>,
    standing: Vec<(u32, u32)>,
}

/// An [`Index`] of any `M`.
pub(super) trait Ordered: Send {
    /// Whether it is about this roster.
    fn is_of(&self, roster: &Roster) -> bool;
    /// Whether it is about this.
    fn is_about(&self, aim: Aim, question: &Question, roster: &Roster) -> bool;
    /// Reads what has changed. False if the instances are too different from each other for an index.
    fn catch_up(&mut self, rules: &Rules<'_>, roster: &mut Roster) -> bool;
    /// Where to start a task; `catch_up` comes before.
    fn place(&mut self, rules: &Rules<'_>, roster: &mut Roster, luck: u64) -> PlacementDecision;
    /// Where to stop one; `catch_up` comes before.
    fn stop(&mut self, rules: &Rules<'_>, roster: &Roster, luck: u64) -> StopDecision;
}

/// An index for a kind of question, with nothing in it yet.
pub(super) fn index(plan: &Plan, aim: Aim, question: &Question, roster: &Roster) -> Box<dyn Ordered> {
    match plan.own.len() {
        0 | 1 => Box::new(Index::<1>::new(aim, question, roster)),
        2 => Box::new(Index::<2>::new(aim, question, roster)),
        _ => Box::new(Index::<{ Plan::MOST_OWN }>::new(aim, question, roster)),
    }
}

impl<const M: usize> Ordered for Index<M> {
    fn is_of(&self, roster: &Roster) -> bool {
        Arc::ptr_eq(&self.roster, roster.identity())
    }

    fn is_about(&self, aim: Aim, question: &Question, roster: &Roster) -> bool {
        (self.aim, self.tenant, self.group) == (aim, question.tenant, question.group) && self.is_of(roster)
    }

    fn catch_up(&mut self, rules: &Rules<'_>, roster: &mut Roster) -> bool {
        if self.is_given_up {
            return false;
        }
        let (task, groups) = roster.of(self.tenant);
        let groups = match self.group {
            Some(only) => &mut groups[only..=only],
            None => groups,
        };
        let mut numbered = groups.iter_mut().enumerate();
        let read = self.parts.len() == numbered.len();
        if read && numbered.all(|(number, group)| self.read_on(rules, number, task, group)) {
            return true;
        }
        self.is_given_up = !self.read_all(rules, task, groups);
        !self.is_given_up
    }

    fn place(&mut self, rules: &Rules<'_>, roster: &mut Roster, luck: u64) -> PlacementDecision {
        self.decide_start(rules, roster, luck)
    }

    fn stop(&mut self, rules: &Rules<'_>, roster: &Roster, luck: u64) -> StopDecision {
        self.decide_stop(rules, roster, luck)
    }
}

impl<const M: usize> Index<M> {
    fn new(aim: Aim, question: &Question, roster: &Roster) -> Self {
        Index {
            aim,
            tenant: question.tenant,
            group: question.group,
            roster: roster.identity().clone(),
            parts: Vec::new(),
            shared: Vec::new(),
            refused: Vec::new(),
            instances: 0,
            is_given_up: false,
            changed: Vec::new(),
            standing: Vec::new(),
        }
    }

    /// Reads what has changed in a group since it was read last. False if reading all of it is less work, or the only way.
    fn read_on(&mut self, rules: &Rules<'_>, number: usize, task: &TaskDemand, group: &mut Group) -> bool {
        let part = &mut self.parts[number];
        if part.layout != group.layout() {
            return false;
        }
        let Some(changes) = group.changes().after(part.seen.0) else { return false };
        self.changed.clear();
        self.changed.extend_from_slice(changes);
        if self.aim == Aim::Stop {
            let Some(staying) = group.staying_changes().after(part.seen.1) else { return false };
            self.changed.extend_from_slice(staying);
        }
        // A change takes about as long as eight instances when all are read.
        if self.changed.len() > 8 + part.len() / 8 {
            return false;
        }
        part.seen = (group.changes().count(), group.staying_changes().count());
        let changed = std::mem::take(&mut self.changed);
        let read = changed.iter().all(|slot| self.look(rules, number, *slot as usize, task, group));
        self.changed = changed;
        read
    }

    /// Reads everything.
    fn read_all(&mut self, rules: &Rules<'_>, task: &TaskDemand, groups: &mut [Group]) -> bool {
        self.parts.clear();
        self.shared.clear();
        self.shared.resize_with(rules.plan.attributes.len(), Shared::default);
        self.refused = vec![0; rules.constraints.len()];
        self.instances = 0;
        for (number, group) in groups.iter_mut().enumerate() {
            let seen = (group.changes().count(), group.staying_changes().count());
            self.parts.push(Part::new(group.layout(), seen));
            if !(0..group.slots()).all(|slot| self.look(rules, number, slot, task, group)) {
                return false;
            }
            self.parts[number].make_tree();
        }
        true
    }

    /// Looks at one instance, and keeps what it sees. False if there are too many cells.
    fn look(
        &mut self,
        rules: &Rules<'_>,
        number: usize,
        slot: usize,
        task: &TaskDemand,
        group: &mut Group,
    ) -> bool {
        let before = self.parts[number].leaf(slot);
        let (leaf, numbers) = match group.show(slot, self.tenant, self.aim) {
            Some(candidate) => {
                let cell = match before {
                    Some(leaf) if leaf.verdict != GONE => leaf.cell,
                    _ => self.cell_of(rules, number, candidate),
                };
                let verdict = self.verdict(rules, task, candidate);
                let leaf = Leaf { tasks: candidate.service_tasks, cell, verdict };
                (leaf, self.numbers(rules, candidate))
            }
            None => (Leaf { tasks: 0, cell: before.map_or(0, |leaf| leaf.cell), verdict: GONE }, [0; M]),
        };
        if usize::from(leaf.cell) >= MOST_CELLS {
            return false;
        }
        self.count(number, before, leaf);
        self.parts[number].put(slot, leaf, numbers);
        true
    }

    fn verdict(&self, rules: &Rules<'_>, task: &TaskDemand, candidate: &Candidate) -> u8 {
        let refusal = match self.aim {
            Aim::Start => rules.refusal(task, candidate),
            Aim::Stop => (candidate.service_tasks <= candidate.protected_tasks).then_some(0),
        };
        refusal.map_or(FITS, |constraint| constraint as u8)
    }

    /// The numbers that order an instance, the best the least.
    fn numbers(&self, rules: &Rules<'_>, candidate: &Candidate) -> [u32; M] {
        let mut numbers = [0; M];
        for (number, own) in numbers.iter_mut().zip(&rules.plan.own) {
            *number = if self.aim == Aim::Start { own(candidate) } else { !own(candidate) };
        }
        numbers
    }

    fn cell_of(&mut self, rules: &Rules<'_>, number: usize, candidate: &Candidate) -> u16 {
        let values = self.shared.iter_mut().zip(&rules.plan.attributes);
        let values: Vec<u32> =
            values.map(|(shared, attribute)| shared.number_of(candidate.attribute(attribute))).collect();
        self.parts[number].cell_of(&values) as u16
    }

    /// Counts an instance as it is now instead of as it was.
    fn count(&mut self, number: usize, before: Option<Leaf>, leaf: Leaf) {
        let counts = |leaf: &Leaf| leaf.verdict != GONE;
        let before = before.filter(counts);
        self.instances += u64::from(counts(&leaf));
        self.instances -= u64::from(before.is_some());
        if let Some(refused) = self.refused.get_mut(usize::from(leaf.verdict)) {
            *refused += 1;
        }
        if let Some(refused) = before.and_then(|leaf| self.refused.get_mut(usize::from(leaf.verdict))) {
            *refused -= 1;
        }
        let tasks_before = before.map_or(0, |leaf| leaf.tasks);
        if leaf.tasks == tasks_before {
            return;
        }
        let values = &self.parts[number].cells()[usize::from(leaf.cell)];
        for (shared, value) in self.shared.iter_mut().zip(values) {
            let tasks = &mut shared.tasks[*value as usize];
            *tasks = *tasks + u64::from(leaf.tasks) - u64::from(tasks_before);
        }
    }
}
