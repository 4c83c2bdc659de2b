//! Quantities as scenario files write them: a number and its unit in one string.
//!
//! Every quantity is a type of its own, parses from text, prints back to text that parses to the same value, and
//! carries a name in the JSON Schema (`"format": "duration"`), by which a loader can check a value before anything
//! is deserialised: see [`check`]. A bare number is refused: `timeout = 10` leaves open ten of what.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::engine::Span;

/// A quantity that scenario files write as text.
pub trait Quantity: Sized + Copy + FromStr<Err = String> + fmt::Display {
    /// Its name in the schema, `duration` say.
    const FORMAT: &'static str;
    /// What it means, with its units and an example or two, for help and error messages.
    const HELP: &'static str;
    /// The number in the unit that the simulation computes in (seconds, bytes, per second, ...).
    fn number(self) -> f64;
    /// The quantity nearest to `number` in that unit.
    fn from_number(number: f64) -> Self;
}

/// Events per second, written `50/s`, `600/min`, `1000/h` or `5/day`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(pub f64);

/// An amount of data, written `250MB` (decimal) or `6MiB` (binary).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A memory size that a platform sells, in MiB. The platforms write MB and GB and mean the binary units, so
/// `1769MB`, `1769MiB`, `2GB` and `2GiB` all count in 1,024s here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemorySize(pub u32);

/// An amount of CPU in ECS CPU units (1 vCPU = 1,024 units), written `0.25vCPU`, `2vCPU` or `512units`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cpu(pub u32);

/// A share of a whole, written `60%`. `60%` is 0.6; values above 100 % are allowed where they make sense.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Percent(pub f64);

/// US dollars, written `$2000` or `$0.04`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Dollars(pub f64);

impl Cpu {
    /// CPU units in one vCPU.
    pub const UNITS_PER_VCPU: u32 = 1024;

    /// As a number of vCPUs.
    pub fn vcpus(self) -> f64 {
        f64::from(self.0) / f64::from(Self::UNITS_PER_VCPU)
    }
}

impl MemorySize {
    /// As bytes.
    pub fn bytes(self) -> Bytes {
        Bytes(u64::from(self.0) << 20)
    }
}

/// Splits `12.5 ms` into 12.5 and `ms`, and looks the unit up.
fn parse(text: &str, units: &[(&str, f64)]) -> Result<f64, String> {
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
    if !value.is_finite() {
        return Err(format!("`{text}` is too large"));
    }
    if value < 0.0 {
        return Err(format!("`{text}` is negative"));
    }
    Ok(value)
}

fn parse_whole(text: &str, units: &[(&str, f64)], max: f64) -> Result<f64, String> {
    let value = parse(text, units)?;
    // A half-way tolerance: 0.1 s is not a whole number of nanoseconds in binary, yet means one.
    let whole = (value + 0.5).floor();
    if whole > max { Err(format!("`{}` is too large", text.trim())) } else { Ok(whole) }
}

/// Prints `number` with the largest unit in which it is short.
fn print(f: &mut fmt::Formatter<'_>, number: f64, units: &[(&str, f64)]) -> fmt::Result {
    let (unit, factor) = units
        .iter()
        .rev()
        .find(|(_, factor)| number >= *factor && (number / factor * 1000.0).fract() == 0.0)
        .unwrap_or(&units[0]);
    write!(f, "{}{unit}", number / factor)
}

const DURATIONS: &[(&str, f64)] = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("min", 60e9),
    ("m", 60e9),
    ("h", 3600e9),
    ("d", 86_400e9),
    ("w", 604_800e9),
];
const RATES: &[(&str, f64)] = &[
    ("/s", 1.0),
    ("/min", 1.0 / 60.0),
    ("/m", 1.0 / 60.0),
    ("/h", 1.0 / 3600.0),
    ("/d", 1.0 / 86_400.0),
    ("/day", 1.0 / 86_400.0),
];
const BYTES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("KiB", 1024.0),
    ("MB", 1e6),
    ("MiB", 1_048_576.0),
    ("GB", 1e9),
    ("GiB", 1_073_741_824.0),
    ("TB", 1e12),
    ("TiB", 1_099_511_627_776.0),
];
const MEMORY: &[(&str, f64)] =
    &[("MiB", 1.0), ("MB", 1.0), ("GiB", 1024.0), ("GB", 1024.0), ("TiB", 1_048_576.0)];
