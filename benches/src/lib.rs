//! How fast fleetsim is, measured beside bare loops that do the same work.
//!
//! | Module | What is measured |
//! |---|---|
//! | [`limit`] | the bare loops, written by hand, no fleetsim in them but its draws |
//! | [`paths`] | fleetsim on the same work, and on more, through the call that an experiment's job makes |
//! | [`placement`] | placing tasks by each strategy, on ten instances to a hundred thousand |
//! | [`experiment`] | the built-in `launch-day`, one variant of it or all, as `fleetsim run` runs it |
//! | [`cases`] | all of these by name, with the ratios to be held |
//! | [`profile`] | where the time of one of them goes |
//!
//! Criterion times each of them (`cargo bench -p benches`). What a machine can do differs from hour to hour, so the figures
//! that are promised are ratios: the program `fleetbench` runs a case and its bare loop in turn, each in a process of its
//! own, and prints one table. `docs/performance.md` shows it.

pub mod cases;
pub mod experiment;
pub mod limit;
pub mod paths;
pub mod placement;
pub mod profile;
