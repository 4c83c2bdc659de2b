//! The functions of a fleet one by one: three counters each, and what shares of functions they amount to.
//!
//! Latency is kept for the fleet as a whole; a histogram per function would cost more than the function. What the
//! counters tell is how cold starts are spread: a fleet in which one request in a hundred starts cold may have most of
//! its functions start cold every time (the distribution over functions is what Shahrad et al. report, ATC 2020, with the
//! function at its 75th percentile for the summary).

use serde::{Deserialize, Serialize};

use super::Window;
use crate::engine::Time;
use crate::observe::{FunctionId, Invoked};
use crate::stored;

/// What happened to each function of a fleet in the measured window, in the order of its population.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionsRecord {
    /// Attempts that began to be served.
    #[serde(deserialize_with = "stored::counts")]
    pub invocations: Vec<u64>,
    /// Those of them that waited for an environment to start.
    #[serde(deserialize_with = "stored::counts")]
    pub cold: Vec<u64>,
    /// Attempts that were throttled.
    #[serde(deserialize_with = "stored::counts")]
    pub throttled: Vec<u64>,
}

/// Counts for each function of a fleet while a run goes: by what became of an attempt, a function's counters side by
/// side.
#[derive(Clone, Debug)]
pub(super) struct FunctionsRecorder {
    measured: Window,
    counts: Vec<[u64; 3]>,
}

impl FunctionsRecorder {
    /// Nothing seen yet of `functions` functions; what happens in `measured` is counted.
    pub(super) fn new(measured: Window, functions: usize) -> Self {
        FunctionsRecorder { measured, counts: vec![[0; 3]; functions] }
    }

    /// An attempt to invoke `function` at `at`.
    #[inline]
    pub(super) fn invoked(&mut self, at: Time, function: FunctionId, invoked: Invoked) {
        if self.measured.contains(at) {
            self.counts[function.0 as usize][invoked as usize] += 1;
        }
    }

    /// The record of the run.
    pub(super) fn finish(self) -> FunctionsRecord {
        let [warm, cold, throttled] = [Invoked::Warm, Invoked::Cold, Invoked::Throttled]
            .map(|invoked| self.counts.iter().map(move |counts| counts[invoked as usize]));
        FunctionsRecord {
            invocations: warm.zip(cold.clone()).map(|(warm, cold)| warm + cold).collect(),
            cold: cold.collect(),
            throttled: throttled.collect(),
        }
    }
}

impl FunctionsRecord {
    /// Adds another replication of the same fleet.
    pub fn merge(&mut self, other: &FunctionsRecord) {
        for (mine, others) in [
            (&mut self.invocations, &other.invocations),
            (&mut self.cold, &other.cold),
            (&mut self.throttled, &other.throttled),
        ] {
            mine.iter_mut().zip(others).for_each(|(mine, other)| *mine += other);
        }
    }

    /// How many functions were invoked at least once.
    pub fn invoked_functions(&self) -> usize {
        self.invocations.iter().filter(|invocations| **invocations > 0).count()
    }

    /// The share of cold starts of each function that was invoked, in rising order: read against its rank it is the
    /// distribution over functions.
    pub fn cold_shares(&self) -> Vec<f64> {
        let each = self.invocations.iter().zip(&self.cold);
        let mut shares: Vec<f64> = each
            .filter(|(invocations, _)| **invocations > 0)
            .map(|(invocations, cold)| *cold as f64 / *invocations as f64)
            .collect();
        shares.sort_by(f64::total_cmp);
        shares
    }

    /// The least share of cold starts that a share `p` of the invoked functions does not exceed; `None` if none was
    /// invoked.
    pub fn cold_share_quantile(&self, p: f64) -> Option<f64> {
        let shares = self.cold_shares();
        let rank = (p * shares.len() as f64).ceil().max(1.0) as usize;
        shares.get(rank - 1).copied()
    }

    /// The share of the invoked functions of which every invocation started cold.
    pub fn always_cold(&self) -> Option<f64> {
        let shares = self.cold_shares();
        let always = shares.iter().filter(|share| **share == 1.0).count();
        (!shares.is_empty()).then(|| always as f64 / shares.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Span;

    #[test]
    fn a_counter_that_overflows_goes_on() {
        let measured = Window::new(Time::ZERO, Time::NEVER);
        let mut recorder = FunctionsRecorder::new(measured, 2);
        let edge = u64::from(u32::MAX);
        recorder.counts[1] = [edge, edge - 1, 7];
        for _ in 0..3 {
            recorder.invoked(Time::ZERO, FunctionId(1), Invoked::Warm);
            recorder.invoked(Time::ZERO, FunctionId(1), Invoked::Cold);
        }
        let record = recorder.finish();
        assert_eq!((record.invocations[1], record.cold[1], record.throttled[1]), (2 * edge + 5, edge + 2, 7));
    }

    #[test]
    fn the_distribution_over_functions() {
        let at = |seconds: u64| Time::ZERO + Span::from_secs(seconds);
        let measured = Window::new(at(10), at(100));
        let mut recorder = FunctionsRecorder::new(measured, 5);
        let nothing = recorder.clone().finish();
        assert_eq!((nothing.cold_share_quantile(0.75), nothing.always_cold()), (None, None));
        let mut invoke = |function: u32, seconds: u64, invoked: Invoked| {
            recorder.invoked(at(seconds), FunctionId(function), invoked);
        };
        // Cold shares: 1/1, 1/2, 1/4, none of 1; one function is throttled only.
        invoke(0, 20, Invoked::Cold);
        invoke(1, 9, Invoked::Cold);
        invoke(1, 10, Invoked::Cold);
        invoke(1, 30, Invoked::Warm);
        invoke(2, 30, Invoked::Cold);
        (31..34).for_each(|second| invoke(2, second, Invoked::Warm));
        invoke(3, 99, Invoked::Warm);
        invoke(3, 100, Invoked::Cold);
        invoke(4, 50, Invoked::Throttled);
        let record = recorder.finish();
        assert_eq!(record.cold_shares(), [0.0, 0.25, 0.5, 1.0]);
        assert_eq!((record.invoked_functions(), record.throttled[4]), (4, 1));
        let quantile = |p| record.cold_share_quantile(p);
        assert_eq!(
            [quantile(0.0), quantile(0.25), quantile(0.75), quantile(1.0)].map(Option::unwrap),
            [0.0, 0.0, 0.5, 1.0]
        );
        assert_eq!(record.always_cold(), Some(0.25));
        let mut twice = record.clone();
        twice.merge(&record);
        assert_eq!((twice.invocations[2], twice.cold[2], twice.throttled[4]), (8, 2, 2));
        assert_eq!(twice.cold_shares(), record.cold_shares());
    }
}
