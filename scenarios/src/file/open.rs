//! The experiment around the fleets: name, run settings, and everything that leads to the resolved variants.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sim_core::engine::Span;
use sim_core::spec::Problem;

use super::assertion::{Assertion, Known as Names};
use super::expand::{COMMON, Expander, Point, is_common, refused};
use super::settings::RunSettings;
use super::{MOST_JOBS, Options, Shapes};
use crate::document::check::check;
use crate::document::mend::{StandIn, mend};
use crate::document::parse::parse;
use crate::document::set::{Override, set};
use crate::document::{Code, Diagnostic, Diagnostics, Node, Origin, Schema, Value};

/// The keys of a scenario file that describe the experiment. The other keys describe fleets, and stand beside these.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Frame {
    /// The scenario's name, for the report's title and the results folder.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// What it shows, in a sentence or two.
    #[serde(default)]
    pub about: String,
    /// How long, how often, with what luck.
    pub run: RunSettings,
    /// What has to hold of the results, each shown with confidence: if something does not, `fleetsim run` ends with an
    /// exit code of its own, as a gate in continuous integration needs it.
    #[serde(default)]
    pub assert: Vec<Assertion>,
}

/// A scenario file, expanded: its frame, if that could be read, and its variants with what is wrong with each.
#[derive(Debug)]
pub(super) struct Opened {
    pub frame: Option<Frame>,
    /// How long the run is, if that could be read.
    pub duration: Option<Span>,
    pub points: Vec<Point>,
    /// How many variants the file names.
    pub families: usize,
}

