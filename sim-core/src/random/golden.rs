//! Draws held to the bit, and distributions held to their closed forms and to an independent sampler.

use rand::Rng;
use rand_distr::Distribution as _;

use super::*;
use crate::engine::Span;

/// One of every distribution, with its name.
fn every_distribution() -> Vec<(&'static str, Distribution)> {
    let build = |json: &str| {
        let spec: DistributionSpec<Span> = serde_json::from_str(json).unwrap();
        let mut problems = Vec::new();
        spec.problems("", &mut problems);
        assert_eq!(problems, [], "{json}");
        spec.build()
    };
    vec![
        ("constant", build(r#"{"constant": "5ms"}"#)),
        ("exponential", build(r#"{"exponential": {"mean": "30ms"}}"#)),
        ("uniform", build(r#"{"uniform": {"low": "1s", "high": "3s"}}"#)),
        ("lognormal", build(r#"{"lognormal": {"p50": "8ms", "p99": "60ms"}}"#)),
        ("lognormal by mean", build(r#"{"lognormal": {"mean": "2s", "cv": 1.5}}"#)),
        ("gamma", build(r#"{"gamma": {"mean": "2s", "cv": 0.5}}"#)),
        ("gamma below one", build(r#"{"gamma": {"mean": "2s", "cv": 1.6}}"#)),
        ("weibull", build(r#"{"weibull": {"mean": "2s", "shape": 0.7}}"#)),
        ("weibull by scale", build(r#"{"weibull": {"scale": "2s", "shape": 1.7}}"#)),
        ("bounded pareto", build(r#"{"bounded-pareto": {"low": "1s", "high": "100s", "shape": 1.5}}"#)),
        ("hyperexponential", build(r#"{"hyperexponential": {"mean": "2s", "cv": 3}}"#)),
        (
            "branches",
            build(
                r#"{"hyperexponential": {"branches": [{"weight": 3, "mean": "1s"}, {"weight": 1, "mean": "5s"}]}}"#,
            ),
        ),
        (
            "percentiles",
            build(r#"{"percentiles": {"p0": "0s", "p50": "1s", "p90": "1s", "p99.5": "8s", "p100": "20s"}}"#),
        ),
        (
            "mixture",
            build(
                r#"{"mixture": [{"weight": 0.9, "of": {"gamma": {"mean": "1s", "cv": 0.7}}},
                                {"weight": 0.1, "of": {"uniform": {"low": "5s", "high": "9s"}}}]}"#,
            ),
        ),
    ]
}

/// The bits of the first three draws of every distribution.
const GOLDEN: &[(&str, [u64; 3])] = &[
    ("constant", [0x3f74_7ae1_47ae_147b, 0x3f74_7ae1_47ae_147b, 0x3f74_7ae1_47ae_147b]),
    ("exponential", [0x3fb2_3d5f_db9e_07c8, 0x3f89_355f_0832_2f75, 0x3f73_1d52_c3d9_860e]),
    ("uniform", [0x4006_82ff_fca3_2dc0, 0x3ffa_c4fa_144a_a8ad, 0x3ff4_9c22_ed41_be35]),
    ("lognormal", [0x3f99_c08d_639e_bcd8, 0x3f76_bcdc_08c5_4a20, 0x3f6a_1dbd_daea_d3b9]),
    ("lognormal by mean", [0x4012_a620_0ea6_c683, 0x3fe6_746d_a5cc_78ed, 0x3fd6_68a8_70f5_e4db]),
    ("gamma", [0x400b_4e58_edb7_63b8, 0x3fef_c4cb_c8d9_f188, 0x3ff9_eb1f_d6e5_f383]),
    ("gamma below one", [0x3fef_17c1_f202_7e86, 0x3fd4_9d72_27b0_6d74, 0x3ff3_f21b_1471_b4d0]),
    ("weibull", [0x4015_bedc_7651_0f2f, 0x3fdc_524d_0644_c685, 0x3fbc_57c5_47bc_4442]),
    ("weibull by scale", [0x400a_9cf2_3881_d05a, 0x3ff2_f2a3_d94d_aabb, 0x3fe5_6b7c_c38d_6568]),
    ("bounded pareto", [0x4013_5bcc_e4e3_4832, 0x3ff5_06c4_0a24_4205, 0x3ff1_bf10_7399_2f28]),
    ("hyperexponential", [0x400a_adea_dc2b_9402, 0x3fdd_a8e3_d148_db7a, 0x3fc6_4b45_6bda_54c0]),
    ("branches", [0x4013_c600_8d32_c130, 0x3fe3_0e89_97b0_6151, 0x3fcb_4d23_bbdb_aa59]),
    ("percentiles", [0x3ff2_a464_9bd1_155f, 0x3fe5_89f4_2895_515a, 0x3fd2_708b_b506_f8d4]),
    ("mixture", [0x4015_1dff_de5f_c97a, 0x3fe4_b66c_8c31_e708, 0x3fe3_5862_c2d1_944a]),
];

#[test]
fn golden_draws() {
    for ((name, distribution), expected) in every_distribution().into_iter().zip(GOLDEN) {
        let mut stream = Stream::new(2026, 3, Purpose::Demand, "golden");
        let bits: [u64; 3] = std::array::from_fn(|_| distribution.sample(&mut stream).to_bits());
        assert_eq!((name, bits), *expected, "{bits:#x?}");
    }
    assert_eq!(every_distribution().len(), GOLDEN.len());
}

#[test]
fn golden_generators() {
    let luck = Luck { root: 1, replication: 0 };
    assert_eq!(luck.stream(Purpose::Arrivals, "web").next_u64(), 0x4b44_85df_ec63_bdb4);
    assert_eq!(draw(1, Purpose::Demand, 0).next_u64(), 0x8efe_bba6_fd95_79f0);
    assert_eq!(luck.counted(Purpose::Boot, owner_key("web"), 0).next_u64(), 0x8d7f_5bf6_95d7_bd3f);
    assert_eq!(owner_key("web"), 0xce4d_33d6_3484_5daf);
    assert_eq!(request_seed(seed_key(luck, "web"), 0), 0xa035_d8be_c30d_e35a);
}

const DRAWS: usize = 40_000;

fn draws_of(name: &str, distribution: &Distribution) -> Vec<f64> {
    let mut stream = Stream::new(7, 0, Purpose::Wait, name);
    (0..DRAWS).map(|_| distribution.sample(&mut stream)).collect()
}

/// Sample means lie within 4.5 standard errors of the stated mean (fixed seeds; one in 100,000 would not).
#[test]
fn means_are_as_stated() {
    for (name, distribution) in every_distribution() {
        let draws = draws_of(name, &distribution);
        let mean = draws.iter().sum::<f64>() / DRAWS as f64;
        let error = (distribution.variance() / DRAWS as f64).sqrt();
        assert!(
            (mean - distribution.mean()).abs() <= 4.5 * error + 1e-12,
            "{name}: {mean} is not {}",
            distribution.mean()
        );
    }
}

/// The stated mean and variance equal the integral of the quantile function and of its square, by the midpoint rule
/// on a transformed axis that is dense at both ends.
#[test]
fn moments_are_the_integrals_of_the_quantile_function() {
    for (name, distribution) in every_distribution() {
        if distribution.quantile(0.5).is_none() {
            continue;
        }
        let steps = 400_000;
        let (mut mean, mut square) = (0.0, 0.0);
        for step in 0..steps {
            let s = (f64::from(step) + 0.5) / f64::from(steps);
            // p = s^3 (10 - 15 s + 6 s^2), whose slope is 30 s^2 (1 - s)^2.
            let p = s * s * s * (10.0 - s * (15.0 - 6.0 * s));
            let weight = 30.0 * s * s * (1.0 - s) * (1.0 - s) / f64::from(steps);
            let value = distribution.quantile(p.min(1.0 - f64::EPSILON / 2.0)).unwrap();
            mean += weight * value;
            square += weight * value * value;
        }
        let variance = square - mean * mean;
        assert!((mean / distribution.mean() - 1.0).abs() < 1e-6, "{name}: mean {mean}");
        let tolerance = 2e-3 * distribution.variance() + 1e-12;
        assert!((variance - distribution.variance()).abs() < tolerance, "{name}: variance {variance}");
    }
}

/// Kolmogorov and Smirnov's distance between the draws and the distribution function; for gamma, statrs has one.
/// The distance times sqrt(n) exceeds 2.23 in one of 10,000 samples.
#[test]
fn draws_follow_the_distribution_function() {
    use statrs::distribution::{ContinuousCDF, Gamma};
    let gamma = |cv: f64| Gamma::new(1.0 / (cv * cv), 1.0 / (2.0 * cv * cv)).unwrap();
    for (name, distribution) in every_distribution() {
        let cdf = |x: f64| match name {
            "gamma" => Some(gamma(0.5).cdf(x)),
            "gamma below one" => Some(gamma(1.6).cdf(x)),
            "constant" | "percentiles" => None, // They have jumps, which this test does not allow for.
            _ => distribution.cdf(x),
        };
        let mut draws = draws_of(name, &distribution);
        draws.sort_by(f64::total_cmp);
        let distance = |(index, x): (usize, &f64)| {
            let (p, n) = (cdf(*x)?, DRAWS as f64);
            Some((p - index as f64 / n).abs().max((p - (index + 1) as f64 / n).abs()))
        };
        let worst = draws.iter().enumerate().filter_map(distance).fold(0.0, f64::max);
        assert!(worst * (DRAWS as f64).sqrt() < 2.23, "{name}: distance {worst}");
    }
}

/// Two independent samplers of the same distribution agree: the two-sample distance, times sqrt(n / 2).
#[test]
fn rand_distr_agrees() {
    let check = |name: &str, ours: Distribution, oracle: &dyn Fn(&mut Stream) -> f64| {
        let mut stream = Stream::new(11, 0, Purpose::Wait, "oracle");
        let mut theirs: Vec<f64> = (0..DRAWS).map(|_| oracle(&mut stream)).collect();
        let mut ours = draws_of(name, &ours);
        ours.sort_by(f64::total_cmp);
        theirs.sort_by(f64::total_cmp);
        let share_below = |x: f64| theirs.partition_point(|&y| y <= x) as f64 / DRAWS as f64;
        let distance =
            |(index, x): (usize, &f64)| (share_below(*x) - (index + 1) as f64 / DRAWS as f64).abs();
        let worst = ours.iter().enumerate().map(distance).fold(0.0, f64::max);
        assert!(worst * (DRAWS as f64 / 2.0).sqrt() < 2.23, "{name}: distance {worst}");
    };
    let lognormal = rand_distr::LogNormal::from_mean_cv(2.0, 1.5).unwrap();
    check("lognormal", Distribution::lognormal(2.0, 1.5), &|rng| lognormal.sample(rng));
    let gamma = rand_distr::Gamma::new(4.0, 0.5).unwrap();
    check("gamma", Distribution::gamma(2.0, 0.5), &|rng| gamma.sample(rng));
    let small_gamma = rand_distr::Gamma::new(1.0 / 2.56, 5.12).unwrap();
    check("gamma below one", Distribution::gamma(2.0, 1.6), &|rng| small_gamma.sample(rng));
    let weibull = rand_distr::Weibull::new(2.0, 0.7).unwrap();
    check("weibull", Distribution::weibull_scale(2.0, 0.7), &|rng| weibull.sample(rng));
    let exponential = rand_distr::Exp::new(0.5).unwrap();
    check("exponential", Distribution::exponential(2.0), &|rng| exponential.sample(rng));
    let pareto = rand_distr::Pareto::new(1.0, 1.5).unwrap();
    let bounded = |rng: &mut Stream| loop {
        let x: f64 = pareto.sample(rng);
        if x <= 100.0 {
            return x;
        }
    };
    check("bounded pareto", Distribution::bounded_pareto(1.0, 100.0, 1.5), &bounded);
}

#[test]
fn parameters_are_met() {
    let check = |name: &str, found: f64, expected: f64| {
        assert!((found / expected - 1.0).abs() < 1e-12, "{name}: {found} is not {expected}");
    };
    let lognormal = Distribution::lognormal_percentiles(0.008, 0.060);
    check("p50", lognormal.quantile(0.5).unwrap(), 0.008);
    check("p99", lognormal.quantile(0.99).unwrap(), 0.060);
    check("lognormal mean", Distribution::lognormal(2.0, 1.5).mean(), 2.0);
    check("lognormal cv", Distribution::lognormal(2.0, 1.5).cv(), 1.5);
    check("gamma mean", Distribution::gamma(2.0, 1.6).mean(), 2.0);
    check("gamma cv", Distribution::gamma(2.0, 1.6).cv(), 1.6);
    check("weibull mean", Distribution::weibull(2.0, 0.7).mean(), 2.0);
    for cv in [0.2, 1.0, 2.0, 5.0] {
        check("weibull mean by cv", Distribution::weibull_cv(3.0, cv).mean(), 3.0);
        assert!((Distribution::weibull_cv(3.0, cv).cv() / cv - 1.0).abs() < 1e-9, "weibull cv {cv}");
    }
    check("hyperexponential mean", Distribution::hyperexponential(2.0, 3.0).mean(), 2.0);
    check("hyperexponential cv", Distribution::hyperexponential(2.0, 3.0).cv(), 3.0);
    check(
        "constant exponent",
        Distribution::bounded_pareto(1.0, 100.0, 1.0).mean(),
        100.0_f64 * 4.605_170_185_988_092 / 99.0,
    );
}

/// A changed parameter moves every draw in the same direction and reorders none: what pairs two variants.
#[test]
fn a_changed_mean_keeps_the_luck() {
    let (small, large) = (Distribution::exponential(1.0), Distribution::exponential(2.0));
    for seed in 0..1000 {
        let sample = |law: &Distribution| law.sample(&mut draw(seed, Purpose::Demand, 0));
        assert!((sample(&large) / sample(&small) - 2.0).abs() < 1e-12);
    }
}
