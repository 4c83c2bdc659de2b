//! The CSV files of a results folder, and `summary.json`.

mod moved;

use std::collections::BTreeMap;

use serde::Serialize as _;
use sim_core::cost::MONTH_HOURS;
use sim_core::metrics::{Estimate, Gauge, MonthlyCost};

use super::analysis::Analysis;
use super::error::ResultsError;
use super::summary::Summary;
use super::{Results, merged, series};

/// Cells of a table.
pub(crate) struct Cell;

impl Cell {
    /// A name or a sentence from outside. A spreadsheet takes a cell that begins with `= + - @` for a formula, also in
    /// their wide forms or after white space that it strips, which a scenario from a stranger must not be able to place; an
    /// apostrophe before it makes it text (Open Worldwide Application Security Project: CSV Injection).
    pub(crate) fn name(text: &str) -> String {
        let begun = text.trim_start();
        let is_formula = begun.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
        match is_formula || text.starts_with(['\t', '\r', '\n', '\0']) {
            true => format!("'{text}"),
            false => text.to_owned(),
        }
    }

    /// A number; empty where there is none.
    pub(crate) fn number(value: Option<f64>) -> String {
        match value {
            Some(value) if value.is_infinite() => "infinite".into(),
            // A minus before nothing says nothing.
            Some(0.0) => "0".into(),
            Some(value) if !value.is_nan() => value.to_string(),
            _ => String::new(),
        }
    }

    /// An amount or a price to twelve digits: what binary arithmetic leaves behind them was on no price list.
    fn amount(value: Option<f64>) -> String {
        let rounded = |value: f64| format!("{value:.11e}").parse().unwrap_or(value);
        Self::number(value.map(rounded))
    }
}

/// Writes every table.
pub(super) fn write(results: &Results, analysis: &Analysis) -> Result<(), ResultsError> {
    let folder = &results.folder;
    folder.write_json("summary.json", &Summary::of(results, analysis))?;
    folder.write("summary.csv", &summary(results, analysis))?;
    folder.write("series.csv", &series_of(results))?;
    folder.write("decisions.csv", &decisions(results))?;
    folder.write("bill.csv", &bills(results, analysis))?;
    match &analysis.sensitivity {
        Some(found) => folder.write("sensitivity.csv", &moved::table(found)),
        None => {
            folder.discard("sensitivity.csv");
            Ok(())
        }
    }
}

/// Rows as CSV. Writing to memory does not fail, and rows of a table have one length.
fn table<'h>(header: impl IntoIterator<Item = &'h str>, rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).expect("memory can be written");
    rows.for_each(|row| writer.write_record(row).expect("memory can be written"));
    writer.into_inner().expect("memory can be written")
}

fn estimate(estimate: &Estimate) -> [String; 4] {
    let note = Cell::name(estimate.note.as_deref().unwrap_or_default());
    let (value, half) = (Cell::number(Some(estimate.value)), Cell::number(estimate.half_width));
    [value, half, estimate.n.to_string(), note]
}

fn summary(results: &Results, analysis: &Analysis) -> Vec<u8> {
    let header = ["variant", "subject", "metric", "unit", "estimate", "half_width", "n", "note"];
    let variants = results.manifest.variants.iter().zip(&analysis.variants);
    let rows = variants.flat_map(|(variant, analysis)| {
        analysis.rows.iter().map(|row| {
            let mut cells = vec![Cell::name(&variant.name), Cell::name(&row.owner)];
            cells.extend([&row.metric, &row.unit].map(|name| Cell::name(name)));
            cells.extend(estimate(&row.estimate));
            cells
        })
    });
    table(header, rows)
}

/// What a level is called in a column, and what its unit is divided by.
fn level(gauge: Gauge) -> (String, f64) {
    let name = gauge.serialize(serde_json::value::Serializer).ok();
    let name = name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().replace('-', "_");
    match name.split('_').next() {
        Some("cpu") => (format!("{name}_vcpu"), 1e6),
        Some("memory") => (format!("{name}_mib"), 1024.0),
        _ => (name, 1.0),
    }
}

fn series_of(results: &Results) -> Vec<u8> {
    let levels: Vec<(String, f64)> = Gauge::ALL.into_iter().map(level).collect();
    let mut header: Vec<String> = [
        "variant",
        "subject",
        "start_s",
        "end_s",
        "born",
        "ok",
        "failed",
        "cold_starts",
        "latency.ok.p50",
        "latency.ok.p95",
        "latency.ok.p99",
    ]
    .map(str::to_owned)
    .to_vec();
    header.extend(levels.iter().flat_map(|(name, _)| [format!("{name}.mean"), format!("{name}.max")]));
    let variants = results.manifest.variants.iter().zip(&results.variants);
    let rows = variants.flat_map(|(variant, of)| {
        let merged = merged(&of.records);
        let rows = merged.iter().flat_map(series::rows);
        let cells = rows.map(|row| {
            let counts = [Some(row.start), Some(row.end), row.born, row.ok, row.failed, row.cold_starts];
            let numbers = counts.into_iter().chain(row.latency);
            let of_levels = row.levels.iter().zip(&levels).flat_map(|(level, (_, divisor))| {
                [level.map(|(mean, _)| mean / divisor), level.map(|(_, max)| max as f64 / divisor)]
            });
            let mut cells = vec![Cell::name(&variant.name), Cell::name(row.subject)];
            cells.extend(numbers.chain(of_levels).map(Cell::number));
            cells
        });
        cells.collect::<Vec<_>>()
    });
    table(header.iter().map(String::as_str), rows)
}

