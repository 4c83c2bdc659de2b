//! The results folder: what a run leaves, read back, summed up, priced again, written as tables.
//!
//! | File | Holds |
//! |---|---|
//! | `manifest.json` | what the experiment is: scenario as resolved, seed, versions, dates |
//! | `prices.json` | the price book that the bills are made with |
//! | `records/*.json` | one record per job: everything that was seen, no money |
//! | `pilot/*.json` | records of the pilot that a warm-up was found in, if it was |
//! | `sensitivity/*.json` | records with an assumption moved, where that was asked for |
//! | `summary.json`, `summary.csv` | every metric with estimate, half-width and n; comparisons; the verdict |
//! | `series.csv` | what happened over time, averaged over replications |
//! | `decisions.csv` | what the control loops decided, replication by replication |
//! | `sensitivity.csv` | what each assumption does to the recommended option and to the verdict, where that was asked for |
//! | `bill.csv` | the month's bill, line by line, mean over replications |
//!
//! Only the records come from the simulation; everything else is computed from them, so a folder can be redrawn and
//! re-priced ([`price`]) without simulating again.

mod analysis;
mod assertions;
mod build;
mod digest;
mod error;
mod findings;
mod folder;
mod labels;
mod lock;
mod manifest;
mod pairs;
mod precision;
mod seal;
mod sensitivity;
mod series;
mod standing;
mod stored;
mod summary;
mod tables;
mod variant;
mod verdict;
mod warm_up;
mod wording;
mod workload;

use std::path::Path;
use std::sync::Arc;

use sim_core::cost::{Bill, Days, bill};
use sim_core::metrics::{MonthlyCost, Record};

pub use analysis::{Analysis, analyse};
pub use assertions::{Decided, Outcome as Held};
pub(crate) use build::this as this_build;
pub(crate) use digest::Digest;
pub use error::{ErrorKind, ResultsError};
pub use findings::{Pair, VariantAnalysis};
pub(crate) use folder::Claim;
pub(crate) use folder::Stored;
pub use folder::{Folder, MANIFEST};
pub(crate) use manifest::slugs;
pub use manifest::{FORMAT, Manifest, Prices, PricesUsed, ScenarioText, VariantManifest};
pub use precision::{Known, PrecisionFound};
pub use sensitivity::{AtEnd, Moved, Sensitivity};
pub use series::{SeriesRow, merged, rows as series_rows};
pub use standing::{Holds, Standing};
pub use stored::{DayRequests, JobRecord};
pub use summary::Summary;
pub(crate) use tables::Cell;
pub use tables::{LineKey, MeanLine, mean_lines};
pub use verdict::Verdict;
pub use warm_up::{FoundWarmUp, PILOT, VariantCut};
pub use wording::listed;

/// Everything that is stored of an experiment. Where it comes from a run, from [`price`] or from [`load_to_draw`], no
/// other process may use the folder until the last copy is dropped: tables and report are written from what is in it.
#[derive(Clone, Debug)]
pub struct Results {
    /// The folder that it is in.
    pub folder: Folder,
    /// What the experiment is.
    pub manifest: Manifest,
    /// The prices that bills are made with.
    pub prices: Prices,
    /// One entry per variant of the manifest, in its order.
    pub variants: Vec<VariantResults>,
    /// Keeps others out of the folder.
    _lock: Option<Arc<lock::Lock>>,
}

/// The finished replications of one variant.
#[derive(Clone, Debug, Default)]
pub struct VariantResults {
    /// Their numbers from 0, ascending.
    pub replications: Vec<u32>,
    /// What was seen in each.
    pub records: Vec<Record>,
    /// The requests of each kind of day in each.
    pub days: Vec<Vec<DayRequests>>,
}

/// Loads results.
///
/// # Errors
/// If the folder holds none, another version wrote it, or a record is damaged or missing; the message names the file.
pub fn load(path: &Path) -> Result<Results, ResultsError> {
    let results = load_finished(path)?;
    let missing = results.missing();
    let Some((variant, replication)) = missing.first() else { return Ok(results) };
    let name = results.manifest.record_name(*variant, *replication);
    let message = match missing.len() {
        1 => format!("one record is missing: records/{name}"),
        count => format!("{count} records are missing, the first of them records/{name}"),
    };
    Err(ResultsError::new(ErrorKind::Incomplete, path, message)
        .hint(format!("the same command goes on where the run stopped: {}", results.manifest.command)))
}

/// Loads what is finished of an experiment that was interrupted.
///
/// # Errors
/// As [`load`], but for records that are missing; if all are, so that nothing can be said.
pub fn load_finished(path: &Path) -> Result<Results, ResultsError> {
    let (folder, manifest, prices) = Folder::open(path)?;
    let mut jobs = Vec::new();
    for replication in 0..manifest.run.replications {
        for variant in 0..manifest.variants.len() {
            jobs.extend(folder.record(Stored::Record, &manifest, (variant, replication))?);
        }
    }
    if jobs.is_empty() {
        let message = "holds no finished run, so there is nothing to report";
        return Err(ResultsError::new(ErrorKind::Incomplete, path, message)
            .hint(format!("this command makes the results again: {}", manifest.command)));
    }
    Ok(Results::new(folder, manifest, prices, jobs))
}

