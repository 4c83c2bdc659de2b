//! A reconciliation that shares no code with the program: small runs of each platform are written out request by request,
//! and everything that the tables claim is computed again here, from the CSV files alone, with prices typed in by hand.
//!
//! Prices: AWS price pages of us-east-1, 2026: m7g.large $0.0816/h; Fargate x86 $0.04048 a vCPU-hour and $0.004445 a
//! GB-hour; Application Load Balancer $0.0225/h and $0.008 an LCU-hour; Lambda $0.20 a million requests and $0.0000166667 a
//! GB-second.

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use scenarios::runner::Options;

/// How long the runs are, in seconds.
const RUN: f64 = 1800.0;
/// Seconds in the 730 hours of a month.
const MONTH: f64 = 730.0 * 3600.0;

const SCENARIO: &str = r#"
name = "small"

[run]
duration = "30min"
replications = 1
seed = 11

[sources.visitors]
to = "web"
network = "10ms"
client = { timeout = "3s", retries = { attempts = 3, backoff = "200ms" } }

[sources.visitors.arrivals.poisson]
rate = "6/s"
shape = { spike = { at = "10min", rise = "1min", hold = "4min", decay = "2min", factor = 4.0 } }

[work.page]
cpu = { lognormal = { p50 = "40ms", p99 = "300ms" } }
wait = { exponential = { mean = "50ms" } }
memory = "5MB"
request = "1kB"
response = "10kB"

[services.web]
work = "page"
objective = "p95 < 700ms"

[variants.ec2.services.web]
platform = "ecs"
cluster = "fleet"
task = { cpu = "0.5vCPU", memory = "1GB", hard_cpu_limit = true, server = { workers = { count = 8, backlog = 16 } } }
scaling = { target-tracking = { metric = "cpu", target = "50%", min = 2, max = 4 } }

[variants.ec2.clusters.fleet]
instances = { type = "m7g.large", min = 2, max = 2 }

[variants.fargate.services.web]
platform = "fargate"
task = { cpu = "1vCPU", memory = "2GB", server = { workers = { count = 8, backlog = 16 } } }
scaling = { fixed = { count = 2 } }

[variants.lambda.services.web]
platform = "lambda"
memory = "1769MB"
runtime = "nodejs22"
placement_overhead = "0s"
"#;

/// Rows by column name.
type Row = BTreeMap<String, String>;

