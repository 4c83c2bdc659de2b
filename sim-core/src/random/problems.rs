//! What makes no sense in a distribution, said at load.

use super::spec::{
    BranchSpec, DistributionSpec, HyperexponentialSpec, LognormalSpec, PercentilesSpec, WeibullSpec,
};
use super::table::parse_percentile;
use crate::problem::Problem;
use crate::quantity::{Quantity, shown};

/// Coefficients of variation above this are taken for a slip: no mean could be estimated from a feasible run.
pub const PLAUSIBLE_CV: f64 = 100.0;

/// Shapes outside this range are taken for a slip: below, draws overflow; above, they are constant.
const PLAUSIBLE_SHAPES: std::ops::RangeInclusive<f64> = 0.05..=1000.0;

/// A p99 this many times the median is taken for a slip.
const PLAUSIBLE_TAIL: f64 = 1e6;

impl<Q: Quantity> DistributionSpec<Q> {
    /// Reports everything that makes no sense, `path` being where this distribution stands.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        match self {
            Self::Constant(value) => bounded(*value, path, out),
            Self::Exponential { mean } => positive(*mean, &format!("{path}.exponential.mean"), out),
            Self::Uniform { low, high } => {
                bounded(*high, &format!("{path}.uniform.high"), out);
                ordered("low", *low, "high", *high, &format!("{path}.uniform"), out);
            }
            Self::Lognormal(spec) => spec.problems(&format!("{path}.lognormal"), out),
            Self::Gamma { mean, cv } => {
                positive(*mean, &format!("{path}.gamma.mean"), out);
                plausible_cv(*cv, &format!("{path}.gamma.cv"), out);
            }
            Self::Weibull(spec) => spec.problems(&format!("{path}.weibull"), out),
            Self::BoundedPareto { low, high, shape } => {
                let path = format!("{path}.bounded-pareto");
                positive(*low, &format!("{path}.low"), out);
                if low.number() == high.number() {
                    out.push(Problem::new(&path, "low equals high").hint("write a constant"));
                }
                bounded(*high, &format!("{path}.high"), out);
                ordered("low", *low, "high", *high, &path, out);
                plausible_shape(*shape, &format!("{path}.shape"), out);
            }
            Self::Hyperexponential(spec) => spec.problems(&format!("{path}.hyperexponential"), out),
            Self::Percentiles(spec) => spec.problems(&format!("{path}.percentiles"), out),
            Self::Mixture(branches) => mixture_problems(branches, &format!("{path}.mixture"), out),
        }
    }
}

impl<Q: Quantity> LognormalSpec<Q> {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        match (self.p50, self.p99, self.mean, self.cv) {
            (Some(p50), Some(p99), None, None) => {
                positive(p50, &format!("{path}.p50"), out);
                bounded(p99, &format!("{path}.p99"), out);
                ordered("p50", p50, "p99", p99, path, out);
                if p50.number() > 0.0 && p99.number() / p50.number() > PLAUSIBLE_TAIL {
                    out.push(Problem::new(
                        format!("{path}.p99"),
                        format!("{p99} is absurdly far above the median {p50}"),
                    ));
                }
            }
            (None, None, Some(mean), Some(cv)) => {
                positive(mean, &format!("{path}.mean"), out);
                plausible_cv(cv, &format!("{path}.cv"), out);
            }
            _ => out.push(
                Problem::new(path, "a lognormal is given by p50 and p99, or by mean and cv")
                    .hint(r#"{ p50 = "8ms", p99 = "60ms" } or { mean = "12ms", cv = 1.2 }"#),
            ),
        }
    }
}

impl<Q: Quantity> WeibullSpec<Q> {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        plausible_shape(self.shape, &format!("{path}.shape"), out);
        match (self.mean, self.scale) {
            (Some(mean), None) => positive(mean, &format!("{path}.mean"), out),
            (None, Some(scale)) => positive(scale, &format!("{path}.scale"), out),
            _ => out.push(Problem::new(path, "a Weibull is given by shape and either mean or scale")),
        }
    }
}

