//! Fleets of functions, from files to the end of a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use scenarios::trace::TraceFiles;
use serde_json::{Value, json};
use sim_core::calendar::Calendar;
use sim_core::engine::{Span, Time};
use sim_core::model::{Initial, Platform, Run, simulate};
use sim_core::observe::{FunctionId, Gauge, Invoked, Names, Owner, Probe, ServiceId, SourceId};
use sim_core::policy::catalogue::Catalogue;
use sim_core::random::Luck;
use sim_core::spec::FleetSpec;
use sim_core::traffic::Population;

/// The sample traces beside the project, where they are.
fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/traces");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: the sample traces are not beside the project ({})", folder.display());
    None
}

/// The sample's hour as a fleet on Lambda, with options for its population.
fn fleet(options: &Value) -> FleetSpec {
    let mut azure = json!({
        "invocations": "azure_functions_2019_f000_299_invocations.csv",
        "durations": "azure_functions_2019_f000_299_durations.csv",
        "memory": "azure_functions_2019_f000_299_memory.csv",
    });
    azure.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    let spec = json!({
        "populations": { "azure": { "functions": { "azure-functions-2019": azure } } },
        "sources": { "events": { "to": "functions", "arrivals": { "population": "azure" } } },
        "services": { "functions": {
            "platform": "lambda", "functions": "azure", "runtime": "python3.13", "timeout": "900s", "front_door": "invoke",
        } },
    });
    serde_json::from_value(spec).unwrap()
}

/// What a run was seen to do.
#[derive(Default)]
struct Seen {
    born_in_minute: BTreeMap<u64, u64>,
    invoked: BTreeMap<FunctionId, u64>,
    cold: u64,
    throttled: u64,
    busy: (Time, u64),
    /// Concurrency times seconds.
    held: f64,
}

impl Probe for Seen {
    fn born(&mut self, at: Time, _: SourceId, _: ServiceId, _: u64) {
        *self.born_in_minute.entry(at.nanos() / 60_000_000_000).or_default() += 1;
    }

    fn invoked(&mut self, _: Time, _: ServiceId, function: FunctionId, invoked: Invoked) {
        *self.invoked.entry(function).or_default() += 1;
        self.cold += u64::from(invoked == Invoked::Cold);
        self.throttled += u64::from(invoked == Invoked::Throttled);
    }

    fn level(&mut self, at: Time, _: Owner, gauge: Gauge, value: u64) {
        if gauge == Gauge::Concurrency {
            let (since, level) = self.busy;
            self.held += level as f64 * (at - since).seconds();
            self.busy = (at, value);
        }
    }
}

fn run(spec: &FleetSpec, folder: &Path, replication: u32) -> (Seen, Names) {
    let instance_types = IndexMap::new();
    let policies = Catalogue::builtin();
    let traces = TraceFiles::new(folder);
    let platform = Platform { instance_types: &instance_types, policies: &policies, traces: &traces };
    assert_eq!(spec.problems(&platform), []);
    let run = Run {
        luck: Luck { root: 7, replication },
        duration: Span::from_secs(3600),
        drain: Span::from_secs(3600),
        calendar: Calendar::default(),
        initial: Initial::Warm,
    };
    let mut names = Names::default();
    let finish = simulate(spec, &platform, run, |known| {
        names = known.clone();
        Seen::default()
    });
    let finish = finish.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(finish.trace_error, None);
    (finish.probe, names)
}

