//! The same spec and the same luck make the same facts; what does not concern a service does not change its luck; and
//! every platform meets the same requests with the same work.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sim_core::observe::{Billable, Owner, Part, ServiceId};

use crate::facts::{Fact, Facts, facts};
use crate::patched;

fn sources() -> Value {
    json!({
        "work": { "page": {
            "cpu": { "lognormal": { "p50": "20ms", "p99": "150ms" } }, "wait": { "exponential": { "mean": "50ms" } },
            "memory": { "uniform": { "low": "1MB", "high": "3MB" } },
            "request": { "exponential": { "mean": "2kB" } }, "response": { "exponential": { "mean": "20kB" } },
        } },
        "sources": {
            "open": {
                "to": "web", "network": { "exponential": { "mean": "20ms" } },
                "arrivals": { "poisson": { "rate": "8/s", "variation": { "replication": 0.2 } } },
                "client": { "timeout": "2s", "retries": { "attempts": 3, "backoff": "100ms" } },
            },
            "users": { "to": "web", "arrivals": { "users": {
                "population": { "constant": 10 }, "think": { "exponential": { "mean": "3s" } },
            } } },
        },
    })
}

/// The same traffic on each platform.
fn fleets() -> [Value; 3] {
    let scaling = json!({ "target-tracking": { "metric": "cpu", "target": "40%", "min": 1, "max": 8 } });
    let task = json!({ "cpu": "0.5vCPU", "memory": "1GiB" });
    let ecs = json!({
        "services": { "web": {
            "platform": "ecs", "work": "page", "cluster": "fleet", "task": task, "scaling": scaling,
            "balancer": { "alb": { "algorithm": "power-of-two-choices" } },
        } },
        "clusters": { "fleet": { "instances": {
            "type": "t3.medium", "min": 1, "max": 5, "scaling": { "managed": {} },
        } } },
    });
    let fargate = json!({ "services": { "web": {
        "platform": "fargate", "work": "page", "task": task, "scaling": scaling,
        "balancer": { "alb": { "algorithm": "least-outstanding-requests" } },
    } } });
    let lambda = json!({ "services": { "web": {
        "platform": "lambda", "work": "page", "memory": "1769MB", "runtime": "nodejs22", "reuse": "random",
    } } });
    [ecs, fargate, lambda].map(|fleet| patched(&sources(), &fleet))
}

fn text(facts: &Facts) -> Vec<String> {
    facts.0.iter().map(|fact| format!("{fact:?}")).collect()
}

#[test]
fn the_same_luck_makes_the_same_facts() {
    for spec in fleets() {
        let one = text(&facts(&spec, "15min", 3));
        assert!(one.len() > 20_000);
        assert!(one == text(&facts(&spec, "15min", 3)));
        assert!(one != text(&facts(&spec, "15min", 4)), "another replication has other luck");
    }
}

/// Whether a fact is about the first service.
fn concerns(fact: &Fact) -> bool {
    let first = ServiceId(0);
    match fact {
        Fact::Born(_, _, service, _)
        | Fact::Refused(_, service, ..)
        | Fact::Began(_, service, _)
        | Fact::Served(_, service) => *service == first,
        Fact::Passed(passed) => passed.service == first,
        Fact::Answered(answered) => answered.service == first,
        Fact::Finished(finished) => finished.service == first,
        Fact::Level(_, owner, ..) => *owner == Owner::Service(first),
        Fact::Decided(decision) => decision.owner == "web",
        Fact::Billed(Billable::FargateTask { service, .. } | Billable::Invocation { service, .. }) => {
            *service == first
        }
        Fact::Billed(_) => false,
    }
}

#[test]
fn another_service_changes_nothing() {
    // A service of each platform beside each; none of them shares a cluster or comes near a quota.
    let others = fleets();
    for (index, spec) in fleets().into_iter().enumerate() {
        let alone = facts(&spec, "10min", 0);
        let mut with = spec.clone();
        for (number, other) in others.iter().enumerate() {
            let name = format!("other-{number}");
            let mut service = other["services"]["web"].clone();
            if service["platform"] == "ecs" {
                service["cluster"] = json!("apart");
                with["clusters"]["apart"] = other["clusters"]["fleet"].clone();
            }
            with["services"][&name] = service;
            with["sources"][&name] = patched(&sources()["sources"]["open"], &json!({ "to": name }));
        }
        let together = facts(&with, "10min", 0);
        let about_first = |facts: &Facts| -> Vec<String> {
            facts.0.iter().filter(|fact| concerns(fact)).map(|fact| format!("{fact:?}")).collect()
        };
        let (alone, together) = (about_first(&alone), about_first(&together));
        let differs = alone.iter().zip(&together).find(|(one, other)| one != other);
        assert_eq!(differs, None, "fleet {index}");
        assert_eq!(alone.len(), together.len());
    }
}

#[test]
fn every_platform_meets_the_same_requests() {
    let mut arrivals: Vec<Vec<(u64, u64)>> = Vec::new();
    let mut works: Vec<BTreeMap<u64, (u64, u64)>> = Vec::new();
    let mut sizes: Vec<u64> = Vec::new();
    for spec in fleets() {
        let facts = facts(&spec, "5min", 0);
        let born = facts.0.iter().filter_map(|fact| match fact {
            Fact::Born(at, source, _, seed) if source.0 == 0 => Some((at.nanos(), *seed)),
            _ => None,
        });
        arrivals.push(born.collect());
        let firsts = facts.finished().filter(|it| it.source.0 == 0 && it.attempts == 1 && !it.cold);
        let work = |part| move |it: &sim_core::observe::Finished| it.parts.get(part).nanos();
        let (cpu, wait) = (work(Part::Cpu), work(Part::Wait));
        works.push(firsts.map(|it| (it.seed, (cpu(it), wait(it)))).collect());
        // What the first hundred attempts carry; they have no retries among them.
        let passed = facts.0.iter().filter_map(|fact| match fact {
            Fact::Passed(passed) => Some(passed.request),
            _ => None,
        });
        sizes.push(passed.take(5).sum());
    }
    assert!(arrivals[0].len() > 1000 && arrivals[0] == arrivals[1] && arrivals[0] == arrivals[2]);
    assert!(sizes[0] == sizes[1] && sizes[0] == sizes[2]);
    // Half a core on Fargate takes twice as long as the core of a Lambda or of an instance.
    let mut compared = 0;
    for (seed, (cpu, wait)) in &works[2] {
        let (Some(ecs), Some(fargate)) = (works[0].get(seed), works[1].get(seed)) else { continue };
        assert_eq!((ecs.1, fargate.1), (*wait, *wait));
        assert!(ecs.0.abs_diff(*cpu) <= 2 && fargate.0.abs_diff(2 * cpu) <= 2, "{ecs:?} {fargate:?} {cpu}");
        compared += 1;
    }
    assert!(compared > 500, "{compared} requests compared");
}
