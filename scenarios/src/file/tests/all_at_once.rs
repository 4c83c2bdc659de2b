//! Every problem at once: one mistake never hides another, and never makes a right part look wrong.

use super::load::load;

/// A file with as many independent mistakes as fit; each line that has one ends in `#!` and a part of what is to be
/// said about it, several separated by `|`.
const WORST: &str = r##"name = "worst"
abuot = "x"                                                #! unknown key `abuot`
[run]
duration = "1h"
warm_up = "2h"                                             #! leaves nothing of a run of 1h
replications = 0                                           #! 0 is out of range

[work.page]
cpu = { lognormal = { p50 = "60ms", p99 = "8ms" } }        #! p99 (8ms) is below p50 (60ms)
wait = "3 parsecs"                                         #! `parsecs` is not a unit that fits here
memory = { lognormall = { p50 = "8MB", p99 = "60MB" } }    #! unknown distribution `lognormall`
[work.api]
cpu = "8ms"
wait = { percentiles = { p0 = "1ms", p50 = "30ms", p99 = "20ms", p100 = "1s" } }  #! p99 (20ms) is below p50 (30ms)
parallelism = 0                                            #! 0 is not a number of cores
request = 5                                                #! found the number 5

[sources.visitors]
to = "wbe"                                                 #! there is no service called `wbe`
arrivals = { poisson = { rate = "50" } }                   #! `50` has no unit
client = { timeout = "0s", retries = { attempts = 0, backoff = "1min", max_backof = "1s" } }  #! waits no time at all | 0 attempts | unknown key `max_backof` | 1min is longer than max_backoff
[sources.batch]
to = "web"
arrivals = { trace = { file = "absent.csv", rows = { counts = { column = "count", interval = "1min" } } } }  #! there is no such file
frequency = 1                                              #! unknown key `frequency`
[sources.nightly]                                          #! `arrivals` is missing
to = "reports"                                             #! there is no service called `reports`

[services.web]
work = "pgae"                                              #! there is no work called `pgae`
objective = "p99 > 300ms"                                  #! is not an objective
[services.api]
platform = "lambda"
work = "api"
memory = "20GB"                                            #! 20GiB
reserved_concurrency = 950                                 #! 950 of 950 set aside
runtime = "nodejs"                                         #! unknown runtime
timeout = 3                                                #! found the number 3

[clusters.fleet]
instances = { type = "m7g.medum", min = 5, max = 2, boot = { gamma = { mean = "1s", cv = -1 } } }  #! no instance type `m7g.medum` | min = 5 is above max = 2 | not -1
[clusters.spare]
instances = { type = "c7g.large", min = 1, max = "two" }    #! expected a whole number, found the text "two"

[account]
lambda_concurrency = 1000
burst = 3                                                  #! unknown key `burst`

[variants.ec2.services.web]
platform  = "ecs"
cluster   = "flet"                                         #! there is no cluster called `flet`
task      = { cpu = "9vCPU", memory = "1GiB", image = 3 }  #! found the number 3
placement = ["sprea:zone", "binpack:cpu"]                  #! unknown placement policy `sprea:zone`
scaling   = { target-tracking = { metric = "cpu", target = "60%", min = 9, max = 4 } }  #! 9
[variants.fargate.services.web]
platform  = "fargate"
task      = { cpu = "0.75vCPU", memory = "1GiB", image = "250MB" }  #! Fargate has no task with 0.75vCPU
scaling   = { fixed = { cuont = 3 } }                      #! unknown key `cuont`
[variants."a b".services.web]                              #! `a b` is not accepted as a name
platform  = "fargat"                                       #! unknown platform `fargat`
[sweep]
"work.api.cpu" = ["1ms", "many"]                           #! "many" is not a length of time or a distribution
"work.pgae.cpu" = ["1ms"]                                  #! there is no entry `pgae`
"##;

