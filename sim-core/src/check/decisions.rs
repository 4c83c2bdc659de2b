//! Decisions: what a control loop says that it changes is what changes, at that instant and by that number; and whatever
//! changes has been decided. Where a task finds no place, or an instance goes, somebody says why.

use std::collections::BTreeMap;

use super::{Fact, Family, Findings, Ground, Invariant};
use crate::engine::{Span, Time};
use crate::observe::{DecisionFact, DecisionKind, Gauge, InstanceFact, Owner, ReplicaFact};
use crate::spec::{FaultSpec, ServiceSpec, zone_number};

/// A service that has not changed for so long has what it wants, or waits for it.
const SETTLED: Span = Span::from_secs(1200);

/// The gauge that a scaling decision moves.
const SCALED: [Gauge; 3] = [Gauge::ReplicasDesired, Gauge::Provisioned, Gauge::InstancesDesired];

/// Gauges of a service that is not settled.
const MOVES: [Gauge; 3] = [Gauge::ReplicasDesired, Gauge::ReplicasRunning, Gauge::ReplicasPending];

pub(super) struct Decisions {
    /// Levels that a decision of this instant has announced, and those that have changed, each by how much.
    announced: BTreeMap<(Owner, Gauge), (u64, u64)>,
    changed: BTreeMap<(Owner, Gauge), (u64, u64)>,
    /// The instances that tasks were placed on, and that went; and the reasons given, all at this instant.
    placed: Vec<u32>,
    gone: Vec<u32>,
    reasons: Vec<String>,
    /// When the replicas of each service last changed.
    moved: Vec<Time>,
    patience: Span,
}

impl Decisions {
    pub(super) fn new(ground: &Ground) -> Self {
        Decisions {
            announced: BTreeMap::new(),
            changed: BTreeMap::new(),
            placed: Vec::new(),
            gone: Vec::new(),
            reasons: Vec::new(),
            moved: vec![Time::ZERO; ground.fleet.services.len()],
            patience: patience(ground),
        }
    }

    fn decided(&mut self, decision: &DecisionFact, ground: &Ground, findings: &mut Findings) {
        findings.decisions += 1;
        let said = !decision.reason.is_empty() && !decision.owner.is_empty();
        findings.unless(said, Invariant::Decisions, || {
            [format!("`{}`", decision.owner), "a reason and whose it is".into(), format!("{decision:?}")]
        });
        match decision.kind {
            DecisionKind::ServiceScaling | DecisionKind::ClusterScaling => {
                self.announce(decision, ground, findings);
            }
            DecisionKind::Health => check_health(decision, ground, findings),
            DecisionKind::Placement | DecisionKind::Removal => self.reasons.push(decision.reason.clone()),
            DecisionKind::KeepAlive | DecisionKind::Fault | DecisionKind::Client => {}
        }
    }

    fn announce(&mut self, decision: &DecisionFact, ground: &Ground, findings: &mut Findings) {
        let scaled = scaled(decision, ground);
        let (Some(scaled), Some(before), Some(after)) = (scaled, decision.before, decision.after) else {
            findings.unless(false, Invariant::Decisions, || {
                let expected = "a known service or group, the number before and the number after".into();
                [format!("`{}`", decision.owner), expected, format!("{decision:?}")]
            });
            return;
        };
        findings.unless(before != after, Invariant::Decisions, || {
            [ground.name(scaled.0), "a decision that changes something".into(), format!("{after} as before")]
        });
        let change = self.announced.entry(scaled).or_insert((before, after));
        change.1 = after;
    }

    /// Which gauge fell to which value: the decision of this instant says the same.
    fn check_applied(&mut self, ground: &Ground, findings: &mut Findings) {
        let announced = std::mem::take(&mut self.announced);
        let changed = std::mem::take(&mut self.changed);
        let either = announced.keys().chain(changed.keys().filter(|key| !announced.contains_key(key)));
        for key in either {
            let (said, did) = (announced.get(key), changed.get(key));
            findings.unless(said == did, Invariant::Decisions, || {
                let change = |change: Option<&(u64, u64)>| match change {
                    Some((before, after)) => format!("{before} to {after}"),
                    None => "no change".into(),
                };
                let expected = format!("{:?} to go as decided: {}", key.1, change(said));
                [ground.name(key.0), expected, change(did)]
            });
        }
    }

    /// Every placement and every end of an instance has a reason that names it.
    fn check_reasons(&mut self, findings: &mut Findings) {
        let reasons = std::mem::take(&mut self.reasons);
        let named = |instance: u32| {
            let name = format!("instance {instance} ");
            reasons.iter().any(|reason| reason.contains(&name))
        };
        let all = std::mem::take(&mut self.placed).into_iter().chain(std::mem::take(&mut self.gone));
        for instance in all {
            findings.unless(named(instance), Invariant::Decisions, || {
                let expected = "a decision that says why something is placed there, or why it goes".into();
                [format!("instance {instance}"), expected, format!("{reasons:?}")]
            });
        }
    }

