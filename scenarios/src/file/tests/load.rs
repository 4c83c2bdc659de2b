//! Whole files of the real configuration.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use sim_core::engine::Span;
use sim_core::spec::{FleetSpec, Problem, ServiceSpec};
use sim_core::traffic::{FeedError, OpenTrace, TraceFeed, TraceRow, TraceSpec};

use super::super::{Options, RunSettings, Scenario, Surroundings, file_schema};
use crate::document::parse::parse;
use crate::document::set::Override;
use crate::document::{Diagnostics, Report, Schema, check::check};

/// Traces as names: `short` has two rows, `broken` fails at the second, others do not exist.
#[derive(Debug)]
struct Traces;

#[derive(Debug)]
struct Rows {
    broken: bool,
    next: u64,
}

impl OpenTrace for Traces {
    fn open(&self, spec: &TraceSpec) -> Result<Box<dyn TraceFeed>, FeedError> {
        match spec.file.as_str() {
            "short.csv" => Ok(Box::new(Rows { broken: false, next: 0 })),
            "broken.csv" => Ok(Box::new(Rows { broken: true, next: 0 })),
            other => Err(FeedError::new(other, "there is no such file")),
        }
    }
}

impl TraceFeed for Rows {
    fn next(&mut self) -> Result<Option<TraceRow>, FeedError> {
        self.next += 1;
        let start = Span::from_secs(60 * self.next);
        match self.next {
            2 if self.broken => {
                Err(FeedError::new("broken.csv", "`x` is not a count").row(3).column("count"))
            }
            1 | 2 => Ok(Some(TraceRow::Count { start, length: Span::from_secs(60), requests: 7 })),
            _ => Ok(None),
        }
    }

    fn rewind(&mut self) -> Result<(), FeedError> {
        self.next = 0;
        Ok(())
    }
}

/// A catalogue with one scaling policy and one strategy.
fn policies() -> Map<String, Json> {
    let settings = json!({
        "type": "object",
        "properties": {
            "metric": { "enum": ["cpu", "memory"], "type": "string" },
            "target": { "type": "string", "format": "metric-level" },
            "max": { "type": "integer", "format": "uint32" },
        },
        "required": ["metric", "target", "max"],
    });
    let option = |name: &str, settings: Json| {
        json!({
            "type": "object", "properties": { name: settings }, "required": [name], "additionalProperties": false,
        })
    };
    let scaling =
        json!({ "oneOf": [option("target-tracking", settings), { "const": "fixed", "type": "string" }] });
    let placement =
        json!({ "oneOf": [option("spread", json!({ "type": "string" })), { "const": "random" }] });
    [("policy-service-scaling".to_owned(), scaling), ("policy-placement".to_owned(), placement)]
        .into_iter()
        .collect()
}

fn no_more_than_two(fleet: &FleetSpec, _: Option<&RunSettings>) -> Vec<Problem> {
    let many = fleet.sources.keys().skip(2);
    many.map(|name| Problem::new(format!("sources.{name}"), "a third source").hint("take two")).collect()
}

fn load(text: &str, overrides: &[&str]) -> Result<Scenario, Report> {
    let options = Options {
        overrides: overrides.iter().map(|given| Override::parse(given).unwrap()).collect(),
        ..Options::default()
    };
    let policies = policies();
    let surroundings = Surroundings { policies: &policies, problems: &no_more_than_two, traces: &Traces };
    Scenario::load(text, "hello.toml", &options, &surroundings)
}

const HELLO: &str = r#"name  = "hello"
about = "One web service under steady traffic: EC2, Fargate or Lambda?"

[run]
duration = "1h"
warm_up = "5m"
replications = 10

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "50/s" } }
client = { timeout = "10s", retries = { attempts = 3, backoff = "100ms" } }

[work.page]
cpu    = { lognormal = { p50 = "8ms", p99 = "60ms" } }
wait   = { exponential = { mean = "30ms" } }

[services.web]
work = "page"
objective = "p99 < 300ms"

