//! Routing requests to targets: the algorithms of an Application Load Balancer, and power of two choices.
//!
//! This runs for every request, so it is an enum and not a trait object, except for a user's own algorithm, and no
//! pick looks at every target: the [`Router`] keeps the targets in the order that its algorithm asks for. The linear
//! [`Algorithm::choose`] answers a single question outside a run, and is the obvious twin in the tests.

mod targets;

use super::view::{RoutingPolicy, RoutingView, draws};
use crate::random::pick;
use targets::Targets;

/// How a balancer picks the target of a request.
pub enum Algorithm {
    /// Each target in turn (`round_robin`, the default of an Application Load Balancer).
    RoundRobin,
    /// A target with the fewest requests in progress (`least_outstanding_requests`); ties are drawn, so that idle
    /// targets share the load.
    LeastOutstandingRequests,
    /// Any target, all as likely (`weighted_random` without anomalies).
    Random,
    /// The less loaded of two targets drawn at random (Mitzenmacher 2001): nearly as even as the least outstanding
    /// requests, with two looks.
    PowerOfTwoChoices,
    /// A user's own.
    Custom(Box<dyn RoutingPolicy>),
}

impl Algorithm {
    /// The target for one view, or none without targets.
    pub fn choose(&mut self, view: &RoutingView<'_>) -> Option<u32> {
        let targets = view.targets.as_ref();
        if targets.is_empty() {
            return None;
        }
        Some(match self {
            Algorithm::RoundRobin => targets[(view.turn % targets.len() as u64) as usize],
            Algorithm::Random => targets[pick(&mut draws(view.luck), targets.len())],
            Algorithm::PowerOfTwoChoices => two_choices(targets, &view.outstanding, view.luck),
            Algorithm::LeastOutstandingRequests => {
                let least = targets.iter().map(|target| view.outstanding(*target)).min()?;
                let ties: Vec<u32> =
                    targets.iter().copied().filter(|target| view.outstanding(*target) == least).collect();
                ties[pick(&mut draws(view.luck), ties.len())]
            }
            Algorithm::Custom(policy) => policy.pick(view),
        })
    }
}

/// The less loaded of two different targets; the first drawn if they are equal.
fn two_choices(targets: &[u32], outstanding: &[u32], luck: u64) -> u32 {
    let mut draws = draws(luck);
    let first = pick(&mut draws, targets.len());
    if targets.len() == 1 {
        return targets[first];
    }
    let second = pick(&mut draws, targets.len() - 1);
    let second = second + usize::from(second >= first);
    let load = |index: usize| outstanding.get(targets[index] as usize).copied().unwrap_or(0);
    if load(second) < load(first) { targets[second] } else { targets[first] }
}

/// A balancer's picker with its targets and their requests in progress.
///
/// Targets go by small numbers of the model's choice. Every operation costs the same for ten targets and for ten
/// thousand (a user's own algorithm decides for itself).
pub struct Router {
    algorithm: Algorithm,
    targets: Targets,
    turn: u64,
}

impl Router {
    /// A router without targets.
    pub fn new(algorithm: Algorithm) -> Self {
        let by_load = matches!(algorithm, Algorithm::LeastOutstandingRequests);
        Router { algorithm, targets: Targets::new(by_load), turn: 0 }
    }

    /// Makes `target` eligible. Requests still in progress there count from the start.
    pub fn add(&mut self, target: u32) {
        self.targets.add(target);
    }

    /// Makes `target` ineligible: it drains or is unhealthy. Its requests in progress stay counted.
    pub fn remove(&mut self, target: u32) {
        self.targets.remove(target);
    }

    /// Whether `target` is eligible.
    pub fn has(&self, target: u32) -> bool {
        self.targets.has(target)
    }

    /// The eligible targets, in an order that means nothing but is the same in every run.
    pub fn targets(&self) -> &[u32] {
        self.targets.eligible()
    }