#[test]
fn the_azure_hour_arrives_minute_by_minute_as_it_was_counted() {
    let Some(folder) = shared() else { return };
    let all: Value = serde_json::from_str(&fs::read_to_string(folder.join("facts.json")).unwrap()).unwrap();
    let facts = &all["azure_functions_2019_f000_299"];
    let text = fs::read_to_string(folder.join("azure_functions_2019_f000_299_invocations.csv")).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();

    for placement in ["poisson", "uniform"] {
        let (seen, names) = run(&fleet(&json!({ "placement": placement })), &folder, 0);
        for minute in 0..60 {
            let counted: u64 = rows.iter().map(|row| row[minute + 2].parse::<u64>().unwrap()).sum();
            let born = seen.born_in_minute.get(&(minute as u64)).copied().unwrap_or(0);
            assert_eq!(born, counted, "minute {} with {placement} placement", minute + 1);
        }
        assert_eq!(seen.born_in_minute[&0], facts["peak_minute_invocations"].as_u64().unwrap());
        assert_eq!(seen.born_in_minute.values().sum::<u64>(), facts["total_invocations"].as_u64().unwrap());
        assert_eq!(seen.throttled, 0);

        let population = &names.functions[&ServiceId(0)];
        assert_eq!(population.len() as u64, facts["functions"].as_u64().unwrap());
        let mut by_trigger = BTreeMap::new();
        for (function, row) in rows.iter().enumerate() {
            let invoked = seen.invoked.get(&FunctionId(function as u32)).copied().unwrap_or(0);
            let counted: u64 = row[2..].iter().map(|cell| cell.parse::<u64>().unwrap()).sum();
            assert_eq!((population.name(function).as_ref(), invoked), (row[0], counted));
            *by_trigger.entry(population.trigger(function).name()).or_insert(0) += invoked;
        }
        for (trigger, total) in facts["by_trigger"].as_object().unwrap() {
            assert_eq!(by_trigger.get(trigger.as_str()), total.as_u64().as_ref(), "{trigger}");
        }
    }
}

#[test]
fn the_azure_hour_offers_the_load_that_was_measured() {
    let Some(folder) = shared() else { return };
    let expected = 22.6354;
    let spec = fleet(&json!({}));
    let names = run(&spec, &folder, 0).1;
    let population: &Population = &names.functions[&ServiceId(0)];
    let load: f64 = (0..population.len())
        .map(|function| population.rate(function) * population.mean_duration(function).unwrap())
        .sum();
    assert!((load - expected).abs() < 1e-3, "{load}");
    // What is held beyond the durations is starts, about 0.3 s for each of some thousands in the hour, and the platform's
    // 6 ms. The mean of ten hours with these heavy tails has a standard error of about 0.2.
    let mean =
        (0..10).map(|replication| run(&spec, &folder, replication).0.held / 3600.0).sum::<f64>() / 10.0;
    assert!((expected - 0.6..expected + 1.2).contains(&mean), "{mean}");
}

#[test]
fn a_part_of_the_trace_scaled_and_repeated() {
    let Some(folder) = shared() else { return };
    let options = json!({
        "window": { "from": "0s", "to": "10m" }, "scale": 3.0, "repeat": { "times": 2 }, "stretch": 2.0,
    });
    let (seen, _) = run(&fleet(&options), &folder, 0);
    // Ten minutes stretched to twenty, twice, each minute of the trace now two.
    let two_minutes =
        |index: u64| (0..2).map(|minute| seen.born_in_minute[&(2 * index + minute)]).sum::<u64>();
    assert_eq!(two_minutes(0), 3 * 716);
    assert_eq!((0..10).map(two_minutes).collect::<Vec<_>>(), (10..20).map(two_minutes).collect::<Vec<_>>());
    assert_eq!(seen.born_in_minute.keys().max(), Some(&39));
}

/// Functions that are alike, a thousand of them with a hundred requests a second: each has its share of all requests,
/// and nothing else is known of it.
#[test]
fn alike_functions_are_invoked_by_their_popularity() {
    let spec: FleetSpec = serde_json::from_value(json!({
        "populations": { "many": { "functions": { "alike": {
            "count": 1000, "rate": "100/s", "popularity": { "zipf": 1.0 }, "duration": { "exponential": { "mean": "50ms" } },
            "memory": "512MB",
        } } } },
        "sources": { "events": { "to": "functions", "arrivals": { "population": "many" } } },
        "services": { "functions": {
            "platform": "lambda", "functions": "many", "runtime": "go", "timeout": "60s", "front_door": "invoke",
        } },
    }))
    .unwrap();
    let (seen, names) = run(&spec, Path::new("."), 0);
    let population = &names.functions[&ServiceId(0)];
    let born: u64 = seen.born_in_minute.values().sum();
    // Standard deviations are roots of means.
    assert!((born as f64 - 360_000.0).abs() < 4.0 * 600.0, "{born}");
    assert_eq!(seen.invoked.values().sum::<u64>(), born);
    for function in [0, 1, 9, 99, 999] {
        let expected = population.rate(function) * 3600.0;
        let invoked = seen.invoked.get(&FunctionId(function as u32)).copied().unwrap_or(0) as f64;
        assert!((invoked - expected).abs() < 4.0 * expected.sqrt(), "{function}: {invoked} for {expected}");
    }
    assert!((seen.held / 3600.0 - 5.0).abs() < 1.5 && seen.cold > 1000, "{} {}", seen.held, seen.cold);
}