[variants.ec2.services.web]
platform  = "ecs"
task      = { cpu = "1vCPU", memory = "1GiB", image = "250MB" }
cluster   = "fleet"
placement = ["spread:zone"]
scaling   = { target-tracking = { metric = "cpu", target = "60%", max = 40 } }

[variants.ec2.clusters.fleet]
instances = { type = "m7g.large", min = 2, max = 20 }

[variants.fargate.services.web]
platform = "fargate"
task     = { cpu = "0.5vCPU", memory = "1GiB", image = "250MB" }
scaling  = { target-tracking = { metric = "cpu", target = "60%", max = 80 } }

[variants.lambda.services.web]
platform = "lambda"
memory   = "1769MB"
runtime  = "nodejs22"

[variants.lambda.sweep]
"services.web.memory" = ["1769MB", "512MB"]

[sweep]
"sources.visitors.arrivals.poisson.rate" = ["10/s", "100/s"]
"#;

#[test]
fn a_whole_scenario() {
    let scenario = load(HELLO, &["run.seed=7"]).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!((scenario.name.as_str(), scenario.run.seed, scenario.jobs()), ("hello", 7, 80));
    let names: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
    let expected = [
        "ec2 rate=10/s",
        "ec2 rate=100/s",
        "fargate rate=10/s",
        "fargate rate=100/s",
        "lambda rate=10/s memory=1769MB",
        "lambda rate=10/s memory=512MB",
        "lambda rate=100/s memory=1769MB",
        "lambda rate=100/s memory=512MB",
    ];
    assert_eq!(names, expected);
    let last = &scenario.variants[7];
    assert_eq!(last.axes[1], ("services.web.memory".to_owned(), "512MB".to_owned()));
    assert_eq!(last.resolved["services"]["web"]["memory"], "512MB");
    assert!(matches!(&last.fleet.services["web"], ServiceSpec::Lambda(function) if function.memory.0 == 512));
}

#[test]
fn the_schema_for_editors_accepts_what_the_loader_accepts() {
    let schema = file_schema(&policies());
    let mut problems = Diagnostics::default();
    let parsed = parse(HELLO, &mut problems);
    check(&Schema::new(&schema), &parsed.root, &mut problems);
    // The base lacks what its variants add; the tag of a platform is all that our own check still asks for.
    problems.retain(|problem| problem.message != "`platform` is missing");
    assert!(problems.is_empty(), "{}", Report::new("hello.toml", HELLO, problems));
    let text = schema.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(schema.pointer(pointer).is_some(), "{pointer} is referred to and absent");
    }
    assert!(text.contains("Where requests come from"), "the help is there");
}

#[test]
fn values_of_an_axis_are_named_shortly_and_apart() {
    let head = HELLO.split("[variants.ec2").next().unwrap();
    let fargate = HELLO.split("[variants.fargate.").nth(1).unwrap().split("[variants").next().unwrap();
    let sweep = "[sweep]
work.page.parallelism = [1.5, 2]
services.web.scaling = [
    'fixed',
    { target-tracking = { metric = 'cpu', target = '60%', max = 4 } },
    { target-tracking = { metric = 'cpu', target = '70%', max = 4 } },
]";
    let text = format!("{head}[variants.fargate.{fargate}{sweep}");
    let scenario = load(&text, &[]).unwrap_or_else(|report| panic!("{report}"));
    let names: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
    let expected = [
        "fargate parallelism=1.5 scaling=fixed",
        "fargate parallelism=1.5 scaling=target-tracking",
        "fargate parallelism=1.5 scaling=target-tracking#2",
        "fargate parallelism=2 scaling=fixed",
        "fargate parallelism=2 scaling=target-tracking",
        "fargate parallelism=2 scaling=target-tracking#2",
    ];
    assert_eq!(names, expected);
}

