//! The worked numbers of the platform's documentation, as rows.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::calendar::Calendar;
use crate::policy::view::{Datapoint, RUNNING};

const MINUTE: Span = Span::from_secs(60);
const HOUR: Span = Span::from_secs(3600);

/// A service between 0 and 100, ten hours into the run, with `metric` at each of the given values, newest last.
fn view(running: u32, desired: u32, metric: &str, values: &[f64]) -> ServiceScalingView {
    let now = Time::ZERO + HOUR * 10;
    let end = |index: usize| now.before(MINUTE * (values.len() - index) as u64);
    let datapoint =
        |(index, value): (usize, &f64)| Datapoint::new(end(index), value.is_finite().then_some(*value));
    ServiceScalingView {
        now,
        run_start: Calendar::default(),
        service: "web".into(),
        running,
        desired,
        min: 0,
        max: 100,
        metrics: [(metric.to_owned(), values.iter().enumerate().map(datapoint).collect())].into(),
        last_scale_out: None,
        last_scale_out_from: None,
        last_scale_in: None,
        deployment_in_progress: false,
        luck: 0,
    }
}

fn ago(view: &ServiceScalingView, seconds: u64) -> Option<Time> {
    Some(view.now.before(Span::from_secs(seconds)))
}

fn read<P: DeserializeOwned>(parameters: Value) -> P {
    serde_json::from_value(parameters).unwrap()
}

fn tracking(metric: &str, target: &str, more: &Value) -> TargetTracking {
    let mut parameters = json!({ "metric": metric, "target": target, "max": 100 });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    TargetTracking::new(read(parameters)).unwrap()
}

fn steps() -> StepScaling {
    let parameters = json!({
        "metric": "cpu",
        "max": 100,
        "scale_out": { "threshold": "50%", "datapoints": 1, "adjustment": "percent-change-in-capacity", "steps": [
            { "to": "10%", "change": 0 }, { "from": "10%", "to": "20%", "change": 10 }, { "from": "20%", "change": 30 },
        ] },
        "scale_in": { "threshold": "50%", "datapoints": 1, "adjustment": "percent-change-in-capacity", "steps": [
            { "to": "10%", "change": 0 }, { "from": "10%", "to": "20%", "change": -10 }, { "from": "20%", "change": -30 },
        ] },
    });
    StepScaling::new(read(parameters)).unwrap()
}

#[track_caller]
fn check(policy: impl ServiceScalingPolicy + 'static, view: &ServiceScalingView, desired: Option<u32>) {
    let mut policy = policy;
    let decision = settle(view, policy.decide(view));
    assert_eq!(decision.desired, desired, "{}", decision.reason);
    assert!(!decision.reason.is_empty());
}

#[test]
fn target_tracking_follows_its_alarms() {
    let check = |values: &[f64], desired: Option<u32>| {
        check(tracking("cpu", "60%", &json!({})), &view(10, 10, "cpu", values), desired);
    };
    check(&[0.9; 3], Some(15));
    check(&[0.9; 2], None);
    check(&[0.5, 0.9, 0.9], None);
    check(&[0.9, 0.9, 0.61], Some(11)); // the newest value counts
    check(&[0.6; 3], None); // at the target is not above it
    check(&[0.3; 15], Some(5));
    check(&[0.3; 14], None);
    check(&[0.54; 15], None); // at 90 % of the target is not below it
    check(&[0.53; 15], Some(9)); // 8.83: removes one
    check(&[0.55; 15], None);
    check(&[f64::NAN; 15], None);
    check(&[0.3, f64::NAN, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3], None);
    check(&[12.0; 3], Some(100)); // limited to max
}

#[test]
fn target_tracking_counts_from_the_running_tasks() {
    let check = |running, desired, values: &[f64], wanted| {
        check(
            tracking("requests-per-target", "600/min", &json!({})),
            &view(running, desired, "requests-per-target", values),
            wanted,
        );
    };
    check(10, 10, &[900.0; 3], Some(15));
    check(10, 14, &[900.0; 3], Some(15));
    check(10, 15, &[900.0; 3], None); // already ordered
    check(10, 10, &[600.0; 3], None);
    check(0, 0, &[1.0], Some(1)); // demand at zero tasks: the smallest step, at once
    check(0, 0, &[0.0; 20], None);
    check(0, 1, &[40.0; 3], None); // already starting
    check(2, 2, &[0.0; 15], Some(0));
}

