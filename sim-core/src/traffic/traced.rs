//! Functions as the files of a data set describe them: what is read before a population is made of it.

mod packed;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::trace::{Placement, RepeatSpec, RowsSpec, TraceSpec, WindowSpec};
use crate::engine::Span;
use crate::problem::Problem;
use crate::quantity::MemorySize;

pub use packed::PackedCounts;
pub(super) use packed::PackedFeed;

/// Files in the layout of the Azure Functions data set of 2019, relative to the scenario's folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureFilesSpec {
    /// A row per function with `HashFunction`, `Trigger` and its invocations per minute in columns named 1, 2, 3, ...
    pub invocations: String,
    /// Durations per function: `Average`, `Count` and `percentile_Average_0` to `_100`, in ms. The percentiles give the
    /// shape, the average the mean. Functions that are not in it, or all without the file, need what the service's
    /// `work` says.
    #[serde(default)]
    pub durations: Option<String>,
    /// Memory per function or application, `AverageAllocatedMb` and its percentiles. A function gets the least usual
    /// Lambda size that holds the highest; those that are not in it get the service's `memory`.
    #[serde(default)]
    pub memory: Option<String>,
    /// Where in its minute an invocation falls.
    #[serde(default)]
    pub placement: Placement,
    /// How many invocations each one of the trace becomes. A whole number is exact; with a fraction each count is rounded
    /// up or down at random so that the mean is met.
    #[serde(default = "one")]
    pub scale: f64,
    /// Only this part of the trace.
    #[serde(default)]
    pub window: Option<WindowSpec>,
    /// Whether the trace starts again when it ends.
    #[serde(default)]
    pub repeat: RepeatSpec,
    /// By how much time is stretched: 2 replays at half of the speed.
    #[serde(default = "one")]
    pub stretch: f64,
}

fn one() -> f64 {
    1.0
}

impl AzureFilesSpec {
    /// Reports what makes no sense, under `path`.
    pub(super) fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        let mut found = Vec::new();
        self.play().problems(path, &mut found);
        // The file of a trace is called `invocations` here.
        out.extend(found.into_iter().map(|problem| {
            let path = problem.path.replace(&format!("{path}.file"), &format!("{path}.invocations"));
            Problem { path, ..problem }
        }));
        for (key, file) in [("durations", &self.durations), ("memory", &self.memory)] {
            if file.as_deref() == Some("") {
                out.push(Problem::new(format!("{path}.{key}"), "no file is named").hint("leave the key out"));
            }
        }
    }

    /// How the rows of single functions are played.
    pub(super) fn play(&self) -> TraceSpec {
        TraceSpec {
            file: self.invocations.clone(),
            rows: RowsSpec::AzureFunctions2019 { function: String::new(), placement: self.placement },
            scale: self.scale,
            window: self.window,
            repeat: self.repeat,
            stretch: self.stretch,
        }
    }
}

/// What invokes a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// Requests over HTTP.
    Http,
    /// Messages of a queue.
    Queue,
    /// Events of a stream or hub.
    Event,
    /// A workflow.
    Orchestration,
    /// The clock.
    Timer,
    /// Changes in storage.
    Storage,
    /// Anything else.
    Others,
}

impl Trigger {
    /// All triggers.
    pub const ALL: [Trigger; 7] = [
        Trigger::Http,
        Trigger::Queue,
        Trigger::Event,
        Trigger::Orchestration,
        Trigger::Timer,
        Trigger::Storage,
        Trigger::Others,
    ];

    /// Its name, as the data set's `Trigger` column has it.
    pub fn name(self) -> &'static str {
        match self {
            Trigger::Http => "http",
            Trigger::Queue => "queue",
            Trigger::Event => "event",
            Trigger::Orchestration => "orchestration",
            Trigger::Timer => "timer",
            Trigger::Storage => "storage",
            Trigger::Others => "others",
        }
    }

    /// The trigger called `name`.
    pub fn named(name: &str) -> Option<Trigger> {
        Trigger::ALL.into_iter().find(|trigger| trigger.name() == name)
    }
}

/// One function as files describe it.
#[derive(Clone, Debug)]
pub struct TracedFunction {
    /// Its name, unique among the functions.
    pub name: String,
    /// What invokes it.
    pub trigger: Trigger,
    /// Invocations, interval by interval.
    pub counts: PackedCounts,
    /// How long they take.
    pub durations: Option<TracedDurations>,
    /// The most memory that was seen in use.
    pub memory: Option<MemorySize>,
}

/// Measured durations.
#[derive(Clone, Debug)]
pub struct TracedDurations {
    /// The mean.
    pub average: Span,
    /// (share, value) from share 0 to 1, both rising; empty if not known.
    pub percentiles: Vec<(f64, Span)>,
}
