//! Where tasks start and stop: on a roster a chain keeps the instances in order; the twin is the chain over a slice, which
//! looks at each of them, and is shown lists that are counted anew every time.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde_json::json;
use sim_core::policy::placement::{Chain, keep_least};
use sim_core::policy::view::{
    Architecture, Candidate, Constraint, Placement as _, PlacementView, Question, Ranker, Roster, StopView,
    TaskDemand, Tenant,
};
use sim_core::policy::{Catalogue, ConstraintSpec, Declaration, PlacementSpec};

/// What happens to a cluster.
#[derive(Clone, Debug)]
enum Step {
    /// A task of a service is to start, so many times, if it may on any group or on one.
    Place {
        service: usize,
        group: Option<usize>,
        times: usize,
        luck: u64,
    },
    /// A task of a service is to stop, and is gone at once or stays for a while.
    Stop {
        service: usize,
        at_once: bool,
        luck: u64,
    },
    /// A task that was told to stop is gone, or stays after all.
    Settle {
        which: usize,
        stays: bool,
    },
    Come {
        group: usize,
        kind: usize,
        zone: usize,
        rack: usize,
    },
    Go {
        which: usize,
    },
    Switch {
        which: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let group = || prop::option::weighted(0.3, 0..3_usize);
    prop_oneof![
        10 => (0..3_usize, group(), 1..6_usize, any::<u64>())
            .prop_map(|(service, group, times, luck)| Step::Place { service, group, times, luck }),
        6 => (0..3_usize, any::<bool>(), any::<u64>())
            .prop_map(|(service, at_once, luck)| Step::Stop { service, at_once, luck }),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(which, stays)| Step::Settle { which, stays }),
        5 => (0..3_usize, 0..3_usize, 0..3_usize, 0..4_usize)
            .prop_map(|(group, kind, zone, rack)| Step::Come { group, kind, zone, rack }),
        1 => any::<usize>().prop_map(|which| Step::Go { which }),
        2 => any::<usize>().prop_map(|which| Step::Switch { which }),
    ]
}

const RANKERS: [&str; 8] = [
    "spread:zone",
    "spread:instance",
    "spread:attribute:rack",
    "spread:attribute:ecs.instance-type",
    "binpack:cpu",
    "binpack:memory",
    "random",
    "most-interfaces",
];

const CONSTRAINTS: [&str; 6] = [
    "distinct-instance",
    "member-of:attribute:rack exists",
    "member-of:not(task:group == service:1)",
    "member-of:runningTasksCount < 4",
    "member-of:attribute:ecs.instance-type =~ m7.* or attribute:rack == r1",
    "even",
];

/// Policies of a user's own, which say nothing about what they go by.
struct MostInterfaces;

impl Ranker for MostInterfaces {
    fn narrow(&mut self, view: &PlacementView<'_>, standing: &mut Vec<usize>) {
        keep_least(standing, |position| !view.candidates[position].free_network_interfaces);
    }
}

struct Even;

impl Constraint for Even {
    fn admits(&self, _: &TaskDemand, candidate: &Candidate) -> bool {
        candidate.instance.is_multiple_of(2)
    }
    fn why_not(&self, _: &TaskDemand, _: &Candidate) -> String {
        "is odd".into()
    }
}

fn catalogue() -> Catalogue {
    Catalogue::builtin()
        .with_placement(Declaration::new("most-interfaces", "leaves the most", |()| Ok(MostInterfaces)))
        .with_constraint(Declaration::new("even", "of an even number", |()| Ok(Even)))
}

/// A chain by the numbers of its links; mostly built-in ones.
type Links = (Vec<usize>, Vec<usize>);

fn links() -> impl Strategy<Value = Links> {
    let ranker = prop_oneof![20 => 0..7_usize, 1 => Just(7_usize)];
    let constraint = prop_oneof![10 => 0..5_usize, 1 => Just(5_usize)];
    (prop::collection::vec(constraint, 0..3), prop::collection::vec(ranker, 0..5))
}

fn chain((constraints, rankers): &Links) -> Chain {
    let constraints: Vec<ConstraintSpec> = constraints.iter().map(|it| CONSTRAINTS[*it].into()).collect();
    let rankers: Vec<PlacementSpec> = rankers.iter().map(|it| RANKERS[*it].into()).collect();
    catalogue().placement(&constraints, &rankers).unwrap()
}

fn demand(service: usize) -> TaskDemand {
    let (cpu_units, memory_mib, network_interfaces, port, architecture) = [
        (256, 512, 0, None, None),
        (512, 300, 1, Some(8080), None),
        (128, 1024, 0, None, Some(Architecture::Arm)),
    ][service];
    TaskDemand {
        group: format!("service:{service}"),
        cpu_units,
        memory_mib,
        network_interfaces,
        static_ports: port.into_iter().collect(),
        architecture,
    }
}

