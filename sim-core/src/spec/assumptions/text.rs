//! How the value of a setting is shown among the assumptions.

use serde::Serialize;

use crate::quantity::Quantity;
use crate::random::DistributionSpec;
use crate::spec::ServedBy;

/// How a setting is shown.
pub(super) trait Text {
    fn text(&self) -> String;
}

macro_rules! shown_as_it_is {
    ($($of:ty),*) => { $(impl Text for $of { fn text(&self) -> String { self.to_string() } })* };
}

shown_as_it_is!(
    u32,
    f64,
    crate::engine::Span,
    crate::quantity::Bytes,
    crate::quantity::MemorySize,
    crate::quantity::Percent
);

impl Text for ServedBy {
    fn text(&self) -> String {
        plain(self)
    }
}

impl<Q: Quantity + Serialize> Text for DistributionSpec<Q> {
    fn text(&self) -> String {
        match self {
            DistributionSpec::Constant(value) => value.to_string(),
            DistributionSpec::Uniform { low, high } => format!("uniform, {low} to {high}"),
            DistributionSpec::Lognormal(spec) => match (&spec.p50, &spec.p99) {
                (Some(p50), Some(p99)) => format!("lognormal, median {p50}, p99 {p99}"),
                _ => plain(self),
            },
            _ => plain(self),
        }
    }
}

pub(super) fn plain(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().replace('"', "")
}
