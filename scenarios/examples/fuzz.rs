//! Fuzzes everything that reads text from outside, for as long as one likes:
//!
//! ```sh
//! export CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true
//! cargo build --release -p scenarios --example fuzz
//! ulimit -v 1048576        # 1 GiB: more memory than that is found as well.
//! target/release/examples/fuzz decide 1000000 7          # target (or `all`), executions of each, seed
//! target/release/examples/fuzz decide --input FILE       # one input again
//! ```
//!
//! What is found is written to `fuzz-found/`, and the input that is being read to `fuzz-now-TARGET`, where it still is if
//! the process was ended from outside, or ran out of memory. Nothing found, the exit code is 0.

#![expect(clippy::disallowed_methods, reason = "how long it took is for the terminal only")]

#[path = "../tests/fuzz/harness.rs"]
mod harness;
#[path = "../tests/fuzz/json.rs"]
mod json;
#[path = "../tests/fuzz/luck.rs"]
mod luck;
#[path = "../tests/fuzz/mutate.rs"]
mod mutate;
#[path = "../tests/fuzz/saved.rs"]
mod saved;
#[path = "../tests/fuzz/targets.rs"]
mod targets;
#[path = "../tests/fuzz/traces.rs"]
mod traces;

use std::fs::{self, File};
use std::io::{Seek as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [target, "--input", file] => again(target, file),
        [target, executions, seed] => {
            let (executions, seed) = (executions.parse().expect("a number"), seed.parse().expect("a number"));
            std::panic::set_hook(Box::new(|_| {}));
            let chosen = targets::ALL.iter().filter(|(name, _)| *target == "all" || target == name);
            let clean =
                chosen.map(|(_, target)| run(&mut *target(), executions, seed)).filter(|fine| !fine).count()
                    == 0;
            ExitCode::from(u8::from(!clean))
        }
        _ => {
            let names: Vec<&str> = targets::ALL.iter().map(|(name, _)| *name).collect();
            eprintln!(
                "fuzz TARGET EXECUTIONS SEED, or fuzz TARGET --input FILE; targets: all, {}",
                names.join(", ")
            );
            ExitCode::from(2)
        }
    }
}

/// Reads one input again, with panics as they come.
fn again(target: &str, file: &str) -> ExitCode {
    let input = fs::read(file).expect("the file can be read");
    let (_, target) = targets::ALL.iter().find(|(name, _)| name == &target).expect("a target");
    let began = Instant::now();
    println!("{}\nin {:?}", target().read(&input), began.elapsed());
    ExitCode::SUCCESS
}

fn run(target: &mut dyn harness::Target, executions: u64, seed: u64) -> bool {
    let name = target.name();
    let now = format!("fuzz-now-{name}");
    let mut file = File::create(&now).expect("the folder can be written");
    let began = Instant::now();
    let at = Arc::new(AtomicU64::new(0));
    watch(name, &at);
    let outcome = harness::fuzz(target, seed, executions, &mut |number, input| {
        at.store(number + 1, Ordering::Relaxed);
        let kept = file
            .rewind()
            .and_then(|()| file.write_all(input))
            .and_then(|()| file.set_len(input.len() as u64));
        kept.expect("the folder can be written");
    });
    at.store(u64::MAX, Ordering::Relaxed);
    let harness::Outcome { executions, said, longest, found } = outcome;
    let (seconds, kinds) = (began.elapsed().as_secs_f64(), found.len());
    println!(
        "{name}: {executions} executions in {seconds:.0} s, {said} outcomes, the longest {longest:?}, {kinds} found{}",
        peak()
    );
    for (index, found) in found.iter().enumerate() {
        fs::create_dir_all("fuzz-found").expect("the folder can be written");
        let path = format!("fuzz-found/{name}-{seed}-{index}");
        fs::write(&path, &found.input).expect("the folder can be written");
        println!("  {path}: {}", found.what);
    }
    drop(fs::remove_file(now));
    found.is_empty()
}

/// Ends the process where one input takes far too long: what hangs says nothing by itself.
fn watch(name: &'static str, at: &Arc<AtomicU64>) {
    let at = at.clone();
    std::thread::spawn(move || {
        let mut last = 0;
        loop {
            std::thread::sleep(3 * harness::PATIENCE);
            match at.load(Ordering::Relaxed) {
                u64::MAX => return,
                number if number == last => {
                    println!("{name}: input {number} hangs; it is in fuzz-now-{name}");
                    std::process::exit(1);
                }
                number => last = number,
            }
        }
    });
    std::thread::sleep(Duration::from_millis(1));
}

/// The most memory that the process has had, where the system says so.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(String::new, |kib| format!(", at most {} of memory", kib.trim()))
}
