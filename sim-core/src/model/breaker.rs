//! The circuit breaker of a source's clients: who has seen too many failures stops asking for a while.
//!
//! Closed, it lets every attempt pass and counts how they end over a moving window, in ten slots (as Hystrix and the
//! time-based window of Resilience4j do). When too large a share of them has failed, it opens: attempts fail at once and
//! nothing is sent. After a time it is half open: a few trials may pass, and how they end closes or opens it again. Attempts
//! of before the last change are not counted.

use std::collections::VecDeque;

use crate::engine::{Span, Time};
use crate::spec::BreakerSpec;

/// Slots of the window.
const SLOTS: u64 = 10;

/// A circuit breaker.
pub(super) struct Breaker {
    spec: BreakerSpec,
    state: State,
    /// Slots of the window with anything in them: number, attempts, failures.
    window: VecDeque<(u64, u32, u32)>,
    since: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open,
    /// Trials that may still be sent; trials that ended, and how many of those failed.
    HalfOpen {
        left: u32,
        ended: u32,
        failed: u32,
    },
}

/// What changed, for the timeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Turn {
    /// So large a share of so many attempts failed.
    Opened { share: f64, attempts: u32 },
    /// Trials are made.
    Tries,
    /// They ended well.
    Closed,
}

impl Breaker {
    pub(super) fn new(spec: BreakerSpec) -> Self {
        Breaker { spec, state: State::Closed, window: VecDeque::new(), since: Time::ZERO }
    }

    /// Whether an attempt may be sent now, and what that changes.
    pub(super) fn admit(&mut self, now: Time) -> (bool, Option<Turn>) {
        let mut turn = None;
        if self.state == State::Open && now >= self.since + self.spec.open_for {
            self.go(State::HalfOpen { left: self.spec.trials, ended: 0, failed: 0 }, now);
            turn = Some(Turn::Tries);
        }
        let may = match &mut self.state {
            State::Closed => true,
            State::Open => false,
            State::HalfOpen { left, .. } => {
                let may = *left > 0;
                *left -= u32::from(may);
                may
            }
        };
        (may, turn)
    }

    /// Hears how an attempt ended that was sent at `sent`.
    pub(super) fn hear(&mut self, sent: Time, ok: bool, now: Time) -> Option<Turn> {
        if sent < self.since {
            return None;
        }
        match &mut self.state {
            State::Open => None,
            State::Closed => {
                let (attempts, failed) = self.count(ok, now);
                self.judge(attempts, failed, self.spec.minimum_attempts, now)
            }
            State::HalfOpen { ended, failed, .. } => {
                *ended += 1;
                *failed += u32::from(!ok);
                let (ended, failed) = (*ended, *failed);
                if ended < self.spec.trials {
                    return None;
                }
                self.judge(ended, failed, ended, now).or_else(|| {
                    self.go(State::Closed, now);
                    Some(Turn::Closed)
                })
            }
        }
    }

    /// Opens it if too large a share has failed.
    fn judge(&mut self, attempts: u32, failed: u32, minimum: u32, now: Time) -> Option<Turn> {
        let share = f64::from(failed) / f64::from(attempts.max(1));
        if attempts < minimum || share < self.spec.error_rate.0 {
            return None;
        }
        self.go(State::Open, now);
        Some(Turn::Opened { share, attempts })
    }

    fn go(&mut self, state: State, now: Time) {
        (self.state, self.since) = (state, now);
        self.window.clear();
    }

    /// Counts an attempt, forgets what is older than the window, and returns what is in it.
    fn count(&mut self, ok: bool, now: Time) -> (u32, u32) {
        let slot = Span::from_nanos((self.spec.window.nanos() / SLOTS).max(1));
        let number = now.nanos() / slot.nanos();
        match self.window.back_mut() {
            Some((last, attempts, failed)) if *last == number => {
                *attempts += 1;
                *failed += u32::from(!ok);
            }
            _ => self.window.push_back((number, 1, u32::from(!ok))),
        }
        while self.window.front().is_some_and(|(first, ..)| first + SLOTS <= number) {
            self.window.pop_front();
        }
        self.window.iter().fold((0, 0), |(all, bad), (_, attempts, failed)| (all + attempts, bad + failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Percent;

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    /// One attempt a second: `o` succeeds, `x` fails, `.` is no attempt. What happened to each: `s` sent, `-` not sent.
    #[test]
    fn it_opens_tries_and_closes() {
        let check = |what: &str, attempts: &str, expected: &str| {
            let spec = BreakerSpec {
                error_rate: Percent(0.5),
                window: Span::from_secs(10),
                minimum_attempts: 4,
                open_for: Span::from_secs(5),
                trials: 2,
            };
            let mut breaker = Breaker::new(spec);
            let step = |(second, how): (usize, char)| {
                let now = at(second as u64);
                if how == '.' {
                    return '.';
                }
                let (sent, _) = breaker.admit(now);
                if sent {
                    breaker.hear(now, how == 'o', now);
                }
                if sent { 's' } else { '-' }
            };
            assert_eq!(attempts.chars().enumerate().map(step).collect::<String>(), expected, "{what}");
        };
        check("too few to judge", "xxx", "sss");
        check("half of four", "ooxxoo", "ssss--");
        check("less than half", "ooxoxoo", "sssssss");
        check("old failures are forgotten", "xx..........xoox", "ss..........ssss");
        check("trials that succeed", "xxxxoooooooo", "ssss----ssss");
        check("a trial that fails", "xxxxoooooxooooo", "ssss----ss----s");
        check("after so long", "xxxx.........oo", "ssss.........ss");
    }

    #[test]
    fn what_was_sent_before_does_not_count() {
        let spec = BreakerSpec { minimum_attempts: 1, trials: 1, ..BreakerSpec::default() };
        let mut breaker = Breaker::new(spec);
        assert!(matches!(breaker.hear(at(1), false, at(2)), Some(Turn::Opened { attempts: 1, .. })));
        let open_until = 2 + spec.open_for.nanos() / 1_000_000_000;
        assert_eq!(breaker.admit(at(open_until)), (true, Some(Turn::Tries)));
        assert_eq!(breaker.hear(at(1), false, at(open_until + 1)), None, "a straggler");
        assert_eq!(breaker.hear(at(open_until), true, at(open_until + 1)), Some(Turn::Closed));
    }
}
