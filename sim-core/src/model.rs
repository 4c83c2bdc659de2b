//! The fleet: mechanism and state.
