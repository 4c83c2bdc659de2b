//! Numbers as people read them, for a report's data: [`scenarios::number`] writes them, as it does those of the verdict.

mod clock;

pub(crate) use clock::clock_day;
pub use clock::{clock_span, clock_time};
pub use scenarios::number::{MISSING, tick, value, whole};

use scenarios::number;

use crate::data::{Estimate, Unit};

/// A length of time in seconds: `412 ms`, `1.20 s`, `7.50 min`.
pub fn duration(seconds: f64) -> String {
    value(Unit::Seconds, seconds)
}

/// US dollars: `$0.0123`, `$12.30`, `$1,234`, `$12.3M`.
pub fn money(dollars: f64) -> String {
    value(Unit::Dollars, dollars)
}

/// A number of things: `7`, `3.25`, `1,234`, `123 k`.
pub fn count(number: f64) -> String {
    value(Unit::Count, number)
}

/// A share, 0 to 1, in percent: `64.2 %`.
pub fn share(share: f64) -> String {
    value(Unit::Share, share)
}

/// A number with its 95 % half-width: `312 ± 6 ms`. Without one, the number alone; without a number, a dash.
pub fn estimate(unit: Unit, estimate: &Estimate) -> String {
    number::estimate(unit, estimate.value.unwrap_or(f64::NAN), estimate.half_width)
}

/// A difference with its 95 % half-width and always a sign: `+31 ± 6 ms`.
pub fn difference(unit: Unit, estimate: &Estimate) -> String {
    number::difference(unit, estimate.value.unwrap_or(f64::NAN), estimate.half_width)
}
