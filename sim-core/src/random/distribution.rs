//! Samplers: distributions with their parameters resolved, ready to be drawn from in a hot loop.

use std::sync::Arc;

use rand::Rng;

use super::exponential::exp;
use super::table::Table;
use super::{normal_cdf, normal_quantile, open01};

/// A distribution of non-negative numbers, in the unit of the quantity it was built for. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Constant(f64),
    Exponential {
        mean: f64,
    },
    Uniform {
        low: f64,
        width: f64,
    },
    Lognormal {
        mu: f64,
        sigma: f64,
    },
    Gamma {
        shape: f64,
        scale: f64,
    },
    Weibull {
        scale: f64,
        shape: f64,
    },
    /// `span` is 1 - (low / high)^shape.
    BoundedPareto {
        low: f64,
        high: f64,
        shape: f64,
        span: f64,
    },
    Table(Arc<Table>),
    Mixture(Arc<[Branch]>),
}

/// A branch is taken by the uniform numbers from `from` to `from + weight`.
#[derive(Clone, Debug, PartialEq)]
struct Branch {
    from: f64,
    weight: f64,
    of: Distribution,
}

impl Distribution {
    /// Always `value`.
    pub fn constant(value: f64) -> Self {
        Distribution(Kind::Constant(value))
    }

    /// Exponential.
    pub fn exponential(mean: f64) -> Self {
        Distribution(Kind::Exponential { mean })
    }

    /// Uniform from `low` to `high`.
    pub fn uniform(low: f64, high: f64) -> Self {
        Distribution(Kind::Uniform { low, width: high - low })
    }

    /// Lognormal by mean and coefficient of variation: sigma^2 = ln(1 + cv^2), mu = ln(mean) - sigma^2 / 2.
    pub fn lognormal(mean: f64, cv: f64) -> Self {
        let variance = libm::log1p(cv * cv);
        Distribution(Kind::Lognormal { mu: libm::log(mean) - 0.5 * variance, sigma: variance.sqrt() })
    }

    /// Lognormal by its median and 99th percentile: sigma is ln(p99 / p50) over the normal's 99th percentile.
    pub fn lognormal_percentiles(p50: f64, p99: f64) -> Self {
        Distribution(Kind::Lognormal {
            mu: libm::log(p50),
            sigma: libm::log(p99 / p50) / normal_quantile(0.99),
        })
    }

    /// Gamma by mean and coefficient of variation: its shape is 1 / cv^2.
    pub fn gamma(mean: f64, cv: f64) -> Self {
        let variation = cv * cv;
        Distribution(Kind::Gamma { shape: 1.0 / variation, scale: mean * variation })
    }

    /// Weibull by mean and shape.
    pub fn weibull(mean: f64, shape: f64) -> Self {
        Self::weibull_scale(mean / libm::tgamma(1.0 + 1.0 / shape), shape)
    }

    /// Weibull by scale and shape.
    pub fn weibull_scale(scale: f64, shape: f64) -> Self {
        Distribution(Kind::Weibull { scale, shape })
    }

    /// Weibull by mean and coefficient of variation. The shape solves
    /// gamma(1 + 2/k) / gamma(1 + 1/k)^2 = 1 + cv^2, by bisection: the left side falls as k rises.
    pub fn weibull_cv(mean: f64, cv: f64) -> Self {
        let wanted = libm::log1p(cv * cv);
        let excess = |k: f64| libm::lgamma(1.0 + 2.0 / k) - 2.0 * libm::lgamma(1.0 + 1.0 / k) - wanted;
        let (mut low, mut high) = (0.01, 10_000.0);
        for _ in 0..200 {
            let middle: f64 = 0.5 * (low + high);
            if excess(middle) > 0.0 { low = middle } else { high = middle }
        }
        Self::weibull(mean, 0.5 * (low + high))
    }

    /// Pareto with exponent `shape`, conditioned on lying between `low` and `high`.
    pub fn bounded_pareto(low: f64, high: f64, shape: f64) -> Self {
        let span = -libm::expm1(-shape * libm::log(high / low));
        Distribution(Kind::BoundedPareto { low, high, shape, span })
    }

