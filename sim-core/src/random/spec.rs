//! Distributions as scenario files write them: `cpu = { lognormal = { p50 = "8ms", p99 = "60ms" } }`.
//!
//! What does not vary needs no law: a bare quantity, `cpu = "8ms"`, means that constant wherever a distribution is
//! expected. `{ constant = "8ms" }` says the same at length; a constant is always printed in its short form.

use std::fmt;
use std::marker::PhantomData;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Distribution;
use super::table::parse_percentile;
use crate::quantity::{Quantity, written_as};

/// How a quantity varies from draw to draw: one of the laws below with its settings. A quantity alone, `"5ms"`, is
/// always the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    remote = "Self",
    deny_unknown_fields,
    rename_all = "kebab-case",
    bound(serialize = "Q: Quantity + Serialize", deserialize = "Q: Quantity + Deserialize<'de>")
)]
#[schemars(
    rename = "DistributionSpec-{Q}",
    extend("x-noun" = "distribution"),
    bound = "Q: Quantity + JsonSchema",
    transform = or_bare::<Q>
)]
pub enum DistributionSpec<Q> {
    /// Always the same: `{ constant = "5ms" }`, or `"5ms"` for short.
    Constant(Q),
    /// Exponential, by its mean: coefficient of variation 1, no memory.
    Exponential {
        /// The mean, above zero.
        mean: Q,
    },
    /// Every value from `low` to `high` equally likely.
    Uniform {
        /// The least value.
        low: Q,
        /// The greatest value.
        high: Q,
    },
    /// Lognormal, by `p50` and `p99` or by `mean` and `cv`: what most measured service times look like.
    Lognormal(LognormalSpec<Q>),
    /// Gamma, by mean and coefficient of variation.
    Gamma {
        /// The mean, above zero.
        mean: Q,
        /// Standard deviation over mean, above zero. Below 1 it is more regular than exponential, above more varied.
        cv: f64,
    },
    /// Weibull, by `shape` and either `mean` or `scale`.
    Weibull(WeibullSpec<Q>),
    /// Pareto cut off at both ends: heavy-tailed, yet with a mean and a variance.
    BoundedPareto {
        /// The least value, above zero.
        low: Q,
        /// The greatest value.
        high: Q,
        /// Exponent of the tail, above zero; the smaller, the heavier. Measured sizes often lie between 1 and 2.
        shape: f64,
    },
    /// A mixture of exponentials, by `mean` and `cv` (two branches with balanced means) or by its `branches`.
    Hyperexponential(HyperexponentialSpec<Q>),
    /// An empirical table of percentiles: `{ percentiles = { p0 = "1ms", p50 = "8ms", p99 = "60ms", p100 = "2s" } }`.
    Percentiles(PercentilesSpec<Q>),
    /// One of several distributions, by weight.
    Mixture(Vec<BranchSpec<Q>>),
}

/// Lets the schema of a distribution take a bare quantity too, before the laws.
fn or_bare<Q: Quantity>(schema: &mut Schema) {
    if let Some(laws) = schema.get_mut("oneOf").and_then(|laws| laws.as_array_mut()) {
        laws.insert(0, serde_json::json!({ "type": written_as(Q::FORMAT), "format": Q::FORMAT }));
    }
}

impl<Q: Quantity + Serialize> Serialize for DistributionSpec<Q> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Constant(value) => value.serialize(serializer),
            law => Self::serialize(law, serializer),
        }
    }
}

impl<'de, Q: Quantity + Deserialize<'de>> Deserialize<'de> for DistributionSpec<Q> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BareOrLaw(PhantomData))
    }
}

/// Reads a bare quantity as a constant, and a table as the law that its key names.
struct BareOrLaw<Q>(PhantomData<Q>);

impl<'de, Q: Quantity + Deserialize<'de>> Visitor<'de> for BareOrLaw<Q> {
    type Value = DistributionSpec<Q>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a distribution, or {}", Q::HELP)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map(DistributionSpec::Constant).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        DistributionSpec::deserialize(MapAccessDeserializer::new(map))
    }
}

/// A lognormal distribution, by `p50` and `p99` or by `mean` and `cv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LognormalSpec-{Q}")]
pub struct LognormalSpec<Q> {
    /// The median; with `p99`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50: Option<Q>,
    /// The value that one in a hundred exceeds; with `p50`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<Q>,
    /// The mean; with `cv`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<Q>,
    /// Standard deviation over mean, above zero; with `mean`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cv: Option<f64>,
}

/// A Weibull distribution, by `shape` and either `mean` or `scale`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WeibullSpec-{Q}")]
pub struct WeibullSpec<Q> {
    /// Above zero: 1 is exponential, below 1 heavier-tailed, above 1 more regular.
    pub shape: f64,
    /// The mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<Q>,
    /// The scale: the value that 36.8 % (1/e) exceed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Q>,
}

/// A hyperexponential distribution, by `mean` and `cv` or by `branches`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HyperexponentialSpec-{Q}")]
pub struct HyperexponentialSpec<Q> {
    /// The mean; with `cv`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<Q>,
    /// Standard deviation over mean, at least 1; with `mean`. Two branches that carry half of the mean each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cv: Option<f64>,
    /// The branches themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branches: Option<Vec<RateBranchSpec<Q>>>,
}

/// One exponential branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RateBranchSpec-{Q}")]
pub struct RateBranchSpec<Q> {
    /// How often this branch is taken, relative to the others; above zero.
    pub weight: f64,
    /// The branch's mean.
    pub mean: Q,
}

