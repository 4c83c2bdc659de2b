//! What is doubtful, what would never end, and what surely cannot be met: said at load.

use super::load::load;
use crate::document::Severity;

const BASE: &str = r#"name = "doubts"
[run]
duration = "1h"
replications = 2

[work.page]
cpu = "5ms"

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "10/s" } }

[services.web]
platform = "ecs"
work = "page"
task = { cpu = "1vCPU", memory = "1GiB" }
cluster = "fleet"
scaling = { fixed = { count = 2 } }

[clusters.fleet]
instances = { type = "m7g.large", min = 2, max = 4 }
"#;

/// The warnings, or else the errors, as `path: message`.
#[track_caller]
fn check(more: &str, overrides: &[&str], severity: Severity, expected: &[&str]) {
    let text = format!("{BASE}\n{more}");
    let report = match load(&text, overrides) {
        Ok(scenario) => scenario.warnings,
        Err(report) => report,
    };
    let found: Vec<String> =
        report.list().iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
    assert_eq!(found, expected, "{overrides:?}");
    assert!(report.list().iter().all(|problem| problem.severity == severity), "{report}");
}

#[test]
fn doubts_are_warnings() {
    let check = |more: &str, overrides: &[&str], expected: &[&str]| {
        check(more, overrides, Severity::Warning, expected);
    };
    check("", &[], &[]);
    check(
        "",
        &["work.page.memory=2GiB"],
        &[
            "services.web.task.memory: 1GiB, and with one request in it needs 2148 MiB on average: it will be killed",
        ],
    );
    check(
        "",
        &[
            "run.days=[{ name = \"a\", from = \"0h\", to = \"10min\", weight = 1 }, { name = \"b\", from = \"20min\", to = \"50min\", weight = 1 }]",
        ],
        &[
            "run.days: no day has the time from 10min to 20min: it is simulated and counts for nothing",
            "run.days: no day has the time from 50min to 1h: it is simulated and counts for nothing",
        ],
    );
    check(
        "[work.unused]\ncpu = \"1ms\"\n[clusters.idle]\ninstances = { type = \"m7g.large\", min = 1, max = 1 }\n\
         [services.alone]\nplatform = \"fargate\"\nwork = \"page\"\ntask = { cpu = \"1vCPU\", memory = \"2GB\" }\n\
         scaling = { fixed = { count = 1 } }\n[populations.many.functions.synthetic]\ncount = 3",
        &[],
        &[
            "work.unused: no service does this work",
            "clusters.idle: no service runs on it, and its instances are billed",
            "services.alone: no source sends requests to it",
            "populations.many: no source plays it",
        ],
    );
    let scheduled = |cron: &str| {
        format!("services.web.scaling={{scheduled={{max=9,actions=[{{cron=\"{cron}\",min=3}}]}}}}")
    };
    let never = "services.web.scaling.scheduled.actions[0].cron: never comes due within the run, 1h from 2026-03-02 08:30";
    let from = "run.start=\"2026-03-02 08:30\"";
    check("", &[&scheduled("0 9 * * ? *"), from], &[]);
    check("", &[&scheduled("31 9 * * ? *"), from], &[never]);
    check("", &[&scheduled("0 9 ? * TUE *"), from], &[never]);
    let trace = |options: &str| {
        format!(
            "sources.visitors.arrivals={{trace={{file=\"short.csv\",rows={{counts={{interval=\"1m\",column=\"n\"}}}}{options}}}}}"
        )
    };
    let shorter = "the trace lasts 1h, the run 2h: after that nothing comes";
    check("", &[&trace("")], &[]);
    check("", &[&trace(""), "run.duration=2h"], &[&format!("sources.visitors.arrivals.trace: {shorter}")]);
    check("", &[&trace(",repeat=\"forever\""), "run.duration=2h"], &[]);
    check("", &[&trace(",stretch=2"), "run.duration=2h"], &[]);
    check(
        "",
        &[&trace(""), "run.duration=10min"],
        &["sources.visitors.arrivals.trace: the trace lasts 1h, of which a run of 10min plays the beginning"],
    );
    let steady = ["run.kind=steady", "run.warm_up=1min"];
    check("", &steady, &[]);
    check(
        "",
        &[steady[0], steady[1], &trace("")],
        &["sources.visitors.arrivals: traffic that changes over time has no steady state"],
    );
    check(
        "",
        &["services.web.scaling={fixed={count=50}}"],
        &["services.web.scaling: 50 tasks are wanted, and at most 8 fit cluster `fleet` at its largest"],
    );
    check(
        "",
        &[
            "services.web.constraints=[\"distinct-instance\"]",
            "services.web.desired=5",
            "services.web.scaling={fixed={count=5}}",
        ],
        &["services.web.scaling: 5 tasks are wanted, and at most 4 fit cluster `fleet` at its largest"],
    );
    check(
        "",
        &["clusters.fleet.instances.min=0", "clusters.fleet.instances.max=0"],
        &["services.web.scaling: 2 tasks are wanted, and cluster `fleet` never has an instance"],
    );
    // Only the groups that the tasks are for count.
    let groups = "[clusters.two.groups]\nsmall = { type = \"m7g.large\", min = 1, max = 2 }\n\
        large = { type = \"m7g.large\", min = 1, max = 40 }\n";
    let of_two = |providers: &str, expected: &[&str]| {
        let overrides = [
            "services.web.cluster=two",
            "services.web.scaling={fixed={count=5}}",
            &format!("services.web.capacity_providers={providers}"),
        ];
        let idle = "clusters.fleet: no service runs on it, and its instances are billed";
        check(groups, &overrides, &[&[idle], expected].concat());
    };
    of_two("{large={weight=1}}", &[]);
    of_two(
        "{small={weight=1}}",
        &[
            "services.web.scaling: 5 tasks are wanted, and at most 4 fit group `small` of cluster `two` at its largest",
        ],
    );
    let changes = ["sources.visitors.arrivals: traffic that changes over time has no steady state"];
    for (rate, expected) in [("rate=\"7min\"", &changes[..0]), ("cron=\"0/30 1 * * ? *\"", &changes[..])] {
        let schedule = format!("sources.visitors.arrivals={{schedule={{{rate}}}}}");
        check("", &[steady[0], steady[1], &schedule], expected);
    }
    check(
        "",
        &["clusters.fleet.instances.credits=standard"],
        &["clusters.fleet.instances.credits: m7g.large is not burstable and has no CPU credits"],
    );
    check("", &["clusters.fleet.instances.credits=standard", "clusters.fleet.instances.type=t4g.large"], &[]);
    check(
        "[clusters.mixed.groups]\na = { type = \"m7g.large\", min = 1, max = 1 }\nb = { type = \"m7i.large\", min = 1, max = 1 }",
        &["services.web.cluster=mixed"],
        &[
            "clusters.fleet: no service runs on it, and its instances are billed",
            "clusters.mixed: it has x86 and ARM instances, and every task is taken to run on both",
        ],
    );
}