#[test]
fn target_tracking_does_not_order_twice_what_an_old_metric_asks_for() {
    // The newest point of the metric is of a minute with `ran` tasks; `running` of `desired` run by now.
    let check = |ran: f64, running, desired, value: f64, wanted: Option<u32>| {
        let mut view = view(running, desired, "requests-per-target", &[value; 15]);
        let of_minute = |point: &Datapoint| Datapoint::new(point.end, ran);
        let minutes = view.metrics["requests-per-target"].iter().map(of_minute).collect();
        view.metrics.insert(RUNNING.to_owned(), minutes);
        check(tracking("requests-per-target", "600/min", &json!({})), &view, wanted);
    };
    check(2.0, 2, 2, 1800.0, Some(6));
    check(2.0, 6, 6, 1800.0, None); // still the minute with two of them
    check(4.0, 6, 6, 900.0, None); // 3600 a minute, in between
    check(6.0, 6, 6, 600.0, None);
    check(6.0, 6, 6, 900.0, Some(9));
    check(10.0, 5, 5, 300.0, None); // scaled in to five already
    check(10.0, 10, 10, 300.0, Some(5));
    let now = json!({ "count_from": "now" });
    let mut twice = view(6, 6, "requests-per-target", &[1800.0; 15]);
    twice.metrics.insert(RUNNING.to_owned(), vec![Datapoint::new(twice.now.before(MINUTE), 2.0)]);
    super::tests::check(tracking("requests-per-target", "600/min", &now), &twice, Some(18));
}

#[test]
fn cooldowns() {
    let view =
        |seconds_since_out: u64, seconds_since_in: u64, running, desired, value: f64| ServiceScalingView {
            last_scale_out: ago(&view(0, 0, "cpu", &[]), seconds_since_out),
            last_scale_out_from: Some(10),
            last_scale_in: ago(&view(0, 0, "cpu", &[]), seconds_since_in),
            ..view(running, desired, "cpu", &[value; 15])
        };
    let check = |view: &ServiceScalingView, desired| check(tracking("cpu", "60%", &json!({})), view, desired);
    // 10 -> 15 was ordered a minute ago. The same wish is present already; a larger one adds the difference.
    check(&view(60, 3000, 10, 15, 0.9), None);
    check(&view(60, 3000, 10, 15, 1.08), Some(18));
    check(&view(60, 3000, 15, 15, 0.7), None); // three more are wanted, and five were just added
    check(&view(60, 3000, 15, 15, 0.9), Some(18)); // eight more are wanted: three beyond the five
    check(&view(300, 3000, 15, 15, 0.7), Some(18)); // the cooldown is over
    // Scaling in waits for its own cooldown, which a scale-out cancels.
    check(&view(3000, 299, 10, 10, 0.3), None);
    check(&view(3000, 300, 10, 10, 0.3), Some(5));
    check(&view(100, 200, 10, 10, 0.3), Some(5));
    // Scaling out does not wait for a scale-in.
    check(&view(3000, 60, 10, 10, 0.9), Some(15));
}

#[test]
fn scale_in_is_held_where_it_must_be() {
    let check = |more: Value, change: fn(&mut ServiceScalingView), desired| {
        let mut view = view(10, 10, "cpu", &[0.06; 15]);
        change(&mut view);
        check(tracking("cpu", "60%", &more), &view, desired);
    };
    check(json!({}), |_| {}, Some(1));
    check(json!({}), |view| view.min = 4, Some(4));
    check(json!({}), |view| view.deployment_in_progress = true, None);
    check(json!({ "disable_scale_in": true }), |_| {}, None);
    check(json!({ "scale_in_at_most": "50%" }), |_| {}, Some(5));
    check(json!({ "scale_in_at_most": "1%" }), |_| {}, Some(9));
}

