//! Whether variants met the same luck: open-loop sources that are written alike must have sent the same requests.

use std::collections::BTreeMap;

use sim_core::metrics::ArrivalDigest;
use sim_core::traffic::ArrivalSpec;

use super::RunError;
use crate::results::Results;

/// Whose arrivals, of which replication, by which law.
type Key = (String, u32, String);

/// Compares the arrival digests of all variants, replication by replication. Closed-loop users react to the fleet, so
/// theirs may differ.
pub(super) fn check(results: &Results) -> Result<(), RunError> {
    let mut seen: BTreeMap<Key, (ArrivalDigest, &str)> = BTreeMap::new();
    let mut list = Vec::new();
    for (manifest, variant) in results.manifest.variants.iter().zip(&results.variants) {
        for (source, spec) in &manifest.fleet.sources {
            if matches!(spec.arrivals, ArrivalSpec::Users(_)) {
                continue;
            }
            let law = (&spec.arrivals, &manifest.fleet.populations);
            let law = serde_json::to_string(&law).expect("settings are plain data");
            for (replication, record) in variant.replications.iter().zip(&variant.records) {
                let Some(digest) = record.arrivals.get(source).copied() else { continue };
                let key = (source.clone(), *replication, law.clone());
                let (first, name) = *seen.entry(key).or_insert((digest, &manifest.name));
                if first != digest {
                    list.push(format!(
                        "source {source}, replication {}: {} has {} requests, {name} {}",
                        replication + 1,
                        manifest.name,
                        digest.count,
                        first.count
                    ));
                }
            }
        }
    }
    if list.is_empty() { Ok(()) } else { Err(RunError::Luck(list)) }
}
