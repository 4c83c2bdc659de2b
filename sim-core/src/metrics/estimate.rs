//! Numbers that say how sure they are.

use serde::{Deserialize, Serialize};

/// A value found from replications, with the half-width of its interval where there is one: of 95 %, unless it is one of
/// several that hold at once, or a bound of another confidence ([`Confidence`](super::Confidence)).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The value. Infinite where it is a quantile that falls among failures; not a number where there is
    /// nothing to take it of. Stored as a number, as `"infinite"`, or as null.
    #[serde(with = "number")]
    pub value: f64,
    /// Half the width of the confidence interval over replications.
    pub half_width: Option<f64>,
    /// How many replications it is from.
    pub n: u32,
    /// Why there is no interval, or no value.
    pub note: Option<String>,
}

impl Estimate {
    /// A value with an interval.
    pub fn with_interval(value: f64, half_width: f64, n: u32) -> Self {
        Estimate { value, half_width: Some(half_width), n, note: None }
    }

    /// A value without an interval, and why.
    pub fn without_interval(value: f64, n: u32, why: impl Into<String>) -> Self {
        Estimate { value, half_width: None, n, note: Some(why.into()) }
    }

    /// No value, and why.
    pub fn blank(why: impl Into<String>) -> Self {
        Self::without_interval(f64::NAN, 0, why)
    }

    /// Whether there is no value.
    pub fn is_blank(&self) -> bool {
        self.value.is_nan()
    }

    /// The lower and the upper end of the interval.
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.half_width.map(|half| (self.value - half, self.value + half))
    }

    /// Whether the interval leaves out zero: of a difference, whether it is one.
    pub fn is_significant(&self) -> bool {
        self.interval().is_some_and(|(low, high)| low > 0.0 || high < 0.0)
    }
}

/// How many times as much: a ratio of two variants, with an interval that is symmetric on the log scale only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// The ratio.
    #[serde(with = "number")]
    pub value: f64,
    /// The lower and the upper end of its confidence interval over replications.
    pub interval: Option<(f64, f64)>,
    /// How many replications it is from.
    pub n: u32,
    /// Why there is no interval, or no value.
    pub note: Option<String>,
}

impl Ratio {
    /// From an estimate of the ratio's logarithm.
    pub(super) fn from_log(log: Estimate) -> Self {
        let interval = log.interval().map(|(low, high)| (libm::exp(low), libm::exp(high)));
        Ratio { value: libm::exp(log.value), interval, n: log.n, note: log.note }
    }

    /// Whether the interval leaves out one: whether there is a difference.
    pub fn is_significant(&self) -> bool {
        self.interval.is_some_and(|(low, high)| low > 1.0 || high < 1.0)
    }

    /// As a change in percent with a half-width: 0.88 with the interval 0.87 to 0.89 is -12 ± 1. The
    /// half-width is the wider side's.
    pub fn percent(&self) -> (f64, Option<f64>) {
        let wider = |(low, high): (f64, f64)| (self.value - low).max(high - self.value) * 100.0;
        ((self.value - 1.0) * 100.0, self.interval.map(wider))
    }
}

/// Numbers that JSON does not have: infinity as text, not-a-number as null.
mod number {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form {
        Finite(f64),
        Named(String),
        Blank(()),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        let form = match *value {
            value if value.is_nan() => Form::Blank(()),
            value if value.is_infinite() => Form::Named("infinite".to_owned()),
            value => Form::Finite(value),
        };
        form.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(match Form::deserialize(deserializer)? {
            Form::Finite(value) => value,
            Form::Named(_) => f64::INFINITY,
            Form::Blank(()) => f64::NAN,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_survive_storage() {
        let check = |value: f64, json: &str| {
            let estimate = Estimate::without_interval(value, 3, "why");
            let text = serde_json::to_string(&estimate).unwrap();
            assert!(text.contains(json), "{text}");
            let again: Estimate = serde_json::from_str(&text).unwrap();
            assert_eq!(again.value.to_bits(), value.to_bits());
        };
        check(0.25, r#""value":0.25"#);
        check(f64::INFINITY, r#""value":"infinite""#);
        check(f64::NAN, r#""value":null"#);
    }

    #[test]
    fn a_ratio_reads_as_a_change() {
        let half_width = libm::log(1.02);
        let ratio = Ratio::from_log(Estimate::with_interval(libm::log(0.88), half_width, 10));
        let (change, half) = ratio.percent();
        assert!((change + 12.0).abs() < 1e-9);
        assert!((half.unwrap() - 1.76).abs() < 1e-9, "the upper side is the wider one");
        assert!(ratio.is_significant());
    }
}
