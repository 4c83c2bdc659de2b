//! Traces laid out in time: exact totals, windows, scales, repetitions.

use super::*;
use crate::engine::Time;
use crate::traffic::tests::origin;
use crate::traffic::{ArrivalSpec, Arrivals, OpenTrace};

/// Rows in memory.
#[derive(Clone, Debug)]
struct Rows(Vec<Result<TraceRow, FeedError>>, usize);

impl TraceFeed for Rows {
    fn next(&mut self) -> Result<Option<TraceRow>, FeedError> {
        self.1 += 1;
        self.0.get(self.1 - 1).cloned().transpose()
    }
    fn rewind(&mut self) -> Result<(), FeedError> {
        self.1 = 0;
        Ok(())
    }
}

struct Given(Box<dyn Fn() -> Box<dyn TraceFeed>>);

impl OpenTrace for Given {
    fn open(&self, _: &TraceSpec) -> Result<Box<dyn TraceFeed>, FeedError> {
        Ok((self.0)())
    }
}

/// A trace of counts per minute with `options`, played to its end or to 10,000 requests.
fn play_counts(counts: &'static [u64], options: &str) -> Vec<Time> {
    let json = format!(
        r#"{{"trace": {{"file": "memory", "rows": {{"counts": {{"interval": "1m", "column": "n"}}}} {options}}}}}"#
    );
    play(&json, move || Box::new(CountsFeed::new(Span::from_secs(60), counts.iter().copied()))).0
}

/// A trace of requests at these seconds.
fn play_requests(seconds: &'static [f64], options: &str) -> Vec<f64> {
    let json = format!(
        r#"{{"trace": {{"file": "memory", "rows": {{"requests": {{"timestamp": "t"}}}} {options}}}}}"#
    );
    let row = |at: &f64| Ok(TraceRow::Request { at: Span::from_seconds(*at), work: WorkGiven::default() });
    let (played, error) = play(&json, move || Box::new(Rows(seconds.iter().map(row).collect(), 0)));
    assert_eq!(error, None);
    played.into_iter().map(Time::seconds).collect()
}

fn play(json: &str, feed: impl Fn() -> Box<dyn TraceFeed> + 'static) -> (Vec<Time>, Option<FeedError>) {
    let spec: ArrivalSpec = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    let mut source = Arrivals::build(&spec, &origin("trace"), &Given(Box::new(feed))).unwrap();
    let played: Vec<Time> =
        std::iter::from_fn(|| source.next()).map(|arrival| arrival.at).take(10_000).collect();
    assert!(played.is_sorted(), "{json}");
    (played, source.take_error())
}

fn per_interval(played: &[Time], seconds: u64, intervals: usize) -> Vec<u64> {
    let mut counts = vec![0; intervals];
    played.iter().for_each(|at| counts[(at.nanos() / (seconds * 1_000_000_000)) as usize] += 1);
    counts
}

