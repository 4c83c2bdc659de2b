//! The runs of a sensitivity analysis: every variant again with each assumed setting at its low and at its high value,
//! with the same luck, warm-up and number of replications as the experiment itself.
//!
//! Their records are ordinary ones, in a folder of their own and named by what determines them; so they too are kept when
//! a run is stopped, and do not depend on threads. They are not held in memory: there are many, and each end of each
//! setting is evaluated by itself.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::session::{Session, jobs};
use super::{Done, Failure, JobId, Progress, RunError};
use crate::results::{Manifest, Results, Stored};
use crate::sensitivity::{End, Move, Plan, Side};

/// One end of one setting.
struct Moved<'p> {
    of: &'p Move,
    side: Side,
    manifest: Manifest,
}

impl Session<'_> {
    /// Runs what the analysis needs, unless something went wrong before: then there is nothing to compare it with.
    pub(super) fn vary(&mut self, results: &mut Results) -> Result<(), RunError> {
        let Some(plan) = &self.experiment.sensitivity else { return Ok(()) };
        if self.tally.skipped > 0 || !self.tally.failures.is_empty() {
            let why = if self.tally.skipped > 0 { "are not finished" } else { "failed" };
            self.tally.notes.push(format!("no assumption was moved, since runs to compare with {why}"));
            return Ok(());
        }
        results.manifest.sensitivity = Some(plan.clone());
        self.folder.write_sealed(crate::results::MANIFEST, &results.manifest)?;
        let moved = moved(plan, &results.manifest);
        let all = 0..results.manifest.run.replications;
        let of = |it: &'_ Moved<'_>| jobs(&it.manifest, all.clone());
        let jobs: Vec<(&Moved<'_>, JobId)> =
            moved.iter().flat_map(|it| of(it).into_iter().map(move |job| (it, job))).collect();
        self.carry_out_moved(&jobs)
    }

    fn carry_out_moved(&mut self, jobs: &[(&Moved<'_>, JobId)]) -> Result<(), RunError> {
        let total = self.done.load(Ordering::Relaxed) + jobs.len();
        let found = AtomicUsize::new(self.found);
        let run = |(moved, job): &(&Moved<'_>, JobId)| {
            let over = self.moved_job(moved, *job);
            if matches!(over, Over::Resumed) {
                found.fetch_add(1, Ordering::Relaxed);
            }
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            (self.progress)(Progress { done, total, resumed: found.load(Ordering::Relaxed) });
            over
        };
        let over: Vec<Over> = self.pool.install(|| jobs.par_iter().with_max_len(1).map(run).collect());
        for over in over {
            match over {
                Over::Simulated => self.tally.simulated += 1,
                Over::Resumed => self.tally.resumed += 1,
                Over::Skipped => self.tally.skipped += 1,
                Over::Failed(failure) => self.tally.failures.push(failure),
                Over::Unwritable(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn moved_job(&self, moved: &Moved<'_>, job: JobId) -> Over {
        let Moved { of, side, manifest } = moved;
        // Nothing that was finished before was checked.
        if !self.experiment.options.check && self.stored(manifest, Stored::Moved, job).is_some() {
            return Over::Resumed;
        }
        if self.cancel.load(Ordering::Relaxed) {
            return Over::Skipped;
        }
        match self.experiment.run_job(manifest, Stored::Moved, job, self.folder) {
            Done::Simulated(..) => Over::Simulated,
            Done::Resumed(_) => Over::Resumed,
            Done::Skipped => Over::Skipped,
            Done::Unwritable(error) => Over::Unwritable(error),
            Done::Failed(failure) => Over::Failed(Failure {
                variant: format!(
                    "{} with {} at {}",
                    manifest.variants[job.variant].name,
                    of.setting,
                    of.end(*side).value()
                ),
                command: match self.experiment.options.check {
                    true => format!("{} --check", manifest.command),
                    false => manifest.command.clone(),
                },
                ..failure
            }),
        }
    }
}

/// What became of one run; its record is on the disk.
enum Over {
    Simulated,
    Resumed,
    Skipped,
    Failed(Failure),
    Unwritable(crate::results::ResultsError),
}

fn moved<'p>(plan: &'p Plan, base: &Manifest) -> Vec<Moved<'p>> {
    let ends = plan.moves.iter().flat_map(|of| Side::BOTH.map(|side| (of, side)));
    let ends = ends.filter(|(of, side)| matches!(of.end(*side), End::To(_)));
    ends.map(|(of, side)| Moved { of, side, manifest: plan.experiment(of, side, base) }).collect()
}