/// Loads what is finished, and holds the folder for as long as the results live.
///
/// # Errors
/// As [`load_finished`]; if another process has the folder.
pub fn load_to_draw(path: &Path) -> Result<Results, ResultsError> {
    // What is no results folder is not written to, not even a lock.
    Folder::open(path)?;
    let lock = lock::Lock::take(path)?;
    Ok(load_finished(path)?.held(lock))
}

/// Prices saved results anew, without simulating: rewrites the tables and the prices of the folder.
///
/// # Errors
/// As [`load_to_draw`]; if the book lacks a price; if the folder cannot be written.
pub fn price(path: &Path, prices: Prices) -> Result<Results, ResultsError> {
    let mut results = load_to_draw(path)?;
    results.manifest.prices = prices.used();
    results.prices = prices;
    let analysis = analyse(&results)?;
    results.folder.write_sealed(MANIFEST, &results.manifest)?;
    results.folder.write_sealed(folder::PRICES, &results.prices)?;
    tables::write(&results, &analysis)?;
    Ok(results)
}

impl Results {
    pub(crate) fn new(folder: Folder, manifest: Manifest, prices: Prices, jobs: Vec<JobRecord>) -> Self {
        let variants = vec![VariantResults::default(); manifest.variants.len()];
        let mut results = Results { folder, manifest, prices, variants, _lock: None };
        results.add(jobs);
        results
    }

    /// Takes in further replications, which come in their order. What is beyond the number of replications is no part of
    /// the experiment.
    pub(crate) fn add(&mut self, jobs: Vec<JobRecord>) {
        for job in jobs.into_iter().filter(|job| job.replication < self.manifest.run.replications) {
            let of = self.manifest.variants.iter().position(|variant| variant.name == job.variant);
            let Some(variant) = of.map(|index| &mut self.variants[index]) else { continue };
            variant.replications.push(job.replication);
            variant.records.push(job.record);
            variant.days.push(job.days);
        }
    }

    /// The same, with the folder held.
    pub(crate) fn held(self, lock: lock::Lock) -> Self {
        Results { _lock: Some(Arc::new(lock)), ..self }
    }

    /// Jobs without a record: variant and replication, both from 0.
    pub fn missing(&self) -> Vec<(usize, u32)> {
        let variants = self.variants.iter().enumerate();
        let missing = variants.flat_map(|(index, variant)| {
            let all = 0..self.manifest.run.replications;
            all.filter(|number| !variant.replications.contains(number)).map(move |number| (index, number))
        });
        missing.collect()
    }

    /// Writes `summary.json`, `summary.csv`, `series.csv`, `decisions.csv` and `bill.csv`, and returns the analysis
    /// that they show.
    ///
    /// # Errors
    /// If the folder cannot be written or the price book lacks a price.
    pub fn write_tables(&self) -> Result<Analysis, ResultsError> {
        let analysis = analyse(self)?;
        tables::write(self, &analysis)?;
        Ok(analysis)
    }

    /// The month of each finished replication of a variant.
    pub(crate) fn months(&self, variant: usize) -> Result<Vec<MonthlyCost>, ResultsError> {
        let of = &self.variants[variant];
        of.records.iter().zip(&of.days).map(|(record, days)| self.month(record, days)).collect()
    }

    fn month(&self, record: &Record, requests: &[DayRequests]) -> Result<MonthlyCost, ResultsError> {
        let kinds = &self.manifest.run.days;
        if kinds.is_empty() {
            let bill = self.bill(&Days::every(record.measured.length(), &record.usage))?;
            return Ok(MonthlyCost::of(record, bill));
        }
        let days: Vec<Days<'_>> = kinds
            .iter()
            .zip(&record.days)
            .map(|(kind, usage)| {
                let window = kind.to - kind.from;
                Days { label: &kind.name, days: kind.weight, window, usage }
            })
            .collect();
        let all: f64 = days.iter().map(|kind| kind.days).sum();
        let month = |count: fn(&DayRequests) -> u64| -> f64 {
            let of_kind = |(kind, requests): (&Days<'_>, &DayRequests)| {
                count(requests) as f64 * sim_core::cost::month_factor(kind.window) * kind.days / all
            };
            days.iter().zip(requests).map(of_kind).sum()
        };
        Ok(MonthlyCost { requests: month(|day| day.born), ok: month(|day| day.ok), bill: self.bill(&days)? })
    }

    fn bill(&self, days: &[Days<'_>]) -> Result<Bill, ResultsError> {
        bill(days, &self.prices.book, self.prices.options).map_err(|missing| {
            let message =
                format!("price book {} has no price for {}", self.prices.book.name, missing.join(", "));
            ResultsError::new(ErrorKind::NoPrice, self.folder.path(), message)
                .hint("name another book with --book; `fleetsim list prices` shows them")
        })
    }
}
