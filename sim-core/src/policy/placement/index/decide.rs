//! Decisions from the roots of the trees.

use super::tally::Tally;
use super::{Index, Part};
use crate::policy::placement::closest;
use crate::policy::placement::plan::{Link, Rules};
use crate::policy::view::placement::roster::Aim;
use crate::policy::view::placement::{Refusal, Roster};
use crate::policy::view::{PlacementDecision, StopDecision, draws};
use crate::random::pick;
use crate::text::Text;

impl<const M: usize> Index<M> {
    pub(super) fn decide_start(
        &mut self,
        rules: &Rules<'_>,
        roster: &mut Roster,
        luck: u64,
    ) -> PlacementDecision {
        let fit = self.stand();
        if fit == 0 {
            return self.refusal(rules, roster);
        }
        let mut reason = self.expecting(rules);
        reason = reason.number(fit).words(" of ").number(self.instances).words(" fit");
        let (reason, left) = self.narrow(rules, reason, fit);
        let instance = Some(self.select(roster, luck, left));
        PlacementDecision { instance, reason: reason.end(), refused: Vec::new(), closest: None }
    }

    pub(super) fn decide_stop(&mut self, rules: &Rules<'_>, roster: &Roster, luck: u64) -> StopDecision {
        let stoppable = self.stand();
        if stoppable == 0 {
            return StopDecision { instance: None, reason: "every task is protected".into() };
        }
        let reason = self.expecting(rules).number(stoppable).words(" instances have a task to stop");
        let (reason, left) = self.narrow(rules, reason, stoppable);
        StopDecision { instance: Some(self.select(roster, luck, left)), reason: reason.end() }
    }

    /// A text with room for the reason.
    fn expecting(&self, rules: &Rules<'_>) -> Text {
        Text::expecting(rules.rankers.iter().map(|(name, _)| name.len() + 14).sum::<usize>() + 36)
    }

    /// All cells with an instance that will do, and how many of those there are.
    fn stand(&mut self) -> u64 {
        self.standing.clear();
        let mut fit = 0;
        for (number, part) in self.parts.iter().enumerate() {
            for cell in 0..part.cells().len() {
                let its = part.root(cell).fit;
                if its > 0 {
                    fit += u64::from(its);
                    self.standing.push((number as u32, cell as u32));
                }
            }
        }
        fit
    }

    /// What the rankers leave, and how many that are.
    fn narrow(&mut self, rules: &Rules<'_>, mut reason: Text, mut left: u64) -> (Text, u64) {
        let mut numbers = 0;
        for ((name, _), link) in rules.rankers.iter().zip(&rules.plan.links) {
            if self.aim == Aim::Start && left == 1 {
                break;
            }
            match *link {
                Link::Nothing => {}
                Link::Own(own) => {
                    self.keep_least(|index, it| u64::from(index.root(it).least[own]));
                    numbers = own + 1;
                }
                Link::Shared(shared) => match self.aim {
                    Aim::Start => self.keep_least(|index, it| index.shared_tasks(it, shared)),
                    Aim::Stop => self.keep_least(|index, it| !index.shared_tasks(it, shared)),
                },
            }
            left = self.standing.iter().map(|it| self.root(*it).after(numbers)).sum();
            reason = reason.words(", ").words(name).words(" left ").number(left);
        }
        (reason, left)
    }

    /// Keeps the cells of which `key` is least.
    #[inline]
    fn keep_least(&mut self, key: impl Fn(&Self, (u32, u32)) -> u64) {
        if self.standing.len() == 1 {
            return;
        }
        let mut standing = std::mem::take(&mut self.standing);
        let least = standing.iter().map(|it| key(self, *it)).min();
        standing.retain(|it| Some(key(self, *it)) == least);
        self.standing = standing;
    }

    #[inline]
    fn root(&self, (part, cell): (u32, u32)) -> &Tally<M> {
        self.parts[part as usize].root(cell as usize)
    }

    fn shared_tasks(&self, (part, cell): (u32, u32), shared: usize) -> u64 {
        let value = self.parts[part as usize].cells()[cell as usize][shared];
        self.shared[shared].tasks[value as usize]
    }

    /// The instance of the draw, of those that are left.
    fn select(&self, roster: &Roster, luck: u64, left: u64) -> u32 {
        let mut k = pick(&mut draws(luck), left as usize) as u64;
        let least = &self.root(self.standing[0]).least;
        for its in self.standing.chunk_by(|(one, _), (other, _)| one == other) {
            let here: u64 = its.iter().map(|it| self.root(*it).after(M)).sum();
            if k < here {
                let part = its[0].0 as usize;
                let cells = its.iter().fold(0, |cells, (_, cell)| cells | 1_u64 << cell);
                let slot = self.parts[part].select(cells, least, k);
                return roster.at(self.group.unwrap_or(part), slot).instance;
            }
            k -= here;
        }
        unreachable!("the cells have as many instances as they say")
    }

    /// The answer where nothing fits: what refused how many, and the instance that came furthest.
    fn refusal(&self, rules: &Rules<'_>, roster: &mut Roster) -> PlacementDecision {
        let counts = rules.constraints.iter().zip(&self.refused).filter(|(_, count)| **count > 0);
        let refused =
            counts.map(|((name, _), count)| Refusal { constraint: name.clone(), instances: *count });
        let refused = refused.collect();
        let furthest = self.refused.iter().rposition(|count| *count > 0);
        let first = |constraint: usize| {
            let slot =
                |(number, part): (usize, &Part<M>)| Some((number, part.first_refused(constraint as u8)?));
            self.parts.iter().enumerate().find_map(slot)
        };
        let Some((constraint, (part, slot))) = furthest.and_then(|it| Some((it, first(it)?))) else {
            let reason = "the cluster has no instance".to_owned();
            return PlacementDecision { instance: None, reason, refused, closest: None };
        };
        let (task, groups) = roster.of(self.tenant);
        let candidate = groups[self.group.unwrap_or(part)].show(slot, self.tenant, self.aim);
        let candidate = candidate.expect("what is refused is there");
        let reason = closest(candidate, &rules.constraints[constraint].1.why_not(task, candidate));
        PlacementDecision { instance: None, reason, refused, closest: Some(candidate.instance) }
    }
}
