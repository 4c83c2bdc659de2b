//! What may stand under `arrivals =` in a scenario file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schedule::ScheduleSpec;
use super::shape::ShapeSpec;
use super::trace::TraceSpec;
use super::users::UsersSpec;
use crate::engine::Span;
use crate::problem::Problem;
use crate::quantity::{Number, Rate, shown};
use crate::random::{DistributionSpec, PLAUSIBLE_CV};

/// Where a source's requests come from: a law of arrivals with a rate shape, a trace, a schedule, or closed-loop
/// users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum ArrivalSpec {
    /// Independent arrivals: exponential intervals, the traffic of many users who do not know of each other.
    Poisson(RateSpec),
    /// Arrivals at equal intervals; the first after one of them.
    Deterministic(RateSpec),
    /// Independent intervals with a given coefficient of variation.
    Renewal(RenewalSpec),
    /// Poisson arrivals whose rate switches between two values at random: bursts.
    Mmpp(MmppSpec),
    /// Poisson arrivals of whole batches at one instant.
    Batch(BatchArrivalSpec),
    /// Requests or counts from a file.
    Trace(TraceSpec),
    /// A rate or cron expression, as Amazon EventBridge takes them.
    Schedule(ScheduleSpec),
    /// Users who each wait for their answer, think, and ask again.
    Users(UsersSpec),
    /// The invocations of a population of functions, by its name: `{ population = "fleet" }`.
    Population(String),
}

/// A rate, its shape and its variation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateSpec {
    /// Requests per time, before the shape's factor.
    pub rate: Rate,
    /// The rate's factor over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<ShapeSpec>,
    /// Random factors that make one day unlike the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<VariationSpec>,
}

/// A renewal process: independent intervals of one law.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewalSpec {
    /// Requests per time, before the shape's factor.
    pub rate: Rate,
    /// The law of the intervals at a constant rate; a shape stretches and squeezes them.
    pub law: RenewalLaw,
    /// The intervals' standard deviation over their mean: 1 is like Poisson, above 1 bursty, below 1 regular.
    pub cv: f64,
    /// The rate's factor over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<ShapeSpec>,
    /// Random factors that make one day unlike the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<VariationSpec>,
}

/// A law of intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RenewalLaw {
    /// Gamma.
    Gamma,
    /// Weibull.
    Weibull,
    /// Lognormal.
    Lognormal,
}

/// A two-state Markov-modulated Poisson process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MmppSpec {
    /// Requests per time in the one state and in the other, before the shape's factor.
    pub rates: [Rate; 2],
    /// How long each state lasts on average; exponentially distributed.
    pub sojourns: [Span; 2],
    /// The rates' factor over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<ShapeSpec>,
    /// Random factors that make one day unlike the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<VariationSpec>,
}

/// Poisson arrivals of batches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchArrivalSpec {
    /// Batches per time, before the shape's factor. Requests come at this rate times the mean size.
    pub rate: Rate,
    /// How many requests a batch has. A drawn size that is not whole is rounded up or down at random so that the mean
    /// stays; a batch has at least one request.
    pub size: DistributionSpec<Number>,
    /// The rate's factor over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<ShapeSpec>,
    /// Random factors that make one day unlike the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<VariationSpec>,
}

/// Random factors on a rate, lognormal with mean 1, drawn once per day (from midnight to midnight) and once per
/// replication: the difference between one day and the next, without which ten replications all see the same total.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariationSpec {
    /// Coefficient of variation of the factor of a day.
    #[serde(default)]
    pub day: f64,
    /// Coefficient of variation of the factor of a replication.
    #[serde(default)]
    pub replication: f64,
}

impl ArrivalSpec {
    /// Reports everything that makes no sense, `path` being where this stands.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        match self {
            Self::Poisson(spec) => spec.problems(&format!("{path}.poisson"), out),
            Self::Deterministic(spec) => spec.problems(&format!("{path}.deterministic"), out),
            Self::Renewal(spec) => spec.problems(&format!("{path}.renewal"), out),
            Self::Mmpp(spec) => spec.problems(&format!("{path}.mmpp"), out),
            Self::Batch(spec) => spec.problems(&format!("{path}.batch"), out),
            Self::Trace(spec) => spec.problems(&format!("{path}.trace"), out),
            Self::Schedule(spec) => spec.problems(&format!("{path}.schedule"), out),
            Self::Users(spec) => spec.problems(&format!("{path}.users"), out),
            // That there is such a population is checked by the fleet.
            Self::Population(_) => {}
        }
    }

    /// The trace that has to be opened for it, if any.
    pub fn trace(&self) -> Option<&TraceSpec> {
        if let Self::Trace(spec) = self { Some(spec) } else { None }
    }
}

