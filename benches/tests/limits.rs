//! The bare loops do the work that fleetsim does: the same requests, waiting the same time. A loop that did less would be no
//! limit to be measured against.

use benches::limit::{self, Fleet};
use benches::paths::{self, Bench};
use sim_core::engine::Span;

/// Whether two numbers are the same but for rounding to nanoseconds and what `share` allows beyond.
fn close(what: &str, one: f64, other: f64, share: f64) {
    assert!((one - other).abs() <= share * one.abs().max(other.abs()), "{what}: {one} and {other}");
}

#[test]
fn queues() {
    for (workers, seconds) in [(1, 2000), (10, 200), (100, 20), (1000, 2)] {
        let duration = Span::from_secs(seconds);
        let bare = limit::queue(workers, workers as f64 * 90.0, 0.01, duration);
        let record = Bench::default().run(&paths::queue(workers as u32), duration);
        let web = &record.services["web"];
        assert_eq!(bare.requests, web.born, "{workers} workers");
        assert_eq!(bare.latency.count(), web.latency.count(), "{workers} workers");
        close(&format!("{workers} workers"), bare.latency.sum() as f64, web.latency.sum() as f64, 1e-7);
        same_distribution(&bare.latency, &web.latency, 0.004);
    }
}

/// Both histograms have buckets of a five-hundredth.
fn same_distribution(bare: &limit::Histogram, record: &sim_core::metrics::Histogram, share: f64) {
    for p in [0.1, 0.5, 0.9, 0.99, 0.999] {
        close(&format!("p{p}"), bare.quantile(p) as f64, record.quantile(p).unwrap_or_default(), share);
    }
}

/// A cold start takes the loop about as long as it takes fleetsim, not exactly; so environments that are busy differ now
/// and then, and with them who starts cold.
#[test]
fn functions() {
    for (rate, seconds) in [(0.9, 600_000), (90.0, 1200)] {
        let duration = Span::from_secs(seconds);
        let bare = limit::function(rate, seconds);
        let record = Bench::default().run(&paths::function(rate), duration);
        compare(&bare, &record, 0.004);
    }
    let fleet = Fleet { functions: 1000, zipf: 1.0, rate: 11.6, mean: 0.5, keep: 600 };
    let bare = limit::fleet(fleet, 20_000);
    let record = Bench::default().run(&paths::functions(1000, 11.6), Span::from_secs(20_000));
    compare(&bare, &record, 0.015);
    let per_function = &record.functions["web"];
    assert_eq!(per_function.invocations.iter().sum::<u64>(), bare.requests);
}

fn compare(bare: &limit::Outcome, record: &sim_core::metrics::Record, share: f64) {
    let web = &record.services["web"];
    assert_eq!(bare.requests, web.born);
    assert_eq!(bare.latency.count(), web.latency.count());
    close("cold starts", bare.cold as f64, web.cold as f64, 0.03);
    close("latency", bare.latency.sum() as f64, web.latency.sum() as f64, share);
    same_distribution(&bare.latency, &web.latency, share);
}
