//! Pre-warming: environments that are unloaded and loaded again by each function's own idle times.

use serde_json::{Value, json};
use sim_core::observe::{Billable, DecisionKind, Gauge, Outcome, Part};

use crate::facts::{Facts, SERVICE, facts};
use crate::functions::function;
use crate::{every, one_service, patched, within};

/// A request of a second, so many an hour, under a keep-alive policy, for some hours.
fn kept(rate: &str, policy: &Value, hours: u32) -> Facts {
    let function = patched(&function(&json!({})), &json!({ "keep_alive": policy }));
    facts(&one_service(&every(rate), "1s", &function), &format!("{}min", hours * 60 + 1), 0)
}

fn hybrid() -> Value {
    json!({ "hybrid-histogram": {} })
}

fn fixed(minutes: u32) -> Value {
    json!({ "fixed": { "after": format!("{minutes}min") } })
}

/// Cold starts by the number of the request, from 1.
fn cold(facts: &Facts) -> Vec<usize> {
    let begun = facts.begun();
    (1..).zip(begun).filter(|(_, (_, cold))| *cold).map(|(number, _)| number).collect()
}

/// A function that is called every 30 minutes is kept until it is known, which takes five idle times; then an
/// environment is there from minute 26.1 on, and never one too late.
#[test]
fn a_regular_function_is_pre_warmed_and_costs_less() {
    let hours = 48;
    let held = |facts: &Facts| facts.mean(SERVICE, Gauge::Environments, 36_000.0, 172_800.0);
    let learned = kept("2/h", &hybrid(), hours);
    assert_eq!(cold(&learned), [1]);
    // Held for the request's second and from 26.1 minutes after it on, of every 30.
    within("held by the hybrid policy", held(&learned), 0.12, 0.14);
    let (short, long) = (kept("2/h", &fixed(10), hours), kept("2/h", &fixed(60), hours));
    assert_eq!((cold(&short).len(), cold(&long).len()), (96, 1));
    within("held for ten minutes", held(&short), 0.33, 0.34);
    within("held for an hour", held(&long), 0.999, 1.001);
}

/// What happens when, to the second: idle from 1 s after a request, loaded after 26.1 min, ready 16 ms later.
#[test]
fn an_environment_is_loaded_when_its_window_is_over() {
    let facts = kept("2/h", &hybrid(), 6);
    let levels = facts.levels(SERVICE, Gauge::Environments);
    let changes: Vec<(f64, u64)> = levels
        .into_iter()
        .filter(|(at, _)| *at > 3.25 * 3600.0)
        .map(|(at, level)| (at.round(), level))
        .collect();
    // The sixth request, at 3 h, ended the fifth idle time.
    let of_request = |number: f64| [(number * 1800.0 + 1.0, 0), (number * 1800.0 + 1.0 + 1566.0, 1)];
    assert_eq!(changes[0], (3.0 * 3600.0 + 1.0 + 1566.0, 1));
    assert_eq!(changes[1..5], [of_request(7.0), of_request(8.0)].concat());
    // What is loaded ahead is not billed, and its first request waits for nothing.
    let inits =
        facts.bills().filter(|bill| matches!(bill, Billable::Invocation { init, .. } if !init.is_zero()));
    assert_eq!((inits.count(), facts.count(Outcome::Ok)), (1, 12));
    assert!(facts.finished().skip(1).all(|it| it.parts.get(Part::ColdStart).is_zero()));
    let mut notes = facts.decisions(DecisionKind::KeepAlive);
    assert!(notes.any(|note| note.reason.contains("loaded ahead after 26.1min")));
}

/// A call that comes before the window is over finds nothing, and what was to be loaded is not; one that comes
/// later than the tail finds it gone.
#[test]
fn an_arrival_cancels_and_a_late_one_is_cold() {
    let spec = |steps: Value| {
        let function = patched(&function(&json!({})), &json!({ "keep_alive": hybrid() }));
        let arrivals = json!({ "deterministic": { "rate": "2/h", "shape": { "steps": steps } } });
        one_service(&arrivals, "1s", &function)
    };
    // Every half hour for ten hours; then nothing for an hour and a half, when the environment is unloaded at 33 minutes.
    let pause = json!([
        { "at": "0s", "factor": 1 }, { "at": "601min", "factor": 0 }, { "at": "11h", "factor": 1 },
    ]);
    let late = facts(&spec(pause), "14h", 0);
    assert_eq!(cold(&late), [1, 21]);
    assert_eq!(late.level_at(SERVICE, Gauge::Environments, 36_000.0 + 31.0 * 60.0), 1);
    assert_eq!(late.level_at(SERVICE, Gauge::Environments, 36_000.0 + 34.0 * 60.0), 0);
    // From ten hours on every 20 minutes: the first of these finds nothing, and nothing is loaded 26 minutes after.
    let faster = json!([{ "at": "0s", "factor": 1 }, { "at": "601min", "factor": 1.5 }]);
    let early = facts(&spec(faster), "625min", 0);
    assert_eq!(cold(&early), [1, 21]);
}

/// A function that is called every 20 seconds is soon known to be idle for less than a minute. When the calls end, so
/// does its environment, 66 seconds (a bin and the margin) later, although it was at first to be kept for four hours.
#[test]
fn a_shorter_keep_alive_holds_for_what_becomes_idle_after_it() {
    let function = patched(&function(&json!({})), &json!({ "keep_alive": hybrid() }));
    let steps = json!([{ "at": "0s", "factor": 1 }, { "at": "601s", "factor": 0 }]);
    let arrivals = json!({ "deterministic": { "rate": "3/min", "shape": { "steps": steps } } });
    let facts = facts(&one_service(&arrivals, "1s", &function), "1h", 0);
    let last = facts.begun().last().unwrap().0 + 1.0;
    assert_eq!((cold(&facts), (last - 601.0).abs() < 1.0), (vec![1], true), "{last}");
    let at = |seconds: f64| facts.level_at(SERVICE, Gauge::Environments, last + seconds);
    assert_eq!((at(65.0), at(67.0)), (1, 0));
}

/// Each function of a fleet by its own: of three, two are regular with different periods.
#[test]
fn functions_of_a_fleet_are_learned_apart() {
    let mut function = function(&json!({ "functions": "fleet" }));
    function["keep_alive"] = hybrid();
    for key in ["memory", "work"] {
        function.as_object_mut().unwrap().remove(key);
    }
    let spec = json!({
        "populations": { "fleet": { "functions": { "synthetic": { "count": 300, "max_rate": "1/min" } } } },
        "sources": { "all": { "to": "service", "arrivals": { "population": "fleet" } } },
        "services": { "service": function },
    });
    let learned = facts(&spec, "30h", 0);
    let share = |facts: &Facts| {
        let begun: Vec<bool> =
            facts.begun().into_iter().filter(|(at, _)| *at > 36_000.0).map(|(_, cold)| cold).collect();
        begun.iter().filter(|cold| **cold).count() as f64 / begun.len() as f64
    };
    let mut usual = spec.clone();
    usual["services"]["service"]["keep_alive"] = fixed(10);
    let usual = facts(&usual, "30h", 0);
    assert!(share(&learned) < 0.5 * share(&usual), "{} {}", share(&learned), share(&usual));
    let notes: Vec<_> = learned.decisions(DecisionKind::KeepAlive).collect();
    assert!(
        (5..=31).contains(&notes.len()) && notes.last().unwrap().reason.contains("loaded ahead"),
        "{notes:?}"
    );
}
