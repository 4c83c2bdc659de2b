//! What a mistake in a policy of one's own costs: the runs that it breaks, and no other.
//!
//! ```text
//! cargo run --example faulty_policy -- run mine.toml     # with scaling = "faulty"
//! ```
//!
//! The policy here panics in about every second replication. Each failed run is named with the command that repeats it
//! alone, the others are kept and reported, and the command ends with an exit code of its own.

use std::process::ExitCode;

use sim_core::policy::view::{Bounds, ServiceScalingDecision, ServiceScalingPolicy, ServiceScalingView};
use sim_core::policy::{Catalogue, Declaration};

/// Cannot bear odd moments. Control loops begin at a moment drawn per replication and go on by whole minutes.
struct Faulty;

impl ServiceScalingPolicy for Faulty {
    fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision {
        assert!(view.now.nanos().is_multiple_of(2), "an odd moment");
        ServiceScalingDecision::hold("so far, so good")
    }

    fn bounds(&self) -> Bounds {
        Bounds { min: Some(2), max: Some(2) }
    }
}

fn main() -> ExitCode {
    let faulty = Declaration::new("faulty", "panics in about every second replication", |()| Ok(Faulty));
    cli::main_with(Catalogue::builtin().with_service_scaling(faulty))
}
