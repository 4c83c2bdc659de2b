//! From saved results to what a report shows.
//!
//! Results know the simulator, a report does not: this is the one place where records, metrics and bills become plain
//! numbers in a [`ReportData`]. Nothing is computed here that has an interval; that is done where the statistics are.

mod assertions;
mod faults;
mod measured;
mod metrics;
mod over_time;
mod sensitivity;
mod setting;
mod sweep;
mod tables;

use std::path::Path;

use indexmap::IndexMap;
use scenarios::file::RunKind;
use scenarios::results::{Analysis, Folder, Holds, Results, ResultsError, Standing};

use sim_core::model::Initial;

use crate::chart::SENSITIVITY;
use crate::data::{self, Clock, Meets, Provenance, ReportData};
use crate::page::render;

/// How many variants are drawn over time where there are more of them.
const FEATURED: usize = 6;

/// What a report shows of results.
pub fn report_data(results: &Results, analysis: &Analysis) -> ReportData {
    let manifest = &results.manifest;
    let keys = metrics::Keys::of(results);
    let labels = manifest.labels();
    let variants = variants(results, analysis, &keys, &labels);
    let shown = over_time::Shown::of(results);
    let (decisions, decisions_from) = over_time::decisions(results, &labels);
    let mut data = ReportData {
        title: manifest.name.clone(),
        about: manifest.about.clone(),
        command: manifest.command.clone(),
        provenance: provenance(results),
        objective: keys.objective(results),
        objectives: metrics::objectives(results),
        verdict: data::Verdict {
            sentence: analysis.verdict.sentence.clone(),
            recommended: analysis.verdict.recommended.as_ref().and_then(|name| {
                let place = manifest.variants.iter().position(|variant| variant.name == *name);
                place.map(|place| labels[place].clone())
            }),
            cautions: analysis.verdict.cautions.clone(),
        },
        metrics: keys.metrics(),
        assertions: assertions::assertions(analysis, &labels, results),
        measured: measured::measured(results, analysis, &labels),
        warm_up: manifest.warm_up().seconds(),
        faults: faults::spans(results, &labels),
        comparisons: keys.comparisons(analysis, &labels),
        simultaneous: measured::simultaneous(analysis),
        clock: clock(results),
        series: shown.series(&labels),
        distributions: shown.distributions(&labels),
        cold_starts: over_time::cold_starts(results, &labels),
        latency_parts: shown.latency_parts(&labels),
        bills: tables::bills(results, analysis, &labels),
        month: analysis.basis.clone(),
        sweeps: Vec::new(),
        variants,
        decisions,
        decisions_from,
        sensitivity: sensitivity::sensitivity(results, analysis, &labels),
        assumptions: tables::assumptions(results),
        not_billed: tables::not_billed(analysis),
        scenario_toml: setting::scenario(results),
        warnings: warnings(results, &labels),
    };
    data.sweeps = sweep::sweeps(results, &data.variants, &data.tail().key);
    data
}

/// Writes `report.html` and `charts/` beside the tables, and returns what the report shows.
///
/// # Errors
/// If the folder cannot be written.
pub fn write(results: &Results, analysis: &Analysis) -> Result<ReportData, ResultsError> {
    let data = report_data(results, analysis);
    let rendered = render(&data);
    let folder: &Folder = &results.folder;
    folder.write("report.html", rendered.html.as_bytes())?;
    if data.sensitivity.is_none() {
        ["svg", "png"].iter().for_each(|kind| folder.discard(&format!("charts/{SENSITIVITY}.{kind}")));
    }
    for chart in &rendered.charts {
        folder.write(&format!("charts/{}.svg", chart.name), chart.svg.as_bytes())?;
        folder.write(&format!("charts/{}.png", chart.name), &chart.png)?;
    }
    Ok(data)
}

/// Draws the report of a results folder again, tables included.
///
/// # Errors
/// If the folder holds no results, or damaged ones, or cannot be written.
pub fn redraw(path: &Path) -> Result<ReportData, ResultsError> {
    let results = scenarios::results::load_finished(path)?;
    let analysis = results.write_tables()?;
    write(&results, &analysis)
}

