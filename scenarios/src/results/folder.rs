//! The results folder on disk: claimed before anything is simulated, written a whole file at a time.
//!
//! A file appears under its name only when all of it is on the disk, so an interrupted run leaves whole records or
//! none, and the same command goes on from them.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::error::{ErrorKind, ResultsError};
use super::lock::{LOCK, Lock};
use super::manifest::{FORMAT, Manifest, Prices};
use super::seal::{seal, unseal};
use super::stored::JobRecord;
use crate::file::MOST_JOBS;

/// The manifest's name.
pub const MANIFEST: &str = "manifest.json";
pub(super) const PRICES: &str = "prices.json";
const RECORDS: &str = "records";
const PILOT: &str = "pilot";
const SENSITIVITY: &str = "sensitivity";
/// Where a report has its charts.
const CHARTS: &str = "charts";
/// Names the build of the program that made the records. Hidden, as it is no result.
const BUILD: &str = ".fleetsim-build";
/// What names of unfinished files begin with.
const UNFINISHED: &str = ".fleetsim-";

/// What a record in the folder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// It is a result.
    Record,
    /// The warm-up was found in it.
    Pilot,
    /// It was run with an assumption moved.
    Moved,
}

impl Stored {
    fn folder(self) -> &'static str {
        match self {
            Stored::Record => RECORDS,
            Stored::Pilot => PILOT,
            Stored::Moved => SENSITIVITY,
        }
    }
}

/// A results folder.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

/// A folder that is one run's until this is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    /// The folder.
    pub(crate) folder: Folder,
    /// The experiment, with the prices in force.
    pub(crate) manifest: Manifest,
    /// The prices in force.
    pub(crate) prices: Prices,
    /// Whether these are prices that were chosen for this folder before, rather than those of the run.
    pub(crate) kept_prices: bool,
    /// How many finished runs of another build of the program were removed.
    pub(crate) outdated: usize,
    pub(crate) lock: Lock,
}

impl Folder {
    /// Claims `path` for the experiment: makes the folder, or finds in it the same experiment begun before. Prices that
    /// were chosen for that one stay chosen; records stay only if `build` made them.
    ///
    /// # Errors
    /// If it holds anything else, another process runs into it, or it cannot be written. Nothing is changed then.
    pub(crate) fn claim(
        path: &Path,
        manifest: &Manifest,
        prices: &Prices,
        build: Option<&str>,
    ) -> Result<Claim, ResultsError> {
        let folder = Folder { path: path.to_owned() };
        if path.exists() && !path.is_dir() {
            return Err(ResultsError::new(ErrorKind::Unusable, path, "is a file, not a folder"));
        }
        folder.must_be_free_for(manifest)?;
        let unusable = |error: io::Error| {
            ResultsError::new(ErrorKind::Unusable, path, format!("cannot be written: {error}"))
                .hint("name another folder with --out")
        };
        fs::create_dir_all(path.join(RECORDS)).map_err(unusable)?;
        let lock = Lock::take(path)?;
        // Another run may have begun and ended since.
        folder.must_be_free_for(manifest)?;
        folder.clear_unfinished();
        let kept = folder.kept_prices()?.filter(|kept| kept != prices);
        let prices = kept.as_ref().unwrap_or(prices);
        let manifest = Manifest { prices: prices.used(), ..manifest.clone() };
        let outdated = folder.keep_only_of(build, &manifest)?;
        let manifest = match folder.manifest() {
            Ok(earlier) => manifest.going_on_from(&earlier),
            Err(_) => manifest,
        };
        folder.write_sealed(MANIFEST, &manifest)?;
        folder.write_sealed(PRICES, prices)?;
        let (prices, kept_prices) = (prices.clone(), kept.is_some());
        Ok(Claim { folder, manifest, prices, kept_prices, outdated, lock })
    }

    /// The prices that an earlier run or a user chose. Damaged ones are not replaced silently by others.
    fn kept_prices(&self) -> Result<Option<Prices>, ResultsError> {
        match self.path.join(PRICES).exists() {
            true => self.read_sealed(PRICES).map(Some).map_err(|error| {
                error.hint("remove this file to go on with the prices of the run, which can be priced anew")
            }),
            false => Ok(None),
        }
    }

    /// Removes what another build of the program simulated, or one that nobody knows, and says how many runs that were.
    /// Nor does what it has found stand: `fresh` is the manifest from then on. Once nothing of it is left the folder is
    /// `build`'s, so that no two builds ever stand side by side in it.
    fn keep_only_of(&self, build: Option<&str>, fresh: &Manifest) -> Result<usize, ResultsError> {
        let known = fs::read_to_string(self.path.join(BUILD)).ok();
        if build.is_some() && known.as_deref().map(str::trim) == build {
            return Ok(0);
        }
        let records = self.remove(RECORDS, |name| name.ends_with(".json"))?;
        let records = records + self.remove(PILOT, |name| name.ends_with(".json"))?;
        let records = records + self.remove(SENSITIVITY, |name| name.ends_with(".json"))?;
        self.remove("", |name| name.starts_with("requests-") && name.ends_with(".csv"))?;
        self.write_sealed(MANIFEST, fresh)?;
        self.write(BUILD, format!("{}\n", build.unwrap_or_default()).as_bytes())?;
        Ok(records)
    }

