//! How sure an interval is: 95 % alone, more where several are to hold at once.

use super::student;

/// How often intervals of this kind hold the true value.
///
/// ```
/// # use sim_core::metrics::Confidence;
/// let values = [3.1, 2.9, 3.4, 3.0];
/// let alone = Confidence::USUAL.mean(&values).half_width.unwrap();
/// let among_ten = Confidence::USUAL.shared_by(10).mean(&values).half_width.unwrap();
/// assert!(among_ten > 2.0 * alone);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence {
    /// The probability to miss, both sides together.
    miss: f64,
}

impl Confidence {
    /// 95 %, both sides together.
    pub const USUAL: Confidence = Confidence { miss: 0.05 };

    /// Two-sided: the interval holds the true value with probability `level`, above 0 and below 1.
    pub fn two_sided(level: f64) -> Self {
        assert!(level > 0.0 && level < 1.0, "a confidence lies above 0 and below 1, unlike {level}");
        Confidence { miss: 1.0 - level }
    }

    /// One-sided: each end alone is a bound that holds with probability `level`, above 0.5 and below 1.
    pub fn one_sided(level: f64) -> Self {
        assert!(
            level > 0.5 && level < 1.0,
            "a one-sided confidence lies above 0.5 and below 1, unlike {level}"
        );
        Confidence { miss: 2.0 * (1.0 - level) }
    }

    /// That of each of `family` intervals which together miss no more often than one of this would: each gets its share
    /// of the risk (Bonferroni; Dunn, Multiple comparisons among means, 1961). Holds whatever the intervals have to do
    /// with each other, as those of variants under the same luck do.
    #[must_use]
    pub fn shared_by(self, family: usize) -> Self {
        Confidence { miss: self.miss / family.max(1) as f64 }
    }

    /// The probability that the interval holds the true value.
    pub fn level(self) -> f64 {
        1.0 - self.miss
    }

    /// Half-widths in standard errors, of an estimate with `freedom` degrees of freedom.
    pub(super) fn standard_errors(self, freedom: u32) -> f64 {
        student::critical(freedom, self.level())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        assert_eq!(Confidence::USUAL.level(), 0.95);
        let check = |confidence: Confidence, expected: f64| {
            assert!((confidence.level() - expected).abs() < 1e-12, "{confidence:?}");
        };
        check(Confidence::one_sided(0.95), 0.9);
        check(Confidence::two_sided(0.99), 0.99);
        check(Confidence::USUAL.shared_by(10), 0.995);
        check(Confidence::USUAL.shared_by(0), 0.95);
        let tables = [(Confidence::USUAL, 2.262_157), (Confidence::one_sided(0.95), 1.833_113)];
        for (confidence, expected) in tables {
            assert!((confidence.standard_errors(9) - expected).abs() < 1e-6, "{confidence:?}");
        }
    }
}
