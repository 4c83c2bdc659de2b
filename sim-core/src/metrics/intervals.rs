//! Estimates over replications: means by Student's t, quantiles by the jackknife, pairs of variants.
//!
//! A replication is one independent observation, whatever happened in it; requests are not, because they
//! queue behind each other. So every interval is over replications, never over requests. `docs/metrics.md`
//! states which metric uses which method and when an interval is left out.

use super::estimate::{Estimate, Ratio};
use super::{Confidence, Histogram};

/// What an interval is an interval of; stands wherever intervals are shown.
pub const INTERVAL_LABEL: &str =
    "95 % intervals over replications: simulation noise for this traffic and these settings";

/// A quantile has an interval only with this many requests beyond it in every replication. How many there are of ten
/// varies by a third (the square root of ten), so with fewer a replication says next to nothing about where its tail
/// lies, and one request more or less moves it. Requests wait behind each other, so the number of independent ones is
/// smaller still.
const TAIL: f64 = 10.0;
const ONE_RUN: &str = "one replication: no interval";
const NOTHING: &str = "nothing to take it of";

/// One replication's share in a pooled quantile.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// The finite values.
    pub histogram: &'a Histogram,
    /// The size of the population, those with infinite values included.
    pub population: u64,
}

impl Confidence {
    /// The mean of one value per replication, by Student's t.
    pub fn mean(self, values: &[f64]) -> Estimate {
        let n = values.len() as u32;
        if n == 0 {
            return Estimate::blank(NOTHING);
        }
        let mean = values.iter().sum::<f64>() / f64::from(n);
        if n == 1 {
            return Estimate::without_interval(mean, n, ONE_RUN);
        }
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let standard_error = (squares / f64::from(n - 1) / f64::from(n)).sqrt();
        Estimate::with_interval(mean, self.standard_errors(n - 1) * standard_error, n)
    }

    /// The mean of `a - b`, paired by replication: both met the same luck in the same replication.
    pub fn difference(self, a: &[f64], b: &[f64]) -> Estimate {
        let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        self.mean(&differences)
    }

    /// The geometric mean of `a / b`, paired by replication.
    pub fn ratio(self, a: &[f64], b: &[f64]) -> Ratio {
        if a.iter().chain(b).any(|value| *value <= 0.0 || !value.is_finite()) {
            return Ratio::from_log(Estimate::blank("a ratio needs values above zero"));
        }
        let logs: Vec<f64> = a.iter().zip(b).map(|(a, b)| libm::log(a / b)).collect();
        Ratio::from_log(self.mean(&logs))
    }

