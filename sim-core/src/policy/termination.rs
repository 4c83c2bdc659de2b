//! Which instance goes when a group shrinks: the termination policies of EC2 Auto Scaling.
//!
//! EC2 Auto Scaling User Guide, "Termination policies". Protected instances are passed over, and the balance of zones
//! comes before every policy: only in the zones with the most instances is anything terminated. Of the platform's
//! policies, those that tell launch templates or allocation strategies apart have no meaning here, where a group has
//! one of each.

use super::view::{GroupInstance, TerminationDecision, TerminationPolicy, TerminationView, draws};
use crate::engine::Span;
use crate::random::pick;

const HOUR: Span = Span::from_secs(3600);

/// The platform's orders. Ties are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Termination {
    /// The platform's default: with one launch template, the instance closest to its next full hour.
    Default,
    /// The one launched first.
    OldestInstance,
    /// The one launched last.
    NewestInstance,
    /// The one whose current hour of running is nearest to its end.
    ClosestToNextInstanceHour,
}

impl Termination {
    fn rule(self) -> &'static str {
        match self {
            Termination::Default | Termination::ClosestToNextInstanceHour => {
                "closest to its next instance hour"
            }
            Termination::OldestInstance => "oldest",
            Termination::NewestInstance => "newest",
        }
    }

    /// What the victim has least of.
    fn key(self, view: &TerminationView, instance: &GroupInstance) -> u64 {
        let age = view.now.since(instance.launched).nanos();
        match self {
            Termination::Default | Termination::ClosestToNextInstanceHour if age == 0 => HOUR.nanos(),
            Termination::Default | Termination::ClosestToNextInstanceHour => {
                (HOUR.nanos() - age % HOUR.nanos()) % HOUR.nanos()
            }
            Termination::OldestInstance => u64::MAX - age,
            Termination::NewestInstance => age,
        }
    }
}

/// The unprotected instances of the zones that have the most instances, among zones with an unprotected one.
pub fn in_fullest_zones(view: &TerminationView) -> Vec<&GroupInstance> {
    let unprotected = || view.instances.iter().filter(|instance| !instance.protected);
    let size = |zone: &str| view.instances.iter().filter(|instance| instance.zone == zone).count();
    let fullest = unprotected().map(|instance| size(&instance.zone)).max();
    unprotected().filter(|instance| Some(size(&instance.zone)) == fullest).collect()
}

impl TerminationPolicy for Termination {
    fn decide(&mut self, view: &TerminationView) -> TerminationDecision {
        let standing = in_fullest_zones(view);
        let Some(least) = standing.iter().map(|instance| self.key(view, instance)).min() else {
            return TerminationDecision { instance: None, reason: "every instance is protected".into() };
        };
        let best: Vec<_> = standing.iter().filter(|instance| self.key(view, instance) == least).collect();
        let victim = best[pick(&mut draws(view.luck), best.len())];
        TerminationDecision {
            instance: Some(victim.instance),
            reason: format!("{} of {} in the fullest zone, {}", self.rule(), standing.len(), victim.zone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;

    /// Instances written `zone minutes-of-age`, a `!` behind protected ones.
    fn view(rows: &[&str]) -> TerminationView {
        let now = Time::ZERO + HOUR * 100;
        let instance = |(index, row): (usize, &&str)| {
            let (zone, age) = row.split_once(' ').unwrap();
            let minutes: u64 = age.trim_end_matches('!').parse().unwrap();
            GroupInstance {
                instance: index as u32,
                zone: zone.into(),
                launched: now.before(Span::from_secs(60 * minutes)),
                protected: age.ends_with('!'),
                tasks: 0,
            }
        };
        TerminationView { now, instances: rows.iter().enumerate().map(instance).collect(), luck: 3 }
    }

    #[test]
    fn victims() {
        let check = |mut policy: Termination, rows: &[&str], victim: Option<u32>| {
            let decision = policy.decide(&view(rows));
            assert_eq!(decision.instance, victim, "{rows:?}: {}", decision.reason);
        };
        let rows = ["a 10", "a 200", "a 119", "b 500", "b 1"];
        check(Termination::Default, &rows, Some(2));
        check(Termination::ClosestToNextInstanceHour, &rows, Some(2));
        check(Termination::OldestInstance, &rows, Some(1));
        check(Termination::NewestInstance, &rows, Some(0));
        // At the full hour itself, the hour is at its end.
        check(Termination::Default, &["a 59", "a 60", "a 61"], Some(1));
        check(Termination::Default, &["a 0", "a 1"], Some(1));
        // The fullest zone counts its protected instances, but needs an unprotected one.
        check(Termination::OldestInstance, &["a 9!", "a 8!", "a 7!", "b 3", "b 4", "c 9"], Some(4));
        check(Termination::OldestInstance, &["a 9!", "a 8!", "a 7", "b 3", "b 4"], Some(2));
        check(Termination::OldestInstance, &["a 9!", "b 4!"], None);
        check(Termination::OldestInstance, &[], None);
    }

    #[test]
    fn ties_are_drawn() {
        let mut view = view(&["a 5", "a 5", "a 5", "b 5"]);
        let mut hit = [0; 4];
        for luck in 0..300 {
            view.luck = luck;
            hit[Termination::OldestInstance.decide(&view).instance.unwrap() as usize] += 1;
        }
        assert!(hit[3] == 0 && hit[..3].iter().all(|count| *count > 60), "{hit:?}");
    }
}
