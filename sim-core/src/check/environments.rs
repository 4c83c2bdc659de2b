//! What execution environments were started for.
//!
//! An environment is started for a request, which then starts cold and is the first to use it at that instant; or
//! ahead of any, which only a policy that pre-warms, or provisioned concurrency, does. So a request is cold exactly if it
//! is the first in an environment of the same instant.

use std::collections::BTreeMap;

use super::{Fact, Family, Findings, Ground, Invariant};
use crate::engine::Time;
use crate::observe::{Replica, ReplicaFact, ServiceId};
use crate::spec::ServiceSpec;

#[derive(Default)]
pub(super) struct Environments {
    /// Those that no request has used: whose they are, and when they were placed.
    unused: BTreeMap<Replica, (ServiceId, Time)>,
    /// Whether the request that came in last is the first in an environment of this instant.
    entered: Option<bool>,
}

impl Environments {
    /// An environment that was placed at `placed` is used for the first time, or goes without having been used.
    fn look_at(
        replica: Replica,
        (service, placed): (ServiceId, Time),
        ground: &Ground,
        findings: &mut Findings,
    ) {
        findings.unless(
            placed == ground.now || loads_ahead(ground.service(service)),
            Invariant::Decisions,
            || {
                let expected = "environments to be started for requests only".into();
                [ground.service_name(service), expected, format!("{replica:?}, there since {placed}")]
            },
        );
    }

    /// A request begins to be served.
    fn began(&mut self, service: ServiceId, cold: bool, ground: &Ground, findings: &mut Findings) {
        let ServiceSpec::Lambda(function) = ground.service(service) else { return };
        let Some(new) = self.entered.take() else { return };
        // A provisioned environment may be ready, and used, at the instant at which it is stated.
        let provisioned = function.provisioned_concurrency.is_some();
        findings.unless(new == cold || (new && provisioned), Invariant::Readiness, || {
            let expected = "cold starts to be the first use of an environment of this instant".into();
            let found = format!("cold: {cold}, first use: {new}");
            [ground.service_name(service), expected, found]
        });
    }
}

/// Whether environments are started ahead of requests. What a policy of a user's own does is not known.
fn loads_ahead(service: &ServiceSpec) -> bool {
    let ServiceSpec::Lambda(function) = service else { return false };
    let fixed = function.keep_alive.as_ref().is_none_or(|policy| policy.0.name == "fixed");
    function.provisioned_concurrency.is_some() || !fixed
}

impl Family for Environments {
    fn hear(&mut self, fact: &Fact<'_>, ground: &Ground, findings: &mut Findings) {
        match *fact {
            Fact::Replica(replica @ Replica::Environment(_), ReplicaFact::Placed { service, .. }) => {
                self.unused.insert(replica, (service, ground.now));
            }
            Fact::Replica(replica @ Replica::Environment(_), ReplicaFact::Entered) => {
                let first = self.unused.remove(&replica);
                self.entered = Some(first.is_some_and(|(_, placed)| placed == ground.now));
                first.into_iter().for_each(|it| Self::look_at(replica, it, ground, findings));
            }
            Fact::Replica(replica @ Replica::Environment(_), ReplicaFact::Gone) => {
                let never_used = self.unused.remove(&replica);
                never_used.into_iter().for_each(|it| Self::look_at(replica, it, ground, findings));
            }
            Fact::Began { service, cold } => self.began(service, cold, ground, findings),
            _ => {}
        }
    }
}