    /// Requests in progress at `target`.
    pub fn outstanding(&self, target: u32) -> u32 {
        self.targets.outstanding().get(target as usize).copied().unwrap_or(0)
    }

    /// The target for a request whose draws for its route come from `luck`, or none without targets (the balancer
    /// answers 503). Does not count the request: see [`began`](Self::began).
    #[inline(always)]
    pub fn pick(&mut self, luck: impl FnOnce() -> u64) -> Option<u32> {
        let eligible = self.targets.eligible();
        if eligible.is_empty() {
            return None;
        }
        let turn = self.turn;
        self.turn += 1;
        if let [only] = eligible
            && !matches!(self.algorithm, Algorithm::Custom(_))
        {
            return Some(*only);
        }
        Some(match &mut self.algorithm {
            Algorithm::RoundRobin => eligible[(turn % eligible.len() as u64) as usize],
            Algorithm::Random => eligible[pick(&mut draws(luck()), eligible.len())],
            Algorithm::PowerOfTwoChoices => two_choices(eligible, self.targets.outstanding(), luck()),
            Algorithm::LeastOutstandingRequests => {
                let ties = self.targets.least_loaded();
                match ties {
                    [only] => *only,
                    _ => ties[pick(&mut draws(luck()), ties.len())],
                }
            }
            Algorithm::Custom(policy) => policy.pick(&RoutingView {
                targets: eligible.into(),
                outstanding: self.targets.outstanding().into(),
                turn,
                luck: luck(),
            }),
        })
    }

    /// A request was sent to `target`.
    #[inline(always)]
    pub fn began(&mut self, target: u32) {
        self.targets.change(target, 1);
    }

    /// A request at `target` came to its end, whatever the end.
    #[inline(always)]
    pub fn ended(&mut self, target: u32) {
        self.targets.change(target, -1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn router(algorithm: Algorithm, count: u32) -> Router {
        let mut router = Router::new(algorithm);
        (0..count).for_each(|target| router.add(target));
        router
    }

    #[test]
    fn without_a_target_there_is_no_pick() {
        let mut router = router(Algorithm::LeastOutstandingRequests, 1);
        router.began(0);
        router.remove(0);
        assert_eq!((router.pick(|| 7), router.outstanding(0)), (None, 1));
        router.add(0);
        assert_eq!(router.pick(|| 7), Some(0));
    }

    #[test]
    fn shares_are_even() {
        let check = |algorithm, slack: u32| {
            let mut router = router(algorithm, 8);
            let mut counts = [0_u32; 8];
            for request in 0..80_000 {
                let target = router.pick(|| request).unwrap();
                router.began(target);
                counts[target as usize] += 1;
            }
            let spread = counts.iter().max().unwrap() - counts.iter().min().unwrap();
            assert!(spread <= slack, "{counts:?}");
        };
        check(Algorithm::RoundRobin, 0);
        check(Algorithm::LeastOutstandingRequests, 1);
        check(Algorithm::PowerOfTwoChoices, 20);
        check(Algorithm::Random, 600);
    }

    proptest! {
        /// Whatever happened before, the pick is one that the linear rule could have made.
        #[test]
        fn agrees_with_the_linear_rule(steps in prop::collection::vec((0_u8..5, 0_u32..12, any::<u64>()), 1..300)) {
            let mut router = Router::new(Algorithm::LeastOutstandingRequests);
            for (action, target, luck) in steps {
                match action {
                    0 if !router.has(target) => router.add(target),
                    1 if router.has(target) => router.remove(target),
                    2 if router.outstanding(target) > 0 => router.ended(target),
                    _ => if let Some(target) = router.pick(|| luck) { router.began(target) },
                }
                let least = router.targets().iter().map(|target| router.outstanding(*target)).min();
                let picked = router.pick(|| luck).map(|target| router.outstanding(target));
                prop_assert_eq!(picked, least);
            }
        }
    }
}
