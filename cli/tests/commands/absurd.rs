//! Scenarios that are well formed and absurd: each is refused with a number that says why, or runs, and neither takes more
//! than a gibibyte of memory or a minute. What ran out of memory would be ended by a signal.

use std::fmt::Write as _;
use std::process::Command;

use crate::support::Shell;

/// Most memory that the program may ask for, in KiB: 1 GiB.
const MEMORY: u32 = 1 << 20;
/// Longest that a command may take, in seconds of processor time: a test machine may be busy.
const SECONDS: u32 = 60;

const SOUND: &str = r#"name = "absurd"
[run]
duration = "10s"
replications = 1
[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "5/s" } }
[work.page]
cpu = "20ms"
[services.web]
work = "page"
platform = "fargate"
task = { cpu = "1vCPU", memory = "2GB" }
scaling = { fixed = { count = 2 } }
"#;

/// Runs a command on the scenario, changed, within the limits: the exit code and all that was said.
fn said(line: &str, changes: &[(&str, &str)], more: &str) -> (Option<i32>, String) {
    let mut text = format!("{SOUND}{more}");
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in the scenario");
        text = text.replace(from, to);
    }
    let shell = Shell::new().file("absurd.toml", text).file("visits.csv", "count\n1000000000000000\n");
    let program = shell.command(line);
    let script = format!("ulimit -v {MEMORY} -t {SECONDS}; exec \"$0\" \"$@\"");
    let mut command = Command::new("bash");
    command.arg("-c").arg(script).arg(program.get_program()).args(program.get_args());
    let output = command.current_dir(shell.path("")).env_remove("RUST_BACKTRACE").output().expect("it runs");
    let talk = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(talk).expect("output is UTF-8"))
}

fn short(text: &str) -> String {
    text.chars().take(1_500).collect()
}

#[track_caller]
fn refused(changes: &[(&str, &str)], more: &str, why: &str) {
    let (code, talk) = said("check absurd.toml", changes, more);
    assert_eq!(code, Some(3), "{}", short(&talk));
    assert!(talk.contains(why), "{why} is not in\n{}", short(&talk));
    assert!(talk.len() < 100_000, "{} bytes are said", talk.len());
}

#[track_caller]
fn runs(changes: &[(&str, &str)], more: &str) {
    let (code, talk) = said("run absurd.toml", changes, more);
    assert_eq!(code, Some(0), "{}", short(&talk));
}

const RATE: &str = "5/s";
const ARRIVALS: &str = r#"{ poisson = { rate = "5/s" } }"#;

#[test]
fn numbers_beyond_all_reason() {
    refused(
        &[("count = 2", "count = 1000000000")],
        "",
        "1000000000 tasks are more than a run can hold, 1000000",
    );
    refused(&[(RATE, "1000000000000000/s")], "", "too large: at most 1e9/s");
    let year = [(RATE, "1000000/s"), ("\"10s\"", "\"8760h\"")];
    refused(&year, "", "about 3e13 requests in one run, which would take weeks");
    refused(&[("\"10s\"", "\"80000000h\"")], "", "too large: at most 36600d");
    refused(&[("replications = 1", "replications = 4000000000")], "", "out of range");
    refused(&[("replications = 1", "replications = 9000000")], "", "out of range");
    let users = r#"{ users = { population = { constant = 1000000000 }, think = "1s" } }"#;
    refused(&[(ARRIVALS, users)], "", "1000000000 users are more than 10000000");
    let trace =
        r#"{ trace = { file = "visits.csv", rows = { counts = { interval = "1min", column = "count" } } } }"#;
    refused(&[(ARRIVALS, trace)], "", "requests in one interval are absurdly many");
    refused(&[], "[populations.fleet.functions.synthetic]\ncount = 1000000000\n", "1000000000 functions");
    refused(&[("\"20ms\"", "\"100000h\"")], "", "absurdly much: at most 366d");
}

#[test]
fn texts_beyond_all_reason() {
    let long = "w".repeat(1_000_000);
    refused(&[("\"absurd\"", &format!("\"{long}\""))], "", "1000000 characters");
    refused(&[("services.web", &format!("services.{long}"))], "", "a name is at most");
    refused(&[], &format!("[variants.{long}]\n"), "a name is at most");
    refused(&[("\"page\"", &format!("\"{long}\""))], "", "there is no");
    refused(
        &[],
        &format!("x = {}1{}", "{ a = ".repeat(100_000), " }".repeat(100_000)),
        "nested more than 40 deep",
    );
    refused(&[], &format!("x = {}{}", "[".repeat(500_000), "]".repeat(500_000)), "nested more than 40 deep");
    refused(&[], &format!("[a{}]", ".a".repeat(900_000)), "not TOML");
    refused(&[], &"#".repeat(3 << 20), "at most 2 MiB are read");
    let many = "1,".repeat(1_000_000);
    refused(&[(RATE, &format!("5/s\", shape = [{many}] , x = \""))], "", "shape");
}

#[test]
fn variants_and_sweeps_beyond_all_reason() {
    let list = |count: usize, value: &dyn Fn(usize) -> String| {
        (0..count).fold(String::new(), |mut text, index| {
            let _ = write!(text, "{},", value(index));
            text
        })
    };
    let variants: String = (0..100_000).map(|number| format!("[variants.v{number}]\n")).collect();
    refused(&[], &variants, "100000 variants make at least 100000 runs; at most 10000 are accepted");
    let memory = list(1_000, &|index| format!("\"{}MB\"", 2_000 + index));
    let rates = list(1_000, &|index| format!("\"{}/s\"", 1 + index));
    let square = format!(
        "[sweep]\n\"services.web.task.memory\" = [{memory}]\n\"sources.visitors.arrivals.poisson.rate\" = [{rates}]\n"
    );
    refused(&[], &square, "1000000 runs");
    let axis = format!(
        "[sweep]\n\"services.web.scaling.fixed.count\" = [{}]\n",
        list(250_000, &|index| index.to_string())
    );
    refused(&[], &axis, "250000 runs");
    let alike =
        format!("[sweep]\n\"services.web.scaling.fixed.count\" = [{}]\n", list(500_000, &|_| "7".into()));
    refused(&[], &alike, "twice");
}

/// As much as is accepted runs: in a gibibyte too.
#[test]
fn the_most_that_is_accepted_runs() {
    runs(&[("count = 2", "count = 1000000")], "");
    let users = r#"{ users = { population = { constant = 10000000 }, think = "1h" } }"#;
    runs(&[(ARRIVALS, users)], "");
    // A queue without bounds, at two hundred times what is served.
    runs(&[(RATE, "40000/s"), ("\"20ms\"", "\"10s\"")], "");
}
