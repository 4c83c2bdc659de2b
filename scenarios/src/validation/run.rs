//! Runs the suite: every replication of every case is a job of its own, on all cores, collected in order.

use rayon::ThreadPoolBuildError;
use rayon::prelude::*;
use sim_core::engine::Time;
use sim_core::metrics::Window;
use sim_core::random::Luck;

use super::case::{Case, Family, seed_of};
use super::coverage::{self, Coverage};
use super::little::{self, LittleRow};
use super::surroundings::Builtin;
use super::verdict::{FamilyResult, Suite, judge};
use super::watch::{Watch, Watched};
use super::{Effort, cases};
use crate::file::{RunSettings, Scenario};

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Validation {
    /// How much was run.
    pub effort: Effort,
    /// Simulation against theory.
    pub suite: Suite,
    /// Little's law on every queue of every built-in scenario; none in the quick set.
    pub little: Vec<LittleRow>,
    /// How often intervals hold what they are intervals of; none in the quick set.
    pub coverage: Option<Coverage>,
}

impl Validation {
    /// Whether everything passed.
    pub fn passes(&self) -> bool {
        self.suite.families.iter().all(FamilyResult::passes)
            && self.little.iter().all(LittleRow::holds)
            && self.coverage.as_ref().is_none_or(Coverage::passes)
    }
}

/// Runs the suite on so many threads, all cores if left out; `progress` hears how many of how many jobs are done. The
/// result is the same for any number of threads.
///
/// # Errors
/// If the threads cannot be started.
pub fn validate(
    effort: Effort,
    threads: Option<usize>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Validation, ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?;
    Ok(pool.install(|| {
        let mut families = cases::families();
        if effort == Effort::Quick {
            families.iter_mut().for_each(|family| family.cases.retain(|case| case.quick));
        }
        families.retain(|family| !family.cases.is_empty());
        let builtin = Builtin::new();
        let full = effort == Effort::Full;
        let plan = Plan::of(&families, effort, &builtin);
        let steps =
            Steps::new(plan.jobs.len() + if full { coverage::EXPERIMENTS as usize } else { 0 }, progress);
        let runs = plan.run(&builtin, &steps);
        let suite = judge(families, runs, effort);
        Validation {
            effort,
            suite,
            little: if full { little::every_builtin(&builtin) } else { Vec::new() },
            coverage: full.then(|| coverage::measure(&builtin, coverage::EXPERIMENTS, &|| steps.step())),
        }
    }))
}

/// Counts jobs that are done, whoever does them.
struct Steps<'p> {
    done: std::sync::atomic::AtomicUsize,
    total: usize,
    progress: &'p (dyn Fn(usize, usize) + Sync),
}

impl<'p> Steps<'p> {
    fn new(total: usize, progress: &'p (dyn Fn(usize, usize) + Sync)) -> Self {
        progress(0, total);
        Steps { done: std::sync::atomic::AtomicUsize::new(0), total, progress }
    }

    fn step(&self) {
        let done = self.done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        (self.progress)(done, self.total);
    }
}

/// A case with its scenario loaded.
struct Loaded {
    scenario: Scenario,
    instants: Vec<Time>,
}

/// Which case, which replication.
struct Plan {
    cases: Vec<Loaded>,
    jobs: Vec<(usize, u32)>,
}

impl Plan {
    fn of(families: &[Family], effort: Effort, builtin: &Builtin) -> Self {
        let cases: Vec<&Case> = families.iter().flat_map(|family| &family.cases).collect();
        let jobs = cases.iter().enumerate();
        let jobs = jobs.flat_map(|(index, case)| {
            (0..effort.replications(case.replications)).map(move |replication| (index, replication))
        });
        Plan { jobs: jobs.collect(), cases: cases.iter().map(|case| load(case, builtin)).collect() }
    }

    /// The replications of each case, in order.
    fn run(&self, builtin: &Builtin, steps: &Steps<'_>) -> Vec<Vec<Watched>> {
        let job = |(index, replication): &(usize, u32)| {
            let watched = self.cases[*index].run(*replication, builtin);
            steps.step();
            (*index, watched)
        };
        let done: Vec<(usize, Watched)> = self.jobs.par_iter().with_max_len(1).map(job).collect();
        let mut runs: Vec<Vec<Watched>> = self.cases.iter().map(|_| Vec::new()).collect();
        done.into_iter().for_each(|(index, watched)| runs[index].push(watched));
        runs
    }
}

fn load(case: &Case, builtin: &Builtin) -> Loaded {
    let scenario = builtin.load(&case.name, &case.scenario);
    assert_eq!(scenario.run.seed, seed_of(&case.name), "a case's name decides its luck");
    assert_eq!(scenario.run.replications, case.replications, "{}", case.name);
    Loaded { scenario, instants: case.instants.iter().map(|instant| Time::ZERO + *instant).collect() }
}

impl Loaded {
    fn run(&self, replication: u32, builtin: &Builtin) -> Watched {
        let run: &RunSettings = &self.scenario.run;
        let measured = Window::new(Time::ZERO + run.warm_up, Time::ZERO + run.duration);
        let luck = Luck { root: run.seed, replication };
        let fleet = &self.scenario.variants[0].fleet;
        let watch = || Watch::new(measured, self.instants.clone());
        let (record, watch) = builtin.simulate(fleet, run, luck, |_| watch());
        watch.finish(record)
    }
}
