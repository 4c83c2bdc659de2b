//! The idle environments of one function, in the order in which they became idle.
//!
//! A fleet may have a million functions, most of them with one environment or none. So the list is threaded through the
//! environments themselves: a function keeps twelve bytes of it and asks for no memory of its own, and an environment is
//! found, taken out and put in without looking at any other but its neighbours.

use super::environment::{Environment, EnvironmentId};
use crate::arena::Slab;

pub(super) type Environments = Slab<EnvironmentId, Environment>;

/// No environment.
const NONE: EnvironmentId = EnvironmentId(u32::MAX);

/// An environment's neighbours in the list: who became idle before it, and who after.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    older: EnvironmentId,
    newer: EnvironmentId,
}

impl Links {
    /// Those of an environment that is in no list.
    pub(super) const NONE: Links = Links { older: NONE, newer: NONE };
}

/// Idle environments.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct IdleList {
    oldest: EnvironmentId,
    newest: EnvironmentId,
    len: u32,
}

impl IdleList {
    /// A list of none.
    pub(super) const EMPTY: IdleList = IdleList { oldest: NONE, newest: NONE, len: 0 };

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    /// The one that has been idle longest.
    #[inline]
    pub(super) fn oldest(&self) -> Option<EnvironmentId> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    /// The one that became idle last.
    #[inline]
    pub(super) fn newest(&self) -> Option<EnvironmentId> {
        (self.newest != NONE).then_some(self.newest)
    }

    /// All of them, that which has been idle longest first.
    pub(super) fn iter<'e>(
        &self,
        environments: &'e Environments,
    ) -> impl Iterator<Item = EnvironmentId> + use<'e> {
        let following = |id: &EnvironmentId| Some(environments[*id].links.newer).filter(|next| *next != NONE);
        std::iter::successors(self.oldest(), following)
    }

    /// Puts in an environment, which has become idle last.
    #[inline]
    pub(super) fn push(&mut self, environments: &mut Environments, id: EnvironmentId) {
        environments[id].links = Links { older: self.newest, newer: NONE };
        match self.newest() {
            Some(newest) => environments[newest].links.newer = id,
            None => self.oldest = id,
        }
        self.newest = id;
        self.len += 1;
    }

    /// Takes out an environment that is in this list.
    #[inline]
    pub(super) fn remove(&mut self, environments: &mut Environments, id: EnvironmentId) {
        let Links { older, newer } = std::mem::replace(&mut environments[id].links, Links::NONE);
        if older == NONE {
            self.oldest = newer;
        } else {
            environments[older].links.newer = newer;
        }
        if newer == NONE {
            self.newest = older;
        } else {
            environments[newer].links.older = older;
        }
        self.len -= 1;
    }

    /// Takes out all environments of which `which` holds, that which has been idle longest first.
    pub(super) fn take(
        &mut self,
        environments: &mut Environments,
        which: impl Fn(&Environment) -> bool,
    ) -> Vec<EnvironmentId> {
        let taken: Vec<EnvironmentId> =
            self.iter(environments).filter(|id| which(&environments[*id])).collect();
        taken.iter().for_each(|id| self.remove(environments, *id));
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;
    use crate::engine::Time;

    fn environment() -> Environment {
        Environment {
            created: Time::ZERO,
            idle_since: Time::ZERO,
            dies: Time::NEVER,
            provisioned: false,
            fresh: false,
            reset: false,
            zone: 0,
            speed: 1.0,
            links: Links::NONE,
        }
    }

    proptest! {
        /// The slow, obvious twin: a queue of ids, from which any is taken by searching it.
        #[test]
        fn agrees_with_a_queue(steps in prop::collection::vec((0_u8..6, 0_usize..40), 0..300)) {
            let mut environments = Environments::new();
            let (mut list, mut twin) = (IdleList::EMPTY, VecDeque::new());
            for (step, which) in steps {
                let taken = match step {
                    0 => list.newest(),
                    1 => list.oldest(),
                    2 => list.iter(&environments).nth(which),
                    _ => {
                        let id = environments.insert(environment());
                        list.push(&mut environments, id);
                        twin.push_back(id);
                        None
                    }
                };
                let expected = match step {
                    0 => twin.pop_back(),
                    1 => twin.pop_front(),
                    2 => twin.remove(which),
                    _ => None,
                };
                prop_assert_eq!(taken, expected);
                if let Some(id) = taken {
                    list.remove(&mut environments, id);
                    environments.remove(id);
                }
                prop_assert_eq!(list.len(), twin.len());
                prop_assert!(list.iter(&environments).eq(twin.iter().copied()));
                prop_assert_eq!((list.oldest(), list.newest()), (twin.front().copied(), twin.back().copied()));
            }
        }
    }
}
