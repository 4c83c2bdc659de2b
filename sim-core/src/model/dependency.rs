//! What requests wait for off the CPU, when it does not do its work as usual.
//!
//! What a wait needs is time of the dependency at its usual speed; in a slowdown it gets less of it per second, and in an
//! outage none. Since all of that is known beforehand, a wait's end is computed when it begins, and nothing needs to be
//! moved in the agenda when a fault begins or ends. Faults may overlap: factors multiply, and errors win.

use crate::engine::{Span, Time};

/// How a dependency works from an instant on.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spell {
    from: Time,
    /// Its speed, as a share of the usual; nothing in an outage.
    speed: f64,
    /// It answers with errors.
    fails: bool,
}

/// A fault of a dependency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Disturbance {
    pub from: Time,
    pub to: Time,
    pub effect: Effect,
}

/// What a fault does to a dependency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Effect {
    /// It needs so many times as long.
    Slower(f64),
    /// It does not answer.
    Silent,
    /// It answers with an error at once.
    Errors,
}

/// How a dependency works over a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Dependency {
    /// By time; before the first it works as usual. Empty if nothing ever happens to it.
    spells: Vec<Spell>,
}

/// How a wait goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub after: Span,
    pub fails: bool,
}

impl Dependency {
    pub(super) fn new(disturbances: &[Disturbance]) -> Self {
        let mut turns: Vec<Time> = disturbances.iter().flat_map(|it| [it.from, it.to]).collect();
        turns.sort_unstable();
        turns.dedup();
        let spell = |from: Time| {
            let now = disturbances.iter().filter(|it| it.from <= from && from < it.to);
            let speed = now.clone().map(|it| match it.effect {
                Effect::Slower(factor) => 1.0 / factor,
                Effect::Silent => 0.0,
                Effect::Errors => 1.0,
            });
            Spell { from, speed: speed.product(), fails: now.clone().any(|it| it.effect == Effect::Errors) }
        };
        Dependency { spells: turns.into_iter().map(spell).collect() }
    }

    /// How a wait goes that begins at `now` and needs `wait` at the usual speed. Who waits for nothing asks for nothing.
    #[inline(always)]
    pub(super) fn answer(&self, now: Time, wait: Span) -> Answer {
        if self.spells.is_empty() || wait.is_zero() {
            return Answer { after: wait, fails: false };
        }
        self.answer_disturbed(now, wait)
    }

    fn answer_disturbed(&self, now: Time, wait: Span) -> Answer {
        let first = self.spells.partition_point(|spell| spell.from <= now);
        let before = first.checked_sub(1).map(|index| self.spells[index]);
        let mut current = before.unwrap_or(Spell { from: now, speed: 1.0, fails: false });
        let (mut at, mut left) = (now, wait.nanos() as f64);
        for next in self.spells[first..].iter().copied().map(Some).chain([None]) {
            if current.fails {
                return Answer { after: at - now, fails: true };
            }
            let here = next.map_or(f64::INFINITY, |next| (next.from - at).nanos() as f64 * current.speed);
            if left <= here {
                let rest = Span::from_nanos((left / current.speed).ceil() as u64);
                return Answer { after: (at - now) + rest, fails: false };
            }
            let Some(next) = next else { break };
            left -= here;
            (at, current) = (next.from, next);
        }
        unreachable!("after its last fault a dependency works as usual")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disturbance(from: u64, to: u64, effect: Effect) -> Disturbance {
        let at = |seconds| Time::ZERO + Span::from_secs(seconds);
        Disturbance { from: at(from), to: at(to), effect }
    }

    #[test]
    fn waits_are_as_long_as_the_dependency_takes() {
        let check = |faults: &[Disturbance], (at, wait): (u64, u64), expected: (u64, bool)| {
            let answer =
                Dependency::new(faults).answer(Time::ZERO + Span::from_secs(at), Span::from_secs(wait));
            let expected = Answer { after: Span::from_secs(expected.0), fails: expected.1 };
            assert_eq!(answer, expected, "{wait} s at {at} s under {faults:?}");
        };
        let slow = disturbance(10, 20, Effect::Slower(5.0));
        check(&[], (5, 3), (3, false));
        check(&[slow], (5, 3), (3, false));
        check(&[slow], (10, 1), (5, false));
        // Two seconds as usual, then ten for two more, then as usual again.
        check(&[slow], (8, 4), (12, false));
        check(&[slow], (8, 5), (13, false));
        check(&[slow], (20, 2), (2, false));
        let out = disturbance(10, 20, Effect::Silent);
        check(&[out], (9, 1), (1, false));
        check(&[out], (9, 2), (12, false));
        check(&[out], (15, 1), (6, false));
        let errors = disturbance(10, 20, Effect::Errors);
        check(&[errors], (9, 1), (1, false));
        check(&[errors], (9, 2), (1, true));
        check(&[errors], (15, 2), (0, true));
        check(&[errors], (15, 0), (0, false));
        check(&[errors], (20, 2), (2, false));
        check(&[slow, disturbance(15, 30, Effect::Slower(2.0))], (15, 1), (5 + 1, false));
        check(&[slow, disturbance(12, 14, Effect::Errors)], (10, 4), (2, true));
    }

    #[test]
    fn the_last_nanosecond_of_a_spell_is_not_lost() {
        let slow = disturbance(10, 20, Effect::Slower(3.0));
        let at = Time::ZERO + Span::from_secs(10);
        let answer = Dependency::new(&[slow]).answer(at, Span::from_nanos(10));
        assert_eq!(answer.after, Span::from_nanos(30));
    }
}
