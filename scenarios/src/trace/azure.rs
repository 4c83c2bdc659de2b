//! The Azure Functions data set of 2019 (Shahrad et al., "Serverless in the Wild", ATC 2020): invocations per minute,
//! durations and memory, in three files.
//!
//! The original has `HashOwner, HashApp, HashFunction, Trigger, 1 .. 1440`, durations by function and memory by
//! application. Shorter samples have fewer minutes and may lack the owner and the application, with memory by
//! function. Both are read. Invocations stream, one function at a time; durations and memory are a few numbers a row and
//! are kept by key.

use std::path::Path;

use indexmap::IndexMap;
use sim_core::engine::Span;
use sim_core::random::PercentilesSpec;
use sim_core::traffic::FeedError;

use super::cell;
use super::errors::Bounded;
use super::table::{Column, Row, Table};

/// The interval of the data set's counts.
pub(super) const MINUTE: Span = Span::from_secs(60);

/// One function of the data set.
#[derive(Clone, Debug, PartialEq)]
pub struct AzureFunction {
    /// `HashOwner`, where the file has it.
    pub owner: Option<String>,
    /// `HashApp`, where the file has it.
    pub app: Option<String>,
    /// `HashFunction`.
    pub function: String,
    /// What invokes it: http, timer, queue, event, storage, orchestration, others.
    pub trigger: String,
    /// Invocations in each minute.
    pub counts: Vec<u64>,
    /// How long it runs; `None` where the data set does not say.
    pub durations: Option<AzureDurations>,
    /// How much memory it (or its application) takes; `None` where the data set does not say.
    pub memory: Option<AzureMemory>,
}

/// How long a function's invocations run.
#[derive(Clone, Debug, PartialEq)]
pub struct AzureDurations {
    /// The mean, weighted by invocations.
    pub average: Span,
    /// How many invocations were measured.
    pub measured: u64,
    /// (percentile, value), as the columns `percentile_Average_N` have them.
    pub percentiles: Vec<(u32, Span)>,
}

/// How much memory a function or application takes.
#[derive(Clone, Debug, PartialEq)]
pub struct AzureMemory {
    /// The mean, in MB.
    pub average_mb: f64,
    /// (percentile, MB), as the columns `AverageAllocatedMb_pctN` have them.
    pub percentiles: Vec<(u32, f64)>,
}

impl AzureFunction {
    /// Invocations in all.
    pub fn invocations(&self) -> u64 {
        self.counts.iter().sum()
    }
}

impl AzureDurations {
    /// The percentiles as an empirical distribution; `None` where p0 or p100 is missing. Averages over short periods, as
    /// published, need not rise strictly; each is raised to the one below it.
    pub fn distribution(&self) -> Option<PercentilesSpec<Span>> {
        let ends =
            [0, 100].iter().all(|end| self.percentiles.iter().any(|(percentile, _)| percentile == end));
        let mut least = Span::ZERO;
        let table = self.percentiles.iter().map(|(percentile, value)| {
            least = least.max(*value);
            (format!("p{percentile}"), least)
        });
        ends.then(|| PercentilesSpec(table.collect()))
    }
}

/// The data set's files, read function by function.
#[derive(Debug)]
pub struct AzureDataset {
    invocations: Invocations,
    durations: IndexMap<String, AzureDurations>,
    memory: IndexMap<String, AzureMemory>,
}

impl AzureDataset {
    /// Opens the invocations, and reads durations and memory where they are given.
    ///
    /// # Errors
    /// The first thing that is wrong with a file; [`check_azure`] finds all.
    pub fn open(
        invocations: &Path,
        durations: Option<&Path>,
        memory: Option<&Path>,
    ) -> Result<Self, FeedError> {
        let mut errors = Bounded::default();
        let durations = durations.map_or_else(IndexMap::new, |path| read_durations(path, &mut errors));
        let memory = memory.map_or_else(IndexMap::new, |path| read_memory(path, &mut errors));
        errors.finish().map_err(|mut errors| errors.swap_remove(0))?;
        Ok(AzureDataset { invocations: Invocations::open(invocations)?, durations, memory })
    }

