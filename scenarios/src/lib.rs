//! Scenario files, catalogues, variants, the parallel runner and results.

pub mod builtin;
pub mod catalogue;
pub mod document;
pub mod file;
pub mod naming;
pub mod number;
pub mod results;
pub mod runner;
pub mod sensitivity;
pub mod swarm;
pub mod trace;
pub mod validation;
