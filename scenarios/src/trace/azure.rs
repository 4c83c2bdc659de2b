//! The Azure Functions data set of 2019 (Shahrad et al., "Serverless in the Wild", ATC 2020): invocations per minute,
//! durations and memory, in three files.
//!
//! The original has `HashOwner, HashApp, HashFunction, Trigger, 1 .. 1440`, durations by function and memory by
//! application. Shorter samples have fewer minutes and may lack the owner and the application, with memory by
//! function. Both are read. Invocations stream, one function at a time; durations and memory are a few numbers a row and
//! are kept by key.

mod keyed;

use std::path::Path;

use indexmap::IndexMap;
use sim_core::engine::Span;
use sim_core::random::PercentilesSpec;
use sim_core::traffic::FeedError;

use super::cell;
use super::errors::Bounded;
use super::table::{Column, Table};

use keyed::{Keyed, read_durations, read_memory};

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
    /// The percentiles as an empirical distribution; `None` where p0 or p100 is missing. What rounding has made fall is
    /// raised to the one below it.
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
    durations: Keyed<AzureDurations>,
    memory: Keyed<AzureMemory>,
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
        let durations = durations.map_or_else(Keyed::default, |path| read_durations(path, &mut errors));
        let memory = memory.map_or_else(Keyed::default, |path| read_memory(path, &mut errors));
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
        let (app, id) = (function.app.as_deref(), &function.function);
        let durations = self.durations.get(app, id).cloned();
        let by_app = || app.and_then(|app| self.memory.of_app(app));
        let memory = self.memory.get(app, id).or_else(by_app).cloned();
        (function.durations, function.memory) = (durations, memory);
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
    let durations = durations.map_or_else(Keyed::default, |path| read_durations(path, &mut errors));
    let memory = memory.map_or_else(Keyed::default, |path| read_memory(path, &mut errors));
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
    let found = file.next_where(|id| id == function)?;
    // A second one would be left out in silence.
    if let Some(other) = file.next_where(|id| id == function)? {
        let of = other.app.map_or_else(String::new, |app| format!(", in application {app}"));
        let message = format!(
            "there is more than one function `{function}`, another with trigger {}{of}",
            other.trigger
        );
        return Err(file.table.error(message).column(FUNCTION).hint("rename it in the file"));
    }
    match found {
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
    /// The functions read so far, by owner, application, function and trigger, and on which line.
    seen: IndexMap<String, u64>,
}

/// The columns of the minutes, from the first to the last.
fn minute_columns(table: &Table) -> Result<Vec<Column>, FeedError> {
    let mut numbers: Vec<u32> = table.columns().filter_map(|name| name.parse().ok()).collect();
    numbers.sort_unstable();
    // Without a column for the first minute there is nothing to read.
    let columns = (1..=numbers.len().max(1)).map(|minute| table.column(&minute.to_string()));
    columns.collect::<Result<Vec<Column>, FeedError>>().map_err(|error| match numbers.last() {
        Some(last) if error.hint.as_ref().is_none_or(|hint| !hint.starts_with("rename")) => {
            error.hint(format!("the minutes go from 1 to {last}, and a minute without invocations has a 0"))
        }
        _ => error,
    })
}

impl Invocations {
    fn open(path: &Path) -> Result<Self, FeedError> {
        let table = Table::open(path)?;
        let (owner, app) = (table.find(OWNER), table.find(APP));
        let (function, trigger) = (table.column(FUNCTION)?, table.column("Trigger")?);
        let minutes = minute_columns(&table)?;
        Ok(Invocations { table, owner, app, function, trigger, minutes, seen: IndexMap::new() })
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
            let ids = [self.owner, self.app, Some(self.function.index), Some(self.trigger.index)];
            let key = ids.into_iter().flatten().map(text).collect::<Vec<_>>().join("\n");
            if let Some(line) = self.seen.insert(key, row.line()) {
                let message = format!("`{}` is there twice, first on line {line}", text(self.function.index));
                return Err(row.error(message).column(FUNCTION));
            }
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
