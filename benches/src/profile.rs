//! Where the time of a case goes, by part of the simulator.
//!
//! A sampling profiler of the system (`perf`) notes where the processor is, a few thousand times a second; each address is
//! traced back to the innermost line of this workspace's sources that it was compiled from (`addr2line`), through all that
//! was inlined. So the time of a logarithm belongs to the draw that asked for it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the system puts a program that it does not put at random places (Linux on x86-64).
const BASE: u64 = 0x5555_5555_4000;

/// The parts, by what a source file's path contains; the first that matches counts.
const PARTS: &[(&str, &[&str])] = &[
    ("draw", &["libm", "sim-core/src/random", "sim-core/src/traffic"]),
    ("queue", &["sim-core/src/engine", "model/event.rs"]),
    ("route", &["sim-core/src/policy", "model/container.rs"]),
    ("record", &["sim-core/src/metrics", "sim-core/src/cost", "sim-core/src/observe", "scenarios/src"]),
    ("serve", &["sim-core/src"]),
];

/// What belongs to no part.
const ELSEWHERE: &str = "elsewhere";

/// The parts' names, and that of the rest, in the order of a request's life.
pub const NAMES: [&str; 6] = ["draw", "queue", "route", "serve", "record", ELSEWHERE];

/// The share of time that each part of [`NAMES`] takes of the case called `name`.
///
/// # Errors
/// If a tool is missing or fails.
pub fn profile(name: &str) -> Result<[f64; NAMES.len()], String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let data = folder.path().join("perf.data");
    run(Command::new("setarch")
        .arg("-R")
        .args(["perf", "record", "-q", "-F", "4999", "-o"])
        .arg(&data)
        .arg(&program)
        .args(["one", name]))?;
    let samples = run(Command::new("perf").args(["script", "-F", "ip", "-i"]).arg(&data))?;
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    for ip in samples.lines().filter_map(|line| u64::from_str_radix(line.trim(), 16).ok()) {
        *counts.entry(ip).or_default() += 1;
    }
    let places = places(&program, counts.keys().copied())?;
    let mut parts: BTreeMap<&str, u64> = BTreeMap::new();
    for (ip, count) in &counts {
        *parts.entry(places.get(ip).copied().unwrap_or(ELSEWHERE)).or_default() += count;
    }
    let total: u64 = counts.values().sum();
    Ok(NAMES.map(|part| parts.get(part).copied().unwrap_or_default() as f64 / total as f64))
}

/// The part that each address belongs to.
fn places(program: &Path, ips: impl Iterator<Item = u64>) -> Result<BTreeMap<u64, &'static str>, String> {
    let mut child = Command::new("addr2line")
        .args(["-a", "-i", "-e"])
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("addr2line (binutils): {error}"))?;
    let text: String = ips.filter(|ip| *ip >= BASE).map(|ip| format!("{:x}\n", ip - BASE)).collect();
    let mut input = child.stdin.take().ok_or("no input")?;
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    writer.join().map_err(|_| "writing failed")?.map_err(|error| error.to_string())?;
    let mut places = BTreeMap::new();
    let mut ip = 0;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some(address) = line.strip_prefix("0x") {
            ip = u64::from_str_radix(address, 16).unwrap_or_default() + BASE;
        } else if let Some(part) = part(line) {
            places.entry(ip).or_insert(part);
        }
    }
    Ok(places)
}

fn part(file: &str) -> Option<&'static str> {
    let of = |(_, paths): &&(&str, &[&str])| paths.iter().any(|path| file.contains(path));
    PARTS.iter().find(of).map(|(part, _)| *part)
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
