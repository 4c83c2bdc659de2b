//! Idle environments: which is used again, which has ended, and when a new one has to start.
//!
//! The fleet keeps them in the order in which they became idle and looks at the ends of a list. The twin keeps all of them
//! in no order and looks at each: who lives, who is idle, who is to be taken.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;
use sim_core::engine::{Span, Time};
use sim_core::observe::{Probe, Replica, ReplicaFact, ServiceId};
use sim_core::policy::view::ReuseOrder;
use sim_core::random::Luck;

use crate::common::{checked, run, run_of};

/// An environment as the twin knows it.
struct Known {
    created: Time,
    /// When it became idle; none while it is busy. The second number orders those of one instant.
    idle: Option<(Time, u64)>,
}

struct Twin {
    keep: Span,
    order: ReuseOrder,
    known: BTreeMap<Replica, Known>,
    count: u64,
    /// Environments that were used again, in which the twin and the fleet agree.
    reused: u64,
    wrong: Vec<String>,
}

impl Twin {
    /// Idle environments that have not reached their keep-alive.
    fn alive(&self, now: Time) -> impl Iterator<Item = (&Replica, &Known, (Time, u64))> {
        let idle = self.known.iter().filter_map(|(replica, known)| Some((replica, known, known.idle?)));
        idle.filter(move |(_, _, (since, _))| now.since(*since) < self.keep)
    }

    /// The environment to be taken, if one is idle.
    fn choice(&self, now: Time) -> Option<Replica> {
        let of = self.alive(now);
        let chosen = match self.order {
            ReuseOrder::MostRecentlyUsed => of.max_by_key(|(_, _, idle)| *idle),
            ReuseOrder::LeastRecentlyUsed => of.min_by_key(|(_, _, idle)| *idle),
            ReuseOrder::NewestCreated => of.max_by_key(|(_, known, idle)| (known.created, *idle)),
            ReuseOrder::Random => unreachable!("what is drawn has no twin"),
        };
        chosen.map(|(replica, _, _)| *replica)
    }

    fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(what());
        }
    }
}

impl Probe for Twin {
    fn replica(&mut self, now: Time, replica: Replica, fact: ReplicaFact) {
        match fact {
            ReplicaFact::Placed { .. } => {
                let choice = self.choice(now);
                self.expect(choice.is_none(), || format!("{now}: a new one although {choice:?} is idle"));
                self.known.insert(replica, Known { created: now, idle: None });
            }
            ReplicaFact::Entered => {
                let idle = self.known.get(&replica).is_some_and(|known| known.idle.is_some());
                if idle {
                    let choice = self.choice(now);
                    self.expect(choice == Some(replica), || format!("{now}: {replica:?}, not {choice:?}"));
                    self.reused += 1;
                }
                self.known.get_mut(&replica).expect("it was placed").idle = None;
            }
            ReplicaFact::Left { .. } => {
                self.count += 1;
                self.known.get_mut(&replica).expect("it was placed").idle = Some((now, self.count));
            }
            ReplicaFact::Gone => {
                let known = self.known.remove(&replica).expect("it was placed");
                let due = known.idle.map(|(since, _)| since + self.keep);
                self.expect(due == Some(now), || format!("{now}: {replica:?} ends, due at {due:?}"));
            }
            _ => {}
        }
    }

    fn served(&mut self, now: Time, _: ServiceId) {
        let late =
            self.known.iter().find(|(_, known)| known.idle.is_some_and(|(since, _)| now > since + self.keep));
        let late = late.map(|(replica, _)| *replica);
        self.expect(late.is_none(), || format!("{now}: {late:?} should have ended"));
    }
}

fn twin_of(rate: u32, cv: f64, cpu_ms: u64, keep_ms: u64, order: ReuseOrder, seed: u64) -> Twin {
    let spec = json!({
        "work": { "job": { "cpu": { "exponential": { "mean": format!("{cpu_ms}ms") } } } },
        "sources": { "events": { "to": "f",
            "arrivals": { "renewal": { "rate": format!("{rate}/s"), "law": "gamma", "cv": cv } } } },
        "services": { "f": { "platform": "lambda", "work": "job", "memory": "1769MB", "runtime": "rust",
            "timeout": "900s", "front_door": "invoke", "max_lifetime": "300d", "reuse": order,
            "keep_alive": { "fixed": { "after": format!("{keep_ms}ms") } } } },
    });
    let twin = Twin {
        keep: Span::from_millis(keep_ms),
        order,
        known: BTreeMap::new(),
        count: 0,
        reused: 0,
        wrong: Vec::new(),
    };
    let length = run_of(Span::from_secs(120), Luck { root: seed, replication: 0 });
    run(&checked(&spec), length, twin).probe
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_fleet_takes_the_environment_that_looking_at_all_would_find(
        rate in 1u32..20,
        cv in 0.3f64..4.0,
        cpu_ms in 10u64..800,
        keep_ms in 1u64..6000,
        which in 0usize..3,
        seed: u64,
    ) {
        let orders = [ReuseOrder::MostRecentlyUsed, ReuseOrder::LeastRecentlyUsed, ReuseOrder::NewestCreated];
        let twin = twin_of(rate, cv, cpu_ms, keep_ms, orders[which], seed);
        prop_assert!(twin.wrong.is_empty(), "{:#?}", &twin.wrong[..twin.wrong.len().min(3)]);
    }
}

/// The twin sees reuse, and would see another order.
#[test]
fn the_twin_can_fail() {
    let twin = twin_of(8, 2.0, 300, 4000, ReuseOrder::MostRecentlyUsed, 1);
    assert!(twin.wrong.is_empty() && twin.reused > 300, "{} used again, {:?}", twin.reused, twin.wrong);
    let mut other = Twin { order: ReuseOrder::LeastRecentlyUsed, wrong: Vec::new(), ..twin };
    let known = |idle| Known { created: Time::ZERO, idle: Some((Time::ZERO + Span::from_secs(900), idle)) };
    other.known = BTreeMap::from([(Replica::Environment(1), known(1)), (Replica::Environment(2), known(2))]);
    other.replica(Time::ZERO + Span::from_secs(901), Replica::Environment(2), ReplicaFact::Entered);
    assert_eq!(other.wrong.len(), 1);
}
