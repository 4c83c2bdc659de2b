//! How long functions are idle, for the keep-alive policies that are asked again and again.
//!
//! Kept only for those: a fleet may have a million functions, and a policy that is asked once needs no history.

use super::apart::Apart;
use crate::engine::Time;
use crate::observe::FunctionId;
use crate::policy::view::{IdleTimes, KeepAlivePolicy};

/// The idle times of a service's functions: all in one histogram, or each function's apart, as the policy wants them.
pub(in crate::model) enum IdleWatch {
    Together(Together),
    Apart(Box<Apart>),
}

/// The idle times of a service's functions, all in one histogram.
pub(in crate::model) struct Together {
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
    /// What a policy wants to know of so many functions, of which nothing has been seen yet.
    pub(in crate::model) fn wanted(policy: &dyn KeepAlivePolicy, functions: usize) -> Option<Self> {
        if policy.per_function() {
            return Some(IdleWatch::Apart(Box::new(Apart::new(functions))));
        }
        let functions = || vec![Quiet { busy: 0, since: Time::NEVER }; functions];
        let together = |_| Together { functions: functions(), times: IdleTimes::default() };
        policy.period().map(together).map(IdleWatch::Together)
    }

    /// The idle times of all functions that have ended by now.
    pub(super) fn times(&self) -> IdleTimes {
        match self {
            IdleWatch::Together(together) => together.times.clone(),
            IdleWatch::Apart(_) => IdleTimes::default(),
        }
    }

    /// A function has another invocation in work.
    pub(super) fn begins(&mut self, function: FunctionId, now: Time) {
        match self {
            IdleWatch::Together(together) => together.begins(function, now),
            IdleWatch::Apart(apart) => apart.begins(function, now),
        }
    }

    /// A function has one less.
    pub(super) fn ends(&mut self, function: FunctionId, now: Time) {
        match self {
            IdleWatch::Together(together) => together.ends(function, now),
            IdleWatch::Apart(apart) => apart.ends(function, now),
        }
    }
}

impl Together {
    fn begins(&mut self, function: FunctionId, now: Time) {
        let quiet = &mut self.functions[function.0 as usize];
        quiet.busy += 1;
        if quiet.busy > 1 || quiet.since == Time::NEVER {
            return;
        }
        let Some(bin) = IdleTimes::bin(now.since(quiet.since)) else {
            self.times.beyond += 1;
            return;
        };
        if self.times.minutes.len() <= bin {
            self.times.minutes.resize(bin + 1, 0);
        }
        self.times.minutes[bin] += 1;
    }

    fn ends(&mut self, function: FunctionId, now: Time) {
        let quiet = &mut self.functions[function.0 as usize];
        quiet.busy -= 1;
        if quiet.busy == 0 {
            quiet.since = now;
        }
    }
}
