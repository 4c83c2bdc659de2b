//! `precision`: how exactly a metric is to be known, and so how many replications there are.
//!
//! Looking at an interval after every replication and stopping as soon as it is narrow enough stops too early: where the
//! noise happens to look small. So there is a least number of replications, which makes the first look a good one, and
//! each further look comes only when there are four tenths more ([`stages`]): few looks, each mostly of new data.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::spec::Problem;

use super::metric::{MetricName, amount_of};

/// The fewest replications after which an interval may be found narrow enough.
pub(super) const FEWEST: u32 = 10;

/// How exactly a metric is to be known. Variants are replicated until the 95 % interval of the metric is narrow enough in
/// every one of them, all equally often, so that they can be compared in pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrecisionSettings {
    /// The metric, by its name in `summary.csv`.
    pub metric: MetricName,
    /// The service or cluster that it is to be so exact of; left out, all that have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Half the width of the interval, at most: relative to the value, `5%`, or in the metric's unit, `2ms`, `$5`.
    pub half_width: HalfWidth,
    /// The most replications that are made of each variant.
    #[serde(default = "two_hundred")]
    #[schemars(range(min = 10, max = 100_000))]
    pub max_replications: u32,
}

/// Half the width of an interval, as a setting says it.
#[derive(Clone, Debug, PartialEq)]
pub enum HalfWidth {
    /// Relative to the value.
    Relative(f64, String),
    /// An amount of the metric, as it is written: what it is depends on the metric.
    Absolute(String),
}

fn two_hundred() -> u32 {
    200
}

impl FromStr for HalfWidth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(number) = text.strip_suffix('%') {
            let percent: f64 = number.trim().parse().map_err(|_| format!("`{text}` is not a percentage"))?;
            let fits = percent > 0.0 && percent <= 100.0;
            let relative = || HalfWidth::Relative(percent / 100.0, text.to_owned());
            return fits.then(relative).ok_or_else(|| format!("{text} is not above 0 % and up to 100 %"));
        }
        match crate::number::parsed(text) {
            Some((number, _)) if number > 0.0 => Ok(HalfWidth::Absolute(text.to_owned())),
            Some(_) => Err(format!("an interval has some width, unlike {text}")),
            None => Err(format!("`{text}` is no amount of anything")),
        }
    }
}

impl fmt::Display for HalfWidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HalfWidth::Relative(_, text) | HalfWidth::Absolute(text) => f.write_str(text),
        }
    }
}

impl PrecisionSettings {
    /// Half the width that an interval around `value` may have.
    pub fn allowed(&self, value: f64) -> f64 {
        match &self.half_width {
            HalfWidth::Relative(share, _) => share * value.abs(),
            HalfWidth::Absolute(text) => amount_of(&self.metric.metric(), text).unwrap_or(0.0),
        }
    }

    /// Reports what makes no sense, under `path`; `replications` are made in any case.
    pub(super) fn problems(&self, path: &str, replications: u32, out: &mut Vec<Problem>) {
        if replications < FEWEST {
            let message =
                format!("replicating until an interval is narrow enough begins with {FEWEST} or more");
            let hint = "fewer do not tell how wide it is; `run.replications` is the number to begin with";
            out.push(Problem::new(path, message).hint(hint));
        }
        if self.max_replications < replications {
            let message = format!("{} is less than the {replications} to begin with", self.max_replications);
            out.push(Problem::new(format!("{path}.max_replications"), message));
        }
        let metric = self.metric.metric();
        if !metric.has_interval() {
            let message = format!("{} has no interval: a maximum grows with the sample", metric.name);
            out.push(Problem::new(format!("{path}.metric"), message));
        }
        if let HalfWidth::Absolute(text) = &self.half_width
            && let Err(wanted) = amount_of(&metric, text)
        {
            let hint = format!("{wanted}; relative to its value, it is a percentage");
            let message = format!("{text} is no half-width of {}", metric.name);
            out.push(Problem::new(format!("{path}.half_width"), message).hint(hint));
        }
    }
}

/// After how many replications an interval is looked at: after `first`, then each time when there are four tenths more,
/// rounded up, and at last after `most`. Of 10 and 100: 10, 14, 20, 28, 40, 56, 79, 100.
pub fn stages(first: u32, most: u32) -> impl Iterator<Item = u32> {
    let next = move |stage: &u32| {
        let more = (u64::from(*stage) * 14).div_ceil(10).min(u64::from(most));
        (*stage < most).then_some(u32::try_from(more).unwrap_or(most))
    };
    std::iter::successors(Some(first), next)
}

#[cfg(test)]
mod tests {
    use sim_core::metrics::mean;

    use super::*;

    #[test]
    fn looks_are_ever_further_apart() {
        let check = |first: u32, most: u32, expected: &[u32]| {
            assert_eq!(stages(first, most).collect::<Vec<_>>(), expected, "{first} to {most}");
        };
        check(10, 100, &[10, 14, 20, 28, 40, 56, 79, 100]);
        check(10, 10, &[10]);
        check(10, 12, &[10, 12]);
        check(1, 4, &[1, 2, 3, 4]);
        assert_eq!(stages(10, 100_000).count(), 29);
    }

    #[test]
    fn half_widths() {
        let check = |text: &str, expected: Option<HalfWidth>| {
            assert_eq!(text.parse::<HalfWidth>().ok(), expected, "{text}");
        };
        check("5%", Some(HalfWidth::Relative(0.05, "5%".into())));
        check("2ms", Some(HalfWidth::Absolute("2ms".into())));
        check("$5", Some(HalfWidth::Absolute("$5".into())));
        for wrong in ["0%", "-1%", "200%", "x%", "0s", "wide"] {
            check(wrong, None);
        }
    }

    /// What stopping by looking costs: the interval that a run stops with covers the true mean nearly as often as it says.
    /// Looking after every replication from the third on does not.
    #[test]
    fn the_rule_for_stopping_hardly_biases_the_interval() {
        let coverage = |looks: &dyn Fn() -> Vec<u32>, half_width: f64| {
            let covered = (0..2000_u64).filter(|trial| {
                let mut state = (trial + 1).wrapping_mul(0xd6e8_feb8_6659_fd93);
                let mut values: Vec<f64> = Vec::new();
                let estimate = looks().into_iter().find_map(|count| {
                    values.resize_with(count as usize, || 1.0 + normal(&mut state));
                    let estimate = mean(&values);
                    estimate.half_width.is_some_and(|half| half <= half_width).then_some(estimate)
                });
                estimate.and_then(|it| it.interval()).is_some_and(|(low, high)| low <= 1.0 && 1.0 <= high)
            });
            covered.count() as f64 / 2000.0
        };
        for half_width in [0.6, 0.4, 0.2] {
            let share = coverage(&|| stages(FEWEST, 2000).collect(), half_width);
            assert!((0.92..=0.97).contains(&share), "{share} at {half_width}");
        }
        let greedy = coverage(&|| (3..2000).collect(), 0.4);
        assert!(greedy < 0.91, "{greedy}");
    }

    /// A standard normal number: the sum of twelve uniform ones, less six.
    fn normal(state: &mut u64) -> f64 {
        let mut uniform = || {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..12).map(|_| uniform()).sum::<f64>() - 6.0
    }
}
