//! Queues side by side behind a balancer.

/// Mean sojourn, in services, of requests that join the shorter of two queues drawn at random, of infinitely many with
/// load `rho` each: the sum of rho^(2^i - 2) (Vvedenskaya, Dobrushin and Karpelevich 1996; Mitzenmacher 1996).
pub fn power_of_two_sojourn(rho: f64) -> f64 {
    (1..40).map(|i| libm::pow(rho, libm::pow(2.0, f64::from(i)) - 2.0)).sum()
}

/// Two servers, each with its own queue; requests join the one with fewer inside, ties at random. There is no formula as
/// such (Haight 1958 posed it; Adan, Wessels and Zijm 1990 give a series), but the stationary distribution of the chain,
/// truncated where it has vanished, is as good as one.
#[derive(Clone, Debug)]
pub struct ShorterOfTwo {
    /// Mean number inside both.
    inside: f64,
    rate: f64,
    waiting: f64,
}

/// Where the chain is cut: at a load of 0.8 a state so far out has a probability below 1e-12.
const LONGEST: usize = 70;

impl ShorterOfTwo {
    /// With `rate` requests per second and services of a mean of `service` seconds, at a load well below one.
    pub fn new(rate: f64, service: f64) -> Self {
        let (mut now, mut next) = (vec![0.0; LONGEST * LONGEST], vec![0.0; LONGEST * LONGEST]);
        now[0] = 1.0;
        // The uniformized chain (Jensen 1953): one event at a time, at a constant total rate.
        let total = rate + 2.0 / service;
        let (arrives, leaves) = (rate / total, 1.0 / service / total);
        for _ in 0..20_000 {
            next.fill(0.0);
            for short in 0..LONGEST {
                for long in short..LONGEST {
                    step(&mut next, (short, long), now[short * LONGEST + long], arrives, leaves);
                }
            }
            std::mem::swap(&mut now, &mut next);
        }
        let states = (0..LONGEST).flat_map(|short| (short..LONGEST).map(move |long| (short, long)));
        let of = |(short, long): (usize, usize)| now[short * LONGEST + long];
        let inside = states.clone().map(|state| (state.0 + state.1) as f64 * of(state)).sum();
        let waiting = states.filter(|state| state.0 > 0).map(of).sum();
        ShorterOfTwo { inside, rate, waiting }
    }

    /// Mean sojourn in seconds, by Little's law.
    pub fn sojourn(&self) -> f64 {
        self.inside / self.rate
    }

    /// The share of requests that find no idle server.
    pub fn waiting_share(&self) -> f64 {
        self.waiting
    }
}

/// Spreads the probability `p` of a state over those that one event leads to.
fn step(next: &mut [f64], (short, long): (usize, usize), p: f64, arrives: f64, leaves: f64) {
    if p == 0.0 {
        return;
    }
    let mut add = |a: usize, b: usize, share: f64| {
        let (a, b) = (a.min(LONGEST - 1), b.min(LONGEST - 1));
        next[a.min(b) * LONGEST + a.max(b)] += p * share;
    };
    add(short + 1, long, arrives);
    add(short.saturating_sub(1), long, leaves);
    add(short, long.saturating_sub(1), leaves);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn published_values_of_the_mean_field() {
        // Mitzenmacher 2001, table 1: expected times for two choices, in the limit of infinitely many servers.
        for (rho, time) in [(0.5, 1.2657), (0.7, 1.6145), (0.8, 1.9475), (0.9, 2.6141), (0.95, 3.3830)] {
            check("two choices", power_of_two_sojourn(rho), time, 1e-4);
        }
    }

    #[test]
    fn the_shorter_of_two_lies_between_one_queue_for_both_and_two_of_their_own() {
        let model = ShorterOfTwo::new(160.0, 0.01);
        let pooled = super::super::Mmc { servers: 2, rate: 160.0, service: 0.01 };
        assert!(pooled.sojourn() < model.sojourn() && model.sojourn() < 0.05, "{}", model.sojourn());
        // Fewer than two are inside exactly when a server is idle... but not the reverse: one may be idle beside a queue.
        assert!(model.waiting_share() < pooled.waiting_share());
        // A light load: nobody waits but who comes while both are busy, rho^2 / 2 of them for two servers.
        let light = ShorterOfTwo::new(2.0, 0.01);
        check("light", light.waiting_share(), super::super::erlang_c(2, 0.02), 0.05);
    }
}
