use serde_json::json;

use super::moving::{is_same, put, to};
use super::*;

#[test]
fn values_move_and_laws_keep_their_shape() {
    let check = |written: Value, text: &str, expected: Value| {
        assert_eq!(to(&written, text), Ok(expected), "{written} to {text}");
    };
    check(json!("1min"), "30s", json!("30s"));
    check(json!("workers"), "apart", json!("apart"));
    check(json!(1.0), "0.6", json!(0.6));
    check(json!(10), "100", json!(100));
    check(
        json!({ "lognormal": { "p50": "30s", "p99": "80s" } }),
        "15s",
        json!({ "lognormal": { "p50": "15s", "p99": "40s" } }),
    );
    check(
        json!({ "lognormal": { "mean": "30s", "cv": 0.5 } }),
        "1min",
        json!({ "lognormal": { "mean": "60s", "cv": 0.5 } }),
    );
    check(json!({ "lognormal": { "p50": "150ms", "p99": "480ms" } }), "0s", json!("0s"));
    check(
        json!({ "uniform": { "low": "1s", "high": "3s" } }),
        "4s",
        json!({ "uniform": { "low": "2s", "high": "6s" } }),
    );
    check(
        json!({ "gamma": { "mean": "3s", "cv": 2.0 } }),
        "1s",
        json!({ "gamma": { "mean": "1s", "cv": 2.0 } }),
    );
    check(json!({ "fixed": { "after": "10min" } }), "60min", json!({ "fixed": { "after": "60min" } }));
    check(json!([0.8, 1.0, 1.2]), "flat", json!([1.0, 1.0, 1.0]));
    check(json!([0.5, 1.0, 1.5]), "1.25 at noon", json!([0.75, 1.0, 1.25]));
    assert!(to(&json!(1.0), "fast").is_err() && to(&json!([1.0, 1.2]), "steep").is_err());
}

#[test]
fn the_same_in_other_units_is_the_same() {
    let check = |a: Value, b: Value, expected: bool| assert_eq!(is_same(&a, &b), expected, "{a} and {b}");
    check(json!("1min"), json!("60s"), true);
    check(json!(1), json!(1.0), true);
    check(json!("workers"), json!("workers"), true);
    check(json!("1min"), json!("61s"), false);
    check(json!("workers"), json!("apart"), false);
}

#[test]
fn paths_lead_through_names_with_dots() {
    let check = |path: &str, expected: Value| {
        let mut root = json!({ "a": { "b.c": { "d": 1 }, "b": { "c": 2 } }, "list": [{ "x": { "y": 3 } }] });
        let found = put(&mut root, path, &json!("new"));
        let expected_found = !expected.is_null();
        assert_eq!(found, expected_found, "{path}: {root}");
        if found {
            assert_eq!(root, expected, "{path}");
        }
    };
    let new = "new";
    check("a.b.c.d", json!({ "a": { "b.c": { "d": new }, "b": { "c": 2 } }, "list": [{ "x": { "y": 3 } }] }));
    check("a.b.c", json!({ "a": { "b.c": new, "b": { "c": 2 } }, "list": [{ "x": { "y": 3 } }] }));
    check(
        "a.b.e",
        json!({ "a": { "b.c": { "d": 1 }, "b": { "c": 2, "e": new } }, "list": [{ "x": { "y": 3 } }] }),
    );
    check(
        "list[0].x.y",
        json!({ "a": { "b.c": { "d": 1 }, "b": { "c": 2 } }, "list": [{ "x": { "y": new } }] }),
    );
    check("list[1].x.y", Value::Null);
    check("nowhere.x", Value::Null);
}

