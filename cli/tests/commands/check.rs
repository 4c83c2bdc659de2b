//! `check`, and everything that can be wrong with what is named on the command line.

use insta::assert_snapshot;

use crate::support::Shell;

/// A scenario with a mistake in most of its lines.
const BROKEN: &str = r#"# A broken shop.
name = "shop"

[run]
duration = "1 fortnight"
warm_up = "5m"
replications = 0

[sources.visitors]
to = "wbe"
arrivals = { poisson = { rate = "50" } }

[work.page]
cpu = { lognormal = { p50 = "60ms", p99 = "8ms" } }
wait = { constant = "-3ms" }

[services.web]
work = "page"
objective = "p99 < 300"

[variants.ec2.services.web]
platform = "ecs"
task = { cpu = "64vCPU", memory = "1GiB" }
cluster = "fleet"
placement = ["sprad:zone"]
scaling = { target-trakcing = { metric = "cpu", target = "60%", max = 40 } }

[variants.ec2.clusters.fleet.instances]
type = "m7g.lrge"
min = 2
max = 1

[variants.fargate.services.web]
platform = "fargate"
task = { cpu = "0.5vCPU", memory = "9GiB" }
scaling = { target-tracking = { metric = "cpu", target = "600/min", max = 80 } }

[variants.lambda.services.web]
platform = "lambda"
memory = "1769MB"
runtime = "nodejs23"
memry = 3
"#;

/// One mistake, which only the meaning shows.
const SOUND: &str = r#"# A sound shop.
name = "shop"
about = "A shop"

[run]
duration = "10min"
warm_up = "2min"
replications = 2

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "5/s" } }

[work.page]
cpu = { exponential = { mean = "20ms" } }

[services.web]
work = "page"
objective = "p99 < 300ms"
platform = "lambda"
runtime = "nodejs22"

[variants.small.services.web]
memory = "512MB"

[variants.large.sweep]
"services.web.memory" = ["1769MB", "3538MB"]
"#;

#[test]
fn scenarios() {
    let shell = Shell::new().file("broken.toml", BROKEN).file("shop.toml", SOUND);
    assert_snapshot!("check_hello", shell.run("check hello").shown());
    assert_snapshot!("check_variants_of_a_sweep", shell.run("check shop.toml").shown());
    assert_snapshot!("check_every_problem_at_once", shell.run("check broken.toml").shown());
    let meaning = "check shop.toml --set services.web.memory=64MB --set run.warm_up=1h --replications 0";
    assert_snapshot!("check_options_are_checked_like_the_file", shell.run(meaning).shown());
    assert_snapshot!("check_too_many_jobs", shell.run("check shop.toml --max-jobs 5").shown());
    assert_snapshot!("run_says_the_same_as_check", shell.run("run broken.toml").shown());
    assert!(!shell.path("fleetsim-out").exists(), "nothing has been run");
}

/// Users wait for their answers, so nobody knows how many requests they will send.
#[test]
fn what_users_send_is_a_bound() {
    let users = r#"{ users = { population = { constant = 10 }, think = "1s" } }"#;
    let text = SOUND.replace(r#"{ poisson = { rate = "5/s" } }"#, users);
    let said = Shell::new().file("shop.toml", text).run("check shop.toml").quiet();
    assert!(said.starts_with("ok: 3 variants, 6 jobs, at most 6000 requests a job\n"), "{said}");
}

/// What is doubtful is told whether or not anything is wrong: by `check` with its answer, by `run` on standard error.
#[test]
fn doubts_are_told() {
    let shell = Shell::new().file("shop.toml", format!("{SOUND}\n[work.unused]\ncpu = \"1ms\"\n"));
    let warning = "warning: work.unused: no service does this work";
    let done = shell.run("check shop.toml");
    assert!(
        done.code == Some(0) && done.out.contains(warning) && done.out.contains("\nok: "),
        "{}",
        done.shown()
    );
    let done = shell.run("run shop.toml --only none:1");
    assert!(done.talk.contains(warning) && done.out.is_empty(), "{}", done.shown());
    let done = shell.run("check hello --seed 18446744073709551615");
    assert!(done.talk.contains("9223372036854775807"), "{}", done.shown());
}

#[test]
fn what_is_named() {
    let shell = Shell::new()
        .file("latin1.toml", b"# caf\xe9\nname = 'x'\n")
        .file("trace.toml", SOUND.replace(r#"{ poisson = { rate = "5/s" } }"#, TRACE))
        .file("visits.csv", "minute,count\n0,12\n1,x\n2,-4\n");
    assert_snapshot!("check_unknown_scenario", shell.run("check helo").shown());
    assert_snapshot!("check_missing_file", shell.run("check ./hello.toml").shown());
    assert_snapshot!("check_a_folder", shell.run("check .").shown());
    assert_snapshot!("check_not_text", shell.run("check latin1.toml").shown());
    assert_snapshot!("check_malformed_trace", shell.run("check trace.toml").shown());
    assert_snapshot!("check_malformed_set", shell.run("check hello --set services.web").shown());
}

const TRACE: &str =
    r#"{ trace = { file = "visits.csv", rows = { counts = { interval = "1min", column = "count" } } } }"#;
