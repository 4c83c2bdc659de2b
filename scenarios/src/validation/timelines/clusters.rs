//! Clusters of instances: free room or none, a second wave, down again, from zero and back, and Spot.

use sim_core::engine::{Span, Time};
use sim_core::observe::Gauge;

use super::services::{fall, fewer_wanted, new_task_in_service, rise, tracking, visitors};
use super::story::{GROUP, SERVICE, Story};
use super::{Measure, Timeline, minutes};
use crate::number::Unit;

/// A service on instances of two vCPUs: two tasks fill one.
fn ecs(service: &str, group: &str) -> String {
    format!(
        r#"
[services.web]
platform = "ecs"
work = "page"
cluster = "fleet"
task = {{ cpu = "1vCPU", memory = "2GB" }}
{service}

[clusters.fleet.instances]
type = "m7g.large"
{group}
"#
    )
}

const MANAGED: &str = r#"scaling = { managed = { target_capacity = "100%" } }"#;

pub(super) fn timelines() -> Vec<Timeline> {
    vec![free_room(), full(), second_wave(), scale_in(), zero_and_back(), spot()]
}

fn free_room() -> Timeline {
    let settings = rise() + &ecs(&tracking(4), "min = 6\nmax = 6");
    Timeline::new(
        "service-scale-out-free-room",
        "A service on EC2 scales out onto instances that are there and have its image",
        "35min",
        &settings,
    )
    .measuring(Measure::minutes(
        "spike to first new task in service",
        (4.0, 6.0),
        (
            "as on Fargate, but start 2–10 s: no machine to make, no image to pull",
            "sum of documented, reported and measured steps",
        ),
        new_task_in_service,
    ))
}

fn full() -> Timeline {
    let settings = rise() + &ecs(&tracking(4), &format!("min = 2\nmax = 20\n{MANAGED}"));
    Timeline::new(
        "service-scale-out-full-cluster",
        "A service on EC2 scales out, and its full cluster behind it by ECS managed scaling",
        "40min",
        &settings,
    )
    .measuring(Measure::minutes(
        "spike to first new task in service",
        (7.0, 11.0),
        (
            "as above, and the capacity provider's minute (0–60 s), its alarm of a minute, launch and boot 30–100 s, pull 5 s",
            "ECS Developer Guide; launch times measured by others, 2021–2026",
        ),
        new_task_in_service,
    ))
}

fn second_wave() -> Timeline {
    let service = r#"scaling = { scheduled = { min = 4, max = 20, actions = [{ at = "20min", min = 8 }, { at = "23min", min = 12 }] } }"#;
    let settings = visitors(4.0, 1.0) + &ecs(service, &format!("min = 2\nmax = 20\n{MANAGED}"));
    let extra = |story: &Story| {
        let order = (GROUP, Gauge::InstancesDesired);
        let first = story.until_more(order, minutes(20))?;
        let second = story.until_more(order, minutes(23))?;
        Some(second - first)
    };
    Timeline::new(
        "second-wave-of-instances",
        "Tasks that need more instances three minutes after others did",
        "40min",
        &settings,
    )
    .measuring(Measure::minutes(
        "how much longer the second order takes than the first",
        (1.5, 5.0),
        (
            "the second waits until the instances of the first have passed their warm-up of 300 s",
            "instanceWarmupPeriod: ECS API reference",
        ),
        extra,
    ))
}

fn scale_in() -> Timeline {
    let settings = fall() + &ecs(&tracking(1), &format!("min = 1\ndesired = 2\nmax = 20\n{MANAGED}"));
    Timeline::new(
        "cluster-scale-in",
        "A service loses most of its traffic, then tasks, then its cluster an instance",
        "70min",
        &settings,
    )
    .measuring(Measure::minutes(
        "fall to fewer tasks wanted",
        (15.0, 18.0),
        ("as on Fargate", "15 datapoints: containers-roadmap #1208"),
        fewer_wanted,
    ))
    .measuring(Measure::minutes(
        "fall to first instance gone",
        (30.0, 45.0),
        (
            "the service's 15–18 min, deregistration delay 5 min, 15 minutes with an empty instance, an alarm read, the instance \
             drained and terminated",
            "15 datapoints: ECS Developer Guide, containers-roadmap #1220; 30 min at least",
        ),
        |story| story.until_less((GROUP, Gauge::Instances), minutes(20)),
    ))
}

fn zero_and_back() -> Timeline {
    let service = r#"scaling = { scheduled = { min = 0, max = 1, actions = [{ at = "20min", min = 1 }, { at = "60min", min = 0, max = 0 }] } }"#;
    let traffic = r#"
[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "1/s", shape = { steps = [{ at = "0s", factor = 0 }, { at = "30min", factor = 1 }, { at = "55min", factor = 0 }] } } }