/// Every assumption of every built-in scenario: its path leads somewhere, and what is said there is another fleet.
#[test]
fn every_setting_of_the_built_in_scenarios_can_be_moved() {
    let policies = sim_core::policy::Catalogue::builtin();
    let types = crate::catalogue::instance_types().map(|it| (it.name.clone(), it.clone())).collect();
    let traces = crate::trace::TraceFiles::new(std::path::Path::new(""));
    let platform = sim_core::model::Platform { instance_types: &types, policies: &policies, traces: &traces };
    let (mut moves, mut stay) = (0, Vec::new());
    for known in crate::builtin::all() {
        let check_trace = |spec: &sim_core::traffic::TraceSpec| crate::trace::check(&traces, spec);
        let surroundings = crate::file::Surroundings { platform: &platform, check_trace: &check_trace };
        let options = crate::file::Options::default();
        let scenario = crate::file::Scenario::load(known.text, known.name, &options, &surroundings).unwrap();
        for variant in &scenario.variants {
            let one = || std::iter::once((variant.name.as_str(), &variant.fleet));
            let plan = Plan::outline(one()).checked(&one(), &|fleet| fleet.problems(&platform));
            for of in &plan.moves {
                for side in Side::BOTH.into_iter().filter(|side| matches!(of.end(*side), End::To(_))) {
                    let moved = moved(&variant.fleet, &of.setting, side).unwrap().unwrap();
                    assert_ne!(moved, variant.fleet, "{} of {}", of.setting, known.name);
                    moves += 1;
                }
                for side in Side::BOTH {
                    stay.extend(match of.end(side) {
                        End::Impossible { why, .. } => Some(format!("{}: {why}", of.setting)),
                        _ => None,
                    });
                }
            }
            stay.extend(plan.unmoved.iter().map(|it| format!("{}: {}", it.setting, it.why)));
        }
    }
    assert!(moves > 500, "{moves}");
    // Half a gigabyte is the most that these tasks may use: a gigabyte at rest makes no sense for them.
    let known = |line: &str| line.ends_with(": no setting says it") || line.ends_with("killed at its start");
    stay.retain(|line| !known(line));
    assert_eq!(stay, Vec::<String>::new());
}

#[test]
fn a_plan_says_what_is_moved_and_what_is_not() {
    let fleet = |speed: f64| -> FleetSpec {
        serde_json::from_value(json!({
            "work": { "page": { "cpu": { "constant": "8ms" } } },
            "services": { "web": { "platform": "lambda", "work": "page", "memory": "512MB", "runtime": "nodejs22",
                "provisioned_concurrency": { "fixed": { "count": 1 } } } },
            "hardware": { "lambda_x86": speed },
        }))
        .unwrap()
    };
    let (usual, stated) = (fleet(1.0), fleet(0.9));
    let variants = [("usual", &usual), ("stated", &stated)];
    let too_slow = |fleet: &FleetSpec| match fleet.hardware.lambda_x86 < 1.0 {
        true => vec![Problem::new("hardware.lambda_x86", "too slow")],
        false => Vec::new(),
    };
    let outline = Plan::outline(variants.into_iter());
    let speed =
        |plan: &Plan| plan.moves.iter().find(|it| it.setting == "hardware.lambda_x86").cloned().unwrap();
    assert_eq!(speed(&outline).low, End::To("0.6".into()));
    // The one that states its speed has nothing to say about that of the other.
    assert_eq!(speed(&outline).variants, ["usual"]);
    let only = |name: &'static str| move |it: &(&str, &FleetSpec)| it.0 == name;
    let plan = outline.clone().checked(&variants.into_iter().filter(only("usual")), &too_slow);
    let low = End::Impossible { value: "0.6".into(), why: "usual: hardware.lambda_x86: too slow".into() };
    assert_eq!((speed(&plan).low, speed(&plan).high), (low, End::To("1.6".into())));
    assert!(
        plan.unmoved.iter().any(|it| it.setting.ends_with("(preparation)") && it.why == "no setting says it")
    );
    assert!(plan.runs(3) < outline.runs(3) && plan.runs(3).is_multiple_of(3));
}