    /// The quantile `p` of all replications pooled.
    pub fn quantile(self, samples: &[Sample<'_>], p: f64) -> Estimate {
        let n = samples.len() as u32;
        let Some(pool) = Pool::of(samples) else { return Estimate::blank(NOTHING) };
        let value = pool.quantile(p, None);
        if value.is_infinite() {
            let failed = (pool.population - pool.all.count()) as f64 / pool.population as f64 * 100.0;
            let note = format!("{failed:.2} % of requests failed: the quantile is one of them");
            return Estimate::without_interval(value, n, note);
        }
        if let Some(why) = pool.objection(p) {
            return Estimate::without_interval(value, n, why);
        }
        let (value, half) = self.jackknife(samples.len(), |left_out| pool.quantile(p, left_out));
        finite(value, half.max(pool.resolution(value)), n)
    }

    /// The difference between the quantiles `p` of two variants, `a` less `b`.
    pub fn quantile_difference(self, a: &[Sample<'_>], b: &[Sample<'_>], p: f64) -> Estimate {
        // Either quantile may be off by its histogram's error, and in opposite directions.
        self.paired(a, b, p, |a, b| a - b, |a, b| a + b)
    }

    /// How many times the quantile `p` of `b` that of `a` is.
    pub fn quantile_ratio(self, a: &[Sample<'_>], b: &[Sample<'_>], p: f64) -> Ratio {
        let relative = Histogram::new().relative_error();
        Ratio::from_log(self.paired(a, b, p, |a, b| libm::log(a / b), |_, _| 2.0 * relative))
    }

    /// The jackknife over `n` replications: the estimate from all, and how it moves when each is left out in turn
    /// (Efron and Stein 1981).
    fn jackknife(self, n: usize, estimate: impl Fn(Option<usize>) -> f64) -> (f64, f64) {
        let without: Vec<f64> = (0..n).map(|left_out| estimate(Some(left_out))).collect();
        let mean = without.iter().sum::<f64>() / n as f64;
        let squares: f64 = without.iter().map(|value| (value - mean) * (value - mean)).sum();
        let standard_error = (squares * (n - 1) as f64 / n as f64).sqrt();
        (estimate(None), self.standard_errors(n as u32 - 1) * standard_error)
    }

    /// A function of two variants' pooled quantiles, both jackknifed together: replication `i` of either is left
    /// out at once.
    fn paired(
        self,
        a: &[Sample<'_>],
        b: &[Sample<'_>],
        p: f64,
        combine: impl Fn(f64, f64) -> f64,
        resolution: impl Fn(f64, f64) -> f64,
    ) -> Estimate {
        let n = a.len().min(b.len());
        let (Some(left), Some(right)) = (Pool::of(&a[..n]), Pool::of(&b[..n])) else {
            return Estimate::blank(NOTHING);
        };
        let (of_a, of_b) = (left.quantile(p, None), right.quantile(p, None));
        if of_a.is_infinite() || of_b.is_infinite() {
            return Estimate::blank("a quantile falls among failures");
        }
        if let Some(why) = left.objection(p).or_else(|| right.objection(p)) {
            return Estimate::without_interval(combine(of_a, of_b), n as u32, why);
        }
        let both = |left_out| combine(left.quantile(p, left_out), right.quantile(p, left_out));
        let (value, half) = self.jackknife(n, both);
        let floor = resolution(left.resolution(of_a), right.resolution(of_b));
        finite(value, half.max(floor), n as u32)
    }
}

/// [`Confidence::mean`] at 95 %.
pub fn mean(values: &[f64]) -> Estimate {
    Confidence::USUAL.mean(values)
}

/// The greatest of one value per replication. It has no interval: the maximum of a sample grows with the
/// sample.
pub fn maximum(values: &[f64]) -> Estimate {
    let n = values.len() as u32;
    match values.iter().copied().reduce(f64::max) {
        Some(max) => Estimate::without_interval(max, n, "a maximum grows with the sample: no interval"),
        None => Estimate::blank(NOTHING),
    }
}

/// [`Confidence::difference`] at 95 %.
pub fn difference(a: &[f64], b: &[f64]) -> Estimate {
    Confidence::USUAL.difference(a, b)
}

/// [`Confidence::ratio`] at 95 %.
pub fn ratio(a: &[f64], b: &[f64]) -> Ratio {
    Confidence::USUAL.ratio(a, b)
}

/// [`Confidence::quantile`] at 95 %.
pub fn quantile(samples: &[Sample<'_>], p: f64) -> Estimate {
    Confidence::USUAL.quantile(samples, p)
}

/// [`Confidence::quantile_difference`] at 95 %.
pub fn quantile_difference(a: &[Sample<'_>], b: &[Sample<'_>], p: f64) -> Estimate {
    Confidence::USUAL.quantile_difference(a, b, p)
}

/// [`Confidence::quantile_ratio`] at 95 %.
pub fn quantile_ratio(a: &[Sample<'_>], b: &[Sample<'_>], p: f64) -> Ratio {
    Confidence::USUAL.quantile_ratio(a, b, p)
}

/// All replications of one variant in one histogram, from which each can be taken out again.
struct Pool<'a> {
    samples: &'a [Sample<'a>],
    all: Histogram,
    population: u64,
}

impl<'a> Pool<'a> {
    /// None where there is no population.
    fn of(samples: &'a [Sample<'a>]) -> Option<Self> {
        let mut all = samples.first()?.histogram.clone();
        samples[1..].iter().for_each(|sample| all.merge(sample.histogram));
        let population = samples.iter().map(|sample| sample.population).sum();
        (population > 0).then_some(Pool { samples, all, population })
    }

    /// The quantile with one replication left out, or none.
    fn quantile(&self, p: f64, left_out: Option<usize>) -> f64 {
        let left_out = left_out.map(|index| &self.samples[index]);
        let population = self.population - left_out.map_or(0, |sample| sample.population);
        let quantile = self.all.quantile_without(p, population, left_out.map(|sample| sample.histogram));
        quantile.unwrap_or(f64::NAN)
    }

    /// How much of the estimate is only the histogram's resolution.
    fn resolution(&self, value: f64) -> f64 {
        // Values below a bucket's width are exact.
        value * self.all.relative_error()
    }

    /// Why its quantile at `p` can have no interval.
    fn objection(&self, p: f64) -> Option<String> {
        let one = (self.samples.len() == 1).then(|| ONE_RUN.to_owned());
        let least = self.samples.iter().map(|sample| sample.population).min()?;
        let beyond = (1.0 - p) * least as f64;
        let thin = (beyond < TAIL - 1e-9).then(|| {
            let all = (1.0 - p) * self.population as f64;
            let nothing = if all < TAIL { format!(" and {all:.1} in all") } else { String::new() };
            let verdict = if all < TAIL { "the value means little" } else { "no interval" };
            format!("only {beyond:.1} requests beyond it in a replication{nothing}, {TAIL} needed: {verdict}")
        });
        thin.or(one)
    }
}

/// An estimate whose half-width is known only where no replication's absence made the quantile infinite.
fn finite(value: f64, half: f64, n: u32) -> Estimate {
    if half.is_finite() {
        return Estimate::with_interval(value, half, n);
    }
    Estimate::without_interval(
        value,
        n,
        "without one replication the quantile falls among failures: no interval",
    )
}

#[cfg(test)]
mod tests;
