//! `fleetbench`: how fast fleetsim is beside bare loops that do the same work, in one table.
//!
//! Every figure is of a process of its own, so that peak memory is that of one case and no case warms another's caches.
//! What is compared is run in turn, round by round: what the machine does meanwhile slows both alike.

#![expect(clippy::disallowed_methods, reason = "measuring time is what this program is for")]

use std::process::{Command, ExitCode};
use std::time::Instant;

use benches::cases::{self, Case};
use benches::placement::{Prepared, STRATEGIES};
use benches::profile::{NAMES, profile};
use clap::Parser;
use serde::{Deserialize, Serialize};

/// How fast fleetsim is, beside bare loops that do the same work.
#[derive(Parser)]
enum Arguments {
    /// Prints the tables: requests beside bare loops and, of all cases, two threads beside one, placement and memory.
    Table {
        /// Only cases whose name contains this.
        #[arg(default_value = "")]
        name: String,
        /// How many times each case is run; medians are shown.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
        rounds: u16,
        /// Ends with an error if a request takes more bare loops than it may at least be held to.
        #[arg(long)]
        hold: bool,
        /// Also what takes minutes: a million functions for a day, a hundred million requests of one service.
        #[arg(long)]
        long: bool,
    },
    /// Prints how many tasks a second each strategy places.
    Placement,
    /// Runs one case in this process and prints what it took as JSON; for profilers as well.
    One {
        /// Its name.
        name: String,
    },
    /// Prints where the time of cases goes, by part. Needs `perf`, `setarch` and `addr2line`.
    Profile {
        /// Only cases whose name contains this.
        #[arg(default_value = "")]
        name: String,
    },
    /// Lists the cases.
    List,
}

/// What one run of a case took.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Measured {
    requests: u64,
    seconds: f64,
    peak_mib: f64,
}

impl Measured {
    fn nanos(&self) -> f64 {
        self.seconds * 1e9 / self.requests as f64
    }
}

fn main() -> ExitCode {
    let done = match Arguments::parse() {
        Arguments::List => {
            let all = cases::ALL.iter().chain(cases::ALONE);
            all.for_each(|case| println!("{:40} {}", case.name, case.about));
            Ok(())
        }
        Arguments::One { name } => one(&name),
        Arguments::Table { name, rounds, hold, long } => requests(&name, rounds).and_then(|short| {
            if name.is_empty() {
                others(rounds, long)?;
            }
            let list = short.join(", ");
            if hold && !short.is_empty() { Err(format!("above what is held: {list}")) } else { Ok(()) }
        }),
        Arguments::Placement => {
            placements();
            Ok(())
        }
        Arguments::Profile { name } => profiles(&name),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn one(name: &str) -> Result<(), String> {
    let case = cases::find(name).ok_or_else(|| format!("no case `{name}`; `list` shows all"))?;
    let begin = Instant::now();
    let requests = (case.run)();
    let seconds = begin.elapsed().as_secs_f64();
    let measured = Measured { requests, seconds, peak_mib: peak_mib() };
    println!("{}", serde_json::to_string(&measured).map_err(|error| error.to_string())?);
    Ok(())
}

/// The most memory that this process has had, where the system tells (Linux).
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.map_or(0.0, |kib| kib / 1024.0)
}

/// Runs a case in a process of its own.
fn child(case: &str) -> Result<Measured, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program).args(["one", case]).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("{case}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{case}: {error}"))
}

/// Runs two cases in turn.
fn in_turn(one: &str, other: &str, rounds: u16) -> Result<Vec<(Measured, Measured)>, String> {
    (0..rounds).map(|_| Ok((child(one)?, child(other)?))).collect()
}