    /// The next function, in the order of the file; `None` at the end.
    ///
    /// # Errors
    /// If its row makes no sense.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator of results is easily read past its first error"
    )]
    pub fn next(&mut self) -> Result<Option<AzureFunction>, FeedError> {
        let Some(mut function) = self.invocations.next()? else { return Ok(None) };
        function.durations = self.durations.get(&function.function).cloned();
        let by_app = function.app.as_ref().and_then(|app| self.memory.get(app));
        function.memory = self.memory.get(&function.function).or(by_app).cloned();
        Ok(Some(function))
    }
}

/// Reads all files of the data set from end to end and reports what is malformed, at most as many errors as
/// [`check`](super::check()) does; else how many functions and invocations there are.
///
/// # Errors
/// Everything that is malformed.
pub fn check_azure(
    invocations: &Path,
    durations: Option<&Path>,
    memory: Option<&Path>,
) -> Result<(u64, u64), Vec<FeedError>> {
    let (mut functions, mut total) = (0, 0);
    read_azure(invocations, durations, memory, |function| {
        (functions, total) = (functions + 1, total + function.invocations());
    })?;
    Ok((functions, total))
}

/// Reads all files of the data set from end to end and gives `each` function, in the order of the invocations' rows.
///
/// # Errors
/// Everything that is malformed, as [`check_azure`] reports it. Then some functions may have been left out.
pub(super) fn read_azure(
    invocations: &Path,
    durations: Option<&Path>,
    memory: Option<&Path>,
    mut each: impl FnMut(AzureFunction),
) -> Result<(), Vec<FeedError>> {
    let mut errors = Bounded::default();
    let durations = durations.map_or_else(IndexMap::new, |path| read_durations(path, &mut errors));
    let memory = memory.map_or_else(IndexMap::new, |path| read_memory(path, &mut errors));
    match Invocations::open(invocations) {
        Err(error) => errors.push(error),
        Ok(invocations) => {
            let mut dataset = AzureDataset { invocations, durations, memory };
            loop {
                match dataset.next() {
                    Ok(None) => break,
                    Ok(Some(function)) => each(function),
                    Err(error) => errors.push(error),
                }
            }
        }
    }
    errors.finish()
}

/// The counts per minute of one function.
pub(super) fn counts_of(path: &Path, function: &str) -> Result<Vec<u64>, FeedError> {
    let mut file = Invocations::open(path)?;
    match file.next_where(|id| id == function)? {
        Some(found) => Ok(found.counts),
        None => Err(file.table.error(format!("there is no function `{function}`")).column(FUNCTION)),
    }
}

const OWNER: &str = "HashOwner";
const APP: &str = "HashApp";
const FUNCTION: &str = "HashFunction";

/// The file of invocations.
#[derive(Debug)]
struct Invocations {
    table: Table,
    owner: Option<usize>,
    app: Option<usize>,
    function: Column,
    trigger: Column,
    minutes: Vec<Column>,
}

impl Invocations {
    fn open(path: &Path) -> Result<Self, FeedError> {
        let table = Table::open(path)?;
        let minutes = (1..).map_while(|minute: u32| table.column(&minute.to_string()).ok()).collect();
        let (owner, app) = (table.find(OWNER), table.find(APP));
        let (function, trigger) = (table.column(FUNCTION)?, table.column("Trigger")?);
        // Without a column for the first minute there is nothing to read.
        table.column("1")?;
        Ok(Invocations { table, owner, app, function, trigger, minutes })
    }

    fn next(&mut self) -> Result<Option<AzureFunction>, FeedError> {
        self.next_where(|_| true)
    }

