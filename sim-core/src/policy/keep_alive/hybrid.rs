//! Pre-warming and keep-alive from a histogram of each function's idle times.
//!
//! After Shahrad et al., "Serverless in the Wild" (ATC 2020). Most functions are idle for hours, some of them for
//! nearly the same time again and again: to keep their environments all that time costs memory, to keep them for ten
//! minutes saves no cold start. So an environment is unloaded at once and loaded again shortly before the next
//! invocation is likely.
//!
//! The policy is asked for every function apart and remembers nothing: a function's history is in its view.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::Span;
use crate::policy::view::{IdleTimes, KeepAliveDecision, KeepAlivePolicy, KeepAliveView};
use crate::problem::Problem;
use crate::quantity::{Percent, shown};

/// Learns from each function's own idle times when to unload its environments and when to load one again, before the next
/// invocation (the hybrid histogram policy of Shahrad et al., "Serverless in the Wild", ATC 2020; no platform's documented
/// behaviour).
///
/// The time from the end of a function's last execution to its next invocation is counted in bins. `head` and
/// `tail` are percentiles of what was counted, the head rounded down to its bin's beginning and the tail up to its bin's
/// end. Environments are unloaded when the function becomes idle; one is loaded again after head x (1 - margin), the
/// pre-warming window, and unloaded at tail x (1 + margin) if no invocation has come. Where the head is zero nothing is
/// unloaded before that.
///
/// A histogram is trusted if it has enough idle times and they lie together: if the standard deviation of the bins' counts is at
/// least `representative_cv` times their mean. Otherwise an environment is kept for the whole range.
///
/// Of a function whose idle times are mostly longer than the range, the paper forecasts the next one with an ARIMA
/// model. Here the forecast is an average of its recent idle times, each newer one weighing a quarter: as good for what is
/// regular, worse for what has a trend. An environment is loaded at forecast x (1 - forecast_margin) and kept until
/// forecast x (1 + forecast_margin).
///
/// In this variant a function is one function, not an application of several; its set-points are found anew whenever its idle times
/// have become an eighth more; and with more than one environment, those that are idle while others work are kept for as long
/// as one that was loaded ahead. An environment loaded ahead is not billed and takes no concurrency until it has an
/// invocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HybridHistogramParameters {
    /// How far the histogram reaches, and how long environments are kept where it does not help: at most 4h.
    pub range: Span,
    /// How wide a bin is, in whole minutes.
    pub bin: Span,
    /// The share of idle times that end before an environment is loaded again.
    pub head: Percent,
    /// The share of idle times that end before it is unloaded.
    pub tail: Percent,
    /// By how much of itself the head is moved back and the tail on.
    pub margin: Percent,
    /// The coefficient of variation of the bins' counts from which on a histogram is trusted.
    pub representative_cv: f64,
    /// How many idle times a histogram needs to be trusted. The paper does not say.
    pub minimum_samples: u32,
    /// The share of idle times beyond the range from which on the next one is forecast instead. The paper does not say.
    pub out_of_bounds: Percent,
    /// By how much of itself the forecast may be wrong.
    pub forecast_margin: Percent,
}

impl Default for HybridHistogramParameters {
    fn default() -> Self {
        HybridHistogramParameters {
            range: Span::from_secs(4 * 3600),
            bin: IdleTimes::BIN,
            head: Percent(0.05),
            tail: Percent(0.99),
            margin: Percent(0.10),
            representative_cv: 2.0,
            minimum_samples: 5,
            out_of_bounds: Percent(0.5),
            forecast_margin: Percent(0.15),
        }
    }
}

/// Idle times are counted for so long.
const LONGEST: Span = Span::from_secs(IdleTimes::BIN.nanos() / 1_000_000_000 * IdleTimes::BINS as u64);

/// A forecast needs that many idle times.
const FORECAST_SAMPLES: u32 = 2;

/// The policy `hybrid-histogram`.
#[derive(Debug)]
pub struct HybridHistogram(HybridHistogramParameters);

