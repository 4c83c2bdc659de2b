//! A short run of every fuzz target, the same inputs every time; `examples/fuzz.rs` goes on for as long as one likes.

#[path = "fuzz/harness.rs"]
mod harness;
#[path = "fuzz/json.rs"]
mod json;
#[path = "fuzz/luck.rs"]
mod luck;
#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/saved.rs"]
mod saved;
#[path = "fuzz/targets.rs"]
mod targets;
#[path = "fuzz/traces.rs"]
mod traces;

/// Inputs of each target.
const SHORT: u64 = 20_000;

#[track_caller]
fn check(name: &str, executions: u64) {
    let (_, target) = targets::ALL.iter().find(|(known, _)| *known == name).expect("a target");
    let mut target = target();
    let outcome = harness::fuzz(&mut *target, 1, executions, &mut |_, _| {});
    println!(
        "{name}: {} executions, {} outcomes, the longest {:?}",
        outcome.executions, outcome.said, outcome.longest
    );
    let found: Vec<String> = outcome
        .found
        .iter()
        .map(|it| format!("{}\n{}", it.what, String::from_utf8_lossy(&it.input)))
        .collect();
    assert!(found.is_empty(), "{name}: {} found\n{}", found.len(), found.join("\n\n"));
    assert_eq!(target.name(), name);
    assert!(outcome.said > 20, "{name}: the inputs reach nothing, {} outcomes", outcome.said);
}

#[test]
fn scenarios() {
    check("scenario", SHORT / 20);
}

#[test]
fn overrides() {
    check("set", SHORT / 20);
}

#[test]
fn traces() {
    check("requests", SHORT);
    check("counts", SHORT);
    check("azure", SHORT);
}

#[test]
fn policies() {
    check("decide", SHORT);
}

#[test]
fn saved_results() {
    check("record", SHORT / 20);
    check("manifest", SHORT / 20);
    check("prices", SHORT / 20);
}
