//! One function's idle times, counted in minutes, in little memory.
//!
//! A fleet may have a million functions. Most are invoked a few times a day and fill a few bins, so only bins that
//! are not empty are kept, in order: bin and count in four bytes. Where a count comes to its limit all are halved, which
//! leaves the distribution as it is and makes what is old weigh less.

use crate::engine::Span;
use crate::policy::view::IdleTimes;

/// A bin's number in the upper eight bits, its count in the lower.
const COUNT_BITS: u32 = 24;
const MOST: u32 = (1 << COUNT_BITS) - 1;

const _: () = assert!(IdleTimes::BINS <= 1 << (u32::BITS - COUNT_BITS));

/// Counts by bin, and how many idle times were longer than the bins reach.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram {
    /// Bins that are not empty, in rising order.
    bins: Vec<u32>,
    beyond: u32,
}

impl Histogram {
    /// Counts an idle time.
    pub(super) fn add(&mut self, idle: Span) {
        self.count(idle, MOST);
    }

    /// The same, with counts of at most `most`.
    fn count(&mut self, idle: Span, most: u32) {
        let count = match IdleTimes::bin(idle) {
            Some(bin) => self.bin(bin as u32),
            None => &mut self.beyond,
        };
        *count += 1;
        if *count & MOST == most {
            self.halve();
        }
    }

    /// The place of a bin, which is made if there is none.
    fn bin(&mut self, bin: u32) -> &mut u32 {
        let place = self.bins.partition_point(|packed| packed >> COUNT_BITS < bin);
        if self.bins.get(place).is_none_or(|packed| packed >> COUNT_BITS != bin) {
            self.bins.reserve_exact(usize::from(self.bins.len() == self.bins.capacity()) * (1 + place / 4));
            self.bins.insert(place, bin << COUNT_BITS);
        }
        &mut self.bins[place]
    }

    /// Halves all counts, rounding up: what was seen stays seen.
    fn halve(&mut self) {
        for packed in &mut self.bins {
            let count = *packed & MOST;
            *packed = *packed & !MOST | count.div_ceil(2);
        }
        self.beyond = self.beyond.div_ceil(2);
    }

    /// All bins, as policies see them.
    pub(super) fn times(&self) -> IdleTimes {
        let length = self.bins.last().map_or(0, |packed| (packed >> COUNT_BITS) as usize + 1);
        let mut minutes = vec![0; length];
        for packed in &self.bins {
            minutes[(packed >> COUNT_BITS) as usize] = packed & MOST;
        }
        IdleTimes { minutes, beyond: self.beyond, recent: None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The obvious way: a counter for each bin.
    struct Twin {
        minutes: [u32; IdleTimes::BINS],
        beyond: u32,
    }

    impl Twin {
        fn count(&mut self, idle: Span, most: u32) {
            let minute = (idle.seconds() / 60.0) as usize;
            let count = self.minutes.get_mut(minute).unwrap_or(&mut self.beyond);
            *count += 1;
            if *count == most {
                self.minutes
                    .iter_mut()
                    .chain([&mut self.beyond])
                    .for_each(|count| *count = count.div_ceil(2));
            }
        }
    }

    proptest! {
        #[test]
        fn a_counter_for_each_bin_says_the_same(
            idle in prop::collection::vec(0..260_u64 * 60, 0..400),
            often in 0..240_u64,
            most in 2..40_u32,
        ) {
            let mut twin = Twin { minutes: [0; IdleTimes::BINS], beyond: 0 };
            let mut histogram = Histogram::default();
            for (number, seconds) in idle.into_iter().enumerate() {
                // One bin in three is the same, so that counts come to their limit.
                let idle = Span::from_secs(if number % 3 == 0 { often * 60 } else { seconds });
                twin.count(idle, most);
                histogram.count(idle, most);
            }
            let times = histogram.times();
            let mut minutes = times.minutes.clone();
            prop_assert!(minutes.last() != Some(&0));
            minutes.resize(IdleTimes::BINS, 0);
            prop_assert_eq!((minutes.as_slice(), times.beyond), (twin.minutes.as_slice(), twin.beyond));
            prop_assert!(histogram.bins.capacity() <= histogram.bins.len() * 5 / 4 + 2);
        }
    }
}