fn table(path: &Path) -> Vec<Row> {
    let mut reader =
        csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        header.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn number(row: &Row, column: &str) -> f64 {
    let cell = row.get(column).unwrap_or_else(|| panic!("no column {column}"));
    if cell.is_empty() { 0.0 } else { cell.parse().unwrap_or_else(|_| panic!("{column}: {cell}")) }
}

/// One variant's tables.
struct Tables {
    variant: &'static str,
    requests: Vec<Row>,
    summary: Vec<Row>,
    series: Vec<Row>,
    decisions: Vec<Row>,
    bill: Vec<Row>,
}

impl Tables {
    fn read(folder: &Path, variant: &'static str) -> Tables {
        let of = |name: &str| -> Vec<Row> {
            let rows = table(&folder.join(name));
            rows.into_iter().filter(|row| row["variant"] == variant).collect()
        };
        Tables {
            variant,
            requests: table(&folder.join(format!("requests-{variant}-r1.csv"))),
            summary: of("summary.csv"),
            series: of("series.csv"),
            decisions: of("decisions.csv"),
            bill: of("bill.csv"),
        }
    }

    fn claimed(&self, subject: &str, metric: &str) -> f64 {
        let row = self.summary.iter().find(|row| row["subject"] == subject && row["metric"] == metric);
        number(row.unwrap_or_else(|| panic!("{}: no {metric} of {subject}", self.variant)), "estimate")
    }

    /// The claim equals what was computed here, up to a relative error.
    #[track_caller]
    fn check(&self, subject: &str, metric: &str, computed: f64, tolerance: f64) {
        let claimed = self.claimed(subject, metric);
        let error = (claimed - computed).abs();
        let allowed = tolerance * computed.abs().max(claimed.abs());
        assert!(error <= allowed, "{}: {metric} is said to be {claimed}, is {computed}", self.variant);
    }

    fn ok(&self) -> impl Iterator<Item = &Row> {
        self.requests.iter().filter(|row| row["outcome"] == "ok")
    }

    /// The integral of a column of means over the run.
    fn integral(&self, subject: &str, column: &str) -> f64 {
        let rows = self.series.iter().filter(|row| row["subject"] == subject);
        rows.map(|row| number(row, column) * (number(row, "end_s") - number(row, "start_s"))).sum()
    }

    fn dollars(&self, item: &str) -> f64 {
        self.bill.iter().filter(|row| row["item"] == item).map(|row| number(row, "usd_per_month")).sum()
    }

    /// A line of the bill, to the cent.
    #[track_caller]
    fn check_cents(&self, item: &str, computed: f64) {
        let claimed = self.dollars(item);
        assert!(
            (claimed - computed).abs() < 0.005,
            "{}: {item} ${claimed}, should be ${computed}",
            self.variant
        );
    }

    fn all(&self) {
        self.counts();
        self.latencies();
        self.windows();
        self.levels();
        self.scaling();
    }

    fn counts(&self) {
        let born = self.requests.len() as f64;
        let count =
            |outcome: &str| self.requests.iter().filter(|row| row["outcome"] == outcome).count() as f64;
        self.check("web", "throughput.offered", born / RUN, 1e-12);
        self.check("web", "errors.total", (born - count("ok")) / born, 1e-9);
        for outcome in ["timed_out", "rejected", "throttled", "unavailable", "unfinished"] {
            self.check("web", &format!("errors.{outcome}"), count(outcome) / born, 1e-9);
        }
        let attempts: f64 = self.requests.iter().map(|row| number(row, "attempts")).sum();
        self.check("web", "attempts.mean", attempts / born, 1e-12);
        let in_window = self.ok().filter(|row| number(row, "done_ns") < RUN * 1e9).count() as f64;
        self.check("web", "throughput.ok", in_window / RUN, 1e-12);
        let seeds: std::collections::BTreeSet<&str> =
            self.requests.iter().map(|row| row["seed"].as_str()).collect();
        assert_eq!(seeds.len(), self.requests.len(), "every request is there once");
    }

    fn latencies(&self) {
        let latency = |row: &Row| (number(row, "done_ns") - number(row, "born_ns")) / 1e9;
        let mut sorted: Vec<f64> = self.ok().map(latency).collect();
        let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        sorted.sort_by(f64::total_cmp);
        self.check("web", "latency.ok.mean", mean, 1e-9);
        self.check("web", "latency.ok.max", sorted[sorted.len() - 1], 1e-9);
        let in_time = sorted.iter().filter(|latency| **latency <= 0.7).count() as f64;
        self.check("web", "objective.attainment", in_time / self.requests.len() as f64, 1e-3);
        for (name, p) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)] {
            let at = |population: usize| sorted.get((p * population as f64).ceil() as usize - 1).copied();
            // The histogram is exact to 0.2 %; neighbours in the sample may lie as far apart again.
            self.check("web", &format!("latency.ok.{name}"), at(sorted.len()).unwrap(), 0.006);
            let of_all = at(self.requests.len()).unwrap_or(f64::INFINITY);
            if of_all.is_finite() {
                self.check("web", &format!("latency.{name}"), of_all, 0.006);
            }
        }
        let names = [
            "network",
            "balancer",
            "queue",
            "cold_start",
            "cpu",
            "contention",
            "wait",
            "downstream",
            "retries",
        ];
        let part = |row: &Row, name: &str| number(row, &format!("{name}_ns"));
        for row in self.ok() {
            let total: f64 = names.iter().map(|name| part(row, name)).sum();
            assert!((total / 1e9 - latency(row)).abs() < 1e-6, "{}: parts of {row:?}", self.variant);
        }
        for name in names {
            let mean = self.ok().map(|row| part(row, name)).sum::<f64>() / 1e9 / sorted.len() as f64;
            self.check("web", &format!("latency.parts.{name}"), mean, 1e-9);
        }
    }

    /// Window by window, what the series says is what the requests say.
    fn windows(&self) {
        let read = |row: &Row| (number(row, "born_ns"), number(row, "done_ns"), row["outcome"] == "ok");
        let requests: Vec<(f64, f64, bool)> = self.requests.iter().map(read).collect();
        for row in self.series.iter().filter(|row| row["subject"] == "web") {
            let window = number(row, "start_s") * 1e9..number(row, "end_s") * 1e9;
            let born = requests.iter().filter(|(born, ..)| window.contains(born)).count() as f64;
            let ended = |ok: bool| {
                let alike = requests.iter().filter(|(_, _, outcome)| *outcome == ok);
                alike.filter(|(_, done, _)| window.contains(done)).count() as f64
            };
            let said = ["born", "ok", "failed"].map(|column| number(row, column));
            assert_eq!(said, [born, ended(true), ended(false)], "{} in {window:?}", self.variant);
        }
    }

    /// Means of levels are integrals of the series; what is inside is what arrives times how long it stays.
    fn levels(&self) {
        for (level, subject) in
            [("concurrency", "web"), ("queue", "web"), ("replicas", "web"), ("instances", "fleet")]
        {
            let column =
                if level == "replicas" { "replicas_running.mean".into() } else { format!("{level}.mean") };
            let integral = self.integral(subject, &column);
            if integral > 0.0 {
                self.check(subject, &format!("{level}.mean"), integral / RUN, 1e-9);
            }
        }
        let share = |above: &str, below: &str| self.integral("web", above) / self.integral("web", below);
        if self.integral("web", "cpu_reserved_vcpu.mean") > 0.0 {
            self.check(
                "web",
                "cpu.utilization.reserved",
                share("cpu_busy_vcpu.mean", "cpu_reserved_vcpu.mean"),
                1e-9,
            );
        }
        if self.integral("web", "memory_used_mib.mean") > 0.0 {
            let used = share("memory_used_mib.mean", "memory_reserved_mib.mean");
            self.check("web", "memory.utilization.reserved", used, 1e-9);
        }
    }

    /// Little's law: requests inside = arrivals per second times seconds inside. Exact but for what is inside at the end, and
    /// for attempts that their client had given up, which the requests do not tell of.
    fn little(&self, metric: &str, parts: &[&str], tolerance: f64) {
        let inside: f64 =
            self.ok().flat_map(|row| parts.iter().map(move |part| number(row, &format!("{part}_ns")))).sum();
        self.check("web", metric, inside / 1e9 / RUN, tolerance);
    }

    fn scaling(&self) {
        for (kind, subject, metric) in [
            ("service-scaling", "web", "scaling.actions.service"),
            ("cluster-scaling", "fleet", "scaling.actions.cluster"),
        ] {
            let changed =
                |row: &&Row| row["kind"] == kind && row["to"] != row["from"] && !row["to"].is_empty();
            let rows: Vec<&Row> = self.decisions.iter().filter(changed).collect();
            let within = rows.iter().filter(|row| number(row, "time_s") < RUN).count() as f64;
            if subject == "web" || self.variant == "ec2" {
                self.check(subject, metric, within, 1e-12);
            }
        }
    }
}

