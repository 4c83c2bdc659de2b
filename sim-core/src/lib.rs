//! The simulation behind fleetsim: pure, deterministic, without I/O, threads or a wall clock.
//!
//! The crate reads from the bottom up:
//!
//! 1. [`engine`]: time, the agenda, the loop. Knows nothing of clouds; `examples/mm1.rs` uses it alone.
//! 2. [`quantity`]: what scenario files write ("8ms", "50/s", "1vCPU") as types.
//! 3. [`random`]: streams by purpose and owner, draws keyed on a request, distributions.
//! 4. [`calendar`] and [`problem`]: dates and cron expressions; what is wrong with a scenario, and where.
//! 5. [`traffic`]: arrival laws, rate shapes, traces, schedules, closed-loop users.
//! 6. [`policy`]: the open part. Views in, decisions out, one catalogue.
//! 7. [`spec`]: one variant of a scenario as plain data; what a fleet is built from.
//! 8. [`observe`]: the facts that a run states to whoever watches it.
//! 9. [`model`]: the fleet itself: clusters, services, functions, balancers, control loops.
//! 10. [`metrics`] and [`cost`]: what is made of the facts.
//! 11. [`check`]: what must hold of the facts whatever happens.

pub mod arena;
pub mod calendar;
pub mod check;
pub mod cost;
pub mod engine;
pub mod metrics;
pub mod model;
pub mod observe;
pub mod policy;
pub mod problem;
pub mod quantity;
pub mod random;
pub mod spec;
mod stored;
mod text;
pub mod traffic;