impl HybridHistogram {
    /// The policy with these parameters.
    ///
    /// # Errors
    /// What makes no sense about them.
    pub fn new(parameters: HybridHistogramParameters) -> Result<Self, Vec<Problem>> {
        let problems = parameters.problems();
        if problems.is_empty() { Ok(HybridHistogram(parameters)) } else { Err(problems) }
    }
}

impl HybridHistogramParameters {
    fn problems(&self) -> Vec<Problem> {
        let mut out: Vec<Problem> = self.bin_problem().or_else(|| self.range_problem()).into_iter().collect();
        let shares = [
            ("head", self.head),
            ("tail", self.tail),
            ("margin", self.margin),
            ("out_of_bounds", self.out_of_bounds),
            ("forecast_margin", self.forecast_margin),
        ];
        let before = out.len();
        for (name, share) in shares.into_iter().filter(|(_, share)| !(0.0..=1.0).contains(&share.0)) {
            out.push(Problem::new(name, format!("{share} is not between 0% and 100%")));
        }
        if out.len() == before && self.head.0 > self.tail.0 {
            let message = format!("{} lies above the tail, {}", self.head, self.tail);
            out.push(Problem::new("head", message).hint("the head is the earlier of the two percentiles"));
        }
        if self.representative_cv.is_nan() || self.representative_cv < 0.0 {
            let message =
                format!("a coefficient of variation is not negative: {}", shown(self.representative_cv));
            out.push(Problem::new("representative_cv", message));
        }
        out
    }

    fn bin_problem(&self) -> Option<Problem> {
        let minute = IdleTimes::BIN;
        if self.bin.is_zero() || !self.bin.nanos().is_multiple_of(minute.nanos()) {
            let message = format!("a bin is one or more whole minutes, not {}", self.bin);
            let above = minute * self.bin.div_ceil(minute).max(1);
            return Some(Problem::new("bin", message).hint(format!("{above} for instance")));
        }
        let message = format!("a bin of {} is wider than the longest range, {LONGEST}", self.bin);
        (self.bin > LONGEST).then(|| Problem::new("bin", message).hint("1min is the finest"))
    }

    fn range_problem(&self) -> Option<Problem> {
        if self.range > LONGEST {
            let problem = Problem::new("range", format!("{} is longer than {LONGEST}", self.range));
            return Some(problem.hint("idle times are counted for so long; longer ones are forecast"));
        }
        let bins = self.range.nanos() / self.bin.nanos();
        if bins > 0 && self.range.nanos().is_multiple_of(self.bin.nanos()) {
            return None;
        }
        let message = format!("{} is no whole number of bins of {}", self.range, self.bin);
        Some(Problem::new("range", message).hint(format!("{} is", self.bin * bins.max(1))))
    }

    /// The counts in the policy's own bins, and how many idle times were longer than its range.
    fn counted(&self, times: &IdleTimes) -> (Vec<u32>, u32) {
        let (width, minutes) = (
            (self.bin.nanos() / IdleTimes::BIN.nanos()) as usize,
            (self.range.nanos() / IdleTimes::BIN.nanos()) as usize,
        );
        let mut bins = vec![0; minutes / width];
        let mut beyond = times.beyond;
        for (minute, count) in times.minutes.iter().enumerate() {
            *bins.get_mut(minute / width).unwrap_or(&mut beyond) += count;
        }
        (bins, beyond)
    }

    /// Kept for the whole range.
    fn conservative(&self, why: &str) -> KeepAliveDecision {
        KeepAliveDecision::keep(self.range, format!("{why}: kept for the whole range"))
    }

    fn by_forecast(&self, times: &IdleTimes, share: f64) -> KeepAliveDecision {
        let Some(forecast) = times.recent else {
            return self.conservative("idle times beyond the range, and nothing is known of them");
        };
        let margin = self.forecast_margin.0;
        KeepAliveDecision {
            pre_warm: forecast.scaled(1.0 - margin),
            keep: forecast.scaled(2.0 * margin),
            reason: format!(
                "{:.0} % of idle times beyond {}; the next is forecast to be {}",
                share * 100.0,
                self.range,
                forecast.rounded(Span::from_secs(1))
            ),
        }
    }

