//! Charts: one file per picture, each a pure function of the data.
//!
//! A chart says in words what its picture shows: a title, a takeaway computed from the data, a description and a
//! table for readers who do not see it. It is drawn twice, wide and narrow, because text that is scaled down with a
//! picture is not readable on a phone.

mod capacity;
mod cold_starts;
mod decisions;
mod distribution;
mod latency;
mod over_time;
mod page;
mod ranked;
mod stacked;
mod sweep;
mod table_over_time;
mod tornado;
mod tradeoff;
mod traffic;
mod utilization;

use latency::latency_bound;
pub(crate) use page::{Form, Frame, KeyItem, Page, Panel, draw_titled_key, key_height};

use crate::canvas;
use crate::data::ReportData;
use crate::palette::Looks;
pub(crate) use crate::words::{listed, named, sentence};

/// The name of the chart that the page shows first.
pub(crate) const TRADE_OFF: &str = "cost-against-latency";
/// The name of the chart that stands beside the decisions' tables.
pub(crate) const DECISIONS: &str = "decisions";

/// The name of the chart that stands with the assumptions.
pub(crate) const SENSITIVITY: &str = "sensitivity";

/// A chart in both forms, and its words.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// The file name without extension.
    pub(crate) name: String,
    /// What it shows.
    pub(crate) title: String,
    /// What it says, in a sentence computed from the data.
    pub(crate) takeaway: String,
    /// How to read it: axes, lines, scales.
    pub(crate) description: String,
    /// For pages and slides.
    pub(crate) wide: String,
    /// For phones.
    pub(crate) narrow: String,
    /// The numbers behind it.
    pub(crate) table: Table,
}

/// The words of a chart before it is drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) takeaway: String,
    pub(crate) description: String,
    pub(crate) table: Table,
}

/// A small table; the first column names the row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    /// The heads of the columns.
    pub(crate) head: Vec<String>,
    /// The rows, as long as the head.
    pub(crate) rows: Vec<Vec<String>>,
}

/// What every chart is given.
pub(crate) struct Source<'a> {
    pub(crate) data: &'a ReportData,
    pub(crate) looks: Looks,
}

impl Chart {
    /// Draws both forms. `height` is asked first, so that a chart is as tall as its content.
    pub(crate) fn drawn(words: Words, height: impl Fn(Form) -> u32, draw: impl Fn(&Page<'_>)) -> Chart {
        let form = |form: Form| {
            let size = (form.width(), height(form).max(60));
            let mut body = String::new();
            draw(&Page::new(form, size, &mut body));
            let id = format!("{}-{}", words.name, form.name());
            let description = format!("{} {}", words.takeaway, words.description);
            canvas::document(size, &id, &words.title, &description, &body)
        };
        let (wide, narrow) = (form(Form::Wide), form(Form::Narrow));
        let Words { name, title, takeaway, description, table } = words;
        Chart { name, title, takeaway, description, wide, narrow, table }
    }
}

/// Every chart that the data supports, in the order of the report. The first is the trade-off.
pub(crate) fn charts(data: &ReportData) -> Vec<Chart> {
    let source = Source { data, looks: Looks::of(data) };
    let mut charts: Vec<Chart> = Vec::new();
    charts.extend(sweep::charts(&source));
    charts.insert(0, tradeoff::chart(&source));
    charts.extend([latency::chart(&source), distribution::chart(&source)]);
    charts.extend(cold_starts::chart(&source));
    charts.extend([
        stacked::latency_parts(&source),
        stacked::cost(&source),
        traffic::chart(&source),
        capacity::chart(&source),
        utilization::chart(&source),
        decisions::chart(&source),
    ]);
    charts.extend(tornado::chart(&source));
    charts
}

/// Beyond this many variants only the featured ones are drawn where every variant takes a line or a strip of its own.
const MOST_DRAWN: usize = 8;

/// The names of the variants that have lines and strips of their own: all of them, or the featured ones where there are
/// too many to tell apart.
pub(crate) fn drawn(data: &ReportData) -> Vec<&str> {
    let names = |featured: bool| -> Vec<&str> {
        let chosen = data.variants.iter().filter(|variant| variant.featured || !featured);
        chosen.map(|variant| variant.name.as_str()).collect()
    };
    let featured = names(true);
    let all = names(false);
    if all.len() <= MOST_DRAWN || featured.is_empty() { all } else { featured }
}
