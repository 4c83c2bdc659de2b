//! `[[assert]]`: what has to hold of the results, for a gate in continuous integration.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::quantity::Percent;
use sim_core::spec::Problem;

use super::metric::{MetricName, amount_of};

/// Something that has to hold, shown with confidence: the run fails if it does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// What: a metric by its name in `summary.csv`, a comparison (`<`, `<=`, `>`, `>=`) and an amount:
    /// `latency.p99 < 300ms`, `cost.month < $2000`, `errors.total <= 0.1%`.
    pub that: Claim,
    /// The variant that it is claimed of, by its name or that of the variant of the file that it comes from; left out,
    /// all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The service or cluster that it is claimed of; left out, all that have the metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// How sure it has to be: the one-sided bound of the metric with this confidence must lie on the right side. Above
    /// 50 % and below 100 %.
    #[serde(default = "ninety_five")]
    pub confidence: Percent,
}

fn ninety_five() -> Percent {
    Percent(0.95)
}

/// A claim about a metric, written `latency.p99 < 300ms`.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The metric.
    pub metric: MetricName,
    /// How it has to compare.
    pub relation: Relation,
    /// With how much, in the metric's unit.
    pub limit: f64,
    /// The same as it is written.
    pub written: String,
}

/// How a metric has to compare with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

impl Relation {
    /// The longer signs first: `<` also begins `<=`.
    const SIGNS: [(&str, Relation); 4] =
        [("<=", Relation::AtMost), (">=", Relation::AtLeast), ("<", Relation::Below), (">", Relation::Above)];

    /// The sign.
    pub fn sign(self) -> &'static str {
        Self::SIGNS.iter().find(|(_, relation)| *relation == self).map_or("", |(sign, _)| sign)
    }

    /// Whether less is better.
    pub fn is_upper(self) -> bool {
        matches!(self, Relation::Below | Relation::AtMost)
    }

    /// Whether `value` compares so with `limit`.
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Relation::Below => value < limit,
            Relation::AtMost => value <= limit,
            Relation::Above => value > limit,
            Relation::AtLeast => value >= limit,
        }
    }
}

impl FromStr for Claim {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let split = |(sign, relation): &(&str, Relation)| {
            text.split_once(sign).map(|(metric, limit)| (metric.trim(), *relation, limit.trim()))
        };
        let (metric, relation, limit) = Relation::SIGNS.iter().find_map(split).ok_or_else(|| {
            format!(
                "`{text}` claims nothing; write it like \"latency.p99 < 300ms\" or \"cost.month < $2000\""
            )
        })?;
        let metric: MetricName = metric.parse()?;
        let amount = amount_of(&metric.metric(), limit);
        let number = amount.map_err(|wanted| format!("`{limit}` is no limit of {metric}: {wanted}"))?;
        Ok(Claim { metric, relation, limit: number, written: limit.to_owned() })
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.metric, self.relation.sign(), self.written)
    }
}

/// What the assertions of a file may name.
#[derive(Debug, Default)]
pub(super) struct Known<'k> {
    /// Variants and what they come from.
    pub variants: BTreeSet<&'k str>,
    /// Services and clusters.
    pub owners: BTreeSet<&'k str>,
}

impl Known<'_> {
    /// Reports a service or cluster that there is not. One of several groups of instances is called `cluster/group`.
    pub(super) fn owner(&self, name: Option<&str>, path: String, out: &mut Vec<Problem>) {
        let plain = name.map(|name| name.split_once('/').map_or(name, |(cluster, _)| cluster));
        self.one_of("service or cluster", &self.owners, plain, path, out);
    }

    fn one_of(
        &self,
        what: &str,
        known: &BTreeSet<&str>,
        name: Option<&str>,
        path: String,
        out: &mut Vec<Problem>,
    ) {
        let Some(name) = name.filter(|name| !known.contains(name)) else { return };
        let hint = sim_core::spec::did_you_mean(name, known.iter().copied());
        out.push(Problem::new(path, format!("there is no {what} `{name}`")).hint(hint));
    }
}

impl Assertion {
    /// Reports what makes no sense in itself, under `path`.
    pub(super) fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        if !(self.confidence.0 > 0.5 && self.confidence.0 < 1.0) {
            let message = format!("{} is not above 50% and below 100%", self.confidence);
            out.push(Problem::new(format!("{path}.confidence"), message));
        }
    }

    /// Reports what it names that there is not.
    pub(super) fn unknown(&self, path: &str, known: &Known<'_>, out: &mut Vec<Problem>) {
        known.one_of("variant", &known.variants, self.variant.as_deref(), format!("{path}.variant"), out);
        known.owner(self.service.as_deref(), format!("{path}.service"), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_and_written() {
        let check = |text: &str, metric: &str, relation: Relation, limit: f64| {
            let claim: Claim = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((claim.metric.as_str(), claim.relation, claim.limit), (metric, relation, limit));
            assert_eq!(claim.to_string().parse(), Ok(claim));
        };
        check("latency.p99 < 300ms", "latency.p99", Relation::Below, 0.3);
        check("cost.month<=$2000", "cost.month", Relation::AtMost, 2000.0);
        check("errors.total <= 0.1%", "errors.total", Relation::AtMost, 0.001);
        check("throughput.ok >= 50/s", "throughput.ok", Relation::AtLeast, 50.0);
        check("objective.attainment > 99%", "objective.attainment", Relation::Above, 0.99);
    }

    #[test]
    fn what_is_no_claim_says_why() {
        let check = |text: &str, why: &str| {
            let said = text.parse::<Claim>().unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        };
        check("latency.p99 is low", "claims nothing");
        check("latencyp99 < 3s", "did you mean `latency.p99`?");
        check("latency.p99 < 300", "`300` is no limit of latency.p99: an amount of latency.p99 is a time");
        check("cost.month < 2000", "dollars");
    }
}
