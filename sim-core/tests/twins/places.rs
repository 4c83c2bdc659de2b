//! Places on instances: what the scheduler shows its policies of each instance is kept up by additions and subtractions;
//! the twin adds it up anew from all tasks that there are, each time it is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::{Value, json};
use sim_core::engine::{Span, Time};
use sim_core::model::{Platform, simulate};
use sim_core::observe::{InstanceFact, Probe, Replica, ReplicaFact, ServiceId};
use sim_core::policy::view::{PlacementView, Ranker, StopView};
use sim_core::policy::{Catalogue, Declaration};
use sim_core::random::Luck;
use sim_core::traffic::NoTraces;

use crate::common::{instance_types, problems_with, read, run_of};

/// What a task of a service takes: CPU units, MiB, interfaces, its port.
type Demand = (u32, u32, u32, Option<u16>);

/// What an instance has: CPU units, MiB and interfaces.
const WHOLE: (u32, u32, u32) = (2048, 7987, 2);

/// All tasks with their instances, and which instances take more.
#[derive(Default)]
struct Book {
    tasks: BTreeMap<Replica, (ServiceId, u32)>,
    instances: BTreeMap<u32, bool>,
    asked: u64,
    wrong: Vec<String>,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Book>>);

const SERVICES: [Demand; 3] = [(512, 1024, 0, None), (256, 2048, 1, None), (1024, 512, 0, Some(8080))];

impl Book {
    /// Compares the view of every instance with a sum over all tasks.
    fn check(&mut self, view: &PlacementView<'_>) {
        self.asked += 1;
        for candidate in view.candidates.iter() {
            let on_it = || self.tasks.values().filter(|(_, instance)| *instance == candidate.instance);
            let sum = |part: fn(&Demand) -> u32| -> u32 {
                on_it().map(|(service, _)| part(&SERVICES[service.0 as usize])).sum()
            };
            let mut ports: Vec<u16> =
                on_it().filter_map(|(service, _)| SERVICES[service.0 as usize].3).collect();
            let mut used = candidate.used_ports.clone();
            ports.sort_unstable();
            used.sort_unstable();
            let expected = (WHOLE.0 - sum(|it| it.0), WHOLE.1 - sum(|it| it.1), WHOLE.2 - sum(|it| it.2));
            let found =
                (candidate.free_cpu_units, candidate.free_memory_mib, candidate.free_network_interfaces);
            let own =
                on_it().filter(|(it, _)| format!("service:service-{}", it.0) == view.task.group).count();
            let counts = (on_it().count() as u32, own as u32) == (candidate.tasks, candidate.service_tasks);
            let active = self.instances.get(&candidate.instance).copied() == Some(candidate.active);
            if found != expected || ports != used || !counts || !active {
                self.wrong.push(format!("{found:?} of {candidate:?}, {expected:?} expected"));
            }
        }
        let shown = view.candidates.iter().map(|candidate| candidate.instance);
        let mut shown: Vec<u32> = shown.collect();
        shown.sort_unstable();
        if shown != self.instances.keys().copied().collect::<Vec<_>>() {
            self.wrong.push(format!("{shown:?} are shown of {:?}", self.instances));
        }
    }
}

/// A ranker that ranks nothing and looks at everything. It comes first, so it sees all that fit.
impl Ranker for Shared {
    fn narrow(&mut self, view: &PlacementView<'_>, _: &mut Vec<usize>) {
        self.0.lock().unwrap().check(view);
    }

    fn narrow_stop(&mut self, _: &StopView<'_>, _: &mut Vec<usize>) {}
}

impl Probe for Shared {
    fn replica(&mut self, _: Time, replica: Replica, fact: ReplicaFact) {
        let tasks = &mut self.0.lock().unwrap().tasks;
        match fact {
            ReplicaFact::Placed { service, instance: Some(instance), .. } => {
                tasks.insert(replica, (service, instance));
            }
            ReplicaFact::Gone => drop(tasks.remove(&replica)),
            _ => {}
        }
    }

