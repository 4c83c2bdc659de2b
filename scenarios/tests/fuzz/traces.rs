//! The trace readers: each reads a file that a fuzzer has written, first as `check` does, then as a run does.

use std::fs;
use std::path::PathBuf;

use scenarios::trace::{self, TraceFiles, check_azure};
use sim_core::traffic::{AzureFilesSpec, FeedError, OpenTrace, TraceSpec};
use tempfile::TempDir;

use super::harness::Target;

/// Rows that a run takes at most: a trace that repeats has no end.
const ROWS: usize = 2_000;

/// A folder with a trace.
struct Folder {
    folder: TempDir,
    files: TraceFiles,
}

impl Folder {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let files = TraceFiles::new(folder.path());
        Folder { folder, files }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).expect("the folder can be written");
        path
    }

    /// Reads `trace.csv` under every layout.
    fn read(&self, input: &[u8], specs: &[TraceSpec]) -> String {
        self.write("trace.csv", input);
        specs.iter().map(|spec| self.read_as(spec)).collect()
    }

    fn read_as(&self, spec: &TraceSpec) -> String {
        let checked = trace::check(&self.files, spec);
        let taken = self.take(spec);
        match (checked, taken) {
            (Ok(summary), Ok(rows)) => {
                assert!(rows as u64 <= summary.rows.max(rows as u64), "{summary:?}");
                format!("{} ", summary.requests.min(3))
            }
            (Ok(summary), Err(error)) => panic!("{summary:?} is right, and then {error}"),
            (Err(errors), _) => said(&errors),
        }
    }

    fn take(&self, spec: &TraceSpec) -> Result<usize, FeedError> {
        let mut feed = self.files.open(spec)?;
        let mut rows = 0;
        while rows < ROWS && feed.next()?.is_some() {
            rows += 1;
        }
        feed.rewind()?;
        feed.next()?;
        Ok(rows)
    }
}

/// What errors say, without the name of the file.
fn said(errors: &[FeedError]) -> String {
    let shown = errors.iter().take(3).map(ToString::to_string);
    shown
        .map(|error| error.split_once("trace.csv").map_or(error.clone(), |(_, rest)| rest.to_owned()))
        .collect()
}

fn specs(rows: &[&str]) -> Vec<TraceSpec> {
    let spec = |rows: &&str| serde_json::from_str(&format!(r#"{{"file": "trace.csv", "rows": {rows}}}"#));
    rows.iter().map(|rows| spec(rows).unwrap_or_else(|error| panic!("{rows}: {error}"))).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// One request a row.
pub(crate) struct Requests(Folder, Vec<TraceSpec>);

impl Requests {
    pub(crate) fn new() -> Self {
        Requests(
            Folder::new(),
            specs(&[
                r#"{"requests": {"timestamp": "at", "cpu": {"column": "tokens", "each": "40us"},
                    "response_bytes": {"column": "size", "each": "1kB"}}}"#,
                r#"{"requests": {"timestamp": "at", "format": "seconds", "origin": "zero"}}"#,
                r#"{"requests": {"timestamp": "at", "format": "milliseconds",
                    "wait": {"column": "tokens", "each": "1h"}}}"#,
                r#"{"requests": {"timestamp": "at", "format": "date-time",
                    "request_bytes": {"column": "size", "each": "1GB"}}}"#,
            ]),
        )
    }
}

impl Target for Requests {
    fn name(&self) -> &'static str {
        "requests"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            "at,tokens,size\n100.5,1,2\n102.5,3,4\n",
            "size, at ,tokens\r\n1,0.000000001,5\r\n2,1e3,0.1\r\n",
            "at,tokens,size\n2026-03-02 08:30:00,1,2\n2026-03-02T08:30:01.25Z,3,4\n",
            "at,tokens,size\n1772440200,1,2\n\n1772440201,3,4\n",
            "\u{feff}\"at\",\"tokens\",size\n\"1\",\"2\",3\n\"1\n\",2,3\n",
            // Found: a second, and a year, whose sums had more than 64 bits.
            "at,tokens,size\n2026-03-02 08:30:9223372036854775807,1,2\n",
            "at,tokens,size\n9223372036854775807-03-02 08:30,1,2\n",
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
    }

    fn words(&self) -> Vec<String> {
        words(
            "at tokens size 2026-03-02 08:30:00 1772440200 1772440200000 9999-12-31T23:59:59Z 0001-01-01 +02:00 3153600000",
        )
    }

    fn read(&mut self, input: &[u8]) -> String {
        self.0.read(input, &self.1)
    }
}

/// One interval a row.
pub(crate) struct Counts(Folder, Vec<TraceSpec>);

