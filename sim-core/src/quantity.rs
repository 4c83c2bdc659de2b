//! Quantities as scenario files write them: a number and its unit in one string.
//!
//! Every quantity is a type of its own, parses from text, prints back to text that parses to the same value, and
//! carries a name in the JSON Schema (`"format": "duration"`), by which a loader can check a value before anything
//! is deserialised: see [`check`]. A bare number is refused: `timeout = 10` leaves open ten of what.

mod forms;
mod text;

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
    /// The most that a setting may say, as text: what is above is taken for a slip, and would not fit the arithmetic
    /// of a run.
    const MOST: &'static str;
    /// The most that a parameter of a distribution, or a cell of a trace, may say, as text: tails reach far above
    /// means, and must fit too.
    const MOST_DRAWN: &'static str;
    /// The number in the unit that the simulation computes in (seconds, bytes, per second, ...).
    fn number(self) -> f64;
    /// The quantity nearest to `number` in that unit.
    fn from_number(number: f64) -> Self;

    /// Whether it is more than a distribution's parameter or a cell of a trace may say.
    fn is_too_much_to_draw(self) -> bool {
        Self::MOST_DRAWN.parse::<Self>().is_ok_and(|most| self.number() > most.number())
    }
}

/// A number as messages show it: without the hundreds of digits of `1e300`.
pub fn shown(number: f64) -> String {
    let size = number.abs();
    match number.is_finite() && size > 0.0 && !(1e-6..1e15).contains(&size) {
        true => format!("{number:e}"),
        false => number.to_string(),
    }
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

/// A pure number, so that a distribution can be written of counts and factors too. It has no unit, so it may be written
/// as a number (`1.5`) as well as as text (`"1.5"`), like every quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Number(pub f64);

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

/// A quantity as a file has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Number(f64),
}

/// The JSON types that a quantity of this format is written as: text, and for a plain number a number too.
pub(crate) fn written_as(format: &str) -> serde_json::Value {
    match format == Number::FORMAT {
        true => serde_json::json!(["string", "number"]),
        false => serde_json::json!("string"),
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
                let text = match Written::deserialize(deserializer)? {
                    Written::Text(text) => text,
                    // Without a unit; what needs one says so.
                    Written::Number(number) => number.to_string(),
                };
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
                json_schema!({ "type": written_as($type::FORMAT), "format": $type::FORMAT })
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
    fn printed_as_written() {
        fn check<Q: Quantity>(text: &str, printed: &str) {
            assert_eq!(text.parse::<Q>().unwrap().to_string(), printed, "{text}");
        }
        check::<Cpu>("0.3vCPU", "0.3vCPU");
        check::<Cpu>("341units", "0.333vCPU");
        check::<Cpu>("1units", "0.001vCPU");
        check::<Cpu>("256units", "0.25vCPU");
        check::<Cpu>("4096vCPU", "4096vCPU");
        check::<Rate>("1e9/s", "1000000000/s");
        check::<Rate>("1/h", "0.0002777777777777778/s");
        check::<Percent>("12.5%", "12.5%");
        for (number, expected) in [(1e300, "1e300"), (1e-9, "1e-9"), (0.0, "0"), (-12.5, "-12.5")] {
            assert_eq!(shown(number), expected);
        }
    }

    #[test]
    fn limits_are_texts_that_read() {
        fn check<Q: Quantity>() {
            assert!(Q::MOST_DRAWN.parse::<Q>().unwrap().number() <= Q::MOST.parse::<Q>().unwrap().number());
            let above = Q::from_number(1.01 * Q::MOST_DRAWN.parse::<Q>().unwrap().number());
            assert!(above.is_too_much_to_draw(), "{above}");
        }
        check::<Span>();
        check::<Rate>();
        check::<Bytes>();
        check::<MemorySize>();
        check::<Cpu>();
        check::<Percent>();
        check::<Dollars>();
        check::<Number>();
    }

    #[test]
    fn every_cpu_size_prints_to_itself() {
        for units in (1..5000).chain([Cpu(4096 * 1024).0 - 1]) {
            assert_eq!(Cpu(units).to_string().parse(), Ok(Cpu(units)));
        }
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
        check("duration", "1e30d", "too large: at most 36600d");
        check("duration", "1e999d", "too large");
        check("duration", "200000d", "too large");
        check("rate", "1e10/s", "at most 1e9/s");
        check("rate", "1e-300/s", "less than once in 100 years");
        check("bytes", "1001TB", "at most 1000TB");
        check("cpu", "1e6vCPU", "at most 4096vCPU");
        check("percent", "1e300%", "at most 1000000%");
        check("dollars", "$1e300", "at most $1e12");
        check("number", "1e300", "at most 1e12");
        check("rate", "50", "no unit");
        check("rate", "50ms", "not a unit");
        check("percent", "0.6", "no unit");
        check("dollars", "2000", "does not start with $");
        check("memory-size", "9999999GiB", "too large");
    }
}
