//! Fleetsim at work: specs of one service each, run through the call that an experiment's job makes, with the ordinary
//! watcher switched on.

use indexmap::IndexMap;
use scenarios::catalogue;
use serde_json::{Value, json};
use sim_core::calendar::Calendar;
use sim_core::cost::InstanceType;
use sim_core::engine::{Span, Time};
use sim_core::metrics::{Record, Watcher};
use sim_core::model::{Initial, Platform, Run, simulate};
use sim_core::observe::Blind;
use sim_core::policy::catalogue::Catalogue;
use sim_core::random::Luck;
use sim_core::spec::FleetSpec;
use sim_core::traffic::NoTraces;

/// What runs are built with.
pub struct Bench {
    instance_types: IndexMap<String, InstanceType>,
    policies: Catalogue,
}

impl Default for Bench {
    fn default() -> Self {
        let instance_types = catalogue::instance_types().map(|it| (it.name.clone(), it.clone())).collect();
        Bench { instance_types, policies: Catalogue::builtin() }
    }
}

impl Bench {
    /// Simulates `duration` of `spec` with everything watched and metered.
    ///
    /// # Panics
    /// If the spec makes no sense.
    pub fn run(&self, spec: &Value, duration: Span) -> Record {
        let (spec, platform) = self.checked(spec);
        let watch = |names: &_| {
            Watcher::new(names, Span::ZERO, duration, &[], |name| self.instance_types.get(name).cloned())
        };
        let finish = simulate(&spec, &platform, run_of(duration), watch).expect("no trace to open");
        finish.probe.finish(Time::ZERO + duration, finish.events)
    }

    /// Simulates the same with nobody watching, and returns how many events happened: what watching costs is the
    /// difference.
    ///
    /// # Panics
    /// If the spec makes no sense.
    pub fn run_blind(&self, spec: &Value, duration: Span) -> u64 {
        let (spec, platform) = self.checked(spec);
        simulate(&spec, &platform, run_of(duration), |_| Blind).expect("no trace to open").events
    }

    fn checked(&self, spec: &Value) -> (FleetSpec, Platform<'_>) {
        let spec: FleetSpec = serde_json::from_value(spec.clone()).expect("a spec");
        let platform =
            Platform { instance_types: &self.instance_types, policies: &self.policies, traces: &NoTraces };
        assert_eq!(spec.problems(&platform), []);
        (spec, platform)
    }
}

fn run_of(duration: Span) -> Run {
    Run {
        luck: Luck { root: 1, replication: 0 },
        duration,
        drain: Span::from_secs(600),
        calendar: Calendar::default(),
        initial: Initial::Warm,
    }
}

fn poisson(rate: f64) -> Value {
    json!({ "all": { "to": "web", "arrivals": { "poisson": { "rate": format!("{rate}/s") } } } })
}

/// M/M/c as one task of `workers` workers, loaded to 90 %: ten milliseconds each, off the CPU.
pub fn queue(workers: u32) -> Value {
    json!({
        "work": { "unit": { "cpu": { "constant": "0s" }, "wait": { "exponential": { "mean": "10ms" } } } },
        "sources": poisson(f64::from(workers) * 90.0),
        "services": { "web": {
            "platform": "fargate", "work": "unit", "balancer": "none",
            "task": { "cpu": "32vCPU", "memory": "244GB", "server": { "workers": { "count": workers, "backlog": 1_000_000_000 } } },
            "scaling": { "fixed": { "count": 1 } }
        } }
    })
}

/// One task that shares one vCPU among all requests inside, offered a tenth more than it can do: `inside` requests are
/// in service nearly always, and the rest is rejected.
pub fn shared(inside: u32) -> Value {
    json!({
        "work": { "unit": { "cpu": { "exponential": { "mean": "10ms" } } } },
        "sources": poisson(110.0),
        "services": { "web": {
            "platform": "fargate", "work": "unit", "balancer": "none",
            "task": { "cpu": "1vCPU", "memory": "8GB", "server": { "shared": { "limit": inside } } },
            "scaling": { "fixed": { "count": 1 } }
        } }
    })
}

