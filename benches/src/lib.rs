//! What the benchmarks share: specs of one service each, run through the same call that an experiment's job makes,
//! with the ordinary watcher switched on.

pub mod placement;

use indexmap::IndexMap;
use scenarios::catalogue;
use serde_json::{Value, json};
use sim_core::calendar::Calendar;
use sim_core::cost::InstanceType;
use sim_core::engine::Span;
use sim_core::metrics::{Record, Watcher};
use sim_core::model::{Initial, Platform, Run, simulate};
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
    /// Simulates `seconds` of `spec` with everything watched and metered.
    ///
    /// # Panics
    /// If the spec makes no sense.
    pub fn run(&self, spec: &Value, seconds: u64) -> Record {
        let spec: FleetSpec = serde_json::from_value(spec.clone()).expect("a spec");
        let platform =
            Platform { instance_types: &self.instance_types, policies: &self.policies, traces: &NoTraces };
        assert_eq!(spec.problems(&platform), []);
        let duration = Span::from_secs(seconds);
        let run = Run {
            luck: Luck { root: 1, replication: 0 },
            duration,
            drain: Span::from_secs(600),
            calendar: Calendar::default(),
            initial: Initial::Warm,
        };
        let watch = |names: &_| {
            Watcher::new(names, Span::ZERO, duration, &[], |name| self.instance_types.get(name).cloned())
        };
        let finish = simulate(&spec, &platform, run, watch).expect("no trace to open");
        finish.probe.finish(sim_core::engine::Time::ZERO + duration, finish.events)
    }
}

/// One request's work: exponential CPU, no wait.
fn work(mean_ms: f64) -> Value {
    json!({ "unit": { "cpu": { "exponential": { "mean": format!("{mean_ms}ms") } } } })
}

fn poisson(rate: f64) -> Value {
    json!({ "all": { "to": "web", "arrivals": { "poisson": { "rate": format!("{rate}/s") } } } })
}

/// M/M/c as one task of `workers` workers, loaded to 90 %.
pub fn queue(workers: u32) -> Value {
    json!({
        "work": { "unit": { "cpu": { "constant": "0s" }, "wait": { "exponential": { "mean": "10ms" } } } },
        "sources": poisson(f64::from(workers) * 90.0),
        "services": { "web": {
            "platform": "fargate", "work": "unit", "balancer": "none",
            "task": { "cpu": "32vCPU", "memory": "244GB", "server": { "workers": { "count": workers, "backlog": 1_000_000 } } },
            "scaling": { "fixed": { "count": 1 } }
        } }
    })
}

/// A hundred Fargate tasks behind a balancer, shared CPU, loaded to 60 %.
pub fn fargate(algorithm: &str) -> Value {
    json!({
        "work": work(10.0),
        "sources": poisson(6_000.0),
        "services": { "web": {
            "platform": "fargate", "work": "unit", "balancer": { "alb": { "algorithm": algorithm } },
            "task": { "cpu": "1vCPU", "memory": "2GB" },
            "scaling": { "fixed": { "count": 100 } }
        } }
    })
}

/// A launch-day request on Fargate: timeout, retries, wait, balancer, target tracking.
pub fn full_fargate() -> Value {
    let mut spec = fargate("least-outstanding-requests");
    spec["work"]["unit"]["cpu"] = json!({ "lognormal": { "p50": "8ms", "p99": "60ms" } });
    spec["work"]["unit"]["wait"] = json!({ "exponential": { "mean": "30ms" } });
    spec["sources"]["all"]["client"] =
        json!({ "timeout": "10s", "retries": { "attempts": 3, "backoff": "100ms" } });
    spec["sources"]["all"]["arrivals"]["poisson"]["rate"] = json!("3000/s");
    spec["services"]["web"]["scaling"] =
        json!({ "target-tracking": { "metric": "cpu", "target": "60%", "min": 60, "max": 200 } });
    spec
}

/// The same on EC2 instances.
pub fn full_ec2() -> Value {
    let mut spec = full_fargate();
    spec["services"]["web"]["platform"] = json!("ecs");
    spec["services"]["web"]["cluster"] = json!("fleet");
    spec["services"]["web"]["task"]["cpu"] = json!("1vCPU");
    spec["services"]["web"]["task"]["memory"] = json!("2GB");
    spec["clusters"] = json!({ "fleet": { "instances": {
        "type": "m7g.xlarge", "min": 20, "max": 60, "scaling": { "managed": {} }
    } } });
    spec
}

/// One function with keep-alive 600 s.
pub fn function(rate: f64) -> Value {
    json!({
        "work": { "unit": { "cpu": { "exponential": { "mean": "500ms" } } } },
        "account": { "lambda_concurrency": 100_000 },
        "sources": poisson(rate),
        "services": { "web": { "platform": "lambda", "work": "unit", "memory": "1769MB", "runtime": "nodejs22" } }
    })
}