#[test]
fn totals_per_interval_are_exact() {
    let check = |options, seconds, expected: &[u64]| {
        let played = play_counts(&[3, 0, 700, 1], options);
        assert_eq!(per_interval(&played, seconds, expected.len()), expected, "{options}");
    };
    check("", 60, &[3, 0, 700, 1]);
    check(r#", "scale": 10"#, 60, &[30, 0, 7000, 10]);
    check(r#", "stretch": 0.1"#, 6, &[3, 0, 700, 1]);
    check(r#", "stretch": 3"#, 180, &[3, 0, 700, 1]);
    check(r#", "window": {"from": "1m", "to": "3m"}"#, 60, &[0, 700]);
    check(r#", "repeat": {"times": 2}"#, 60, &[3, 0, 700, 1, 3, 0, 700, 1]);
    check(
        r#", "window": {"from": "1m", "to": "5m"}, "repeat": {"times": 2}"#,
        60,
        &[0, 700, 1, 0, 0, 700, 1],
    );
    assert_eq!(play_counts(&[3, 0, 700, 1], r#", "repeat": "forever""#).len(), 10_000);
    assert_eq!(play_counts(&[0, 0], r#", "repeat": "forever""#), []);
}

#[test]
fn a_fractional_scale_rounds_without_bias() {
    static ONES: [u64; 4000] = [1; 4000];
    let played = play_counts(&ONES, r#", "scale": 1.3"#);
    let counts = per_interval(&played, 60, 4000);
    assert!(counts.iter().all(|&n| n == 1 || n == 2));
    // The standard deviation of the total is sqrt(4000 * 0.3 * 0.7) = 29.
    assert!(played.len().abs_diff(5200) < 130, "{}", played.len());
}

/// Random placement is that of independent uniform instants: Kolmogorov and Smirnov's distance, and no bias of the
/// first of many.
#[test]
fn requests_are_placed_at_random_instants() {
    let played = play_counts(&[9000], "");
    let worst = played
        .iter()
        .enumerate()
        .map(|(index, at)| (at.seconds() / 60.0 - (index as f64 + 0.5) / 9000.0).abs());
    assert!(worst.fold(0.0, f64::max) * 9000.0_f64.sqrt() < 2.23);
    static THREES: [u64; 2000] = [3; 2000];
    let firsts = play_counts(&THREES, "");
    let mean = firsts.chunks(3).map(|chunk| chunk[0].seconds() % 60.0 / 60.0).sum::<f64>() / 2000.0;
    // The least of three has mean 1/4 and standard deviation 0.194, so the mean of 2000 has 0.0043.
    assert!((mean - 0.25).abs() < 0.019, "{mean}");
}

#[test]
fn requests_are_placed_at_equal_distances() {
    let json = r#"{"trace": {"file": "memory", "rows": {"counts": {"interval": "1m", "column": "n", "placement": "uniform"}}}}"#;
    let (played, _) = play(json, || Box::new(CountsFeed::new(Span::from_secs(60), [3, 1])));
    assert_eq!(played.into_iter().map(Time::seconds).collect::<Vec<_>>(), [10.0, 30.0, 50.0, 90.0]);
}

#[test]
fn requests_keep_their_instants() {
    let check = |options, expected: &[f64]| {
        assert_eq!(play_requests(&[0.0, 1.0, 1.0, 4.0], options), expected, "{options}");
    };
    check("", &[0.0, 1.0, 1.0, 4.0]);
    check(r#", "stretch": 2"#, &[0.0, 2.0, 2.0, 8.0]);
    check(r#", "window": {"from": "1s", "to": "4s"}"#, &[0.0, 0.0]);
    check(r#", "window": {"from": "1s", "to": "4s"}, "repeat": {"times": 2}"#, &[0.0, 0.0, 3.0, 3.0]);
    // Without a window, one mean interval (4/3 s) separates the end from the beginning.
    let twice = play_requests(&[0.0, 1.0, 1.0, 4.0], r#", "repeat": {"times": 2}"#);
    assert!((twice[4] - 16.0 / 3.0).abs() < 1e-8, "{twice:?}");
}

#[test]
fn copies_of_a_request_stay_before_the_next() {
    let played = play_requests(&[0.0, 10.0, 30.0], r#", "scale": 4"#);
    let counts = [0.0..10.0, 10.0..30.0, 30.0..31.0]
        .map(|range| played.iter().filter(|at| range.contains(*at)).count());
    assert_eq!(counts, [4, 4, 4]);
    assert!(played.contains(&0.0) && played.contains(&10.0));
    let thinned = play_requests(&[0.0, 10.0, 30.0], r#", "scale": 0.5, "repeat": {"times": 400}"#);
    assert!(thinned.len().abs_diff(600) < 78, "{}", thinned.len());
}

#[test]
fn an_error_ends_the_arrivals_and_is_kept() {
    let json = r#"{"trace": {"file": "memory", "rows": {"requests": {"timestamp": "t"}}}}"#;
    let request =
        |seconds| Ok(TraceRow::Request { at: Span::from_secs(seconds), work: WorkGiven::default() });
    let broken = FeedError::new("memory", "`x` is not a number").row(4).column("t");
    let rows = vec![request(1), request(2), Err(broken.clone()), request(3)];
    let (played, error) = play(json, move || Box::new(Rows(rows.clone(), 0)));
    assert_eq!((played.len(), error), (2, Some(broken.clone())));
    assert_eq!(broken.to_string(), "memory:4: column `t`: `x` is not a number");
    let (played, error) = play(json, move || Box::new(Rows(vec![request(2), request(1)], 0)));
    assert_eq!((played.len(), error.unwrap().message.as_str()), (1, "the rows are not in order of time"));
}