impl<Q: Quantity> HyperexponentialSpec<Q> {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        match (self.mean, self.cv, &self.branches) {
            (Some(mean), Some(cv), None) => {
                positive(mean, &format!("{path}.mean"), out);
                let path = format!("{path}.cv");
                plausible_cv(cv, &path, out);
                if cv > 0.0 && cv < 1.0 {
                    out.push(
                        Problem::new(
                            path,
                            format!("{cv} is below 1, which no mixture of exponentials reaches"),
                        )
                        .hint("use gamma or lognormal for a cv below 1"),
                    );
                }
            }
            (None, None, Some(branches)) => {
                weights(branches.iter().map(|branch| branch.weight), &format!("{path}.branches"), out);
                for (index, branch) in branches.iter().enumerate() {
                    positive(branch.mean, &format!("{path}.branches[{index}].mean"), out);
                }
            }
            _ => out.push(Problem::new(path, "a hyperexponential is given by mean and cv, or by branches")),
        }
    }
}

impl<Q: Quantity> PercentilesSpec<Q> {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        let mut known: Vec<(f64, &str, Q)> = Vec::new();
        for (name, value) in &self.0 {
            match parse_percentile(name) {
                Some(percentile) => {
                    bounded(*value, &format!("{path}.{name}"), out);
                    known.push((percentile, name, *value));
                }
                None => out.push(
                    Problem::new(format!("{path}.{name}"), format!("`{name}` is not a percentile"))
                        .hint(r#"p0 to p100: p50, p99, "p99.9" (quoted in TOML)"#),
                ),
            }
        }
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (end, meaning) in [(0.0, "the least value"), (100.0, "the greatest value")] {
            if !known.iter().any(|(percentile, ..)| *percentile == end) {
                out.push(Problem::new(path, format!("p{end} is missing: {meaning} has to be said")));
            }
        }
        for pair in known.windows(2) {
            let [(lower, lower_name, low), (upper, upper_name, high)] = pair else { continue };
            if lower == upper {
                out.push(Problem::new(
                    path,
                    format!("{lower_name} and {upper_name} are the same percentile"),
                ));
            } else {
                ordered(lower_name, *low, upper_name, *high, path, out);
            }
        }
    }
}

fn mixture_problems<Q: Quantity>(branches: &[BranchSpec<Q>], path: &str, out: &mut Vec<Problem>) {
    weights(branches.iter().map(|branch| branch.weight), path, out);
    for (index, branch) in branches.iter().enumerate() {
        branch.of.problems(&format!("{path}[{index}].of"), out);
    }
}

/// What is above the quantity's [`MOST_DRAWN`](Quantity::MOST_DRAWN) is taken for a slip.
fn bounded<Q: Quantity>(value: Q, path: &str, out: &mut Vec<Problem>) {
    if value.is_too_much_to_draw() {
        out.push(Problem::new(path, format!("{value} is absurdly much: at most {}", Q::MOST_DRAWN)));
    }
}

fn positive<Q: Quantity>(value: Q, path: &str, out: &mut Vec<Problem>) {
    bounded(value, path, out);
    if value.number() <= 0.0 {
        out.push(
            Problem::new(path, format!("{value} is not above zero"))
                .hint("write a constant for no variation"),
        );
    }
}

fn ordered<Q: Quantity>(
    low_name: &str,
    low: Q,
    high_name: &str,
    high: Q,
    path: &str,
    out: &mut Vec<Problem>,
) {
    if high.number() < low.number() {
        out.push(Problem::new(
            format!("{path}.{high_name}"),
            format!("{high_name} ({high}) is below {low_name} ({low})"),
        ));
    }
}

fn plausible_cv(cv: f64, path: &str, out: &mut Vec<Problem>) {
    if !(cv > 0.0 && cv <= PLAUSIBLE_CV) {
        out.push(
            Problem::new(
                path,
                format!(
                    "a coefficient of variation lies above 0 and up to {PLAUSIBLE_CV}, not {}",
                    shown(cv)
                ),
            )
            .hint("write a constant for no variation"),
        );
    }
}

