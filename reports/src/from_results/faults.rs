//! When things go wrong, as charts over time show it.

use scenarios::results::Results;

use crate::data::FaultSpan;

/// The faults of every variant that have a time. What comes at a rate comes to single replicas all the time.
pub(super) fn spans(results: &Results, labels: &[String]) -> Vec<FaultSpan> {
    let mut spans = Vec::new();
    for (variant, label) in results.manifest.variants.iter().zip(labels) {
        for (name, fault) in &variant.fleet.faults {
            if let Some((at, lasts)) = fault.times() {
                let (from, to) = (at.seconds(), lasts.map(|lasts| (at + lasts).seconds()));
                spans.push(FaultSpan { variant: label.clone(), name: name.clone(), from, to });
            }
        }
    }
    spans
}