    fn by_histogram(&self, bins: &[u32], samples: u32) -> KeepAliveDecision {
        let head = self.bin * percentile(bins, samples, self.head.0) as u64;
        let tail = self.bin * (percentile(bins, samples, self.tail.0) as u64 + 1);
        let pre_warm = head.scaled(1.0 - self.margin.0);
        KeepAliveDecision {
            pre_warm,
            keep: tail.scaled(1.0 + self.margin.0) - pre_warm,
            reason: format!("{samples} idle times, most from {head} to {tail}"),
        }
    }
}

/// The first bin up to which a share of all is counted.
fn percentile(bins: &[u32], samples: u32, share: f64) -> usize {
    let wanted = share * f64::from(samples);
    let mut counted = 0;
    let reached = bins.iter().position(|count| {
        counted += count;
        counted > 0 && f64::from(counted) >= wanted
    });
    reached.unwrap_or(bins.len() - 1)
}

/// Standard deviation over mean of the bins' counts.
fn variation(bins: &[u32], samples: u32) -> f64 {
    let mean = f64::from(samples) / bins.len() as f64;
    let square = |count: &u32| (f64::from(*count) - mean) * (f64::from(*count) - mean);
    (bins.iter().map(square).sum::<f64>() / bins.len() as f64).sqrt() / mean
}

impl KeepAlivePolicy for HybridHistogram {
    fn decide(&mut self, view: &KeepAliveView) -> KeepAliveDecision {
        let HybridHistogram(settings) = self;
        let times = &view.idle_times;
        let (bins, beyond) = settings.counted(times);
        let samples: u32 = bins.iter().sum();
        let share = f64::from(beyond) / f64::from((samples + beyond).max(1));
        if samples + beyond >= FORECAST_SAMPLES && share > settings.out_of_bounds.0 {
            return settings.by_forecast(times, share);
        }
        if samples < settings.minimum_samples.max(1) {
            return settings.conservative(&format!("{samples} idle times are too few"));
        }
        let variation = variation(&bins, samples);
        if variation < settings.representative_cv {
            return settings.conservative(&format!(
                "{samples} idle times are spread too evenly (coefficient of variation {variation:.2})"
            ));
        }
        settings.by_histogram(&bins, samples)
    }

