//! The scenario file: its shape, and how it becomes variants.

mod axis;
mod expand;
mod open;
mod settings;
#[cfg(test)]
mod tests;

pub use settings::{DayWeight, RunKind, RunSettings};
