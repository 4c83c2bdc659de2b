//! The fleet: everything simulated, in arenas, and the one `match` that says what events do.

use super::account::Account;
use super::cluster::{Cluster, ClusterId, Group, Instance, InstanceId};
use super::event::{FleetEvent, Kind};
use super::faults::Faults;
use super::function::{Environment, EnvironmentId};
use super::request::{Request, RequestId, Stage};
use super::service::Service;
use super::sharing::Claim;
use super::source::{Generator, Source};
use super::task::{Task, TaskId};
use crate::arena::{Arena, Id as _, Slab};
use crate::calendar::Calendar;
use crate::engine::{self, Event, Time, World};
use crate::observe::{
    DecisionFact, DecisionKind, FunctionId, GroupId, InstanceFact, Names, Outcome, Probe, Replica,
    ReplicaFact, ServiceId, SourceId,
};
use crate::random::Luck;
use crate::spec::TelemetrySpec;

/// The fleet's agenda.
pub(super) type Agenda = engine::Agenda<FleetEvent>;

/// Everything that one replication simulates. `P` watches it.
pub struct Fleet<P> {
    pub(super) probe: P,
    pub(super) luck: Luck,
    /// On which date the run starts.
    pub(super) calendar: Calendar,
    pub(super) names: Names,
    /// No request is born from here on.
    pub(super) end: Time,
    /// Nothing happens from here on.
    pub(super) last: Time,
    pub(super) faults: Faults,
    pub(super) sources: Arena<SourceId, Source>,
    pub(super) services: Arena<ServiceId, Service>,
    pub(super) clusters: Arena<ClusterId, Cluster>,
    pub(super) groups: Arena<GroupId, Group>,
    pub(super) tasks: Slab<TaskId, Task>,
    pub(super) instances: Slab<InstanceId, Instance>,
    pub(super) environments: Slab<EnvironmentId, Environment>,
    pub(super) requests: Slab<RequestId, Request>,
    pub(super) account: Account,
    pub(super) telemetry: TelemetrySpec,
    /// Claims on the cores of the instance at hand; kept for its memory.
    pub(super) claims: Vec<Claim>,
    /// The last decision on a place; kept for its memory.
    pub(super) placement_noted: DecisionFact,
}

/// What a finished run leaves behind.
pub struct Finish<P> {
    /// The watcher, with what it has seen.
    pub probe: P,
    /// Events that happened.
    pub events: u64,
    /// What went wrong with a trace while it was read, if anything did.
    pub trace_error: Option<String>,
}

impl<P: Probe> World for Fleet<P> {
    type Event = FleetEvent;

    fn is_busy(&self) -> bool {
        !self.requests.is_empty()
    }

    /// The life of a request, from top to bottom; then the lives of what serves it; then the loops that watch.
    #[inline(always)]
    fn handle(&mut self, event: FleetEvent, agenda: &mut Agenda) {
        let (now, owner, slot) = (event.time(), event.owner(), event.slot());
        match event.kind() {
            Kind::Arrive => self.arrive(SourceId(owner), slot, now, agenda),
            Kind::UserJoins => self.user_joins(SourceId(owner), slot, now, agenda),
            Kind::UserWakes => self.user_wakes(SourceId(owner), slot, now, agenda),
            Kind::Reaches if self.is_due(slot, now, Stage::Travelling) => {
                self.reach(RequestId(slot), now, agenda);
            }
            Kind::CpuDone if self.is_task(slot, |task| task.cpu_due == now) => {
                self.cpu_done(TaskId(slot), now, agenda);
            }
            Kind::WaitDone if self.is_due(slot, now, Stage::Waiting) => {
                self.wait_done(RequestId(slot), now, agenda);
            }
            Kind::WaitDone if self.is_due(slot, now, Stage::Starting) => {
                self.worker_started(RequestId(slot), now, agenda);
            }
            Kind::InvocationDone if self.is_due(slot, now, Stage::Invoked) => {
                self.invocation_done(RequestId(slot), now, agenda);
            }
            Kind::Delivered if self.is_returning(slot, now) => self.delivered(RequestId(slot), now, agenda),
            Kind::Retry if self.is_due(slot, now, Stage::BackingOff) => {
                self.retry(RequestId(slot), now, agenda);
            }
            Kind::Unanswered if self.is_due(slot, now, Stage::Connecting) => {
                self.unanswered(RequestId(slot), now, agenda);
            }
            Kind::Deadline => self.deadline(owner, slot, now, agenda),

            Kind::TaskStep if self.is_task(slot, |task| task.due == now) => {
                self.task_step(TaskId(slot), now, agenda);
            }
            Kind::InstanceStep if self.is_instance(slot, |it| it.due == now) => {
                self.instance_step(InstanceId(slot), now, agenda);
            }
            Kind::CreditsTurn if self.is_instance(slot, |it| it.credit_due == now) => {
                self.credits_turn(InstanceId(slot), now, agenda);
            }
            Kind::TaskFate if self.is_task(slot, |task| task.fate.due == now) => {
                self.task_fate(TaskId(slot), now, agenda);
            }
            Kind::InstanceFate if self.is_instance(slot, |it| it.fate.due == now) => {
                self.instance_fate(InstanceId(slot), now, agenda);
            }
            Kind::Fault => self.fault(owner, slot, now, agenda),
            Kind::EnvironmentsExpire => {
                self.environments_expire(ServiceId(owner), FunctionId(slot), now, agenda);
            }
            Kind::PreWarm => self.pre_warm(ServiceId(owner), FunctionId(slot), now, agenda),
            Kind::ProvisionedReady => self.provisioned_ready(ServiceId(owner), now, agenda),

            Kind::MetricMinute => self.metric_minute(ServiceId(owner), now, agenda),
            Kind::ServiceScaling => self.scale_service(ServiceId(owner), now, agenda),
            Kind::Reconcile => self.reconcile(ServiceId(owner), now, agenda),
            Kind::GroupScaling => self.scale_group(GroupId(owner), now, agenda),
            Kind::Credits => self.bill_credits(GroupId(owner), now, agenda),
            Kind::Provisioning => self.scale_provisioned(ServiceId(owner), now, agenda),
            Kind::HealthCheck if self.is_task(slot, |task| task.health.due == now) => {
                self.health_check(TaskId(slot), now, agenda);
            }
            Kind::KeepAlive => self.set_keep_alive(ServiceId(owner), now, agenda),

            // Its owner has moved on since the event was put in.
            Kind::Reaches | Kind::CpuDone | Kind::WaitDone | Kind::InvocationDone | Kind::Delivered => {}
            Kind::Retry | Kind::TaskStep | Kind::InstanceStep | Kind::CreditsTurn | Kind::HealthCheck => {}
            Kind::Unanswered | Kind::TaskFate | Kind::InstanceFate => {}
        }
    }
}