#[test]
fn step_scaling_worked_example() {
    let check = |running, value, desired| check(steps(), &view(running, running, "cpu", &[value]), desired);
    check(10, 0.60, Some(11));
    check(11, 0.70, Some(14));
    check(14, 0.40, Some(13));
    check(13, 0.30, Some(10));
    check(10, 0.59, None);
    check(10, 0.41, None);
    check(10, 0.50, None);
    check(10, f64::NAN, None);
}

#[test]
fn a_larger_step_within_the_cooldown_adds_the_difference() {
    let parameters = json!({ "metric": "cpu", "max": 100, "scale_out": {
        "threshold": "50%", "datapoints": 1, "steps": [{ "to": "20%", "change": 2 }, { "from": "20%", "change": 3 }],
    } });
    let check = |seconds_since_out, running, desired, value, wanted| {
        let mut view = view(running, desired, "cpu", &[value]);
        view.last_scale_out = ago(&view, seconds_since_out);
        view.last_scale_out_from = Some(10);
        check(StepScaling::new(read(parameters.clone())).unwrap(), &view, wanted);
    };
    check(60, 10, 12, 0.6, None);
    check(60, 10, 12, 0.8, Some(13));
    check(60, 12, 12, 0.8, Some(13));
    check(300, 12, 12, 0.8, Some(15));
}

#[test]
fn adjustments() {
    let check = |adjustment: &str, minimum_change, change, running, desired| {
        let parameters = json!({ "metric": "memory", "scale_out": {
            "threshold": "50%", "datapoints": 1, "adjustment": adjustment, "minimum_change": minimum_change,
            "steps": [{ "change": change }],
        } });
        check(
            StepScaling::new(read(parameters)).unwrap(),
            &view(running, running, "memory", &[0.5]),
            desired,
        );
    };
    check("change-in-capacity", 0, 4, 10, Some(14));
    check("exact-capacity", 0, 25, 10, Some(25));
    check("exact-capacity", 0, 5, 10, None); // scaling out never removes
    check("percent-change-in-capacity", 2, 25, 4, Some(6)); // 25 % of 4 is 1, at least 2
    check("percent-change-in-capacity", 0, 10, 5, Some(6)); // 0.5 becomes 1
}

#[test]
fn schedules() {
    let parameters = json!({ "min": 2, "max": 40, "actions": [
        { "at": "8h", "every": "24h", "min": 10 }, { "at": "9h", "max": 20 }, { "at": "20h", "every": "24h", "min": 2 },
    ] });
    let check = |hours: f64, desired, wanted: Option<u32>, bounds: (u32, u32)| {
        let mut scaler =
            ServiceScaler::new(Box::new(Scheduled::new(&read(parameters.clone())).unwrap())).unwrap();
        let now = Time::ZERO + Span::from_seconds(hours * 3600.0);
        let view = ServiceScalingView {
            now,
            min: scaler.min(),
            max: scaler.max(),
            ..view(desired, desired, "cpu", &[])
        };
        let decision = scaler.decide(&view);
        assert_eq!(decision.desired, wanted, "{hours} h: {}", decision.reason);
        assert_eq!((decision.min.unwrap_or(view.min), decision.max.unwrap_or(view.max)), bounds);
    };
    check(0.0, 2, None, (2, 40));
    check(7.99, 2, None, (2, 40));
    check(8.0, 2, Some(10), (10, 40));
    check(8.0, 15, None, (10, 40));
    check(9.0, 30, Some(20), (10, 20));
    check(20.0, 15, None, (2, 20));
    check(33.0, 4, Some(10), (10, 20));
}

