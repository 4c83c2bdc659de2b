//! The fleet: mechanism and state.
//!
//! [`event`] says what can happen, [`Fleet`] what each of it does. The rest is one file per thing that has state:
//!
//! | File | What lives there |
//! |---|---|
//! | `source`, `deadlines`, `request` | requests and their clients: arrival, timeout, retry, outcome |
//! | `service` | the front door, and the work a request needs |
//! | `container`, `scheduler`, `lives`, `health`, `task`, `serving`, `cpu` | container services: how many tasks, their lives, health checks, the requests inside, shared CPU |
//! | `cluster`, `placing`, `sharing`, `memory`, `credits` | EC2 instances in groups, places on them, their cores and memory, CPU credits |
//! | `function`, `provisioned`, `runtime` | Lambda: admission, environments, cold starts |
//! | `scaling`, `telemetry` | control loops and the late metrics they see |
//! | `account`, `bucket` | quotas and rate limits |
//! | `build`, `begin` | from a [`FleetSpec`](crate::spec::FleetSpec) to a fleet at its first instant |
//!
//! Mechanism names no concrete policy and no concrete probe.

mod account;
mod begin;
mod breaker;
mod bucket;
mod build;
mod cluster;
mod container;
mod cpu;
mod credits;
mod deadlines;
mod dependency;
pub mod event;
mod faults;
mod fleet;
mod function;
mod health;
mod lives;
mod memory;
mod placing;
mod provisioned;
mod request;
mod scaling;
mod scheduler;
mod service;
mod serving;
mod sharing;
mod source;
mod task;
mod telemetry;

pub use build::{Initial, Platform, Run, simulate};
pub use cpu::SharedCpu;
pub use fleet::{Finish, Fleet};
