//! What is made of a run's facts: distributions, time-weighted levels, windows over time, one mergeable
//! [`Record`] per replication, and estimates with intervals over replications.
//!
//! `docs/metrics.md` defines every reported metric: population, window, denominator and unit. The code here computes
//! what is written there. Everything that grows with the run is bounded: a histogram by its range of values,
//! a series by its number of windows, the list of decisions by a cap.

mod histogram;
mod wide;

pub use histogram::Histogram;
