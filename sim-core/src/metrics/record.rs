//! One replication of one variant: what is stored of it.
//!
//! A [`Record`] holds no request and no price. It is small, mergeable, and the unit in which an experiment is
//! stored, resumed and distributed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::gauge::GaugeRecords;
use super::service::ServiceRecord;
use super::{Decisions, FunctionsRecord, Grid, Window};
use crate::cost::Usage;
use crate::engine::Time;
use crate::random::mix;
use crate::stored;

/// A fingerprint of a source's arrivals: equal digests mean the same requests at the same instants with the
/// same luck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArrivalDigest {
    /// How many requests arrived (first attempts).
    #[serde(deserialize_with = "stored::count")]
    pub count: u64,
    /// A hash of when, and with which seed, in order.
    pub hash: u64,
}

impl ArrivalDigest {
    /// Adds an arrival at `at` of a request with this seed.
    #[inline]
    pub fn add(&mut self, at: Time, seed: u64) {
        self.count += 1;
        self.hash = mix(mix(self.hash ^ at.nanos()) ^ seed);
    }
}

/// What is known of a cluster after a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterRecord {
    /// Levels over time.
    pub gauges: GaugeRecords,
}

/// One replication of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The measured window.
    pub measured: Window,
    /// The windows of every series.
    pub grid: Grid,
    /// How many replications are in it: one, unless merged.
    #[serde(deserialize_with = "stored::runs")]
    pub runs: u32,
    /// Services by name.
    pub services: BTreeMap<String, ServiceRecord>,
    /// The functions one by one, of each service that is a fleet of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub functions: BTreeMap<String, FunctionsRecord>,
    /// Clusters by name.
    pub clusters: BTreeMap<String, ClusterRecord>,
    /// What was used in the measured window, by who is billed for it: a service, a cluster, a balancer.
    pub usage: BTreeMap<String, Usage>,
    /// The same for each kind of day that the run meters apart, in their order.
    #[serde(default)]
    pub days: Vec<BTreeMap<String, Usage>>,
    /// What policies decided. Of a merged record, the first replication's.
    pub decisions: Decisions,
    /// Arrivals by source. Of a merged record, the first replication's.
    pub arrivals: BTreeMap<String, ArrivalDigest>,
    /// How many events happened.
    #[serde(deserialize_with = "stored::count")]
    pub events: u64,
}

impl Record {
    /// Adds another replication of the same variant. Usage adds up to that of all replications; timelines and
    /// arrival digests stay those of the first.
    pub fn merge(&mut self, other: &Record) {
        self.runs += other.runs;
        self.events += other.events;
        for (name, service) in &other.services {
            match self.services.get_mut(name) {
                Some(mine) => mine.merge(service),
                None => drop(self.services.insert(name.clone(), service.clone())),
            }
        }
        for (name, functions) in &other.functions {
            match self.functions.get_mut(name) {
                Some(mine) => mine.merge(functions),
                None => drop(self.functions.insert(name.clone(), functions.clone())),
            }
        }
        for (name, cluster) in &other.clusters {
            match self.clusters.get_mut(name) {
                Some(mine) => mine.gauges.merge(&cluster.gauges),
                None => drop(self.clusters.insert(name.clone(), cluster.clone())),
            }
        }
        for (owner, usage) in &other.usage {
            self.usage.entry(owner.clone()).or_default().merge(usage);
        }
        for (mine, theirs) in self.days.iter_mut().zip(&other.days) {
            for (owner, usage) in theirs {
                mine.entry(owner.clone()).or_default().merge(usage);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_sees_order_time_and_luck() {
        let digest = |arrivals: &[(u64, u64)]| {
            let mut digest = ArrivalDigest::default();
            arrivals.iter().for_each(|(at, seed)| digest.add(Time::from_nanos(*at), *seed));
            digest
        };
        let base = digest(&[(1, 10), (2, 20)]);
        assert_eq!(base, digest(&[(1, 10), (2, 20)]));
        for other in [&[(2, 20), (1, 10)][..], &[(1, 10), (3, 20)], &[(1, 10), (2, 21)], &[(1, 10)]] {
            assert_ne!(base, digest(other));
        }
    }
}
