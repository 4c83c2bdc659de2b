//! `requests-VARIANT-rN.csv`: every request of one job, a row each, for whoever wants to recompute the metrics.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::PathBuf;

use sim_core::observe::{Finished, Names, Part, Throttle};

use crate::results::{Cell, ErrorKind, Folder, ResultsError};

/// A file that requests are written to as they end; it appears under its name when it is whole.
pub(super) struct RequestFile {
    unfinished: PathBuf,
    path: PathBuf,
    writer: csv::Writer<BufWriter<File>>,
    rows: u64,
    limit: u64,
    dropped: u64,
    error: Option<io::Error>,
}

impl RequestFile {
    pub(super) fn create(folder: &Folder, name: &str, limit: u64) -> Result<Self, ResultsError> {
        let (unfinished, path) = (folder.unfinished(name), folder.path().join(name));
        let unwritable = |error: io::Error| {
            ResultsError::new(ErrorKind::Unusable, &path, format!("cannot be written: {error}"))
        };
        let file = File::create(&unfinished).map_err(unwritable)?;
        let mut writer = csv::Writer::from_writer(BufWriter::with_capacity(1 << 16, file));
        let fixed =
            ["seed", "source", "service", "born_ns", "done_ns", "outcome", "throttle", "attempts", "cold"];
        let parts = Part::ALL.iter().map(|part| format!("{}_ns", part.name()));
        let header = fixed.into_iter().map(str::to_owned).chain(parts);
        let error = writer.write_record(header).err().map(io::Error::from);
        Ok(RequestFile { unfinished, path, writer, rows: 0, limit, dropped: 0, error })
    }

    pub(super) fn write(&mut self, names: &Names, finished: &Finished) {
        if self.rows >= self.limit {
            self.dropped += 1;
            return;
        }
        self.rows += 1;
        if let Err(error) = self.row(names, finished) {
            self.error.get_or_insert(error.into());
        }
    }

    fn row(&mut self, names: &Names, finished: &Finished) -> csv::Result<()> {
        let writer = &mut self.writer;
        writer.write_field(finished.seed.to_string())?;
        writer.write_field(Cell::name(&names.sources[finished.source.0 as usize]))?;
        writer.write_field(Cell::name(&names.services[finished.service.0 as usize]))?;
        writer.write_field(finished.born.nanos().to_string())?;
        writer.write_field(finished.at.nanos().to_string())?;
        writer.write_field(finished.outcome.name())?;
        writer.write_field(finished.throttle.map_or("", Throttle::name))?;
        writer.write_field(finished.attempts.to_string())?;
        writer.write_field(if finished.cold { "1" } else { "0" })?;
        for part in Part::ALL {
            writer.write_field(finished.parts.get(part).nanos().to_string())?;
        }
        writer.write_record(None::<&[u8]>)
    }

    /// Makes the file appear; returns what its reader must know.
    pub(super) fn finish(self) -> Result<Option<String>, ResultsError> {
        let path = self.path.clone();
        let note = (self.dropped > 0).then(|| {
            format!(
                "{}: holds the first {} requests to end; {} more were left out",
                path.display(),
                self.rows,
                self.dropped
            )
        });
        self.close().map_err(|error| {
            ResultsError::new(ErrorKind::Unusable, &path, format!("cannot be written: {error}"))
        })?;
        Ok(note)
    }

    fn close(self) -> io::Result<()> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let buffer = self.writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        let file = buffer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(&self.unfinished, &self.path)
    }
}
