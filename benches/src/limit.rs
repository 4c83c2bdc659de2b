//! The bare loops: what the work costs without a simulator around it.
//!
//! Each loop is written by hand for one kind of work and knows nothing else. It makes the same draws as fleetsim does for
//! the same requests, by the same functions of `sim_core::random` (so a slower draw slows both, and hides in their ratio:
//! the nanoseconds tell), keeps its agenda in the order of the same sixteen bytes, and records each latency in a histogram
//! of the same precision. It has no probes, no policies, no meters, no
//! second service and no way to be wrong about its input. How much longer fleetsim takes is the price of everything else.
//!
//! What a loop computes is checked against fleetsim in this crate's tests: a loop that did other work would be no limit.

mod functions;
mod heap;
mod histogram;
mod queue;

pub use functions::{Fleet, fleet, function};
pub use histogram::Histogram;
pub use queue::queue;

/// What a loop leaves behind.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Requests that were born.
    pub requests: u64,
    /// Requests that waited for an environment to start; none of a queue.
    pub cold: u64,
    /// The latency of all requests, in nanoseconds.
    pub latency: Histogram,
}