#[test]
fn what_the_tables_claim_is_what_the_requests_say() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let options = Options { requests: Some(1_000_000), threads: Some(2), ..Options::default() };
    let outcome = support::run(SCENARIO, &out, options).unwrap();
    assert!(outcome.failures.is_empty() && outcome.notes.is_empty(), "{:?}", outcome.failures);
    let [ec2, fargate, lambda] = ["ec2", "fargate", "lambda"].map(|variant| Tables::read(&out, variant));
    for tables in [&ec2, &fargate, &lambda] {
        tables.all();
    }
    desired(&ec2);
    bills(&ec2, &fargate, &lambda);
    // Common random numbers: the same requests at the same instants, whoever serves them.
    let arrivals = |tables: &Tables| -> BTreeMap<String, String> {
        tables.requests.iter().map(|row| (row["seed"].clone(), row["born_ns"].clone())).collect()
    };
    assert_eq!(arrivals(&ec2), arrivals(&fargate));
    assert_eq!(arrivals(&ec2), arrivals(&lambda));
    fargate.little("concurrency.mean", &["cpu", "contention", "wait"], 0.01);
    lambda.little("concurrency.mean", &["balancer", "cold_start", "cpu", "contention", "wait"], 0.01);
}

/// The number of tasks wanted, put together from the decisions, has the integral that the series says.
fn desired(ec2: &Tables) {
    let changes =
        ec2.decisions.iter().filter(|row| row["kind"] == "service-scaling" && !row["to"].is_empty());
    let (mut level, mut since, mut integral) = (2.0, 0.0, 0.0);
    let mut steps = 0;
    for row in changes.filter(|row| row["from"] != row["to"]) {
        assert_eq!(number(row, "from"), level, "decisions follow each other");
        let at = number(row, "time_s").min(RUN);
        integral += level * (at - since);
        (level, since) = (number(row, "to"), at);
        steps += 1;
    }
    integral += level * (RUN - since);
    assert!(steps > 0, "the crowd makes it scale");
    let said = ec2.integral("web", "replicas_desired.mean");
    // A decision takes effect when the scheduler has noticed it: some seconds a step.
    assert!((said - integral).abs() <= 10.0 * f64::from(steps), "{said} and {integral}");
}

