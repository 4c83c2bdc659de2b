//! What is compared with theory: a scenario, and what theory says about it.

use sim_core::engine::Span;
use sim_core::random::owner_key;

use super::watch::Watched;
use crate::number::Unit;

/// Cases that one theory is about.
pub struct Family {
    /// Its name for files and headings: `M/M/c`.
    pub title: &'static str,
    /// What is shown, which formulas, whose.
    pub text: &'static str,
    /// The cases.
    pub cases: Vec<Case>,
}

/// A scenario and what theory says about it.
pub struct Case {
    /// Its name, which also decides its luck.
    pub name: String,
    /// What it is, in the notation of queueing theory: `M/M/16, load 0.875`.
    pub what: String,
    /// The text of its scenario file.
    pub scenario: String,
    /// Replications that it needs, as its scenario says.
    pub replications: u32,
    /// Instants at which the number in service is read.
    pub instants: Vec<Span>,
    /// What is compared.
    pub comparisons: Vec<Comparison>,
    /// Whether it is also in the quick set.
    pub quick: bool,
    /// Where it stands in a picture of several cases.
    pub place: Option<Place>,
    /// The distribution of sojourns, if that is drawn: the share of requests that stay longer than so many seconds.
    pub tail: Option<Box<dyn Fn(f64) -> f64 + Send + Sync>>,
}

/// Where a case stands in a picture of several.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// M/M/c: so many servers, at this load each.
    Load(u32, f64),
    /// One of several laws of the same mean.
    Law(&'static str),
    /// An environment that is kept for so many mean gaps between arrivals.
    Keep(f64),
}

/// One number of a case and what theory says it is.
pub struct Comparison {
    /// What it is: `mean wait`.
    pub quantity: String,
    /// Its unit.
    pub unit: Unit,
    /// How it is measured.
    pub measured: Measured,
    /// What theory says.
    pub theory: f64,
    /// The greatest half-width of its interval, as a share of the theoretical value, that the case is content with.
    pub width: f64,
    /// Where theory is a limit: how far from it, as a share, the finite system may be.
    pub allowance: f64,
}

/// How a number is measured.
pub enum Measured {
    /// As `fleetsim run` reports it: a metric of the service.
    Metric(&'static str),
    /// The quantile of the wait, by the estimator that reports use for latency.
    WaitQuantile(f64),
    /// One value per replication.
    Figure(Figure),
}

/// A value of one replication.
pub type Figure = Box<dyn Fn(&Watched) -> f64 + Send + Sync>;

/// The seed of a case: the name decides it, so that nobody can choose one that passes.
pub fn seed_of(name: &str) -> u64 {
    owner_key(name) >> 40
}

impl Comparison {
    fn of(quantity: impl Into<String>, unit: Unit, measured: Measured, theory: f64, width: f64) -> Self {
        Comparison { quantity: quantity.into(), unit, measured, theory, width, allowance: 0.0 }
    }

    /// A metric as reports have it.
    pub(super) fn metric(
        quantity: &str,
        unit: Unit,
        metric: &'static str,
        theory: f64,
        width: f64,
    ) -> Comparison {
        Comparison::of(quantity, unit, Measured::Metric(metric), theory, width)
    }

    /// A value of each replication.
    pub(super) fn figure(
        quantity: impl Into<String>,
        unit: Unit,
        theory: f64,
        width: f64,
        figure: impl Fn(&Watched) -> f64 + Send + Sync + 'static,
    ) -> Comparison {
        Comparison::of(quantity, unit, Measured::Figure(Box::new(figure)), theory, width)
    }

    /// Mean sojourn.
    pub(super) fn sojourn(theory: f64, width: f64) -> Comparison {
        Comparison::metric("mean sojourn", Unit::Seconds, "latency.ok.mean", theory, width)
    }

    /// Mean wait in the queue.
    pub(super) fn wait(theory: f64, width: f64) -> Comparison {
        Comparison::metric("mean wait", Unit::Seconds, "latency.parts.queue", theory, width)
    }

    /// The share of requests that wait.
    pub(super) fn waits(theory: f64, width: f64) -> Comparison {
        Comparison::figure("P(wait)", Unit::Share, theory, width, Watched::waiting_share)
    }

    /// A percentile of the wait.
    pub(super) fn wait_quantile(p: f64, theory: f64, width: f64) -> Comparison {
        let quantity = format!("p{} of the wait", p * 100.0);
        Comparison::of(quantity, Unit::Seconds, Measured::WaitQuantile(p), theory, width)
    }

    /// Mean number in service.
    pub(super) fn in_service(quantity: &str, theory: f64, width: f64) -> Comparison {
        Comparison::metric(quantity, Unit::Count, "concurrency.mean", theory, width)
    }

    /// The variance over time of the number in service, whose mean theory says too.
    pub(super) fn variance(mean: f64, theory: f64, width: f64) -> Comparison {
        let figure = move |run: &Watched| run.variance_about(mean);
        Comparison::figure("variance inside", Unit::Count, theory, width, figure)
    }

    /// The same comparison where theory is a limit that the case comes near to.
    pub(super) fn allowing(self, allowance: f64) -> Comparison {
        Comparison { allowance, ..self }
    }
}
