//! Scaling groups of instances: the capacity provider's reservation metric and the policies that follow it.

mod reservation;

pub use reservation::{Reservation, ReservationSettings, instances_needed, reservation};