/// The bills, line by line, to the cent.
fn bills(ec2: &Tables, fargate: &Tables, lambda: &Tables) {
    ec2.check_cents("ec2-instances", 2.0 * 730.0 * 0.0816);
    fargate.check_cents("fargate-cpu", 2.0 * 730.0 * 0.04048);
    fargate.check_cents("fargate-memory", 2.0 * 2.0 * 730.0 * 0.004445);
    for tables in [ec2, fargate] {
        tables.check_cents("balancer-hours", 730.0 * 0.0225);
        // Of the four measures of an LCU, bytes are the greatest here: 1 kB an attempt and 10 kB a response, 1 GB a unit and
        // hour. What was not served gave no response. What came in the drain is not in the bill.
        let attempts: f64 = tables.requests.iter().map(|row| number(row, "attempts")).sum();
        let bytes = attempts * 1000.0 + tables.ok().count() as f64 * 10_000.0;
        tables.check_cents("balancer-units", bytes / 1e9 * (MONTH / RUN) * 0.008);
    }
    let attempts: f64 = lambda.requests.iter().map(|row| number(row, "attempts")).sum();
    lambda.check_cents("lambda-requests", attempts * (MONTH / RUN) / 1e6 * 0.20);
    let billed_ms = |row: &Row| {
        let ran = ["cold_start", "cpu", "contention", "wait"].map(|part| number(row, &format!("{part}_ns")));
        (ran.iter().sum::<f64>() / 1e6).ceil()
    };
    let gb_seconds = lambda.ok().map(billed_ms).sum::<f64>() / 1e3 * 1769.0 / 1024.0;
    lambda.check_cents("lambda-duration", gb_seconds * (MONTH / RUN) * 0.000_016_666_7);
    for tables in [ec2, fargate, lambda] {
        let lines = tables.bill.iter().filter(|row| row["item"] != "total");
        let sum: f64 = lines.map(|row| number(row, "usd_per_month")).sum();
        tables.check_cents("total", sum);
        tables.check("", "cost.month", sum, 1e-12);
        tables.check("", "cost.hour", sum / 730.0, 1e-12);
        let requests = tables.requests.len() as f64 * MONTH / RUN;
        tables.check("", "cost.per_million", sum / requests * 1e6, 1e-9);
        let ok = tables.ok().count() as f64 * MONTH / RUN;
        tables.check("", "cost.per_million_ok", sum / ok * 1e6, 1e-9);
    }
}
