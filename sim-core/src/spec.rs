//! One variant of a scenario as plain data: what a fleet is built from.
