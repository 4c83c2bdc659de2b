//! A source at work: the next arrival, again and again, in constant memory.

use super::files::OpenTrace;
use super::intensity::{Intensity, States};
use super::schedule::Schedule;
use super::shape::{Shape, ShapeSpec};
use super::spec::{ArrivalSpec, RenewalLaw, VariationSpec};
use super::trace::{Cursor, FeedError, TraceFeed, TraceSpec};
use super::users::Users;
use super::{Arrival, Origin, WorkGiven};
use crate::engine::{Span, Time};
use crate::random::{Distribution, Purpose, Stream, open01, request_seed, round_at_random, seed_key};

/// A source: open-loop arrivals, which come whatever happens to them, or closed-loop users, who wait for an answer.
#[derive(Debug)]
pub enum Source {
    /// Arrivals that do not depend on the system.
    Open(Arrivals),
    /// Users with one outstanding request each.
    Closed(Users),
}

impl Source {
    /// The source of a validated `spec`. Traces are opened through `files`.
    ///
    /// # Errors
    /// If a trace cannot be opened.
    pub fn build(spec: &ArrivalSpec, origin: &Origin<'_>, files: &dyn OpenTrace) -> Result<Self, FeedError> {
        match spec {
            ArrivalSpec::Users(users) => Ok(Source::Closed(Users::new(users, origin))),
            open => Arrivals::build(open, origin, files).map(Source::Open),
        }
    }
}

/// Open-loop arrivals in order of time.
#[derive(Debug)]
pub struct Arrivals {
    process: Process,
    seed_key: u64,
    ordinal: u64,
    error: Option<FeedError>,
}

#[derive(Debug)]
enum Process {
    Rate(Box<RateProcess>),
    Batch(Box<BatchProcess>),
    Trace(Box<Cursor>),
    Schedule(Box<Schedule>),
}

/// Unit-rate intervals, and the rate whose integral they are laid out on.
#[derive(Debug)]
struct RateProcess {
    gaps: Gaps,
    stream: Stream,
    intensity: Intensity,
}

#[derive(Debug)]
enum Gaps {
    Exponential,
    Constant,
    Law(Distribution),
}

#[derive(Debug)]
struct BatchProcess {
    batches: RateProcess,
    size: Distribution,
    sizes: Stream,
    at: Time,
    left: u64,
}

impl Arrivals {
    /// The arrivals of a validated `spec`, which is not that of closed-loop users or a population.
    ///
    /// # Errors
    /// If a trace cannot be opened.
    ///
    /// # Panics
    /// If `spec` is one of closed-loop users or of a population: those are [`Users`] and [`Members`](super::Members).
    pub fn build(spec: &ArrivalSpec, origin: &Origin<'_>, files: &dyn OpenTrace) -> Result<Self, FeedError> {
        let process = match spec {
            ArrivalSpec::Trace(trace) => {
                Process::Trace(Box::new(Cursor::new(trace, origin, files.open(trace)?)))
            }
            ArrivalSpec::Schedule(schedule) => Process::Schedule(Box::new(Schedule::new(schedule, origin))),
            ArrivalSpec::Batch(batch) => Process::Batch(Box::new(BatchProcess {
                batches: RateProcess::new(spec, origin),
                size: batch.size.build(),
                sizes: origin.luck.stream(Purpose::BatchSize, origin.name),
                at: Time::ZERO,
                left: 0,
            })),
            rate => Process::Rate(Box::new(RateProcess::new(rate, origin))),
        };
        Ok(Arrivals::of(process, origin))
    }

    /// The arrivals that `feed` counts, played as `spec` says.
    pub(super) fn of_trace(spec: &TraceSpec, origin: &Origin<'_>, feed: Box<dyn TraceFeed>) -> Self {
        Arrivals::of(Process::Trace(Box::new(Cursor::new(spec, origin, feed))), origin)
    }

    fn of(process: Process, origin: &Origin<'_>) -> Self {
        Arrivals { process, seed_key: seed_key(origin.luck, origin.name), ordinal: 0, error: None }
    }

    /// The next arrival, not earlier than the last; `None` when no more come, be it at the end or because of an error
    /// (see [`take_error`](Self::take_error)).
    #[expect(clippy::should_implement_trait, reason = "an iterator would hide that an end may be an error")]
    #[inline(always)]
    pub fn next(&mut self) -> Option<Arrival> {
        let (at, work) = match &mut self.process {
            Process::Rate(rate) => (rate.next()?, WorkGiven::default()),
            Process::Batch(batch) => (batch.next()?, WorkGiven::default()),
            Process::Schedule(schedule) => (schedule.next()?, WorkGiven::default()),
            Process::Trace(cursor) => match cursor.next() {
                Ok(next) => next?,
                Err(error) => {
                    self.error = Some(error);
                    return None;
                }
            },
        };
        let seed = request_seed(self.seed_key, self.ordinal);
        self.ordinal += 1;
        Some(Arrival { at, seed, work })
    }

