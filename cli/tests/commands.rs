//! Whole commands, as a shell sees them: what was typed, the exit code, standard output, standard error.
//!
//! Every command runs in an empty folder of its own, so that nothing of the machine gets into what is compared. To
//! accept what has changed, run the tests with `INSTA_UPDATE=always` and look at the difference.

#[cfg(target_os = "linux")]
#[path = "commands/absurd.rs"]
mod absurd;
#[path = "commands/check.rs"]
mod check;
#[path = "commands/decide.rs"]
mod decide;
#[path = "commands/faulty_policy.rs"]
mod faulty_policy;
#[path = "commands/files.rs"]
mod files;
#[path = "commands/gate.rs"]
mod gate;
#[path = "commands/help.rs"]
mod help;
#[path = "commands/hostile.rs"]
mod hostile;
#[path = "commands/own_policies.rs"]
mod own_policies;
#[path = "commands/reference.rs"]
mod reference;
#[path = "commands/run.rs"]
mod run;
#[path = "commands/sensitivity.rs"]
mod sensitivity;
#[path = "commands/support.rs"]
mod support;
#[cfg(unix)]
#[path = "commands/survival.rs"]
mod survival;
#[path = "commands/swarm.rs"]
mod swarm;