#[test]
fn schedules_by_the_calendar() {
    // Working days from nine to six, and a long evening on the last day of the month.
    let parameters = json!({ "min": 2, "max": 40, "actions": [
        { "cron": "cron(0 9 ? * MON-FRI *)", "min": 10 },
        { "cron": "0 18 * * ? *", "min": 2 },
        { "cron": "30 19 L * ? *", "min": 5, "max": 20 },
    ] });
    let check = |run_start: &str, hours: f64, bounds: (u32, u32)| {
        let policy = Scheduled::new(&read(parameters.clone())).unwrap();
        let mut scaler = ServiceScaler::new(Box::new(policy)).unwrap();
        let view = ServiceScalingView {
            now: Time::ZERO + Span::from_seconds(hours * 3600.0),
            run_start: run_start.parse().unwrap(),
            min: scaler.min(),
            max: scaler.max(),
            ..view(30, 30, "cpu", &[])
        };
        let decision = scaler.decide(&view);
        let found = (decision.min.unwrap_or(view.min), decision.max.unwrap_or(view.max));
        assert_eq!(found, bounds, "{run_start}, {hours} h later: {}", decision.reason);
    };
    // 2024-01-01 is a Monday.
    check("2024-01-01", 8.999, (2, 40));
    check("2024-01-01", 9.0, (10, 40));
    check("2024-01-01", 17.999, (10, 40));
    check("2024-01-01", 18.0, (2, 40));
    check("2024-01-06", 12.0, (2, 40)); // a Saturday
    check("2024-01-05", 33.0, (2, 40)); // Friday evening's, not Saturday's
    check("2024-01-05", 81.5, (10, 40)); // Monday again
    check("2024-01-01 12:00", 5.0, (2, 40)); // this morning's is over before the run starts
    check("2024-01-01 12:00", 21.0, (10, 40));
    check("2024-01-01 09:00", 0.0, (10, 40)); // due as the run starts
    check("2024-01-01 09:00:30", 1.0, (2, 40)); // half a minute too late
    check("2024-01-31", 19.5, (5, 20));
    check("2024-01-31", 33.0, (10, 20)); // the next morning sets the lower bound only
    check("2024-01-31 08:30:30", 0.5, (10, 40)); // minutes are the calendar's, not the run's
}

#[test]
fn several_scale_out_for_any_and_in_for_all() {
    let check = |cpu: f64, memory: f64, more: Value, desired| {
        let mut view = view(10, 10, "cpu", &[cpu; 15]);
        view.metrics.extend(self::view(10, 10, "memory", &[memory; 15]).metrics);
        let members: Vec<(String, Box<dyn ServiceScalingPolicy>)> = vec![
            ("cpu".into(), Box::new(tracking("cpu", "60%", &json!({})))),
            ("memory".into(), Box::new(tracking("memory", "60%", &more))),
        ];
        check(Several::new(members).unwrap(), &view, desired);
    };
    let both = || json!({});
    check(0.9, 0.3, both(), Some(15));
    check(0.9, 1.2, both(), Some(20));
    check(0.3, 0.58, both(), None);
    check(0.3, 0.42, both(), Some(7));
    check(0.3, f64::NAN, both(), None);
    check(0.3, 0.58, json!({ "disable_scale_in": true }), Some(5));
}

#[test]
fn what_begins_a_cooldown() {
    // Five tasks; CPU tracks 60 %, a schedule and bounds say what they say.
    let check = |cpu: f64, schedule: Value, bounds: (u32, u32), expected: Option<(u32, bool)>| {
        let view = ServiceScalingView { min: bounds.0, max: bounds.1, ..view(5, 5, "cpu", &[cpu; 15]) };
        let mut members: Vec<(String, Box<dyn ServiceScalingPolicy>)> =
            vec![("cpu".into(), Box::new(tracking("cpu", "60%", &json!({ "max": 100 }))))];
        if schedule.is_object() {
            let schedule = read(json!({ "max": 100, "actions": [schedule] }));
            members.push(("schedule".into(), Box::new(Scheduled::new(&schedule).unwrap())));
        }
        let decision = settle(&view, Several::new(members).unwrap().decide(&view));
        let found = decision.desired.map(|desired| (desired, !decision.begins_no_cooldown));
        assert_eq!(found, expected, "{cpu}, {schedule}, {bounds:?}: {}", decision.reason);
    };
    let none = || json!(null);
    let at_least = |min: u32| json!({ "at": "9h", "min": min });
    check(0.9, none(), (0, 100), Some((8, true)));
    check(0.3, none(), (0, 100), Some((3, true)));
    check(0.6, none(), (7, 100), Some((7, false)));
    check(0.3, none(), (7, 100), Some((7, false)));
    check(0.9, none(), (9, 100), Some((9, true)));
    check(0.9, none(), (0, 4), Some((4, false)));
    check(0.3, none(), (4, 100), Some((4, true)));
    check(0.6, at_least(7), (0, 100), Some((7, false)));
    check(0.9, at_least(7), (0, 100), Some((8, true)));
    check(0.9, at_least(8), (0, 100), Some((8, true)));
    check(0.9, at_least(20), (0, 100), Some((20, false)));
    check(0.6, json!({ "at": "9h", "max": 3 }), (0, 100), Some((3, false)));
    check(0.6, at_least(2), (0, 100), None);
}