/// A hundred Fargate tasks behind a balancer, shared CPU, loaded to 60 %.
pub fn balanced(algorithm: &str) -> Value {
    json!({
        "work": { "unit": { "cpu": { "exponential": { "mean": "10ms" } } } },
        "sources": poisson(6_000.0),
        "services": { "web": {
            "platform": "fargate", "work": "unit", "balancer": { "alb": { "algorithm": algorithm } },
            "task": { "cpu": "1vCPU", "memory": "2GB" },
            "scaling": { "fixed": { "count": 100 } }
        } }
    })
}

/// A Fargate service that target tracking sizes, with timeouts, retries, waits and a balancer.
pub fn tracked() -> Value {
    let mut spec = balanced("least-outstanding-requests");
    spec["work"]["unit"]["cpu"] = json!({ "lognormal": { "p50": "8ms", "p99": "60ms" } });
    spec["work"]["unit"]["wait"] = json!({ "exponential": { "mean": "30ms" } });
    spec["sources"]["all"]["client"] =
        json!({ "timeout": "10s", "retries": { "attempts": 3, "backoff": "100ms" } });
    spec["sources"]["all"]["arrivals"]["poisson"]["rate"] = json!("3000/s");
    spec["services"]["web"]["scaling"] =
        json!({ "target-tracking": { "metric": "cpu", "target": "60%", "min": 60, "max": 200 } });
    spec
}

/// The settings of functions whose every invocation takes as long as its work: no overheads of the platform.
fn lambda() -> Value {
    let none = json!({ "constant": "0s" });
    json!({
        "platform": "lambda", "memory": "1769MB", "runtime": "nodejs22", "timeout": "900s",
        "placement_overhead": none, "warm_overhead": none, "app_init": none,
        "max_lifetime": { "constant": "8000h" },
        "keep_alive": { "fixed": { "after": "600s" } }
    })
}

/// One function with keep-alive 600 s, invoked `rate` times a second for half a second.
pub fn function(rate: f64) -> Value {
    let mut service = lambda();
    service["work"] = json!("unit");
    json!({
        "work": { "unit": { "cpu": { "constant": "0s" }, "wait": { "exponential": { "mean": "500ms" } } } },
        "account": { "lambda_concurrency": 100_000 },
        "sources": poisson(rate),
        "services": { "web": service }
    })
}

/// Many functions with keep-alive 600 s, alike but for their popularity, all together invoked `rate` times a second for
/// half a second each.
pub fn functions(count: u32, rate: f64) -> Value {
    let mut service = lambda();
    service["functions"] = json!("fleet");
    json!({
        "populations": { "fleet": { "functions": { "alike": {
            "count": count, "rate": format!("{rate}/s"), "popularity": { "zipf": 1.0 },
            "duration": { "exponential": { "mean": "500ms" } }, "memory": "1769MB"
        } } } },
        "account": { "lambda_concurrency": 1_000_000 },
        "sources": { "all": { "to": "web", "arrivals": { "population": "fleet" } } },
        "services": { "web": service }
    })
}

/// So many Fargate tasks with next to nothing to do, for what a replica takes of memory.
pub fn replicas(count: u32) -> Value {
    let mut spec = balanced("round-robin");
    spec["sources"] = poisson(1.0);
    spec["account"] = json!({ "fargate_launch_burst": 1_000_000, "lambda_concurrency": 1000 });
    spec["services"]["web"]["scaling"] = json!({ "fixed": { "count": count } });
    spec
}

/// Many functions that are invoked equally often, all together `rate` times a second.
pub fn equal_functions(count: u32, rate: f64) -> Value {
    let mut spec = functions(count, rate);
    spec["populations"]["fleet"]["functions"]["alike"]["popularity"] = json!("equal");
    spec
}