#[test]
fn what_cannot_be_or_would_never_end_is_refused() {
    let check = |overrides: &[&str], expected: &[&str]| check("", overrides, Severity::Error, expected);
    let member = |expression: &str| format!("services.web.constraints=[\"member-of:{expression}\"]");
    let never = |expression: &str| {
        format!(
            "services.web.constraints[0]: no instance of cluster `fleet` will ever be a member of `{expression}`"
        )
    };
    for expression in [
        "attribute:ecs.availability-zone == us-east-1a",
        "attribute:ecs.instance-type =~ c7g.*",
        "attribute:rack exists",
    ] {
        check(&[&member(expression)], &[&never(expression)]);
    }
    check(&[&member("attribute:ecs.availability-zone in [zone-a, zone-b]")], &[]);
    check(&[&member("task:group == service:other")], &[]);
    check(
        &[
            "services.web.balancer=none",
            "services.web.scaling={target-tracking={metric=\"requests-per-target\",target=\"600/min\",max=4}}",
        ],
        &["services.web.scaling: requests-per-target is a metric of the balancer, and `balancer` is none"],
    );
    check(
        &["services.web.scaling={fixed={count=4000000000}}"],
        &["services.web.scaling: 4000000000 tasks are more than a run can hold, 1000000"],
    );
    check(
        &["sources.visitors.arrivals.poisson.rate=99999999/s"],
        &[
            "sources.visitors.arrivals: about 360.0 billion requests in one run, which would take weeks; at most 100.0 \
           billion are accepted",
        ],
    );
    // Users wait for their answers: how many requests they send is not known, and nothing is refused for it.
    check(&["sources.visitors.arrivals={users={population={constant=1000000},think=\"1us\"}}"], &[]);
    check(&["foo=1"], &["foo: unknown key `foo`"]);
    check(
        &["run.seed=18446744073709551615"],
        &["run.seed: expected a whole number, found the text \"18446744073709551615\""],
    );
    check(&["run.duration=3670d"], &["run.duration: 3670d is more than 10 years"]);
}