#[test]
fn parameters_that_make_no_sense() {
    let check = |problems: Option<Vec<Problem>>, paths: &[&str]| {
        let problems = problems.unwrap_or_default();
        assert_eq!(
            problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(),
            paths,
            "{problems:?}"
        );
    };
    let tracking = |parameters| TargetTracking::new(read(parameters)).err();
    check(tracking(json!({ "metric": "cpu", "target": "600/min" })), &["target"]);
    check(tracking(json!({ "metric": "requests-per-target", "target": "60%" })), &["target"]);
    check(
        tracking(json!({ "metric": "cpu", "target": "0%", "scale_in_at_most": "101%" })),
        &["target", "scale_in_at_most"],
    );
    let steps = |steps: Value| {
        let alarm = json!({ "threshold": "50%", "steps": steps });
        StepScaling::new(read(json!({ "metric": "cpu", "scale_out": alarm }))).err()
    };
    check(steps(json!([])), &["scale_out.steps"]);
    check(steps(json!([{ "from": "5%", "change": 1 }])), &["scale_out.steps[0]"]);
    check(steps(json!([{ "change": 1 }, { "from": "5%", "change": 1 }])), &["scale_out.steps[1]"]);
    check(steps(json!([{ "to": "0%", "change": 1 }])), &["scale_out.steps[0]"]);
    check(steps(json!([{ "change": -1 }])), &["scale_out.steps[0].change"]);
    check(StepScaling::new(read(json!({ "metric": "cpu" }))).err(), &[""]);
    let datapoints = |datapoints: u32| {
        let alarm = json!({ "threshold": "50%", "datapoints": datapoints, "steps": [{ "change": 1 }] });
        StepScaling::new(read(json!({ "metric": "cpu", "scale_out": alarm }))).err()
    };
    check(datapoints(0), &["scale_out.datapoints"]);
    check(datapoints(15), &[]);
    check(datapoints(16), &["scale_out.datapoints"]);
    let scheduled = |actions| Scheduled::new(&read(json!({ "actions": actions }))).err();
    check(scheduled(json!([])), &["actions"]);
    check(
        scheduled(json!([{ "at": "1h" }, { "at": "1h", "every": "0s", "min": 3, "max": 2 }])),
        &["actions[0]", "actions[1].every", "actions[1].min"],
    );
    check(
        scheduled(json!([
            { "min": 2 }, { "every": "1h", "min": 2 }, { "cron": "0 9 * * *", "min": 2 },
            { "at": "1h", "cron": "0 9 * * ? *", "min": 2 }, { "every": "1h", "cron": "0 9 * * ? *", "min": 2 },
        ])),
        &["actions[0]", "actions[1].every", "actions[2].cron", "actions[3].cron", "actions[4].cron"],
    );
    let bounds = |min, max| {
        let parameters =
            TargetTrackingParameters { min, max, ..read(json!({ "metric": "cpu", "target": "60%" })) };
        ServiceScaler::new(Box::new(TargetTracking::new(parameters).unwrap())).err()
    };
    check(bounds(Some(2), Some(4)), &[]);
    check(bounds(Some(2), None), &["max"]);
    check(bounds(Some(5), Some(4)), &["min"]);
    let members: Vec<(String, Box<dyn ServiceScalingPolicy>)> = vec![
        ("one".into(), Box::new(Fixed(FixedParameters { count: 3 }))),
        ("two".into(), Box::new(Fixed(FixedParameters { count: 4 }))),
    ];
    check(Several::new(members).err(), &["", ""]);
}
