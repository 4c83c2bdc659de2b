//! Where tasks start and stop: a chain of constraints, then rankers.
//!
//! ECS Developer Guide, "Task placement". The constraints that follow from the task itself (an active instance of its
//! architecture with room for its CPU, memory, ports and interfaces) come first and always; a service's own follow.
//! Rankers are lexicographic: each narrows what its predecessors left. What is equal to the end is drawn.
//!
//! What a chain decides is what [`Chain`] says of a view, instance by instance. On a roster it keeps the instances in order
//! and comes to the same, if all of its links allow that; a policy of a user's own among them is shown the view.

mod constraints;
mod expression;
mod index;
mod plan;
mod rankers;
#[cfg(test)]
mod tests;

pub use constraints::{DistinctInstance, MemberOf, Requirement};
pub use expression::{Expression, SyntaxError};
pub use rankers::{Binpack, Random, Spread, keep_least, keep_most};

use super::view::placement::roster::Aim;
use super::view::placement::{Question, Refusal, Roster};
use super::view::{
    Candidate, Constraint, Placement, PlacementDecision, PlacementView, Ranker, StopDecision, StopView, draws,
};
use crate::random::pick;
use index::Ordered;
use plan::{Plan, Rules};

/// A placement made of named constraints and rankers.
pub struct Chain {
    constraints: Vec<(String, Box<dyn Constraint>)>,
    rankers: Vec<(String, Box<dyn Ranker>)>,
    /// Positions of the candidates still in the running; kept for its memory.
    standing: Vec<usize>,
    /// What it goes by, if that can be kept in order; and what is kept in order, for each kind of question.
    plan: Option<Plan>,
    indexes: Vec<Box<dyn Ordered>>,
}

impl Chain {
    /// The task's own requirements, then `constraints`; then `rankers`. Without rankers, a service's tasks are spread
    /// over zones and then over instances, as ECS does by default.
    pub fn new(
        constraints: Vec<(String, Box<dyn Constraint>)>,
        mut rankers: Vec<(String, Box<dyn Ranker>)>,
    ) -> Self {
        if rankers.is_empty() {
            rankers.push(("spread:zone".into(), Box::new(Spread::Zone)));
            rankers.push(("spread:instance".into(), Box::new(Spread::Instance)));
        }
        let requirements = Requirement::ALL
            .into_iter()
            .map(|requirement| (requirement.name().to_owned(), Box::new(requirement) as Box<dyn Constraint>));
        let constraints: Vec<(String, Box<dyn Constraint>)> = requirements.chain(constraints).collect();
        let plan = Plan::of(&constraints, &rankers);
        Chain { constraints, rankers, standing: Vec::new(), plan, indexes: Vec::new() }
    }

    /// What is kept in order for a question, up to date; none if the view has to do.
    fn ordered(
        &mut self,
        aim: Aim,
        roster: &mut Roster,
        question: &Question,
    ) -> Option<(&mut dyn Ordered, Rules<'_>)> {
        let plan = self.plan.as_ref()?;
        let rules = Rules { plan, constraints: &self.constraints, rankers: &self.rankers };
        let known = self.indexes.iter().position(|index| index.is_about(aim, question, roster));
        let position = known.unwrap_or_else(|| {
            self.indexes.retain(|index| index.is_of(roster));
            self.indexes.push(index::index(plan, aim, question, roster));
            self.indexes.len() - 1
        });
        let ordered = self.indexes[position].catch_up(&rules, roster);
        ordered.then_some((&mut *self.indexes[position], rules))
    }

    fn admit(&mut self, view: &PlacementView<'_>) {
        self.standing.clear();
        let admitted = view.candidates.iter().enumerate().filter(|(_, candidate)| {
            self.constraints.iter().all(|(_, constraint)| constraint.admits(&view.task, candidate))
        });
        self.standing.extend(admitted.map(|(position, _)| position));
    }

