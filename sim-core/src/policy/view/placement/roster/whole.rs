//! All groups of a roster in one row, for policies that look at everything.
//!
//! Instances of several groups stand apart, so a row of all of them is a copy. It is kept, and only what has changed is
//! copied again.

use super::{Aim, Candidate, Group, Tenant};

/// The row, and what it was made of.
#[derive(Default)]
pub(super) struct Whole {
    row: Vec<Candidate>,
    /// Of each group: its layout, how many slots it had, and how many changes it had seen.
    made_of: Vec<(u64, usize, u64)>,
}

impl Whole {
    /// The row as a decision of `tenant` sees it. No group has holes.
    pub(super) fn show(&mut self, groups: &[Group], tenant: Tenant, aim: Aim) -> &[Candidate] {
        if !self.catch_up(groups) {
            self.row.clear();
            groups.iter().for_each(|group| self.row.extend_from_slice(group.candidates()));
        }
        let seen = |group: &Group| (group.layout(), group.slots(), group.changes().count());
        self.made_of = groups.iter().map(seen).collect();
        let own = groups
            .iter()
            .flat_map(|group| (0..group.slots()).map(move |slot| group.own_tasks(slot, tenant, aim)));
        self.row.iter_mut().zip(own).for_each(|(candidate, tasks)| candidate.service_tasks = tasks);
        &self.row
    }

    /// Copies what has changed, unless instances have come or moved, or too much is forgotten.
    fn catch_up(&mut self, groups: &[Group]) -> bool {
        let same = |((layout, slots, _), group): (&(u64, usize, u64), &Group)| {
            (*layout, *slots) == (group.layout(), group.slots())
        };
        if self.made_of.len() != groups.len() || !self.made_of.iter().zip(groups).all(same) {
            return false;
        }
        let mut first = 0;
        for ((_, slots, seen), group) in self.made_of.iter().zip(groups) {
            let Some(changed) = group.changes().after(*seen) else { return false };
            for slot in changed.iter().map(|slot| *slot as usize) {
                self.row[first + slot].clone_from(&group.candidates()[slot]);
            }
            first += slots;
        }
        true
    }
}
