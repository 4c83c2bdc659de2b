//! Populations as scenario files write them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::Span;
use crate::problem::Problem;
use crate::quantity::{MemorySize, Percent, Rate, shown};
use crate::random::DistributionSpec;
use crate::traffic::traced::AzureFilesSpec;
use crate::traffic::{ArrivalSpec, RateSpec, ShapeSpec, VariationSpec};

/// Many functions, each with its own arrivals, durations and memory. A source plays them
/// (`arrivals = { population = "NAME" }`), and a Lambda service that says `functions = "NAME"` runs each as a function
/// of its own. Sent to any other service, their requests all go to that one service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PopulationOfFunctionsSpec {
    /// Which functions: those of a data set, synthetic ones, or some that are all alike.
    pub functions: FunctionsSpec,
    /// How much of an invocation's duration is CPU time on the reference core; the rest is waiting. CPU takes longer
    /// with little memory, waiting does not. No data set says how much it is; 0 % keeps durations as published.
    #[serde(default)]
    pub cpu_share: Percent,
}

/// Which functions a population consists of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum FunctionsSpec {
    /// The functions of files in the layout of the Azure Functions data set of 2019 (Shahrad et al., "Serverless in the
    /// Wild", ATC 2020): whole days as published, or samples with fewer minutes or without owner and application.
    #[serde(rename = "azure-functions-2019")]
    AzureFunctions2019(AzureFilesSpec),
    /// Functions drawn from the published statistics of that data set.
    Synthetic(SyntheticSpec),
    /// Functions that are alike but for how often they are invoked.
    Alike(AlikeSpec),
}

/// Functions drawn from the statistics that Shahrad et al. published of Azure Functions ("Serverless in the Wild",
/// ATC 2020): rates over eight orders of magnitude, triggers, regularity of arrivals, durations and memory. The same
/// name, seed and number give the same functions in every replication and variant; a larger number adds functions and
/// changes none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SyntheticSpec {
    /// How many.
    pub count: u32,
    /// Which of the fleets that these statistics describe: another number draws other functions.
    #[serde(default = "seed")]
    pub seed: u64,
    /// Functions that would be invoked more often are invoked this often. The busiest hundredth makes 92 % of all
    /// invocations, takes as much of the simulation's time, and hardly ever starts cold.
    #[serde(default)]
    pub max_rate: Option<Rate>,
    /// No invocation takes longer, and no function does on average. 99 % of the data set's functions have a maximum
    /// below 490 s. A service's `timeout` should leave room above it: a first request in an environment takes longer.
    #[serde(default = "longest")]
    pub max_duration: Span,
    /// Factor on the rate of all functions but timers in each hour of the day, from midnight on: 24 numbers, taken
    /// relative to their mean. Left out: the usual swing of the data set's total, 0.78 at night to 1.15 at noon.
    #[serde(default)]
    pub hours: Option<Vec<f64>>,
}

/// Functions that are alike but for how often they are invoked: to ask what their number and the skew of their popularity
/// do. Each is invoked independently of the others (Poisson). All of them are one owner of luck: their arrivals are one
/// stream that hands every request to a function by its popularity, so another number or popularity moves requests from
/// one function to another and changes nothing else about them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlikeSpec {
    /// How many.
    pub count: u32,
    /// Invocations of all functions together, before the shape's factor.
    pub rate: Rate,
    /// How the invocations are shared out among the functions.
    #[serde(default)]
    pub popularity: PopularitySpec,
    /// How long an invocation takes.
    pub duration: DistributionSpec<Span>,
    /// The memory of each function.
    pub memory: MemorySize,
    /// The rate's factor over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<ShapeSpec>,
    /// Random factors that make one day unlike the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<VariationSpec>,
}

/// How invocations are shared out among functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum PopularitySpec {
    /// Each function is invoked as often as any other.
    #[default]
    Equal,
    /// Zipf's law with this exponent: the k-th function is invoked in proportion to 1 / k^exponent. With 1 the second has
    /// half of the first one's invocations, and of 10,000 functions the first hundred have 53 % of all; 0 is equal.
    Zipf(f64),
}

fn seed() -> u64 {
    2019
}

fn longest() -> Span {
    Span::from_secs(600)
}

/// A run takes about 200 bytes for each function, so this many take half a gibibyte. Azure's data set of 2019 has fewer than
/// a hundred thousand.
const MOST_FUNCTIONS: u32 = 2_000_000;

