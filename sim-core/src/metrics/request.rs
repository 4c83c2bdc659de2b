//! A request's end as metrics need it.

use crate::engine::Time;
use crate::observe::{Outcome, Parts};

/// A request's end: its final outcome.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    /// When it was born at its source.
    pub born: Time,
    /// When its client had the final outcome.
    pub done: Time,
    /// What that was.
    pub outcome: Outcome,
    /// What the time between went into.
    pub parts: Parts,
    /// How often it was tried, at least once.
    pub attempts: u32,
}
