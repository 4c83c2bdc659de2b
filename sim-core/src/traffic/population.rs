//! Populations: many like functions declared as one thing, each with arrivals, durations and memory of its own.
//!
//! A platform runs fleets of functions of which most are nearly idle and a few carry the traffic; means say nothing
//! about them. A [`Population`] lists the functions, from the files of the Azure Functions data set or drawn from its
//! published statistics, in some fifty bytes each; or says that they are alike but for their popularity ([`Alike`]), in
//! eight. It says what is asked of a function; what serves it is a service
//! that names the same population. A source of a population merges the arrivals of all its members ([`Members`]),
//! each keyed by its own name: one function more disturbs no other.

mod alias;
mod alike;
mod spec;
mod streams;
mod synthetic;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::engine::Span;
use crate::quantity::MemorySize;
use crate::random::{Distribution, Purpose, draw, normal_quantile, open01};
use crate::traffic::files::OpenTrace;
use crate::traffic::trace::{FeedError, TraceSpec};
use crate::traffic::traced::{PackedCounts, TracedDurations, TracedFunction, Trigger};
use crate::traffic::{ArrivalSpec, TraceTotal, WorkGiven};
use alike::Alike;

pub(crate) use spec::lambda_memory_problem;
pub use spec::{AlikeSpec, FunctionsSpec, PopularitySpec, PopulationOfFunctionsSpec, SyntheticSpec};
pub use streams::Members;

/// Functions, in order.
#[derive(Clone, Debug)]
pub struct Population {
    /// Names; empty where functions are only numbered.
    names: Vec<Box<str>>,
    members: Vec<Member>,
    /// What stands in the place of members where all are alike.
    alike: Option<Box<Alike>>,
    /// How the traces of members are played, where there are some.
    play: Option<TraceSpec>,
    cpu_share: f64,
    /// Factors on the rates of laws in each hour of the day.
    hours: [f64; 24],
}

/// One function.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub trigger: Trigger,
    pub memory: Option<MemorySize>,
    pub duration: Duration,
    pub arrivals: MemberArrivals,
}

/// How long a function's invocations take, in seconds.
#[derive(Clone, Debug)]
pub(super) enum Duration {
    /// The population does not know.
    Unknown,
    /// Lognormal with this mean and sigma 1, cut off at `longest`.
    Lognormal { mean: f32, longest: f32 },
    /// As measured.
    Table(Box<Distribution>),
}

/// When a function is invoked.
#[derive(Clone, Debug)]
pub(super) enum MemberArrivals {
    /// As counted, interval by interval.
    Counts(PackedCounts),
    /// By a law.
    Law(Law),
}

/// A function's law of arrivals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Law {
    /// Every so often; at the start of the clock's week plus `offset`, and then at every multiple.
    Clock { period: u32, offset: u32 },
    /// Every so often (seconds) from a random instant on.
    Periodic { mean: f32 },
    /// Independent intervals of this mean (seconds) and coefficient of variation: gamma below 1, exponential at 1,
    /// hyperexponential above. Those of a timer are moved back to the whole minute.
    Renewal { mean: f32, cv: f32 },
}

/// Standard deviation of the logarithm of a function's durations, call by call: "about 1" describes what lies between
/// the minimum and the maximum of most functions of the data set.
pub(crate) const CALL_SIGMA: f64 = 1.0;

/// The factors of the hours of a day, with mean 1, where a scenario gives none.
pub(crate) fn usual_hours() -> [f64; 24] {
    synthetic::hours(None)
}

impl Duration {
    /// Draws the duration of the request with this seed, in seconds.
    fn sample(&self, seed: u64) -> Option<f64> {
        let mut draw = draw(seed, Purpose::Demand, 0);
        match self {
            Duration::Unknown => None,
            Duration::Lognormal { mean, longest } => {
                let normal = normal_quantile(open01(&mut draw));
                let factor = libm::exp(CALL_SIGMA * normal - 0.5 * CALL_SIGMA * CALL_SIGMA);
                Some((f64::from(*mean) * factor).min(f64::from(*longest)))
            }
            Duration::Table(table) => Some(table.sample(&mut draw)),
        }
    }

    /// The mean in seconds; that of a lognormal without its cut.
    fn mean(&self) -> Option<f64> {
        match self {
            Duration::Unknown => None,
            Duration::Lognormal { mean, .. } => Some(f64::from(*mean)),
            Duration::Table(table) => Some(table.mean()),
        }
    }
}

impl From<TracedDurations> for Duration {
    /// The shape of the percentiles at the mean of the average: percentiles of a few points leave the mean open, and
    /// the mean decides the load.
    fn from(traced: TracedDurations) -> Self {
        let average = traced.average.seconds();
        let points = |scale: f64| -> Vec<(f64, f64)> {
            traced.percentiles.iter().map(|(share, value)| (*share, value.seconds() * scale)).collect()
        };
        if traced.percentiles.len() < 2 {
            return Duration::Lognormal { mean: average as f32, longest: f32::INFINITY };
        }
        let mean = Distribution::percentiles(&points(1.0)).mean();
        let scale = if mean > 0.0 { average / mean } else { 1.0 };
        Duration::Table(Box::new(Distribution::percentiles(&points(scale))))
    }
}

/// Memory sizes that people choose, in MB: the least that holds what a function was seen to use is taken.
const CHOSEN_SIZES: &[u32] =
    &[128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 5120, 6144, 8192, 10_240];

