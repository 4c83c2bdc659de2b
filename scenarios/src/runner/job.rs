//! One job: simulate, watch, store.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sim_core::check::Checker;
use sim_core::metrics::Watcher;
use sim_core::model::{Finish, Platform, simulate};
use sim_core::observe::Names;
use sim_core::random::Luck;
use sim_core::traffic::FeedError;

use super::probe::Extras;
use super::requests::RequestFile;
use super::{Done, Experiment, Failure, JobId};
use crate::results::{Folder, JobRecord, Manifest, ResultsError, Stored};

/// Why a job has no record.
enum Trouble {
    /// The job itself went wrong.
    Job(String),
    /// The folder cannot be written.
    Folder(ResultsError),
}

impl From<ResultsError> for Trouble {
    fn from(error: ResultsError) -> Self {
        Trouble::Folder(error)
    }
}

impl Experiment<'_> {
    /// Runs one job and stores its record. A panic ends this job only.
    pub(super) fn run_job(&self, manifest: &Manifest, place: Stored, job: JobId, folder: &Folder) -> Done {
        let attempt = || self.simulate(manifest, place, job, folder);
        // What a panic leaves half-done belongs to this job alone and is dropped with it.
        let result = catch_unwind(AssertUnwindSafe(attempt))
            .unwrap_or_else(|panic| Err(Trouble::Job(format!("panicked: {}", said(&*panic)))));
        match result {
            Ok((record, notes)) => Done::Simulated(Box::new(record), notes),
            Err(Trouble::Folder(error)) => Done::Unwritable(error),
            Err(Trouble::Job(message)) => Done::Failed(Failure {
                variant: manifest.variants[job.variant].name.clone(),
                replication: job.replication + 1,
                seed: self.manifest.run.seed,
                message,
                command: self.command(job),
            }),
        }
    }

    fn simulate(
        &self,
        manifest: &Manifest,
        place: Stored,
        job: JobId,
        folder: &Folder,
    ) -> Result<(JobRecord, Vec<String>), Trouble> {
        let run = &manifest.run;
        let variant = &manifest.variants[job.variant];
        let instance_types = self.surroundings.instance_types;
        let platform =
            Platform { instance_types, policies: self.surroundings.policies, traces: &self.traces };
        let days = run.day_windows();
        let file = if place == Stored::Record { self.requests(job, folder)? } else { None };
        let settings = run.with_luck(Luck { root: run.seed, replication: job.replication });
        let watch = |names: &Names| {
            let instance_type = |name: &str| instance_types.get(name).cloned();
            let watcher = Watcher::new(names, manifest.warm_up(), run.duration, &days, instance_type);
            (watcher, Extras::new(names, &days, file))
        };
        // Two calls, so that a run without checkers does not even ask whether there are any.
        let (finish, checker) = if self.options.check {
            let measured = run.measured(manifest.warm_up());
            let checker = Checker::new(&variant.fleet, instance_types, measured);
            let finish = simulate(&variant.fleet, &platform, settings, |names| (watch(names), checker));
            let Finish { probe: (probe, checker), events, trace_error } = finish?;
            (Finish { probe, events, trace_error }, Some(checker))
        } else {
            (simulate(&variant.fleet, &platform, settings, watch)?, None)
        };
        if let Some(error) = finish.trace_error {
            return Err(Trouble::Job(error));
        }
        let (watcher, extras) = finish.probe;
        let record = watcher.finish(run.end(), finish.events);
        let findings = checker.map(|checker| checker.close(Some(&record))).unwrap_or_default();
        if !findings.is_clean() {
            return Err(Trouble::Job(format!("the checkers found what must not be:\n{findings}")));
        }
        let determined_by = manifest.job_digest(job.variant, job.replication);
        let (days, requests) = extras.finish();
        let note = requests.map(RequestFile::finish).transpose()?.flatten();
        let (variant, replication) = (variant.name.clone(), job.replication);
        let record = JobRecord { variant, replication, determined_by, days, record };
        folder.store(place, &manifest.record_name(job.variant, job.replication), &record)?;
        Ok((record, note.into_iter().collect()))
    }

    fn requests(&self, job: JobId, folder: &Folder) -> Result<Option<RequestFile>, ResultsError> {
        let name = self.manifest.requests_name(job.variant, job.replication);
        self.options.requests.map(|limit| RequestFile::create(folder, &name, limit)).transpose()
    }
}

impl From<FeedError> for Trouble {
    fn from(error: FeedError) -> Self {
        Trouble::Job(error.to_string())
    }
}

/// What a panic said.
pub(crate) fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
