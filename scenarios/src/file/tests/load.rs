//! Whole files of the real configuration.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use sim_core::engine::Span;
use sim_core::model::Platform;
use sim_core::policy::catalogue::Catalogue;
use sim_core::spec::ServiceSpec;
use sim_core::traffic::{FeedError, NoTraces, TraceSpec};

use super::super::{Options, Scenario, Surroundings, file_schema, fleet_schema};
use crate::catalogue::instance_types;
use crate::document::parse::parse;
use crate::document::set::Override;
use crate::document::{Diagnostics, Report, Schema, check::check};
use crate::trace::TraceSummary;

pub(super) fn load(text: &str, overrides: &[&str]) -> Result<Scenario, Report> {
    let overrides = overrides.iter().map(|given| Override::parse(given).unwrap()).collect();
    let options = Options { overrides, ..Options::default() };
    let instance_types = instance_types().map(|known| (known.name.clone(), known.clone())).collect();
    let policies = Catalogue::builtin();
    let platform = Platform { instance_types: &instance_types, policies: &policies, traces: &NoTraces };
    let check_trace = |spec: &TraceSpec| match spec.file.as_str() {
        "short.csv" => Ok(TraceSummary { rows: 60, requests: 3600, length: Span::from_secs(3600) }),
        "broken.csv" => {
            Err((3..5).map(|row| FeedError::new("broken.csv", "`x` is not a count").row(row)).collect())
        }
        other => {
            Err(vec![FeedError::new(other, "there is no such file").hint("traces lie beside the scenario")])
        }
    };
    let surroundings = Surroundings { platform: &platform, check_trace: &check_trace };
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
    assert!(
        matches!(&last.fleet.services["web"], ServiceSpec::Lambda(function) if function.memory == Some(sim_core::quantity::MemorySize(512)))
    );
}

/// The sample by which the format was agreed, character by character.
#[test]
fn the_sample_of_the_design() {
    let text = include_str!("sample.toml");
    let scenario = load(text, &[]).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!((scenario.variants.len(), scenario.jobs()), (12, 120));
    let printed = |path: &str| {
        let fleet = serde_json::to_value(&scenario.variants[0].fleet).unwrap();
        fleet.pointer(path).unwrap_or_else(|| panic!("{path}: {fleet}")).to_string()
    };
    // Short forms are printed in one way: a constant as a bare quantity, a capacity provider as its group's scaling.
    assert_eq!(printed("/work/page/memory"), "\"6MiB\"");
    assert_eq!(printed("/clusters/fleet/instances/scaling/managed/target_capacity"), "\"100%\"");
    assert!(!printed("/clusters/fleet").contains("capacity_provider"));
}

