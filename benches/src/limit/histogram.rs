//! The loops' histogram: log-linear, nine bits, as fleetsim's.

const BITS: u32 = 9;

/// Counts of nanoseconds in buckets at most a five-hundredth of the value wide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    sum: u128,
}

impl Default for Histogram {
    fn default() -> Self {
        // Room for all values at once: nothing to check while recording.
        Histogram { buckets: vec![0; (64 - BITS as usize + 1) << BITS], count: 0, sum: 0 }
    }
}

impl Histogram {
    pub(super) fn record(&mut self, value: u64) {
        let shift = 63 - (value | 1 << BITS).leading_zeros() - BITS;
        self.buckets[((shift as usize) << BITS) + (value >> shift) as usize] += 1;
        self.count += 1;
        self.sum += u128::from(value);
    }

    /// How many values were recorded.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The lower edge of the bucket that a share `p` of the values does not exceed.
    pub fn quantile(&self, p: f64) -> u64 {
        let rank = (p * self.count as f64).ceil() as u64;
        let mut below = 0;
        let reaches = |count: &u64| {
            below += count;
            below >= rank
        };
        let index = self.buckets.iter().position(reaches).unwrap_or_default();
        let shift = (index >> BITS).saturating_sub(1);
        ((index - (shift << BITS)) as u64) << shift
    }

    /// Their sum.
    pub fn sum(&self) -> u128 {
        self.sum
    }
}
