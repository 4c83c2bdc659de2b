//! Token buckets, the form in which platforms state most of their rate limits: a burst, refilled continuously.

use crate::engine::{Span, Time};

/// A token bucket that starts full. Exact: it counts in billionths of a token, refilled by integer arithmetic.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    capacity: u128,
    /// Billionths of a token gained per nanosecond, times 2^20.
    refill: u64,
    level: u128,
    updated: Time,
}

const TOKEN: u128 = 1_000_000_000 << 20;

impl Bucket {
    /// A bucket for `burst` tokens that gains `per_second` tokens a second.
    pub(super) fn new(burst: u32, per_second: f64) -> Self {
        let capacity = u128::from(burst) * TOKEN;
        let refill = (per_second * f64::from(1 << 20)) as u64;
        Bucket { capacity, refill, level: capacity, updated: Time::ZERO }
    }

    #[inline(always)]
    fn advance(&mut self, now: Time) {
        let gained = u128::from(now.since(self.updated).nanos()) * u128::from(self.refill);
        self.level = (self.level + gained).min(self.capacity);
        self.updated = self.updated.max(now);
    }

    /// Takes a token if there is one.
    #[inline(always)]
    pub(super) fn take(&mut self, now: Time) -> bool {
        self.advance(now);
        let granted = self.level >= TOKEN;
        if granted {
            self.level -= TOKEN;
        }
        granted
    }

    /// How long until there is a token, from `now`: zero if there is one, the longest span if there never will be.
    pub(super) fn wait(&mut self, now: Time) -> Span {
        self.advance(now);
        if self.level >= TOKEN {
            return Span::ZERO;
        }
        if self.refill == 0 || self.capacity < TOKEN {
            return Span::MAX;
        }
        Span::from_nanos(
            u64::try_from((TOKEN - self.level).div_ceil(u128::from(self.refill))).unwrap_or(u64::MAX),
        )
    }

    /// Puts part of a token in.
    pub(super) fn give(&mut self, part: Part) {
        self.level = (self.level + part.0).min(self.capacity);
    }
}

/// Part of a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part(u128);

impl Part {
    /// This share of a token.
    pub(super) fn of(share: f64) -> Self {
        Part((share * TOKEN as f64) as u128)
    }
}

/// The rule of token buckets of which there are many: what one of them keeps is a single instant, at which it will be
/// full again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// What a token costs, and the whole burst.
    token: Span,
    burst: Span,
}

impl Pace {
    /// The rule of buckets for `burst` tokens that gain `per_second` tokens a second.
    pub(super) fn new(burst: u32, per_second: f64) -> Self {
        // A rate of nothing gives a token that takes centuries, and still a burst that can be counted in nanoseconds.
        let longest = u64::MAX / 4 / u64::from(burst.max(1));
        let token = Span::from_nanos(Span::from_seconds(1.0 / per_second).nanos().min(longest));
        Pace { token, burst: token * u64::from(burst) }
    }

    /// Takes a token, if there is one, from the bucket that is full again at `full`.
    pub(super) fn take(self, full: &mut Time, now: Time) -> bool {
        let after = (*full).max(now) + self.token;
        let granted = after.since(now) <= self.burst;
        if granted {
            *full = after;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts: 1,000 environments at once, then 100 a second; a step that needs 5,000 is served in full after 40 s.
    #[test]
    fn a_function_scales_by_a_thousand_and_then_by_a_hundred_a_second() {
        let mut bucket = Bucket::new(1000, 100.0);
        let taken_at = |bucket: &mut Bucket, seconds: u64| {
            let now = Time::ZERO + Span::from_secs(seconds);
            (0..).take_while(|_| bucket.take(now)).count()
        };
        assert_eq!(taken_at(&mut bucket, 0), 1000);
        let later: usize = (1..=40).map(|second| taken_at(&mut bucket, second)).sum();
        assert_eq!(later, 4000);
        assert_eq!(taken_at(&mut bucket, 4000), 1000, "an unused allowance does not grow beyond the burst");
    }

    #[test]
    fn a_pace_is_a_bucket() {
        for (burst, per_second) in [(1000, 100.0), (3, 0.5), (1, 1000.0), (5, 0.0), (0, 10.0)] {
            let (pace, mut full) = (Pace::new(burst, per_second), Time::ZERO);
            let mut bucket = Bucket::new(burst, per_second);
            for tick in 0..4000_u64 {
                // Bursts and pauses, at instants at which no token is just about to be complete.
                let now = Time::from_nanos(tick * 7_300_021 + tick / 500 * 9_000_000_123);
                let tries = if tick % 97 == 0 { 60 } else { 1 };
                for _ in 0..tries {
                    assert_eq!(pace.take(&mut full, now), bucket.take(now), "{burst} {per_second} {tick}");
                }
            }
        }
    }

    #[test]
    fn says_how_long_to_wait() {
        let mut bucket = Bucket::new(1, 20.0);
        assert_eq!(bucket.wait(Time::ZERO), Span::ZERO);
        assert!(bucket.take(Time::ZERO));
        let wait = bucket.wait(Time::ZERO);
        assert!(wait <= Span::from_nanos(50_000_001) && !bucket.take(Time::ZERO));
        assert!(bucket.take(Time::ZERO + wait));
        assert_eq!(Bucket::new(0, 0.0).wait(Time::ZERO), Span::MAX);
        let mut budget = Bucket::new(10, 0.0);
        (0..10).for_each(|_| assert!(budget.take(Time::ZERO)));
        (0..4).for_each(|_| budget.give(Part::of(0.25)));
        assert!(budget.take(Time::ZERO));
    }
}
