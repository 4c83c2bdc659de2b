//! A distribution of whole numbers, nanoseconds mostly, with a bounded relative error.
//!
//! Buckets are log-linear: every power of two is cut into `2^bits` equal parts, so a bucket is at most
//! `2^-bits` of the values in it wide, and a value below `2^(bits + 1)` has a bucket of its own. Nine bits,
//! the default, hold a relative error of 2^-9 = 0.195 %. Recording is one shift and one addition. Count, sum,
//! least and greatest are exact.
//!
//! Memory follows the greatest value seen: with nine bits a maximum of one second takes about 90 kB. Once
//! written it is sparse: only buckets that hold something.

use serde::{Deserialize, Serialize};

use crate::stored;

/// Counts of values in log-linear buckets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Histogram {
    bits: u32,
    buckets: Vec<u64>,
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram::new()
    }
}

impl Histogram {
    /// The precision of a histogram that results are read from: relative error at most 2^-9 (0.195 %).
    pub const FINE_BITS: u32 = 9;
    /// The precision of one window of a series: relative error at most 2^-5 (3.2 %).
    pub const COARSE_BITS: u32 = 5;

    const MAX_BITS: u32 = 16;

    /// An empty histogram with a relative error of at most 0.2 %.
    pub fn new() -> Self {
        Self::with_bits(Self::FINE_BITS)
    }

    /// An empty histogram with a relative error of at most `2^-bits`; `bits` from 1 to 16.
    pub fn with_bits(bits: u32) -> Self {
        assert!(
            (1..=Self::MAX_BITS).contains(&bits),
            "a histogram has 1 to 16 bits of precision, not {bits}"
        );
        Histogram { bits, buckets: Vec::new(), count: 0, sum: 0, min: u64::MAX, max: 0 }
    }

