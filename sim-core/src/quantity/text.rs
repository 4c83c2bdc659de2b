//! A number and its unit in one string, read and printed.

use std::fmt;

/// The most that a text may say, in the smallest unit and as a message has it.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    most: f64,
    text: &'static str,
}

impl Limit {
    pub(super) const fn new(most: f64, text: &'static str) -> Self {
        Limit { most, text }
    }
}

/// Splits `12.5 ms` into 12.5 and `ms`, and looks the unit up.
pub(super) fn parse(text: &str, units: &[(&str, f64)], limit: Limit) -> Result<f64, String> {
    let text = text.trim();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+')))
        .unwrap_or(text.len());
    // An exponent, as in `1e6/s`: the letter counts as part of the number only with a digit or sign behind it.
    let rest = &text[split..];
    let exponent = rest.strip_prefix(['e', 'E']).map_or(0, |tail| {
        let sign = usize::from(tail.starts_with(['+', '-']));
        let digits = tail[sign..].bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 { 1 + sign + digits } else { 0 }
    });
    let (number, unit) = text.split_at(split + exponent);
    let unit = unit.trim();
    let names = || units.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let value: f64 = match number.replace('_', "").parse() {
        Ok(value) => value,
        Err(_) => return Err(format!("`{text}` does not start with a number")),
    };
    if unit.is_empty() {
        return Err(format!("`{text}` has no unit; one of {}", names()));
    }
    let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
        return Err(format!("`{unit}` is not a unit that fits here; one of {}", names()));
    };
    let value = value * factor;
    if value < 0.0 {
        return Err(format!("`{text}` is negative"));
    }
    if value.is_nan() || value > limit.most {
        return Err(format!("`{text}` is too large: at most {}", limit.text));
    }
    Ok(value)
}

/// As [`parse`], rounded to a whole number of the smallest unit.
pub(super) fn parse_whole(text: &str, units: &[(&str, f64)], limit: Limit) -> Result<f64, String> {
    // A half-way tolerance: 0.1 s is not a whole number of nanoseconds in binary, yet means one.
    parse(text, units, limit).map(|value| (value + 0.5).floor())
}

/// Prints `number` with the largest unit in which it is short.
pub(super) fn print(f: &mut fmt::Formatter<'_>, number: f64, units: &[(&str, f64)]) -> fmt::Result {
    let (unit, factor) = units
        .iter()
        .rev()
        .find(|(_, factor)| number >= *factor && (number / factor * 1000.0).fract() == 0.0)
        .unwrap_or(&units[0]);
    write!(f, "{}{unit}", number / factor)
}