/// One branch of a mixture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    bound(serialize = "Q: Quantity + Serialize", deserialize = "Q: Quantity + Deserialize<'de>")
)]
#[schemars(rename = "BranchSpec-{Q}", bound = "Q: Quantity + JsonSchema")]
pub struct BranchSpec<Q> {
    /// How often this branch is taken, relative to the others; above zero.
    pub weight: f64,
    /// The branch's distribution.
    pub of: DistributionSpec<Q>,
}

/// Percentiles and their values, from `p0` (the least) to `p100` (the greatest). Between two entries the value
/// rises geometrically, as latencies do, and linearly where the lower one is zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "PercentilesSpec-{Q}")]
pub struct PercentilesSpec<Q>(pub IndexMap<String, Q>);

impl<Q: Quantity> DistributionSpec<Q> {
    /// The sampler, in the quantity's own unit (seconds, bytes, ...).
    ///
    /// # Panics
    /// If [`problems`](Self::problems) finds something wrong.
    pub fn build(&self) -> Distribution {
        match self {
            Self::Constant(value) => Distribution::constant(value.number()),
            Self::Exponential { mean } => Distribution::exponential(mean.number()),
            Self::Uniform { low, high } => Distribution::uniform(low.number(), high.number()),
            Self::Lognormal(spec) => spec.build(),
            Self::Gamma { mean, cv } => Distribution::gamma(mean.number(), *cv),
            Self::Weibull(spec) => spec.build(),
            Self::BoundedPareto { low, high, shape } => {
                Distribution::bounded_pareto(low.number(), high.number(), *shape)
            }
            Self::Hyperexponential(spec) => spec.build(),
            Self::Percentiles(spec) => Distribution::percentiles(&spec.points()),
            Self::Mixture(branches) => Distribution::mixture(
                branches.iter().map(|branch| (branch.weight, branch.of.build())).collect(),
            ),
        }
    }
}

impl<Q: Quantity> LognormalSpec<Q> {
    fn build(&self) -> Distribution {
        match (self.p50, self.p99, self.mean, self.cv) {
            (Some(p50), Some(p99), _, _) => Distribution::lognormal_percentiles(p50.number(), p99.number()),
            (_, _, Some(mean), Some(cv)) => Distribution::lognormal(mean.number(), cv),
            _ => panic!("a validated lognormal has p50 and p99, or mean and cv"),
        }
    }
}

impl<Q: Quantity> WeibullSpec<Q> {
    fn build(&self) -> Distribution {
        match (self.mean, self.scale) {
            (Some(mean), _) => Distribution::weibull(mean.number(), self.shape),
            (_, Some(scale)) => Distribution::weibull_scale(scale.number(), self.shape),
            _ => panic!("a validated Weibull has a mean or a scale"),
        }
    }
}

impl<Q: Quantity> HyperexponentialSpec<Q> {
    fn build(&self) -> Distribution {
        match (self.mean, self.cv, &self.branches) {
            (Some(mean), Some(cv), _) => Distribution::hyperexponential(mean.number(), cv),
            (_, _, Some(branches)) => Distribution::mixture(
                branches.iter().map(|b| (b.weight, Distribution::exponential(b.mean.number()))).collect(),
            ),
            _ => panic!("a validated hyperexponential has mean and cv, or branches"),
        }
    }
}

impl<Q: Quantity> PercentilesSpec<Q> {
    /// (probability, value), by probability.
    fn points(&self) -> Vec<(f64, f64)> {
        let parse = |(name, value): (&String, &Q)| Some((parse_percentile(name)? / 100.0, value.number()));
        let mut points: Vec<_> = self.0.iter().filter_map(parse).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Span;
    use crate::quantity::Number;

    #[test]
    fn a_bare_quantity_is_a_constant() {
        let check = |given: &str, printed: &str| {
            let spec: DistributionSpec<Span> = serde_json::from_str(given).unwrap();
            assert_eq!(serde_json::to_string(&spec).unwrap(), printed, "{given}");
            assert_eq!(serde_json::from_str::<DistributionSpec<Span>>(printed).unwrap(), spec, "{given}");
        };
        check(r#""8ms""#, r#""8ms""#);
        check(r#"{"constant":"8000us"}"#, r#""8ms""#);
        check(r#"{"exponential":{"mean":"1s"}}"#, r#"{"exponential":{"mean":"1s"}}"#);
        check(r#"{"mixture":[{"weight":1.0,"of":"2s"}]}"#, r#"{"mixture":[{"weight":1.0,"of":"2s"}]}"#);
    }

    #[test]
    fn a_plain_number_needs_no_quotes() {
        let check = |given: &str, printed: &str| {
            let spec: DistributionSpec<Number> = serde_json::from_str(given).unwrap();
            assert_eq!(serde_json::to_string(&spec).unwrap(), printed, "{given}");
        };
        check("10", r#""10""#);
        check("1.5", r#""1.5""#);
        check(r#""10""#, r#""10""#);
        check(r#"{"exponential": {"mean": 3}}"#, r#"{"exponential":{"mean":"3"}}"#);
    }

    #[test]
    fn what_is_neither_quantity_nor_law_is_refused() {
        let check = |given: &str, part: &str| {
            let said = serde_json::from_str::<DistributionSpec<Span>>(given).unwrap_err().to_string();
            assert!(said.contains(part), "{given}: {said}");
        };
        check(r#""8 parsecs""#, "`parsecs` is not a unit that fits here; one of ns");
        check(r#"{"exponental":{"mean":"1s"}}"#, "unknown variant `exponental`");
        check("8", "`8` has no unit");
        check("true", "a distribution, or a length of time");
    }
}