    /// Counts `value` once.
    #[inline]
    pub fn record(&mut self, value: u64) {
        let index = self.index(value);
        if index >= self.buckets.len() {
            self.grow(index);
        }
        self.buckets[index] += 1;
        self.count += 1;
        self.sum += u128::from(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// The bucket of `value`: the shift that leaves `bits + 1` significant bits, then those bits. Setting the
    /// lowest bit of that length first makes small values, which need no shift, follow the same path.
    #[inline]
    fn index(&self, value: u64) -> usize {
        let highest = 63 - (value | 1 << self.bits).leading_zeros();
        let shift = highest - self.bits;
        ((shift as usize) << self.bits) + (value >> shift) as usize
    }

    #[cold]
    fn grow(&mut self, index: usize) {
        // To the end of the power of two, so that a slowly rising maximum does not move the vector every
        // time.
        let octave = 1 << self.bits;
        self.buckets.resize((index / octave + 1) * octave, 0);
    }

    /// The lower edge and the width of bucket `index`.
    fn bounds(&self, index: usize) -> (u64, u64) {
        let octave = 1_usize << self.bits;
        if index < 2 * octave {
            return (index as u64, 1);
        }
        let shift = index / octave - 1;
        (((index - shift * octave) as u64) << shift, 1 << shift)
    }

    /// How many values were recorded.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exact sum of all values.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// The exact mean.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The least value, exact.
    pub fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    /// The greatest value, exact.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// The bound of the relative error of [`Self::quantile`]: `2^-bits`.
    pub fn relative_error(&self) -> f64 {
        1.0 / f64::from(1_u32 << self.bits)
    }

    /// The value that a share `p` of all values does not exceed, interpolated within its bucket.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        self.quantile_of(p, self.count)
    }

    /// The quantile of a population of `total`, of which only those recorded here have a finite value: the
    /// others (requests that failed, say) lie above every recorded one. Infinite where the quantile falls
    /// among them; none where there is no population.
    pub fn quantile_of(&self, p: f64, total: u64) -> Option<f64> {
        self.quantile_without(p, total, None)
    }

    /// As [`Self::quantile_of`], as if what `left_out` recorded had not been merged into this histogram.
    /// `total` counts what is left.
    pub(super) fn quantile_without(&self, p: f64, total: u64, left_out: Option<&Histogram>) -> Option<f64> {
        if total == 0 {
            return None;
        }
        let count = self.count - left_out.map_or(0, |other| other.count);
        // Less by a hair: 0.07 x 100 is a little more than 7 in binary, and the seventh of a hundred is
        // meant.
        let rank = p.clamp(0.0, 1.0) * total as f64 * (1.0 - 1e-12);
        if rank > count as f64 || count == 0 {
            return Some(f64::INFINITY);
        }
        let absent = |index: usize| left_out.and_then(|other| other.buckets.get(index)).unwrap_or(&0);
        let mut below = 0.0;
        for (index, count) in self.occupied() {
            let count = (count - absent(index)) as f64;
            if count > 0.0 && below + count >= rank {
                let (low, width) = self.bounds(index);
                let value = low as f64 + (width - 1) as f64 * ((rank - below) / count);
                return Some(value.clamp(self.min as f64, self.max as f64));
            }
            below += count;
        }
        Some(self.max as f64)
    }

    /// The share of values that are at most `value`, interpolated within its bucket; of an empty histogram
    /// none.
    pub fn fraction_at_most(&self, value: u64) -> Option<f64> {
        (self.count > 0).then(|| self.count_at_most(value) / self.count as f64)
    }

    /// How many values are at most `value`; a fraction where its bucket had to be cut.
    pub fn count_at_most(&self, value: u64) -> f64 {
        if self.count == 0 || value < self.min {
            return 0.0;
        }
        if value >= self.max {
            return self.count as f64;
        }
        let at = self.index(value);
        let below: u64 = self.buckets[..at].iter().sum();
        let (low, width) = self.bounds(at);
        below as f64 + self.buckets[at] as f64 * ((value - low + 1) as f64 / width as f64)
    }

    /// The complementary distribution as points `(value, share of values above it)`, at most 32 for every
    /// power of two: enough for a smooth curve on logarithmic axes. Ends at the maximum, above which nothing
    /// lies.
    pub fn ccdf(&self) -> Vec<(u64, f64)> {
        self.ccdf_of(self.count)
    }

    /// The same for a population of `total`, of which those not recorded here lie above every recorded one:
    /// the curve ends at their share.
    pub fn ccdf_of(&self, total: u64) -> Vec<(u64, f64)> {
        let coarse = 1_usize << self.bits.saturating_sub(5);
        let mut points: Vec<(usize, u64, f64)> = Vec::new();
        let mut seen = 0;
        for (index, count) in self.occupied() {
            seen += count;
            let (low, width) = self.bounds(index);
            let value = (low + (width - 1)).min(self.max);
            let point = (index / coarse, value, total.saturating_sub(seen) as f64 / total as f64);
            match points.last_mut() {
                Some(last) if last.0 == point.0 => *last = point,
                _ => points.push(point),
            }
        }
        points.into_iter().map(|(_, value, above)| (value, above)).collect()
    }

    /// Adds everything that `other` recorded. Both must have the same precision.
    pub fn merge(&mut self, other: &Histogram) {
        assert_eq!(self.bits, other.bits, "histograms of different precision cannot be merged");
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The buckets that hold something, as `(bucket, count)`.
    pub(super) fn sparse(&self) -> Vec<(u32, u64)> {
        self.occupied().map(|(index, count)| (index as u32, count)).collect()
    }

    /// The histogram that [`Self::sparse`] was taken of, as far as its buckets tell: extremes are bucket
    /// edges, the sum is that of the buckets' middles. An error where there are no such buckets: what was
    /// stored is damaged.
    pub(super) fn from_sparse(bits: u32, buckets: &[(u32, u64)]) -> Result<Self, &'static str> {
        if !(1..=Self::MAX_BITS).contains(&bits) {
            return Err("a histogram of impossible precision");
        }
        let mut histogram = Histogram::with_bits(bits);
        let last = histogram.index(u64::MAX);
        for (index, count) in buckets.iter().map(|(index, count)| (*index as usize, *count)) {
            if index > last {
                return Err("a bucket beyond the greatest value");
            }
            if count >= stored::MOST.saturating_sub(histogram.count) {
                return Err("more values than can be counted");
            }
            if index >= histogram.buckets.len() {
                histogram.grow(index);
            }
            histogram.buckets[index] += count;
            let (low, width) = histogram.bounds(index);
            histogram.count += count;
            histogram.sum += u128::from(low + (width - 1) / 2) * u128::from(count);
            histogram.min = histogram.min.min(low);
            histogram.max = histogram.max.max(low + (width - 1));
        }
        Ok(histogram)
    }

    /// The buckets that hold something, in ascending order.
    fn occupied(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.buckets.iter().copied().enumerate().filter(|(_, count)| *count > 0)
    }
}

/// The written form: sparse buckets.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    bits: u32,
    count: u64,
    #[serde(with = "stored::sum")]
    sum: u128,
    min: u64,
    max: u64,
    buckets: Vec<(u32, u64)>,
}

impl From<Histogram> for Stored {
    fn from(histogram: Histogram) -> Self {
        let buckets = histogram.sparse();
        let Histogram { bits, count, sum, min, max, .. } = histogram;
        Stored { bits, count, sum, min, max, buckets }
    }
}

impl TryFrom<Stored> for Histogram {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let histogram = Histogram::from_sparse(stored.bits, &stored.buckets)?;
        let Stored { count, sum, min, max, .. } = stored;
        if histogram.count != count {
            return Err("buckets do not add up to the count");
        }
        let whole = Histogram { count, sum, min, max, ..histogram.clone() };
        // The bucket of the least value is the first that holds something, that of the greatest the last.
        let ends = |of: &Histogram| (of.index(of.min), of.index(of.max));
        if count > 0 && ends(&whole) != ends(&histogram) {
            return Err("extremes are not in the outermost buckets");
        }
        Ok(whole)
    }
}

#[cfg(test)]
mod tests;