fn provenance(results: &Results) -> Provenance {
    let manifest = &results.manifest;
    let run = &manifest.run;
    let warm_up = match manifest.warm_up() {
        none if none.is_zero() => String::new(),
        some => format!(", {some} of it warm-up"),
    };
    let kind = match (run.kind, run.initial) {
        (RunKind::Steady, _) => "a lasting state",
        (RunKind::Terminating, Initial::Warm) => "a whole run of a fleet that was running",
        (RunKind::Terminating, Initial::Empty) => "a whole run of a fleet that is switched on",
    };
    Provenance {
        version: manifest.program.clone(),
        seed: run.seed,
        replications: run.replications,
        catalogues: vec![
            ("EC2 instance types".into(), manifest.instance_types.clone()),
            (format!("price book {}", manifest.prices.book), manifest.prices.date.clone()),
        ],
        simulated: format!("{}{warm_up}: {kind}", run.duration),
    }
}

/// Days are read as times of day, longer runs as dates, shorter ones from their start.
fn clock(results: &Results) -> Clock {
    let run = &results.manifest.run;
    let seconds = run.duration.seconds();
    if seconds > 4.0 * 86_400.0 {
        Clock::Date(run.start.start() as f64)
    } else if seconds >= 6.0 * 3600.0 {
        Clock::TimeOfDay(run.start.since_midnight().seconds())
    } else {
        Clock::Elapsed
    }
}

fn variants(
    results: &Results,
    analysis: &Analysis,
    keys: &metrics::Keys,
    labels: &[String],
) -> Vec<data::VariantSummary> {
    let featured = featured(results, analysis);
    let families = results.manifest.family_labels();
    let workloads = workloads(results, analysis);
    let variants = results.manifest.variants.iter().zip(&analysis.variants).enumerate();
    variants
        .map(|(index, (manifest, of))| data::VariantSummary {
            name: labels[index].clone(),
            group: families[index].clone(),
            platform: setting::platform(manifest),
            axes: manifest.axes.clone(),
            workload: workloads[index].clone(),
            metrics: keys.values(&of.rows),
            meets: meets(of.standing.holds),
            services: services(&of.standing),
            featured: featured.contains(&index),
        })
        .collect()
}

/// The workload of each variant: where it lies on the axes of the workload, and what its family's patch changes of it.
fn workloads(results: &Results, analysis: &Analysis) -> Vec<String> {
    let unlike = analysis.unlike(results);
    let said = results.manifest.variants.iter().zip(unlike).map(|(manifest, unlike)| {
        let parts = [manifest.workload_label(), unlike.join(" and ")];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    });
    said.collect()
}

fn meets(holds: Option<Holds>) -> Meets {
    match holds {
        Some(Holds::Yes) => Meets::Yes,
        Some(Holds::No) => Meets::No,
        Some(Holds::Unclear) | None => Meets::Unclear,
    }
}

/// How each service stands to its own objective, where there are several.
fn services(standing: &Standing) -> IndexMap<String, Meets> {
    let each = standing.services.iter().filter(|_| standing.services.len() > 1);
    each.map(|service| (service.service.clone(), meets(Some(service.holds)))).collect()
}

/// The variants to draw over time: all where they are few, else those that stand for their families in the verdict; of
/// several workloads those of the one in the middle.
fn featured(results: &Results, analysis: &Analysis) -> Vec<usize> {
    let all = results.manifest.variants.len();
    if all <= FEATURED {
        return (0..all).collect();
    }
    let workloads = workloads(results, analysis);
    let mut distinct: Vec<&String> = Vec::new();
    workloads.iter().for_each(|it| {
        if !distinct.contains(&it) {
            distinct.push(it);
        }
    });
    let middle = distinct.get(distinct.len() / 2).copied();
    let of_middle = |index: &usize| workloads.get(*index) == middle;
    analysis.options(results).into_iter().filter(of_middle).take(FEATURED).collect()
}

fn warnings(results: &Results, labels: &[String]) -> Vec<String> {
    let missing = results.missing();
    let name = |(variant, replication): &(usize, u32)| {
        format!("{}, replication {}", labels[*variant], replication + 1)
    };
    let mut warnings = Vec::new();
    if !missing.is_empty() {
        let some: Vec<String> = missing.iter().take(5).map(name).collect();
        let more = missing.len().saturating_sub(5);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        warnings.push(format!("Runs without results: {}{more}.", some.join("; ")));
    }
    for (label, variant) in labels.iter().zip(&results.variants) {
        let cut = variant
            .records
            .iter()
            .find(|record| record.decisions.total() > record.decisions.kept().len() as u64);
        if let Some(record) = cut {
            warnings.push(format!(
                "{}: only the first {} of {} decisions are in the timeline.",
                label,
                record.decisions.kept().len(),
                record.decisions.total()
            ));
        }
    }
    warnings
}