impl<P: Probe> Fleet<P> {
    /// Whether an event of a request is still its own: the instant and the stage must be right, since its place may
    /// have gone to another request that something quite different happens to at this very instant.
    fn is_due(&self, slot: u32, now: Time, stage: Stage) -> bool {
        self.requests.get(RequestId(slot)).is_some_and(|request| request.due == now && request.stage == stage)
    }

    /// Whether a task is there, and an event its own.
    fn is_task(&self, slot: u32, is_due: impl FnOnce(&Task) -> bool) -> bool {
        self.tasks.get(TaskId(slot)).is_some_and(is_due)
    }

    /// Whether an instance is there, and an event its own.
    fn is_instance(&self, slot: u32, is_due: impl FnOnce(&Instance) -> bool) -> bool {
        self.instances.get(InstanceId(slot)).is_some_and(is_due)
    }

    fn is_returning(&self, slot: u32, now: Time) -> bool {
        let returning =
            |request: &Request| request.due == now && matches!(request.stage, Stage::Returning(_));
        self.requests.get(RequestId(slot)).is_some_and(returning)
    }

    /// Runs until `end`, then until every request is over, at most until `last`; what is left then is counted as
    /// unfinished.
    pub(super) fn run_to_end(mut self, mut agenda: Agenda) -> Finish<P> {
        let (end, last) = (self.end, self.last);
        let events = engine::run_and_drain(&mut self, &mut agenda, end, last);
        self.count_unfinished(last);
        self.close_books();
        let trace_error = self.take_trace_error();
        Finish { probe: self.probe, events, trace_error }
    }

    fn count_unfinished(&mut self, at: Time) {
        let left: Vec<RequestId> =
            self.requests.iter().filter(|(_, request)| !request.detached).map(|(id, _)| id).collect();
        for id in left {
            let request = self.requests.remove(id);
            self.probe.finished(&request.finished(Outcome::Unfinished, at));
        }
    }

    /// What still runs at the end is billed up to there.
    fn close_books(&mut self) {
        let instances: Vec<InstanceId> = self.instances.iter().map(|(id, _)| id).collect();
        instances.into_iter().for_each(|id| self.bill_instance(id, None));
        let tasks: Vec<TaskId> = self.tasks.iter().map(|(id, _)| id).collect();
        tasks.into_iter().for_each(|id| self.bill_task(id, None));
    }

    /// What went wrong with the first trace that could not be read to its end.
    fn take_trace_error(&mut self) -> Option<String> {
        let names = &self.names;
        self.sources.iter_mut().find_map(|(id, source)| {
            let error = match &mut source.generator {
                Generator::Open { arrivals, .. } => arrivals.take_error(),
                Generator::Population { members, .. } => members.take_error(),
                Generator::Closed(_) => None,
            };
            error.map(|error| format!("source {}: {error}", names.sources[id.index()]))
        })
    }

    /// States what happened to a task.
    #[inline]
    pub(super) fn task_fact(&mut self, at: Time, task: TaskId, fact: ReplicaFact) {
        self.probe.replica(at, Replica::Task(task.0), fact);
    }

    /// States what happened to an execution environment.
    #[inline]
    pub(super) fn environment_fact(&mut self, at: Time, environment: EnvironmentId, fact: ReplicaFact) {
        self.probe.replica(at, Replica::Environment(environment.0), fact);
    }

    /// States what happened to an instance.
    pub(super) fn instance_fact(&mut self, at: Time, instance: InstanceId, fact: InstanceFact) {
        self.probe.instance(at, instance.0, fact);
    }

    /// Records a decision in the timeline.
    pub(super) fn note(
        &mut self,
        at: Time,
        kind: DecisionKind,
        owner: &str,
        change: (Option<u64>, Option<u64>),
        reason: impl Into<String>,
    ) {
        let (before, after) = change;
        self.probe.decided(&DecisionFact {
            at,
            kind,
            owner: owner.to_owned(),
            before,
            after,
            reason: reason.into(),
        });
    }
}