fn plausible_shape(shape: f64, path: &str, out: &mut Vec<Problem>) {
    if !PLAUSIBLE_SHAPES.contains(&shape) {
        let (low, high) = (PLAUSIBLE_SHAPES.start(), PLAUSIBLE_SHAPES.end());
        out.push(Problem::new(path, format!("a shape lies between {low} and {high}, not {}", shown(shape))));
    }
}

fn weights(weights: impl ExactSizeIterator<Item = f64>, path: &str, out: &mut Vec<Problem>) {
    if weights.len() == 0 {
        out.push(Problem::new(path, "there is nothing to choose from"));
    }
    for (index, weight) in weights.enumerate() {
        if !(weight > 0.0 && weight.is_finite()) {
            out.push(Problem::new(
                format!("{path}[{index}].weight"),
                format!("a weight is above zero, not {}", shown(weight)),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Span;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let check = |json: &str, expected: &[&str]| {
            let spec: DistributionSpec<Span> = serde_json::from_str(json).unwrap();
            let mut found = Vec::new();
            spec.problems("cpu", &mut found);
            let found: Vec<_> =
                found.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
            assert_eq!(found, expected, "{json}");
        };
        check(r#"{"constant": "0s"}"#, &[]);
        check(r#"{"lognormal": {"p50": "8ms", "p99": "60ms"}}"#, &[]);
        check(
            r#"{"lognormal": {"p50": "60ms", "p99": "8ms"}}"#,
            &["cpu.lognormal.p99: p99 (8ms) is below p50 (60ms)"],
        );
        check(
            r#"{"lognormal": {"p50": "60ms", "cv": 1}}"#,
            &["cpu.lognormal: a lognormal is given by p50 and p99, or by mean and cv"],
        );
        check(r#"{"exponential": {"mean": "0s"}}"#, &["cpu.exponential.mean: 0s is not above zero"]);
        check(
            r#"{"gamma": {"mean": "1s", "cv": -1}}"#,
            &["cpu.gamma.cv: a coefficient of variation lies above 0 and up to 100, not -1"],
        );
        check(
            r#"{"hyperexponential": {"mean": "1s", "cv": 0.5}}"#,
            &["cpu.hyperexponential.cv: 0.5 is below 1, which no mixture of exponentials reaches"],
        );
        check(
            r#"{"weibull": {"shape": 0, "mean": "1s", "scale": "1s"}}"#,
            &[
                "cpu.weibull.shape: a shape lies between 0.05 and 1000, not 0",
                "cpu.weibull: a Weibull is given by shape and either mean or scale",
            ],
        );
        check(
            r#"{"uniform": {"low": "2s", "high": "1s"}}"#,
            &["cpu.uniform.high: high (1s) is below low (2s)"],
        );
        check(
            r#"{"percentiles": {"p0": "1ms", "p99": "2ms", "p50": "3ms", "x": "1s"}}"#,
            &[
                "cpu.percentiles.x: `x` is not a percentile",
                "cpu.percentiles: p100 is missing: the greatest value has to be said",
                "cpu.percentiles.p99: p99 (2ms) is below p50 (3ms)",
            ],
        );
        check(
            r#"{"mixture": [{"weight": 0, "of": {"exponential": {"mean": "0s"}}}]}"#,
            &[
                "cpu.mixture[0].weight: a weight is above zero, not 0",
                "cpu.mixture[0].of.exponential.mean: 0s is not above zero",
            ],
        );
        check(
            r#"{"lognormal": {"mean": "20000d", "cv": 1e300}}"#,
            &[
                "cpu.lognormal.mean: 20000d is absurdly much: at most 366d",
                "cpu.lognormal.cv: a coefficient of variation lies above 0 and up to 100, not 1e300",
            ],
        );
        check(r#""367d""#, &["cpu: 367d is absurdly much: at most 366d"]);
        check(
            r#"{"percentiles": {"p0": "1ms", "p100": "1000d"}}"#,
            &["cpu.percentiles.p100: 1000d is absurdly much: at most 366d"],
        );
        check(r#"{"mixture": []}"#, &["cpu.mixture: there is nothing to choose from"]);
    }
}
