//! What a chain goes by, where it says so link by link.

use super::constraints::Requirement;
use crate::policy::view::{Candidate, Constraint, Criterion, Ranker, TaskDemand};

/// What one ranker goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// Nothing.
    Nothing,
    /// The k-th number of the instances' own.
    Own(usize),
    /// The k-th of the attributes.
    Shared(usize),
}

/// What all rankers go by, in their order.
pub(super) struct Plan {
    pub links: Vec<Link>,
    pub own: Vec<fn(&Candidate) -> u32>,
    pub attributes: Vec<String>,
}

impl Plan {
    /// More numbers of their own than this are not kept in order.
    pub(super) const MOST_OWN: usize = 4;
    /// More constraints than this are not told apart.
    const MOST_CONSTRAINTS: usize = 200;

    /// The plan of a chain, if all of its links say what they go by.
    pub(super) fn of(
        constraints: &[(String, Box<dyn Constraint>)],
        rankers: &[(String, Box<dyn Ranker>)],
    ) -> Option<Plan> {
        let pure = constraints.iter().all(|(_, constraint)| constraint.is_pure());
        let mut plan = Plan { links: Vec::new(), own: Vec::new(), attributes: Vec::new() };
        for (_, ranker) in rankers {
            let link = match ranker.criterion() {
                Criterion::View => return None,
                Criterion::Nothing => Link::Nothing,
                Criterion::Own(number) => {
                    plan.own.push(number);
                    Link::Own(plan.own.len() - 1)
                }
                Criterion::Shared(attribute) => {
                    plan.attributes.push(attribute.to_owned());
                    Link::Shared(plan.attributes.len() - 1)
                }
            };
            plan.links.push(link);
        }
        let small = plan.own.len() <= Self::MOST_OWN && constraints.len() <= Self::MOST_CONSTRAINTS;
        (pure && small).then_some(plan)
    }
}

/// A chain and its plan, for one question.
pub(super) struct Rules<'a> {
    pub plan: &'a Plan,
    pub constraints: &'a [(String, Box<dyn Constraint>)],
    pub rankers: &'a [(String, Box<dyn Ranker>)],
}

impl Rules<'_> {
    /// The first constraint that refuses an instance.
    #[inline]
    pub(super) fn refusal(&self, task: &TaskDemand, candidate: &Candidate) -> Option<usize> {
        // The first ones are those of the task itself, as every chain begins with them: no need to call them one by one.
        let of_task = Requirement::ALL.len();
        let first = Requirement::ALL.iter().position(|requirement| !requirement.admits(task, candidate));
        first.or_else(|| {
            let own = self.constraints[of_task..].iter();
            let refuses = |(_, constraint): &(_, Box<dyn Constraint>)| !constraint.admits(task, candidate);
            own.map(refuses).position(|refuses| refuses).map(|position| position + of_task)
        })
    }
}