const CPUS: &[(&str, f64)] = &[("units", 1.0), ("vCPU", 1024.0), ("vcpu", 1024.0)];
const PERCENT: &[(&str, f64)] = &[("%", 1.0)];

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse_whole(text, DURATIONS, u64::MAX as f64 / 4.0).map(|nanos| Span::from_nanos(nanos as u64))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0s");
        }
        let units = [
            ("ns", 1.0),
            ("us", 1e3),
            ("ms", 1e6),
            ("s", 1e9),
            ("min", 60e9),
            ("h", 3600e9),
            ("d", 86_400e9),
        ];
        print(f, self.nanos() as f64, &units)
    }
}

impl Quantity for Span {
    const FORMAT: &'static str = "duration";
    const HELP: &'static str = "a length of time: 250us, 8ms, 1.5s, 5m (or 5min), 2h, 7d, 1w";
    fn number(self) -> f64 {
        self.seconds()
    }
    fn from_number(number: f64) -> Self {
        Span::from_seconds(number)
    }
}

impl FromStr for Rate {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, RATES).map(Rate)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

impl Quantity for Rate {
    const FORMAT: &'static str = "rate";
    const HELP: &'static str = "events per time: 50/s, 600/min, 1000/h, 5/day";
    fn number(self) -> f64 {
        self.0
    }
    fn from_number(number: f64) -> Self {
        Rate(number)
    }
}

impl FromStr for Bytes {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse_whole(text, BYTES, 1e18).map(|bytes| Bytes(bytes as u64))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            ("B", 1.0),
            ("kB", 1e3),
            ("KiB", 1024.0),
            ("MB", 1e6),
            ("MiB", 1_048_576.0),
            ("GB", 1e9),
            ("GiB", 1_073_741_824.0),
        ];
        print(f, self.0 as f64, &units)
    }
}

impl Quantity for Bytes {
    const FORMAT: &'static str = "bytes";
    const HELP: &'static str =
        "an amount of data: 500B, 20kB, 6MiB, 250MB, 1GiB (kB, MB, GB decimal; KiB, MiB, GiB binary)";
    fn number(self) -> f64 {
        self.0 as f64
    }
    fn from_number(number: f64) -> Self {
        Bytes((number + 0.5) as u64)
    }
}

impl FromStr for MemorySize {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse_whole(text, MEMORY, f64::from(u32::MAX)).map(|mib| MemorySize(mib as u32))
    }
}

impl fmt::Display for MemorySize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, f64::from(self.0), &[("MiB", 1.0), ("GiB", 1024.0)])
    }
}

impl Quantity for MemorySize {
    const FORMAT: &'static str = "memory-size";
    const HELP: &'static str =
        "a memory size as platforms sell it, binary whichever way it is written: 512MiB, 1769MB, 2GB, 8GiB";
    fn number(self) -> f64 {
        f64::from(self.0)
    }
    fn from_number(number: f64) -> Self {
        MemorySize((number + 0.5) as u32)
    }
}

impl FromStr for Cpu {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse_whole(text, CPUS, f64::from(u32::MAX)).map(|units| Cpu(units as u32))
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}vCPU", self.vcpus())
    }
}

impl Quantity for Cpu {
    const FORMAT: &'static str = "cpu";
    const HELP: &'static str = "an amount of CPU: 0.25vCPU, 2vCPU, 512units (1 vCPU = 1024 units)";
    fn number(self) -> f64 {
        self.vcpus()
    }
    fn from_number(number: f64) -> Self {
        Cpu((number * f64::from(Self::UNITS_PER_VCPU) + 0.5) as u32)
    }
}

impl FromStr for Percent {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, PERCENT).map(|percent| Percent(percent / 100.0))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", (self.0 * 1e8).round() / 1e6)
    }
}

impl Quantity for Percent {
    const FORMAT: &'static str = "percent";
    const HELP: &'static str = "a share: 60%, 0.5%";
    fn number(self) -> f64 {
        self.0
    }
    fn from_number(number: f64) -> Self {
        Percent(number)
    }
}

impl FromStr for Dollars {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().strip_prefix('$') {
            Some(number) => parse(&format!("{number}$"), &[("$", 1.0)]).map(Dollars),
            None => Err(format!("`{text}` does not start with $")),
        }
    }
}

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.0)
    }
}