    /// What is desired is there, or on its way, when nothing has moved for long. Services on Fargate share a quota of
    /// launches, so that one may wait for as long as another has its turn.
    fn check_settled(&self, ground: &Ground, findings: &mut Findings) {
        let is_fargate = |spec: &ServiceSpec| matches!(spec, ServiceSpec::Fargate(_));
        let on_fargate = ground.services().filter(|(_, spec)| is_fargate(spec));
        let any_moved = on_fargate.map(|(id, _)| self.moved[id.0 as usize]).max().unwrap_or_default();
        for (id, spec) in ground.services() {
            let moved = if is_fargate(spec) { any_moved } else { self.moved[id.0 as usize] };
            if matches!(spec, ServiceSpec::Lambda(_)) || moved + self.patience > ground.now {
                continue;
            }
            if matches!(spec, ServiceSpec::Fargate(it) if self.had_no_zone(it.zones, ground)) {
                continue;
            }
            let level = |gauge| ground.of_service(id, gauge);
            let there = level(Gauge::ReplicasRunning) + level(Gauge::ReplicasPending);
            let desired = level(Gauge::ReplicasDesired);
            findings.unless(there >= desired, Invariant::Decisions, || {
                let expected = format!("{desired} replicas running or on their way, as decided long ago");
                [ground.service_name(id), expected, there.to_string()]
            });
        }
    }

    /// Whether each of the first `zones` zones has been out lately: then there was no place to launch a task in, one after
    /// the other or all at once.
    fn had_no_zone(&self, zones: u32, ground: &Ground) -> bool {
        let since = ground.now.before(self.patience);
        let is_out = |zone: u32| {
            ground.fleet.faults.values().any(|fault| {
                let FaultSpec::ZoneOutage(it) = fault else { return false };
                let (from, to) = (Time::ZERO + it.at, Time::ZERO + it.at + it.lasts);
                zone_number(&it.zone) == Some(zone) && from <= ground.now && to >= since
            })
        };
        (0..zones).all(is_out)
    }
}

/// How long a service may stand still on its way to what it wants: its scheduler takes its time, launches may be rationed,
/// and all services have their turns.
fn patience(ground: &Ground) -> Span {
    let account = &ground.fleet.account;
    let slowest = account.service_launch_rate.0.min(account.fargate_launch_rate.0);
    let turns = Span::from_seconds(2.0 * ground.fleet.services.len() as f64 / slowest);
    SETTLED + ground.fleet.telemetry.scheduler_reaction + turns
}

/// Whose gauge a scaling decision moves.
fn scaled(decision: &DecisionFact, ground: &Ground) -> Option<(Owner, Gauge)> {
    if decision.kind == DecisionKind::ClusterScaling {
        let group = ground.group_named(&decision.owner)?;
        return Some((Owner::Group(group), Gauge::InstancesDesired));
    }
    let service = ground.service_named(&decision.owner)?;
    let gauge = match ground.service(service) {
        ServiceSpec::Lambda(_) => Gauge::Provisioned,
        _ => Gauge::ReplicasDesired,
    };
    Some((Owner::Service(service), gauge))
}

/// A balancer sends requests to healthy targets, and to others only if there are none.
fn check_health(decision: &DecisionFact, ground: &Ground, findings: &mut Findings) {
    let (Some(service), Some(before), Some(after)) =
        (ground.service_named(&decision.owner), decision.before, decision.after)
    else {
        return;
    };
    let ready = ground.of_service(service, Gauge::ReplicasReady);
    let aimed = if after > 0 { ready == after } else { ready > 0 };
    findings.unless(aimed && before.abs_diff(after) == 1, Invariant::Decisions, || {
        let expected = "targets to turn one by one, and requests to go to healthy ones".into();
        let found = format!("{before} to {after} healthy, {ready} that requests go to");
        [ground.service_name(service), expected, found]
    });
}

impl Family for Decisions {
    fn hear(&mut self, fact: &Fact<'_>, ground: &Ground, findings: &mut Findings) {
        match *fact {
            Fact::Decided(decision) => self.decided(decision, ground, findings),
            Fact::Level { owner, gauge, before, value } if before != value => {
                if let Owner::Service(id) = owner
                    && MOVES.contains(&gauge)
                {
                    self.moved[id.0 as usize] = ground.now;
                }
                // What holds from the first moment on nobody has decided.
                if SCALED.contains(&gauge) && ground.now > Time::ZERO {
                    let change = self.changed.entry((owner, gauge)).or_insert((before, value));
                    change.1 = value;
                }
            }
            Fact::Replica(_, ReplicaFact::Placed { instance: Some(instance), .. }) => {
                self.placed.push(instance);
            }
            Fact::Instance(instance, InstanceFact::Gone) => self.gone.push(instance),
            _ => {}
        }
    }

    fn instant_over(&mut self, ground: &Ground, findings: &mut Findings) {
        if !self.announced.is_empty() || !self.changed.is_empty() {
            self.check_applied(ground, findings);
        }
        self.check_reasons(findings);
        self.check_settled(ground, findings);
    }
}
