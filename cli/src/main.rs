//! The `fleetsim` binary: the command line with the policies that come with the simulator.

use std::process::ExitCode;

use sim_core::policy::Catalogue;

fn main() -> ExitCode {
    cli::main_with(Catalogue::builtin())
}
