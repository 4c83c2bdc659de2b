//! Runs the suite: case by case, the replications of each on all cores, collected in order.
//!
//! A case's replications are judged and forgotten before the next begins, so memory does not grow with the suite.

use rayon::ThreadPoolBuildError;
use rayon::prelude::*;
use sim_core::engine::Time;
use sim_core::observe::Names;
use sim_core::random::Luck;

use super::case::{Case, seed_of};
use super::coverage::{self, Coverage};
use super::little::{self, LittleRow};
use super::surroundings::Builtin;
use super::timelines::{self, Timeline, TimelineResult};
use super::verdict::{FamilyResult, Suite, judge};
use super::watch::{Watch, Watched};
use super::{Effort, cases};

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Validation {
    /// How much was run.
    pub effort: Effort,
    /// Simulation against theory.
    pub suite: Suite,
    /// Little's law on every queue of every built-in scenario; none in the quick set.
    pub little: Vec<LittleRow>,
    /// How long things take on the platforms, against documented and measured figures.
    pub timelines: Vec<TimelineResult>,
    /// How often intervals hold what they are intervals of; none in the quick set.
    pub coverage: Option<Coverage>,
}

impl Validation {
    /// Whether everything passed.
    pub fn passes(&self) -> bool {
        self.suite.families.iter().all(FamilyResult::passes)
            && self.little.iter().all(LittleRow::holds)
            && self.timelines.iter().all(TimelineResult::passes)
            && self.coverage.as_ref().is_none_or(Coverage::passes)
    }
}

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Asked {
    /// How much.
    pub effort: Effort,
    /// Threads; all cores if left out. The result is the same for any number.
    pub threads: Option<usize>,
    /// Only the parts whose names contain this: families, cases, `timelines`, a timeline, `little`, `coverage`.
    pub only: Option<String>,
}

impl Asked {
    fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|part| name.to_lowercase().contains(&part.to_lowercase()))
    }
}

/// Runs the suite; `progress` hears how many of how many jobs are done.
///
/// # Errors
/// If the threads cannot be started.
pub fn validate(
    asked: &Asked,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Validation, ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(asked.threads.unwrap_or(0)).build()?;
    Ok(pool.install(|| run(asked, progress)))
}

fn run(asked: &Asked, progress: &(dyn Fn(usize, usize) + Sync)) -> Validation {
    let effort = asked.effort;
    let mut families = cases::families();
    if effort == Effort::Quick {
        families.iter_mut().for_each(|family| family.cases.retain(|case| case.quick));
    }
    // Whatever is left out, an interval is as wide as in the whole suite.
    let comparisons =
        families.iter().flat_map(|family| &family.cases).map(|case| case.comparisons.len()).sum();
    for family in &mut families {
        let whole = asked.wants(family.title);
        family.cases.retain(|case| whole || asked.wants(&case.name));
    }
    families.retain(|family| !family.cases.is_empty());
    let builtin = Builtin::new();
    let beside = |name: &str| effort == Effort::Full && asked.wants(name);
    let blocks = if beside("coverage") { coverage::EXPERIMENTS } else { 0 };
    let jobs: u32 =
        families.iter().flat_map(|family| &family.cases).map(|case| replications(case, effort)).sum();
    let timelines = wanted_timelines(asked);
    let jobs = jobs + timelines.len() as u32 * timelines::replications(effort);
    let steps = Steps::new((jobs + blocks) as usize, progress);
    let simulate = |case: &Case| simulate_case(case, &builtin, effort, &|| steps.step());
    let suite = Suite { families: judge(families, comparisons, effort, simulate), comparisons };
    let timed = |it: Timeline| timelines::judge(it, &builtin, effort, &|| steps.step());
    let timelines = timelines.into_iter().map(timed).collect();
    let little = if beside("little") { little::every_builtin(&builtin) } else { Vec::new() };
    let coverage = (blocks > 0).then(|| coverage::measure(&builtin, blocks, &|| steps.step()));
    Validation { effort, suite, little, timelines, coverage }
}

fn wanted_timelines(asked: &Asked) -> Vec<Timeline> {
    let mut wanted = timelines::timelines();
    wanted.retain(|it| asked.wants("timelines") || asked.wants(it.name));
    wanted
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

fn replications(case: &Case, effort: Effort) -> u32 {
    effort.replications(case.replications)
}

/// The replications of one case, in order; `step` hears of each that is done.
pub(super) fn simulate_case(
    case: &Case,
    builtin: &Builtin,
    effort: Effort,
    step: &(dyn Fn() + Sync),
) -> Vec<Watched> {
    let scenario = builtin.load(&case.name, &case.scenario);
    let run = &scenario.run;
    assert_eq!(run.seed, seed_of(&case.name), "a case's name decides its luck");
    assert_eq!(run.replications, case.replications, "{}", case.name);
    let measured = run.measured(run.given_warm_up());
    let instants: Vec<Time> = case.instants.iter().map(|instant| Time::ZERO + *instant).collect();
    let one = |replication: u32| {
        let luck = Luck { root: run.seed, replication };
        let watch = |_: &Names| Watch::new(measured, instants.clone());
        let (record, watch) = builtin.simulate(&scenario.variants[0].fleet, run, luck, watch);
        step();
        watch.finish(record)
    };
    (0..replications(case, effort)).into_par_iter().with_max_len(1).map(one).collect()
}