    fn instance(&mut self, _: Time, instance: u32, fact: InstanceFact) {
        let instances = &mut self.0.lock().unwrap().instances;
        match fact {
            InstanceFact::Active => drop(instances.insert(instance, true)),
            InstanceFact::Draining if instances.contains_key(&instance) => {
                instances.insert(instance, false);
            }
            InstanceFact::Gone => drop(instances.remove(&instance)),
            _ => {}
        }
    }
}

fn service((cpu, memory, interfaces, port): Demand, counts: &[u32]) -> Value {
    let mut task = json!({ "cpu": format!("{}vCPU", f64::from(cpu) / 1024.0), "memory": format!("{memory}MiB"),
        "start": "1s", "image": "1MB" });
    if interfaces > 0 {
        task["network"] = json!("awsvpc");
    }
    if let Some(port) = port {
        task["host_port"] = json!(port);
    }
    let action = |(index, count): (usize, &u32)| json!({ "at": format!("{}s", 60 * (index + 1)), "min": count, "max": count });
    let actions: Vec<Value> = counts.iter().enumerate().map(action).collect();
    json!({ "platform": "ecs", "work": "page", "cluster": "fleet", "task": task, "balancer": "none",
        "placement": ["audit", "binpack:memory"],
        "scaling": { "scheduled": { "min": 1, "max": 1, "actions": actions } } })
}

/// Runs three services whose sizes change every minute, and returns what the twin saw.
fn book_of(counts: &[Vec<u32>], draining: bool, protected: bool, seed: u64) -> Shared {
    let services: serde_json::Map<String, Value> = counts
        .iter()
        .enumerate()
        .map(|(index, counts)| (format!("service-{index}"), service(SERVICES[index], counts)))
        .collect();
    let spec = json!({
        "work": { "page": { "cpu": "10ms" } },
        "sources": { "people": { "to": "service-0", "arrivals": { "poisson": { "rate": "1/s" } } } },
        "services": services,
        "clusters": { "fleet": { "instances": { "type": "m5.large", "min": 3, "max": 8,
            "managed_draining": draining, "managed_termination_protection": protected,
            "launch": "5s", "boot": "5s", "scaling": { "managed": {} } } } },
    });
    let book = Shared::default();
    let ranker = book.clone();
    let policies =
        Catalogue::builtin()
            .with_placement(Declaration::new("audit", "looks at everything", move |()| Ok(ranker.clone())));
    let fleet = read(&spec);
    assert_eq!(problems_with(&fleet, &policies), []);
    let types = instance_types();
    let platform = Platform { instance_types: &types, policies: &policies, traces: &NoTraces };
    let length = run_of(Span::from_secs(1500), Luck { root: seed, replication: 0 });
    simulate(&fleet, &platform, length, |_| book.clone()).expect("no trace to open");
    book
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_policies_are_shown_is_what_there_is(
        counts in prop::collection::vec(prop::collection::vec(0u32..12, 1..12), 3),
        draining: bool,
        protected: bool,
        seed: u64,
    ) {
        let book = book_of(&counts, draining, protected, seed);
        let book = book.0.lock().unwrap();
        prop_assert!(book.wrong.is_empty(), "{:#?}", &book.wrong[..book.wrong.len().min(3)]);
    }
}

/// The twin is asked often, and would see a task that it was not told of.
#[test]
fn the_twin_can_fail() {
    let counts = vec![vec![4, 1, 9, 0, 6], vec![2, 7, 1, 5, 3], vec![1, 3, 2, 6, 1]];
    let shared = book_of(&counts, true, false, 1);
    let asked = shared.0.lock().unwrap().asked;
    assert!(asked > 10, "{asked} times");
    let candidate = json!({ "instance": 1, "zone": "zone-a", "instance_type": "m5.large", "architecture": "x86_64",
        "registered_cpu_units": 2048, "registered_memory_mib": 7987, "free_cpu_units": 2000,
        "free_memory_mib": 7987, "free_network_interfaces": 2, "tasks": 0, "service_tasks": 0 });
    let task = json!({ "network_interfaces": 0, "static_ports": [], "group": "service:service-0", "cpu_units": 512, "memory_mib": 1024 });
    let view: PlacementView<'_> =
        serde_json::from_value(json!({ "task": task, "candidates": [candidate], "luck": 1 })).unwrap();
    let mut book = Book { instances: BTreeMap::from([(1, true)]), ..Book::default() };
    book.check(&view);
    assert_eq!(book.wrong.len(), 1, "48 CPU units are missing");
}
