//! Traces from files: what they hold, what is wrong with them, and that they arrive as they are.

use std::fs;

use sim_core::calendar::Calendar;
use sim_core::engine::Span;
use sim_core::random::Luck;
use sim_core::traffic::{ArrivalSpec, Arrivals, Origin};
use tempfile::TempDir;

use super::*;

/// Writes a file into `folder`.
fn written(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

/// A folder with `trace.csv`.
fn folder(text: &str) -> (TempDir, TraceFiles) {
    let folder = TempDir::new().unwrap();
    written(&folder, "trace.csv", text);
    let files = TraceFiles::new(folder.path());
    (folder, files)
}

fn spec(rows: &str) -> ArrivalSpec {
    let json = format!(r#"{{"trace": {{"file": "trace.csv", "rows": {rows}}}}}"#);
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn arrivals(files: &TraceFiles, spec: &ArrivalSpec) -> Arrivals {
    let origin =
        Origin { name: "trace", luck: Luck { root: 1, replication: 0 }, calendar: Calendar::default() };
    Arrivals::build(spec, &origin, files).unwrap()
}

const COUNTS: &str = r#"{"counts": {"interval": "1m", "column": "requests"}}"#;
const INDEXED: &str = r#"{"counts": {"interval": "1m", "column": "requests", "index": "minute"}}"#;
const REQUESTS: &str = r#"{"requests": {"timestamp": "at", "cpu": {"column": "tokens", "each": "40us"},
    "response_bytes": {"column": "size", "each": "1kB"}}}"#;
const AZURE: &str = r#"{"azure-functions-2019": {"function": "f2"}}"#;

#[test]
fn what_a_trace_holds() {
    let check = |rows: &str, text: &str, rows_found, requests, seconds| {
        let (_folder, files) = folder(text);
        let summary = check(&files, spec(rows).trace().unwrap()).unwrap();
        let expected = TraceSummary { rows: rows_found, requests, length: Span::from_secs(seconds) };
        assert_eq!(summary, expected, "{text}");
    };
    check(COUNTS, "minute,requests\n0,5\n1,0\n2,7\n", 3, 12, 180);
    check(COUNTS, "\u{feff}requests , x\r\n 5,\r\n7.0,\r\n", 2, 12, 120);
    check(INDEXED, "minute,requests\n10,5\n11,1\n15,7\n", 3, 13, 360);
    check(REQUESTS, "at,tokens,size\n100.5,1,2\n102.5,3,4\n", 2, 2, 2);
    check(AZURE, "HashFunction,Trigger,1,2,3\nf1,http,1,2,3\nf2,timer,4,0,5\n", 1, 9, 180);
    check(
        AZURE,
        "HashOwner,HashApp,HashFunction,Trigger,1,2\no,a,f1,http,1,2\no,a,f2,timer,4,0\n",
        1,
        4,
        120,
    );
}

#[test]
fn everything_malformed_is_reported() {
    let check = |rows: &str, text: &str, expected: &[&str]| {
        let (folder, files) = folder(text);
        let errors = check(&files, spec(rows).trace().unwrap()).unwrap_err();
        let prefix = format!("{}/trace.csv", folder.path().display());
        let hint = |hint: &String| format!(" ({hint})");
        let found: Vec<_> = errors
            .iter()
            .map(|error| {
                format!("{error}{}", error.hint.as_ref().map_or(String::new(), hint)).replace(&prefix, "")
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    };
    check(COUNTS, "", &[": the file is empty (its first line names the columns)"]);
    check(COUNTS, "minute,requests\n", &[": the file has a header and no rows"]);
    check(
        COUNTS,
        "minute,request\n0,1\n",
        &[":1: column `requests`: there is no such column (did you mean `request`?)"],
    );
    check(COUNTS, "a,b\n0,1\n", &[":1: column `requests`: there is no such column (the columns are a, b)"]);
    check(
        COUNTS,
        "minute,requests\n0,-1\n1,many\n2\n3,1.5\n4,\n",
        &[
            ":2: column `requests`: `-1` is negative",
            ":3: column `requests`: `many` is not a number",
            ":4: the row has 1 cells, the header has 2",
            ":5: column `requests`: `1.5` is not a whole number",
            ":6: column `requests`: the cell is empty",
        ],
    );
    check(
        INDEXED,
        "minute,requests\n3,1\n3,1\n2,x\n9,1\n",
        &[
            ":3: column `minute`: `3` does not follow the row above",
            ":4: column `minute`: `2` does not follow the row above",
            ":4: column `requests`: `x` is not a number",
        ],
    );
    check(
        REQUESTS,
        "at,tokens,size\n5,1,1\n4,1,-1\n6,inf,1\n4e9,1,1\n",
        &[
            ":3: column `at`: `4` is earlier than the row above",
            ":3: column `size`: `-1` is negative",
            ":4: column `tokens`: `inf` is not a number",
            ":5: column `at`: `4e9` lies more than a hundred years after the start",
        ],
    );
    check(
        REQUESTS,
        "time\n",
        &[
            ":1: column `at`: there is no such column (the columns are time)",
            ":1: column `tokens`: there is no such column (the columns are time)",
            ":1: column `size`: there is no such column (the columns are time)",
        ],
    );
    check(
        AZURE,
        "HashFunction,Trigger,1\nf1,http,1\n",
        &[": column `HashFunction`: there is no function `f2`"],
    );
    check(COUNTS, "requests\n1\n\n7\n", &[":3: the line is empty (an interval without requests has a 0)"]);
    check(
        COUNTS,
        "requests,n,requests\n1,1,1\n",
        &[":1: column `requests`: 2 columns have this name (rename all but one of them)"],
    );
    check(
        COUNTS,
        "requests\n18446744073709551615\n",
        &[
            ":2: column `requests`: `18446744073709551615` requests in one interval are absurdly many: at most 1e12",
        ],
    );
    check(
        REQUESTS,
        "at,tokens,size\n0,1,1\n\n1,1e308,1e308\n",
        &[
            ":4: column `tokens`: `1e308` times 40us is absurdly much: at most 366d",
            ":4: column `size`: `1e308` times 1kB is absurdly much: at most 1TB",
        ],
    );
    let gap =
        "there is no such column (the minutes go from 1 to 4, and a minute without invocations has a 0)";
    check(AZURE, "HashFunction,Trigger,1,3,4\nf2,http,1,1,1\n", &[&format!(":1: column `2`: {gap}")]);
    check(
        AZURE,
        "HashFunction,Trigger,1,2,2\nf2,http,1,1,1\n",
        &[":1: column `2`: 2 columns have this name (rename all but one of them)"],
    );
    check(
        AZURE,
        "HashFunction,Trigger,1\nf2,http,1\nf2,http,1\n",
        &[":3: column `HashFunction`: `f2` is there twice, first on line 2"],
    );
    check(
        AZURE,
        "HashFunction,Trigger,1\nf2,http,1\nf2,timer,1\n",
        &[
            ": column `HashFunction`: there is more than one function `f2`, another with trigger timer (rename it in the file)",
        ],
    );
    check(AZURE, "HashFunction,Trigger,1\nf2,http,x\n", &[":2: column `1`: `x` is not a number"]);
}

#[test]
fn errors_are_bounded() {
    let (_folder, files) = folder(&format!("requests\n{}", "x\n".repeat(50)));
    let errors = check(&files, spec(COUNTS).trace().unwrap()).unwrap_err();
    assert_eq!(errors.len(), MOST_REPORTED + 1);
    assert_eq!(errors[MOST_REPORTED].message, "and 30 more");
}

#[test]
fn a_missing_file_is_said_so() {
    let files = TraceFiles::new("nowhere");
    let error = files.open(spec(COUNTS).trace().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "nowhere/trace.csv: there is no such file");
    assert_eq!(check(&files, spec(COUNTS).trace().unwrap()), Err(vec![error]));
}

#[test]
fn a_window_beyond_the_trace_is_refused() {
    let (_folder, files) = folder("requests\n1\n2\n");
    let json = format!(
        r#"{{"trace": {{"file": "trace.csv", "rows": {COUNTS}, "window": {{"from": "2m", "to": "3m"}}}}}}"#
    );
    let spec: ArrivalSpec = serde_json::from_str(&json).unwrap();
    let errors = check(&files, spec.trace().unwrap()).unwrap_err();
    assert_eq!(errors[0].message, "the window begins at 2min, the trace ends at 2min");
}

#[test]
fn a_trace_of_one_instant_is_not_repeated() {
    let (_folder, files) = folder("at,tokens,size\n5,1,1\n5,1,1\n");
    let check = |repeat: &str, expected: Option<&str>| {
        let json = format!(r#"{{"trace": {{"file": "trace.csv", "rows": {REQUESTS}, "repeat": {repeat}}}}}"#);
        let spec: ArrivalSpec = serde_json::from_str(&json).unwrap();
        let errors = check(&files, spec.trace().unwrap()).err();
        assert_eq!(errors.as_ref().map(|errors| errors[0].message.as_str()), expected);
    };
    check(r#""once""#, None);
    check(r#""forever""#, Some("all of the trace is at one instant, which cannot be repeated"));
    check(r#"{"times": 2}"#, Some("all of the trace is at one instant, which cannot be repeated"));
}

#[test]
fn requests_bring_their_work() {
    let (_folder, files) = folder("size,at,tokens\n2,1700158623.000000001,100\n0.5,1700158623.25,1\n");
    let mut source = arrivals(&files, &spec(REQUESTS));
    let played: Vec<_> = std::iter::from_fn(|| source.next()).collect();
    let given = |index: usize| {
        let work = played[index].work;
        (played[index].at.nanos(), work.cpu().unwrap(), work.wait(), work.response_bytes().unwrap())
    };
    assert_eq!(given(0), (0, Span::from_millis(4), None, 2000));
    assert_eq!(given(1), (249_999_999, Span::from_nanos(40_000), None, 500));
    assert_eq!(source.take_error(), None);
}

#[test]
fn a_malformed_row_ends_a_run() {
    let (_folder, files) = folder("requests\n2\nx\n2\n");
    let mut source = arrivals(&files, &spec(COUNTS));
    assert_eq!(std::iter::from_fn(|| source.next()).count(), 2);
    assert_eq!(source.take_error().unwrap().row, Some(3));
}

#[test]
fn a_repeated_file_is_read_again() {
    let (_folder, files) = folder("at,tokens,size\n0,1,1\n1,2,2\n3,3,3\n");
    let json =
        format!(r#"{{"trace": {{"file": "trace.csv", "rows": {REQUESTS}, "repeat": {{"times": 2}}}}}}"#);
    let mut source = arrivals(&files, &serde_json::from_str(&json).unwrap());
    let played: Vec<f64> = std::iter::from_fn(|| source.next()).map(|arrival| arrival.at.seconds()).collect();
    assert_eq!(played, [0.0, 1.0, 3.0, 4.5, 5.5, 7.5]);
}

#[test]
fn azure_functions_come_with_durations_and_memory() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| written(&folder, name, text);
    let invocations =
        write("i.csv", "HashOwner,HashApp,HashFunction,Trigger,1,2\no,a,f,http,1,2\no,b,g,timer,0,1\n");
    let durations = write(
        "d.csv",
        "HashFunction,Average,Count,percentile_Average_0,percentile_Average_50,percentile_Average_100\nf,20,3,5,30,29.5\n",
    );
    let memory =
        write("m.csv", "HashApp,SampleCount,AverageAllocatedMb,AverageAllocatedMb_pct50\na,9,120,110\n");
    assert_eq!(check_azure(&invocations, Some(&durations), Some(&memory)), Ok((2, 4)));
    let mut dataset = AzureDataset::open(&invocations, Some(&durations), Some(&memory)).unwrap();
    let first = dataset.next().unwrap().unwrap();
    assert_eq!((first.app.as_deref(), first.trigger.as_str(), first.invocations()), (Some("a"), "http", 3));
    assert_eq!(first.memory.unwrap(), AzureMemory { average_mb: 120.0, percentiles: vec![(50, 110.0)] });
    let spans: Vec<_> = first.durations.unwrap().distribution().unwrap().0.into_values().collect();
    assert_eq!(spans, [5, 30, 30].map(Span::from_millis));
    let second = dataset.next().unwrap().unwrap();
    assert_eq!((second.durations, second.memory), (None, None));
    assert_eq!(dataset.next(), Ok(None));

    let broken = write("b.csv", "HashFunction,Average,Count\nf,x,1\ng,1,-1\n");
    let errors = check_azure(&broken, Some(&broken), None).unwrap_err();
    let found: Vec<_> =
        errors.iter().map(|error| error.to_string().replace(&*folder.path().to_string_lossy(), "")).collect();
    assert_eq!(
        found,
        [
            "/b.csv:2: column `Average`: `x` is not a number",
            "/b.csv:3: column `Count`: `-1` is negative",
            "/b.csv:1: column `Trigger`: there is no such column",
        ]
    );
}

/// What makes no sense in the files of durations and of memory, and that functions of two applications are told apart.
#[test]
fn durations_and_memory_must_make_sense() {
    let check = |durations: &str, memory: &str, expected: &[&str]| {
        let folder = TempDir::new().unwrap();
        let write = |name: &str, text: &str| written(&folder, name, text);
        let invocations = write("i.csv", "HashFunction,Trigger,1\nf,http,1\n");
        let head =
            "HashFunction,Average,Count,percentile_Average_0,percentile_Average_50,percentile_Average_100";
        let durations = write("d.csv", &format!("{head}\n{durations}\n"));
        let memory =
            write("m.csv", &format!("HashFunction,AverageAllocatedMb,AverageAllocatedMb_pct100\n{memory}\n"));
        let found = check_azure(&invocations, Some(&durations), Some(&memory)).err().unwrap_or_default();
        let found: Vec<_> = found
            .iter()
            .map(|error| error.to_string().replace(&*folder.path().to_string_lossy(), ""))
            .collect();
        assert_eq!(found, expected);
    };
    check("f,20,3,5,30,40", "f,100,120", &[]);
    check(
        "f,1e300,3,500,200,100\ng,1,1,500,200,100",
        "f,3,99999",
        &[
            "/d.csv:2: column `percentile_Average_50`: `200` is below the percentile 0 before it, `500`",
            "/d.csv:3: column `percentile_Average_50`: `200` is below the percentile 0 before it, `500`",
            "/m.csv:2: column `AverageAllocatedMb_pct100`: `99999` is more than 10240 MB, which is what a Lambda \
             function can have",
        ],
    );
    check(
        "f,1e300,3,1,2,3\nf,1,1,1,2,3",
        "f,3,4\n\nf,3,4",
        &[
            "/d.csv:2: column `Average`: `1e300` is more than 604800000 ms (a week)",
            "/d.csv:3: `f` is there twice, first on line 2",
            "/m.csv:4: `f` is there twice, first on line 2",
        ],
    );
}

#[test]
fn functions_of_two_applications_keep_their_durations() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| written(&folder, name, text);
    let invocations =
        write("i.csv", "HashOwner,HashApp,HashFunction,Trigger,1\no,a,f,http,1\no,b,f,http,2\n");
    let durations = write("d.csv", "HashOwner,HashApp,HashFunction,Average,Count\no,b,f,7,1\no,a,f,5,1\n");
    let mut dataset = AzureDataset::open(&invocations, Some(&durations), None).unwrap();
    for average in [5, 7] {
        let function = dataset.next().unwrap().unwrap();
        assert_eq!(function.durations.unwrap().average, Span::from_millis(average));
    }
}

/// The sample traces beside the project, where they are.
fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/traces");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: the sample traces are not beside the project ({})", folder.display());
    None
}

#[test]
fn the_sample_traces_hold_what_their_facts_say() {
    let Some(folder) = shared() else { return };
    let facts: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("facts.json")).unwrap()).unwrap();
    let files = TraceFiles::new(&folder);
    let summary = |file: &str, rows: &str| {
        let json = format!(r#"{{"trace": {{"file": "{file}", "rows": {rows}}}}}"#);
        let spec: ArrivalSpec = serde_json::from_str(&json).unwrap();
        (check(&files, spec.trace().unwrap()).unwrap(), spec)
    };

    let web = &facts["nasa_http_jul1995_per_minute.csv"];
    let (found, spec) = summary("nasa_http_jul1995_per_minute.csv", INDEXED);
    assert_eq!(
        (Some(found.rows), Some(found.requests)),
        (web["minutes"].as_u64(), web["total_requests"].as_u64())
    );
    let mut source = arrivals(&files, &spec);
    let mut minutes = vec![0_u64; 39_692];
    while let Some(arrival) = source.next() {
        minutes[(arrival.at.nanos() / 60_000_000_000) as usize] += 1;
    }
    assert_eq!(source.take_error(), None);
    assert_eq!(minutes.iter().max(), Some(&web["peak_requests"].as_u64().unwrap()));
    assert_eq!(minutes[17_869], 409);
    assert_eq!(minutes.iter().filter(|&&n| n == 0).count() as u64, web["zero_minutes"].as_u64().unwrap());

    let llm = &facts["azure_llm_2023_code.csv"];
    let rows = r#"{"requests": {"timestamp": "TIMESTAMP", "format": "date-time",
        "cpu": {"column": "ContextTokens", "each": "1s"}}}"#;
    let (found, spec) = summary("azure_llm_2023_code.csv", rows);
    assert_eq!(Some(found.rows), llm["rows"].as_u64());
    assert!((found.length.seconds() - llm["span_s"].as_f64().unwrap()).abs() < 1e-5, "{}", found.length);
    let mut source = arrivals(&files, &spec);
    let tokens: f64 =
        std::iter::from_fn(|| source.next()).map(|arrival| arrival.work.cpu().unwrap().seconds()).sum();
    assert_eq!(tokens, llm["context_tokens"].as_f64().unwrap());
}

#[test]
fn the_azure_sample_holds_what_its_facts_say() {
    let Some(folder) = shared() else { return };
    let all: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("facts.json")).unwrap()).unwrap();
    let facts = &all["azure_functions_2019_f000_299"];
    let file = |kind: &str| folder.join(format!("azure_functions_2019_f000_299_{kind}.csv"));
    let (invocations, durations, memory) = (file("invocations"), file("durations"), file("memory"));
    let counted = check_azure(&invocations, Some(&durations), Some(&memory)).unwrap();
    assert_eq!(counted, (300, facts["total_invocations"].as_u64().unwrap()));

    let mut dataset = AzureDataset::open(&invocations, Some(&durations), Some(&memory)).unwrap();
    let (mut by_trigger, mut load) = (indexmap::IndexMap::<String, u64>::new(), 0.0);
    while let Some(function) = dataset.next().unwrap() {
        let durations = function.durations.as_ref().unwrap();
        *by_trigger.entry(function.trigger.clone()).or_default() += function.invocations();
        load += function.invocations() as f64 * durations.average.seconds() / 3600.0;
        assert!(function.memory.is_some() && function.counts.len() == 60);
        let mut problems = Vec::new();
        let law = sim_core::random::DistributionSpec::Percentiles(durations.distribution().unwrap());
        law.problems(&function.function, &mut problems);
        assert_eq!(problems, []);
    }
    for (trigger, invocations) in facts["by_trigger"].as_object().unwrap() {
        assert_eq!(by_trigger.get(trigger), invocations.as_u64().as_ref(), "{trigger}");
    }
    assert!((load - facts["offered_load_mean_concurrency"].as_f64().unwrap()).abs() < 1e-3, "{load}");
}
