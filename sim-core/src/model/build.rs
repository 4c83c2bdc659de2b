//! From a [`FleetSpec`] to a fleet at its first instant, and on to the end of the run.
//!
//! The spec has been checked (`FleetSpec::problems`), so what cannot be resolved here is a bug and panics. The first
//! instant is in `begin`.

mod clusters;
mod containers;
mod faults;
mod functions;
mod sources;

use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::deadlines::{Deadlines, Waiter};
use super::faults::Faults;
use super::fleet::{Agenda, Finish, Fleet};
use super::service::{Amount, FrontDoor, Platform as Behind, Service, Work};
use crate::arena::{Arena, Slab};
use crate::calendar::Calendar;
use crate::cost::InstanceType;
use crate::engine::{Span, Time};
use crate::observe::{DecisionFact, DecisionKind, Door, Names, Probe, ServiceId};
use crate::policy::catalogue::Catalogue;
use crate::random::{Luck, Purpose, owner_key};
use crate::spec::{
    AlbSpec, BalancerSpec, EcsSpec, FargateSpec, FleetSpec, FrontDoorSpec, GroupSpec, ServiceSpec, WorkSpec,
};
use crate::traffic::{FeedError, OpenTrace, Population, PopulationOfFunctionsSpec};

/// What a fleet is built with besides its spec.
pub struct Platform<'a> {
    /// Instance types by name.
    pub instance_types: &'a IndexMap<String, InstanceType>,
    /// Every policy that a spec can name.
    pub policies: &'a Catalogue,
    /// Opens the traces that sources name.
    pub traces: &'a dyn OpenTrace,
}

/// One run of a spec.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The replication's luck.
    pub luck: Luck,
    /// Requests are born from zero up to here.
    pub duration: Span,
    /// How much longer the run may take to finish them.
    pub drain: Span,
    /// The date on which it starts.
    pub calendar: Calendar,
    /// What there is at the first instant.
    pub initial: Initial,
}

/// What there is of a fleet at the first instant of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-noun" = "initial state"))]
pub enum Initial {
    /// A fleet that has been running: services with their desired tasks in service on instances that are ready, and the
    /// provisioned environments of functions. Other environments there are none, in either case.
    #[default]
    Warm,
    /// A fleet that is switched on: instances, tasks and provisioned environments begin to start at the first instant.
    Empty,
}

/// Simulates one replication of a checked spec, watched by the probe that `probe` makes of the fleet's names.
///
/// # Errors
/// If a trace cannot be opened.
pub fn simulate<P: Probe>(
    spec: &FleetSpec,
    platform: &Platform<'_>,
    run: Run,
    probe: impl FnOnce(&Names) -> P,
) -> Result<Finish<P>, FeedError> {
    let populations = populations(spec, platform)?;
    let names = names(spec, &populations);
    let probe = probe(&names);
    let mut agenda = Agenda::new();
    let builder = Builder { spec, platform, run, populations };
    let fleet = builder.build(names, probe, &mut agenda)?;
    Ok(fleet.run_to_end(agenda))
}

type Populations = IndexMap<String, Arc<Population>>;

fn populations(spec: &FleetSpec, platform: &Platform<'_>) -> Result<Populations, FeedError> {
    let build = |(name, population): (&String, &PopulationOfFunctionsSpec)| {
        let built = Population::build(population, name, platform.traces);
        let built = built.map_err(|mut errors| errors.swap_remove(0))?;
        if let Some(problem) = spec.unknown_of_functions(name, built.unknown()).first() {
            return Err(FeedError::new(&problem.path, &problem.message));
        }
        Ok((name.clone(), Arc::new(built)))
    };
    spec.populations.iter().map(build).collect()
}

fn names(spec: &FleetSpec, populations: &Populations) -> Names {
    let mut names = Names {
        sources: spec.sources.keys().cloned().collect(),
        services: spec.services.keys().cloned().collect(),
        ..Names::default()
    };
    for (index, service) in spec.services.values().enumerate() {
        if let Some(functions) = service.functions() {
            names.functions.insert(ServiceId(index as u32), populations[functions].clone());
        }
    }
    for (cluster, group_name, group) in groups(spec) {
        let only = group_name == "instances";
        names.groups.push(if only { cluster.to_owned() } else { format!("{cluster}/{group_name}") });
        names.group_types.push(group.instance_type.clone());
    }
    names
}

fn groups(spec: &FleetSpec) -> impl Iterator<Item = (&str, &str, &GroupSpec)> {
    spec.clusters
        .iter()
        .flat_map(|(cluster, it)| it.groups().map(move |(name, group)| (cluster.as_str(), name, group)))
}

/// Concurrency that functions have reserved for themselves.
fn reserved(spec: &FleetSpec) -> u32 {
    let functions = spec.services.values().filter_map(|service| match service {
        ServiceSpec::Lambda(function) => function.reserved_concurrency,
        _ => None,
    });
    functions.sum()
}

