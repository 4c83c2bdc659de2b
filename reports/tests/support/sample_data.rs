//! A day with a flash crowd on three platforms, made up but plausible: what tests and the example draw.

use reports::data::*;

const DAY: f64 = 86_400.0;
const WINDOW: f64 = 60.0;

/// Requests per second at a second of the day: a daily wave and a crowd at noon.
fn rate(time: f64) -> f64 {
    let wave = 420.0 - 260.0 * (std::f64::consts::TAU * (time - 3600.0) / DAY).cos();
    let minutes = (time - 12.0 * 3600.0) / 60.0;
    let crowd = if minutes < 0.0 { (minutes / 4.0).exp() } else { (-minutes / 35.0).exp() };
    wave + 1300.0 * crowd
}

/// A repeatable wobble between -1 and 1.
fn wobble(index: usize, salt: u64) -> f64 {
    let mut bits = (index as u64).wrapping_add(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(1);
    for _ in 0..3 {
        bits ^= bits >> 31;
        bits = bits.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    }
    (bits >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

struct Option_ {
    name: &'static str,
    platform: &'static str,
    lag: f64,
    floor: f64,
    salt: u64,
    lambda: bool,
}

const OPTIONS: [Option_; 3] = [
    Option_ {
        name: "ec2",
        platform: "ECS on m7g.large, 1 vCPU tasks",
        lag: 900.0,
        floor: 0.055,
        salt: 1,
        lambda: false,
    },
    Option_ {
        name: "fargate",
        platform: "Fargate, 0.5 vCPU tasks",
        lag: 150.0,
        floor: 0.062,
        salt: 2,
        lambda: false,
    },
    Option_ {
        name: "lambda",
        platform: "Lambda, 1,769 MB, Node.js 22",
        lag: 10.0,
        floor: 0.048,
        salt: 3,
        lambda: true,
    },
];

fn series(option: &Option_) -> VariantSeries {
    let count = (DAY / WINDOW) as usize;
    let mut series = VariantSeries {
        variant: option.name.into(),
        window: WINDOW,
        demand_unit: if option.lambda { "concurrent requests" } else { "busy vCPU" }.into(),
        ..VariantSeries::default()
    };
    for index in 0..count {
        let time = index as f64 * WINDOW;
        let now = rate(time) * (1.0 + 0.03 * wobble(index, 9));
        let seen = rate(time - option.lag);
        push_window(&mut series, option, index, time, now, seen);
    }
    series
}

fn push_window(series: &mut VariantSeries, option: &Option_, index: usize, time: f64, now: f64, seen: f64) {
    let demand = now * 0.022;
    let replicas = if option.lambda {
        (now * 0.075).ceil()
    } else {
        (seen * 0.022 / 0.55 / if option.name == "ec2" { 1.0 } else { 0.5 }).ceil()
    };
    let capacity = replicas * if option.name == "fargate" { 0.5 } else { 1.0 };
    let load: f64 = if option.lambda { 0.55 } else { demand / capacity };
    let tail: f64 = if load > 0.98 { 60.0 * (load - 0.9) } else { 1.0 + load * load };
    let jitter = 1.0 + 0.12 * wobble(index, option.salt);
    let cold = if option.lambda { 1.0 + (rate(time) - seen).max(0.0) / now * 20.0 } else { 1.0 };
    series.start.push(time);
    series
        .latency_p50
        .push(Some(option.floor * (1.0 + 0.2 * load) * if load > 0.98 { tail.sqrt() } else { 1.0 }));
    series.latency_p95.push(Some(option.floor * 2.1 * tail * jitter * cold.sqrt()));
    series.latency_p99.push(Some(option.floor * 3.0 * tail * jitter * cold));
    let failed = if load > 1.05 { now * (load - 1.05).min(0.3) } else { 0.0 };
    series.throughput.push(Some(now - failed));
    series.errors.push(Some(failed));
    series.demand.push(Some(if option.lambda { now * 0.061 } else { demand }));
    if option.lambda {
        series.environments.push(Some((seen * 0.085).ceil()));
        series.concurrency.push(Some(now * 0.061));
        series.memory.push(Some(0.21 + 0.01 * wobble(index, 4)));
        return;
    }
    series.cpu_of_reserved.push(Some(load.min(1.0)));
    series.memory.push(Some(0.38 + 0.05 * load.min(1.0)));
    series.desired.push(Some((now * 0.022 / 0.55 / (capacity / replicas)).ceil()));
    series.running.push(Some(replicas + 1.0));
    series.ready.push(Some(replicas));
    if option.name == "ec2" {
        series.instances.push(Some((replicas / 2.0).ceil() + 1.0));
        series.cpu_of_capacity.push(Some(load.min(1.0) * replicas / (2.0 * ((replicas / 2.0).ceil() + 1.0))));
    }
}

fn variant(
    option: &Option_,
    cost: (f64, f64),
    tail: (f64, f64),
    meets: Meets,
    errors: (f64, f64),
) -> VariantSummary {
    let n = 10;
    let mut metrics = indexmap::IndexMap::new();
    let floor = option.floor;
    metrics.insert("latency_mean".to_owned(), Estimate::new(floor * 1.3, floor * 0.008, n));
    metrics.insert("latency_p50".to_owned(), Estimate::new(floor, floor * 0.004, n));
    metrics.insert("latency_p95".to_owned(), Estimate::new(tail.0 * 0.61, tail.1 * 0.5, n));
    metrics.insert(LATENCY_P99.to_owned(), Estimate::new(tail.0, tail.1, n));
    metrics.insert("latency_p999".to_owned(), Estimate::new(tail.0 * 2.4, tail.1 * 4.0, n));
    metrics.insert(
        "latency_max".to_owned(),
        Estimate {
            note: Some("A maximum has no interval: it grows with the number of requests.".into()),
            ..Estimate::exact(tail.0 * 5.3, n)
        },
    );
    metrics.insert("error_share".to_owned(), Estimate::new(errors.0, errors.1, n));
    metrics.insert(COST_PER_MONTH.to_owned(), Estimate::new(cost.0, cost.1, n));
    metrics.insert("cost_per_million".to_owned(), Estimate::new(cost.0 / 1240.0, cost.1 / 1240.0, n));
    metrics.insert(
        "cold_start_share".to_owned(),
        if option.lambda {
            Estimate::new(0.00031, 0.00002, n)
        } else {
            Estimate::blank("Only execution environments start cold.")
        },
    );
    VariantSummary {
        name: option.name.into(),
        group: option.name.into(),
        platform: option.platform.into(),
        metrics,
        meets,
        featured: false,
        ..VariantSummary::default()
    }
}

fn metrics() -> Vec<Metric> {
    let rows = [
        ("latency_p50", "p50", Unit::Seconds, Better::Lower, true),
        ("latency_p95", "p95", Unit::Seconds, Better::Lower, true),
        (LATENCY_P99, "p99", Unit::Seconds, Better::Lower, true),
        ("error_share", "Errors", Unit::Share, Better::Lower, true),
        (COST_PER_MONTH, "Cost per month", Unit::Dollars, Better::Lower, true),
        ("cost_per_million", "Cost per million requests", Unit::Dollars, Better::Lower, true),
        ("latency_mean", "Mean latency", Unit::Seconds, Better::Lower, false),
        ("latency_p999", "p99.9", Unit::Seconds, Better::Lower, false),
        ("latency_max", "Largest latency", Unit::Seconds, Better::Lower, false),
        ("cold_start_share", "Cold starts", Unit::Share, Better::Lower, false),
    ];
    rows.map(|(key, label, unit, better, headline)| Metric {
        key: key.into(),
        label: label.into(),
        unit,
        better,
        headline,
        ..Metric::default()
    })
    .to_vec()
}

fn distribution(option: &Option_, bend: f64) -> Distribution {
    let point = |step: u32| {
        let share = 10f64.powf(-f64::from(step) / 12.0);
        let tail = -share.log10();
        (option.floor * 0.45 * (1.0 + tail * 0.9 + (tail * bend).powi(3)), share)
    };
    Distribution { variant: option.name.into(), points: (0..=64).map(point).collect() }
}

fn parts(option: &Option_, queue: f64, contention: f64, cold: f64) -> LatencyParts {
    let part = |(part, seconds): (&str, f64)| PartMean { part: part.into(), seconds };
    let parts = [
        ("network", 0.0021),
        ("balancer", 0.0009),
        ("queue", queue),
        ("cold start", cold),
        ("CPU", 0.022),
        ("contention", contention),
        ("wait", 0.030),
        ("retries", queue * 0.06),
    ];
    LatencyParts { variant: option.name.into(), parts: parts.map(part).to_vec() }
}

fn bill(option: &Option_, lines: &[(&str, f64)]) -> Bill {
    let line = |(line, per_month): &(&str, f64)| BillLine { line: (*line).into(), per_month: *per_month };
    Bill { variant: option.name.into(), lines: lines.iter().map(line).collect() }
}

fn decisions() -> Vec<Decision> {
    let mut decisions = Vec::new();
    for (option, owner, stride) in [(0, "service web", 1), (0, "group fleet", 3), (1, "service web", 1)] {
        let mut before = 8.0;
        for index in (0..288usize).step_by(stride) {
            let time = index as f64 * 300.0 + 37.0 * stride as f64;
            let after = (rate(time) * 0.022 / 0.55 / stride as f64).ceil().max(2.0);
            let change: f64 = after - before;
            if change.abs() < (before * 0.08).max(1.0) {
                continue;
            }
            let (kind, way) = (
                if stride == 3 { "cluster scaling" } else { "service scaling" },
                if change > 0.0 { "above" } else { "below" },
            );
            let reason = format!(
                "CPU {:.0} % {way} target 60 % for {} datapoints; {before} × {:.2} rounds to {after}",
                60.0 * after / before,
                if change > 0.0 { 3 } else { 15 },
                after / before
            );
            decisions.push(Decision {
                time,
                variant: OPTIONS[option].name.into(),
                owner: owner.into(),
                kind: kind.into(),
                before: format!("{before}"),
                after: format!("{after}"),
                reason,
            });
            before = after;
        }
    }
    for index in 0..5 {
        decisions.push(Decision {
            time: 43_300.0 + 60.0 * f64::from(index),
            variant: "ec2".into(),
            owner: "service web".into(),
            kind: "placement".into(),
            before: "pending".into(),
            after: "pending".into(),
            reason: "no instance has 1 vCPU left: 12 filtered by cpu".into(),
        });
    }
    decisions.sort_by(|a, b| a.time.total_cmp(&b.time));
    decisions
}

fn comparisons() -> Vec<Comparison> {
    let row = |variant: &str, baseline: &str, metric: &str, difference: (f64, f64), relative: (f64, f64)| {
        Comparison {
            variant: variant.into(),
            baseline: baseline.into(),
            metric: metric.into(),
            difference: Estimate::new(difference.0, difference.1, 10),
            relative: Some(Estimate::new(relative.0, relative.1, 10)),
        }
    };
    vec![
        row("fargate", "lambda", LATENCY_P99, (0.031, 0.006), (0.168, 0.031)),
        row("fargate", "lambda", COST_PER_MONTH, (-612.0, 14.0), (-0.247, 0.005)),
        row("fargate", "ec2", LATENCY_P99, (-0.694, 0.094), (-0.763, 0.027)),
        row("fargate", "ec2", COST_PER_MONTH, (321.0, 17.0), (0.208, 0.011)),
        row("fargate", "ec2", "latency_p50", (0.0002, 0.0009), (0.004, 0.016)),
    ]
}

fn assumptions() -> Vec<Assumption> {
    let row = |(setting, value, low, high, source): (&str, &str, &str, &str, &str)| Assumption {
        options: if setting.contains("fleet") { vec!["EC2".into()] } else { Vec::new() },
        setting: setting.into(),
        value: value.into(),
        source: source.into(),
        low: (!low.is_empty()).then(|| low.into()),
        high: (!high.is_empty()).then(|| high.into()),
    };
    [
        (
            "clusters.fleet.boot_time",
            "lognormal, p50 38 s, p99 95 s",
            "25 s",
            "180 s",
            "measured by others on Amazon Linux 2023; differs by image and user data",
        ),
        ("services.web.start_time", "4 s", "1 s", "60 s", "assumption: the application's own start"),
        (
            "fargate.pull_rate",
            "110 MB/s",
            "60 MB/s",
            "180 MB/s",
            "general knowledge; the platform publishes none",
        ),
        (
            "lambda.cold_start",
            "lognormal, p50 280 ms, p99 900 ms",
            "",
            "",
            "Lambda facts, Node.js 22 zip package",
        ),
        (
            "speed.fargate",
            "1.0 of a reference core",
            "0.7",
            "1.0",
            "assumption: the CPU generation of a task is not chosen",
        ),
    ]
    .map(row)
    .to_vec()
}

/// The sample.
pub(crate) fn launch_day() -> ReportData {
    let [ec2, fargate, lambda] = &OPTIONS;
    ReportData {
        title: "launch-day".into(),
        about: "One day of a web service with a flash crowd at noon, on EC2 container instances, Fargate and Lambda.".into(),
        command: "fleetsim run launch-day --seed 1 --replications 10".into(),
        provenance: Provenance { version: "0.1.0".into(), seed: 1, replications: 10, catalogues: vec![("EC2 instances".into(), "2026-07-20".into()), ("prices, us-east-1".into(), "2026-07-20".into())], simulated: "24 h from an empty cluster".into() },
        objective: Some(Objective { text: "p99 < 300ms".into(), metric: LATENCY_P99.into(), limit: 0.3 }),
        verdict: Verdict { sentence: "Fargate is the cheapest option that holds p99 < 300ms: $1,864 a month at 216 ms, 24.7 ± 0.5 % less than Lambda; EC2 costs $321 less but misses the objective during the crowd.".into(), recommended: Some("fargate".into()), cautions: vec!["The month is 30.4 days like this one; a launch is not every day.".into(), "EC2 was tried in one size only; a larger minimum may hold the objective.".into()] },
        objectives: indexmap::IndexMap::new(),
        metrics: metrics(),
        variants: vec![
            variant(ec2, (1543.0, 11.0), (0.910, 0.09), Meets::No, (0.0042, 0.0007)),
            variant(fargate, (1864.0, 13.0), (0.216, 0.005), Meets::Yes, (0.0, 0.0)),
            variant(lambda, (2476.0, 3.0), (0.185, 0.004), Meets::Yes, (0.0, 0.0)),
        ],
        comparisons: comparisons(),
        clock: Clock::TimeOfDay(0.0),
        series: OPTIONS.iter().map(series).collect(),
        distributions: vec![distribution(ec2, 1.5), distribution(fargate, 0.55), distribution(lambda, 0.5)],
        cold_starts: Vec::new(),
        latency_parts: vec![parts(ec2, 0.0192, 0.0041, 0.0), parts(fargate, 0.0021, 0.0064, 0.0), parts(lambda, 0.0, 0.0, 0.0009)],
        bills: vec![
            bill(ec2, &[("EC2 m7g.large on demand", 1312.40), ("ALB hours", 16.43), ("ALB capacity units", 214.17)]),
            bill(fargate, &[("Fargate vCPU-hours", 1337.30), ("Fargate GB-hours", 296.10), ("ALB hours", 16.43), ("ALB capacity units", 214.17)]),
            bill(lambda, &[("Lambda GB-seconds", 2160.50), ("Lambda requests", 315.50)]),
        ],
        month: "if every day were like this".into(),
        sweeps: Vec::new(),
        decisions: decisions(),
        decisions_from: "replication 1 of 10".into(),
        assumptions: assumptions(),
        not_billed: vec![
            NotBilled { what: "EBS volumes".into(), note: "about $2.40 a month for each instance with 30 GB".into() },
            NotBilled { what: "Public IPv4 addresses".into(), note: "$3.65 a month each".into() },
            NotBilled { what: "Logs and metrics".into(), note: "depends on what the service writes".into() },
            NotBilled { what: "Data transfer out".into(), note: "the same for every option here".into() },
        ],
        scenario_toml: "name  = \"launch-day\"\n\n[run]\nduration = \"24h\"\nreplications = 10\n\n[sources.visitors]\nto = \"web\"\narrivals = { poisson = { rate = \"680/s\" } }\n\n[services.web]\nobjective = \"p99 < 300ms\"\n".into(),
        warnings: Vec::new(),
        ..ReportData::default()
    }
}

/// The sample with fleets of functions: two of them on one variant, one on another.
pub(crate) fn fleets_of_functions() -> ReportData {
    let mut data = launch_day();
    let fleet = |variant: &str, fleet: &str, always: f64| ColdStarts {
        variant: variant.into(),
        fleet: fleet.into(),
        functions: 10_000,
        points: (0..=100u32)
            .map(|percent| f64::from(percent) / 100.0)
            .map(|share| (share, if share < 1.0 { (1.0 - always) * share.sqrt() } else { 1.0 }))
            .collect(),
    };
    data.title = "functions".into();
    data.cold_starts =
        vec![fleet("fargate", "fleet", 0.2), fleet("lambda", "jobs", 0.5), fleet("lambda", "hooks", 0.9)];
    data
}

/// The sample with a sweep of the request rate.
pub(crate) fn break_even() -> ReportData {
    let mut data = launch_day();
    data.title = "break-even".into();
    let rates = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0];
    let line = |group: &str, metric: &str, of: fn(f64) -> f64| SweepLine {
        group: group.into(),
        metric: metric.into(),
        points: rates
            .iter()
            .map(|at| SweepPoint { at: *at, estimate: Estimate::new(of(*at), of(*at) * 0.04, 10) })
            .collect(),
    };
    let crossing = |at: f64, value: f64, below: &str, above: &str| Crossing {
        metric: COST_PER_MONTH.into(),
        at,
        value,
        below: below.into(),
        above: above.into(),
    };
    data.sweeps = vec![Sweep {
        label: "Requests per second".into(),
        unit: Unit::PerSecond,
        lines: vec![
            line("ec2", COST_PER_MONTH, |x| 110.0 + 1.1 * x),
            line("fargate", COST_PER_MONTH, |x| 52.0 + 1.9 * x),
            line("lambda", COST_PER_MONTH, |x| 3.4 * x),
            line("ec2", LATENCY_P99, |x| 0.19 + 0.04 * (x / 1000.0)),
            line("fargate", LATENCY_P99, |x| 0.21 + 0.03 * (x / 1000.0)),
            line("lambda", LATENCY_P99, |x| 0.17 + 0.4 / (1.0 + x)),
        ],
        crossings: vec![
            crossing(34.7, 118.0, "lambda", "fargate"),
            crossing(47.8, 162.6, "lambda", "ec2"),
            crossing(72.5, 189.8, "fargate", "ec2"),
        ],
    }];
    data
}
