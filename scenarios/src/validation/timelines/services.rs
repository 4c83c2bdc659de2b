//! Services: scaling out and in, a rolling update, a launch of many tasks, a zone that goes away.

use sim_core::engine::Time;
use sim_core::observe::Gauge;

use super::story::{SERVICE, Story};
use super::{Measure, Timeline, minutes};

/// Visitors whose number changes by a factor after twenty minutes, and pages that keep a core busy for 200 ms.
pub(super) fn visitors(rate: f64, factor: f64) -> String {
    format!(
        r#"
[sources.visitors]
to = "web"
arrivals = {{ deterministic = {{ rate = "{rate}/s", shape = {{ steps = [{{ at = "0s", factor = 1 }}, {{ at = "20min", factor = {factor} }}] }} }} }}

[work.page]
cpu = "200ms"
"#
    )
}

/// Target tracking at 60 % of the CPU with the platform's defaults, for four tasks.
pub(super) fn tracking(min: u32) -> String {
    format!(
        "scaling = {{ target-tracking = {{ metric = \"cpu\", target = \"60%\", min = {min}, max = 20 }} }}\ndesired = 4"
    )
}

/// Traffic that four tasks of one vCPU carry at 30 % and then at 66 %: little enough above the target that the minute of the
/// change is seen only if most of it lies behind the change.
pub(super) fn rise() -> String {
    visitors(6.0, 2.2)
}

/// Traffic that they carry just below the target, between the two alarms, and then a fifth of it.
pub(super) fn fall() -> String {
    visitors(11.4, 0.2)
}

/// A service on Fargate with a vCPU per task.
fn fargate(settings: &str) -> String {
    format!(
        "\n[services.web]\nplatform = \"fargate\"\nwork = \"page\"\ntask = {{ cpu = \"1vCPU\", memory = \"2GB\" }}\n{settings}\n"
    )
}

pub(super) fn timelines() -> Vec<Timeline> {
    vec![scale_out(), sharp_scale_out(), scale_in(), rolling_update(), thousand(), zone_outage()]
}

/// From the change of traffic to the first task that takes a part of it.
pub(super) fn new_task_in_service(story: &Story) -> Option<f64> {
    story.until_more((SERVICE, Gauge::ReplicasReady), minutes(20))
}

/// From the change of traffic to the first task fewer that is wanted.
pub(super) fn fewer_wanted(story: &Story) -> Option<f64> {
    story.until_less((SERVICE, Gauge::ReplicasDesired), minutes(20))
}

fn scale_out() -> Timeline {
    let steps = "the minute of the spike fills (0–60 s), three above the target, metrics 60 s late, the alarm is read (0–60 s), start \
                 20–60 s, first health check 0–30 s";
    let measure = Measure::minutes(
        "spike to first new task in service",
        (4.5, 7.0),
        (
            steps,
            "sum of documented, reported and measured steps; users report 5–6 min (containers-roadmap #2113, 2023)",
        ),
        new_task_in_service,
    );
    Timeline::new(
        "service-scale-out-fargate",
        "A service on Fargate goes from 30 to 66 % of its CPU, target 60 %",
        "35min",
        &(rise() + &fargate(&tracking(4))),
    )
    .measuring(measure)
}

fn sharp_scale_out() -> Timeline {
    let steps = "as above, but the minute of the spike is itself above the target, and two more are enough";
    let measure = Measure::minutes(
        "spike to first new task in service",
        (3.3, 6.5),
        (steps, "sum of the steps"),
        new_task_in_service,
    );
    Timeline::new(
        "service-scale-out-sharp",
        "A service on Fargate goes from 57 to 91 % of its CPU, target 60 %",
        "35min",
        &(visitors(11.4, 1.6) + &fargate(&tracking(4))),
    )
    .measuring(measure)
}

fn scale_in() -> Timeline {
    let steps = "fifteen minutes below 90 % of the target, the first begun before or up to 60 s after the fall; metrics 60 s late; the \
                 alarm is read (0–60 s)";
    Timeline::new(
        "service-scale-in",
        "A service on Fargate goes from 57 to 11 % of its CPU, target 60 %",
        "45min",
        &(fall() + &fargate(&tracking(1))),
    )
    .measuring(Measure::minutes(
        "fall to fewer tasks wanted",
        (15.0, 18.0),
        (steps, "15 datapoints: containers-roadmap #1208; 15 min at least"),
        fewer_wanted,
    ))
}

