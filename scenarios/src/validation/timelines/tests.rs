//! The quick set, and that a band can be missed.

use super::*;
use crate::validation::Effort;
use crate::validation::surroundings::Builtin;

fn judged(timeline: Timeline) -> TimelineResult {
    judge(timeline, &Builtin::new(), Effort::Quick, &|| {})
}

fn of(name: &str) -> Timeline {
    timelines().into_iter().find(|it| it.name == name).expect("there is such a timeline")
}

#[test]
fn timelines_lie_in_their_bands() {
    let failed: Vec<String> = timelines()
        .into_iter()
        .map(judged)
        .flat_map(|it| it.measures.into_iter().map(move |measure| (it.name, measure)))
        .inspect(|(name, it)| {
            println!("{name}: {} {:?} in {:?}, {} inside", it.quantity, it.range(), it.band, it.inside());
        })
        .filter(|(_, measure)| !measure.passes())
        .map(|(name, it)| format!("{name}: {} {:?} not in {:?}", it.quantity, it.values, it.band))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn a_step_too_slow_or_left_out_is_noticed() {
    let check = |name: &str, settings: &str| {
        let timeline = of(name);
        let scenario = format!("{}\n{settings}\n", timeline.scenario);
        let found = judged(Timeline { scenario, ..timeline });
        assert!(!found.passes(), "{name} with {settings}: {:?}", found.measures);
    };
    check("service-scale-out-fargate", "[telemetry]\ncontainer_lag = \"4min\"");
    check("service-scale-out-free-room", "[telemetry]\ncontainer_lag = \"0s\"");
    check("service-scale-out-full-cluster", "boot = \"0s\"\nlaunch = \"0s\"\nwarm_up = \"0s\"");
    check("second-wave-of-instances", "warm_up = \"0s\"");
    check("five-thousand-at-once", "lambda_scaling_rate = \"200/s\"");
}

#[test]
fn what_does_not_happen_lies_in_no_band() {
    let timeline = of("rolling-update");
    let scenario = timeline.scenario.replace("at = \"20min\" }", "at = \"34min\" }");
    let found = judged(Timeline { scenario, ..timeline });
    let [replaced, least] = &found.measures[..] else { panic!("two measures") };
    assert!(!replaced.passes() && replaced.range().is_none(), "{replaced:?}");
    assert!(least.passes(), "{least:?}");
}
