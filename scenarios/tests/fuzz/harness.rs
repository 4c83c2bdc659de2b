//! Many broken inputs for everything that reads text from outside: none of them may make it panic, hang, or take memory
//! without bound.
//!
//! Inputs are good ones, changed. One that makes a reader say something that it has not said before joins the good ones,
//! so that changes build on each other and reach further in; what is said takes the part that counters of branches
//! have in other fuzzers. All of it follows from a seed. `cargo test` has a short run of each target (`tests/fuzz.rs`),
//! `examples/fuzz.rs` runs for as long as one likes.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::luck::Luck;
use super::{json, mutate};

/// Something that reads text from outside.
pub(crate) trait Target {
    /// What it is called on the command line.
    fn name(&self) -> &'static str;
    /// Inputs to begin with, most of them good.
    fn seeds(&self) -> Vec<Vec<u8>>;
    /// Words that mean something to it.
    fn words(&self) -> Vec<String>;
    /// Whether inputs are JSON, and changes leave them so.
    fn is_json(&self) -> bool {
        false
    }
    /// Reads an input, and says what came of it in a few words.
    fn read(&mut self, input: &[u8]) -> String;
}

/// Most inputs that are built on.
const KEPT: usize = 4_000;

/// Longest time that one input may take: what takes longer would be taken for a hang. Wall time, on a machine that may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An input that a target does not stand.
#[derive(Debug)]
pub(crate) struct Found {
    /// The input.
    pub(crate) input: Vec<u8>,
    /// What happened.
    pub(crate) what: String,
}

/// How a run went.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Inputs read.
    pub(crate) executions: u64,
    /// Different things that were said of them.
    pub(crate) said: usize,
    /// The longest that one took.
    pub(crate) longest: Duration,
    /// What it did not stand, each kind of panic once.
    pub(crate) found: Vec<Found>,
}

/// Gives `target` so many inputs; `before` sees each of them first.
pub(crate) fn fuzz(
    target: &mut dyn Target,
    seed: u64,
    executions: u64,
    before: &mut dyn FnMut(u64, &[u8]),
) -> Outcome {
    let words = target.words();
    let mut luck = Luck::new(seed);
    let mut kept = target.seeds();
    let first = kept.len();
    let longest = 2 * kept.iter().map(Vec::len).max().unwrap_or(0).max(500);
    let (mut said, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    let mut outcome = Outcome::default();
    for number in 0..executions {
        let input = match kept.get(number as usize).filter(|_| (number as usize) < first) {
            Some(seed) => seed.clone(),
            None => changed(&kept, target.is_json(), &words, &mut luck),
        };
        before(number, &input);
        #[expect(clippy::disallowed_methods, reason = "a hang is told by the wall clock")]
        let began = Instant::now();
        let read = catch_unwind(AssertUnwindSafe(|| target.read(&input)));
        let took = began.elapsed();
        outcome.executions += 1;
        outcome.longest = outcome.longest.max(took);
        let trouble = match &read {
            Err(panic) => Some(format!("panicked: {}", message(&**panic))),
            Ok(_) if took > PATIENCE => Some(format!("took {took:?}")),
            Ok(_) => None,
        };
        if let Some(what) = trouble {
            if kinds.insert(shape(&what)) {
                outcome.found.push(Found { input, what });
            }
        } else if said.insert(shape(&read.unwrap_or_default()))
            && number as usize >= first
            && input.len() <= longest
        {
            match kept.len() {
                ..KEPT => kept.push(input),
                all => kept[first + luck.below(all - first)] = input,
            }
        }
    }
    outcome.said = said.len();
    outcome
}

fn changed(kept: &[Vec<u8>], is_json: bool, words: &[String], luck: &mut Luck) -> Vec<u8> {
    let (seed, other) = (&kept[luck.below(kept.len())], &kept[luck.below(kept.len())]);
    match is_json {
        true => json::mutated(seed, other, words, luck),
        false => mutate::text(seed, other, words, luck),
    }
}

/// What was said without what is particular to the input: names in back-quotes and numbers.
fn shape(text: &str) -> String {
    let words = text.split('`').step_by(2);
    words.flat_map(str::chars).filter(|letter| !letter.is_ascii_digit()).take(400).collect()
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