#[test]
fn what_is_wrong_with_the_files_is_said() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("counts.csv", "HashOwner,HashApp,HashFunction,Trigger,1,2\no,a,f,http,1,x\no,a,g,timer,-1,0\n");
    write("good.csv", "HashApp,HashFunction,Trigger,1,2\na,f,http,1,0\na,f,timer,0,2\n");
    write("durations.csv", "HashFunction,Average,Count\nf,1e,3\n");
    let check = |functions: Value, service: Value, expected: &[&str]| {
        let mut service = service;
        let fixed = json!({ "platform": "lambda", "functions": "azure", "runtime": "go" });
        service.as_object_mut().unwrap().extend(fixed.as_object().unwrap().clone());
        let file = toml::to_string(&json!({
            "name": "test", "run": { "duration": "2m" },
            "work": { "w": { "cpu": { "constant": "1ms" } } },
            "populations": { "azure": { "functions": functions } },
            "sources": { "events": { "to": "functions", "arrivals": { "population": "azure" } } },
            "services": { "functions": service },
        }))
        .unwrap();
        let path = folder.path().join("scenario.toml");
        fs::write(&path, file).unwrap();
        let loaded = scenarios::file::Scenario::load_file(
            &path,
            &scenarios::file::Options::default(),
            &IndexMap::new(),
            &Catalogue::builtin(),
        );
        let found = loaded.err().map_or_else(String::new, |report| report.to_string());
        assert_eq!(found.matches("error").count(), expected.len(), "{found}");
        for message in expected {
            assert!(found.contains(message), "{message} in {found}");
        }
    };
    let azure = |files: Value| json!({ "azure-functions-2019": files });
    let known = || json!({ "work": "w", "memory": "128MB" });
    check(azure(json!({ "invocations": "good.csv" })), known(), &[]);
    check(
        azure(json!({ "invocations": "good.csv" })),
        json!({}),
        &["2 functions of `azure` have no durations", "2 functions of `azure` have no memory"],
    );
    check(
        azure(json!({ "invocations": "counts.csv", "durations": "durations.csv" })),
        known(),
        &[
            "durations.csv:2: column `Average`",
            "counts.csv:2: column `2`: `x`",
            "counts.csv:3: column `1`: `-1`",
        ],
    );
    check(azure(json!({ "invocations": "nowhere.csv" })), known(), &["nowhere.csv: there is no such file"]);
    check(
        azure(json!({ "invocations": "good.csv", "window": { "from": "5m", "to": "6m" } })),
        known(),
        &["the window begins at 5min, the trace ends at 2min"],
    );
    let no_sense = json!({ "synthetic": { "count": 0, "hours": [1.0], "max_rate": "0/s" } });
    check(no_sense, known(), &["0 functions", "a day has 24 hours, not 1", "nothing ever happens"]);
    let alike = |more: Value| {
        let mut alike =
            json!({ "count": 10, "rate": "1/s", "duration": { "constant": "1s" }, "memory": "128MB" });
        alike.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "alike": alike })
    };
    check(alike(json!({ "popularity": { "zipf": 1.0 } })), json!({}), &[]);
    check(
        alike(json!({
            "count": 0, "rate": "1e9/s", "popularity": { "zipf": -1.0 }, "duration": { "constant": "1000s" },
            "shape": { "constant": -1.0 },
        })),
        json!({}),
        &[
            "0 functions",
            "is absurdly high",
            "an exponent lies between 0 and 10, not -1",
            "an invocation takes longer than 900s on average",
            "a factor lies between 0 and",
        ],
    );
    check(
        json!({ "synthetic": { "count": 10 } }),
        json!({ "reserved_concurrency": 5 }),
        &["a fleet of functions has no `reserved_concurrency`"],
    );
}
