//! The swarm: thousands of random scenarios under all checkers. `fleetsim swarm` soaks longer.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use scenarios::swarm::{Soak, Swarm};

/// How many scenarios.
const SCENARIOS: u64 = 3000;

#[test]
fn thousands_of_scenarios_hold() {
    let swarm = Swarm::default();
    let patience = Some(Duration::from_secs(120));
    let soak = Soak { seeds: 0..SCENARIOS, patience, ..Soak::default() };
    let hangs = |seed: u64, text: &str| {
        eprintln!("seed {seed} does not come back:\n{text}");
        std::process::exit(1);
    };
    let soaked = swarm.soak(&soak, &AtomicBool::new(false), &|_, _| {}, &hangs);
    let ran = &soaked.ran;
    println!(
        "{} scenarios, {} runs, {} requests, {} decisions, {} facts, {} events",
        soaked.scenarios, ran.runs, ran.requests, ran.decisions, ran.facts, ran.events
    );
    let failed: Vec<String> =
        soaked.failed.iter().map(|it| format!("seed {}: {}\n{}", it.seed, it.failure, it.shrunk)).collect();
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n\n"));
    assert!(ran.requests > 1_000_000 && ran.decisions > 100_000, "the swarm does something: {ran:?}");
}
