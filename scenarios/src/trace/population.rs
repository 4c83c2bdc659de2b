//! The functions of the Azure data set as a population: what of its three files the simulation takes.

use std::path::Path;

use indexmap::IndexMap;
use sim_core::engine::Span;
use sim_core::quantity::MemorySize;
use sim_core::traffic::{AzureFilesSpec, FeedError, PackedCounts, TracedDurations, TracedFunction, Trigger};

use super::azure::{AzureDurations, AzureFunction, AzureMemory, MINUTE, read_azure};
use super::shown;

/// All functions of the files of `spec`, which are relative to `folder`.
pub(super) fn functions(folder: &Path, spec: &AzureFilesSpec) -> Result<Vec<TracedFunction>, Vec<FeedError>> {
    let path = |file: &String| folder.join(file);
    let (invocations, durations, memory) =
        (path(&spec.invocations), spec.durations.as_ref().map(path), spec.memory.as_ref().map(path));
    let mut functions = Vec::new();
    let mut seen = IndexMap::new();
    read_azure(&invocations, durations.as_deref(), memory.as_deref(), |function| {
        let name = apart(&mut seen, &function.function);
        functions.push(traced(name, &function));
    })?;
    let complain = |message: String| Err(vec![FeedError::new(shown(&invocations), message)]);
    let length = functions.first().map_or(Span::ZERO, |first| first.counts.length());
    match spec.window {
        _ if functions.is_empty() => complain("the file has a header and no rows".into()),
        Some(window) if window.from >= length => {
            complain(format!("the window begins at {}, the trace ends at {length}", window.from))
        }
        _ => Ok(functions),
    }
}

/// A name for a function that no other has: the ids are unique within an application only.
fn apart(seen: &mut IndexMap<String, u32>, id: &str) -> String {
    let times = seen.entry(id.to_owned()).or_insert(0);
    *times += 1;
    if *times == 1 { id.to_owned() } else { format!("{id}#{times}") }
}

fn traced(name: String, function: &AzureFunction) -> TracedFunction {
    TracedFunction {
        name,
        // What invokes a function is not used but to be counted: one that is not known is another one.
        trigger: Trigger::named(&function.trigger.to_lowercase()).unwrap_or(Trigger::Others),
        counts: PackedCounts::new(MINUTE, &function.counts),
        durations: function.durations.as_ref().map(traced_durations),
        memory: function.memory.as_ref().map(most_used),
    }
}

fn traced_durations(durations: &AzureDurations) -> TracedDurations {
    let percentiles = durations.distribution().is_some().then(|| {
        // Averages over short periods need not rise; each is raised to the one below it.
        let mut least = Span::ZERO;
        let rising = durations.percentiles.iter().map(|(percentile, value)| {
            least = least.max(*value);
            (f64::from(*percentile) / 100.0, least)
        });
        rising.collect()
    });
    TracedDurations { average: durations.average, percentiles: percentiles.unwrap_or_default() }
}

/// The highest percentile, since a limit must hold it; the average where there is none.
fn most_used(memory: &AzureMemory) -> MemorySize {
    let most = memory.percentiles.last().map_or(memory.average_mb, |(_, megabytes)| *megabytes);
    MemorySize(most.ceil() as u32)
}
