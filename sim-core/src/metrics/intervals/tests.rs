//! Do the intervals hold what they promise? Each is computed five hundred times from samples of a known
//! distribution, and has to contain the true value in about 95 % of them: with 500 repetitions, 92 to 98 % is
//! three standard deviations.

use super::*;

/// A generator for these tests only: SplitMix64.
struct Luck(u64);

impl Luck {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.uniform())
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

#[track_caller]
fn coverage(seed: u64, truth: f64, interval: impl Fn(&mut Luck) -> (f64, f64)) {
    let mut luck = Luck(seed);
    let hits = (0..500).filter(|_| {
        let (low, high) = interval(&mut luck);
        low <= truth && truth <= high
    });
    let share = hits.count() as f64 / 500.0;
    assert!((0.92..=0.98).contains(&share), "{share} of the intervals hold the true value");
}

const SECOND: f64 = 1e9;

/// A replication's latencies: exponential with mean one second.
fn latencies(luck: &mut Luck, count: usize, scale: f64) -> Histogram {
    let mut histogram = Histogram::new();
    (0..count).for_each(|_| histogram.record((luck.exponential() * scale * SECOND) as u64));
    histogram
}

fn samples(histograms: &[Histogram]) -> Vec<Sample<'_>> {
    histograms.iter().map(|histogram| Sample { histogram, population: histogram.count() }).collect()
}

#[test]
fn means_are_covered() {
    for n in [3, 10, 30] {
        coverage(1, 0.0, |luck| mean(&(0..n).map(|_| luck.normal()).collect::<Vec<_>>()).interval().unwrap());
    }
}

#[test]
fn quantiles_are_covered() {
    for p in [0.5, 0.95] {
        coverage(2, -libm::log(1.0 - p) * SECOND, |luck| {
            let runs: Vec<Histogram> = (0..10).map(|_| latencies(luck, 400, 1.0)).collect();
            quantile(&samples(&runs), p).interval().unwrap()
        });
    }
}

#[test]
fn paired_differences_are_covered() {
    coverage(3, 0.5, |luck| {
        let days: Vec<f64> = (0..10).map(|_| 10.0 * luck.normal()).collect();
        let a: Vec<f64> = days.iter().map(|day| day + 0.5 + luck.normal()).collect();
        let b: Vec<f64> = days.iter().map(|day| day + luck.normal()).collect();
        let paired = difference(&a, &b);
        assert!(paired.half_width < mean(&a).half_width, "the day's luck cancels");
        paired.interval().unwrap()
    });
}

#[test]
fn ratios_are_covered() {
    coverage(4, 2.0, |luck| {
        let days: Vec<f64> = (0..8).map(|_| libm::exp(luck.normal())).collect();
        let a: Vec<f64> = days.iter().map(|day| 2.0 * day * libm::exp(0.1 * luck.normal())).collect();
        ratio(&a, &days).interval.unwrap()
    });
}

#[test]
fn differences_and_ratios_of_quantiles_are_covered() {
    let truth = -libm::log(0.1) * SECOND;
    let two = |luck: &mut Luck| {
        let runs = |luck: &mut Luck, scale: f64| -> Vec<Histogram> {
            (0..10).map(|_| latencies(luck, 300, scale)).collect()
        };
        (runs(luck, 3.0), runs(luck, 1.0))
    };
    coverage(5, 2.0 * truth, |luck| {
        let (a, b) = two(luck);
        quantile_difference(&samples(&a), &samples(&b), 0.9).interval().unwrap()
    });
    coverage(6, 3.0, |luck| {
        let (a, b) = two(luck);
        quantile_ratio(&samples(&a), &samples(&b), 0.9).interval.unwrap()
    });
}