impl Counts {
    pub(crate) fn new() -> Self {
        Counts(
            Folder::new(),
            specs(&[
                r#"{"counts": {"interval": "1m", "column": "requests"}}"#,
                r#"{"counts": {"interval": "1m", "column": "requests", "index": "minute"}}"#,
                r#"{"counts": {"interval": "1ns", "column": "requests", "index": "minute"}}"#,
                r#"{"counts": {"interval": "300h", "column": "requests"}}"#,
            ]),
        )
    }
}

impl Target for Counts {
    fn name(&self) -> &'static str {
        "counts"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            "minute,requests\n0,5\n1,0\n2,7\n",
            "\u{feff}requests , minute\r\n 5,9\r\n7.0,11\r\n",
            "requests\n12\n4\n",
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
    }

    fn words(&self) -> Vec<String> {
        words("minute requests 18446744073709551615 18446744073709551614 9223372036854775807 52704000 1e15")
    }

    fn read(&mut self, input: &[u8]) -> String {
        self.0.read(input, &self.1)
    }
}

/// The data set of Azure Functions: one function of it, and all of it as a population. A line of dashes separates the
/// three files.
pub(crate) struct Azure(Folder, Vec<TraceSpec>);

impl Azure {
    pub(crate) fn new() -> Self {
        Azure(Folder::new(), specs(&[r#"{"azure-functions-2019": {"function": "f2"}}"#]))
    }
}

const BETWEEN: &[u8] = b"----\n";

fn parts(input: &[u8]) -> Vec<&[u8]> {
    let at = |bytes: &[u8]| bytes.windows(BETWEEN.len()).position(|window| window == BETWEEN);
    let (mut parts, mut rest) = (Vec::new(), input);
    while let Some(found) = at(rest) {
        parts.push(&rest[..found]);
        rest = &rest[found + BETWEEN.len()..];
    }
    parts.push(rest);
    parts
}

impl Target for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let durations = "HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,percentile_Average_0,percentile_Average_1,\
                         percentile_Average_25,percentile_Average_50,percentile_Average_75,percentile_Average_99,percentile_Average_100\n\
                         o,a,f1,12,34,1,90,1,1,5,10,20,80,90\no,a,f2,100,7,1,900,1,1,50,100,200,800,900\n";
        let memory = "HashOwner,HashApp,SampleCount,AverageAllocatedMb,AverageAllocatedMb_pct1,AverageAllocatedMb_pct50,\
                      AverageAllocatedMb_pct99,AverageAllocatedMb_pct100\no,a,12,120,90,110,180,200\n";
        let invocations =
            "HashOwner,HashApp,HashFunction,Trigger,1,2,3\no,a,f1,http,1,2,3\no,a,f2,timer,4,0,5\n";
        [
            format!("{invocations}----\n{durations}----\n{memory}"),
            "HashFunction,Trigger,1,2,3\nf1,http,1,2,3\nf2,timer,4,0,5\n".to_owned(),
            format!("{invocations}----\n{}", durations.replace("HashOwner,HashApp,", "").replace("o,a,", "")),
        ]
        .map(String::into_bytes)
        .to_vec()
    }

    fn words(&self) -> Vec<String> {
        words(
            "HashOwner HashApp HashFunction Trigger 1 2 3 1440 f1 f2 http timer Average Count percentile_Average_0 percentile_Average_100 AverageAllocatedMb AverageAllocatedMb_pct100 ----",
        )
    }

    fn read(&mut self, input: &[u8]) -> String {
        let Azure(folder, specs) = self;
        let parts = parts(input);
        let one = folder.read(parts[0], specs);
        let file = |part: usize, name: &str| parts.get(part).map(|bytes| folder.write(name, bytes));
        let (durations, memory) = (file(1, "durations.csv"), file(2, "memory.csv"));
        let invocations = folder.folder.path().join("trace.csv");
        let checked = check_azure(&invocations, durations.as_deref(), memory.as_deref());
        let spec = json_spec(durations.is_some(), memory.is_some());
        let functions = folder.files.functions(&spec);
        match (checked, functions) {
            (Ok((count, _)), Ok(functions)) => {
                format!("{one} {} of {}", functions.len().min(3), count.min(3))
            }
            (Err(errors), Err(_)) => format!("{one} {}", said(&errors)),
            (Ok(_), Err(errors)) => format!("{one} then {}", said(&errors)),
            (Err(errors), Ok(_)) => panic!("{errors:?}, and yet it reads"),
        }
    }
}

fn json_spec(durations: bool, memory: bool) -> AzureFilesSpec {
    let mut spec = serde_json::json!({ "invocations": "trace.csv" });
    if durations {
        spec["durations"] = "durations.csv".into();
    }
    if memory {
        spec["memory"] = "memory.csv".into();
    }
    serde_json::from_value(spec).expect("the files of a data set")
}
