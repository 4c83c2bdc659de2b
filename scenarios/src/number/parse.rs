//! Values of settings as numbers that can be laid on an axis.

use sim_core::engine::Span;
use sim_core::quantity::{Bytes, Cpu, Dollars, MemorySize, Percent, Quantity, Rate};

use super::Unit;

/// A value of a setting as a number: quantities in the unit that reads best, plain numbers as they are; none where it is
/// none, as `m7g.large`.
pub fn parsed(text: &str) -> Option<(f64, Unit)> {
    fn of<Q: Quantity>(text: &str) -> Option<f64> {
        text.parse::<Q>().ok().map(Quantity::number)
    }
    let plain = || text.parse::<f64>().ok().map(|number| (number, Unit::Count));
    let known = [
        of::<Rate>(text).map(|number| (number, Unit::PerSecond)),
        of::<Span>(text).map(|number| (number, Unit::Seconds)),
        of::<Percent>(text).map(|number| (number, Unit::Share)),
        of::<Dollars>(text).map(|number| (number, Unit::Dollars)),
        of::<MemorySize>(text).map(|number| (number, Unit::Megabytes)),
        of::<Cpu>(text).map(|number| (number, Unit::Count)),
        of::<Bytes>(text).map(|number| (number, Unit::Count)),
    ];
    known.into_iter().flatten().next().or_else(plain).filter(|(number, _)| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_numbers() {
        let check = |text: &str, expected: f64, unit: Unit| {
            assert_eq!(parsed(text), Some((expected, unit)), "{text}");
        };
        check("600/min", 10.0, Unit::PerSecond);
        check("250ms", 0.25, Unit::Seconds);
        check("70%", 0.7, Unit::Share);
        check("1769MB", 1769.0, Unit::Megabytes);
        check("0.5vCPU", 0.5, Unit::Count);
        check("12", 12.0, Unit::Count);
        assert_eq!(parsed("m7g.large"), None);
    }
}
