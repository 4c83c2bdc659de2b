//! Counts per interval of one function, a byte or two for each interval in which something happened.
//!
//! A data set has a row per function and a column per minute: time runs across the file, so it cannot be streamed in
//! order of time. It is nearly empty, though: what is kept is pairs (intervals since the last, count) of
//! variable-length numbers, shared by all sources that play it.

use std::sync::Arc;

use crate::engine::Span;
use crate::traffic::trace::{FeedError, TraceFeed, TraceRow};

/// Counts of consecutive intervals of equal length. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedCounts {
    bytes: Arc<[u8]>,
    interval: Span,
    intervals: u32,
}

impl PackedCounts {
    /// Packs `counts`, each of an interval.
    pub fn new(interval: Span, counts: &[u64]) -> Self {
        let mut bytes = Vec::new();
        let mut gap = 0;
        for &count in counts {
            if count > 0 {
                push(&mut bytes, gap);
                push(&mut bytes, count);
                gap = 0;
            } else {
                gap += 1;
            }
        }
        let intervals = u32::try_from(counts.len()).expect("a trace has fewer than 2^32 intervals");
        PackedCounts { bytes: bytes.into(), interval, intervals }
    }

    /// Those intervals in which something happened, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        let (mut at, mut next) = (0, 0);
        std::iter::from_fn(move || {
            let (index, count) = self.read(&mut at, &mut next)?;
            Some((index, count))
        })
    }

    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        self.iter().map(|(_, count)| count).sum()
    }

    /// How long all intervals are together.
    pub fn length(&self) -> Span {
        self.interval * u64::from(self.intervals)
    }

    /// The pair at byte `at`, `next` being the first interval not yet passed; moves both on.
    fn read(&self, at: &mut usize, next: &mut u32) -> Option<(u32, u64)> {
        let gap = pull(&self.bytes, at)?;
        let count = pull(&self.bytes, at)?;
        let index = *next + gap as u32;
        *next = index + 1;
        Some((index, count))
    }
}

/// Writes a number in groups of seven bits, lowest first; the high bit says that more follow.
fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn pull(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    Some(number)
}

/// Packed counts being played: the intervals with a count, then an empty one that tells where the trace ends.
#[derive(Debug)]
pub(in crate::traffic) struct PackedFeed {
    counts: PackedCounts,
    at: usize,
    next: u32,
}

impl PackedFeed {
    pub(in crate::traffic) fn new(counts: PackedCounts) -> Self {
        PackedFeed { counts, at: 0, next: 0 }
    }

    fn row(&self, index: u32, requests: u64) -> TraceRow {
        let interval = self.counts.interval;
        TraceRow::Count { start: interval * u64::from(index), length: interval, requests }
    }
}

impl TraceFeed for PackedFeed {
    fn next(&mut self) -> Result<Option<TraceRow>, FeedError> {
        if let Some((index, count)) = self.counts.read(&mut self.at, &mut self.next) {
            return Ok(Some(self.row(index, count)));
        }
        let ended = self.next >= self.counts.intervals;
        self.next = self.counts.intervals;
        Ok((!ended).then(|| self.row(self.counts.intervals - 1, 0)))
    }

    fn rewind(&mut self) -> Result<(), FeedError> {
        (self.at, self.next) = (0, 0);
        Ok(())
    }
}
