//! Servers without queues: infinitely many, or a single one that is kept for a while.

/// Mean number of requests inside M_t/G/infinity at a rate that swings as
/// rate x (1 + amplitude x cos(2 pi (t - peak) / period)) (Eick, Massey and Whitt 1993): the offered load swings less than
/// the rate, and later.
#[derive(Clone, Copy, Debug)]
pub struct MobileMean {
    /// Mean rate per second.
    pub rate: f64,
    /// How far it swings, as a share.
    pub amplitude: f64,
    /// When it is highest, in seconds.
    pub peak: f64,
    /// Its period in seconds.
    pub period: f64,
    /// Mean service in seconds.
    pub service: f64,
}

impl MobileMean {
    fn frequency(&self) -> f64 {
        std::f64::consts::TAU / self.period
    }

    /// With exponential services, at `t`.
    pub fn exponential(&self, t: f64) -> f64 {
        let x = self.frequency() * self.service;
        let phase = self.frequency() * (t - self.peak);
        let swing = (libm::cos(phase) + x * libm::sin(phase)) / (1.0 + x * x);
        self.rate * self.service * (1.0 + self.amplitude * swing)
    }

    /// With services of always the same length, at `t`.
    pub fn constant(&self, t: f64) -> f64 {
        let omega = self.frequency();
        let phase = omega * (t - self.peak);
        let swing = (libm::sin(phase) - libm::sin(phase - omega * self.service)) / omega;
        self.rate * (self.service + self.amplitude * swing)
    }
}

/// The share of requests let in that find a single server, which is kept for `keep` after each, gone: the gap to the next
/// arrival has no memory (Poisson), so it exceeds `keep` with exp(-rate x keep).
pub fn cold_after(rate: f64, keep: f64) -> f64 {
    libm::exp(-rate * keep)
}

/// The share of requests refused by a single server without a queue that is busy for `busy` on average with each
/// request that it lets in: Erlang B with one server, whatever the law (Sevastyanov 1957).
pub fn erlang_busy(rate: f64, busy: f64) -> f64 {
    rate * busy / (1.0 + rate * busy)
}

/// The branches (probability, mean) of a hyperexponential law with balanced means (Tijms 1994).
pub fn hyperexponential_branches(mean: f64, cv: f64) -> [(f64, f64); 2] {
    let variation = cv * cv;
    let p = 0.5 * (1.0 + ((variation - 1.0) / (variation + 1.0)).sqrt());
    [p, 1.0 - p].map(|p| (p, 0.5 * mean / p))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn the_mobile_mean_is_the_integral_of_the_rate_over_those_still_inside() {
        let mean =
            MobileMean { rate: 0.2, amplitude: 0.8, peak: 50_400.0, period: 86_400.0, service: 7200.0 };
        let rate = |t: f64| {
            let phase = std::f64::consts::TAU * (t - mean.peak) / mean.period;
            mean.rate * (1.0 + mean.amplitude * libm::cos(phase))
        };
        let inside = |t: f64, tail: &dyn Fn(f64) -> f64| -> f64 {
            (0..40_000).map(|i| (f64::from(i) + 0.5) * 3.0).map(|age| rate(t - age) * tail(age) * 3.0).sum()
        };
        for t in [0.0, 20_000.0, 43_200.0, 70_000.0] {
            let exponential = inside(t, &|age| libm::exp(-age / mean.service));
            check("exponential", mean.exponential(t), exponential, 1e-4);
            let constant = inside(t, &|age| f64::from(u8::from(age < mean.service)));
            check("constant", mean.constant(t), constant, 1e-4);
        }
    }

    #[test]
    fn branches_have_the_mean_and_the_variation() {
        let branches = hyperexponential_branches(0.01, 2.0);
        let moment = |of: &dyn Fn(f64) -> f64| branches.iter().map(|(p, mean)| p * of(*mean)).sum::<f64>();
        check("mean", moment(&|mean| mean), 0.01, 1e-12);
        check("second moment", moment(&|mean| 2.0 * mean * mean), 5e-4, 1e-12);
        check("one server", erlang_busy(90.0, 0.01), super::super::erlang_b(1, 0.9), 1e-12);
    }
}
