//! Sources of requests, their clients' behaviour, and the work of a request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::engine::Span;
use crate::quantity::{Bytes, Percent, shown};
use crate::random::DistributionSpec;
use crate::traffic::ArrivalSpec;

/// What one request needs, wherever it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkSpec {
    /// CPU time on the reference core. It comes first; the wait follows.
    pub cpu: DistributionSpec<Span>,
    /// Time off the CPU: databases, other services, the network behind the service.
    #[serde(default = "nothing")]
    pub wait: DistributionSpec<Span>,
    /// Memory that a request holds from its admission to its end.
    #[serde(default = "no_bytes")]
    pub memory: DistributionSpec<Bytes>,
    /// Size of the request.
    #[serde(default = "small_request")]
    pub request: DistributionSpec<Bytes>,
    /// Size of the response.
    #[serde(default = "small_response")]
    pub response: DistributionSpec<Bytes>,
    /// How many cores the CPU part of one request can use at once; 1 for ordinary single-threaded handlers.
    #[serde(default = "one")]
    pub parallelism: f64,
}

fn nothing() -> DistributionSpec<Span> {
    DistributionSpec::Constant(Span::ZERO)
}

fn no_bytes() -> DistributionSpec<Bytes> {
    DistributionSpec::Constant(Bytes(0))
}

fn small_request() -> DistributionSpec<Bytes> {
    DistributionSpec::Constant(Bytes(1_000))
}

fn small_response() -> DistributionSpec<Bytes> {
    DistributionSpec::Constant(Bytes(10_000))
}

fn one() -> f64 {
    1.0
}

impl WorkSpec {
    /// The work of a request of which something else says all there is: none, and nothing is sent.
    pub(crate) fn nothing() -> Self {
        WorkSpec {
            cpu: nothing(),
            wait: nothing(),
            memory: no_bytes(),
            request: no_bytes(),
            response: no_bytes(),
            parallelism: one(),
        }
    }

    /// Reports what makes no sense, under `path`.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        self.cpu.problems(&format!("{path}.cpu"), out);
        self.wait.problems(&format!("{path}.wait"), out);
        self.memory.problems(&format!("{path}.memory"), out);
        self.request.problems(&format!("{path}.request"), out);
        self.response.problems(&format!("{path}.response"), out);
        if !(self.parallelism > 0.0 && self.parallelism <= 1024.0) {
            out.push(Problem::new(
                format!("{path}.parallelism"),
                format!("{} is not a number of cores above 0 and up to 1024", shown(self.parallelism)),
            ));
        }
    }
}

/// Where requests come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// The service that the requests go to.
    pub to: String,
    /// When they come.
    pub arrivals: ArrivalSpec,
    /// How their clients behave.
    #[serde(default)]
    pub client: ClientSpec,
    /// Time that the network takes from the client to the service and back, together.
    #[serde(default = "nothing")]
    pub network: DistributionSpec<Span>,
}

/// How a client waits and tries again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSpec {
    /// How long it waits for the response to one attempt. Giving up does not cancel work that the server has begun.
    #[serde(default)]
    pub timeout: Option<Span>,
    /// How it tries again after an error or a timeout; without this it does not.
    #[serde(default)]
    pub retries: Option<RetrySpec>,
    /// A circuit breaker: after too many failures it stops sending for a while. The source's clients share it, as those of
    /// one calling service do.
    #[serde(default)]
    pub breaker: Option<BreakerSpec>,
}

/// A circuit breaker. It counts how attempts end over a moving window; when too large a share has failed it opens, and
/// attempts fail at once, without being sent or tried again. After a time it lets a few trials pass; how they end closes it
/// or opens it again. The defaults are near those of Resilience4j and Polly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerSpec {
    /// The share of failed attempts, timeouts included, at which it opens.
    pub error_rate: Percent,
    /// How long attempts are remembered.
    pub window: Span,
    /// How many attempts there must be in the window for it to open.
    pub minimum_attempts: u32,
    /// How long nothing is sent.
    pub open_for: Span,
    /// How many trials are made then.
    pub trials: u32,
}

impl Default for BreakerSpec {
    fn default() -> Self {
        BreakerSpec {
            error_rate: Percent(0.5),
            window: Span::from_secs(10),
            minimum_attempts: 100,
            open_for: Span::from_secs(5),
            trials: 10,
        }
    }
}

impl BreakerSpec {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        let mut say = |key: &str, message: String| out.push(Problem::new(format!("{path}.{key}"), message));
        if !(self.error_rate.0 > 0.0 && self.error_rate.0 <= 1.0) {
            say("error_rate", format!("{}; above 0% and up to 100%", self.error_rate));
        }
        if self.window.is_zero() {
            say("window", "no time at all remembers nothing".into());
        }
        for (key, count) in [("minimum_attempts", self.minimum_attempts), ("trials", self.trials)] {
            if count == 0 {
                say(key, "at least 1".into());
            }
        }
    }
}

/// How a client tries again: after the n-th failed attempt it waits a random time, uniform between zero and
/// backoff x 2^(n-1) (full jitter), at most `max_backoff`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetrySpec {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// The longest wait before the second attempt; it doubles from attempt to attempt.
    pub backoff: Span,
    /// What the doubling stops at.
    #[serde(default = "twenty_seconds")]
    pub max_backoff: Span,
    /// Retries that the source as a whole may make, as a share of its first attempts (a token bucket with room for ten
    /// retries to begin with). No limit if left out.
    #[serde(default)]
    pub budget: Option<Percent>,
}

fn twenty_seconds() -> Span {
    Span::from_secs(20)
}

impl SourceSpec {
    /// Reports what makes no sense, under `path`. That the service exists is checked by the fleet.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        self.arrivals.problems(&format!("{path}.arrivals"), out);
        self.network.problems(&format!("{path}.network"), out);
        if self.client.timeout.is_some_and(Span::is_zero) {
            out.push(
                Problem::new(
                    format!("{path}.client.timeout"),
                    "a client that waits no time at all gets no response",
                )
                .hint("leave `timeout` out for a client that waits for ever"),
            );
        }
        if let Some(breaker) = &self.client.breaker {
            breaker.problems(&format!("{path}.client.breaker"), out);
        }
        if let Some(retries) = &self.client.retries {
            let path = format!("{path}.client.retries");
            if !(1..=100).contains(&retries.attempts) {
                out.push(Problem::new(
                    format!("{path}.attempts"),
                    format!("{} attempts; 1 (no retry) to 100 make sense", retries.attempts),
                ));
            }
            if retries.backoff > retries.max_backoff {
                out.push(Problem::new(
                    format!("{path}.backoff"),
                    format!("{} is longer than max_backoff, {}", retries.backoff, retries.max_backoff),
                ));
            }
        }
    }
}