struct Builder<'a> {
    spec: &'a FleetSpec,
    platform: &'a Platform<'a>,
    run: Run,
    populations: Populations,
}

impl Builder<'_> {
    fn build<P: Probe>(&self, names: Names, probe: P, agenda: &mut Agenda) -> Result<Fleet<P>, FeedError> {
        let mut fleet = Fleet {
            probe,
            luck: self.run.luck,
            calendar: self.run.calendar,
            end: Time::ZERO + self.run.duration,
            last: Time::ZERO + self.run.duration + self.run.drain,
            faults: Faults::default(),
            sources: Arena::new(),
            services: Arena::new(),
            clusters: Arena::new(),
            groups: Arena::new(),
            tasks: Slab::new(),
            instances: Slab::new(),
            environments: Slab::new(),
            requests: Slab::new(),
            account: Account::new(&self.spec.account, reserved(self.spec)),
            telemetry: self.spec.telemetry.clone(),
            claims: Vec::new(),
            placement_noted: DecisionFact::of(DecisionKind::Placement),
            names,
        };
        self.clusters(&mut fleet);
        self.services(&mut fleet);
        self.faults(&mut fleet);
        fleet.begin_groups(self.run.initial, agenda);
        fleet.begin_services(self.run.initial, agenda);
        fleet.begin_loops(agenda);
        fleet.begin_faults(agenda);
        self.sources(&mut fleet, agenda)?;
        Ok(fleet)
    }

    fn services<P: Probe>(&self, fleet: &mut Fleet<P>) {
        for (name, spec) in &self.spec.services {
            let nothing = WorkSpec::nothing();
            let work = spec.work().map_or(&nothing, |work| &self.spec.work[work]);
            let behind = match spec {
                ServiceSpec::Ecs(ecs) => Behind::Containers(Box::new(self.ecs(name, ecs, work, fleet))),
                ServiceSpec::Fargate(fargate) => Behind::Containers(Box::new(self.fargate(fargate, work))),
                ServiceSpec::Lambda(function) => Behind::Functions(Box::new(self.functions(name, function))),
            };
            let id = fleet.services.push(Service {
                name: name.clone(),
                key: owner_key(name),
                work: self.work(spec.work(), work),
                door: door(spec),
                platform: behind,
            });
            if let ServiceSpec::Ecs(ecs) = spec {
                let cluster = self.cluster_id(&ecs.cluster);
                fleet.clusters[cluster].services.push(id);
            }
        }
    }

    fn work(&self, name: Option<&str>, spec: &WorkSpec) -> Work {
        Work {
            cpu: Amount::time(spec.cpu.build(), Purpose::Demand),
            wait: Amount::time(spec.wait.build(), Purpose::Wait),
            memory: Amount::new(spec.memory.build(), Purpose::Memory, |bytes| {
                u64::from((bytes / 1024.0) as u32)
            }),
            request: Amount::new(spec.request.build(), Purpose::RequestBytes, |bytes| bytes as u64),
            response: Amount::new(spec.response.build(), Purpose::ResponseBytes, |bytes| bytes as u64),
            parallelism: spec.parallelism,
            dependency: name.map(|name| self.dependency(name)).unwrap_or_default(),
        }
    }
}

fn door(spec: &ServiceSpec) -> FrontDoor {
    let alb = |alb: &AlbSpec| (Door::Alb, alb.overhead, Some(alb.idle_timeout), alb.requests_per_connection);
    let (kind, overhead, limit, requests_per_connection) = match spec {
        ServiceSpec::Ecs(EcsSpec { balancer: BalancerSpec::Alb(it), .. })
        | ServiceSpec::Fargate(FargateSpec { balancer: BalancerSpec::Alb(it), .. }) => alb(it),
        ServiceSpec::Ecs(_) | ServiceSpec::Fargate(_) => (Door::Free, Span::ZERO, None, 1),
        ServiceSpec::Lambda(function) => {
            let (kind, overhead) = match function.front_door {
                FrontDoorSpec::FunctionUrl => (Door::FunctionUrl, Span::ZERO),
                FrontDoorSpec::Invoke => (Door::Free, Span::ZERO),
                FrontDoorSpec::HttpApi => (Door::HttpApi, Span::ZERO),
                FrontDoorSpec::RestApi { .. } => (Door::RestApi, Span::ZERO),
                FrontDoorSpec::Alb { .. } => (Door::AlbToFunction, AlbSpec::default().overhead),
            };
            let connections = AlbSpec::default().requests_per_connection;
            (kind, overhead, function.front_door.time_limit(), connections)
        }
    };
    let deadlines = Deadlines::new(Waiter::Door, limit.unwrap_or(Span::ZERO));
    FrontDoor { kind, overhead, limit, deadlines, requests_per_connection }
}
