//! One run of an experiment into its folder: a pilot where the warm-up is to be found, then replications, stage by stage
//! where they go on until a metric is known exactly enough.
//!
//! Which jobs there are follows from what earlier ones left and from nothing else, so a run that is stopped at any moment
//! goes on to the same end: finished jobs are found in the folder, everything in between is decided anew.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::{Done, Experiment, Failure, JobId, Progress, RunError};
use crate::file::{WarmUp, stages};
use crate::results::{
    Folder, FoundWarmUp, JobRecord, MANIFEST, Manifest, PILOT, PrecisionFound, Prices, Results, Stored,
    VariantCut,
};

/// What has become of a run so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub simulated: usize,
    pub resumed: usize,
    pub skipped: usize,
    pub failures: Vec<Failure>,
    pub notes: Vec<String>,
}

/// One run into one folder.
pub(super) struct Session<'s> {
    pub experiment: &'s Experiment<'s>,
    pub folder: &'s Folder,
    pub pool: rayon::ThreadPool,
    pub cancel: &'s AtomicBool,
    pub progress: &'s (dyn Fn(Progress) + Sync),
    /// Jobs that are over, jobs that were found, and all that are known of.
    pub done: AtomicUsize,
    pub found: usize,
    pub total: usize,
    pub tally: Tally,
}

impl Session<'_> {
    /// Runs everything, from what the manifest says of an earlier run on.
    pub(super) fn run(&mut self, mut manifest: Manifest, prices: Prices) -> Result<Results, RunError> {
        let plan = self.experiment.sensitivity.as_ref();
        let moved = plan.map_or(0, |plan| plan.runs(manifest.run.replications));
        self.total = self.experiment.jobs.len() + usize::try_from(moved).unwrap_or(usize::MAX);
        if manifest.run.warm_up == WarmUp::Auto && manifest.found_warm_up.is_none() {
            manifest.found_warm_up = self.pilot(&manifest)?;
            if manifest.found_warm_up.is_none() {
                self.tally.skipped += self.experiment.jobs.len();
                return Ok(Results::new(self.folder.clone(), manifest, prices, Vec::new()));
            }
            self.folder.write_sealed(MANIFEST, &manifest)?;
        }
        let results = Results::new(self.folder.clone(), manifest, prices, Vec::new());
        match self.experiment.options.only {
            Some(_) => self.one_job(results),
            None => {
                let mut results = results;
                // What another job alone leaves as it is, a whole run finds anew, or does without.
                results.manifest.sensitivity = results.manifest.sensitivity.filter(|_| plan.is_some());
                let mut results = self.replicate(results)?;
                self.vary(&mut results)?;
                Ok(results)
            }
        }
    }

    /// Runs the pilot and finds the warm-up; none where the run was cancelled before it was over, or some of it failed.
    fn pilot(&mut self, manifest: &Manifest) -> Result<Option<FoundWarmUp>, RunError> {
        let mut unmeasured = manifest.clone();
        unmeasured.run.warm_up = WarmUp::default();
        let jobs = jobs(manifest, 0..PILOT);
        self.total += jobs.len();
        let records = self.carry_out(&unmeasured, Stored::Pilot, &jobs)?;
        // What is found stands for good, so it is not found in a part of the pilot.
        if !self.tally.failures.is_empty() {
            let note =
                "the warm-up is not found while runs of the pilot fail; `warm_up = \"10min\"` gives one";
            self.tally.notes.push(note.into());
        }
        if self.tally.skipped > 0 || !self.tally.failures.is_empty() {
            return Ok(None);
        }
        let cut = |variant: &crate::results::VariantManifest| {
            let of = records.iter().filter(|job| job.variant == variant.name);
            VariantCut::of(&variant.name, &of.map(|job| job.record.clone()).collect::<Vec<_>>())
        };
        Ok(Some(FoundWarmUp::of(manifest.variants.iter().filter_map(cut).collect())))
    }

    /// One job alone, beside whatever the folder holds of the others.
    fn one_job(&mut self, mut results: Results) -> Result<Results, RunError> {
        let manifest = results.manifest.clone();
        let mut records = self.carry_out(&manifest, Stored::Record, &self.experiment.jobs)?;
        let others = jobs(&manifest, 0..manifest.run.replications).into_iter();
        let others = others.filter(|job| !self.experiment.jobs.contains(job));
        records.extend(others.filter_map(|job| self.stored(&manifest, Stored::Record, job)));
        records.sort_by_key(|record| record.replication);
        results.add(records);
        Ok(results)
    }

    /// All replications; where a metric is to be known exactly, as many as that takes.
    fn replicate(&mut self, mut results: Results) -> Result<Results, RunError> {
        let first = self.experiment.manifest.run.replications;
        let most = self.experiment.manifest.run.most_replications();
        let mut from = 0;
        for stage in stages(first, most) {
            results.manifest.run.replications = stage;
            let jobs = jobs(&results.manifest, from..stage);
            if from > 0 {
                self.total += jobs.len();
            }
            let manifest = results.manifest.clone();
            let records = self.carry_out(&manifest, Stored::Record, &jobs)?;
            results.add(records);
            if self.tally.skipped > 0 {
                return Ok(results);
            }
            self.folder.write_sealed(MANIFEST, &results.manifest)?;
            if !self.tally.failures.is_empty() || is_enough(&results)? {
                break;
            }
            from = stage;
        }
        Ok(results)
    }

    /// Runs those of these jobs that the folder does not hold, and returns the records of all, in the order of jobs. When
    /// the run is cancelled, no further job begins.
    fn carry_out(
        &mut self,
        manifest: &Manifest,
        place: Stored,
        jobs: &[JobId],
    ) -> Result<Vec<JobRecord>, RunError> {
        // Nothing that was finished before was checked.
        let check = self.experiment.options.check;
        let stored = |job: &JobId| (!check).then(|| self.stored(manifest, place, *job)).flatten();
        let stored: Vec<Option<JobRecord>> = jobs.iter().map(stored).collect();
        let found = stored.iter().flatten().count();
        self.found += found;
        self.done.fetch_add(found, Ordering::Relaxed);
        let (total, resumed) = (self.total, self.found);
        let say = |done: usize| (self.progress)(Progress { done, total, resumed });
        say(self.done.load(Ordering::Relaxed));
        let run = |(job, stored): (&JobId, Option<JobRecord>)| {
            if let Some(stored) = stored {
                return Done::Resumed(Box::new(stored));
            }
            if self.cancel.load(Ordering::Relaxed) {
                return Done::Skipped;
            }
            let over = self.experiment.run_job(manifest, place, *job, self.folder);
            say(self.done.fetch_add(1, Ordering::Relaxed) + 1);
            over
        };
        // One job at a time, whatever their lengths; collected in the order of jobs, whatever the order of ending.
        let over: Vec<Done> =
            self.pool.install(|| jobs.par_iter().zip(stored).with_max_len(1).map(run).collect());
        self.tally.count(over)
    }

    /// The record that the folder holds of a job already. A damaged one is simulated again.
    pub(super) fn stored(&self, manifest: &Manifest, place: Stored, job: JobId) -> Option<JobRecord> {
        let JobId { variant, replication } = job;
        let requests: &Path = &self.folder.path().join(manifest.requests_name(variant, replication));
        if place == Stored::Record && self.experiment.options.requests.is_some() && !requests.exists() {
            return None;
        }
        self.folder.record(place, manifest, (variant, replication)).ok().flatten()
    }
}

