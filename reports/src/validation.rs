//! The validation as text for a terminal, as a page and as charts.
//!
//! [`page`] makes `docs/validation.md` and the pictures that it shows; every number in it comes from the
//! [`Validation`] that it is given, and none is written by hand.

mod chart;
mod coverage;
mod little;
mod numbers;
mod page;
mod text;
mod timelines;

use scenarios::validation::Validation;

pub use page::page;
pub use text::validation_table;

/// The page, and the files beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationPage {
    /// The page, in Markdown.
    pub markdown: String,
    /// The files that it refers to, by their paths relative to it.
    pub files: Vec<(String, String)>,
}

/// Counts of a validation, for the first lines of both.
pub(crate) struct Totals {
    pub(crate) cases: usize,
    pub(crate) comparisons: usize,
    pub(crate) failed: usize,
    pub(crate) requests: u64,
    pub(crate) events: u64,
}

impl Totals {
    pub(crate) fn of(validation: &Validation) -> Self {
        let cases = || validation.suite.families.iter().flat_map(|family| &family.cases);
        let failed =
            |it: &scenarios::validation::CaseResult| it.compared.iter().filter(|it| !it.passes()).count();
        Totals {
            cases: cases().count(),
            comparisons: cases().map(|case| case.compared.len()).sum(),
            failed: cases().map(failed).sum(),
            requests: cases().map(|case| case.requests).sum(),
            events: cases().map(|case| case.events).sum(),
        }
    }
}
