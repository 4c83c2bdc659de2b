//! Traffic: arrival laws, rate shapes, trace cursors, schedules, closed-loop users.
//!
//! A scenario's `arrivals = ...` is an [`ArrivalSpec`]; [`Source::build`] makes of it either [`Arrivals`], asked for
//! the next arrival again and again, or [`Users`], who react to their answers.
//! A [`Population`] of many functions is a source of its own kind, [`Members`]. All hold constant memory per source
//! (or per user), draw only from streams named after the source, and give every request the seed from which all its
//! own draws follow. Nothing here reads a file: traces come through [`OpenTrace`] and [`TraceFeed`].

mod arrivals;
mod expected;
mod files;
mod intensity;
#[cfg(test)]
mod inversion;
mod population;
mod schedule;
mod shape;
mod spec;
#[cfg(test)]
mod tests;
mod trace;
mod traced;
mod users;

pub use arrivals::{Arrivals, Source};
pub use expected::TraceTotal;
pub use files::{NoTraces, OpenTrace};
pub use population::{
    AlikeSpec, FunctionsSpec, Members, PopularitySpec, Population, PopulationOfFunctionsSpec, SyntheticSpec,
};
pub(crate) use population::{CALL_SIGMA, lambda_memory_problem, usual_hours};
pub use schedule::ScheduleSpec;
pub use shape::{Curve, Point, PointSpec, Shape, ShapeSpec};
pub use spec::{ArrivalSpec, BatchArrivalSpec, MmppSpec, RateSpec, RenewalLaw, RenewalSpec, VariationSpec};
pub use trace::{
    CountsFeed, CountsSpec, FeedError, Placement, QuantityColumn, RepeatSpec, RequestsSpec, RowsSpec,
    TimestampFormat, TraceFeed, TraceOrigin, TraceRow, TraceSpec, WindowSpec,
};
pub use traced::{AzureFilesSpec, PackedCounts, TracedDurations, TracedFunction, Trigger};
pub use users::{PopulationPoint, PopulationSpec, Users, UsersSpec};

use crate::calendar::Calendar;
use crate::engine::{Span, Time};
use crate::quantity::Bytes;
use crate::random::Luck;

/// Later than this (146 years) nothing arrives.
const HORIZON: Time = Time::from_nanos(u64::MAX / 4);

/// Whose traffic it is: what a source's streams are named by, and when its run takes place.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The source's name.
    pub name: &'a str,
    /// The replication's luck.
    pub luck: Luck,
    /// On which date the run starts.
    pub calendar: Calendar,
}

/// One request of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it is born.
    pub at: Time,
    /// The seed of all its draws.
    pub seed: u64,
    /// What a trace says about its work.
    pub work: WorkGiven,
}

/// What a trace says about one request's work; what it does not say is drawn from the work's distributions.
///
/// Every request carries one, so it is kept in a word each: nanoseconds and bytes, and the largest number of all for
/// what is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkGiven {
    cpu: u64,
    wait: u64,
    request_bytes: u64,
    response_bytes: u64,
}

impl Default for WorkGiven {
    fn default() -> Self {
        WorkGiven::new(None, None, None, None)
    }
}

impl WorkGiven {
    /// What nobody needs: more nanoseconds than a run has, more bytes than there are.
    const UNKNOWN: u64 = u64::MAX;

    /// What is known of CPU on a reference core, waiting off the CPU, and the sizes of request and response.
    pub fn new(
        cpu: Option<Span>,
        wait: Option<Span>,
        request_bytes: Option<Bytes>,
        response_bytes: Option<Bytes>,
    ) -> Self {
        let nanos = |span: Option<Span>| span.map_or(Self::UNKNOWN, Span::nanos);
        let bytes = |bytes: Option<Bytes>| bytes.map_or(Self::UNKNOWN, |bytes| bytes.0);
        WorkGiven {
            cpu: nanos(cpu),
            wait: nanos(wait),
            request_bytes: bytes(request_bytes),
            response_bytes: bytes(response_bytes),
        }
    }

    #[inline]
    fn known(word: u64) -> Option<u64> {
        (word != Self::UNKNOWN).then_some(word)
    }

    /// CPU on a reference core.
    #[inline]
    pub fn cpu(&self) -> Option<Span> {
        Self::known(self.cpu).map(Span::from_nanos)
    }

    /// Waiting off the CPU.
    #[inline]
    pub fn wait(&self) -> Option<Span> {
        Self::known(self.wait).map(Span::from_nanos)
    }

    /// Size of the request in bytes.
    #[inline]
    pub fn request_bytes(&self) -> Option<u64> {
        Self::known(self.request_bytes)
    }

    /// Size of the response in bytes.
    #[inline]
    pub fn response_bytes(&self) -> Option<u64> {
        Self::known(self.response_bytes)
    }
}