    /// Removes the files of these names below the folder, and counts them.
    fn remove(&self, below: &str, named: impl Fn(&str) -> bool) -> Result<usize, ResultsError> {
        let unusable = |path: &Path, error: io::Error| {
            let message = format!("is of another build of this program and cannot be removed: {error}");
            ResultsError::new(ErrorKind::Unusable, path, message)
        };
        let folder = self.path.join(below);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(unusable(&folder, error)),
        };
        let mut removed = 0;
        for entry in entries {
            let path = entry.map_err(|error| unusable(&folder, error))?.path();
            if path.file_name().is_some_and(|name| named(&name.to_string_lossy())) {
                fs::remove_file(&path).map_err(|error| unusable(&path, error))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Removes files that a run was writing when it was killed. Only a run writes there, and it has the lock.
    fn clear_unfinished(&self) {
        let folders =
            ["", RECORDS, PILOT, SENSITIVITY, CHARTS].map(|name| fs::read_dir(self.path.join(name)));
        let entries = folders.into_iter().flatten().flatten().flatten();
        let unfinished = |name: &str| name.starts_with(UNFINISHED) && ![LOCK, BUILD].contains(&name);
        let entries = entries.filter(|entry| unfinished(&entry.file_name().to_string_lossy()));
        // One that stays does no harm: it has no result's name.
        entries.for_each(|entry| drop(fs::remove_file(entry.path())));
    }

    fn must_be_free_for(&self, manifest: &Manifest) -> Result<(), ResultsError> {
        match self.path.join(MANIFEST).exists() {
            true => self.compare(manifest),
            false => self.must_be_empty(),
        }
    }

    /// A folder that holds results.
    ///
    /// # Errors
    /// If it does not, or not such as this version can read.
    pub fn open(path: &Path) -> Result<(Folder, Manifest, Prices), ResultsError> {
        let folder = Folder { path: path.to_owned() };
        if !path.join(MANIFEST).exists() {
            let message = format!("is not a results folder: it has no {MANIFEST}");
            return Err(ResultsError::new(ErrorKind::NotResults, path, message));
        }
        let manifest = folder.manifest()?;
        let prices: Prices = folder.read_sealed(PRICES)?;
        // A crash may have come between the two files.
        Ok((folder, Manifest { prices: prices.used(), ..manifest }, prices))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn must_be_empty(&self) -> Result<(), ResultsError> {
        let Ok(mut entries) = fs::read_dir(&self.path) else { return Ok(()) };
        let ours = |name: &str| name.starts_with(UNFINISHED) || [RECORDS, PILOT, SENSITIVITY].contains(&name);
        let other = entries.find_map(|entry| {
            let name = entry.ok()?.file_name().to_string_lossy().into_owned();
            (!ours(&name)).then_some(name)
        });
        match other {
            Some(name) => {
                let message = format!("is not empty and not a results folder: it holds {name}");
                Err(ResultsError::new(ErrorKind::Occupied, &self.path, message)
                    .hint("name another folder with --out"))
            }
            None => Ok(()),
        }
    }

    fn compare(&self, manifest: &Manifest) -> Result<(), ResultsError> {
        let differences = self.manifest()?.differences(manifest);
        if differences.is_empty() {
            return Ok(());
        }
        let message = format!("already holds other results: this run has {}", differences.join(", "));
        Err(ResultsError::new(ErrorKind::Occupied, &self.path, message)
            .hint("name another folder with --out, give the scenario another name, or remove this folder"))
    }

    /// The manifest, its version first: what another version wrote need not even parse.
    fn manifest(&self) -> Result<Manifest, ResultsError> {
        let path = self.path.join(MANIFEST);
        let json: Json = serde_json::from_slice(&self.read(MANIFEST)?)
            .map_err(|error| damaged(&path, &format!("is damaged or not ours: {error}")))?;
        let format = json.get("format").and_then(Json::as_u64);
        if format != Some(u64::from(FORMAT)) {
            let program = json.get("program").and_then(Json::as_str).unwrap_or("another program");
            let message =
                format!("was written by version {program} in a layout that this version cannot read");
            return Err(ResultsError::new(ErrorKind::OtherVersion, &self.path, message)
                .hint("run the scenario again, or use that version"));
        }
        let manifest: Manifest = self.read_sealed(MANIFEST)?;
        let runs = manifest.variants.len() as u64 * u64::from(manifest.run.replications);
        if runs > MOST_JOBS {
            return Err(damaged(&path, &format!("names {runs} runs, more than there can be")));
        }
        Ok(manifest)
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, ResultsError> {
        let path = self.path.join(name);
        let unreadable = |why: &dyn std::fmt::Display| {
            ResultsError::new(ErrorKind::Unusable, &path, format!("cannot be read: {why}"))
        };
        // What is no file, a pipe say, may never end, or never begin.
        let kind = fs::metadata(&path).map_err(|error| unreadable(&error))?;
        if !kind.is_file() {
            return Err(unreadable(&"it is not a file"));
        }
        fs::read(&path).map_err(|error| unreadable(&error))
    }

    /// What was written with a checksum.
    fn read_sealed<T: DeserializeOwned>(&self, name: &str) -> Result<T, ResultsError> {
        let path = self.path.join(name);
        let text = unseal(&self.read(name)?).ok_or_else(|| damaged(&path, CHANGED))?;
        serde_json::from_slice(&text)
            .map_err(|error| damaged(&path, &format!("is damaged or not ours: {error}")))
    }

    /// Writes `value` as indented JSON with a checksum.
    pub(crate) fn write_sealed(&self, name: &str, value: &impl Serialize) -> Result<(), ResultsError> {
        self.write(name, &seal(&pretty(value)))
    }

    /// Writes `value` as indented JSON.
    pub(crate) fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), ResultsError> {
        self.write(name, &pretty(value))
    }

    /// Writes a file of the folder, all of it or nothing.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ResultsError> {
        let path = self.path.join(name);
        let folder = path.parent().unwrap_or(Path::new(""));
        self.make(folder).and_then(|()| write_whole(&path, bytes)).map_err(|error| {
            ResultsError::new(ErrorKind::Unusable, &path, format!("cannot be written: {error}"))
        })
    }

    /// Makes a folder in the results folder. That one is there since the run began: where it is gone, somebody does not
    /// want these results.
    fn make(&self, folder: &Path) -> io::Result<()> {
        if folder == self.path {
            return Ok(());
        }
        fs::create_dir(folder).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Ok(()),
            _ => Err(error),
        })
    }