#[test]
fn mistakes_of_every_kind() {
    let text = HELLO
        .replace("p99 < 300ms", "p99 > 300ms")
        .replace(
            "memory = \"1GiB\", image = \"250MB\" }\nscaling",
            "memory = \"9GiB\", image = \"250MB\" }\nscaling",
        )
        .replace("nodejs22", "nodejs")
        .replace(
            "target-tracking = { metric = \"cpu\", target = \"60%\", max = 40",
            "target-tracing = { max = 40",
        )
        .replace("spread:zone", "sprea:zone");
    insta::assert_snapshot!(load(&text, &[]).unwrap_err(), @r#"
    error: services.web.objective: `p99 > 300ms` is not an objective; write it like "p99 < 300ms"
      --> hello.toml:20:13
       | objective = "p99 > 300ms"
       |             ^^^^^^^^^^^^^
       = hint: a latency objective: "p99 < 300ms", "p99.9 < 2s"

    error: services.web.placement[0]: unknown policy `sprea:zone`
      --> hello.toml:26:14 (variant ec2)
       | placement = ["sprea:zone"]
       |              ^^^^^^^^^^^^
       = hint: did you mean `spread`?

    error: services.web.scaling: unknown policy `target-tracing`
      --> hello.toml:27:15 (variant ec2)
       | scaling   = { target-tracing = { max = 40 } }
       |               ^^^^^^^^^^^^^^
       = hint: did you mean `target-tracking`?

    error: services.web.task.memory: Fargate has no task with 0.5vCPU and 9GiB
      --> hello.toml:34:40 (variant fargate)
       | task     = { cpu = "0.5vCPU", memory = "9GiB", image = "250MB" }
       |                                        ^^^^^^
       = hint: with 0.5vCPU it has 1GB, 2GB, 3GB, 4GB

    error: services.web.runtime: no figures for the runtime `nodejs`
      --> hello.toml:40:12 (variant lambda)
       | runtime  = "nodejs"
       |            ^^^^^^^^
       = hint: did you mean `nodejs22`?

    5 problems in hello.toml
    "#);
    let text = HELLO.to_owned()
        + r#"
[sources.absent]
to = "web"
arrivals = { trace = { file = "absent.csv", rows = { counts = { column = "count", interval = "1min" } } } }
[sources.broken]
to = "web"
arrivals = { trace = { file = "broken.csv", rows = { counts = { column = "count", interval = "1min" } } } }
"#;
    insta::assert_snapshot!(load(&text, &[]).unwrap_err(), @r#"
    error: sources.absent.arrivals.trace.file: absent.csv: there is no such file
      --> hello.toml:50:31
       | arrivals = { trace = { file = "absent.csv", rows = { counts = { column = "count", interval = "1m...
       |                               ^^^^^^^^^^^^

    error: sources.broken: a third source
      --> hello.toml:51:10
       | [sources.broken]
       |          ^^^^^^
       = hint: take two

    error: sources.broken.arrivals.trace.file: broken.csv:3: column `count`: `x` is not a count
      --> hello.toml:53:31
       | arrivals = { trace = { file = "broken.csv", rows = { counts = { column = "count", interval = "1m...
       |                               ^^^^^^^^^^^^

    3 problems in hello.toml
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Lines left out, swapped or cut short: what an editor leaves behind half way. The loader must answer.
    #[test]
    fn any_half_finished_file(edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, 0..40_usize), 1..5)) {
        let mut lines: Vec<String> = HELLO.lines().map(str::to_owned).collect();
        for (at, edit, cut) in edits {
            let at = at.index(lines.len());
            match edit {
                0 => lines[at].clear(),
                1 => lines[at] = lines[at].chars().take(cut).collect(),
                2 => lines.swap(0, at),
                _ => lines[at] = lines[at].replace(['"', '{'], ""),
            }
        }
        let text = lines.join("\n");
        if let Err(report) = load(&text, &["services.web.work=page"]) {
            prop_assert!(!report.list().is_empty(), "refused without a reason:\n{text}");
            prop_assert!(!report.to_string().is_empty());
        }
    }
}