impl RateSpec {
    pub(super) fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        plausible_rate(self.rate, &format!("{path}.rate"), out);
        modulation_problems(self.shape.as_ref(), self.variation.as_ref(), path, out);
    }
}

impl RenewalSpec {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        plausible_rate(self.rate, &format!("{path}.rate"), out);
        if !(self.cv > 0.0 && self.cv <= PLAUSIBLE_CV) {
            let message = format!(
                "a coefficient of variation lies above 0 and up to {PLAUSIBLE_CV}, not {}",
                shown(self.cv)
            );
            out.push(
                Problem::new(format!("{path}.cv"), message).hint("use `deterministic` for no variation"),
            );
        }
        modulation_problems(self.shape.as_ref(), self.variation.as_ref(), path, out);
    }
}

impl MmppSpec {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        for (index, (rate, sojourn)) in self.rates.into_iter().zip(self.sojourns).enumerate() {
            plausible_rate(rate, &format!("{path}.rates[{index}]"), out);
            if sojourn < SHORTEST_SOJOURN {
                let message = format!("a state lasts at least {SHORTEST_SOJOURN} on average, not {sojourn}");
                out.push(Problem::new(format!("{path}.sojourns[{index}]"), message));
            }
        }
        modulation_problems(self.shape.as_ref(), self.variation.as_ref(), path, out);
    }

    /// The long-run mean rate: the rates weighted with the sojourns.
    pub fn mean_rate(&self) -> Rate {
        let [one, other] = self.sojourns.map(Span::seconds);
        Rate((self.rates[0].0 * one + self.rates[1].0 * other) / (one + other))
    }
}

impl BatchArrivalSpec {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        plausible_rate(self.rate, &format!("{path}.rate"), out);
        let before = out.len();
        self.size.problems(&format!("{path}.size"), out);
        let mean = if out.len() == before { self.size.build().mean() } else { 1.0 };
        if mean < 1.0 {
            out.push(Problem::new(format!("{path}.size"), "the mean size of a batch is below one"));
        }
        if mean > PLAUSIBLE_BATCH {
            let message =
                format!("a batch of {} requests on average is above {PLAUSIBLE_BATCH}", shown(mean.round()));
            out.push(Problem::new(format!("{path}.size"), message));
        }
        modulation_problems(self.shape.as_ref(), self.variation.as_ref(), path, out);
    }
}

/// A shorter state is not a state: switching would cost more than arriving.
const SHORTEST_SOJOURN: Span = Span::from_millis(1);

/// Rates above this are taken for a slip.
const PLAUSIBLE_RATE: f64 = 1e8;

/// Mean sizes of batches above this are taken for a slip.
const PLAUSIBLE_BATCH: f64 = 1e6;

/// Day-to-day coefficients of variation above this are taken for a percentage.
const PLAUSIBLE_VARIATION: f64 = 5.0;

fn plausible_rate(rate: Rate, path: &str, out: &mut Vec<Problem>) {
    if rate.0 > PLAUSIBLE_RATE {
        out.push(Problem::new(path, format!("{rate} is absurdly high: above {PLAUSIBLE_RATE}/s")));
    }
}

fn modulation_problems(
    shape: Option<&ShapeSpec>,
    variation: Option<&VariationSpec>,
    path: &str,
    out: &mut Vec<Problem>,
) {
    if let Some(shape) = shape {
        shape.problems(&format!("{path}.shape"), out);
    }
    let Some(variation) = variation else { return };
    for (name, cv) in [("day", variation.day), ("replication", variation.replication)] {
        if !(0.0..=PLAUSIBLE_VARIATION).contains(&cv) {
            let message =
                format!("a coefficient of variation between 0 and {PLAUSIBLE_VARIATION}, not {}", shown(cv));
            out.push(Problem::new(format!("{path}.variation.{name}"), message).hint("0.15 means 15 %"));
        }
    }
}
