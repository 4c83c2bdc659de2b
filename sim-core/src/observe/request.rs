//! How a request ends and what its latency is made of.

use serde::{Deserialize, Serialize};

use super::{ServiceId, SourceId};
use crate::engine::{Span, Time};

/// How a request, or one attempt of it, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was served.
    Ok,
    /// The client's time limit passed.
    TimedOut,
    /// The replica's queue was full, or the request larger than a function takes.
    Rejected,
    /// The load balancer had no target.
    Unavailable,
    /// The platform refused it: a limit of concurrency, request rate or scaling rate.
    Throttled,
    /// The replica that served it was lost, or a function exceeded its memory or what it may give back.
    Failed,
    /// The function's own time limit ended it.
    FunctionTimeout,
    /// The front door's time limit passed.
    GatewayTimeout,
    /// The client's circuit breaker was open: it was not sent.
    CircuitOpen,
    /// It had no outcome when draining ended.
    Unfinished,
}

impl Outcome {
    /// All outcomes, in the order of their counters.
    pub const ALL: [Outcome; 10] = [
        Outcome::Ok,
        Outcome::TimedOut,
        Outcome::Rejected,
        Outcome::Unavailable,
        Outcome::Throttled,
        Outcome::Failed,
        Outcome::FunctionTimeout,
        Outcome::GatewayTimeout,
        Outcome::CircuitOpen,
        Outcome::Unfinished,
    ];

    /// Its name in metrics: `errors.timed_out`.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::TimedOut => "timed_out",
            Outcome::Rejected => "rejected",
            Outcome::Unavailable => "unavailable",
            Outcome::Throttled => "throttled",
            Outcome::Failed => "failed",
            Outcome::FunctionTimeout => "function_timeout",
            Outcome::GatewayTimeout => "gateway_timeout",
            Outcome::CircuitOpen => "circuit_open",
            Outcome::Unfinished => "unfinished",
        }
    }
}

/// The reasons of refusals of events whose environment was lost in their midst.
pub const CUT_SHORT: [&str; 2] = ["its environment crashed", "its zone is out"];

/// The reason of a refusal by the front door's time limit, after which the work goes on.
pub const FRONT_DOOR_LIMIT: &str = "the front door's time limit";

/// Why the platform throttled a request: which limit it met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Throttle {
    /// The account's concurrency, as far as no function has reserved it.
    AccountConcurrency,
    /// The function's own reserved concurrency.
    ReservedConcurrency,
    /// How fast a function may start environments.
    ScalingRate,
    /// Requests a second: ten for each unit of the concurrency that it draws on.
    RequestRate,
}

impl Throttle {
    /// All of them, in the order of their counters.
    pub const ALL: [Throttle; 4] = [
        Throttle::AccountConcurrency,
        Throttle::ReservedConcurrency,
        Throttle::ScalingRate,
        Throttle::RequestRate,
    ];

    /// Its name in metrics: `errors.throttled.scaling_rate`.
    pub fn name(self) -> &'static str {
        match self {
            Throttle::AccountConcurrency => "account_concurrency",
            Throttle::ReservedConcurrency => "reserved_concurrency",
            Throttle::ScalingRate => "scaling_rate",
            Throttle::RequestRate => "request_rate",
        }
    }
}

/// What a request spent its time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// On the wire.
    Network,
    /// Inside a load balancer or gateway.
    Balancer,
    /// Waiting for a replica to admit it.
    Queue,
    /// Waiting for an environment to start and initialise.
    ColdStart,
    /// Computing, at the speed it would have alone.
    Cpu,
    /// Computing slower than that.
    Contention,
    /// Off the CPU by nature of the work.
    Wait,
    /// In calls to other services.
    Downstream,
    /// In earlier attempts and in backing off.
    Retries,
}

impl Part {
    /// All parts, in the order of their sums.
    pub const ALL: [Part; 9] = [
        Part::Network,
        Part::Balancer,
        Part::Queue,
        Part::ColdStart,
        Part::Cpu,
        Part::Contention,
        Part::Wait,
        Part::Downstream,
        Part::Retries,
    ];

    /// Its name in metrics: `latency.parts.cold_start`.
    pub fn name(self) -> &'static str {
        match self {
            Part::Network => "network",
            Part::Balancer => "balancer",
            Part::Queue => "queue",
            Part::ColdStart => "cold_start",
            Part::Cpu => "cpu",
            Part::Contention => "contention",
            Part::Wait => "wait",
            Part::Downstream => "downstream",
            Part::Retries => "retries",
        }
    }
}

/// A request's latency in parts, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts([u64; Part::ALL.len()]);

impl Parts {
    /// Adds `span` to `part`.
    #[inline]
    pub fn add(&mut self, part: Part, span: Span) {
        self.0[part as usize] += span.nanos();
    }

    /// Makes the time spent in `part` be `span`.
    #[inline]
    pub fn set(&mut self, part: Part, span: Span) {
        self.0[part as usize] = span.nanos();
    }

    /// The time spent in `part`.
    pub fn get(&self, part: Part) -> Span {
        Span::from_nanos(self.0[part as usize])
    }

    /// All parts together.
    pub fn total(&self) -> Span {
        Span::from_nanos(self.0.iter().sum())
    }
}

/// The end of a request for its client.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    /// The service that it was for.
    pub service: ServiceId,
    /// Where it came from.
    pub source: SourceId,
    /// The request's seed, its identity across variants.
    pub seed: u64,
    /// When the client first sent it.
    pub born: Time,
    /// When the client had the final outcome.
    pub at: Time,
    /// The final outcome.
    pub outcome: Outcome,
    /// Why, if that is [`Outcome::Throttled`].
    pub throttle: Option<Throttle>,
    /// Attempts made, the first included.
    pub attempts: u32,
    /// Whether the last attempt waited for an environment to start.
    pub cold: bool,
    /// What its latency is made of; for anything but [`Outcome::Ok`], what is known.
    pub parts: Parts,
}

/// What became of an attempt to invoke a function of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invoked {
    /// An idle environment took it.
    Warm,
    /// An environment was started for it.
    Cold,
    /// It was throttled.
    Throttled,
}
