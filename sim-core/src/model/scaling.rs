//! The control loops: metrics closed every minute, policies asked every minute, decisions applied and recorded.
//!
//! All loops run with the platform's real period and see only what telemetry has published. Their phases are drawn per
//! replication and shared by all variants: a run that always began at the same second of a minute would claim a
//! precision that nobody has.

use super::cluster::luck_word;
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use crate::engine::{Span, Time};
use crate::observe::{DecisionKind, Gauge, GroupId, Probe, ServiceId};
use crate::policy::service_scaling::ServiceScaler;
use crate::policy::view::{
    Allocatable, CPU, ClusterScalingView, MEMORY, Metrics, REQUESTS_PER_TARGET, RUNNING, ServiceScalingView,
};
use crate::random::Purpose;

/// The period of every loop here.
pub(super) const MINUTE: Span = Span::from_secs(60);

/// A service's scaling policies and what they have done.
pub(super) struct ServiceScaling {
    pub scaler: ServiceScaler,
    pub min: u32,
    pub max: u32,
    /// What its policies did; schedules and bounds begin no cooldown.
    pub last_out: Option<Time>,
    pub last_out_from: Option<u32>,
    pub last_in: Option<Time>,
}

impl<P: Probe> Fleet<P> {
    /// A minute of a service's metrics is over.
    pub(super) fn metric_minute(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        agenda.schedule(FleetEvent::new(now + MINUTE, Kind::MetricMinute, service.0, 0));
        self.services[service].containers().telemetry.close_minute(now, MINUTE);
    }

    /// A service's scaling policies look at what has been published.
    pub(super) fn scale_service(&mut self, service_id: ServiceId, now: Time, agenda: &mut Agenda) {
        agenda.schedule(FleetEvent::new(now + MINUTE, Kind::ServiceScaling, service_id.0, 0));
        let deployment_in_progress = self.is_deploying(service_id);
        let service = &mut self.services[service_id];
        let luck = luck_word(self.luck.counted(Purpose::Policy, service.key, now.nanos()));
        let name = service.name.clone();
        let containers = service.containers();
        let telemetry = &mut containers.telemetry;
        let metrics = Metrics::from([
            (CPU.to_owned(), telemetry.cpu_points.visible(now)),
            (MEMORY.to_owned(), telemetry.memory_points.visible(now)),
            (REQUESTS_PER_TARGET.to_owned(), telemetry.request_points.visible(now)),
            (RUNNING.to_owned(), telemetry.running_points.visible(now)),
        ]);
        let scaling = &mut containers.scaling;
        let before = containers.desired;
        let decision = scaling.scaler.decide(&ServiceScalingView {
            now,
            run_start: self.calendar,
            service: name.clone(),
            running: containers.running,
            desired: before,
            min: scaling.min,
            max: scaling.max,
            metrics,
            last_scale_out: scaling.last_out,
            last_scale_out_from: scaling.last_out_from,
            last_scale_in: scaling.last_in,
            deployment_in_progress,
            luck,
        });
        scaling.min = decision.min.unwrap_or(scaling.min);
        scaling.max = decision.max.unwrap_or(scaling.max);
        let Some(after) = decision.desired.filter(|after| *after != before) else { return };
        if !decision.begins_no_cooldown && after > before {
            (scaling.last_out, scaling.last_out_from) = (Some(now), Some(before));
        } else if !decision.begins_no_cooldown {
            scaling.last_in = Some(now);
        }
        containers.desired = after;
        let change = (Some(u64::from(before)), Some(u64::from(after)));
        self.note(now, DecisionKind::ServiceScaling, &name, change, decision.reason);
        self.level(service_id, Gauge::ReplicasDesired, u64::from(after), now);
        self.reconcile_soon(service_id, now, agenda);
    }

    /// A group's reservation metric is taken, and its scaling policy looks at what is published of it: by default the
    /// datapoint of a minute ago.
    pub(super) fn scale_group(&mut self, group_id: GroupId, now: Time, agenda: &mut Agenda) {
        agenda.schedule(FleetEvent::new(now + MINUTE, Kind::GroupScaling, group_id.0, 0));
        let view = self.group_view(group_id, now);
        let group = &mut self.groups[group_id];
        let Some(policy) = &mut group.scaling else { return };
        group.reservation.close(now, Some(policy.reservation(&view).value));
        group.running_points.close(now, Some(f64::from(view.running)));
        let reservation = group.reservation.visible(now);
        let running_then =
            group.running_points.visible(now).last().and_then(|it| it.value).map(|it| it as u32);
        let decision = policy.decide(&ClusterScalingView { reservation, running_then, ..view });
        let before = group.desired;
        let after = decision.desired.unwrap_or(before).clamp(group.min, group.max);
        if after > before {
            group.last_scale_out = Some(now);
        } else if after < before {
            group.last_scale_in = Some(now);
        }
        group.desired = after;
        if after != before {
            let name = group.name.clone();
            self.desired_level(group_id, now);
            self.note(
                now,
                DecisionKind::ClusterScaling,
                &name,
                (Some(u64::from(before)), Some(u64::from(after))),
                decision.reason,
            );
        }
        // Also when nothing changed: an instance that was protected may have become empty meanwhile.
        self.resize_group(group_id, now, agenda);
    }

    fn group_view(&mut self, group_id: GroupId, now: Time) -> ClusterScalingView {
        let waiting = self.waiting_tasks(group_id);
        let (running, non_empty) = self.running_instances(group_id);
        let warming = self.warming_instances(group_id, now);
        let group = &self.groups[group_id];
        let offered = Allocatable {
            cpu_units: group.instance_type.cpu().0,
            memory_mib: group.memory_mib,
            network_interfaces: group.interfaces,
        };
        ClusterScalingView {
            now,
            group: group.name.clone(),
            running,
            desired: group.desired,
            min: group.min,
            max: group.max,
            non_empty,
            warming,
            waiting,
            smallest: offered,
            largest: offered,
            reservation: Vec::new(),
            running_then: None,
            last_scale_out: group.last_scale_out,
            last_scale_in: group.last_scale_in,
            luck: luck_word(self.luck.counted(Purpose::Policy, group.key, now.nanos())),
        }
    }
}
