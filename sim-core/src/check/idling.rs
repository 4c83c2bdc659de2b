//! How long execution environments idle.
//!
//! An idle environment is not used again, and does not stay, when its keep-alive is over. How long that is, is known from
//! outside where the policy never changes it, and where it has said what it changed it to; of the functions of a fleet
//! that are learned apart nobody says it one by one.

use std::collections::BTreeMap;

use super::{Fact, Family, Findings, Ground, Invariant};
use crate::engine::{Span, Time};
use crate::observe::{DecisionFact, DecisionKind, Replica, ReplicaFact, ServiceId};
use crate::policy::keep_alive::FixedKeepAliveParameters;
use crate::spec::{FleetSpec, FunctionSpec, ServiceSpec};

/// A keep-alive that is in force, and since when. At that instant the one before it may still be: the policy may be asked
/// because an environment is used, and what idles longer already goes at once.
#[derive(Clone, Copy)]
struct InForce {
    since: Time,
    keep: Span,
    before: Span,
}

impl InForce {
    fn at(self, now: Time) -> Span {
        if now == self.since { self.keep.max(self.before) } else { self.keep }
    }
}

pub(super) struct Idling {
    /// By service; none where nobody has said it.
    keeps: Vec<Option<InForce>>,
    /// Environments, and when they last became idle.
    environments: BTreeMap<Replica, (ServiceId, Option<Time>)>,
}

impl Idling {
    pub(super) fn new(fleet: &FleetSpec) -> Self {
        let in_force = |spec: &ServiceSpec| match spec {
            ServiceSpec::Lambda(function) => fixed(function),
            _ => None,
        };
        let keep = |spec| in_force(spec).map(|keep| InForce { since: Time::ZERO, keep, before: keep });
        Idling { keeps: fleet.services.values().map(keep).collect(), environments: BTreeMap::new() }
    }

    /// A policy changes its set-point, which it says in whole seconds.
    fn decided(&mut self, decision: &DecisionFact, ground: &Ground) {
        let service = ground.service_named(&decision.owner);
        if let (DecisionKind::KeepAlive, Some(service), Some(after)) =
            (decision.kind, service, decision.after)
        {
            let in_force = &mut self.keeps[service.0 as usize];
            let before = in_force.map_or(Span::MAX, |before| before.at(ground.now));
            *in_force = Some(InForce { since: ground.now, keep: Span::from_secs(after + 1), before });
        }
    }

    /// An environment is idle up to this instant, at which it goes or, if `is_used`, an event enters it.
    fn check(&self, replica: Replica, is_used: bool, ground: &Ground, findings: &mut Findings) {
        let Some((service, Some(idle_since))) = self.environments.get(&replica) else { return };
        let (ServiceSpec::Lambda(function), Some(in_force)) =
            (ground.service(*service), self.keeps[service.0 as usize])
        else {
            return;
        };
        // Provisioned environments are kept for ever.
        if function.provisioned_concurrency.is_some() {
            return;
        }
        let (keep, idle) = (in_force.at(ground.now), ground.now.since(*idle_since));
        findings.unless(idle < keep || (idle == keep && !is_used), Invariant::Decisions, || {
            let found = if is_used { format!("use after {idle}") } else { format!("it idle for {idle}") };
            [format!("{replica:?}"), format!("an end after {keep} of idling"), found]
        });
    }
}

/// The keep-alive of a policy that never changes it.
fn fixed(function: &FunctionSpec) -> Option<Span> {
    let parameters = match &function.keep_alive {
        None => Some(FixedKeepAliveParameters::default()),
        Some(policy) if policy.0.name == "fixed" => serde_json::from_value(policy.0.parameters.clone()).ok(),
        Some(_) => None,
    };
    parameters.map(|fixed| fixed.after)
}

impl Family for Idling {
    fn hear(&mut self, fact: &Fact<'_>, ground: &Ground, findings: &mut Findings) {
        match *fact {
            Fact::Decided(decision) => self.decided(decision, ground),
            Fact::Replica(replica @ Replica::Environment(_), ReplicaFact::Placed { service, .. }) => {
                self.environments.insert(replica, (service, None));
            }
            Fact::Replica(replica @ Replica::Environment(_), ReplicaFact::Entered) => {
                self.check(replica, true, ground, findings);
                self.environments.entry(replica).and_modify(|(_, idle_since)| *idle_since = None);
            }
            Fact::Replica(replica @ Replica::Environment(_), ReplicaFact::Left { .. }) => {
                let now = ground.now;
                self.environments.entry(replica).and_modify(|(_, idle_since)| *idle_since = Some(now));
            }
            Fact::Replica(replica @ Replica::Environment(_), ReplicaFact::Gone) => {
                self.check(replica, false, ground, findings);
                self.environments.remove(&replica);
            }
            _ => {}
        }
    }

    /// What is there at the end is idle for no longer than it may be.
    fn close(&mut self, ground: &Ground, findings: &mut Findings) {
        self.environments.keys().for_each(|replica| self.check(*replica, false, ground, findings));
    }
}
