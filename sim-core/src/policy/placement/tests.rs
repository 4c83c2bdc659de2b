//! Expressions row by row, and the chain against a twin that simply sorts.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::policy::view::{Architecture, Candidate, TaskDemand};

fn candidate(instance: u32, zone: &str, free_cpu_units: u32, free_memory_mib: u32) -> Candidate {
    Candidate {
        instance,
        zone: zone.into(),
        instance_type: "m7g.large".into(),
        architecture: Architecture::Arm,
        active: true,
        registered_cpu_units: 2048,
        registered_memory_mib: 7985,
        free_cpu_units,
        free_memory_mib,
        free_network_interfaces: 2,
        used_ports: vec![],
        tasks: 0,
        service_tasks: 0,
        protected_tasks: 0,
        groups: vec![],
        attributes: [].into(),
    }
}

fn task() -> TaskDemand {
    TaskDemand {
        group: "service:web".into(),
        cpu_units: 512,
        memory_mib: 1024,
        network_interfaces: 1,
        static_ports: vec![8080],
        architecture: Some(Architecture::Arm),
    }
}

fn chain(strategies: &[&str]) -> Chain {
    let ranker = |text: &&str| -> (String, Box<dyn Ranker>) {
        let ranker: Box<dyn Ranker> = match text.split_once(':') {
            Some(("spread", field)) => Box::new(field.parse::<Spread>().unwrap()),
            Some((_, resource)) => Box::new(resource.parse::<Binpack>().unwrap()),
            None => Box::new(Random),
        };
        ((*text).to_owned(), ranker)
    };
    Chain::new(vec![], strategies.iter().map(ranker).collect())
}

#[test]
fn expressions() {
    let mut candidate = candidate(7, "us-east-1b", 512, 1024);
    candidate.tasks = 12;
    candidate.groups = vec!["service:db".into(), "family:batch".into()];
    candidate.attributes =
        [("rack".to_owned(), "r 1".to_owned()), ("disk".to_owned(), "9".to_owned())].into();
    let check = |text: &str, holds: bool| {
        assert_eq!(text.parse::<Expression>().unwrap().holds(&candidate), holds, "{text}");
    };
    check("attribute:ecs.instance-type == m7g.large", true);
    check("attribute:ecs.instance-type =~ m7.*", true);
    check("attribute:ecs.instance-type =~ m7", false); // the whole value
    check("attribute:ecs.instance-type !~ m7", true);
    check("attribute:ecs.instance-type matches (m|c)[67]g\\.large", true);
    check("(attribute:ecs.instance-type =~ (m|c)7g.*) and runningTasksCount == 12", true);
    check("attribute:ecs.availability-zone in [us-east-1a, us-east-1b]", true);
    check("attribute:ecs.availability-zone !in [us-east-1a, us-east-1c]", true);
    check("attribute:ecs.availability-zone not_in ['us-east-1b']", false);
    check("attribute:ecs.cpu-architecture equals arm64 and attribute:ecs.os-type == linux", true);
    check("attribute:rack == 'r 1'", true);
    check("attribute:gpu exists", false);
    check("attribute:gpu !exists", true);
    check("attribute:gpu not_exists", true);
    check("attribute:gpu != a100", true);
    check("attribute:disk > 10", false); // as numbers
    check("attribute:disk <= 9", true);
    check("runningTasksCount >= 12 && runningTasksCount < 13", true);
    check("runningTasksCount greater_than 12", false);
    check("task:group == service:db", true);
    check("task:group != service:db", false);
    check("not(task:group == service:web)", true);
    check("!(task:group =~ family:.*)", false);
    check("attribute:gpu exists or attribute:rack exists and runningTasksCount == 1", false);
    check("(attribute:rack exists || attribute:gpu exists) && not runningTasksCount == 1", true);
}

#[test]
fn expressions_that_are_none() {
    let check = |text: &str, at: usize, part: &str| {
        let error = text.parse::<Expression>().unwrap_err();
        assert!(error.at == at && error.message.contains(part), "{text}: {error}");
    };
    check("", 1, "expected a subject");
    check("rack == 1", 1, "`rack` is none of");
    check("attribute:rack", 15, "expected an operator");
    check("attribute:rack = r1", 16, "`=`");
    check("attribute:rack is r1", 16, "`is` is not an operator");
    check("attribute:rack == ", 19, "expected a value");
    check("attribute:rack in r1", 19, "expected `[`");
    check("attribute:rack in [r1, r2", 26, "expected `]`");
    check("attribute:rack =~ [", 19, "not a pattern");
    check("(attribute:rack exists", 23, "expected `)`");
    check("attribute:rack exists attribute:rack exists", 23, "expected and, or");
    check("attribute:rack == 'r1", 19, "has no end");
    check(&"(".repeat(500), 102, "parentheses within each other");
    check(&"x".repeat(2001), 2000, "longer than");
}