fn instance(number: u32, kind: usize, zone: usize, rack: usize) -> Candidate {
    let (instance_type, architecture, cpu, memory) = [
        ("m7g.large", Architecture::Arm, 2048, 4096),
        ("c5.large", Architecture::X86, 1024, 1024),
        ("m7g.small", Architecture::Arm, 700, 1500),
    ][kind];
    let racks = (rack < 3).then(|| ("rack".to_owned(), format!("r{rack}")));
    Candidate {
        instance: number,
        zone: ["zone-a", "zone-b", "zone-c"][zone].into(),
        instance_type: instance_type.into(),
        architecture,
        active: true,
        registered_cpu_units: cpu,
        registered_memory_mib: memory,
        free_cpu_units: cpu,
        free_memory_mib: memory,
        free_network_interfaces: 2,
        used_ports: vec![],
        tasks: 0,
        service_tasks: 0,
        protected_tasks: 0,
        groups: vec![],
        attributes: racks.into_iter().collect(),
    }
}

/// A cluster twice: on a roster, and as lists of instances and tasks.
struct Both {
    roster: Roster,
    tenants: Vec<Tenant>,
    chains: Vec<Chain>,
    twins: Vec<Chain>,
    /// Instances without anything on them, group after group.
    instances: Vec<Vec<Candidate>>,
    /// The instance and the service of each task, and whether it has been told to stop.
    tasks: BTreeMap<usize, (u32, usize, bool)>,
    /// Numbers are used again, as the model does.
    free: Vec<u32>,
    started: usize,
}

impl Both {
    fn new(links: &[Links]) -> Self {
        let mut roster = Roster::new(3);
        Both {
            tenants: (0..3).map(|service| roster.add_tenant(demand(service))).collect(),
            chains: links.iter().map(chain).collect(),
            twins: links.iter().map(chain).collect(),
            roster,
            instances: vec![vec![]; 3],
            tasks: BTreeMap::new(),
            free: (0..500).rev().collect(),
            started: 0,
        }
    }

    /// All instances with what is on them, added up from the tasks.
    fn shown(&self, group: Option<usize>, service: usize, stopping: bool) -> Vec<Candidate> {
        let groups = self.instances.iter().enumerate().filter(|(it, _)| group.is_none_or(|only| only == *it));
        groups.flat_map(|(_, instances)| instances).map(|it| self.with_tasks(it, service, stopping)).collect()
    }

    fn with_tasks(&self, bare: &Candidate, service: usize, stopping: bool) -> Candidate {
        let mut shown = bare.clone();
        for (_, its, told) in self.tasks.values().filter(|(instance, ..)| *instance == bare.instance) {
            let demand = demand(*its);
            shown.free_cpu_units -= demand.cpu_units;
            shown.free_memory_mib -= demand.memory_mib;
            shown.free_network_interfaces -= demand.network_interfaces;
            shown.used_ports.extend(demand.static_ports);
            shown.tasks += 1;
            let group = demand.group.into();
            if !shown.groups.contains(&group) {
                shown.groups.push(group);
            }
            shown.service_tasks += u32::from(*its == service && !(stopping && *told));
        }
        shown
    }

    fn all(&self) -> Vec<u32> {
        self.instances.iter().flatten().map(|it| it.instance).collect()
    }

    fn place(&mut self, service: usize, group: Option<usize>, luck: u64) -> TestCaseResult {
        let candidates = self.shown(group, service, false);
        let task = demand(service);
        let view = PlacementView { task: std::borrow::Cow::Owned(task), candidates: candidates.into(), luck };
        let question = Question { tenant: self.tenants[service], group, luck };
        let expected = self.twins[service].place(&view);
        let found = self.chains[service].place_on(&mut self.roster, &question);
        prop_assert_eq!(&found, &expected);
        if let Some(instance) = found.instance {
            self.roster.take(self.tenants[service], instance);
            self.tasks.insert(self.started, (instance, service, false));
            self.started += 1;
        }
        Ok(())
    }

    fn stop(&mut self, service: usize, at_once: bool, luck: u64) -> TestCaseResult {
        let candidates = self.shown(None, service, true);
        let task = demand(service);
        let view = StopView { task: std::borrow::Cow::Owned(task), candidates: candidates.into(), luck };
        let question = Question { tenant: self.tenants[service], group: None, luck };
        let expected = self.twins[service].stop(&view);
        let found = self.chains[service].stop_on(&mut self.roster, &question);
        prop_assert_eq!(&found, &expected);
        let Some(instance) = found.instance else { return Ok(()) };
        let is_victim = |(_, it): &(&usize, &(u32, usize, bool))| **it == (instance, service, false);
        let victim = *self.tasks.iter().find(is_victim).expect("it has a task to stop").0;
        self.roster.leaves(self.tenants[service], instance);
        self.tasks.get_mut(&victim).unwrap().2 = true;
        if at_once {
            self.tasks.remove(&victim);
            self.roster.give_back(self.tenants[service], instance);
        }
        Ok(())
    }