/// What a report says: line and text of each problem.
fn said(text: &str) -> Vec<(usize, String)> {
    let report = load(text, &[]).expect_err("it is full of mistakes");
    let line = |problem| report.position(problem).map_or(0, |(line, _)| line);
    report.list().iter().map(|it| (line(it), format!("{}: {}", it.path, it.message))).collect()
}

#[test]
fn the_worst_file() {
    let found = said(WORST);
    let mut expected = 0;
    for (index, text) in WORST.lines().enumerate() {
        let Some((_, parts)) = text.split_once("#! ") else {
            let strays: Vec<_> = found.iter().filter(|(line, _)| *line == index + 1).collect();
            assert!(strays.is_empty(), "line {}: {text}: {strays:?}", index + 1);
            continue;
        };
        for part in parts.split(" | ") {
            expected += 1;
            let is_it = |(line, said): &&(usize, String)| *line == index + 1 && said.contains(part.trim());
            assert!(found.iter().any(|it| is_it(&it)), "line {}: {part}\n{found:#?}", index + 1);
        }
    }
    assert!(expected >= 40, "{expected}");
    assert_eq!(found.len(), expected, "{found:#?}");
}

/// Mistakes whose stand-ins might be taken for the author's own values: `text` replaces a line of a right file, and
/// only `expected` may be said.
#[test]
fn a_broken_part_makes_no_right_part_wrong() {
    let check = |line: &str, text: &str, expected: &[&str]| {
        let sample = include_str!("sample.toml");
        assert!(sample.contains(line), "{line}");
        let found = said(&sample.replace(line, text));
        let messages: Vec<&str> = found.iter().map(|(_, said)| said.as_str()).collect();
        assert_eq!(messages.len(), expected.len(), "{text}: {messages:#?}");
        for (said, part) in messages.iter().zip(expected) {
            assert!(said.contains(part), "{text}: {messages:#?}");
        }
    };
    // A default that nobody wrote is not complained of where a key that was written may have been meant for it.
    let task = "task      = { cpu = \"1vCPU\", memory = \"1GiB\", image = \"250MB\" }";
    let small = "task = { cpu = \"0.25vCPU\", memory = \"64MiB\", idle_ram = \"20MiB\" }";
    check(task, small, &["task: unknown key `idle_ram`"]);
    check("duration = \"1h\"", "duration = 3600", &["run.duration: expected a length of time"]);
    check("duration = \"1h\"", "", &["run: `duration` is missing"]);
    check("backoff = \"100ms\"", "backoff = \"30s\", max_backoff = \"1\"", &["max_backoff: `1` has no unit"]);
    check("p99 = \"60ms\"", "p99 = \"60\"", &["p99: `60` has no unit"]);
    check("p99 = \"60ms\"", "q99 = \"60ms\"", &["lognormal: unknown key `q99`"]);
    check("p99 = \"60ms\"", "tail = \"60ms\"", &["lognormal: unknown key `tail`"]);
    check("[work.page]", "[work.page]\nspeed = 3", &["work.page: unknown key `speed`"]);
    check("[work.page]", "[work.page]\nparallelism = []", &["work.page.parallelism: expected a number"]);
    check("[services.web]", "[services.web]\nwrok = 3", &["services.web: unknown key `wrok`"]);
    check("platform = \"lambda\"", "platform = \"lamda\"", &["services.web.platform: unknown platform"]);
    check("\"m7g.large\"", "7", &["clusters.fleet.instances.type: expected text"]);
    check("cluster   = \"fleet\"", "cluster   = 1", &["services.web.cluster: expected text"]);
    check("runtime  = \"nodejs22\"", "runtime = 22", &["services.web.runtime: expected a choice"]);
    check("[work.page]", "[work]\npage = 3\n[work.other]", &["work.page: expected a table"]);
    check("to = \"web\"", "to = [\"web\"]", &["sources.visitors.to: expected text"]);
    check(
        "[run]",
        "[account]\nlambda_concurrency = \"many\"\n[services.web]\n[run]",
        &["lambda_concurrency: expected a whole number", "`web` is given twice"],
    );
}
