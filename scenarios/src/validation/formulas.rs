//! Closed forms of queueing theory, each with its source.
//!
//! Everything here is computed from parameters alone and knows nothing of the simulator: rates are per second, times in
//! seconds. Unit tests hold the formulas to published table values where there are some, and to identities between
//! formulas where there are none.

mod busy;
mod closed;
mod markov;
mod parallel;
mod single;

pub use busy::{MobileMean, cold_after, erlang_busy, hyperexponential_branches};
pub use closed::Repairman;
pub use markov::{BirthDeath, Mmc, erlang_b, erlang_c};
pub use parallel::{ShorterOfTwo, power_of_two_sojourn};
pub use single::{
    batch_sojourn, gamma_arrivals_wait, hyperexponential_wait_tail, md1_wait_cdf, pollaczek_khinchine,
    setup_cold_share, setup_wait, sharing_sojourn, sharing_variance,
};

/// The `t` at which the falling function `tail` comes down to `share`, by bisection.
pub fn where_tail_is(share: f64, tail: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e-3);
    while tail(high) > share {
        (low, high) = (high, high * 2.0);
    }
    for _ in 0..200 {
        let middle: f64 = 0.5 * (low + high);
        if tail(middle) > share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// That two numbers agree to a relative error, in tests.
#[cfg(test)]
#[track_caller]
fn check(what: &str, computed: f64, expected: f64, within: f64) {
    assert!((computed - expected).abs() <= within * expected.abs(), "{what}: {computed}, not {expected}");
}