/// The jobs of these replications, replication by replication: what is finished when a run is interrupted can be compared.
pub(super) fn jobs(manifest: &Manifest, replications: std::ops::Range<u32>) -> Vec<JobId> {
    let variants = manifest.variants.len();
    let of = |replication| (0..variants).map(move |variant| JobId { variant, replication });
    replications.flat_map(of).collect()
}

/// Whether there are replications enough. Where the metric has no interval anywhere, more of them would not help.
fn is_enough(results: &Results) -> Result<bool, RunError> {
    match &results.manifest.run.precision {
        None => Ok(true),
        Some(asked) => Ok(PrecisionFound::of(results, asked)?.reached),
    }
}

impl Tally {
    /// Counts what has become of jobs, and returns the records that there are.
    fn count(&mut self, over: Vec<Done>) -> Result<Vec<JobRecord>, RunError> {
        let mut records = Vec::with_capacity(over.len());
        for done in over {
            match done {
                Done::Simulated(record, of_job) => {
                    self.simulated += 1;
                    records.push(*record);
                    self.notes.extend(of_job);
                }
                Done::Resumed(record) => {
                    self.resumed += 1;
                    records.push(*record);
                }
                // A job that goes wrong in the pilot does so again.
                Done::Failed(failure) if self.failures.contains(&failure) => {}
                Done::Failed(failure) => self.failures.push(failure),
                Done::Skipped => self.skipped += 1,
                Done::Unwritable(error) => return Err(error.into()),
            }
        }
        Ok(records)
    }
}
