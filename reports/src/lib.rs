//! Results to a report.
//!
//! ```
//! let data = reports::data::ReportData { title: "hello".into(), ..Default::default() };
//! let rendered = reports::render(&data);
//! assert!(rendered.html.contains("<title>hello"));
//! for chart in &rendered.charts {
//!     println!("charts/{}.svg and .png", chart.name);
//! }
//! println!("{}", reports::text_table(&data));
//! ```
//!
//! - [`data`] is what a report shows: plain data, filled by whoever holds results. This crate computes no statistics.
//! - [`render`] is a pure function of it: one self-contained page and every chart as SVG and PNG. It reads no file,
//!   no clock, no font of the machine, and never fails: what there is no data for says so in its place.
//! - [`text_table`] is the same comparison for a terminal.
//! - [`mod@format`] writes numbers, for all of them.

mod axis;
mod canvas;
mod chart;
pub mod data;
pub mod format;
pub mod from_results;
mod page;
mod palette;
mod sensitivity;
mod text;
pub mod validation;
mod words;

pub use page::{ChartFile, Rendered, render};
pub use sensitivity::sensitivity_text;
pub use text::{COLUMNS, assertions_text, text_table, text_table_within};