    /// Hyperexponential with two branches of balanced means (each carries half of the mean):
    /// p = (1 + sqrt((cv^2 - 1) / (cv^2 + 1))) / 2 (Tijms, Stochastic Models, 1994).
    pub fn hyperexponential(mean: f64, cv: f64) -> Self {
        let variation = cv * cv;
        let p = 0.5 * (1.0 + ((variation - 1.0) / (variation + 1.0)).sqrt());
        if p == 1.0 {
            return Self::exponential(mean);
        }
        let branch = |weight: f64| (weight, Self::exponential(0.5 * mean / weight));
        Self::mixture(vec![branch(p), branch(1.0 - p)])
    }

    /// The empirical distribution through `points` (probability, value), both rising, from probability 0 to 1.
    pub fn percentiles(points: &[(f64, f64)]) -> Self {
        Distribution(Kind::Table(Arc::new(Table::new(points))))
    }

    /// One of `branches`, by weight; the weights need not sum to one.
    pub fn mixture(branches: Vec<(f64, Distribution)>) -> Self {
        let total: f64 = branches.iter().map(|(weight, _)| weight).sum();
        let mut from = 0.0;
        let place = |(weight, of): (f64, Distribution)| {
            let branch = Branch { from, weight: weight / total, of };
            from += branch.weight;
            branch
        };
        Distribution(Kind::Mixture(branches.into_iter().map(place).collect()))
    }

