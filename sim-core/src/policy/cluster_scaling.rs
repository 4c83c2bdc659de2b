//! Scaling groups of instances: the capacity provider's reservation metric and the policies that follow it.

mod fixed;
mod managed;
mod reservation;

pub use fixed::{FixedGroup, FixedGroupParameters};
pub use managed::{Managed, ManagedParameters};
pub use reservation::{Reservation, ReservationSettings, instances_needed, reservation};
