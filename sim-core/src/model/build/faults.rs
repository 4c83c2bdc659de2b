//! Faults as a spec describes them, by id instead of by name.

use super::Builder;
use crate::cost::Purchase;
use crate::engine::{Span, Time};
use crate::model::dependency::{Dependency, Disturbance, Effect};
use crate::model::faults::{Fault, FaultKind, Hazard, SpotTarget};
use crate::model::fleet::Fleet;
use crate::model::service::Platform;
use crate::observe::{GroupId, Probe, ServiceId};
use crate::random::owner_key;
use crate::spec::{
    FaultSpec, HourlyRate, InstanceFailureSpec, OutageAnswer, ReplicaCrashSpec, SlowReplicaSpec,
    SpotInterruptionSpec, zone_number,
};

impl Builder<'_> {
    /// Enters the faults into a fleet whose services and clusters are built.
    pub(super) fn faults<P: Probe>(&self, fleet: &mut Fleet<P>) {
        for (name, spec) in &self.spec.faults {
            let kind = self.fault(spec, fleet);
            let times = spec.times();
            let at = times.map(|(at, _)| from_start(at));
            let to = times.and_then(|(at, lasts)| Some(from_start(at + lasts?)));
            let key = owner_key(name);
            self.tell_functions(key, &kind, fleet);
            fleet.faults.list.push(Fault { name: name.clone(), key, at, to, kind });
        }
    }

    fn fault<P: Probe>(&self, spec: &FaultSpec, fleet: &Fleet<P>) -> FaultKind {
        match spec {
            FaultSpec::ReplicaCrash(it) => self.crash(it),
            FaultSpec::InstanceFailure(it) => self.failure(it, fleet),
            FaultSpec::ZoneOutage(it) => {
                let zone = zone_number(&it.zone).expect("a checked zone");
                FaultKind::Outage { zone, detected_after: it.detected_after }
            }
            FaultSpec::SpotInterruption(it) => self.interruption(it, fleet),
            FaultSpec::SlowReplica(it) => self.slow(it),
            FaultSpec::DependencySlowdown(it) => {
                let what = format!("takes {} times as long", it.factor);
                FaultKind::Dependency { work: it.work.clone(), what }
            }
            FaultSpec::DependencyOutage(it) => {
                let what = match it.answer {
                    OutageAnswer::Nothing => "does not answer",
                    OutageAnswer::Errors => "answers with errors",
                };
                FaultKind::Dependency { work: it.work.clone(), what: what.to_owned() }
            }
            FaultSpec::Deploy(it) => FaultKind::Deploy { service: self.service_id(&it.service) },
        }
    }

    fn service_id(&self, name: &str) -> ServiceId {
        ServiceId(self.spec.services.get_index_of(name).expect("a checked service") as u32)
    }

    fn crash(&self, spec: &ReplicaCrashSpec) -> FaultKind {
        FaultKind::Crash {
            service: self.service_id(&spec.service),
            hazard: spec.rate.map(|rate| Hazard::Steady(rate.0)),
            count: spec.count.unwrap_or(1),
        }
    }

    /// The groups of a cluster that a fault is about.
    fn groups_of<P: Probe>(
        &self,
        cluster: &str,
        group: Option<&str>,
        spot: bool,
        fleet: &Fleet<P>,
    ) -> Vec<GroupId> {
        let ids = &fleet.clusters[self.cluster_id(cluster)].groups;
        let meant = self.spec.clusters[cluster].groups().zip(ids).filter(|((name, spec), _)| {
            group.is_none_or(|group| group == *name) && (!spot || spec.purchase == Purchase::Spot)
        });
        meant.map(|(_, id)| *id).collect()
    }

    fn failure<P: Probe>(&self, spec: &InstanceFailureSpec, fleet: &Fleet<P>) -> FaultKind {
        FaultKind::Failure {
            groups: self.groups_of(&spec.cluster, spec.group.as_deref(), false, fleet),
            hazard: spec.rate.map(|rate| Hazard::Steady(rate.0)),
            count: spec.count.unwrap_or(1),
            detected_after: spec.detected_after,
        }
    }

    fn interruption<P: Probe>(&self, spec: &SpotInterruptionSpec, fleet: &Fleet<P>) -> FaultKind {
        let target = match (&spec.cluster, &spec.service) {
            (Some(cluster), _) => {
                SpotTarget::Groups(self.groups_of(cluster, spec.group.as_deref(), true, fleet))
            }
            (None, service) => {
                SpotTarget::Service(self.service_id(service.as_ref().expect("a checked interruption")))
            }
        };
        let hazard = match &spec.rate {
            HourlyRate::Steady(rate) => Hazard::Steady(rate.0),
            HourlyRate::ByHour(rates) => Hazard::ByHour(rates.iter().map(|rate| rate.0).collect()),
        };
        FaultKind::Interruption { target, hazard, notice: spec.notice, drained: spec.drained }
    }

    fn slow(&self, spec: &SlowReplicaSpec) -> FaultKind {
        FaultKind::Slow {
            service: self.service_id(&spec.service),
            speed: spec.speed.0,
            share: spec.share.map(|share| share.0),
            count: spec.count.unwrap_or(1),
            victims: Vec::new(),
        }
    }

    /// Crashes at a rate come to functions with their invocations.
    fn tell_functions<P: Probe>(&self, key: u64, kind: &FaultKind, fleet: &mut Fleet<P>) {
        if let FaultKind::Crash { service, hazard: Some(Hazard::Steady(rate)), .. } = kind
            && let Platform::Functions(functions) = &mut fleet.services[*service].platform
        {
            functions.crashes.push((key, *rate));
        }
    }

    /// How what the work called `name` waits for does over the run.
    pub(super) fn dependency(&self, name: &str) -> Dependency {
        let disturbance = |fault: &FaultSpec| {
            let (work, effect) = match fault {
                FaultSpec::DependencySlowdown(it) => (&it.work, Effect::Slower(it.factor)),
                FaultSpec::DependencyOutage(it) => match it.answer {
                    OutageAnswer::Nothing => (&it.work, Effect::Silent),
                    OutageAnswer::Errors => (&it.work, Effect::Errors),
                },
                _ => return None,
            };
            let (at, lasts) = fault.times()?;
            let (from, to) = (from_start(at), from_start(at + lasts?));
            (work == name).then_some(Disturbance { from, to, effect })
        };
        let disturbances: Vec<Disturbance> = self.spec.faults.values().filter_map(disturbance).collect();
        Dependency::new(&disturbances)
    }
}

fn from_start(span: Span) -> Time {
    Time::ZERO + span
}
