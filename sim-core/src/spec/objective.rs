//! A latency objective, written `p99 < 300ms`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::engine::Span;

/// "This share of all requests ends successfully within this time." A request that fails counts as infinitely late.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// The share, 0.99 for p99.
    pub share: f64,
    /// The time.
    pub limit: Span,
}

impl Objective {
    /// The percentile that it bounds: `p99`, `p99.9`.
    pub fn percentile(&self) -> String {
        format!("p{}", (self.share * 1e6).round() / 1e4)
    }
}

impl FromStr for Objective {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an objective; write it like \"p99 < 300ms\"");
        let (percentile, limit) = text.split_once('<').ok_or_else(wrong)?;
        let percent: f64 =
            percentile.trim().strip_prefix('p').and_then(|p| p.parse().ok()).ok_or_else(wrong)?;
        if !(percent > 0.0 && percent < 100.0) {
            let percentile = percentile.trim();
            return Err(format!("`{percentile}` is not a percentile above p0 and below p100, p99.9 say"));
        }
        let limit: Span = limit.parse()?;
        if limit.is_zero() {
            return Err("no request ends in no time: the limit is above zero".into());
        }
        Ok(Objective { share: (percent * 1e6).round() / 1e8, limit })
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} < {}", self.percentile(), self.limit)
    }
}

impl Serialize for Objective {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Objective {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Objective {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "objective".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "objective" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read() {
        let check = |text: &str, share: f64, millis: u64| {
            let objective: Objective = text.parse().unwrap();
            assert_eq!(objective, Objective { share, limit: Span::from_millis(millis) });
            assert_eq!(objective.to_string().parse::<Objective>().unwrap(), objective);
        };
        check("p99 < 300ms", 0.99, 300);
        check("p99.9<2s", 0.999, 2000);
        for wrong in ["p99", "99 < 3s", "p100 < 3s", "p99 < 3", "p99 > 3s", "p99 < 0s"] {
            assert!(wrong.parse::<Objective>().is_err(), "{wrong}");
        }
    }
}
