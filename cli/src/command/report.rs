//! `fleetsim report` and `fleetsim price`, and how a run ends: from results to tables, charts and the page.

use std::io::Write;
use std::path::Path;

use scenarios::catalogue::{self, price_book, read_price_book};
use scenarios::results::{self, Analysis, Prices, Results, ResultsError};
use sim_core::cost::{BillOptions, PriceBook};
use sim_core::metrics::INTERVAL_LABEL;

use crate::arguments::Price;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::columns;

/// Draws the report of saved results again.
pub(crate) fn report(folder: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    finish(&results::load_to_draw(folder)?, columns(), out).map(drop)
}

/// Prices saved results anew, and draws their report.
pub(crate) fn price(asked: &Price, out: &mut dyn Write) -> Result<(), Failure> {
    let options = BillOptions { free_tier: asked.free_tier, ..BillOptions::default() };
    let prices = Prices { book: book(&asked.book)?, options };
    finish(&results::price(&asked.folder, prices)?, columns(), out).map(drop)
}

/// A built-in price book by its name, or one of the user's own in a file.
fn book(name: &str) -> Result<PriceBook, Failure> {
    if let Some(book) = price_book(name) {
        return Ok(book.clone());
    }
    let path = Path::new(name);
    if path.extension().is_none() && !path.exists() {
        let near = catalogue::nearest_price_books(name);
        let failure = Failure::new(Exit::Usage, format!("unknown price book `{name}`"));
        return Err(failure.hint(match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`fleetsim list prices` shows the books; a file of your own is named by its path".into(),
        }));
    }
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, "read", &error))?;
    read_price_book(&text)
        .map_err(|error| Failure::new(Exit::Input, format!("{name} is not a price book: {}", error.trim())))
}

/// Writes the tables, the charts and the page; prints the comparison, at most `columns` wide, the verdict with what limits
/// it, and where the report is.
pub(crate) fn finish(results: &Results, columns: usize, out: &mut dyn Write) -> Result<Analysis, Failure> {
    let analysis = results.write_tables()?;
    let data = reports::from_results::write(results, &analysis)?;
    write!(out, "{}", reports::text_table_within(&data, columns))?;
    writeln!(out, "\n{}", data.verdict.sentence)?;
    // That intervals are noise alone stands below the table.
    let cautions = data.verdict.cautions.iter().filter(|caution| !caution.starts_with(INTERVAL_LABEL));
    for caution in data.measured.iter().chain(cautions).chain(&data.warnings) {
        writeln!(out, "- {caution}")?;
    }
    write!(out, "{}", reports::assertions_text(&data))?;
    write!(out, "{}", reports::sensitivity_text(&data, columns))?;
    writeln!(out, "report: {}", results.folder.path().join("report.html").display())?;
    Ok(analysis)
}

impl From<ResultsError> for Failure {
    fn from(error: ResultsError) -> Self {
        let failure = Failure::new(Exit::Files, format!("{}: {}", error.path.display(), error.message));
        match error.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
