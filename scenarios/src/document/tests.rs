//! A small configuration with every shape that occurs in a real one, and what the loader says about documents of it.
#![expect(dead_code, reason = "the fields are there for their schema and for being deserialised")]

mod broken;
mod hostile;
mod merging;
mod setting;
mod syntax;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::engine::Span;
use sim_core::quantity::{MemorySize, Percent, Rate};

use super::schema::Format;
use super::*;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// How long the run is. More words.
    duration: Span,
    #[serde(default)]
    replications: Option<u32>,
    #[serde(default)]
    exact: Option<bool>,
    #[serde(default)]
    services: IndexMap<String, Service>,
    #[serde(default)]
    sources: IndexMap<String, Source>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "platform", rename_all = "kebab-case", deny_unknown_fields)]
enum Service {
    Ecs(Ecs),
    Lambda(Lambda),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ecs {
    /// What runs.
    task: Task,
    #[serde(default)]
    scaling: Option<Scaling>,
    #[serde(default)]
    #[schemars(with = "Vec<Placement>")]
    placement: Vec<Json>,
    #[serde(default)]
    timeout: Option<Span>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lambda {
    memory: MemorySize,
    #[serde(default)]
    timeout: Option<Span>,
    #[serde(default)]
    task: Option<LambdaTask>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Task {
    image: String,
    #[serde(default)]
    ports: Vec<u16>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LambdaTask {
    image: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-noun" = "policy"))]
enum Scaling {
    /// None at all.
    Fixed,
    TargetTracking {
        target: Percent,
        #[schemars(range(min = 1, max = 100))]
        max: u32,
    },
    Step {
        #[schemars(length(min = 2, max = 4))]
        steps: Vec<Percent>,
    },
    Plain {},
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-noun" = "policy", "x-argument" = true))]
enum Placement {
    Random,
    Spread(String),
    Binpack(Resource),
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-noun" = "resource"))]
enum Resource {
    Cpu,
    Memory,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Source {
    arrivals: Arrivals,
    #[serde(default)]
    think: Option<Think>,
    #[serde(default)]
    share: f64,
    #[serde(default)]
    #[schemars(extend("format" = "objective"))]
    objective: Option<String>,
    #[serde(default)]
    pair: Option<(u8, String)>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Arrivals {
    Poisson { rate: Rate },
    Trace { path: String },
    Sum(Vec<Arrivals>),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Think {
    Fixed(Span),
    Drawn(Distribution),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-noun" = "distribution"))]
enum Distribution {
    Exponential { mean: Span },
    Never,
}

fn schema() -> Schema {
    let objective = Format {
        name: "objective",
        help: "a latency objective: \"p99 < 300ms\"",
        check: |text| if text.contains('<') { Ok(()) } else { Err(format!("`{text}` has no <")) },
    };
    Schema::new(&serde_json::to_value(schemars::schema_for!(Config)).unwrap()).with_formats(&[objective])
}

/// A document without mistakes.
const GOOD: &str = r#"duration = "1h"
replications = 10

[services.web]
platform = "ecs"
task = { image = "250MB", ports = [80, 443] }
scaling = { target-tracking = { target = "60%", max = 40 } }
placement = ["spread:zone", "binpack:cpu", "random", { spread = "zone" }]

[services.api]
platform = "lambda"
memory = "1769MB"

[sources.visitors]
arrivals = { sum = [{ poisson = { rate = "50/s" } }, { trace = { path = "a.csv" } }] }
think = "2s"
pair = [1, "x"]
share = 1

[sources.others]
arrivals = { poisson = { rate = "50/s" } }
think = { exponential = { mean = "2s" } }
"#;

/// The tree of a text that parses.
#[track_caller]
fn tree(text: &str) -> Node {
    let mut problems = Diagnostics::default();
    let parsed = parse::parse(text, &mut problems);
    assert!(problems.is_empty(), "{:?}", problems.list());
    parsed.root
}

/// All that is said about a text.
fn report(text: &str) -> Report {
    let mut problems = Diagnostics::default();
    let parsed = parse::parse(text, &mut problems);
    if parsed.sound {
        let mut found = Diagnostics::default();
        check::check(&schema(), &parsed.root, &mut found);
        found.retain(|problem| parsed.complete || problem.code != Code::MissingKey);
        problems.append(found);
    }
    Report::new("test.toml", text, problems)
}

#[test]
fn a_good_document_passes_and_deserialises() {
    let found = report(GOOD);
    assert!(found.list().is_empty(), "{found}");
    let config: Config = serde_json::from_value(tree(GOOD).to_json()).unwrap();
    assert_eq!(config.services.keys().collect::<Vec<_>>(), ["web", "api"]);
    assert_eq!(config.sources["visitors"].share, 1.0);
}

#[test]
fn tables_keep_the_order_of_the_file() {
    let root = tree("[b.inner]\nx = 1\n[a]\ny = 1\n[b]\nz = 1\n");
    assert_eq!(root.to_json().to_string(), r#"{"a":{"y":1},"b":{"inner":{"x":1},"z":1}}"#);
}

#[test]
fn a_problem_is_placed_at_the_nearest_setting_that_exists() {
    let text = "[services.web]\nscaling = { step = { steps = [\"10%\"] } }\n[services.\"web.two\"]\nx = 1\n";
    let root = tree(text);
    let check = |path: &str, expected: &str| {
        let place = root.origin_of(path).place().unwrap();
        assert_eq!(&text[place.start..place.end], expected, "{path}");
    };
    check("services.web", "web");
    check("services.web.scaling.step.steps", "[\"10%\"]");
    check("services.web.scaling.step.steps[0]", "\"10%\"");
    check("services.web.scaling.step.steps[7].low", "[\"10%\"]");
    check("services.web.absent.thing", "web");
    check("services.web.two.x", "1");
    check("services.\"web.two\".x", "1");
    check("services.webshop", "services");
}

#[test]
fn paths_print_as_they_are_read() {
    let check = |text: &str, expected: &str| match Path::parse(text) {
        Ok(path) => {
            assert_eq!(path.to_string(), expected, "{text}");
            assert_eq!(Path::parse(&path.to_string()).unwrap(), path, "{text}");
        }
        Err(problem) => assert!(problem.contains(expected), "{text}: {problem}"),
    };
    check("services.web.scaling", "services.web.scaling");
    check("services.\"a.b\".steps[1]", "services.\"a.b\".steps[1]");
    check("a.'b\"c'[0][2].d", "a.'b\"c'[0][2].d");
    check("", "empty");
    check("a..b", "empty");
    check("a.\"b", "not closed");
    check("a[1", "not closed");
    check("a[x]", "not a whole number");
    check("a[1]b", "does not continue");
}
