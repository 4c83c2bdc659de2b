//! From a [`FleetSpec`] to a fleet at its first instant, and on to the end of the run.
//!
//! The spec has been checked (`FleetSpec::problems`), so what cannot be resolved here is a bug and panics. The first
//! instant is in `begin`.

use std::sync::Arc;

use indexmap::IndexMap;

use super::account::Account;
use super::bucket::{Bucket, Pace};
use super::cluster::{Cluster, ClusterId, Group};
use super::container::{Balancer, Containers, Server, Substrate};
use super::credits::Credits;
use super::deadlines::{Deadlines, Waiter};
use super::fleet::{Agenda, Finish, Fleet};
use super::function::{Function, Functions, IdleWatch};
use super::provisioned::Provisioned;
use super::scaling::ServiceScaling;
use super::service::{FrontDoor, Platform as Behind, Service, Work};
use super::source::{Generator, Retries, Source};
use super::telemetry::ContainerTelemetry;
use crate::arena::{Arena, Slab};
use crate::calendar::Calendar;
use crate::cost::{Arch, InstanceType};
use crate::engine::{Span, Time};
use crate::observe::{Door, FunctionId, Names, Probe, ServiceId};
use crate::policy::catalogue::Catalogue;
use crate::policy::routing::Router;
use crate::policy::service_scaling::ServiceScaler;
use crate::policy::view::TaskDemand;
use crate::quantity::MemorySize;
use crate::random::{Distribution, Luck, owner_key};
use crate::spec::{
    AlbSpec, BalancerSpec, EcsSpec, FargateSpec, FleetSpec, FrontDoorSpec, FunctionSpec, GroupSpec,
    NetworkMode, Runtime, ServerSpec, ServiceSpec, SourceSpec, TaskSpec, WorkSpec,
};
use crate::traffic::{
    self, ArrivalSpec, FeedError, Members, OpenTrace, Origin, Population, PopulationOfFunctionsSpec,
};

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
    Ok(fleet.run_to_end(agenda, run.drain))
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
            names,
        };
        self.clusters(&mut fleet);
        self.services(&mut fleet);
        fleet.begin_groups(agenda);
        fleet.begin_services(agenda);
        fleet.begin_loops(agenda);
        self.sources(&mut fleet, agenda)?;
        Ok(fleet)
    }

    fn clusters<P: Probe>(&self, fleet: &mut Fleet<P>) {
        for (name, cluster) in &self.spec.clusters {
            let id = fleet.clusters.push(Cluster {
                groups: Vec::new(),
                candidates: Vec::new(),
                counted_for: None,
                services: Vec::new(),
            });
            for (group_name, group) in cluster.groups() {
                let owner =
                    if group_name == "instances" { name.clone() } else { format!("{name}/{group_name}") };
                let group = self.group(id, owner, group);
                let group = fleet.groups.push(group);
                fleet.clusters[id].groups.push(group);
            }
        }
    }

    fn group(&self, cluster: ClusterId, name: String, spec: &GroupSpec) -> Group {
        let instance_type = self.platform.instance_types[&spec.instance_type].clone();
        let registered = f64::from(instance_type.memory.0) * spec.registered_memory.0;
        let policies = self.platform.policies;
        let scaling = spec.scaling.as_ref().map(|it| policies.cluster_scaling(it).expect("a checked policy"));
        let termination = spec.termination.clone().unwrap_or_else(|| "default".into());
        let desired = scaling.as_ref().and_then(|policy| policy.initial()).unwrap_or(spec.initial());
        let credits = instance_type.burst.map(|burst| Credits {
            mode: spec.credits,
            per_hour: f64::from(burst.credits_per_hour),
            most: f64::from(burst.max_credits()),
            baseline: burst.baseline * f64::from(instance_type.vcpu),
        });
        Group {
            key: owner_key(&name),
            name,
            cluster,
            zones: spec.zones,
            min: spec.min,
            max: spec.max,
            desired: desired.clamp(spec.min, spec.max),
            purchase: spec.purchase,
            launch: spec.launch.build(),
            boot: spec.boot.build(),
            speed: self.spec.hardware.instance(&spec.instance_type),
            memory_mib: (registered as u32).saturating_sub(spec.reserved_memory.0),
            interfaces: self.interfaces(cluster, &instance_type),
            pull_bytes_per_second: spec.pull_megabytes_per_second * 1e6,
            attributes: spec.attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            termination: policies.termination(&termination).expect("a checked policy"),
            protected: spec.managed_termination_protection,
            draining: spec.managed_draining,
            credits,
            instances: Vec::new(),
            launched: 0,
            running: 0,
            reservation: Vec::new(),
            last_scale_out: None,
            last_scale_in: None,
            warm_up: spec.warm_up,
            scaling,
            instance_type,
        }
    }

    /// Interfaces for tasks: with trunking if any service of the cluster asks for it (an account setting).
    fn interfaces(&self, cluster: ClusterId, instance_type: &InstanceType) -> u32 {
        let name = self.spec.clusters.get_index(cluster.0 as usize).map(|(name, _)| name.as_str());
        let trunking = self.spec.services.values().any(|service| {
            matches!(service, ServiceSpec::Ecs(ecs)
                if Some(ecs.cluster.as_str()) == name && ecs.task.network == NetworkMode::AwsvpcTrunking)
        });
        instance_type.awsvpc_tasks(trunking)
    }

    fn services<P: Probe>(&self, fleet: &mut Fleet<P>) {
        for (name, spec) in &self.spec.services {
            let nothing = WorkSpec::nothing();
            let work = spec.work().map_or(&nothing, |work| &self.spec.work[work]);
            let behind = match spec {
                ServiceSpec::Ecs(ecs) => Behind::Containers(Box::new(self.ecs(name, ecs, work))),
                ServiceSpec::Fargate(fargate) => Behind::Containers(Box::new(self.fargate(fargate, work))),
                ServiceSpec::Lambda(function) => Behind::Functions(Box::new(self.functions(name, function))),
            };
            let id = fleet.services.push(Service {
                name: name.clone(),
                key: owner_key(name),
                work: build_work(work),
                door: door(spec),
                platform: behind,
            });
            if let ServiceSpec::Ecs(ecs) = spec {
                let cluster = self.cluster_id(&ecs.cluster);
                fleet.clusters[cluster].services.push(id);
            }
        }
    }

    fn cluster_id(&self, name: &str) -> ClusterId {
        ClusterId(self.spec.clusters.get_index_of(name).expect("a checked cluster") as u32)
    }

    fn ecs(&self, name: &str, spec: &EcsSpec, work: &WorkSpec) -> Containers {
        let policies = self.platform.policies;
        let awsvpc = matches!(spec.task.network, NetworkMode::Awsvpc | NetworkMode::AwsvpcTrunking);
        let demand = TaskDemand {
            group: format!("service:{name}"),
            cpu_units: spec.task.cpu.0,
            memory_mib: spec.task.reserved_memory().0,
            network_interfaces: u32::from(awsvpc),
            static_ports: spec.task.host_port.into_iter().collect(),
            architecture: None,
        };
        let substrate = Substrate::Cluster {
            cluster: self.cluster_id(&spec.cluster),
            placement: Box::new(
                policies.placement(&spec.constraints, &spec.placement).expect("a checked placement"),
            ),
            demand,
            distinct: spec.constraints.iter().any(|constraint| constraint.0.name == "distinct-instance"),
        };
        let hard = spec.task.hard_cpu_limit;
        let scaling = policies.service_scaling(&spec.scaling).expect("a checked policy");
        self.containers(&spec.task, work, &spec.balancer, substrate, hard, scaling, spec.desired)
    }

    fn fargate(&self, spec: &FargateSpec, work: &WorkSpec) -> Containers {
        let hardware = &self.spec.hardware;
        let substrate = Substrate::Fargate {
            arch: spec.architecture,
            purchase: spec.purchase,
            zones: spec.zones,
            speed: if spec.architecture == Arch::Arm { hardware.fargate_arm } else { hardware.fargate_x86 },
            provisioning: spec.provisioning.build(),
            pull_bytes_per_second: spec.pull_megabytes_per_second * 1e6,
        };
        let scaling = self.platform.policies.service_scaling(&spec.scaling).expect("a checked policy");
        self.containers(&spec.task, work, &spec.balancer, substrate, true, scaling, spec.desired)
    }

    #[expect(clippy::too_many_arguments, reason = "what two platforms' specs have in common, taken apart")]
    fn containers(
        &self,
        task: &TaskSpec,
        work: &WorkSpec,
        balancer: &BalancerSpec,
        substrate: Substrate,
        hard_cpu_limit: bool,
        scaler: ServiceScaler,
        desired: Option<u32>,
    ) -> Containers {
        let telemetry = &self.spec.telemetry;
        let (min, max) = (scaler.min(), scaler.max());
        Containers {
            cpu: task.cpu,
            memory: task.memory,
            reserved_memory: task.reserved_memory(),
            idle_memory_kib: u64::from(task.idle_memory.0) << 10,
            image: task.image,
            start: task.start.build(),
            server: match task.server {
                ServerSpec::Workers { count, backlog } => Server::Workers { count, backlog },
                ServerSpec::Shared { limit } => Server::Shared { limit },
            },
            hard_cpu_limit,
            parallelism: work.parallelism,
            substrate,
            balancer: match balancer {
                BalancerSpec::Alb(alb) => Some(Balancer {
                    deregistration_delay: alb.deregistration_delay,
                    check_interval: alb.health_check.interval,
                    registration: alb.health_check.registration,
                }),
                BalancerSpec::None => None,
            },
            router: self.router(balancer),
            tasks: Vec::new(),
            launched: 0,
            desired: desired.unwrap_or(min).clamp(min, max),
            in_service: 0,
            working: 0,
            queued: 0,
            cpu_busy: 0,
            memory_used_kib: 0,
            running: 0,
            placed: 0,
            waiting: std::collections::VecDeque::new(),
            reconcile_at: None,
            launch_rate: launch_rate(self.spec.account.service_launch_rate.0),
            scaling: ServiceScaling { scaler, min, max, last_out: None, last_out_from: None, last_in: None },
            telemetry: ContainerTelemetry::new(telemetry.container_lag, telemetry.balancer_lag),
        }
    }

    fn router(&self, balancer: &BalancerSpec) -> Router {
        let algorithm = match balancer {
            BalancerSpec::Alb(AlbSpec { algorithm, .. }) => algorithm.clone(),
            BalancerSpec::None => "round-robin".into(),
        };
        Router::new(self.platform.policies.routing(&algorithm).expect("a checked policy"))
    }

    fn functions(&self, name: &str, spec: &FunctionSpec) -> Functions {
        let runtime = Runtime::named(&spec.runtime).expect("a checked runtime");
        let policies = self.platform.policies;
        let hardware = &self.spec.hardware;
        let keep_alive = spec.keep_alive.clone().unwrap_or_else(|| "fixed".into());
        let usual =
            Distribution::lognormal_percentiles(runtime.app_init_ms / 1e3, runtime.app_init_ms / 1e3 * 3.2);
        let keep_alive = policies.keep_alive(&keep_alive).expect("a checked policy");
        let account = &self.spec.account;
        let members = self.members(name, spec);
        Functions {
            arch: spec.architecture,
            speed: if spec.architecture == Arch::Arm { hardware.lambda_arm } else { hardware.lambda_x86 },
            timeout: spec.timeout,
            init: runtime.init(spec.architecture, spec.package),
            app_init: spec.app_init.as_ref().map_or(usual, crate::random::DistributionSpec::build),
            first_request: runtime.first_request_ms / 1e3,
            placement_overhead: spec.placement_overhead.build(),
            warm_overhead: spec.warm_overhead.build(),
            lifetime: spec.max_lifetime.build(),
            reserved: spec.reserved_concurrency,
            own_rate: spec.reserved_concurrency.map(Functions::own_rate),
            pace: Pace::new(account.lambda_scaling_burst, account.lambda_scaling_rate.0),
            reuse: spec.reuse,
            idle: keep_alive.period().map(|_| IdleWatch::new(members.len())),
            keep_alive,
            keep: Span::ZERO,
            busy: 0,
            alive: 0,
            alive_mib: 0,
            cpu_busy: 0,
            memory_used_kib: 0,
            busy_mib: 0,
            uses_memory: false,
            provisioned: spec.provisioned_concurrency.as_ref().map(|provisioned| {
                let policy = policies.provisioning(provisioned).expect("a checked policy");
                Provisioned::new(policy, self.spec.telemetry.function_lag)
            }),
            is_fleet: spec.functions.is_some(),
            members,
        }
    }

    /// The functions of the service called `name`: those of its population, or itself.
    fn members(&self, name: &str, spec: &FunctionSpec) -> Arena<FunctionId, Function> {
        let memory = |own: Option<MemorySize>| own.or(spec.memory).expect("a checked memory size");
        let Some(functions) = &spec.functions else {
            return std::iter::once(Function::new(owner_key(name), memory(None))).collect();
        };
        let population = &self.populations[functions];
        let member = |index: usize| {
            let key = owner_key(&format!("{name}/{}", population.name(index)));
            Function::new(key, memory(population.memory(index)))
        };
        (0..population.len()).map(member).collect()
    }

    fn sources<P: Probe>(&self, fleet: &mut Fleet<P>, agenda: &mut Agenda) -> Result<(), FeedError> {
        for (name, spec) in &self.spec.sources {
            let origin = Origin { name, luck: self.run.luck, calendar: self.run.calendar };
            let generator = self.generator(spec, &origin)?;
            let to = self.spec.services.get_index_of(&spec.to).expect("a checked service");
            let id = fleet.sources.push(source(spec, ServiceId(to as u32), generator));
            fleet.begin_source(id, agenda);
        }
        Ok(())
    }

    fn generator(&self, spec: &SourceSpec, origin: &Origin<'_>) -> Result<Generator, FeedError> {
        if let ArrivalSpec::Population(name) = &spec.arrivals {
            let members = Box::new(Members::new(self.populations[name].clone(), origin));
            let apart = self.spec.services[&spec.to].functions().is_some();
            return Ok(Generator::Population { members, apart });
        }
        Ok(match traffic::Source::build(&spec.arrivals, origin, self.platform.traces)? {
            traffic::Source::Open(mut arrivals) => {
                let next = arrivals.next().filter(|first| first.at < Time::ZERO + self.run.duration);
                Generator::Open { arrivals: Box::new(arrivals), next }
            }
            traffic::Source::Closed(users) => Generator::Closed(Box::new(users)),
        })
    }
}

/// A token bucket for launches at a rate stated per minute: a second's worth at once, so that no minute sees notably
/// more than the quota.
fn launch_rate(per_second: f64) -> Bucket {
    Bucket::new(per_second.max(1.0) as u32, per_second)
}

fn source(spec: &SourceSpec, to: ServiceId, generator: Generator) -> Source {
    let timeout = spec.client.timeout;
    let network = spec.network.build();
    Source {
        to,
        generator,
        timeout,
        deadlines: Deadlines::new(Waiter::Client, timeout.unwrap_or(Span::ZERO)),
        retries: spec
            .client
            .retries
            .clone()
            .map(|spec| Retries { budget: spec.budget.map(|share| (Bucket::new(10, 0.0), share.0)), spec }),
        network: (network.mean() > 0.0).then_some(network),
    }
}

fn build_work(spec: &WorkSpec) -> Work {
    Work {
        cpu: spec.cpu.build(),
        wait: spec.wait.build(),
        memory: spec.memory.build(),
        request: spec.request.build(),
        response: spec.response.build(),
        parallelism: spec.parallelism,
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