#[test]
fn the_schema_for_editors_accepts_what_the_loader_accepts() {
    let schema = file_schema(&Catalogue::builtin());
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

/// A keyword that the check does not know would be a rule that editors enforce and the loader does not.
#[test]
fn every_keyword_of_the_schema_is_enforced() {
    const ENFORCED: &[&str] = &[
        "type",
        "format",
        "additionalProperties",
        "properties",
        "$ref",
        "required",
        "const",
        "enum",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "oneOf",
        "anyOf",
        "allOf",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "minLength",
        "maxLength",
        "$defs",
    ];
    const ANNOTATIONS: &[&str] =
        &["description", "default", "title", "$schema", "x-noun", "x-argument", "examples"];
    fn keywords(node: &Value, found: &mut BTreeSet<String>) {
        for (word, inner) in node.as_object().into_iter().flatten() {
            found.insert(word.clone());
            match (word.as_str(), inner) {
                ("default" | "const" | "enum" | "examples", _) => {}
                ("properties" | "$defs", Value::Object(named)) => {
                    named.values().for_each(|inner| keywords(inner, found));
                }
                (_, Value::Array(list)) => list.iter().for_each(|inner| keywords(inner, found)),
                _ => keywords(inner, found),
            }
        }
    }
    let policies = Catalogue::builtin();
    let mut found = BTreeSet::new();
    keywords(&file_schema(&policies), &mut found);
    keywords(&fleet_schema(&policies), &mut found);
    assert!(found.len() > 15, "{found:?}");
    found.retain(|word| !ENFORCED.contains(&word.as_str()) && !ANNOTATIONS.contains(&word.as_str()));
    assert!(found.is_empty(), "not enforced: {found:?}");
}

#[test]
fn values_of_an_axis_are_named_shortly_and_apart() {
    let head = HELLO.split("[variants.ec2").next().unwrap();
    let fargate = HELLO.split("[variants.fargate.").nth(1).unwrap().split("[variants").next().unwrap();
    let sweep = "[sweep]
work.page.parallelism = [1.5, 2]
services.web.scaling = [
    { fixed = { count = 3 } },
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
fn what_the_run_does_not_reach_is_a_warning() {
    let shape = r#"rate = "50/s", shape = { product = [
  { spike = { at = "2h", rise = "1min", hold = "1min", decay = "1min", factor = 3 } },
  { piecewise-linear = [{ at = "0s", factor = 1 }, { at = "2h", factor = 2 }, { at = "3h", factor = 1 }] },
  { ramp = { from = 1, to = 2, start = "90min", end = "2h" } },
  { steps = [{ at = "1h", factor = 1 }, { at = "61min", factor = 2 }] },
] }"#;
    let text = HELLO.replace("rate = \"50/s\"", shape);
    let scenario = load(&text, &[]).unwrap_or_else(|report| panic!("{report}"));
    insta::assert_snapshot!(scenario.warnings, @r#"
    warning: sources.visitors.arrivals.poisson.shape.product[0].spike.at: 2h is after the end of the run, 1h
      --> hello.toml:12:20
       | { spike = { at = "2h", rise = "1min", hold = "1min", decay = "1min", factor = 3 } },
       |                  ^^^^
       = hint: what is said of this time never happens

    warning: sources.visitors.arrivals.poisson.shape.product[1].piecewise-linear[2].at: 3h is after the end of the run, 1h
      --> hello.toml:13:86
       | ... factor = 1 }, { at = "2h", factor = 2 }, { at = "3h", factor = 1 }] },
       |                                                     ^^^^
       = hint: what is said of this time never happens

    warning: sources.visitors.arrivals.poisson.shape.product[2].ramp.start: 1.5h is after the end of the run, 1h
      --> hello.toml:14:40
       | { ramp = { from = 1, to = 2, start = "90min", end = "2h" } },
       |                                      ^^^^^^^
       = hint: what is said of this time never happens

    warning: sources.visitors.arrivals.poisson.shape.product[3].steps[1].at: 61min is after the end of the run, 1h
      --> hello.toml:15:48
       | { steps = [{ at = "1h", factor = 1 }, { at = "61min", factor = 2 }] },
       |                                              ^^^^^^^
       = hint: what is said of this time never happens

    4 warnings in hello.toml
    "#);
    assert!(load(HELLO, &[]).unwrap_or_else(|report| panic!("{report}")).warnings.list().is_empty());
}

