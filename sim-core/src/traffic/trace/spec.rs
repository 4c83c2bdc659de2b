//! Traces as scenario files write them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::Span;
use crate::problem::Problem;
use crate::quantity::{Bytes, shown};

/// A CSV file of requests or of counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceSpec {
    /// The file, relative to the scenario's folder. Its first line names the columns.
    pub file: String,
    /// What a row is.
    pub rows: RowsSpec,
    /// How many requests each request of the trace becomes. A whole number is exact; with a fraction each row is
    /// rounded up or down at random so that the mean is met.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub scale: f64,
    /// Only this part of the trace; what lies before it is skipped, and its start is the start of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowSpec>,
    /// Whether the trace starts again when it ends.
    #[serde(default, skip_serializing_if = "RepeatSpec::is_once")]
    pub repeat: RepeatSpec,
    /// By how much time is stretched: 2 replays at half of the speed, 0.5 at double.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub stretch: f64,
}

/// What a row of a trace is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum RowsSpec {
    /// One request a row.
    Requests(RequestsSpec),
    /// The number of requests in one interval.
    Counts(CountsSpec),
    /// The counts per minute of one function, in the layout of the Azure Functions data set of 2019: a row per function
    /// with a trigger and one column per minute, named 1, 2, 3, ...
    #[serde(rename = "azure-functions-2019")]
    AzureFunctions2019 {
        /// The function, as its `HashFunction` column has it.
        function: String,
        /// Where in its minute a request falls.
        #[serde(default)]
        placement: Placement,
    },
}

/// One request a row, in order of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestsSpec {
    /// The column with the timestamp.
    pub timestamp: String,
    /// How the timestamp is written.
    #[serde(default)]
    pub format: TimestampFormat,
    /// Which instant of the trace is the start of the run.
    #[serde(default)]
    pub origin: TraceOrigin,
    /// A column that gives a request's CPU on a reference core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<QuantityColumn<Span>>,
    /// A column that gives a request's wait off the CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<QuantityColumn<Span>>,
    /// A column that gives the size of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_bytes: Option<QuantityColumn<Bytes>>,
    /// A column that gives the size of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_bytes: Option<QuantityColumn<Bytes>>,
}

/// Counts of consecutive intervals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountsSpec {
    /// The length of the interval that a row stands for.
    pub interval: Span,
    /// The column with the count.
    pub column: String,
    /// A column with the interval's number. With it, intervals may be left out and count as empty; without it, each row
    /// follows the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// Where in its interval a request falls.
    #[serde(default)]
    pub placement: Placement,
}

/// A column of plain numbers, and what one of them stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "QuantityColumn-{Q}")]
pub struct QuantityColumn<Q> {
    /// The column's name.
    pub column: String,
    /// What 1 in this column means: `"1ms"` for milliseconds, `"40us"` for 40 microseconds a token.
    pub each: Q,
}

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimestampFormat {
    /// Seconds, with decimals.
    #[default]
    Seconds,
    /// Milliseconds, with decimals.
    Milliseconds,
    /// Microseconds, with decimals.
    Microseconds,
    /// Whole nanoseconds.
    Nanoseconds,
    /// A date and time: `2023-11-16 18:17:03.9799600` or `2023-11-16T18:17:03Z`, in UTC.
    DateTime,
}

/// Which instant of a trace is the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TraceOrigin {
    /// The first row's timestamp.
    #[default]
    FirstRow,
    /// The timestamp 0.
    Zero,
}

/// Where in its interval each of n counted requests falls. Either way exactly n of them do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// At n independent random instants: a Poisson process of which the total is known.
    #[default]
    Poisson,
    /// At n equal distances, half of one before the first: the smoothest traffic with this total.
    Uniform,
}

/// A part of a trace, in the trace's own time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowSpec {
    /// Where it begins.
    pub from: Span,
    /// Where it ends; what is there no longer counts.
    pub to: Span,
}

/// How often a trace is played. A repetition follows where the window ends; without a window, where the last interval
/// does, or one mean interval after the last request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum RepeatSpec {
    /// Once.
    #[default]
    Once,
    /// Again and again.
    Forever,
    /// This many times in all.
    Times(u32),
}

impl RepeatSpec {
    fn is_once(&self) -> bool {
        *self == RepeatSpec::Once
    }
}

fn one() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(number: &f64) -> bool {
    *number == 1.0
}

const PLAUSIBLE_SCALE: f64 = 1e6;
const PLAUSIBLE_STRETCH: std::ops::RangeInclusive<f64> = 1e-4..=1e4;

impl TraceSpec {
    /// Reports everything that makes no sense in the options. The file itself is checked where files may be read.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        if self.file.is_empty() {
            out.push(Problem::new(format!("{path}.file"), "no file is named"));
        }
        if !(self.scale > 0.0 && self.scale <= PLAUSIBLE_SCALE) {
            let message =
                format!("a scale lies above 0 and up to {PLAUSIBLE_SCALE}, not {}", shown(self.scale));
            out.push(Problem::new(format!("{path}.scale"), message));
        }
        if !PLAUSIBLE_STRETCH.contains(&self.stretch) {
            let message = format!("a stretch lies between 0.0001 and 10000, not {}", shown(self.stretch));
            out.push(Problem::new(format!("{path}.stretch"), message).hint("1 is the trace's own speed"));
        }
        if self.repeat == RepeatSpec::Times(0) {
            out.push(Problem::new(format!("{path}.repeat"), "a trace that is played 0 times is no source"));
        }
        if let Some(interval) = self.interval()
            && interval.is_zero()
        {
            out.push(Problem::new(format!("{path}.rows.counts.interval"), "an interval is above zero"));
        }
        self.window_problems(&format!("{path}.window"), out);
    }

    fn window_problems(&self, path: &str, out: &mut Vec<Problem>) {
        let Some(window) = self.window else { return };
        if window.to <= window.from {
            let message = format!("the window ends ({}) before it begins ({})", window.to, window.from);
            out.push(Problem::new(format!("{path}.to"), message));
        }
        let Some(interval) = self.interval().filter(|interval| !interval.is_zero()) else { return };
        for (name, edge) in [("from", window.from), ("to", window.to)] {
            if !edge.nanos().is_multiple_of(interval.nanos()) {
                let message = format!("{edge} would cut an interval of {interval}");
                out.push(Problem::new(format!("{path}.{name}"), message).hint("use whole intervals"));
            }
        }
    }

    /// The interval of a trace of counts.
    pub fn interval(&self) -> Option<Span> {
        match &self.rows {
            RowsSpec::Requests(_) => None,
            RowsSpec::Counts(counts) => Some(counts.interval),
            RowsSpec::AzureFunctions2019 { .. } => Some(Span::from_secs(60)),
        }
    }

    /// Where in its interval a counted request falls.
    pub fn placement(&self) -> Placement {
        match &self.rows {
            RowsSpec::Requests(_) => Placement::Poisson,
            RowsSpec::Counts(counts) => counts.placement,
            RowsSpec::AzureFunctions2019 { placement, .. } => *placement,
        }
    }
}