    /// Removes a file that an earlier report of the folder had and this one has not.
    pub fn discard(&self, name: &str) {
        // One that cannot be removed does no harm to what is in the others.
        drop(fs::remove_file(self.path.join(name)));
    }

    /// Where a file is written until it is whole.
    pub(crate) fn unfinished(&self, name: &str) -> PathBuf {
        self.path.join(format!("{UNFINISHED}{name}"))
    }

    /// Stores what a job left.
    pub(crate) fn store(&self, place: Stored, name: &str, job: &JobRecord) -> Result<(), ResultsError> {
        let mut text = serde_json::to_vec(job).expect("records are plain data");
        text.push(b'\n');
        let folder = self.path.join(place.folder());
        let path = folder.join(name);
        self.make(&folder).and_then(|()| write_whole(&path, &seal(&text))).map_err(|error| {
            ResultsError::new(ErrorKind::Unusable, &path, format!("cannot be written: {error}"))
                .hint("what is finished is kept; run the same command again to go on")
        })
    }

    /// The record of a job, a variant's and a replication's number from 0; none if there is none.
    ///
    /// # Errors
    /// If it is damaged or not what its name says.
    pub(crate) fn record(
        &self,
        place: Stored,
        manifest: &Manifest,
        (variant, replication): (usize, u32),
    ) -> Result<Option<JobRecord>, ResultsError> {
        let name = format!("{}/{}", place.folder(), manifest.record_name(variant, replication));
        let path = self.path.join(&name);
        if !path.exists() {
            return Ok(None);
        }
        let job: JobRecord = self.read_sealed(&name)?;
        let digest = manifest.job_digest(variant, replication);
        job.check(&manifest.variants[variant].name, replication, &digest)
            .map_err(|message| damaged(&path, &message))?;
        Ok(Some(job))
    }
}

/// What is said of a file whose checksum is not that of its contents.
const CHANGED: &str = "has been changed since it was written, or was never whole";

fn damaged(path: &Path, message: &str) -> ResultsError {
    ResultsError::new(ErrorKind::Damaged, path, message)
}

fn pretty(value: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).expect("results are plain data");
    text.push(b'\n');
    text
}

/// Writes beside the file, syncs, and renames: a reader sees the old file or the new one. What is unfinished bears the
/// process in its name, so that two that draw one report do not take it from each other.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (parent, name) = (path.parent().unwrap_or(Path::new("")), path.file_name().unwrap_or_default());
    let unfinished = parent.join(format!("{UNFINISHED}{}-{}", std::process::id(), name.to_string_lossy()));
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}
