//! Scenario files become variants; mistakes in what leads there, as the user sees them.

mod all_at_once;
mod doubts;
mod load;
mod mutations;
mod statistics;

use indexmap::IndexMap;
use schemars::JsonSchema;
use sim_core::engine::Span;
use sim_core::quantity::{MemorySize, Rate};

use super::expand::collect_problems;
use super::open::{Opened, open};
use super::{Options, Shapes};
use crate::document::set::Override;
use crate::document::{Diagnostics, Report};

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Fleet {
    #[serde(default)]
    sources: IndexMap<String, Source>,
    #[serde(default)]
    services: IndexMap<String, Service>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Source {
    rate: Rate,
    timeout: Option<Span>,
}

#[derive(JsonSchema)]
#[serde(tag = "platform", rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its schema is used")]
enum Service {
    Fargate { tasks: u32, size: String },
    Lambda { memory: MemorySize, size: Option<u32> },
}

fn opened(text: &str, overrides: &[&str]) -> (Opened, Report) {
    let schema = schemars::schema_for!(Fleet).to_value();
    let overrides: Vec<Override> = overrides.iter().map(|given| Override::parse(given).unwrap()).collect();
    let mut problems = Diagnostics::default();
    let options = Options { overrides, job_limit: 1_000 };
    let opened = open(text, &Shapes::around(schema), &options, &mut problems);
    collect_problems(&opened.points, opened.families, &mut problems);
    (opened, Report::new("test.toml", text, problems))
}

const BASE: &str = r#"name = "test"
[run]
duration = "1h"

[sources.visitors]
rate = "50/s"

[variants.fargate.services.web]
platform = "fargate"
tasks = 2
size = "small"

[variants.lambda.services.web]
platform = "lambda"
memory = "512MB"
"#;

/// The variants as `name: fleet`, a line each.
#[track_caller]
fn check(text: &str, overrides: &[&str], expected: &str) {
    let (opened, report) = opened(text, overrides);
    assert!(report.list().is_empty(), "{report}");
    let lines = opened.points.iter().map(|point| format!("{}: {}", point.name, point.node.to_json()));
    assert_eq!(lines.collect::<Vec<_>>().join("\n").replace('"', ""), expected);
}

#[test]
fn variants_are_patches_of_the_base() {
    check(
        BASE,
        &[],
        "fargate: {sources:{visitors:{rate:50/s}},services:{web:{platform:fargate,tasks:2,size:small}}}\n\
         lambda: {sources:{visitors:{rate:50/s}},services:{web:{platform:lambda,memory:512MB}}}",
    );
    check(
        "name = 'x'\nrun.duration = '1h'\n[sources.a]\nrate = '1/s'",
        &[],
        "base: {sources:{a:{rate:1/s}}}",
    );
}

#[test]
fn axes_multiply_and_options_apply_where_they_can() {
    let text = "name = 'x'\nrun.duration = '1h'\n[sources.a]\nrate = '1/s'\n[sources.b]\nrate = '2/s'\n\
                [variants.v]\n[variants.w.sweep]\nsources.a.timeout = ['1s']\n\
                [sweep]\n'sources.a.rate' = ['3/s', '4/s']\n'sources.b.rate' = ['5/s', '6/s']";
    check(
        text,
        &["sources.b.timeout=9s", "variants.v.sources.a.timeout=8s"],
        "v a.rate=3/s b.rate=5/s: {sources:{a:{rate:3/s,timeout:8s},b:{rate:5/s,timeout:9s}}}\n\
         v a.rate=3/s b.rate=6/s: {sources:{a:{rate:3/s,timeout:8s},b:{rate:6/s,timeout:9s}}}\n\
         v a.rate=4/s b.rate=5/s: {sources:{a:{rate:4/s,timeout:8s},b:{rate:5/s,timeout:9s}}}\n\
         v a.rate=4/s b.rate=6/s: {sources:{a:{rate:4/s,timeout:8s},b:{rate:6/s,timeout:9s}}}\n\
         w a.rate=3/s b.rate=5/s timeout=1s: {sources:{a:{rate:3/s,timeout:1s},b:{rate:5/s,timeout:9s}}}\n\
         w a.rate=3/s b.rate=6/s timeout=1s: {sources:{a:{rate:3/s,timeout:1s},b:{rate:6/s,timeout:9s}}}\n\
         w a.rate=4/s b.rate=5/s timeout=1s: {sources:{a:{rate:4/s,timeout:1s},b:{rate:5/s,timeout:9s}}}\n\
         w a.rate=4/s b.rate=6/s timeout=1s: {sources:{a:{rate:4/s,timeout:1s},b:{rate:6/s,timeout:9s}}}",
    );
    let (opened, report) = opened(BASE, &["services.web.memory=1GB", "run.replications=3", "run.seed=9"]);
    assert!(report.list().is_empty(), "{report}");
    assert_eq!(opened.points[1].node.to_json()["services"]["web"]["memory"], "1GB");
    let run = opened.frame.unwrap().run;
    assert_eq!((run.replications, run.seed), (3, 9));
}

#[test]
fn mistakes_in_variants() {
    let text = r#"nam = "test"
servces = 3
[run]
duration = "1h"
warm_up = "2h"
kind = "stedy"

[sources.Visitors]
rate = "50"
[sources.visitors]
rte = "50/s"

[services.web]
tasks = 1
size = "s"

[variants.fargate.services.web]
platform = "fargate"
tasks = "two"
[variants.fargate.run]
seed = 1

[variants.lambda.services.web]
platform = "lambda"
memry = "1GB"

[variants."a b".services]
[variants.Fargate]
"#;
    insta::assert_snapshot!(opened(text, &[]).1, @r#"
    error: unknown key `nam`
      --> test.toml:1:1
       | nam = "test"
       | ^^^
       = hint: did you mean `name`?

    error: unknown key `servces`
      --> test.toml:2:1
       | servces = 3
       | ^^^^^^^
       = hint: did you mean `services`?

    error: run.warm_up: a warm-up of 2h leaves nothing of a run of 1h to measure
      --> test.toml:5:11
       | warm_up = "2h"
       |           ^^^^
       = hint: `duration` includes the warm-up

    error: run.kind: unknown kind of run `stedy`
      --> test.toml:6:8
       | kind = "stedy"
       |        ^^^^^^^
       = hint: did you mean `steady`?

    error: sources.Visitors.rate: `50` has no unit; one of /s, /min, /m, /h, /d, /day
      --> test.toml:9:8
       | rate = "50"
       |        ^^^^
       = hint: events per time: 50/s, 600/min, 1000/h, 5/day

    error: sources: `visitors` differs from `Visitors` only in upper and lower case
      --> test.toml:10:10
       | [sources.visitors]
       |          ^^^^^^^^
       = hint: give one of them another name

    error: sources.visitors: unknown key `rte`
      --> test.toml:11:1
       | rte = "50/s"
       | ^^^
       = hint: did you mean `rate`?

    error: services.web: `platform` is missing
      --> test.toml:13:11 (in variants a b and Fargate)
       | [services.web]
       |           ^^^
       = hint: one of `fargate` or `lambda`

    error: services.web: `tasks` belongs to platform `fargate`, and this is `lambda`
      --> test.toml:14:1 (in variant lambda)
       | tasks = 1
       | ^^^^^
       = hint: the keys of `lambda` are `platform`, `memory` or `size`

    error: services.web.size: expected a whole number, found the text "s"
      --> test.toml:15:8 (in variant lambda)
       | size = "s"
       |        ^^^

    error: services.web.tasks: expected a whole number, found the text "two"
      --> test.toml:19:9 (variant fargate)
       | tasks = "two"
       |         ^^^^^

    error: variants.fargate: a variant has no `run` of its own
      --> test.toml:20:19 (variant fargate)
       | [variants.fargate.run]
       |                   ^^^
       = hint: variants are compared under the same settings; put it at the top of the file

    error: services.web: unknown key `memry`
      --> test.toml:25:1 (variant lambda)
       | memry = "1GB"
       | ^^^^^
       = hint: did you mean `memory`?

    error: variants: `a b` is not accepted as a name
      --> test.toml:27:11
       | [variants."a b".services]
       |           ^^^^^
       = hint: a name begins with a letter or digit and has only letters, digits, `-`, `_` and `.`

    error: variants: `Fargate` differs from `fargate` only in upper and lower case
      --> test.toml:28:11
       | [variants.Fargate]
       |           ^^^^^^^
       = hint: give one of them another name

    15 problems in test.toml
    "#);
}

#[test]
fn mistakes_in_the_run_settings() {
    let text = r#"name = "test"
[run]
duration = "1h"
warm_up = "2h"
kind = "steady"
days = [
  { name = "ordinary", from = "0h", to = "30min", weight = 29 },
  { name = "launch", from = "20min", to = "2h", weight = 1 },
]
"#;
    insta::assert_snapshot!(opened(text, &[]).1, @r#"
    error: run.warm_up: a warm-up of 2h leaves nothing of a run of 1h to measure
      --> test.toml:4:11
       | warm_up = "2h"
       |           ^^^^
       = hint: `duration` includes the warm-up

    error: run.days[0].from: 0s lies in the warm-up, which is not measured
      --> test.toml:7:31
       | { name = "ordinary", from = "0h", to = "30min", weight = 29 },
       |                             ^^^^

    error: run.days[1]: it overlaps `ordinary`
      --> test.toml:8:3
       | { name = "launch", from = "20min", to = "2h", weight = 1 },
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: run.days[1].from: 20min lies in the warm-up, which is not measured
      --> test.toml:8:29
       | { name = "launch", from = "20min", to = "2h", weight = 1 },
       |                           ^^^^^^^

    error: run.days[1].to: 2h is after the end of the run, 1h
      --> test.toml:8:43
       | { name = "launch", from = "20min", to = "2h", weight = 1 },
       |                                         ^^^^

    5 problems in test.toml
    "#);
    let text = "name = ''\n[run]\nduration = '0s'\nreplications = 0\nseed = -1\ndays = [{ name = 'x', to = '0s', weight = 0 }]\nvariants = 3\n[sweep]\n";
    insta::assert_snapshot!(opened(text, &["run.replicatons=2", "run.kind=quick"]).1, @r#"
    error: name: 0 characters
      --> test.toml:1:8
       | name = ''
       |        ^^
       = hint: write 1 to 100 characters

    error: run.duration: a run that takes no time shows nothing
      --> test.toml:3:12
       | duration = '0s'
       |            ^^^^

    error: run.replications: 0 is out of range
      --> test.toml:4:16
       | replications = 0
       |                ^
       = hint: a whole number from 1 to 100000

    error: run.seed: -1 is out of range
      --> test.toml:5:8
       | seed = -1
       |        ^^
       = hint: a whole number from 0 up

    error: run.days[0].to: 0s is not after 0s
      --> test.toml:6:28
       | days = [{ name = 'x', to = '0s', weight = 0 }]
       |                            ^^^^

    error: run.days[0].weight: 0 is out of range
      --> test.toml:6:43
       | days = [{ name = 'x', to = '0s', weight = 0 }]
       |                                           ^
       = hint: a number above 0

    error: run: unknown key `variants`
      --> test.toml:7:1
       | variants = 3
       | ^^^^^^^^
       = hint: the keys here are `duration`, `warm_up`, `replications`, `precision`, `seed`, `start`, `drain`, `kind`, `initial` or `days`

    error: run.replicatons: unknown key `replicatons`
      --> --set run.replicatons=2
       = hint: did you mean `replications`?

    error: run.kind: unknown kind of run `quick`
      --> --set run.kind=quick
       = hint: one of `terminating` or `steady`

    9 problems in test.toml
    "#);
}

#[test]
fn mistakes_in_sweeps_and_options() {
    let text = format!(
        "{BASE}[variants.lambda.sweep]\nservices.web.memory = [\"1GB\", \"2\"]\nservices.web.tasks = [1]\n\
         sources.visitors.rate = [\"9/s\"]\n[sweep]\n\"sources.visitors.rate\" = [\"1/s\", \"2/s\", \"1/s\", 3]\n\"services.web.tasks\" = [3]\n\
         \"sources.visitor.rate\" = []\n\"a..b\" = [1]\nsources.visitors.timeout = \"1s\"\n"
    );
    let overrides = [
        "services.web.memry=1GB",
        "variants.lamda.services.web.memory=1GB",
        "variants.fargate.services.web.memory=1GB",
        "sources.visitors.rate=1/s",
        "services.web.tasks=many",
    ];
    insta::assert_snapshot!(opened(&text, &overrides).1, @r#"
    error: services.web.memory: `2` has no unit; one of MiB, MB, GiB, GB, TiB
      --> test.toml:17:31 (sweep axis services.web.memory, in variant lambda)
       | services.web.memory = ["1GB", "2"]
       |                               ^^^
       = hint: a memory size as platforms sell it, binary whichever way it is written: 512MiB, 1769MB, 2GB, 8GiB

    error: variants.lambda.sweep: `services.web.tasks` is swept by two axes
      --> test.toml:18:14 (variant lambda)
       | services.web.tasks = [1]
       |              ^^^^^
       = hint: keep one of them

    error: services.web.tasks: `tasks` belongs to platform `fargate`
      --> test.toml:18:14 (variant lambda)
       | services.web.tasks = [1]
       |              ^^^^^
       = hint: the keys here are `platform`, `memory` or `size`

    error: variants.lambda.sweep: `sources.visitors.rate` is swept by two axes
      --> test.toml:19:18 (variant lambda)
       | sources.visitors.rate = ["9/s"]
       |                  ^^^^
       = hint: keep one of them

    error: sweep: the axis has the value 1/s twice
      --> test.toml:21:42 (sweep axis sources.visitors.rate)
       | "sources.visitors.rate" = ["1/s", "2/s", "1/s", 3]
       |                                          ^^^^^

    error: sources.visitors.rate: expected events per time, found the number 3
      --> test.toml:21:49 (sweep axis sources.visitors.rate, in variant fargate)
       | "sources.visitors.rate" = ["1/s", "2/s", "1/s", 3]
       |                                                 ^
       = hint: write "3/s"; events per time: 50/s, 600/min, 1000/h, 5/day

    error: services.web.tasks: `tasks` belongs to platform `fargate`
      --> test.toml:22:1 (in variant lambda)
       | "services.web.tasks" = [3]
       | ^^^^^^^^^^^^^^^^^^^^
       = hint: an axis of one variant belongs to [variants.NAME.sweep]

    error: sweep: the axis `sources.visitor.rate` has no values
      --> test.toml:23:26
       | "sources.visitor.rate" = []
       |                          ^^

    error: sweep: `a..b` is not a path: a path is dotted keys, as in `services.web.timeout`; one key is empty
      --> test.toml:24:1
       | "a..b" = [1]
       | ^^^^^^

    error: sweep: expected a list of values for `sources.visitors.timeout`, found text
      --> test.toml:25:28
       | sources.visitors.timeout = "1s"
       |                            ^^^^
       = hint: write the values in [ ]

    error: services.web.memry: unknown key `memry`
      --> --set services.web.memry=1GB, in variant lambda
       = hint: did you mean `memory`?

    error: variants.lamda.services.web.memory: there is no variant `lamda`
      --> --set variants.lamda.services.web.memory=1GB
       = hint: did you mean `lambda`?

    error: variants.fargate.services.web.memory: `memory` belongs to platform `lambda`
      --> --set variants.fargate.services.web.memory=1GB
       = hint: the keys here are `platform`, `tasks` or `size`

    error: sources.visitors.rate: `sources.visitors.rate` is an axis of the sweep
      --> --set sources.visitors.rate=1/s
       = hint: the axis gives its values; change or remove it

    error: services.web.tasks: `services.web.tasks` is an axis of the sweep
      --> --set services.web.tasks=many
       = hint: the axis gives its values; change or remove it

    15 problems in test.toml
    "#);
    let text = BASE.to_owned()
        + "[sweep]\nsources.visitors.rate = ['1/s', '2/s', '3/s', '4/s', '5/s', '6/s', '7/s', '8/s']\n\
           sources.visitors.timeout = ['1s', '2s', '3s', '4s', '5s', '6s', '7s', '8s']\n";
    insta::assert_snapshot!(opened(&text, &[]).1, @r#"
    error: sweep: this makes 1280 runs (variants x sweep values x replications); at most 1000 are accepted
      --> test.toml:16:2
       | [sweep]
       |  ^^^^^
       = hint: take fewer values or replications

    1 problem in test.toml
    "#);
}
