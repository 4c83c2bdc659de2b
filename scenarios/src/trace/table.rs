//! A CSV file with a header line: columns by name, rows by number, errors that name both.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use csv::{Reader, ReaderBuilder, StringRecord};
use sim_core::traffic::FeedError;

use super::lines::{Lines, RowLines};
use super::shown;

/// An open file, past its header.
#[derive(Debug)]
pub(super) struct Table {
    path: PathBuf,
    reader: Reader<Lines<BufReader<File>>>,
    header: StringRecord,
    record: StringRecord,
}

/// Names less alike than this (Jaro and Winkler's measure) are not offered as a correction.
const ALIKE: f64 = 0.75;

/// More columns than this are not listed in a hint.
const LISTED_COLUMNS: usize = 12;

impl Table {
    /// Opens `path` and reads its header.
    pub(super) fn open(path: &Path) -> Result<Self, FeedError> {
        let file = File::open(path).map_err(|error| open_error(path, &error))?;
        let lines = Lines::new(BufReader::new(file));
        let mut reader = ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(lines);
        let header =
            reader.headers().map_err(|error| FeedError::new(shown(path), error.to_string()).row(1))?;
        let strip_mark = |name: &str| name.trim_start_matches('\u{feff}').to_owned();
        let header: StringRecord = header.iter().map(strip_mark).collect();
        if header.is_empty() {
            return Err(
                FeedError::new(shown(path), "the file is empty").hint("its first line names the columns")
            );
        }
        let end = reader.position().byte();
        reader.get_mut().of_row(end);
        Ok(Table { path: path.to_owned(), reader, header, record: StringRecord::new() })
    }

    /// Starts again from the first row.
    pub(super) fn rewind(&mut self) -> Result<(), FeedError> {
        *self = Table::open(&self.path)?;
        Ok(())
    }

    /// An error about this file.
    pub(super) fn error(&self, message: impl Into<String>) -> FeedError {
        FeedError::new(shown(&self.path), message)
    }

    /// The names of the columns.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.header.iter()
    }

    /// Where the column `name` is, if there is one.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.columns().position(|column| column == name)
    }

    /// Where the column `name` is, of which there must be one.
    pub(super) fn column(&self, name: &str) -> Result<Column, FeedError> {
        let namesakes = self.columns().filter(|column| *column == name).count();
        if namesakes > 1 {
            let message = format!("{namesakes} columns have this name");
            return Err(self.error(message).row(1).column(name).hint("rename all but one of them"));
        }
        let column = |index| Column { index, name: name.to_owned() };
        self.find(name).map(column).ok_or_else(|| {
            let missing = self.error("there is no such column").row(1).column(name);
            let alike = |column: &str| strsim::jaro_winkler(&column.to_lowercase(), &name.to_lowercase());
            let best = self.columns().max_by(|a, b| alike(a).total_cmp(&alike(b)));
            match best.filter(|best| alike(best) >= ALIKE) {
                Some(best) => missing.hint(format!("did you mean `{best}`?")),
                None => missing.hint(format!("the columns are {}", self.listed())),
            }
        })
    }

    fn listed(&self) -> String {
        let mut names: Vec<_> = self.columns().take(LISTED_COLUMNS).collect();
        if self.header.len() > LISTED_COLUMNS {
            names.push("...");
        }
        names.join(", ")
    }

    /// The next row, or what is wrong with it as a whole. Reading goes on after an error.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, FeedError> {
        let more = self.reader.read_record(&mut self.record);
        let end = self.reader.position().byte();
        let RowLines { line, empty } = self.reader.get_mut().of_row(end);
        match more {
            Ok(false) => Ok(None),
            Ok(true) if self.record.len() != self.header.len() => {
                let message =
                    format!("the row has {} cells, the header has {}", self.record.len(), self.header.len());
                Err(self.error(message).row(line))
            }
            Ok(true) => Ok(Some(Row { path: &self.path, record: &self.record, line, empty })),
            Err(error) => Err(self.error(plain(&error)).row(line)),
        }
    }
}

/// A column: its place and its name.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) index: usize,
    pub(super) name: String,
}

/// A row of as many cells as the header has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    path: &'a Path,
    record: &'a StringRecord,
    line: u64,
    /// The first of the empty lines before it.
    empty: Option<u64>,
}

impl<'a> Row<'a> {
    /// An error where there are empty lines before this row, in files in which the place of a row means something.
    pub(super) fn follows_at_once(&self) -> Result<(), FeedError> {
        let error = |line| FeedError::new(shown(self.path), "the line is empty").row(line);
        self.empty.map_or(Ok(()), |line| Err(error(line).hint("an interval without requests has a 0")))
    }

    /// The text of a cell.
    pub(super) fn text(&self, index: usize) -> &'a str {
        &self.record[index]
    }

    /// The number of its line in the file, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// A cell read by `parse`, whose message is completed with the place.
    pub(super) fn read<T>(
        &self,
        column: &Column,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, FeedError> {
        parse(self.text(column.index)).map_err(|message| self.error(message).column(&column.name))
    }

    /// An error about this row.
    pub(super) fn error(&self, message: impl Into<String>) -> FeedError {
        FeedError::new(shown(self.path), message).row(self.line)
    }
}

fn open_error(path: &Path, error: &io::Error) -> FeedError {
    match error.kind() {
        io::ErrorKind::NotFound => FeedError::new(shown(path), "there is no such file")
            .hint("a trace's path counts from the scenario's folder"),
        _ => FeedError::new(shown(path), format!("it cannot be opened: {error}")),
    }
}

fn plain(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the row is not UTF-8 text".into(),
        _ => error.to_string(),
    }
}
