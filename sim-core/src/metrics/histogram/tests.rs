//! The histogram against sorted values, which know every quantile exactly.

use proptest::prelude::*;

use super::Histogram;

fn of(values: &[u64]) -> Histogram {
    let mut histogram = Histogram::new();
    values.iter().for_each(|value| histogram.record(*value));
    histogram
}

/// The smallest recorded value that at least a share `p` does not exceed.
fn exact_quantile(sorted: &[u64], p: f64) -> u64 {
    let rank = (p * sorted.len() as f64).ceil() as usize;
    sorted[rank.max(1) - 1]
}

/// Any value of the clock's range, small and large ones alike, with the edges of the range and of buckets more often
/// than chance would have them.
fn value() -> impl Strategy<Value = u64> {
    let edge = prop::sample::select(vec![0, 1, 2, 511, 512, 513, 1023, 1024, 1025, u64::MAX - 1, u64::MAX]);
    let power = (0_u32..64, 0_u64..3).prop_map(|(bits, above)| (1_u64 << bits).saturating_add(above) - 1);
    let magnitude = (0_u32..64, any::<u64>()).prop_map(|(bits, value)| value >> bits);
    prop_oneof![1 => edge, 1 => power, 4 => magnitude]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// The stated bound, 2^-9, at every order statistic, whatever was recorded.
    #[test]
    fn every_order_statistic_is_within_the_stated_error(values in prop::collection::vec(value(), 1..120)) {
        let histogram = of(&values);
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let bound = histogram.relative_error();
        prop_assert!(bound <= 0.002);
        for (index, exact) in sorted.iter().map(|value| *value as f64).enumerate() {
            let p = (index + 1) as f64 / sorted.len() as f64;
            let estimate = histogram.quantile(p).unwrap();
            // What a number of 53 bits cannot hold of one of 64 is no error of the histogram's.
            let allowed = bound * exact + exact * f64::EPSILON;
            prop_assert!((estimate - exact).abs() <= allowed, "{estimate} for {exact}, rank {}", index + 1);
        }
    }

    /// However what was recorded is spread over histograms, and in whichever order they are merged.
    #[test]
    fn any_parts_in_any_order_merge_to_the_histogram_of_the_union(
        values in prop::collection::vec((value(), 0_usize..4), 0..150),
        order in Just([0_usize, 1, 2, 3]).prop_shuffle(),
    ) {
        let part = |wanted: usize| {
            let of_part = values.iter().filter(|(_, part)| *part == wanted);
            of(&of_part.map(|(value, _)| *value).collect::<Vec<_>>())
        };
        let mut merged = Histogram::new();
        order.iter().for_each(|wanted| merged.merge(&part(*wanted)));
        let whole = of(&values.iter().map(|(value, _)| *value).collect::<Vec<_>>());
        let stored = |histogram: &Histogram| serde_json::to_string(histogram).unwrap();
        prop_assert_eq!(stored(&merged), stored(&whole));
        prop_assert_eq!(merged.sparse(), whole.sparse());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn quantiles_hold_the_stated_error(
        values in prop::collection::vec((0_u32..63, any::<u64>()).prop_map(|(bits, v)| v >> (63 - bits) >> 1), 1..200),
        p in 0.0..1.0_f64,
    ) {
        let histogram = of(&values);
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let exact = exact_quantile(&sorted, p) as f64;
        let estimate = histogram.quantile(p).unwrap();
        prop_assert!((estimate - exact).abs() <= 0.002 * exact, "{estimate} for {exact}");
        prop_assert_eq!(histogram.sum(), values.iter().map(|v| u128::from(*v)).sum());
        prop_assert_eq!((histogram.min(), histogram.max()), (sorted.first().copied(), sorted.last().copied()));
    }

    #[test]
    fn shares_match_a_count_one_bucket_wide(
        values in prop::collection::vec(0_u64..5_000_000, 1..300),
        limit in 0_u64..5_000_000,
    ) {
        let share = of(&values).fraction_at_most(limit).unwrap();
        let exact = |limit: f64| {
            values.iter().filter(|v| **v as f64 <= limit).count() as f64 / values.len() as f64
        };
        let (low, high) = (exact(limit as f64 * 0.998 - 1.0), exact(limit as f64 * 1.002 + 1.0));
        prop_assert!(low - 1e-9 <= share && share <= high + 1e-9, "{low} <= {share} <= {high}");
    }

    #[test]
    fn parts_merge_to_the_whole_and_survive_storage(
        left in prop::collection::vec(0_u64..u64::MAX / 2, 0..50),
        right in prop::collection::vec(0_u64..1_000_000, 0..50),
    ) {
        let mut merged = of(&left);
        merged.merge(&of(&right));
        let whole = of(&[left, right].concat());
        let text = serde_json::to_string(&merged).unwrap();
        let again: Histogram = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&again.quantile(0.9), &whole.quantile(0.9));
        prop_assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&whole).unwrap());
    }
}

