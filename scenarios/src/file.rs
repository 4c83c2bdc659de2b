//! The scenario file: its shape, and how it becomes variants.
//!
//! A file has the keys of an experiment (`name`, `about`, `[run]`), the tables of a fleet
//! ([`FleetSpec`]: `work`, `sources`, `services`, `clusters`, ...), `[variants.NAME]` with any of the
//! fleet's tables, each saying only what differs from the base, and `[sweep]` with axes for all variants or
//! `[variants.NAME.sweep]` with axes for one. [`Scenario::load`] turns it into variants that are complete and right, or
//! says everything that is wrong with it: a file is first checked as a [document](crate::document), then variant by
//! variant as a fleet.

mod assertion;
mod axis;
mod doubts;
mod expand;
mod late;
pub mod metric;
mod open;
mod precision;
mod read;
mod schema;
mod settings;
#[cfg(test)]
mod tests;
mod texts;
mod warm_up;

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value as Json;
use sim_core::calendar::Calendar;
use sim_core::cost::InstanceType;
use sim_core::model::Platform;
use sim_core::policy::catalogue::Catalogue;
use sim_core::policy::service_scaling::Level;
use sim_core::spec::{FleetSpec, Objective};
use sim_core::traffic::{FeedError, TraceSpec};

use crate::document::schema::Format;
use crate::document::set::Override;
use crate::document::{Code, Diagnostic, Diagnostics, Origin, Report, Schema};
use crate::trace::{self, TraceFiles, TraceSummary};

pub use assertion::{Assertion, Claim, Relation};
pub use metric::MetricName;
pub use precision::{HalfWidth, PrecisionSettings, stages};
pub use schema::{file_schema, fleet_schema};
pub use settings::{DayWeight, RunKind, RunSettings};
pub use warm_up::WarmUp;

/// Most runs (variants x sweep values x replications) that a scenario may make unless more are asked for.
pub const JOB_LIMIT: u64 = 10_000;

/// Most runs that a scenario may make whatever is asked for: their records alone would take days to read.
pub const MOST_JOBS: u64 = 1_000_000;

/// Most requests that one run may take, as far as that can be told in advance. At a million events a second, a run of so
/// many takes days.
pub const MOST_REQUESTS: f64 = 1e11;

/// A large number as people say it: `2.3 million`.
pub fn amount(number: f64) -> String {
    match number {
        ..1e4 => format!("{number:.0}"),
        ..1e6 => format!("{:.0} thousand", number / 1e3),
        ..1e9 => format!("{:.1} million", number / 1e6),
        ..1e12 => format!("{:.1} billion", number / 1e9),
        _ => format!("{number:.0e}"),
    }
}

/// One complete experiment, ready to run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// How it is run.
    pub run: RunSettings,
    /// What has to hold of the results.
    pub assertions: Vec<Assertion>,
    /// What is compared, in the order of the file, the values of the last axis running fastest. At least one.
    pub variants: Vec<Variant>,
    /// What does not stop it, but is probably not as meant.
    pub warnings: Report,
}

/// One way to run the workload.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name: `fargate`, or with a sweep `fargate rate=100/s`. `base` where the file has no variants.
    pub name: String,
    /// The variant of the file that it comes from: `fargate`.
    pub family: String,
    /// Where it stands on each axis: the path of the setting and the value as text.
    pub axes: Vec<(String, String)>,
    /// What is simulated.
    pub fleet: FleetSpec,
    /// About how many requests one run of it takes, retries and users apart.
    pub requests: f64,
    /// How many requests its users send at most: they wait for their answers, which nobody knows yet how long.
    pub users_requests: f64,
    /// The fleet as the file says it, base, patch, options and axes together, without defaults.
    pub resolved: Json,
}

/// What a scenario is loaded amid.
pub struct Surroundings<'s> {
    /// What fleets are built with: instance types, policies, traces.
    pub platform: &'s Platform<'s>,
    /// Reads a trace to its end before anything is simulated, and says what it holds or what is wrong with it:
    /// [`trace::check`], wherever traces are files.
    pub check_trace: &'s dyn Fn(&TraceSpec) -> Result<TraceSummary, Vec<FeedError>>,
}

/// What a scenario file may look like, given the policies that there are. Making it takes longer than reading a file.
#[derive(Debug)]
pub struct Shapes {
    /// A fleet, and its JSON Schema.
    fleet: Schema,
    fleet_json: Json,
    /// An experiment around it.
    frame: Schema,
}

impl Shapes {
    /// The shapes of scenarios with these policies.
    pub fn new(policies: &Catalogue) -> Self {
        Shapes::around(fleet_schema(policies))
    }

    /// The shapes around a fleet of this JSON Schema.
    fn around(fleet_json: Json) -> Self {
        let fleet = Schema::new(&fleet_json).with_formats(FORMATS);
        let frame = Schema::new(&open::frame_schema(&fleet_json)).with_formats(FORMATS);
        Shapes { fleet, fleet_json, frame }
    }
}

/// What the command line adds to the file.
#[derive(Clone, Debug)]
pub struct Options {
    /// Settings given there.
    pub overrides: Vec<Override>,
    /// Most runs in all.
    pub job_limit: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { overrides: Vec::new(), job_limit: JOB_LIMIT }
    }
}