fn rolling_update() -> Timeline {
    let settings = visitors(9.0, 1.0)
        + &fargate("scaling = { fixed = { count = 4 } }")
        + "\n[faults.release]\ndeploy = { service = \"web\", at = \"20min\" }\n";
    let replaced = |story: &Story| {
        let since = Time::ZERO + minutes(20);
        let old = story.tasks.iter().filter(|task| task.placed < since);
        let gone: Option<Vec<Time>> = old.map(|task| task.gone).collect();
        gone?.into_iter().max().map(|last| last.since(since).seconds())
    };
    let least = |story: &Story| {
        let since = Time::ZERO + minutes(20);
        let deep = story.until_less((SERVICE, Gauge::ReplicasReady), minutes(20));
        Some(if deep.is_some() { 0.0 } else { story.level(SERVICE, Gauge::ReplicasReady, since) as f64 })
    };
    Timeline::new(
        "rolling-update",
        "A new version of four tasks behind a load balancer, minimum healthy 100 %, maximum 200 %",
        "35min",
        &settings,
    )
    .measuring(Measure::minutes(
        "deployment to last old task gone",
        (6.0, 7.0),
        (
            "four new tasks start (20–60 s), first health check (0–30 s), deregistration delay 300 s, stop",
            "defaults of services and load balancers (ECS and ELB guides)",
        ),
        replaced,
    ))
    .measuring(
        Measure::number(
            "fewest tasks in service meanwhile",
            crate::number::Unit::Count,
            (4.0, 4.0),
            ("minimum healthy 100 % of four", "ECS Developer Guide"),
            least,
        )
        .always(),
    )
}

fn thousand() -> Timeline {
    let settings = visitors(1.0, 1.0)
        + &fargate(
            "scaling = { scheduled = { min = 1, max = 1001, actions = [{ at = \"20min\", min = 1001 }] } }",
        );
    Timeline::new(
        "thousand-fargate-tasks",
        "A service on Fargate grows from one task to 1,001 by schedule",
        "30min",
        &settings,
    )
    .measuring(Measure::minutes(
        "order to 1,000 more in service",
        (2.3, 4.6),
        (
            "the schedule is acted on (0–60 s); 500 launches a minute and service; last start 20–60 s, first health check 0–30 s",
            "quota of launches: AWS General Reference",
        ),
        |story| story.until((SERVICE, Gauge::ReplicasReady), minutes(20), |ready| ready >= 1001),
    ))
}

fn zone_outage() -> Timeline {
    let settings = visitors(9.0, 1.0)
        + &fargate("scaling = { fixed = { count = 6 } }")
        + "\n[faults.out]\nzone-outage = { zone = \"zone-a\", at = \"20min\", lasts = \"20min\" }\n";
    let found = |story: &Story| {
        let since = Time::ZERO + minutes(20);
        let first = story.unhealthy.iter().find(|at| **at >= since)?;
        Some(first.since(since).seconds())
    };
    let whole = |story: &Story| {
        let least = story.until_less((SERVICE, Gauge::ReplicasReady), minutes(20))?;
        let since = minutes(20) + sim_core::engine::Span::from_seconds(least);
        story.until((SERVICE, Gauge::ReplicasReady), since, |ready| ready >= 6).map(|more| least + more)
    };
    Timeline::new(
        "zone-outage-six-tasks",
        "A zone with two of a service's six Fargate tasks goes away",
        "45min",
        &settings,
    )
    .measuring(
        Measure::seconds(
            "outage to first target found unhealthy",
            (35.0, 65.0),
            (
                "next check (0–30 s), a second one 30 s later, its timeout of 5 s",
                "ELB guides: interval 30 s, two failures, timeout 5 s",
            ),
            found,
        )
        .always(),
    )
    .measuring(Measure::minutes(
        "outage to six tasks in service again",
        (0.9, 2.7),
        (
            "both found (35–65 s), replacements start (20–60 s) elsewhere, first health check (0–30 s)",
            "sum of the steps",
        ),
        whole,
    ))
}
