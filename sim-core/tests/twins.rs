//! Slow, obvious twins of what the fleet keeps in clever order: idle environments, the places on instances, and which of
//! those is best.
//!
//! A twin hears the facts of a run and says what must come next by looking at everything that there is.

mod common;
#[path = "twins/keep_alive.rs"]
mod keep_alive;
#[path = "twins/placement.rs"]
mod placement;
#[path = "twins/places.rs"]
mod places;
