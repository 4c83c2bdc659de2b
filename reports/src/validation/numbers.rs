//! How the numbers of a comparison are written: theory to four digits or those of the simulation, widths in percent.

use scenarios::file::metric;
use scenarios::number::{self, Unit};
use scenarios::validation::Compared;
use sim_core::metrics;

/// Theory, what was simulated with its interval, the interval's half-width and what was allowed.
pub(crate) struct Written {
    pub(crate) theory: String,
    pub(crate) simulated: String,
    pub(crate) width: String,
    pub(crate) allowed: String,
}

impl Written {
    pub(crate) fn of(it: &Compared) -> Written {
        Written {
            // To more digits than the simulation has, where that has few.
            theory: alone(&number::estimate(it.unit, it.theory, Some(it.half_width.min(1e-3 * it.theory)))),
            simulated: number::estimate(it.unit, it.simulated, Some(it.half_width)),
            width: percent(it.half_width / it.theory),
            allowed: percent(it.widest / it.theory),
        }
    }
}

/// A number without its interval, to the digits that it has with it: `39.8 ± 1.7 ms` as `39.8 ms`.
fn alone(text: &str) -> String {
    let Some((centre, rest)) = text.split_once(" ± ") else { return text.to_owned() };
    let unit = rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || ".,<".contains(letter));
    format!("{centre}{unit}")
}

/// A share in percent, two digits.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent < 0.995 => format!("{percent:.2} %"),
        percent if percent < 9.95 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}

/// A share in percent with one decimal.
pub(crate) fn percentage(share: f64) -> String {
    number_with(share * 100.0, 1)
}

/// A number with so many decimals.
pub(crate) fn number_with(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}")
}

/// A large number of things: `12.3 million`.
pub(crate) fn many(count: u64) -> String {
    scenarios::file::amount(count as f64)
}

/// A closed form by itself.
pub(crate) fn plain(name: &str, value: f64) -> String {
    let unit = metrics::find(name).map_or(Unit::Count, |found| metric::unit(found.unit));
    number::value(unit, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn theory_is_written_to_the_digits_of_the_simulation() {
        let check = |value: f64, half: f64, expected: &str| {
            assert_eq!(alone(&number::estimate(Unit::Seconds, value, Some(half))), expected);
        };
        check(0.04, 0.0017, "40.0 ms");
        // Four digits are enough of anything.
        check(0.04, 0.000_017, "40.00 ms");
        check(2.0, 0.03, "2.00 s");
        assert_eq!([0.002_34, 0.0234, 0.234].map(percent), ["0.23 %", "2.3 %", "23 %"]);
    }
}