/// The Lambda size for a function that was seen to use so much.
fn chosen_size(used: MemorySize) -> MemorySize {
    let chosen = CHOSEN_SIZES.iter().find(|size| **size >= used.0);
    MemorySize(chosen.copied().unwrap_or(CHOSEN_SIZES[CHOSEN_SIZES.len() - 1]))
}

impl Population {
    /// The population called `name` of a validated `spec`; its files are read through `files`.
    ///
    /// # Errors
    /// What is wrong with a file.
    pub fn build(
        spec: &PopulationOfFunctionsSpec,
        name: &str,
        files: &dyn OpenTrace,
    ) -> Result<Self, Vec<FeedError>> {
        let cpu_share = spec.cpu_share.0;
        match &spec.functions {
            FunctionsSpec::Synthetic(synthetic) => {
                let members = synthetic::members(synthetic, name);
                let hours = synthetic::hours(synthetic.hours.as_deref());
                Ok(Population { members, cpu_share, hours, ..Population::empty() })
            }
            FunctionsSpec::Alike(spec) => {
                let alike = Some(Box::new(Alike::new(spec)));
                Ok(Population { alike, cpu_share, ..Population::empty() })
            }
            FunctionsSpec::AzureFunctions2019(azure) => {
                let functions = files.functions(azure)?;
                let names = functions.iter().map(|function| function.name.as_str().into()).collect();
                let members = functions.into_iter().map(Member::from).collect();
                let play = Some(azure.play());
                Ok(Population { names, members, play, cpu_share, ..Population::empty() })
            }
        }
    }

    fn empty() -> Self {
        Population {
            names: Vec::new(),
            members: Vec::new(),
            alike: None,
            play: None,
            cpu_share: 0.0,
            hours: [1.0; 24],
        }
    }

    /// How many functions there are.
    pub fn len(&self) -> usize {
        self.alike.as_ref().map_or(self.members.len(), |alike| alike.count as usize)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of a function.
    pub fn name(&self, function: usize) -> Cow<'_, str> {
        match self.names.get(function) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(synthetic::name(function)),
        }
    }

    /// What invokes a function.
    pub fn trigger(&self, function: usize) -> Trigger {
        self.members.get(function).map_or(Trigger::Others, |member| member.trigger)
    }

    /// The memory that a function needs: a size that Lambda sells. `None` if the population does not know.
    pub fn memory(&self, function: usize) -> Option<MemorySize> {
        match &self.alike {
            Some(alike) => Some(alike.memory),
            None => self.members[function].memory,
        }
    }

    /// The mean time that an invocation takes, in seconds. `None` if the population does not know.
    pub fn mean_duration(&self, function: usize) -> Option<f64> {
        match &self.alike {
            Some(alike) => Some(alike.duration.mean()),
            None => self.members[function].duration.mean(),
        }
    }

    /// A function's long-run invocations per second; where they are counted, those per second of the trace.
    pub fn rate(&self, function: usize) -> f64 {
        if let Some(alike) = &self.alike {
            return alike.rate(function);
        }
        match &self.members[function].arrivals {
            MemberArrivals::Counts(counts) => counts.total() as f64 / counts.length().seconds(),
            MemberArrivals::Law(Law::Clock { period, .. }) => 1.0 / f64::from(*period),
            MemberArrivals::Law(Law::Periodic { mean } | Law::Renewal { mean, .. }) => 1.0 / f64::from(*mean),
        }
    }

    /// The law of the arrivals of all functions together, where they are one stream.
    pub fn law(&self) -> Option<&ArrivalSpec> {
        self.alike.as_ref().map(|alike| &alike.law)
    }

    /// How its traces are played, where it has some.
    pub fn play(&self) -> Option<&TraceSpec> {
        self.play.as_ref()
    }

    /// What the traces of all functions hold together, where it has some.
    pub fn traced(&self) -> Option<TraceTotal> {
        self.play.as_ref()?;
        let counts = self.members.iter().filter_map(|member| match &member.arrivals {
            MemberArrivals::Counts(counts) => Some(counts),
            MemberArrivals::Law(_) => None,
        });
        Some(counts.fold(TraceTotal::default(), |total, counts| TraceTotal {
            requests: total.requests + counts.total() as f64,
            length: total.length.max(counts.length()),
        }))
    }

    /// How many functions lack durations, and how many a memory size.
    pub fn unknown(&self) -> (usize, usize) {
        let lacking = |lacks: fn(&Member) -> bool| self.members.iter().filter(|member| lacks(member)).count();
        (
            lacking(|member| matches!(member.duration, Duration::Unknown)),
            lacking(|member| member.memory.is_none()),
        )
    }

    /// What the population says about the work of a request.
    fn work(&self, member: u32, seed: u64) -> WorkGiven {
        let duration = match &self.alike {
            Some(alike) => Some(alike.duration.sample(&mut draw(seed, Purpose::Demand, 0))),
            None => self.members[member as usize].duration.sample(seed),
        };
        let Some(seconds) = duration else { return WorkGiven::default() };
        let cpu = Span::from_seconds(seconds * self.cpu_share);
        let wait = Span::from_seconds(seconds * (1.0 - self.cpu_share));
        WorkGiven::new(Some(cpu), Some(wait), None, None)
    }
}

impl From<TracedFunction> for Member {
    fn from(function: TracedFunction) -> Self {
        Member {
            trigger: function.trigger,
            memory: function.memory.map(chosen_size),
            duration: function.durations.map_or(Duration::Unknown, Duration::from),
            arrivals: MemberArrivals::Counts(function.counts),
        }
    }
}
