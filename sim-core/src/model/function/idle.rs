//! How long functions are idle, for the keep-alive policies that are asked again and again.
//!
//! Kept only for those: a fleet may have a million functions, and a policy that is asked once needs no history.

use crate::engine::{Span, Time};
use crate::observe::FunctionId;
use crate::policy::view::IdleTimes;

/// The width of a bin, and how many there are: four hours of minutes (Shahrad et al., "Serverless in the Wild", ATC
/// 2020).
const BIN: Span = Span::from_secs(60);
const BINS: u64 = 240;

/// The idle times of a service's functions, all in one histogram.
pub(in crate::model) struct IdleWatch {
    functions: Vec<Quiet>,
    times: IdleTimes,
}

/// Whether a function has work, and since when it has none; never if it has not had any.
#[derive(Clone, Copy)]
struct Quiet {
    busy: u32,
    since: Time,
}

impl IdleWatch {
    /// Nothing seen yet of so many functions.
    pub(in crate::model) fn new(functions: usize) -> Self {
        let functions = vec![Quiet { busy: 0, since: Time::NEVER }; functions];
        IdleWatch { functions, times: IdleTimes::default() }
    }

    /// The idle times that have ended by now.
    pub(super) fn times(&self) -> IdleTimes {
        self.times.clone()
    }

    /// A function has another invocation in work.
    pub(super) fn begins(&mut self, function: FunctionId, now: Time) {
        let quiet = &mut self.functions[function.0 as usize];
        quiet.busy += 1;
        if quiet.busy > 1 || quiet.since == Time::NEVER {
            return;
        }
        let bin = now.since(quiet.since).nanos() / BIN.nanos();
        if bin >= BINS {
            self.times.beyond += 1;
            return;
        }
        let bin = bin as usize;
        if self.times.minutes.len() <= bin {
            self.times.minutes.resize(bin + 1, 0);
        }
        self.times.minutes[bin] += 1;
    }

    /// A function has one less.
    pub(super) fn ends(&mut self, function: FunctionId, now: Time) {
        let quiet = &mut self.functions[function.0 as usize];
        quiet.busy -= 1;
        if quiet.busy == 0 {
            quiet.since = now;
        }
    }
}
