//! Single servers with general service or arrivals, in order of arrival or shared.

/// Mean wait of M/G/1 from the rate, the mean service and its coefficient of variation (Pollaczek 1930, Khinchine
/// 1932).
pub fn pollaczek_khinchine(rate: f64, service: f64, cv: f64) -> f64 {
    let rho = rate * service;
    rho * service * (1.0 + cv * cv) / (2.0 * (1.0 - rho))
}

/// The share of requests of M/D/1 that wait at most `t` (Erlang 1909). The sum alternates, so it is good for waits of a
/// few services only.
pub fn md1_wait_cdf(rate: f64, service: f64, t: f64) -> f64 {
    let rho = rate * service;
    let mut factorial = 1.0;
    let sum: f64 = (0..=(t / service) as u32)
        .map(|k| {
            factorial *= if k == 0 { 1.0 } else { f64::from(k) };
            let x = rate * (f64::from(k) * service - t);
            (0..k).fold(1.0, |power, _| power * x) / factorial * libm::exp(-x)
        })
        .sum();
    (1.0 - rho) * sum
}

/// The share of requests of M/H2/1 that wait longer than `t`: the transform of Pollaczek and Khinchine,
/// (1 - rho) / (1 - rate x sum p_i / (s + mu_i)), has two poles, which are the roots of a quadratic (Kleinrock 1975,
/// section 5.7).
pub fn hyperexponential_wait_tail(rate: f64, branches: [(f64, f64); 2], t: f64) -> f64 {
    let [(p1, m1), (p2, m2)] = branches;
    let (mu1, mu2) = (1.0 / m1, 1.0 / m2);
    let rho = rate * (p1 * m1 + p2 * m2);
    let (sum, product) = (mu1 + mu2 - rate, mu1 * mu2 - rate * (p1 * mu2 + p2 * mu1));
    let spread = (sum * sum - 4.0 * product).sqrt();
    let roots = [0.5 * (sum - spread), 0.5 * (sum + spread)];
    let term = |root: f64, other: f64| {
        (1.0 - rho) * (mu1 - root) * (mu2 - root) / (other - root) / root * libm::exp(-root * t)
    };
    term(roots[0], roots[1]) + term(roots[1], roots[0])
}

/// Mean wait of GI/M/1 whose gaps are gamma distributed with a coefficient of variation of `cv`, or constant for zero: with
/// sigma the root of sigma = A(mu (1 - sigma)), A being the transform of a gap, it is sigma / (mu (1 - sigma)) (Kendall
/// 1953). With cv = 1 / sqrt(k) the gaps are every k-th of a Poisson process: E_k/M/1.
pub fn gamma_arrivals_wait(rate: f64, service: f64, cv: f64) -> f64 {
    let (mu, shape) = (1.0 / service, 1.0 / (cv * cv));
    let transform = |s: f64| {
        if cv == 0.0 { libm::exp(-s / rate) } else { libm::pow(1.0 + s / (rate * shape), -shape) }
    };
    let sigma = (0..10_000).fold(0.5, |sigma: f64, _| transform(mu * (1.0 - sigma)));
    sigma / (mu * (1.0 - sigma))
}

/// Mean sojourn of M^X/M/1 with batches of always `size` requests, in order of arrival (Gaver 1959): a single one's
/// times (size + 1) / 2.
pub fn batch_sojourn(batches: f64, size: f64, service: f64) -> f64 {
    let rho = batches * size * service;
    service * (1.0 + size) / (2.0 * (1.0 - rho))
}

/// Mean sojourn of M/G/1 with processor sharing, whatever the law of the work (Kleinrock 1967; Sakata, Noguchi and Oizumi
/// 1971).
pub fn sharing_sojourn(rate: f64, service: f64) -> f64 {
    service / (1.0 - rate * service)
}

/// Variance of the number inside M/G/1 with processor sharing, which is geometric whatever the law.
pub fn sharing_variance(rate: f64, service: f64) -> f64 {
    let rho = rate * service;
    rho / ((1.0 - rho) * (1.0 - rho))
}

/// Mean wait of M/M/1 whose server has to be set up whenever it was idle, the set-up having this mean and second moment
/// (Welch 1964): that of M/M/1 and a term of the set-up's own.
pub fn setup_wait(rate: f64, service: f64, (mean, square): (f64, f64)) -> f64 {
    let rho = rate * service;
    rho * service / (1.0 - rho) + (2.0 * mean + rate * square) / (2.0 * (1.0 + rate * mean))
}

/// The share of requests that find that server idle and begin its set-up: a cycle is idle for 1 / rate on average, is set
/// up, and works the rest (Welch 1964).
pub fn setup_cold_share(rate: f64, service: f64, setup: f64) -> f64 {
    (1.0 - rate * service) / (1.0 + rate * setup)
}

#[cfg(test)]
mod tests {
    use super::super::{check, hyperexponential_branches, where_tail_is};
    use super::*;

    #[test]
    fn special_cases_of_the_formula_of_pollaczek_and_khinchine() {
        check("M/M/1", pollaczek_khinchine(80.0, 0.01, 1.0), 0.04, 1e-12);
        check("M/D/1", pollaczek_khinchine(80.0, 0.01, 0.0), 0.02, 1e-12);
    }

    #[test]
    fn distributions_of_waits_have_the_right_means() {
        let (rate, service, step) = (70.0, 0.01, 1e-5);
        let at = |i: u32| (f64::from(i) + 0.5) * step;
        let deterministic: f64 = (0..15_000).map(|i| (1.0 - md1_wait_cdf(rate, service, at(i))) * step).sum();
        check("M/D/1", deterministic, pollaczek_khinchine(rate, service, 0.0), 2e-3);
        let branches = hyperexponential_branches(service, 2.0);
        let varied: f64 =
            (0..300_000).map(|i| hyperexponential_wait_tail(rate, branches, at(i)) * step).sum();
        check("M/H2/1", varied, pollaczek_khinchine(rate, service, 2.0), 1e-3);
        check("M/H2/1 waits", hyperexponential_wait_tail(rate, branches, 0.0), 0.7, 1e-9);
        let p99 = where_tail_is(0.01, |t| hyperexponential_wait_tail(rate, branches, t));
        check("p99", hyperexponential_wait_tail(rate, branches, p99), 0.01, 1e-9);
    }

    #[test]
    fn one_stage_or_one_request_is_m_m_1() {
        check("E1/M/1", gamma_arrivals_wait(80.0, 0.01, 1.0), 0.04, 1e-9);
        check("batches of one", batch_sojourn(80.0, 1.0, 0.01), 0.05, 1e-12);
        check("no set-up", setup_wait(80.0, 0.01, (0.0, 0.0)), 0.04, 1e-12);
        // With an exponential set-up the two terms decompose: its mean is added.
        check("set-up", setup_wait(80.0, 0.01, (0.03, 2.0 * 0.0009)), 0.07, 1e-12);
        check("cold", setup_cold_share(80.0, 0.01, 0.0), 0.2, 1e-9);
        // D/M/1 at a load of 0.5: sigma = exp(-2 (1 - sigma)) has the root 0.2032 (Kleinrock 1975, section 6.4).
        for cv in [0.0, 1e-4] {
            check("D/M/1", gamma_arrivals_wait(50.0, 0.01, cv), 0.01 * 0.203_188 / 0.796_812, 1e-5);
        }
    }
}