    fn per_function(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;

    fn decide(
        parameters: serde_json::Value,
        minutes: &[(usize, u32)],
        beyond: u32,
        recent: Option<u64>,
    ) -> KeepAliveDecision {
        let parameters = serde_json::from_value(parameters).unwrap();
        let mut idle_times =
            IdleTimes { beyond, recent: recent.map(Span::from_secs), ..IdleTimes::default() };
        for (minute, count) in minutes {
            idle_times.minutes.resize(idle_times.minutes.len().max(minute + 1), 0);
            idle_times.minutes[*minute] = *count;
        }
        let view = KeepAliveView { now: Time::ZERO, function: "f".into(), idle_times, luck: 0 };
        HybridHistogram::new(parameters).unwrap().decide(&view)
    }

    /// By hand: which windows, in seconds.
    #[test]
    fn windows() {
        let check =
            |more: serde_json::Value, minutes: &[(usize, u32)], beyond, recent, expected: (f64, f64)| {
                let found = decide(more, minutes, beyond, recent);
                let windows = (found.pre_warm.seconds(), found.keep.seconds());
                let close = |a: f64, b: f64| (a - b).abs() < 1e-6;
                assert!(
                    close(windows.0, expected.0) && close(windows.1, expected.1),
                    "{windows:?}: {}",
                    found.reason
                );
            };
        let usual = || serde_json::json!({});
        let whole = (0.0, 14_400.0);
        check(usual(), &[], 0, None, whole);
        check(usual(), &[(29, 4)], 0, None, whole);
        // All in the minute from 29 to 30: 29 x 0.9 = 26.1 min, and 30 x 1.1 - 26.1 = 6.9 min.
        check(usual(), &[(29, 5)], 0, None, (1566.0, 414.0));
        // 5 % of 100 are those of the first two bins, 99 % end in minute 31: 10 x 0.9 = 9 min, 32 x 1.1 - 9 = 26.2 min.
        check(usual(), &[(2, 4), (10, 1), (30, 93), (31, 1), (239, 1)], 0, None, (540.0, 1572.0));
        // A head in the first minute: nothing is unloaded before 3 x 1.1 = 3.3 min.
        check(usual(), &[(0, 90), (2, 10)], 0, None, (0.0, 198.0));
        // One in every minute has no variation, 40 in a sixth of the bins a variation of sqrt(5) = 2.24.
        let even: Vec<(usize, u32)> = (0..240).map(|minute| (minute, 1)).collect();
        check(usual(), &even, 0, None, whole);
        let sixth: Vec<(usize, u32)> = (0..40).map(|minute| (minute, 1)).collect();
        check(usual(), &sixth, 0, None, (60.0 * 0.9, 40.0 * 66.0 - 54.0));
        check(serde_json::json!({ "representative_cv": 2.3 }), &sixth, 0, None, whole);
        // Beyond the range: a forecast of ten hours, 15 % to either side; half beyond is not most.
        check(usual(), &[(29, 1)], 2, Some(36_000), (30_600.0, 10_800.0));
        check(usual(), &[(29, 5)], 5, Some(36_000), (1566.0, 414.0));
        check(usual(), &[], 1, Some(36_000), whole);
        // Ten-minute bins up to two hours: minutes 29 and 31 are in the third and the fourth.
        let coarse = serde_json::json!({ "range": "2h", "bin": "10min" });
        check(coarse.clone(), &[(29, 3), (31, 3)], 0, None, (1080.0, 1560.0));
        check(coarse, &[(29, 1), (120, 1), (239, 1)], 0, Some(9000), (7650.0, 2700.0));
    }

    #[test]
    fn what_makes_no_sense() {
        let check = |parameters: serde_json::Value, path: &str, message: &str, hint: &str| {
            let parameters = serde_json::from_value(parameters).unwrap();
            let problems = HybridHistogram::new(parameters).err().unwrap_or_default();
            let found: Vec<_> = problems
                .iter()
                .map(|it| (it.path.as_str(), it.message.as_str(), it.hint.as_deref().unwrap_or_default()))
                .collect();
            assert_eq!(found, [(path, message, hint)]);
        };
        let counted = "idle times are counted for so long; longer ones are forecast";
        check(serde_json::json!({ "range": "5h" }), "range", "5h is longer than 4h", counted);
        let message = "1.5min is no whole number of bins of 1min";
        check(serde_json::json!({ "range": "90s" }), "range", message, "1min is");
        let message = "4h is no whole number of bins of 7min";
        check(serde_json::json!({ "bin": "7min" }), "range", message, "238min is");
        check(
            serde_json::json!({ "range": "0s" }),
            "range",
            "0s is no whole number of bins of 1min",
            "1min is",
        );
        let message = "a bin is one or more whole minutes, not 30s";
        check(serde_json::json!({ "bin": "30s" }), "bin", message, "1min for instance");
        let message = "a bin of 5h is wider than the longest range, 4h";
        check(serde_json::json!({ "bin": "5h" }), "bin", message, "1min is the finest");
        let earlier = "the head is the earlier of the two percentiles";
        check(serde_json::json!({ "head": "99.5%" }), "head", "99.5% lies above the tail, 99%", earlier);
        check(serde_json::json!({ "margin": "120%" }), "margin", "120% is not between 0% and 100%", "");
        check(serde_json::json!({ "tail": "101%" }), "tail", "101% is not between 0% and 100%", "");
        let message = "a coefficient of variation is not negative: -1";
        check(serde_json::json!({ "representative_cv": -1.0 }), "representative_cv", message, "");
    }
}
