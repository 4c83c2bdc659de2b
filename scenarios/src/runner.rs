//! Runs an experiment: every variant, replication by replication, on all cores, into a results folder.
//!
//! A job is one replication of one variant; it is single-threaded and pure, and its record is stored the moment it is
//! done. So the bytes in the folder do not depend on the number of threads, an interrupted experiment goes on where it
//! stopped, and a job that panics (a user's policy, say) costs only itself.
//!
//! ```no_run
//! # use scenarios::{file::Scenario, results::Prices, runner::*};
//! # fn show(scenario: &Scenario, input: Input, platform: Surroundings<'_>, prices: Prices)
//! # -> Result<(), RunError> {
//! let experiment = Experiment::new(scenario, input, platform, prices, Options::default())?;
//! let cancel = std::sync::atomic::AtomicBool::new(false);
//! let outcome = experiment.run("results".as_ref(), &cancel, &|progress| {
//!     eprintln!("{} of {}", progress.done, progress.total);
//! })?;
//! outcome.results.write_tables()?;
//! # Ok(())
//! # }
//! ```

mod job;
mod luck;
mod plan;
mod probe;
mod requests;
mod session;
mod vary;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize};

use indexmap::IndexMap;
use sim_core::cost::InstanceType;
use sim_core::policy::catalogue::Catalogue;

use crate::file::Scenario;
use crate::results::{Claim, Folder, JobRecord, Manifest, Prices, Results, ResultsError, this_build};
use crate::sensitivity::Plan;
pub(crate) use job::said;
pub use plan::quoted;
use session::{Session, Tally};

/// Most requests that one job may write one by one, unless more are asked for.
pub const REQUEST_LIMIT: u64 = 10_000_000;

/// The scenario as it was given, for the manifest.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The scenario file's name, or the built-in's.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Settings given on the command line.
    pub overrides: Vec<String>,
    /// The folder that traces are relative to.
    pub folder: PathBuf,
    /// The command that makes the same results again.
    pub command: String,
}

/// What fleets are built with besides their specs.
#[derive(Clone, Copy)]
pub struct Surroundings<'e> {
    /// Instance types by name.
    pub instance_types: &'e IndexMap<String, InstanceType>,
    /// Their date.
    pub instance_types_date: &'e str,
    /// Policies.
    pub policies: &'e Catalogue,
}

/// How to run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Threads; all cores if left out.
    pub threads: Option<usize>,
    /// Another root of luck than the scenario's.
    pub seed: Option<u64>,
    /// Another number of replications than the scenario's, however exactly a metric is known then.
    pub replications: Option<u32>,
    /// Whether to write every request of every job, and at most how many of a job.
    pub requests: Option<u64>,
    /// Whether every job runs under the checkers of [`sim_core::check`]; one that they find something wrong with fails. No
    /// result depends on it, and jobs that the folder holds already are simulated again.
    pub check: bool,
    /// Whether to run everything again with each assumption at its low and at its high value, to say how much the results
    /// depend on them.
    pub sensitivity: bool,
    /// Only this job: a variant's name and a replication from 1.
    pub only: Option<(String, u32)>,
    /// What tells this build of the program from others, whose finished runs are simulated again; a digest of the
    /// running program's file if left out. It is no part of any result.
    pub build: Option<String>,
}

/// How far a run is. Time is the terminal's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Jobs that are over, well or not, those found in the folder included.
    pub done: usize,
    /// Jobs altogether, as far as is known yet.
    pub total: usize,
    /// Jobs that were found in the folder.
    pub resumed: usize,
}

/// What became of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Everything that is stored; while it lives, no other process may use the folder.
    pub results: Results,
    /// Jobs that were simulated.
    pub simulated: usize,
    /// Jobs that were found in the folder.
    pub resumed: usize,
    /// Jobs that were not begun because the run was cancelled.
    pub skipped: usize,
    /// Jobs that went wrong, in the order of jobs.
    pub failures: Vec<Failure>,
    /// What a reader of the results must know: request files that were cut, say.
    pub notes: Vec<String>,
}

/// A job that went wrong; the others were not affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The variant.
    pub variant: String,
    /// The replication, from 1.
    pub replication: u32,
    /// The root of its luck.
    pub seed: u64,
    /// What happened.
    pub message: String,
    /// The command that makes it happen again.
    pub command: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { variant, replication, seed, message, command } = self;
        write!(f, "{variant}, replication {replication} (seed {seed}): {message}\n  again: {command}")
    }
}