/// The schema of the frame, with the keys of a fleet (given by its schema) and the variants accepted unseen: these are
/// checked once they are merged.
pub(super) fn frame_schema(fleet: &Json) -> Json {
    let mut schema = schemars::schema_for!(Frame).to_value();
    if let Some(known) = schema["properties"].as_object_mut() {
        let keys = fleet["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        known.extend(keys.chain(["variants", "sweep"]).map(|key| (key.to_owned(), json!({}))));
    }
    schema
}

/// Reads, expands and checks `text`. `fleet_schema` is the JSON Schema of a fleet, `fleet` the same compiled.
pub(super) fn open(text: &str, shapes: &Shapes, options: &Options, problems: &mut Diagnostics) -> Opened {
    let Shapes { fleet, fleet_json, frame: schema } = shapes;
    let nothing = Opened { frame: None, duration: None, points: Vec::new(), families: 0 };
    let mut parsed = parse(text, problems);
    if !parsed.sound {
        return nothing;
    }
    let (common, of_variants): (Vec<_>, Vec<_>) =
        options.overrides.iter().cloned().partition(|given| is_common(&given.path));
    for given in &common {
        if let Err(refusal) = set(schema, &mut parsed.root, given) {
            problems.push(refused(given, &refusal));
        }
    }
    fix_replications(&common, &mut parsed.root);
    let mut found = Diagnostics::default();
    check(schema, &parsed.root, &mut found);
    found.retain(|problem| parsed.complete || problem.code != Code::MissingKey);
    let whole = !found.any_error() && parsed.complete;
    let frame = if whole { frame(&parsed.root, &mut found) } else { None };
    let run = match &frame {
        Some(frame) => {
            Known { duration: Some(frame.run.duration), replications: Some(frame.run.most_replications()) }
        }
        None => mended_frame(schema, &parsed.root, &mut found),
    };
    problems.append(found);

    let written = parsed.root.clone();
    let Value::Table(entries) = &mut parsed.root.value else { return nothing };
    let variants = entries.shift_remove("variants");
    let sweep = entries.shift_remove("sweep");
    // Unknown keys at the top have been reported; what is left is the base.
    entries.retain(|key, _| !COMMON.contains(&key.as_str()) && fleet_json["properties"].get(key).is_some());
    let expander = Expander {
        fleet,
        complete: parsed.complete,
        overrides: &of_variants,
        replications: run.replications.unwrap_or(1),
        job_limit: options.job_limit.min(MOST_JOBS),
    };
    let (points, families) = expander.expand(&parsed.root, variants.as_ref(), sweep.as_ref(), problems);
    if let Some(frame) = &frame {
        let unknown = unknown_names(frame, &points);
        unknown.into_iter().for_each(|problem| problems.push(located(&written, problem)));
    }
    Opened { frame, duration: run.duration, points, families }
}

/// A number of replications from the command line is meant to be that number: how exactly a metric is to be known decides
/// no longer, unless the command line says that too.
fn fix_replications(given: &[Override], root: &mut Node) {
    let says = |key: &str| {
        given.iter().any(|it| it.path.first_key() == Some("run") && it.path.key_at(1) == Some(key))
    };
    if !says("replications") || says("precision") {
        return;
    }
    if let Value::Table(entries) = &mut root.value
        && let Some(Node { value: Value::Table(run), .. }) = entries.get_mut("run")
    {
        run.shift_remove("precision");
    }
}

/// What assertions and the wanted precision name that no variant has.
fn unknown_names(frame: &Frame, points: &[Point]) -> Vec<Problem> {
    let mut known = Names::default();
    for point in points {
        known.variants.extend([&*point.variant, &*point.name]);
        for table in ["services", "clusters"].into_iter().filter_map(|kind| point.node.get(kind)?.as_table())
        {
            known.owners.extend(table.keys().map(String::as_str));
        }
    }
    let mut found = Vec::new();
    if let Some(precision) = &frame.run.precision {
        known.owner(precision.service.as_deref(), "run.precision.service".into(), &mut found);
    }
    for (index, assertion) in frame.assert.iter().enumerate() {
        assertion.unknown(&format!("assert[{index}]"), &known, &mut found);
    }
    found
}

/// What else needs to know of the run settings.
struct Known {
    duration: Option<Span>,
    replications: Option<u32>,
}

/// The frame of a document whose structure has been found right, and what makes no sense in it.
fn frame(root: &Node, problems: &mut Diagnostics) -> Option<Frame> {
    match read(root) {
        Ok(frame) => {
            let mut found = run_problems(&frame.run);
            for (index, assertion) in frame.assert.iter().enumerate() {
                assertion.problems(&format!("assert[{index}]"), &mut found);
            }
            found.into_iter().for_each(|problem| problems.push(located(root, problem)));
            Some(frame)
        }
        Err(error) => {
            problems.push(Diagnostic::new(Code::Meaning, Origin::BuiltIn, "", error.to_string()));
            None
        }
    }
}

fn read(root: &Node) -> serde_json::Result<Frame> {
    let own = root.as_table().into_iter().flatten().filter(|(key, _)| COMMON.contains(&key.as_str()));
    let json: Json = own.map(|(key, node)| (key.clone(), node.to_json())).collect();
    serde_json::from_value(json)
}

fn run_problems(run: &RunSettings) -> Vec<Problem> {
    let mut found = Vec::new();
    run.problems("run", &mut found);
    found
}

/// What makes no sense in a frame with structural mistakes, whatever might stand in their place.
fn mended_frame(schema: &Schema, root: &Node, problems: &mut Diagnostics) -> Known {
    let [first, last] = [StandIn::First, StandIn::Last].map(|with| {
        let mended = mend(schema, root, with);
        read(&mended.node).ok().map(|frame| (mended, frame.run))
    });
    let (Some((mended, run)), Some((_, other))) = (first, last) else {
        return Known { duration: None, replications: None };
    };
    let others = run_problems(&other);
    let found = run_problems(&run).into_iter();
    found
        .filter(|problem| others.contains(problem) && !mended.doubts(&problem.path))
        .for_each(|problem| problems.push(located(root, problem)));
    Known {
        duration: (!mended.doubts("run.duration")).then_some(run.duration),
        replications: (!mended.doubts("run.replications")).then_some(run.most_replications()),
    }
}

/// A problem of meaning at the place of the setting that it names.
pub(super) fn located(root: &Node, problem: Problem) -> Diagnostic {
    let origin = root.origin_of(&problem.path).clone();
    let diagnostic = Diagnostic::new(Code::Meaning, origin, problem.path, problem.message);
    match problem.hint {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}
