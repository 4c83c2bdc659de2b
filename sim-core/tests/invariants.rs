//! What holds whatever happens: a swarm of random scenarios under the eyes of an outside checker.
//!
//! A failure names its scenarios; `seed(N)` in a test of one's own repeats one.

mod common;
#[path = "invariants/scenario.rs"]
mod scenario;

use std::panic::catch_unwind;

use common::{checked, instance_types, run, run_of};
use scenario::scenario;
use sim_core::check::Checker;
use sim_core::engine::{Span, Time, Window};
use sim_core::model::Run;
use sim_core::random::Luck;

/// How many scenarios the swarm has.
const SCENARIOS: u64 = 400;

/// Runs the scenario of one seed and returns requests, decisions and facts.
fn seed(seed: u64) -> [u64; 3] {
    let (spec, minutes) = scenario(seed);
    let fleet = checked(&spec);
    let luck = Luck { root: seed, replication: 0 };
    let duration = Span::from_secs(60 * minutes);
    // A backlog on a throttled instance may take hours.
    let length = Run { drain: Span::from_secs(500_000), ..run_of(duration, luck) };
    let measured = Window::new(Time::ZERO, Time::ZERO + duration);
    let checker = Checker::new(&fleet, &instance_types(), measured);
    let findings = run(&fleet, length, checker).probe.close(None);
    assert!(findings.is_clean(), "{findings}");
    assert_eq!(findings.unfinished, 0, "requests that nothing ever ends");
    [findings.requests, findings.decisions, findings.facts]
}

/// Every `stride`-th scenario from `first` on. A scenario that fails says why by itself; the list of all that did comes
/// at the end.
fn swarm(first: u64, stride: usize) {
    let (mut seen, mut failed) = ([0; 3], Vec::new());
    for number in (first..SCENARIOS).step_by(stride) {
        match catch_unwind(|| seed(number)) {
            Ok(more) => seen.iter_mut().zip(more).for_each(|(seen, more)| *seen += more),
            Err(_) => {
                eprintln!("^ scenario {number}");
                failed.push(number);
            }
        }
    }
    let [requests, decisions, facts] = seen;
    println!("{requests} requests, {decisions} decisions, {facts} facts");
    let example = failed.first().map(|number| format!("{:#}", scenario(*number).0)).unwrap_or_default();
    assert!(failed.is_empty(), "scenarios {failed:?} failed; the first is {example}");
    assert!(requests > 10_000 && decisions > 1000, "the swarm does something: {seen:?}");
}

// Two halves, so that two cores share them.

#[test]
fn swarm_of_even_seeds() {
    swarm(0, 2);
}

#[test]
fn swarm_of_odd_seeds() {
    swarm(1, 2);
}