#[test]
fn what_does_not_fit_says_why() {
    let check = |change: fn(&mut Candidate), constraint: &str, part: &str| {
        let mut one = candidate(3, "a", 2048, 4096);
        change(&mut one);
        let mut chain = Chain::new(
            vec![
                ("distinct-instance".into(), Box::new(DistinctInstance)),
                ("member-of".into(), Box::new(MemberOf::new("attribute:rack !exists").unwrap())),
            ],
            vec![],
        );
        let inactive = Candidate { active: false, ..candidate(9, "a", 2048, 4096) };
        let view =
            PlacementView { task: Cow::Owned(task()), candidates: vec![inactive, one].into(), luck: 1 };
        let decision = chain.place(&view);
        assert_eq!(decision.instance, None);
        let last = decision.refused.last().unwrap();
        assert_eq!((last.constraint.as_str(), decision.closest), (constraint, Some(3)));
        assert!(decision.reason.contains(part), "{}", decision.reason);
    };
    check(|one| one.architecture = Architecture::X86, "architecture", "is x86_64");
    check(|one| one.free_cpu_units = 511, "cpu", "511 CPU units free of the 512 needed");
    check(|one| one.free_memory_mib = 1000, "memory", "1000 MiB");
    check(|one| one.used_ports = vec![80, 8080], "ports", "host port 8080 is taken");
    check(|one| one.free_network_interfaces = 0, "network-interfaces", "0 network interfaces");
    check(|one| one.service_tasks = 1, "distinct-instance", "already has a task of service:web");
    check(|one| one.attributes = [("rack".into(), "1".into())].into(), "member-of", "not a member of");
}

#[test]
fn as_many_tasks_as_a_view_can_say() {
    // Found by fuzzing views: what a zone has together overflowed.
    let crowded =
        |instance| Candidate { service_tasks: u32::MAX, ..candidate(instance, "zone-a", 2048, 7985) };
    let candidates = vec![crowded(0), crowded(1), candidate(2, "zone-b", 2048, 7985)];
    let view = PlacementView { task: Cow::Owned(task()), candidates: candidates.into(), luck: 7 };
    assert_eq!(chain(&["spread:zone"]).place(&view).instance, Some(2));
}

#[test]
fn an_empty_cluster() {
    let view = PlacementView { task: Cow::Owned(task()), candidates: vec![].into(), luck: 1 };
    let decision = chain(&[]).place(&view);
    assert_eq!((decision.instance, decision.reason.as_str()), (None, "the cluster has no instance"));
}

fn cluster() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (0_usize..3, 0_u32..5, 0_u32..5, 0_u32..3, 0_u32..3, any::<bool>());
    prop::collection::vec(one, 0..12).prop_map(|rows| {
        let made =
            rows.into_iter().enumerate().map(|(index, (zone, cpu, memory, tasks, protected, active))| {
                let base = candidate(index as u32, ["a", "b", "c"][zone], cpu * 256, memory * 512);
                Candidate { service_tasks: tasks, protected_tasks: protected.min(tasks), active, ..base }
            });
        made.collect()
    })
}

/// Lexicographic keys, smallest first: what the strategies mean, one instance at a time.
fn keys(strategies: &[&str], all: &[Candidate], one: &Candidate) -> Vec<i64> {
    let in_zone =
        || all.iter().filter(|other| other.zone == one.zone).map(|other| i64::from(other.service_tasks));
    let key = |strategy: &&str| match *strategy {
        "spread:zone" => in_zone().sum(),
        "spread:instance" => i64::from(one.service_tasks),
        "binpack:cpu" => i64::from(one.free_cpu_units),
        "binpack:memory" => i64::from(one.free_memory_mib),
        _ => 0,
    };
    strategies.iter().map(key).collect()
}

const STRATEGIES: [&[&str]; 6] = [
    &["spread:zone", "spread:instance"],
    &["spread:zone", "binpack:memory"],
    &["binpack:cpu", "binpack:memory"],
    &["spread:instance", "binpack:cpu"],
    &["binpack:memory", "spread:zone", "binpack:cpu"],
    &["random"],
];

proptest! {
    #[test]
    fn placing_agrees_with_sorting(candidates in cluster(), which in 0_usize..6, luck: u64) {
        let strategies = STRATEGIES[which];
        let view = PlacementView { task: Cow::Owned(task()), candidates: candidates.clone().into(), luck };
        let chosen = chain(strategies).place(&view).instance;
        let fits = |one: &&Candidate| one.active && one.free_cpu_units >= 512 && one.free_memory_mib >= 1024;
        let best = candidates.iter().filter(fits).map(|one| keys(strategies, &candidates, one)).min();
        let found = chosen.map(|instance| &candidates[instance as usize]);
        prop_assert!(found.as_ref().is_none_or(fits));
        prop_assert_eq!(found.map(|one| keys(strategies, &candidates, one)), best);
        if which == 0 {
            prop_assert_eq!(chain(&[]).place(&view).instance, chosen);
        }
    }

    #[test]
    fn stopping_agrees_with_sorting(candidates in cluster(), which in 0_usize..6, luck: u64) {
        let strategies = STRATEGIES[which];
        let view = StopView { task: Cow::Owned(task()), candidates: candidates.clone().into(), luck };
        let chosen = chain(strategies).stop(&view).instance;
        let can = |one: &&Candidate| one.service_tasks > one.protected_tasks;
        let best = candidates.iter().filter(can).map(|one| keys(strategies, &candidates, one)).max();
        let found = chosen.map(|instance| &candidates[instance as usize]);
        prop_assert!(found.as_ref().is_none_or(can));
        prop_assert_eq!(found.map(|one| keys(strategies, &candidates, one)), best);
    }

    #[test]
    fn no_text_breaks_the_parser(text in "[a-z:=!~<>()\\[\\], '|&.*]{0,60}") {
        if let Err(error) = text.parse::<Expression>() {
            prop_assert!(error.at >= 1 && error.at <= text.chars().count() + 1);
        }
    }
}