    /// The value that every draw has, if all have the same.
    pub fn always(&self) -> Option<f64> {
        match self.0 {
            Kind::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Draws a value. One number from `rng` decides it, except with gamma, which takes as many as it needs.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        if let Kind::Constant(value) = self.0 {
            return value;
        }
        let u = open01(rng);
        self.sample_at(u, rng)
    }

    #[inline]
    fn sample_at<R: Rng + ?Sized>(&self, u: f64, rng: &mut R) -> f64 {
        match &self.0 {
            Kind::Gamma { shape, scale } => scale * sample_gamma(*shape, u, rng),
            Kind::Mixture(branches) => {
                let index = branches.partition_point(|branch| branch.from <= u).max(1) - 1;
                let branch = &branches[index];
                // What is left of the number after the choice is uniform again; rounding must not let it reach an end.
                let rest =
                    ((u - branch.from) / branch.weight).clamp(f64::EPSILON / 4.0, 1.0 - f64::EPSILON / 2.0);
                branch.of.sample_at(rest, rng)
            }
            closed => closed.quantile(u),
        }
    }

    /// The value that a share `p` of draws does not exceed; `None` where there is no closed form (gamma, mixtures).
    pub fn quantile(&self, p: f64) -> Option<f64> {
        match &self.0 {
            Kind::Gamma { .. } | Kind::Mixture(_) => None,
            closed => Some(closed.quantile(p)),
        }
    }

    /// The share of draws that does not exceed `x`; `None` where there is no closed form (gamma).
    pub fn cdf(&self, x: f64) -> Option<f64> {
        Some(match &self.0 {
            Kind::Gamma { .. } => return None,
            Kind::Mixture(branches) => {
                return branches.iter().map(|branch| Some(branch.weight * branch.of.cdf(x)?)).sum();
            }
            Kind::Constant(value) => f64::from(x >= *value),
            Kind::Uniform { low, width: 0.0 } => f64::from(x >= *low),
            Kind::Table(table) => table.cdf(x),
            Kind::Uniform { low, width } => ((x - low) / width).clamp(0.0, 1.0),
            _ if x <= 0.0 => 0.0,
            Kind::Exponential { mean } => -libm::expm1(-x / mean),
            Kind::Lognormal { mu, sigma: 0.0 } => f64::from(libm::log(x) >= *mu),
            Kind::Lognormal { mu, sigma } => normal_cdf((libm::log(x) - mu) / sigma),
            Kind::Weibull { scale, shape } => -libm::expm1(-libm::pow(x / scale, *shape)),
            Kind::BoundedPareto { low, high, shape, span } => {
                -libm::expm1(-shape * libm::log(x.clamp(*low, *high) / low)) / span
            }
        })
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.moments().0
    }

    /// The variance.
    pub fn variance(&self) -> f64 {
        let (mean, square) = self.moments();
        match self.0 {
            // The difference of the moments would lose digits to cancellation where the variance is small.
            Kind::Constant(_) => 0.0,
            Kind::Uniform { width, .. } => width * width / 12.0,
            Kind::Lognormal { sigma, .. } => mean * mean * libm::expm1(sigma * sigma),
            Kind::Gamma { shape, scale } => shape * scale * scale,
            _ => (square - mean * mean).max(0.0),
        }
    }

    /// Standard deviation over mean.
    pub fn cv(&self) -> f64 {
        self.variance().sqrt() / self.mean()
    }

    /// The mean of the values, and of their squares.
    fn moments(&self) -> (f64, f64) {
        match &self.0 {
            Kind::Constant(value) => (*value, value * value),
            Kind::Exponential { mean } => (*mean, 2.0 * mean * mean),
            Kind::Uniform { low, width } => {
                let high = low + width;
                (0.5 * (low + high), (low * low + low * high + high * high) / 3.0)
            }
            Kind::Lognormal { mu, sigma } => {
                let moment = |k: f64| libm::exp(k * mu + 0.5 * k * k * sigma * sigma);
                (moment(1.0), moment(2.0))
            }
            Kind::Gamma { shape, scale } => (shape * scale, shape * (shape + 1.0) * scale * scale),
            Kind::Weibull { scale, shape } => {
                let moment = |k: f64| libm::pow(*scale, k) * libm::tgamma(1.0 + k / shape);
                (moment(1.0), moment(2.0))
            }
            Kind::BoundedPareto { low, high, shape, span } => {
                let moment = |k| pareto_moment(*low, libm::log(high / low), *shape, k) / span;
                (moment(1.0), moment(2.0))
            }
            Kind::Table(table) => table.moments(),
            Kind::Mixture(branches) => branches.iter().fold((0.0, 0.0), |sum, branch| {
                let (mean, square) = branch.of.moments();
                (sum.0 + branch.weight * mean, sum.1 + branch.weight * square)
            }),
        }
    }
}

impl Kind {
    #[inline]
    fn quantile(&self, p: f64) -> f64 {
        match self {
            Kind::Constant(value) => *value,
            Kind::Exponential { mean } => -mean * libm::log1p(-p),
            Kind::Uniform { low, width } => low + width * p,
            Kind::Lognormal { mu, sigma } => exp(mu + sigma * normal_quantile(p)),
            Kind::Weibull { scale, shape } => scale * libm::pow(-libm::log1p(-p), 1.0 / shape),
            Kind::BoundedPareto { low, high, shape, span } => {
                (low * libm::exp(-libm::log1p(-p * span) / shape)).min(*high)
            }
            Kind::Table(table) => table.quantile(p),
            Kind::Gamma { .. } | Kind::Mixture(_) => unreachable!("their callers treat them apart"),
        }
    }
}

/// The integral of x^k times the Pareto density `shape * low^shape / x^(shape + 1)` from `low` to `low * exp(log_span)`.
fn pareto_moment(low: f64, log_span: f64, shape: f64, k: f64) -> f64 {
    let d = k - shape;
    let integral = if d == 0.0 { log_span } else { libm::expm1(d * log_span) / d };
    shape * libm::pow(low, k) * integral
}

/// A gamma draw with scale 1 by Marsaglia and Tsang's squeeze ("A simple method for generating gamma variables",
/// 2000). `u` is the first of the uniform numbers it takes: a changed parameter then keeps most of the luck.
fn sample_gamma<R: Rng + ?Sized>(shape: f64, u: f64, rng: &mut R) -> f64 {
    if shape < 1.0 {
        // A draw with one more shape, shrunk by a power of another uniform number, has the right shape.
        let shrink = libm::pow(open01(rng), 1.0 / shape);
        return shrink * sample_gamma(shape + 1.0, u, rng);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let mut u = u;
    loop {
        let x = normal_quantile(u);
        let root = 1.0 + c * x;
        let v = root * root * root;
        if v > 0.0 && libm::log(open01(rng)) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
        u = open01(rng);
    }
}