impl Scenario {
    /// Loads the text of a scenario file; `file` is what messages call it.
    ///
    /// # Errors
    /// Everything that is wrong with it, to be printed as it is.
    pub fn load(
        text: &str,
        file: &str,
        options: &Options,
        surroundings: &Surroundings<'_>,
    ) -> Result<Scenario, Report> {
        Scenario::load_as(text, file, options, surroundings, &Shapes::new(surroundings.platform.policies))
    }

    /// The same for whoever loads many: the shapes are those of the policies that it is loaded amid.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn load_as(
        text: &str,
        file: &str,
        options: &Options,
        surroundings: &Surroundings<'_>,
        shapes: &Shapes,
    ) -> Result<Scenario, Report> {
        let mut problems = Diagnostics::default();
        let opened = open::open(text, shapes, options, &mut problems);
        let mut reader = read::Reader::new(surroundings, &shapes.fleet);
        let mut points = opened.points;
        let run = opened.frame.as_ref().map(|frame| &frame.run);
        let fleets: Vec<Option<read::Read>> =
            points.iter_mut().map(|point| reader.read(point, run, opened.duration)).collect();
        expand::collect_problems(&points, opened.families, &mut problems);
        let variants: Option<Vec<Variant>> =
            points.into_iter().zip(fleets).map(|(point, fleet)| Some(variant(point, fleet?))).collect();
        match (opened.frame, variants) {
            (Some(frame), Some(variants)) if !problems.any_error() && !variants.is_empty() => {
                let warnings = Report::new(file, text, problems);
                Ok(Scenario {
                    name: frame.name,
                    about: frame.about,
                    run: frame.run,
                    assertions: frame.assert,
                    variants,
                    warnings,
                })
            }
            _ => Err(Report::new(file, text, problems)),
        }
    }

    /// Loads a scenario file, its traces relative to the folder that it is in.
    ///
    /// # Errors
    /// As [`Scenario::load`]; also if the file cannot be read.
    pub fn load_file(
        path: &Path,
        options: &Options,
        instance_types: &IndexMap<String, InstanceType>,
        policies: &Catalogue,
    ) -> Result<Scenario, Report> {
        let file = path.display().to_string();
        let bytes =
            std::fs::read(path).map_err(|error| unreadable(&file, &format!("cannot be read: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line =
                error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
            unreadable(&file, &format!("line {line} is not UTF-8 text"))
        })?;
        let traces = TraceFiles::new(path.parent().unwrap_or(Path::new("")));
        let platform = Platform { instance_types, policies, traces: &traces };
        let check_trace = |spec: &TraceSpec| trace::check(&traces, spec);
        Scenario::load(
            &text,
            &file,
            options,
            &Surroundings { platform: &platform, check_trace: &check_trace },
        )
    }

    /// How many runs the experiment consists of, at least. A pilot that finds the warm-up comes on top.
    pub fn jobs(&self) -> u64 {
        self.variants.len() as u64 * u64::from(self.run.replications)
    }

    /// How many it may become where replications go on until a metric is known exactly enough.
    pub fn most_jobs(&self) -> u64 {
        self.variants.len() as u64 * u64::from(self.run.most_replications())
    }
}

fn variant(point: expand::Point, read: read::Read) -> Variant {
    Variant {
        name: point.name.to_string(),
        family: point.variant.to_string(),
        axes: point.axes,
        fleet: read.fleet,
        requests: read.requests.open,
        users_requests: read.requests.of_users,
        resolved: point.node.to_json(),
    }
}

/// The report on a file that could not even be read as text.
fn unreadable(file: &str, message: &str) -> Report {
    let mut problems = Diagnostics::default();
    problems.push(Diagnostic::new(Code::Syntax, Origin::BuiltIn, "", message));
    Report::new(file, Arc::<str>::from(""), problems)
}

/// Texts with a form of their own, beside quantities.
pub const FORMATS: &[Format] = &[
    Format {
        name: "objective",
        help: "a latency objective: \"p99 < 300ms\", \"p99.9 < 2s\"",
        check: |text| text.parse::<Objective>().map(|_| ()),
    },
    Format {
        name: "claim",
        help: "a claim about a metric: \"latency.p99 < 300ms\", \"cost.month < $2000\", \"errors.total <= 0.1%\"",
        check: |text| text.parse::<Claim>().map(|_| ()),
    },
    Format {
        name: "metric",
        help: "a metric by its name in summary.csv: \"latency.p99\", \"cost.month\"",
        check: |text| text.parse::<MetricName>().map(|_| ()),
    },
    Format {
        name: "half-width",
        help: "half the width of an interval: relative, \"5%\", or in the metric's unit, \"2ms\", \"$5\"",
        check: |text| text.parse::<HalfWidth>().map(|_| ()),
    },
    Format {
        name: "warm-up",
        help: "a time, \"10min\", or \"auto\" to have it found",
        check: |text| text.parse::<WarmUp>().map(|_| ()),
    },
    Format {
        name: "start-date",
        help: "a date, with a time of day or without: \"2026-03-02\", \"2026-03-02 08:30\"",
        check: |text| text.parse::<Calendar>().map(|_| ()),
    },
    Format {
        name: "metric-level",
        help: "a level of a metric: \"60%\" of what is reserved, or \"600/min\" for requests per target",
        check: |text| text.parse::<Level>().map(|_| ()),
    },
];