#[test]
fn files_are_read_and_their_traces_found_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &[u8], part: &str| {
        let path = folder.path().join("s.toml");
        std::fs::write(&path, text).unwrap();
        let instance_types = instance_types().map(|known| (known.name.clone(), known.clone())).collect();
        let loaded = Scenario::load_file(&path, &Options::default(), &instance_types, &Catalogue::builtin());
        let shown =
            loaded.map_or_else(|report| report.to_string(), |scenario| format!("{} runs", scenario.jobs()));
        assert!(shown.contains(part), "{shown}");
    };
    check(HELLO.as_bytes(), "80 runs");
    check(b"name = 'x'\nabout = '\xff'", "line 2 is not UTF-8 text");
    let trace =
        "trace = { file = \"counts.csv\", rows = { counts = { column = \"n\", interval = \"1min\" } } }";
    let with_trace =
        HELLO.replace("poisson = { rate = \"50/s\" }", trace).split("[sweep]").next().unwrap().to_owned();
    check(with_trace.as_bytes(), "counts.csv");
    std::fs::write(folder.path().join("counts.csv"), "n\n3\nmany\n4\nfew\n").unwrap();
    check(with_trace.as_bytes(), "counts.csv:3: ");
    check(with_trace.as_bytes(), "counts.csv:5: ");
    std::fs::write(folder.path().join("counts.csv"), "n\n3\n4\n").unwrap();
    check(with_trace.as_bytes(), "40 runs");
    let missing = folder.path().join("absent.toml");
    let loaded =
        Scenario::load_file(&missing, &Options::default(), &Default::default(), &Catalogue::builtin());
    assert!(loaded.unwrap_err().to_string().contains("cannot be read"));
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

    error: services.web.placement[0]: unknown placement policy `sprea:zone`
      --> hello.toml:26:14 (variant ec2)
       | placement = ["sprea:zone"]
       |              ^^^^^^^^^^^^
       = hint: did you mean `spread`?

    error: services.web.scaling: unknown service-scaling policy `target-tracing`
      --> hello.toml:27:15 (variant ec2)
       | scaling   = { target-tracing = { max = 40 } }
       |               ^^^^^^^^^^^^^^
       = hint: did you mean `target-tracking`?

    error: services.web.task.memory: Fargate has no task with 0.5vCPU and 9GiB
      --> hello.toml:34:40 (variant fargate)
       | task     = { cpu = "0.5vCPU", memory = "9GiB", image = "250MB" }
       |                                        ^^^^^^
       = hint: with 0.5vCPU it has 1GB, 2GB, 3GB, 4GB

    error: services.web.runtime: unknown runtime `nodejs`
      --> hello.toml:40:12 (variant lambda)
       | runtime  = "nodejs"
       |            ^^^^^^^^
       = hint: did you mean `nodejs22`?

    5 problems in hello.toml
    "#);
    let text = HELLO
        .replace("to = \"web\"", "to = \"wbe\"")
        .replace("exponential = { mean = \"30ms\" }", "percentiles = { p50 = \"30ms\", p99 = \"20ms\" }")
        .replace("m7g.large", "m7g.medum")
        .replace("0.5vCPU", "0.75vCPU")
        .replace("memory   = \"1769MB\"", "memory   = \"20GB\"\nreserved_concurrency = 950");
    insta::assert_snapshot!(load(&text, &["run.replications=3"]).unwrap_err(), @r#"
    error: sources.visitors.to: there is no service called `wbe`
      --> hello.toml:10:6
       | to = "wbe"
       |      ^^^^^
       = hint: did you mean `web`?

    error: work.page.wait.percentiles: p0 is missing: the least value has to be said
      --> hello.toml:16:12
       | wait   = { percentiles = { p50 = "30ms", p99 = "20ms" } }
       |            ^^^^^^^^^^^

    error: work.page.wait.percentiles: p100 is missing: the greatest value has to be said
      --> hello.toml:16:12
       | wait   = { percentiles = { p50 = "30ms", p99 = "20ms" } }
       |            ^^^^^^^^^^^

    error: work.page.wait.percentiles.p99: p99 (20ms) is below p50 (30ms)
      --> hello.toml:16:48
       | wait   = { percentiles = { p50 = "30ms", p99 = "20ms" } }
       |                                                ^^^^^^

    error: clusters.fleet.instances.type: no instance type `m7g.medum` in the catalogue
      --> hello.toml:30:22 (variant ec2)
       | instances = { type = "m7g.medum", min = 2, max = 20 }
       |                      ^^^^^^^^^^^
       = hint: did you mean `t4g.medium`?; `fleetsim list instances` shows all

    error: services.web.task.cpu: Fargate has no task with 0.75vCPU
      --> hello.toml:34:20 (variant fargate)
       | task     = { cpu = "0.75vCPU", memory = "1GiB", image = "250MB" }
       |                    ^^^^^^^^^^
       = hint: it has 0.25vCPU, 0.5vCPU, 1vCPU, 2vCPU, 4vCPU, 8vCPU, 16vCPU, 32vCPU

    error: services.web.reserved_concurrency: 950 of 950 set aside in all, but the account leaves 900
      --> hello.toml:40:24 (variant lambda)
       | reserved_concurrency = 950
       |                        ^^^
       = hint: account.lambda_concurrency is 1000 and 100 of it must stay for functions with neither reserved nor provisioned concurrency

    7 problems in hello.toml
    "#);
    let text = HELLO.replace("task      = { cpu = \"1vCPU\"", "task      = { cpu = \"9vCPU\"");
    insta::assert_snapshot!(load(&text, &[]).unwrap_err(), @r#"
    error: services.web.task: a task fits no instance type of cluster `fleet`
      --> hello.toml:24:1 (variant ec2)
       | task      = { cpu = "9vCPU", memory = "1GiB", image = "250MB" }
       | ^^^^
       = hint: m7g.large offers 2vCPU, the task reserves 9vCPU

    1 problem in hello.toml
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
       = hint: traces lie beside the scenario

    error: sources.broken.arrivals.trace.file: broken.csv:3: `x` is not a count
      --> hello.toml:53:31
       | arrivals = { trace = { file = "broken.csv", rows = { counts = { column = "count", interval = "1m...
       |                               ^^^^^^^^^^^^

    error: sources.broken.arrivals.trace.file: broken.csv:4: `x` is not a count
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