    fn settle(&mut self, which: usize, stays: bool) {
        let told: Vec<usize> = self.tasks.iter().filter(|(_, it)| it.2).map(|(task, _)| *task).collect();
        if told.is_empty() {
            return;
        }
        let task = told[which % told.len()];
        let (instance, service, told) = self.tasks.get_mut(&task).unwrap();
        if stays {
            *told = false;
            self.roster.stays(self.tenants[*service], *instance);
        } else {
            self.roster.give_back(self.tenants[*service], *instance);
            self.tasks.remove(&task);
        }
    }

    fn step(&mut self, step: &Step) -> TestCaseResult {
        match *step {
            Step::Place { service, group, times, luck } => {
                for time in 0..times {
                    self.place(service, group, luck.wrapping_add(time as u64))?;
                }
            }
            Step::Stop { service, at_once, luck } => self.stop(service, at_once, luck)?,
            Step::Settle { which, stays } => self.settle(which, stays),
            Step::Come { group, kind, zone, rack } => {
                let comes = instance(self.free.pop().unwrap(), kind, zone, rack);
                self.instances[group].push(comes.clone());
                self.roster.add(group, comes);
            }
            Step::Go { which } if !self.all().is_empty() => {
                let goes = self.all()[which % self.all().len()];
                self.roster.remove(goes);
                self.instances.iter_mut().for_each(|group| group.retain(|it| it.instance != goes));
                self.tasks.retain(|_, (instance, ..)| *instance != goes);
                self.free.push(goes);
            }
            Step::Switch { which } if !self.all().is_empty() => {
                let number = self.all()[which % self.all().len()];
                let switched = self.instances.iter_mut().flatten().find(|it| it.instance == number).unwrap();
                switched.active = !switched.active;
                self.roster.set_active(number, switched.active);
            }
            Step::Go { .. } | Step::Switch { .. } => {}
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_roster_is_asked_as_a_list_is(
        links in prop::collection::vec(links(), 3),
        first in 0..40_usize,
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut both = Both::new(&links);
        for number in 0..first {
            let (group, kind, zone, rack) = (number % 3, number % 2, number / 2 % 3, number % 4);
            both.step(&Step::Come { group, kind, zone, rack })?;
        }
        for step in &steps {
            both.step(step)?;
        }
    }

    /// So many instances that trees have several levels, and so many that go that places are closed up.
    #[test]
    fn many_instances(
        links in links(),
        kinds in prop::collection::vec((0..3_usize, 0..3_usize, 0..4_usize), 300..400),
        steps in prop::collection::vec(step(), 1..30),
        goes in prop::collection::vec(any::<usize>(), 0..250),
    ) {
        let mut both = Both::new(&[links.clone(), links.clone(), links]);
        for (kind, zone, rack) in kinds {
            both.step(&Step::Come { group: 1, kind, zone, rack })?;
        }
        let half = steps.len() / 2;
        for step in &steps[..half] {
            both.step(step)?;
        }
        for (turn, which) in goes.into_iter().enumerate() {
            both.step(&Step::Go { which })?;
            if turn % 50 == 0 {
                both.place(turn % 3, None, turn as u64)?;
            }
        }
        for step in &steps[half..] {
            both.step(step)?;
        }
    }
}

/// Racks of one instance each are more cells than are kept in order; the answers are the same.
#[test]
fn too_many_cells() {
    let links = (vec![], vec![2, 4]);
    let mut both = Both::new(&[links.clone(), links.clone(), links]);
    for number in 0..200 {
        let mut comes = instance(number, 0, number as usize % 3, 3);
        comes.attributes.insert("rack".into(), number.to_string());
        both.instances[0].push(comes.clone());
        both.roster.add(0, comes);
        both.place(number as usize % 3, None, u64::from(number)).unwrap();
        both.stop(number as usize % 2, true, u64::from(number)).unwrap();
    }
    for luck in 0..30 {
        both.place(luck as usize % 3, None, luck).unwrap();
        both.stop(luck as usize % 2, luck % 4 < 2, luck).unwrap();
    }
}

/// The tests see a wrong answer: a roster that is not told of a task that came.
#[test]
fn the_twin_can_fail() {
    let links = (vec![], vec![4]);
    let mut both = Both::new(&[links.clone(), links.clone(), links]);
    for kind in [0, 1] {
        both.step(&Step::Come { group: 0, kind, zone: 0, rack: 0 }).unwrap();
    }
    both.place(0, None, 7).unwrap();
    both.tasks.insert(100, (0, 0, false));
    both.tasks.insert(101, (0, 0, false));
    both.tasks.insert(102, (0, 0, false));
    both.tasks.insert(103, (0, 0, false));
    both.tasks.insert(104, (0, 0, false));
    assert!(both.place(0, None, 7).is_err());
    assert_eq!(json!(both.shown(None, 0, false))[0]["service_tasks"], 5);
}