impl PopulationOfFunctionsSpec {
    /// Reports what makes no sense, under `path`. Files are checked where they may be read.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        if !(0.0..=1.0).contains(&self.cpu_share.0) {
            let message = format!("a share of the duration lies between 0% and 100%, not {}", self.cpu_share);
            out.push(Problem::new(format!("{path}.cpu_share"), message));
        }
        match &self.functions {
            FunctionsSpec::AzureFunctions2019(azure) => {
                azure.problems(&format!("{path}.functions.azure-functions-2019"), out);
            }
            FunctionsSpec::Synthetic(synthetic) => {
                synthetic.problems(&format!("{path}.functions.synthetic"), out);
            }
            FunctionsSpec::Alike(alike) => alike.problems(&format!("{path}.functions.alike"), out),
        }
    }
}

fn count_problems(count: u32, path: &str, out: &mut Vec<Problem>) {
    if !(1..=MOST_FUNCTIONS).contains(&count) {
        let message = format!("{count} functions; 1 to {MOST_FUNCTIONS} make sense");
        out.push(Problem::new(format!("{path}.count"), message));
    }
}

/// A Zipf exponent above this is taken for a slip: the first function would be invoked all the time and no other ever.
const PLAUSIBLE_EXPONENT: f64 = 10.0;

/// No function of a platform's runs longer.
const LONGEST_INVOCATION: f64 = 900.0;

impl AlikeSpec {
    /// The arrivals of all functions together.
    pub(super) fn law(&self) -> RateSpec {
        RateSpec { rate: self.rate, shape: self.shape.clone(), variation: self.variation.clone() }
    }

    /// Whether how often the functions are invoked depends on the time.
    pub fn varies(&self) -> bool {
        ArrivalSpec::Poisson(self.law()).varies(false)
    }

    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        count_problems(self.count, path, out);
        self.law().problems(path, out);
        out.extend(lambda_memory_problem(self.memory, &format!("{path}.memory")));
        let before = out.len();
        self.duration.problems(&format!("{path}.duration"), out);
        if out.len() == before && self.duration.build().mean() > LONGEST_INVOCATION {
            let message = "an invocation takes longer than 900s on average";
            out.push(
                Problem::new(format!("{path}.duration"), message)
                    .hint("900s is the longest that Lambda allows"),
            );
        }
        if let PopularitySpec::Zipf(exponent) = self.popularity
            && !(0.0..=PLAUSIBLE_EXPONENT).contains(&exponent)
        {
            let message =
                format!("an exponent lies between 0 and {PLAUSIBLE_EXPONENT}, not {}", shown(exponent));
            out.push(Problem::new(format!("{path}.popularity.zipf"), message).hint("0 is the same for all"));
        }
    }
}

/// What is wrong with the memory of a function: Lambda has 128 MB to 10,240 MB (Lambda Developer Guide, quotas).
pub(crate) fn lambda_memory_problem(memory: MemorySize, path: &str) -> Option<Problem> {
    let message = format!("{memory} is not between 128MB and 10240MB");
    (!(128..=10_240).contains(&memory.0)).then(|| Problem::new(path, message))
}

impl SyntheticSpec {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        count_problems(self.count, path, out);
        if let Some(rate) = self.max_rate.filter(|rate| rate.0 <= 0.0) {
            let message = format!("at {rate} nothing ever happens");
            out.push(Problem::new(format!("{path}.max_rate"), message));
        }
        if !(Span::from_millis(1)..=Span::from_secs(900)).contains(&self.max_duration) {
            let message = format!("{} is not between 1ms and 900s", self.max_duration);
            out.push(
                Problem::new(format!("{path}.max_duration"), message)
                    .hint("900s is the longest that Lambda allows"),
            );
        }
        if let Some(hours) = &self.hours {
            self.hours_problems(hours, &format!("{path}.hours"), out);
        }
    }

    fn hours_problems(&self, hours: &[f64], path: &str, out: &mut Vec<Problem>) {
        if hours.len() != 24 {
            out.push(Problem::new(path, format!("a day has 24 hours, not {}", hours.len())));
        }
        for (hour, factor) in hours.iter().enumerate().filter(|(_, factor)| !(0.01..=100.0).contains(*factor))
        {
            let message = format!("a factor of {} is not between 0.01 and 100", shown(*factor));
            out.push(Problem::new(format!("{path}[{hour}]"), message));
        }
    }
}