#[test]
fn small_values_are_exact() {
    let histogram = of(&(0..1024).collect::<Vec<_>>());
    for value in 0..1024_u64 {
        let p = (value + 1) as f64 / 1024.0;
        assert_eq!(histogram.quantile(p), Some(value as f64));
        assert_eq!(histogram.fraction_at_most(value), Some(p));
    }
}

#[test]
fn buckets_tile_the_whole_range() {
    for bits in [1, 6, 9, 16] {
        let histogram = Histogram::with_bits(bits);
        let last = histogram.index(u64::MAX);
        let mut edge = 0_u128;
        for index in 0..=last {
            let (low, width) = histogram.bounds(index);
            assert_eq!(u128::from(low), edge, "{bits} bits, bucket {index}");
            assert_eq!((histogram.index(low), histogram.index(low + (width - 1))), (index, index));
            assert!(width == 1 || width as f64 <= low as f64 * histogram.relative_error());
            edge = u128::from(low) + u128::from(width);
        }
        assert_eq!(edge, 1 << 64);
    }
}

#[test]
fn interpolation_finds_the_quantiles_of_an_even_spread() {
    let histogram = of(&(1..=100_000_u64).map(|i| i * 1000).collect::<Vec<_>>());
    for p in [0.1, 0.5, 0.9, 0.99, 0.999] {
        let value = histogram.quantile(p).unwrap();
        assert!((value / (p * 1e8) - 1.0).abs() < 1e-4, "p{p} is {value}");
    }
}

#[test]
fn failures_lie_above_every_success() {
    let histogram = of(&[10, 20, 30, 40, 50, 60, 70, 80]);
    let check = |p: f64, total: u64, expected: Option<f64>| {
        assert_eq!(histogram.quantile_of(p, total), expected, "p{p} of {total}");
    };
    check(0.5, 8, Some(40.0));
    check(0.5, 10, Some(50.0));
    check(0.8, 10, Some(80.0));
    check(0.07, 100, Some(70.0));
    check(0.81, 10, Some(f64::INFINITY));
    check(0.5, 0, None);
    assert_eq!(Histogram::new().quantile_of(0.5, 3), Some(f64::INFINITY));
    assert_eq!(Histogram::new().quantile(0.5), None);
}

#[test]
fn the_complementary_distribution_falls_to_zero() {
    let histogram = of(&(1..=10_000_u64).map(|i| i * 12_345).collect::<Vec<_>>());
    let points = histogram.ccdf();
    assert!(points.len() < 32 * 28, "{} points", points.len());
    assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1));
    assert_eq!(points.last(), Some(&(123_450_000, 0.0)));
    let failing = histogram.ccdf_of(12_500);
    assert_eq!((failing.len(), failing.last()), (points.len(), Some(&(123_450_000, 0.2))));
    for (value, above) in &points {
        let exact = 1.0 - (value / 12_345) as f64 / 10_000.0;
        assert!((above - exact).abs() <= 1e-4, "{above} above {value}, exactly {exact}");
    }
}

#[test]
fn damaged_storage_is_refused() {
    let text = serde_json::to_string(&of(&[5, 5, 70])).unwrap();
    let check = |from: &str, to: &str, expected: &str| {
        assert!(text.contains(from), "{text}");
        let error = serde_json::from_str::<Histogram>(&text.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("\"bits\":9", "\"bits\":40", "precision");
    check("[70,1]", "[4000000000,1]", "greatest value");
    check("[70,1]", "[70,2]", "add up");
}