#[test]
fn what_cannot_be_known_is_left_blank_with_the_reason() {
    let luck = &mut Luck(7);
    let check = |estimate: Estimate, value: bool, interval: bool, reason: &str| {
        assert_eq!((!estimate.is_blank(), estimate.half_width.is_some()), (value, interval), "{estimate:?}");
        assert!(estimate.note.as_deref().unwrap_or("").contains(reason), "{estimate:?}");
    };
    let runs: Vec<Histogram> = (0..10).map(|_| latencies(luck, 999, 1.0)).collect();
    let samples = samples(&runs);
    check(quantile(&samples, 0.98), true, true, "");
    check(quantile(&samples, 0.99), true, false, "only 10.0 requests");
    check(quantile(&samples, 0.999), true, false, "only 1.0 requests");
    check(quantile(&samples[..1], 0.5), true, false, "one replication");
    check(quantile(&[], 0.5), false, false, "nothing");
    check(mean(&[]), false, false, "nothing");
    check(mean(&[1.0]), true, false, "one replication");
    check(maximum(&[1.0, 3.0, 2.0]), true, false, "maximum");
    check(difference(&[1.0], &[2.0]), true, false, "one replication");
    assert_eq!(ratio(&[1.0, 0.0], &[1.0, 1.0]).interval, None);
    let failing: Vec<Sample<'_>> =
        samples.iter().map(|sample| Sample { population: 2000, ..*sample }).collect();
    check(quantile(&failing, 0.4), true, true, "");
    check(quantile(&failing, 0.9), true, false, "50.05 % of requests failed");
    check(quantile_difference(&failing, &samples, 0.9), false, false, "failures");
}

#[test]
fn no_interval_is_narrower_than_the_histogram_is_sharp() {
    let mut histogram = Histogram::new();
    (0..1000).for_each(|_| histogram.record(1_000_000_000));
    let runs = [histogram.clone(), histogram];
    let estimate = quantile(&samples(&runs), 0.5);
    assert_eq!(estimate.value, 1e9);
    assert_eq!(estimate.half_width, Some(1e9 / 512.0));
}

/// Six variants under common luck, two of them equally good. In how many of 1,000 experiments all five differences from
/// the one that truly is the best are covered, and in how many it is the one that is found or indistinguishable from it.
fn with_the_best(seed: u64, confidence: Confidence) -> (f64, f64) {
    const TRUTH: [f64; 6] = [10.0, 10.0, 10.4, 10.8, 11.0, 14.0];
    let mut luck = Luck(seed);
    let (mut covered, mut kept) = (0, 0);
    for _ in 0..1000 {
        let runs: Vec<[f64; 6]> = (0..10)
            .map(|_| {
                let day = 3.0 * luck.normal();
                TRUTH.map(|mean| mean + day + luck.normal())
            })
            .collect();
        let of = |variant: usize| runs.iter().map(|run| run[variant]).collect::<Vec<f64>>();
        let mut from_best = (1..6).map(|variant| (variant, confidence.difference(&of(variant), &of(0))));
        let holds = |(variant, difference): (usize, Estimate)| {
            let (low, high) = difference.interval().unwrap();
            (low..=high).contains(&(TRUTH[variant] - TRUTH[0]))
        };
        covered += usize::from(from_best.all(holds));
        let size = |variant: &usize| mean(&of(*variant)).value;
        let found = (0..6).min_by(|a, b| size(a).total_cmp(&size(b))).unwrap();
        let told_apart = found != 0 && confidence.difference(&of(0), &of(found)).is_significant();
        kept += usize::from(!told_apart);
    }
    (f64::from(covered as u32) / 1000.0, f64::from(kept as u32) / 1000.0)
}

/// Bonferroni's share of the risk makes five differences hold at once; plain 95 % intervals do not.
#[test]
fn differences_from_the_best_hold_at_once() {
    let (covered, kept) = with_the_best(8, Confidence::USUAL.shared_by(5));
    assert!((0.94..=0.99).contains(&covered) && kept >= 0.95, "{covered}, {kept}");
    let (plain, _) = with_the_best(8, Confidence::USUAL);
    assert!(plain < 0.9, "{plain}");
}

/// One-sided bounds miss on their side as often as they say.
#[test]
fn one_sided_bounds_are_covered() {
    let mut luck = Luck(9);
    let confidence = Confidence::one_sided(0.95);
    let below = (0..2000).filter(|_| {
        let values: Vec<f64> = (0..6).map(|_| luck.normal()).collect();
        confidence.mean(&values).interval().unwrap().1 >= 0.0
    });
    let share = below.count() as f64 / 2000.0;
    assert!((0.935..=0.965).contains(&share), "{share}");
}