[work.page]
cpu = "20ms"
"#;
    let settings = traffic.to_owned() + &ecs(service, &format!("min = 0\nmax = 10\n{MANAGED}"));
    let wanted = (GROUP, Gauge::InstancesDesired);
    let spare = move |story: &Story| {
        let placed = story.tasks.first()?.placed.since(Time::ZERO);
        story.until(wanted, placed, |wanted| wanted == 1)
    };
    Timeline::new(
        "cluster-from-zero-and-back",
        "A capacity provider without instances gets one task, and an hour after the start none again",
        "100min",
        &settings,
    )
    .measuring(
        Measure::number(
            "instances ordered at first",
            Unit::Count,
            (2.0, 2.0),
            ("without instances the metric is 200: two", "ECS Developer Guide, managed scaling behaviour"),
            move |story| {
                let first = story.until_more(wanted, minutes(20))?;
                let at = Time::ZERO + minutes(20) + Span::from_seconds(first);
                Some(story.level(GROUP, Gauge::InstancesDesired, at) as f64)
            },
        )
        .always(),
    )
    .measuring(Measure::minutes(
        "order to the task in service",
        (2.0, 5.5),
        (
            "the schedule is acted on (0–60 s), the capacity provider's minute (0–60 s), its alarm of a minute, launch and boot 30–100 s, pull and start \
             6–15 s, first health check 0–30 s",
            "sum of the steps; launch times measured by others, 2021–2026",
        ),
        |story| story.until_more((SERVICE, Gauge::ReplicasReady), minutes(20)),
    ))
    .measuring(Measure::minutes(
        "task placed to the spare instance not wanted",
        (15.0, 17.0),
        (
            "15 datapoints below 100 %, a minute apart: the first after 0–60 s, the last 14 minutes later and read a minute after that",
            "ECS Developer Guide, containers-roadmap #1220: 15 minutes",
        ),
        spare,
    ))
    .measuring(Measure::minutes(
        "no task wanted to no instance left",
        (20.0, 25.0),
        (
            "the schedule is acted on (0–60 s), deregistration delay 5 min, the 15–17 min of 15 datapoints, termination",
            "sum of the steps",
        ),
        |story| story.until((GROUP, Gauge::Instances), minutes(60), |left| left == 0),
    ))
}

fn spot() -> Timeline {
    let traffic = r#"
[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "0.1/s" } }

[work.page]
cpu = "20ms"

[faults.taken-back]
spot-interruption = { cluster = "fleet", rate = "0.05/h" }
"#;
    let service = "scaling = { fixed = { count = 12 } }";
    let settings = traffic.to_owned() + &ecs(service, "min = 6\nmax = 12\npurchase = \"spot\"");
    let whole = |story: &Story| {
        let (notice, _) = *story.drained.first()?;
        let since = notice.since(Time::ZERO);
        story.until((SERVICE, Gauge::ReplicasReady), since, |ready| ready == 12)
    };
    let dip = |story: &Story| {
        let (notice, gone) = *story.drained.first()?;
        let during = gone.since(notice).seconds();
        let fell = story.until((SERVICE, Gauge::ReplicasReady), notice.since(Time::ZERO), |ready| ready < 12);
        let at_once = story.level(SERVICE, Gauge::ReplicasReady, notice) < 12;
        Some(f64::from(u8::from(at_once || fell.is_some_and(|after| after <= during))))
    };
    Timeline::new(
        "spot-loss",
        "EC2 takes back one of six full Spot instances; min healthy 100 %, no room elsewhere",
        "24h",
        &settings,
    )
    .measuring(
        Measure::seconds(
            "notice to the instance gone",
            (120.0, 121.0),
            ("the notice", "EC2 User Guide: two minutes"),
            |story| story.drained.first().map(|(notice, gone)| gone.since(*notice).seconds()),
        )
        .always(),
    )
    .measuring(Measure::number(
        "a dip in capacity (1: yes)",
        Unit::Count,
        (1.0, 1.0),
        ("the replacement needs capacity, and capacity a launch", "usual with min healthy 100 % and no room"),
        dip,
    ))
    .measuring(Measure::minutes(
        "notice to all tasks in service again",
        (2.5, 6.0),
        (
            "the two minutes, the group orders another (0–60 s), launch and boot 30–100 s, pull and start 6–15 s, first health check \
             0–30 s",
            "sum of the steps; launch times measured by others, 2021–2026",
        ),
        whole,
    ))
}