    /// The answer where nothing fits: what refused how many, and the instance that came furthest.
    fn refusal(&self, view: &PlacementView<'_>) -> PlacementDecision {
        let mut counts = vec![0_u32; self.constraints.len()];
        let mut furthest: Option<(usize, usize)> = None;
        for (position, candidate) in view.candidates.iter().enumerate() {
            let refuses =
                |(_, constraint): &(_, Box<dyn Constraint>)| !constraint.admits(&view.task, candidate);
            let Some(first) = self.constraints.iter().position(refuses) else { continue };
            counts[first] += 1;
            if furthest.is_none_or(|(reached, _)| first > reached) {
                furthest = Some((first, position));
            }
        }
        let refused = self.constraints.iter().zip(counts).filter(|(_, count)| *count > 0);
        let refused =
            refused.map(|((name, _), count)| Refusal { constraint: name.clone(), instances: count });
        let reason = match furthest {
            None => "the cluster has no instance".to_owned(),
            Some((constraint, position)) => {
                let candidate = &view.candidates[position];
                closest(candidate, &self.constraints[constraint].1.why_not(&view.task, candidate))
            }
        };
        let closest = furthest.map(|(_, position)| view.candidates[position].instance);
        PlacementDecision { instance: None, reason, refused: refused.collect(), closest }
    }
}

/// What is said of the instance that came furthest.
fn closest(candidate: &Candidate, why: &str) -> String {
    format!("nothing fits; closest is instance {} ({}): {why}", candidate.instance, candidate.instance_type)
}

impl Placement for Chain {
    fn place(&mut self, view: &PlacementView<'_>) -> PlacementDecision {
        self.admit(view);
        if self.standing.is_empty() {
            return self.refusal(view);
        }
        let mut reason = format!("{} of {} fit", self.standing.len(), view.candidates.len());
        for (name, ranker) in &mut self.rankers {
            if self.standing.len() == 1 {
                break;
            }
            ranker.narrow(view, &mut self.standing);
            assert!(!self.standing.is_empty(), "ranker {name} left no instance");
            reason.push_str(&format!(", {name} left {}", self.standing.len()));
        }
        let chosen = self.standing[pick(&mut draws(view.luck), self.standing.len())];
        let instance = Some(view.candidates[chosen].instance);
        PlacementDecision { instance, reason, refused: Vec::new(), closest: None }
    }

    fn stop(&mut self, view: &StopView<'_>) -> StopDecision {
        self.standing.clear();
        let stoppable =
            |(_, candidate): &(usize, &Candidate)| candidate.service_tasks > candidate.protected_tasks;
        self.standing
            .extend(view.candidates.iter().enumerate().filter(stoppable).map(|(position, _)| position));
        if self.standing.is_empty() {
            return StopDecision { instance: None, reason: "every task is protected".into() };
        }
        let mut reason = format!("{} instances have a task to stop", self.standing.len());
        for (name, ranker) in &mut self.rankers {
            ranker.narrow_stop(view, &mut self.standing);
            assert!(!self.standing.is_empty(), "ranker {name} left no instance");
            reason.push_str(&format!(", {name} left {}", self.standing.len()));
        }
        let chosen = self.standing[pick(&mut draws(view.luck), self.standing.len())];
        StopDecision { instance: Some(view.candidates[chosen].instance), reason }
    }

    fn place_on(&mut self, roster: &mut Roster, question: &Question) -> PlacementDecision {
        match self.ordered(Aim::Start, roster, question) {
            Some((index, rules)) => index.place(&rules, roster, question.luck),
            None => self.place(&roster.place_view(question)),
        }
    }

    fn stop_on(&mut self, roster: &mut Roster, question: &Question) -> StopDecision {
        match self.ordered(Aim::Stop, roster, question) {
            Some((index, rules)) => index.stop(&rules, roster, question.luck),
            None => self.stop(&roster.stop_view(question)),
        }
    }
}
