//! When things go wrong, as charts over time show it.

use scenarios::results::Results;
use sim_core::engine::Span;
use sim_core::spec::FaultSpec;

use crate::data::FaultSpan;

/// The faults of every variant that have a time. What comes at a rate comes to single replicas all the time.
pub(super) fn spans(results: &Results, labels: &[String]) -> Vec<FaultSpan> {
    let mut spans = Vec::new();
    for (variant, label) in results.manifest.variants.iter().zip(labels) {
        for (name, fault) in &variant.fleet.faults {
            if let Some((at, lasts)) = when(fault) {
                let (from, to) = (at.seconds(), lasts.map(|lasts| (at + lasts).seconds()));
                spans.push(FaultSpan { variant: label.clone(), name: name.clone(), from, to });
            }
        }
    }
    spans
}

/// When a fault begins and how long it lasts, if it has a beginning and an end.
fn when(fault: &FaultSpec) -> Option<(Span, Option<Span>)> {
    match fault {
        FaultSpec::ReplicaCrash(it) => it.at.map(|at| (at, None)),
        FaultSpec::InstanceFailure(it) => it.at.map(|at| (at, None)),
        FaultSpec::ZoneOutage(it) => Some((it.at, Some(it.lasts))),
        FaultSpec::SpotInterruption(_) => None,
        FaultSpec::SlowReplica(it) => it.at.map(|at| (at, it.lasts)),
        FaultSpec::DependencySlowdown(it) => Some((it.at, Some(it.lasts))),
        FaultSpec::DependencyOutage(it) => Some((it.at, Some(it.lasts))),
        FaultSpec::Deploy(it) => Some((it.at, None)),
    }
}
