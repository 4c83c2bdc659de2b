//! A request's end as metrics need it.

use crate::engine::Time;
use crate::observe::{Outcome, Parts, Throttle};

/// A request's end: its final outcome.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    /// When it was born at its source.
    pub born: Time,
    /// When its client had the final outcome.
    pub done: Time,
    /// What that was.
    pub outcome: Outcome,
    /// Why, if it was throttled.
    pub throttle: Option<Throttle>,
    /// What the time between went into.
    pub parts: Parts,
    /// How often it was tried, at least once.
    pub attempts: u32,
}