    /// The next function whose id is `wanted`; the counts of others are not looked at.
    fn next_where(&mut self, wanted: impl Fn(&str) -> bool) -> Result<Option<AzureFunction>, FeedError> {
        while let Some(row) = self.table.next()? {
            if !wanted(row.text(self.function.index)) {
                continue;
            }
            let text = |index: usize| row.text(index).to_owned();
            let counts: Result<_, _> =
                self.minutes.iter().map(|minute| row.read(minute, cell::count)).collect();
            return Ok(Some(AzureFunction {
                owner: self.owner.map(text),
                app: self.app.map(text),
                function: text(self.function.index),
                trigger: text(self.trigger.index),
                counts: counts?,
                durations: None,
                memory: None,
            }));
        }
        Ok(None)
    }
}

fn read_durations(path: &Path, errors: &mut Bounded) -> IndexMap<String, AzureDurations> {
    read_keyed(
        path,
        &[FUNCTION],
        &["Average", "Count"],
        "percentile_Average_",
        errors,
        |numbers, percentiles| {
            let span = |ms: f64| Span::from_seconds(ms / 1000.0);
            AzureDurations {
                average: span(numbers[0]),
                measured: numbers[1] as u64,
                percentiles: percentiles.into_iter().map(|(percentile, ms)| (percentile, span(ms))).collect(),
            }
        },
    )
}

fn read_memory(path: &Path, errors: &mut Bounded) -> IndexMap<String, AzureMemory> {
    let keys = [FUNCTION, APP];
    read_keyed(
        path,
        &keys,
        &["AverageAllocatedMb"],
        "AverageAllocatedMb_pct",
        errors,
        |numbers, percentiles| AzureMemory { average_mb: numbers[0], percentiles },
    )
}

/// Reads a file with a key (the first of `keys` that there is), `named` columns of numbers and a series of columns
/// `prefix` + percentile.
fn read_keyed<T>(
    path: &Path,
    keys: &[&str],
    named: &[&str],
    prefix: &str,
    errors: &mut Bounded,
    build: impl Fn(Vec<f64>, Vec<(u32, f64)>) -> T,
) -> IndexMap<String, T> {
    let mut found = IndexMap::new();
    let opened = Table::open(path).and_then(|table| {
        let key = keys
            .iter()
            .find_map(|key| table.find(key))
            .map_or_else(|| table.column(keys[0]).map(|c| c.index), Ok)?;
        let named: Result<Vec<Column>, _> = named.iter().map(|name| table.column(name)).collect();
        let series = percentile_columns(&table, prefix);
        Ok((table, key, named?, series))
    });
    let (mut table, key, named, series) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            errors.push(error);
            return found;
        }
    };
    loop {
        match table.next().and_then(|row| row.map(|row| read_row(row, key, &named, &series)).transpose()) {
            Ok(None) => return found,
            Ok(Some((key, numbers, percentiles))) => {
                found.insert(key, build(numbers, percentiles));
            }
            Err(error) => errors.push(error),
        }
    }
}

fn percentile_columns(table: &Table, prefix: &str) -> Vec<(u32, Column)> {
    let parse = |(index, name): (usize, &str)| {
        let percentile = name.strip_prefix(prefix)?.parse().ok()?;
        Some((percentile, Column { index, name: name.to_owned() }))
    };
    let mut columns: Vec<_> = table.columns().enumerate().filter_map(parse).collect();
    columns.sort_by_key(|(percentile, _)| *percentile);
    columns
}

type KeyedRow = (String, Vec<f64>, Vec<(u32, f64)>);

fn read_row(
    row: Row<'_>,
    key: usize,
    named: &[Column],
    series: &[(u32, Column)],
) -> Result<KeyedRow, FeedError> {
    let numbers: Result<_, _> = named.iter().map(|column| row.read(column, cell::number)).collect();
    let percentile =
        |(percentile, column): &(u32, Column)| Ok((*percentile, row.read(column, cell::number)?));
    let percentiles: Result<_, FeedError> = series.iter().map(percentile).collect();
    Ok((row.text(key).to_owned(), numbers?, percentiles?))
}
