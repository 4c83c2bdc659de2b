//! What the placement benchmark and tables share: a cluster of one instance type in three zones, and tasks of one service
//! placed on it one by one, each with its decision and reason recorded as the watcher of a run does.
//!
//! It goes through what the model goes through for the same: a placement of the catalogue, asked about a roster, which is
//! told what came of it. Filling begins with an empty cluster, and with an empty one again when the last is full. Churn
//! begins at four fifths of what a cluster holds; then a random task stops for each that is placed.

use sim_core::engine::{Span, Time};
use sim_core::metrics::{Decision, Decisions, Window};
use sim_core::observe::{DecisionFact, DecisionKind, zone_name};
use sim_core::policy::Catalogue;
use sim_core::policy::placement::Chain;
use sim_core::policy::view::{Architecture, Candidate, Placement as _, Question, Roster, TaskDemand, Tenant};
use sim_core::random::{Luck, Purpose, below};

/// Every built-in strategy, the default, and chains of two. Several are joined by commas.
pub const STRATEGIES: [&str; 12] = [
    "default",
    "spread:zone",
    "spread:instance",
    "spread:attribute:rack",
    "binpack:cpu",
    "binpack:memory",
    "random",
    "spread:zone,spread:instance",
    "spread:zone,binpack:memory",
    "spread:attribute:rack,binpack:cpu",
    "spread:instance,binpack:cpu",
    "binpack:cpu,binpack:memory",
];

/// An instance has room for so many tasks.
const TASKS_PER_INSTANCE: u64 = 16;
const ZONES: u32 = 3;
const RACKS: u32 = 8;

/// A cluster with its service.
struct Cluster {
    roster: Roster,
    tenant: Tenant,
    placement: Chain,
    decisions: Decisions,
    noted: DecisionFact,
    instances: usize,
    /// The instance of each task that runs.
    tasks: Vec<u32>,
    placed: u64,
}

/// Places so many tasks by `strategy` on so many instances, and returns how many decisions were recorded. Making the cluster,
/// and filling it for churn, is part of it: to leave that out of what is timed, use [`Prepared`].
///
/// # Panics
/// If there is no such strategy.
pub fn run(strategy: &str, instances: usize, churn: bool, placements: u64) -> u64 {
    Prepared::new(strategy, instances, churn).place(placements)
}

/// A cluster that is ready for what is to be timed: empty, or four fifths full.
pub struct Prepared {
    cluster: Cluster,
    churn: bool,
}

impl Prepared {
    /// A cluster of so many instances for a service with this strategy.
    ///
    /// # Panics
    /// If there is no such strategy.
    pub fn new(strategy: &str, instances: usize, churn: bool) -> Self {
        let mut cluster = Cluster::new(strategy, instances);
        let fill = if churn { instances as u64 * TASKS_PER_INSTANCE * 4 / 5 } else { 0 };
        (0..fill).for_each(|_| cluster.place());
        Prepared { cluster, churn }
    }

    /// Places so many tasks, after stopping one for each if there is churn, and returns how many decisions have been recorded.
    pub fn place(&mut self, placements: u64) -> u64 {
        for _ in 0..placements {
            if self.churn {
                self.cluster.stop();
            }
            self.cluster.place();
        }
        self.cluster.decisions.total()
    }

    /// For so many tasks, stops one where the strategy says so, and places one. Which tasks run where is not kept here, so that
    /// only this makes sense afterwards.
    pub fn exchange(&mut self, tasks: u64) -> u64 {
        for _ in 0..tasks {
            self.cluster.stop_by_strategy();
            self.cluster.place();
        }
        self.cluster.decisions.total()
    }
}

impl Cluster {
    fn new(strategy: &str, instances: usize) -> Self {
        let rankers: Vec<_> = strategy.split(',').filter(|it| *it != "default").map(Into::into).collect();
        let placement = Catalogue::builtin().placement(&[], &rankers).expect("a built-in strategy");
        let (roster, tenant) = roster(instances);
        Cluster {
            roster,
            tenant,
            placement,
            instances,
            decisions: Decisions::default(),
            noted: DecisionFact::of(DecisionKind::Placement),
            tasks: Vec::new(),
            placed: 0,
        }
    }

    /// Places one more task; on an empty cluster if this one is full.
    fn place(&mut self) {
        let question =
            Question { tenant: self.tenant, group: None, luck: self.draw(Purpose::Placement, u64::MAX) };
        let decision = self.placement.place_on(&mut self.roster, &question);
        let Some(instance) = decision.instance else {
            assert!(!self.tasks.is_empty(), "an empty cluster has room");
            (self.roster, self.tenant) = roster(self.instances);
            self.tasks.clear();
            return self.place();
        };
        self.roster.take(self.tenant, instance);
        self.tasks.push(instance);
        self.noted.tell_place(self.now(), "web", (self.placed, instance, instance % ZONES), &decision.reason);
        self.record();
        self.placed += 1;
    }

    /// As the watcher of a run does.
    fn record(&mut self) {
        self.decisions.push(Window::new(Time::ZERO, Time::NEVER), Decision::from(&self.noted));
    }

    /// A random task is told to stop, and is gone.
    fn stop(&mut self) {
        let which = self.draw(Purpose::Policy, self.tasks.len() as u64);
        let instance = self.tasks.swap_remove(which as usize);
        self.roster.leaves(self.tenant, instance);
        self.roster.give_back(self.tenant, instance);
    }

    /// The task that the strategy chooses is told to stop, and is gone.
    fn stop_by_strategy(&mut self) {
        let question =
            Question { tenant: self.tenant, group: None, luck: self.draw(Purpose::Policy, u64::MAX) };
        let decision = self.placement.stop_on(&mut self.roster, &question);
        let instance = decision.instance.expect("tasks run");
        self.tasks.pop();
        self.roster.leaves(self.tenant, instance);
        self.roster.give_back(self.tenant, instance);
    }

    fn now(&self) -> Time {
        Time::ZERO + Span::from_millis(self.placed)
    }

    fn draw(&self, purpose: Purpose, bound: u64) -> u64 {
        below(&mut Luck { root: 1, replication: 0 }.counted(purpose, 1, self.placed), bound)
    }
}

/// An empty cluster, and a service of it.
fn roster(instances: usize) -> (Roster, Tenant) {
    let mut roster = Roster::new(1);
    (0..instances as u32).for_each(|number| roster.add(0, instance(number)));
    let task = TaskDemand {
        group: "service:web".into(),
        cpu_units: 512,
        memory_mib: 1024,
        network_interfaces: 0,
        static_ports: vec![],
        architecture: None,
    };
    let tenant = roster.add_tenant(task);
    (roster, tenant)
}

/// An instance whose CPU is taken first, by [`TASKS_PER_INSTANCE`] tasks.
fn instance(number: u32) -> Candidate {
    let (cpu, memory) = (512 * TASKS_PER_INSTANCE as u32, 30_000);
    Candidate {
        instance: number,
        zone: zone_name(number % ZONES).into(),
        instance_type: "m7g.2xlarge".into(),
        architecture: Architecture::Arm,
        active: true,
        registered_cpu_units: cpu,
        registered_memory_mib: memory,
        free_cpu_units: cpu,
        free_memory_mib: memory,
        free_network_interfaces: 3,
        used_ports: vec![],
        tasks: 0,
        service_tasks: 0,
        protected_tasks: 0,
        groups: vec![],
        attributes: [("rack".to_owned(), format!("rack-{}", number % RACKS))].into(),
    }
}