/// Why nothing, or nothing more, was run.
#[derive(Debug)]
pub enum RunError {
    /// The experiment cannot be run as asked.
    Refused(String),
    /// The results folder cannot be used.
    Results(ResultsError),
    /// Variants did not meet the same luck: a defect of the program.
    Luck(Vec<String>),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Refused(message) => f.write_str(message),
            RunError::Results(error) => error.fmt(f),
            RunError::Luck(list) => {
                write!(f, "variants did not meet the same arrivals, which is a defect: {}", list.join("; "))
            }
        }
    }
}

impl std::error::Error for RunError {}

impl From<ResultsError> for RunError {
    fn from(error: ResultsError) -> Self {
        RunError::Results(error)
    }
}

/// A scenario, ready to be run.
pub struct Experiment<'e> {
    manifest: Manifest,
    prices: Prices,
    surroundings: Surroundings<'e>,
    traces: crate::trace::TraceFiles,
    options: Options,
    jobs: Vec<JobId>,
    sensitivity: Option<Plan>,
}

/// One job: which variant, which replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct JobId {
    variant: usize,
    /// From 0.
    replication: u32,
}

/// What became of one job.
enum Done {
    Simulated(Box<JobRecord>, Vec<String>),
    Resumed(Box<JobRecord>),
    Failed(Failure),
    Skipped,
    Unwritable(ResultsError),
}

impl<'e> Experiment<'e> {
    /// Prepares the scenario's jobs.
    ///
    /// # Errors
    /// If the experiment cannot be run as asked: a job that does not exist, a price that the book lacks, more requests
    /// to be written than the limit.
    pub fn new(
        scenario: &Scenario,
        input: Input,
        surroundings: Surroundings<'e>,
        prices: Prices,
        options: Options,
    ) -> Result<Self, RunError> {
        let traces = crate::trace::TraceFiles::new(&input.folder);
        let manifest = plan::manifest(scenario, input, &surroundings, &prices, &options)?;
        let jobs = plan::jobs(&manifest, &options)?;
        plan::check(&manifest, &prices)?;
        options.requests.map_or(Ok(()), |limit| plan::check_requests(scenario, limit))?;
        let sensitivity = plan::sensitivity(&manifest, &surroundings, &traces, &options);
        Ok(Experiment { manifest, prices, surroundings, traces, options, jobs, sensitivity })
    }

    /// What will be run, as `manifest.json` says it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How many jobs there are to begin with: a pilot comes before them, and where a metric is to be known exactly, more
    /// may come after them.
    pub fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// Which assumptions are moved after them, if that is asked for.
    pub fn sensitivity(&self) -> Option<&Plan> {
        self.sensitivity.as_ref()
    }

    /// Runs every job that the folder does not hold yet. When `cancel` becomes true, no further job begins; those that
    /// run are finished and kept.
    ///
    /// # Errors
    /// If the folder cannot be used; nothing has been simulated then, unless it became unusable under way.
    pub fn run(
        &self,
        out: &Path,
        cancel: &AtomicBool,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Outcome, RunError> {
        let build = match &self.options.build {
            Some(build) => Some(build.as_str()),
            None => this_build(),
        };
        let claim = Folder::claim(out, &self.manifest, &self.prices, build)?;
        let Claim { folder, manifest, prices, kept_prices, outdated, lock } = claim;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.options.threads.unwrap_or(0)).build();
        let pool = pool.map_err(|error| RunError::Refused(format!("no threads: {error}")))?;
        let mut session = Session {
            experiment: self,
            folder: &folder,
            pool,
            cancel,
            progress,
            done: AtomicUsize::new(0),
            found: 0,
            total: 0,
            tally: Tally::default(),
        };
        let results = session.run(manifest, prices.clone())?.held(lock);
        let Tally { simulated, resumed, skipped, failures, mut notes } = session.tally;
        notes.extend((outdated > 0).then(|| of_another_build(outdated)));
        notes.extend(kept_prices.then(|| kept(&prices)));
        luck::check(&results)?;
        Ok(Outcome { results, simulated, resumed, skipped, failures, notes })
    }
}

/// What became of runs that this program's code may not repeat.
fn of_another_build(runs: usize) -> String {
    match runs {
        1 => "1 finished run was of another build of this program and is not used: it is simulated again"
            .into(),
        _ => format!(
            "{runs} finished runs were of another build of this program and are not used: they are simulated again"
        ),
    }
}

/// What a reader of bills must know where they are not made with the run's own prices.
fn kept(prices: &Prices) -> String {
    let book = &prices.book;
    format!(
        "bills are made with the prices that were chosen for this folder before: price book {} of {}{}; `fleetsim \
         price` chooses others",
        book.name,
        book.date,
        if prices.options.free_tier { ", with the free tier" } else { "" }
    )
}