fn decisions(results: &Results) -> Vec<u8> {
    let header = ["variant", "replication", "time_s", "kind", "owner", "from", "to", "reason"];
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let variants = results.manifest.variants.iter().zip(&results.variants);
    let rows = variants.flat_map(|(variant, of)| {
        of.replications.iter().zip(&of.records).flat_map(move |(replication, record)| {
            record.decisions.kept().iter().map(move |decision| {
                vec![
                    Cell::name(&variant.name),
                    (replication + 1).to_string(),
                    decision.at.seconds().to_string(),
                    decision.kind.name().to_owned(),
                    Cell::name(&decision.owner),
                    number(decision.from),
                    number(decision.to),
                    Cell::name(&decision.reason),
                ]
            })
        })
    });
    table(header, rows)
}

/// One line of a bill, mean over replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeanLine {
    /// How much of it in a month.
    pub quantity: f64,
    /// The unit of the quantity.
    pub unit: String,
    /// What it costs a month, in dollars.
    pub amount: f64,
    /// Whether the price is an assumption.
    pub assumed: bool,
}

/// Item, owner, detail.
pub type LineKey = (String, String, String);

/// The lines of a variant's bill, mean over replications; a replication without a line had none of it.
pub fn mean_lines(months: &[MonthlyCost]) -> BTreeMap<LineKey, MeanLine> {
    let mut lines: BTreeMap<LineKey, MeanLine> = BTreeMap::new();
    for line in months.iter().flat_map(|month| &month.bill.lines) {
        let key = (line.item.clone(), line.owner.clone(), line.detail.clone());
        let mean = lines.entry(key).or_default();
        mean.quantity += line.quantity / months.len() as f64;
        mean.amount += line.amount / months.len() as f64;
        mean.unit.clone_from(&line.unit);
        mean.assumed |= line.assumed;
    }
    lines
}

fn bills(results: &Results, analysis: &Analysis) -> Vec<u8> {
    let header = [
        "variant",
        "item",
        "owner",
        "detail",
        "quantity_per_month",
        "unit",
        "unit_price",
        "usd_per_month",
        "usd_per_hour",
        "usd_per_million_requests",
        "price_assumed",
        "month",
    ];
    let variants = results.manifest.variants.iter().zip(&analysis.variants);
    let rows = variants.flat_map(|(variant, of)| {
        let lines = mean_lines(&of.months);
        let requests = of.months.iter().map(|month| month.requests).sum::<f64>() / of.months.len() as f64;
        let amounts = move |amount: f64| {
            let per_million = (requests > 0.0).then(|| amount / requests * 1e6);
            [Some(amount), Some(amount / MONTH_HOURS), per_million].map(Cell::amount)
        };
        let total: f64 = lines.values().map(|line| line.amount).sum();
        let basis = &analysis.basis;
        let row = move |key: LineKey, line: MeanLine| {
            let (item, owner, detail) = key;
            let mut cells = [&variant.name, &item, &owner, &detail].map(|name| Cell::name(name)).to_vec();
            let unit_price = (line.quantity > 0.0).then(|| line.amount / line.quantity);
            cells.extend([
                Cell::amount(Some(line.quantity)),
                Cell::name(&line.unit),
                Cell::amount(unit_price),
            ]);
            cells.extend(amounts(line.amount));
            cells.extend([if line.assumed { "yes" } else { "no" }.to_owned(), Cell::name(basis)]);
            cells
        };
        let mut rows: Vec<Vec<String>> = lines.into_iter().map(|(key, line)| row(key, line)).collect();
        if !of.is_empty() {
            let mut cells = vec![Cell::name(&variant.name), "total".into()];
            cells.extend(std::iter::repeat_n(String::new(), 5));
            cells.extend(amounts(total));
            cells.extend([String::new(), Cell::name(basis)]);
            rows.push(cells);
        }
        rows
    });
    table(header, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_no_formulas() {
        for formula in
            ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", "\r", "\n=1", "\0=1", " =1", "＝1", "\u{a0}-1"]
        {
            assert_eq!(Cell::name(formula), format!("'{formula}"));
        }
        assert_eq!(Cell::name("fargate rate=100/s"), "fargate rate=100/s");
    }

    #[test]
    fn numbers_that_are_none_are_empty() {
        let check = |value: Option<f64>, expected: &str| assert_eq!(Cell::number(value), expected);
        check(Some(0.1), "0.1");
        check(Some(f64::INFINITY), "infinite");
        check(Some(f64::NAN), "");
        check(None, "");
        check(Some(-0.0), "0");
        assert_eq!(Cell::amount(Some(0.022_500_000_000_000_003)), "0.0225");
        assert_eq!(Cell::amount(Some(-0.0)), "0");
    }

    #[test]
    fn levels_have_names_and_units() {
        assert_eq!(level(Gauge::ReplicasDesired), ("replicas_desired".into(), 1.0));
        assert_eq!(level(Gauge::CpuBusy), ("cpu_busy_vcpu".into(), 1e6));
        assert_eq!(level(Gauge::MemoryCapacity), ("memory_capacity_mib".into(), 1024.0));
    }
}
