//! Several policies for one service at once.
//!
//! Application Auto Scaling User Guide: availability first. Out if any policy asks, to the largest of the wishes; in
//! only if all that may scale in agree, again to the largest.

use crate::policy::view::{Bounds, ServiceScalingDecision, ServiceScalingPolicy, ServiceScalingView};
use crate::problem::Problem;

/// The policy `several`: its members by name.
pub struct Several(Vec<(String, Box<dyn ServiceScalingPolicy>)>);

impl Several {
    /// The members together, if their bounds do not contradict each other: a service has one pair.
    pub fn new(members: Vec<(String, Box<dyn ServiceScalingPolicy>)>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        if members.is_empty() {
            problems.push(Problem::new("", "no policies"));
        }
        let several = Several(members);
        for (name, bound) in [("min", Bounds::min_of as fn(Bounds) -> _), ("max", Bounds::max_of)] {
            let mut given = several.0.iter().filter_map(|(_, policy)| bound(policy.bounds()));
            if let Some(first) = given.next()
                && let Some(other) = given.find(|other| *other != first)
            {
                let problem =
                    Problem::new("", format!("{name} is {first} in one policy and {other} in another"));
                problems.push(problem.hint("a service has one lower and one upper bound; give it once"));
            }
        }
        if problems.is_empty() { Ok(several) } else { Err(problems) }
    }
}

impl Bounds {
    fn min_of(self) -> Option<u32> {
        self.min
    }

    fn max_of(self) -> Option<u32> {
        self.max
    }
}

/// What the members' decisions come to.
fn combine(view: &ServiceScalingView, decisions: &[ServiceScalingDecision]) -> Option<u32> {
    let wishes = || decisions.iter().filter_map(|decision| decision.desired);
    if let Some(largest) = wishes().filter(|wish| *wish > view.desired).max() {
        return Some(largest);
    }
    let blocked = decisions.iter().any(|decision| decision.blocks_scale_in);
    if blocked { None } else { wishes().max() }
}

impl ServiceScalingPolicy for Several {
    fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision {
        let decisions: Vec<_> = self.0.iter_mut().map(|(_, policy)| policy.decide(view)).collect();
        let reasons =
            self.0.iter().zip(&decisions).map(|((name, _), decision)| format!("{name}: {}", decision.reason));
        let desired = combine(view, &decisions);
        let mut whose = decisions.iter().filter(|decision| decision.desired == desired);
        ServiceScalingDecision {
            desired,
            begins_no_cooldown: desired.is_some() && whose.all(|decision| decision.begins_no_cooldown),
            min: decisions.iter().rev().find_map(|decision| decision.min),
            max: decisions.iter().rev().find_map(|decision| decision.max),
            blocks_scale_in: decisions.iter().any(|decision| decision.blocks_scale_in),
            reason: reasons.collect::<Vec<_>>().join("; "),
            alarms: decisions.iter().flat_map(|decision| decision.alarms.clone()).collect(),
        }
    }

    fn bounds(&self) -> Bounds {
        let given =
            |bound: fn(Bounds) -> Option<u32>| self.0.iter().find_map(|(_, policy)| bound(policy.bounds()));
        Bounds { min: given(Bounds::min_of), max: given(Bounds::max_of) }
    }
}
