//! `warm_up`: a time, or `auto` to have it found.

use std::fmt;
use std::str::FromStr;

use sim_core::engine::Span;

/// How much simulated time at the start is not measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmUp {
    /// So much.
    For(Span),
    /// What MSER-5 finds in a pilot.
    Auto,
}

impl WarmUp {
    /// The time, if it is given.
    pub fn given(self) -> Option<Span> {
        match self {
            WarmUp::For(span) => Some(span),
            WarmUp::Auto => None,
        }
    }
}

impl Default for WarmUp {
    fn default() -> Self {
        WarmUp::For(Span::ZERO)
    }
}

impl FromStr for WarmUp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(WarmUp::Auto),
            _ => text.parse().map(WarmUp::For),
        }
    }
}

impl fmt::Display for WarmUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WarmUp::For(span) => span.fmt(f),
            WarmUp::Auto => f.write_str("auto"),
        }
    }
}