    /// The error that ended the arrivals, if one did.
    pub fn take_error(&mut self) -> Option<FeedError> {
        self.error.take()
    }

    /// How many have arrived.
    pub fn count(&self) -> u64 {
        self.ordinal
    }
}

impl RateProcess {
    fn new(spec: &ArrivalSpec, origin: &Origin<'_>) -> Self {
        let (states, gaps) = match spec {
            ArrivalSpec::Poisson(spec) => (States::Fixed(spec.rate.0), Gaps::Exponential),
            ArrivalSpec::Deterministic(spec) => (States::Fixed(spec.rate.0), Gaps::Constant),
            ArrivalSpec::Renewal(spec) => {
                let law = match spec.law {
                    RenewalLaw::Gamma => Distribution::gamma,
                    RenewalLaw::Weibull => Distribution::weibull_cv,
                    RenewalLaw::Lognormal => Distribution::lognormal,
                };
                (States::Fixed(spec.rate.0), Gaps::Law(law(1.0, spec.cv)))
            }
            ArrivalSpec::Mmpp(spec) => {
                let rates = spec.rates.map(|rate| rate.0);
                let sojourns = spec.sojourns.map(Span::seconds);
                (States::switching(rates, sojourns, origin), Gaps::Exponential)
            }
            ArrivalSpec::Batch(spec) => (States::Fixed(spec.rate.0), Gaps::Exponential),
            _ => panic!("traces, schedules, users and populations have no rate"),
        };
        let stream = origin.luck.stream(Purpose::Arrivals, origin.name);
        let (shape, variation) = modulation(spec);
        RateProcess { gaps, stream, intensity: intensity(states, shape, variation, origin) }
    }

    fn next(&mut self) -> Option<Time> {
        let gap = match &self.gaps {
            Gaps::Exponential => -libm::log(open01(&mut self.stream)),
            Gaps::Constant => 1.0,
            Gaps::Law(law) => law.sample(&mut self.stream),
        };
        self.intensity.advance(gap)
    }
}

impl BatchProcess {
    fn next(&mut self) -> Option<Time> {
        if self.left == 0 {
            self.at = self.batches.next()?;
            let size = self.size.sample(&mut self.sizes);
            self.left = round_at_random(size, &mut self.sizes).max(1);
        }
        self.left -= 1;
        Some(self.at)
    }
}

fn modulation(spec: &ArrivalSpec) -> (Option<&ShapeSpec>, Option<&VariationSpec>) {
    match spec {
        ArrivalSpec::Poisson(spec) | ArrivalSpec::Deterministic(spec) => {
            (spec.shape.as_ref(), spec.variation.as_ref())
        }
        ArrivalSpec::Renewal(spec) => (spec.shape.as_ref(), spec.variation.as_ref()),
        ArrivalSpec::Mmpp(spec) => (spec.shape.as_ref(), spec.variation.as_ref()),
        ArrivalSpec::Batch(spec) => (spec.shape.as_ref(), spec.variation.as_ref()),
        ArrivalSpec::Trace(_)
        | ArrivalSpec::Schedule(_)
        | ArrivalSpec::Users(_)
        | ArrivalSpec::Population(_) => (None, None),
    }
}

fn intensity(
    states: States,
    shape: Option<&ShapeSpec>,
    variation: Option<&VariationSpec>,
    origin: &Origin<'_>,
) -> Intensity {
    let shape = match shape {
        Some(spec) => Shape::new(spec, origin.calendar),
        None => Shape::constant(origin.calendar),
    };
    Intensity::new(states, shape, variation, origin)
}

impl ArrivalSpec {
    /// How many requests are expected up to `until`, for a law of arrivals: its random factors left aside, a modulated
    /// source at its long-run mean. `None` for traces, schedules, users and populations.
    pub fn expected_requests(&self, origin: &Origin<'_>, until: Time) -> Option<f64> {
        let (rate, per_arrival) = match self {
            Self::Poisson(spec) | Self::Deterministic(spec) => (spec.rate.0, 1.0),
            Self::Renewal(spec) => (spec.rate.0, 1.0),
            Self::Mmpp(spec) => (spec.mean_rate().0, 1.0),
            Self::Batch(spec) => (spec.rate.0, spec.size.build().mean().max(1.0)),
            Self::Trace(_) | Self::Schedule(_) | Self::Users(_) | Self::Population(_) => return None,
        };
        let (shape, _) = modulation(self);
        Some(per_arrival * intensity(States::Fixed(rate), shape, None, origin).integral_until(until))
    }
}
