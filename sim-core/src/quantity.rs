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

/// A pure number, so that a distribution can be written of counts and factors too. Written as text (`"1.5"`), like
/// every quantity.
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
