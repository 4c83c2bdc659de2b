//! The first instant of a run: a fleet that has been running, and functions that have not; or a fleet that is switched
//! on ([`Initial`]).
//!
//! A warm service starts with its desired tasks in service on instances that are ready, and a function without an
//! environment but its provisioned ones. In an empty fleet all of these begin to start.

use super::build::Initial;
use super::container::Substrate;
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use super::scaling::MINUTE;
use super::service::Platform as Behind;
use super::source::Generator;
use super::task::{TaskId, TaskState};
use crate::engine::Time;
use crate::observe::{Billable, Door, Gauge, GroupId, Probe, ServiceId, SourceId};
use crate::random::{Purpose, open01, owner_key};

impl<P: Probe> Fleet<P> {
    /// The groups' first instances are ready at the start, or begin to launch.
    pub(super) fn begin_groups(&mut self, initial: Initial, agenda: &mut Agenda) {
        for group in self.groups.ids() {
            self.desired_level(group, Time::ZERO);
            let mut in_zone = self.staying_in_zones(group);
            for _ in 0..self.groups[group].desired {
                let Some(zone) = self.poorest_group_zone(&mut in_zone) else { break };
                let id = self.launch_instance(group, zone, Time::ZERO, agenda);
                if initial == Initial::Empty {
                    continue;
                }
                self.instance_runs(id, Time::ZERO);
                self.draw_instance_fate(id, Time::ZERO, agenda);
                self.instances[id].warm_at = Time::ZERO;
                self.instance_active(id, Time::ZERO, agenda);
            }
            self.begin_credits(group, agenda);
        }
    }

    /// The services' first tasks are in service at the start, the functions' provisioned environments ready; or they
    /// begin to start.
    pub(super) fn begin_services(&mut self, initial: Initial, agenda: &mut Agenda) {
        for service in self.services.ids() {
            if matches!(self.services[service].door.kind, Door::Alb | Door::AlbToFunction) {
                self.probe.billed(&Billable::Balancer { service });
            }
            if matches!(self.services[service].platform, Behind::Functions(_)) {
                self.begin_function(service, initial, agenda);
                continue;
            }
            let desired = self.services[service].containers().desired;
            self.level(service, Gauge::ReplicasDesired, u64::from(desired), Time::ZERO);
            for _ in 0..desired {
                let id = self.launch(service, Time::ZERO, agenda);
                if initial == Initial::Warm && self.tasks[id].state != TaskState::Waiting {
                    self.begin_task(id, agenda);
                }
            }
        }
    }

    /// A task of the first moment is in service at once. The step that its launch has put into the agenda finds it moved
    /// on.
    fn begin_task(&mut self, id: TaskId, agenda: &mut Agenda) {
        let service = self.tasks[id].service;
        if matches!(self.services[service].containers().substrate, Substrate::Fargate { .. }) {
            self.pay_for(id, Time::ZERO);
        }
        self.begin_running(id, Time::ZERO, agenda);
        self.in_service(id, Time::ZERO, agenda);
        self.begin_checks(id, agenda);
        self.check_memory(id, Time::ZERO, agenda);
    }

    /// The balancer has checked a task of the first moment before: its next check comes at any moment of the interval.
    fn begin_checks(&mut self, id: TaskId, agenda: &mut Agenda) {
        let (service, ordinal) = (self.tasks[id].service, self.tasks[id].ordinal);
        let key = self.services[service].key;
        if let Some(balancer) = &self.services[service].containers().balancer {
            let mut draw = self.luck.counted(Purpose::HealthCheck, key, ordinal);
            let after = balancer.checks.interval.scaled(open01(&mut draw));
            self.watch_health(id, after, Time::ZERO, agenda);
        }
    }

    fn begin_function(&mut self, service: ServiceId, initial: Initial, agenda: &mut Agenda) {
        self.set_keep_alive(service, Time::ZERO, agenda);
        self.environment_levels(service, Time::ZERO);
        if self.services[service].functions().provisioned.is_some() {
            match initial {
                Initial::Warm => self.begin_provisioned(service, Time::ZERO),
                Initial::Empty => self.ask_for_provisioned(service, Time::ZERO, agenda),
            }
        }
    }

    /// Starts the loops, each at a phase that the replication draws: shared by all variants, since it is named after
    /// the loop's owner only.
    pub(super) fn begin_loops(&mut self, agenda: &mut Agenda) {
        let luck = self.luck;
        let phase = |name: &str| {
            let mut draw = luck.counted(Purpose::Phase, owner_key(name), 0);
            Time::ZERO + MINUTE.scaled(open01(&mut draw))
        };
        let minute = phase("metrics");
        for service in self.services.ids() {
            let name = self.services[service].name.clone();
            let kind = match &self.services[service].platform {
                Behind::Containers(_) => {
                    agenda.schedule(FleetEvent::new(minute, Kind::MetricMinute, service.0, 0));
                    Kind::ServiceScaling
                }
                Behind::Functions(functions) if functions.provisioned.is_some() => Kind::Provisioning,
                Behind::Functions(_) => continue,
            };
            agenda.schedule(FleetEvent::new(phase(&name), kind, service.0, 0));
        }
        for group in self.groups.ids().collect::<Vec<GroupId>>() {
            let at = phase(&self.groups[group].name);
            agenda.schedule(FleetEvent::new(at, Kind::GroupScaling, group.0, 0));
        }
    }

    pub(super) fn begin_source(&mut self, id: SourceId, agenda: &mut Agenda) {
        match &mut self.sources[id].generator {
            Generator::Open { next: Some(first), .. } => {
                agenda.schedule_arrival(FleetEvent::new(first.at, Kind::Arrive, id.0, 0));
            }
            Generator::Open { next: None, .. } => {}
            Generator::Population { members, .. } => {
                let end = self.end;
                for (member, at) in members.pending().filter(|(_, at)| *at < end) {
                    agenda.schedule_arrival(FleetEvent::new(at, Kind::Arrive, id.0, member));
                }
            }
            Generator::Closed(users) => {
                if let Some((at, user)) = users.next_join() {
                    agenda.schedule_arrival(FleetEvent::new(at, Kind::UserJoins, id.0, user));
                }
            }
        }
    }
}
