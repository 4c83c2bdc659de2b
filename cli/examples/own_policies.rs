//! A binary of one's own: the whole fleetsim command line with two policies added, one that scales a service and one
//! that places its tasks.
//!
//! ```text
//! cargo run --example own_policies -- list policies
//! cargo run --example own_policies -- explain trend
//! cargo run --example own_policies -- decide balanced --example
//! cargo run --example own_policies -- run mine.toml
//! ```
//!
//! `docs/guides/write-a-policy.md` explains both, step by step. In a project of your own, depend on the crates `cli` and
//! `sim-core` of this repository (and `schemars`, `serde`), and make this your `main.rs`.

use std::process::ExitCode;

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::policy::placement::keep_least;
use sim_core::policy::view::{Bounds, ServiceScalingDecision, ServiceScalingPolicy, ServiceScalingView};
use sim_core::policy::view::{Candidate, PlacementView, Ranker};
use sim_core::policy::{Catalogue, Declaration};
use sim_core::quantity::Percent;

/// Follows the slope of CPU utilization: provides for where it will be some minutes ahead.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Trend {
    /// The utilization to hold.
    target: Percent,
    /// How many minutes to look ahead.
    ahead: f64,
    /// Never more tasks than this.
    max: u32,
}

impl ServiceScalingPolicy for Trend {
    fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision {
        let values: Vec<f64> = view.metrics["cpu"].iter().filter_map(|point| point.value).collect();
        let [.., before, last] = values[..] else {
            return ServiceScalingDecision::hold("too few minutes yet");
        };
        let load = |utilization: f64| utilization * f64::from(view.running);
        let coming = load(last) + (load(last) - load(before)).max(0.0) * self.ahead;
        let wanted = (coming / self.target.0).ceil() as u32;
        ServiceScalingDecision::to(wanted, format!("{coming:.1} tasks' worth of CPU is coming"))
    }

    fn bounds(&self) -> Bounds {
        Bounds { min: Some(1), max: Some(self.max) }
    }
}

/// Keeps what is left of CPU and memory in balance.
struct Balanced;

impl Ranker for Balanced {
    fn narrow(&mut self, view: &PlacementView<'_>, standing: &mut Vec<usize>) {
        let tilt = |candidate: &Candidate| {
            let cpu = candidate.free_cpu_units - view.task.cpu_units;
            let memory = candidate.free_memory_mib - view.task.memory_mib;
            let share = |left: u32, whole: u32| f64::from(left) / f64::from(whole);
            (share(cpu, candidate.registered_cpu_units) - share(memory, candidate.registered_memory_mib))
                .abs()
        };
        keep_least(standing, |position| tilt(&view.candidates[position]));
    }
}

fn main() -> ExitCode {
    let trend =
        Declaration::new("trend", "provides for where CPU utilization is heading", |trend: Trend| Ok(trend));
    let balanced =
        Declaration::new("balanced", "keeps what is left of CPU and memory in balance", |()| Ok(Balanced));
    let catalogue = Catalogue::builtin()
        .with_service_scaling(trend.example(serde_json::json!({ "target": "60%", "ahead": 5, "max": 40 })))
        .with_placement(balanced);
    cli::main_with(catalogue)
}
