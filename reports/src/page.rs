//! The page: one HTML file that needs nothing else.
//!
//! A template with automatic escaping lays out values prepared here and in the files below; nothing from a scenario
//! reaches the page unescaped except charts, which escape their own text. Style and template are part of the binary.

mod comparison;
mod differences;
mod sections;
mod sensitivity;

pub(crate) use comparison::{Cell, Comparison, Mark};

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use crate::canvas;
use crate::chart::{Chart, DECISIONS, SENSITIVITY, TRADE_OFF, charts};
use crate::data::{Assertion, Assumption, NotBilled, ReportData, Verdict};

const TEMPLATE: &str = include_str!("page/report.html");
const STYLE: &str = include_str!("page/style.css");

/// A chart as files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartFile {
    /// The file name without extension, the same for every scenario: `cost-against-latency`.
    pub name: String,
    /// The chart as a standalone SVG document.
    pub svg: String,
    /// The same as PNG, at two pixels per pixel.
    pub png: Vec<u8>,
}

/// A report, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// `report.html`.
    pub html: String,
    /// `charts/*`.
    pub charts: Vec<ChartFile>,
}

/// Draws everything. Pure: the same data gives the same bytes.
pub fn render(data: &ReportData) -> Rendered {
    let charts = charts(data);
    let html = page(data, &charts);
    let file = |chart: Chart| ChartFile { png: canvas::png(&chart.wide), name: chart.name, svg: chart.wide };
    Rendered { html, charts: charts.into_iter().map(file).collect() }
}

/// What the template sees.
#[derive(Serialize)]
struct View<'a> {
    style: &'static str,
    data: Summary<'a>,
    provenance: Vec<String>,
    tiles: Vec<sections::Tile>,
    assertions: &'a [Assertion],
    measured: &'a [String],
    simultaneous: &'a str,
    comparison: Comparison,
    differences: differences::Differences,
    full: comparison::Full,
    tradeoff: Vec<sections::Figure>,
    figures: Vec<sections::Figure>,
    decision_figures: Vec<sections::Figure>,
    decisions: Vec<sections::Decisions>,
    sensitivity: Option<sensitivity::Section>,
    sensitivity_figures: Vec<sections::Figure>,
}

/// The parts of the data that the template prints as they are: not the series, which only charts read.
#[derive(Serialize)]
struct Summary<'a> {
    title: &'a str,
    about: &'a str,
    command: &'a str,
    version: &'a str,
    objective: Option<&'a str>,
    verdict: &'a Verdict,
    warnings: &'a [String],
    assumptions: &'a [Assumption],
    not_billed: &'a [NotBilled],
    scenario_toml: &'a str,
}

impl<'a> Summary<'a> {
    fn of(data: &'a ReportData) -> Self {
        Summary {
            title: if data.title.is_empty() { "untitled" } else { &data.title },
            about: &data.about,
            command: &data.command,
            version: &data.provenance.version,
            objective: data.objective.as_ref().map(|objective| objective.text.as_str()),
            verdict: &data.verdict,
            warnings: &data.warnings,
            assumptions: &data.assumptions,
            not_billed: &data.not_billed,
            scenario_toml: &data.scenario_toml,
        }
    }
}

fn page(data: &ReportData, charts: &[Chart]) -> String {
    let mut figures: Vec<sections::Figure> = charts.iter().map(sections::Figure::of).collect();
    let mut taken = |name: &str| -> Vec<sections::Figure> {
        let place = figures.iter().position(|figure| figure.name == name);
        place.map(|place| figures.remove(place)).into_iter().collect()
    };
    let view = View {
        style: STYLE,
        data: Summary::of(data),
        provenance: sections::provenance(data),
        tiles: sections::tiles(data),
        assertions: &data.assertions,
        measured: &data.measured,
        simultaneous: &data.simultaneous,
        comparison: Comparison::of(data),
        differences: differences::differences(data),
        full: comparison::full(data),
        tradeoff: taken(TRADE_OFF),
        decision_figures: taken(DECISIONS),
        sensitivity_figures: taken(SENSITIVITY),
        sensitivity: data.sensitivity.as_ref().map(sensitivity::Section::of),
        figures,
        decisions: sections::decisions(data),
    };
    // The template is part of this program and tested, so what could fail here is a mistake of ours; a report that
    // says so still beats losing the run.
    laid_out(&view).unwrap_or_else(|error| {
        let error = canvas::escaped(&error.to_string());
        format!("<!doctype html><title>report</title><p>The report could not be laid out: {error}")
    })
}

fn laid_out(view: &View<'_>) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.add_filter("unbroken", |text: String| unbroken(&text));
    environment.add_filter("narrow", |text: String| narrow(&text));
    environment.add_template("report.html", TEMPLATE)?;
    environment.get_template("report.html")?.render(Serde(view)).map(without_controls)
}

/// Without characters that HTML does not allow and that a terminal obeys which the page is printed to: whoever wrote the
/// scenario may have put them into a name.
fn without_controls(page: String) -> String {
    let control = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    if page.contains(control) { page.replace(control, "\u{fffd}") } else { page }
}

/// The same where there is little room: noise may stand below its number, but no unit is torn.
fn narrow(text: &str) -> String {
    unbroken(text).replace("\u{A0}±", " ±")
}

/// Text whose numbers stay on one line with their units and their noise.
fn unbroken(text: &str) -> String {
    const UNITS: [&str; 12] = ["µs", "ms", "s", "min", "h", "d", "%", "k", "M", "G", "±", "k/s"];
    let mut out = String::with_capacity(text.len());
    for (index, word) in text.split(' ').enumerate() {
        let unit = UNITS.contains(&word.trim_end_matches([',', '.', ';', ':', ')']));
        let bound = word == "<" || out.ends_with('<');
        let after_number = out.ends_with(|letter: char| letter.is_ascii_digit());
        if index > 0 {
            out.push(if bound || (unit && after_number) || out.ends_with('±') { '\u{A0}' } else { ' ' });
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_units() {
        let check = |write: fn(&str) -> String, text: &str, expected: &str| {
            assert_eq!(write(text).replace('\u{A0}', "_"), expected);
        };
        check(unbroken, "p99 6.005 ± 0.012 ms is good", "p99 6.005_±_0.012_ms is good");
        check(unbroken, "p99 < 300ms", "p99_<_300ms");
        check(narrow, "6.005 ± 0.012 ms", "6.005 ±_0.012_ms");
    }
}