fn median<T>(items: &[T], value: impl Fn(&T) -> f64) -> f64 {
    let mut values: Vec<f64> = items.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The cases whose name contains this, with their bare loops.
fn compared(name: &str) -> Result<Vec<(&'static Case, &'static str)>, String> {
    let named = cases::ALL.iter().filter(|case| case.name.contains(name));
    let compared: Vec<_> = named.filter_map(|case| Some((case, case.limit?))).collect();
    if compared.is_empty() {
        return Err(format!(
            "no case that is compared with a bare loop has `{name}` in its name; `list` shows all"
        ));
    }
    Ok(compared)
}

/// Prints the table of requests and returns which cases take longer than they may.
fn requests(name: &str, rounds: u16) -> Result<Vec<&'static str>, String> {
    let (mut short, cases) = (Vec::new(), compared(name)?);
    println!("| Work | ns a request | ns of the bare loop | ratio | at most | aim | peak MiB |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (case, limit) in cases {
        let pairs = in_turn(limit, case.name, rounds)?;
        let ratio = median(&pairs, |pair| pair.1.nanos() / pair.0.nanos());
        short.extend(case.held.filter(|(least, _)| ratio > *least).map(|_| case.name));
        let (least, aim) =
            case.held.map_or(("".into(), "".into()), |held| (held.0.to_string(), held.1.to_string()));
        println!(
            "| {} | {:.1} | {:.1} | {ratio:.2} | {least} | {aim} | {:.1} |",
            case.about,
            median(&pairs, |pair| pair.1.nanos()),
            median(&pairs, |pair| pair.0.nanos()),
            median(&pairs, |pair| pair.1.peak_mib),
        );
    }
    Ok(short)
}

fn others(rounds: u16, long: bool) -> Result<(), String> {
    let pairs = in_turn("launch-day/1", "launch-day/2", rounds)?;
    println!("\n| launch-day | seconds |\n|---|---:|");
    println!("| on one thread | {:.1} |", median(&pairs, |pair| pair.0.seconds));
    println!("| on two threads | {:.1} |", median(&pairs, |pair| pair.1.seconds));
    println!("| one against two | {:.2} |", median(&pairs, |pair| pair.0.seconds / pair.1.seconds));
    println!();
    placements();
    println!("\n| Memory of | bytes |\n|---|---:|");
    for memory in cases::MEMORY {
        let (few, many) = (child(memory.cases.0)?, child(memory.cases.1)?);
        println!("| {} | {:.0} |", memory.about, (many.peak_mib - few.peak_mib) * 1_048_576.0 / memory.more);
    }
    if !long {
        return Ok(());
    }
    println!("\n| Work | seconds | ns a request | peak MiB |\n|---|---:|---:|---:|");
    for name in cases::LONG {
        let case = cases::find(name).ok_or("a case that is not there")?;
        let measured = child(name)?;
        let Measured { seconds, peak_mib, .. } = measured;
        println!("| {} | {seconds:.1} | {:.1} | {peak_mib:.1} |", case.about, measured.nanos());
    }
    Ok(())
}

/// How many placements are timed at once, and how often; the median counts.
const PLACEMENTS: u64 = 50_000;
const BATCHES: usize = 5;

fn placements() {
    const INSTANCES: [usize; 4] = [100, 1_000, 10_000, 100_000];
    println!(
        "| Thousand placements a second on so many instances | 100 | 1,000 | 10,000 | 100,000 | cost, 1,000 to 100,000 |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for strategy in STRATEGIES {
        for (churn, mode) in [(false, "filling"), (true, "with churn")] {
            let rates = INSTANCES.map(|instances| rate(strategy, instances, churn));
            let shown: Vec<String> = rates.iter().map(|rate| format!("{:.0}", rate / 1e3)).collect();
            println!("| {strategy}, {mode} | {} | {:.1}x |", shown.join(" | "), rates[1] / rates[3]);
        }
    }
}

/// Placements a second.
fn rate(strategy: &str, instances: usize, churn: bool) -> f64 {
    let mut cluster = Prepared::new(strategy, instances, churn);
    let batch = |_| {
        let begin = Instant::now();
        cluster.place(PLACEMENTS);
        PLACEMENTS as f64 / begin.elapsed().as_secs_f64()
    };
    let rates: Vec<f64> = (0..BATCHES).map(batch).collect();
    median(&rates, |rate| *rate)
}

fn profiles(name: &str) -> Result<(), String> {
    let cases = compared(name)?;
    println!("| Work | {} |\n|---|{}", NAMES.join(" | "), "---:|".repeat(NAMES.len()));
    for (case, _) in cases {
        let shares = profile(case.name)?.map(|share| format!("{:.0} %", share * 100.0));
        println!("| {} | {} |", case.about, shares.join(" | "));
    }
    Ok(())
}