impl Quantity for Dollars {
    const FORMAT: &'static str = "dollars";
    const HELP: &'static str = "US dollars: $2000, $0.04";
    fn number(self) -> f64 {
        self.0
    }
    fn from_number(number: f64) -> Self {
        Dollars(number)
    }
}

/// A pure number, so that a distribution can be written of counts and factors too. Written as text (`"1.5"`), like
/// every quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Number(pub f64);

impl FromStr for Number {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse(&format!("{}#", text.trim()), &[("#", 1.0)]).map(Number)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Quantity for Number {
    const FORMAT: &'static str = "number";
    const HELP: &'static str = "a plain number as text: \"1.5\"";
    fn number(self) -> f64 {
        self.0
    }
    fn from_number(number: f64) -> Self {
        Number(number)
    }
}

macro_rules! text_form {
    ($($type:ident),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                $type::FORMAT.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $type::FORMAT })
            }
        }
    )*};
}

text_form!(Span, Rate, Bytes, MemorySize, Cpu, Percent, Dollars, Number);

/// Checks `text` against the quantity that the schema calls `format`: `None` for a format that is not one of ours,
/// else whether it parses, and the quantity's help where it does not.
pub fn check(format: &str, text: &str) -> Option<Result<(), (String, &'static str)>> {
    fn parses<Q: Quantity>(text: &str) -> Result<(), (String, &'static str)> {
        text.parse::<Q>().map(|_| ()).map_err(|message| (message, Q::HELP))
    }
    Some(match format {
        Span::FORMAT => parses::<Span>(text),
        Rate::FORMAT => parses::<Rate>(text),
        Bytes::FORMAT => parses::<Bytes>(text),
        MemorySize::FORMAT => parses::<MemorySize>(text),
        Cpu::FORMAT => parses::<Cpu>(text),
        Percent::FORMAT => parses::<Percent>(text),
        Dollars::FORMAT => parses::<Dollars>(text),
        Number::FORMAT => parses::<Number>(text),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_number<Q: Quantity>(text: &str, expected: f64) {
        let quantity: Q = text.parse().unwrap();
        assert!(
            (quantity.number() - expected).abs() <= 1e-9 * expected.abs(),
            "{text} is {}",
            quantity.number()
        );
        let again: Q = quantity.to_string().parse().unwrap();
        assert!(
            (again.number() - quantity.number()).abs() <= 1e-12 * expected.abs(),
            "{text} prints as {quantity}"
        );
    }

    #[test]
    fn what_is_written_is_what_is_meant() {
        check_number::<Span>("8ms", 0.008);
        check_number::<Span>("1.5s", 1.5);
        check_number::<Span>("5m", 300.0);
        check_number::<Span>("5 min", 300.0);
        check_number::<Span>("0s", 0.0);
        check_number::<Span>("28d", 28.0 * 86_400.0);
        check_number::<Rate>("50/s", 50.0);
        check_number::<Rate>("600/min", 10.0);
        check_number::<Rate>("1e6/s", 1e6);
        check_number::<Bytes>("250MB", 250e6);
        check_number::<Bytes>("6MiB", 6.0 * 1_048_576.0);
        check_number::<MemorySize>("1769MB", 1769.0);
        check_number::<MemorySize>("2GiB", 2048.0);
        check_number::<MemorySize>("0.5GB", 512.0);
        check_number::<Cpu>("0.25vCPU", 0.25);
        check_number::<Cpu>("512units", 0.5);
        check_number::<Percent>("60%", 0.6);
        check_number::<Dollars>("$2000", 2000.0);
        check_number::<Number>("1.25", 1.25);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let check = |format: &str, text: &str, part: &str| {
            let (message, _) = super::check(format, text).unwrap().unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        };
        check("duration", "10", "no unit");
        check("duration", "10 parsecs", "not a unit");
        check("duration", "-3s", "negative");
        check("duration", "fast", "does not start with a number");
        check("duration", "1e30d", "too large");
        check("rate", "50", "no unit");
        check("rate", "50ms", "not a unit");
        check("percent", "0.6", "no unit");
        check("dollars", "2000", "does not start with $");
        check("memory-size", "9999999GiB", "too large");
    }
}
