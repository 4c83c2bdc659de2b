//! The figures of the lessons: each page shows what its command prints and one of its charts.
//!
//! The words of a lesson are written by hand, its figures never: they are made by running the page's own scenario, so
//! that a change of the simulator that moves a number shows up in the page and in review.

use std::path::Path;

use clap::Parser;
use scenarios::builtin;
use sim_core::policy::Catalogue;

use crate::arguments::Arguments;
use crate::command;
use crate::exit::Exit;
use crate::failure::Failure;

/// What encloses the figures in a page.
const FENCE: (&str, &str) = ("\n```text\n", "\n```\n");

/// Runs every built-in scenario and renews its page `NAME.md` and its chart `NAME.svg` in `folder`.
pub(crate) fn write(folder: &Path, policies: &Catalogue) -> Result<(), Failure> {
    builtin::all().try_for_each(|scenario| renew(folder, scenario.name, policies))
}

fn renew(folder: &Path, name: &str, policies: &Catalogue) -> Result<(), Failure> {
    let path = folder.join(format!("{name}.md"));
    let page = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, "read", &error))?;
    let results = tempfile::tempdir().map_err(|error| Failure::file(folder, "find room beside", &error))?;
    let printed = run(name, results.path(), policies)?;
    let wrong = |what: &str| Failure::new(Exit::Files, format!("{}: {what}", path.display()));
    let chart = chart_of(&page).ok_or_else(|| wrong("names no chart as `![...: CHART](...)`"))?;
    let renewed =
        with_figures(&page, &printed).ok_or_else(|| wrong("has no block of text for the figures"))?;
    let drawn = results.path().join("charts").join(format!("{chart}.svg"));
    let shown = folder.join(format!("{name}.svg"));
    std::fs::copy(&drawn, shown).map_err(|error| Failure::file(&drawn, "copy", &error))?;
    std::fs::write(&path, renewed).map_err(|error| Failure::file(&path, "write", &error))
}

/// What `fleetsim run NAME` prints, but for where the report is.
fn run(name: &str, out: &Path, policies: &Catalogue) -> Result<String, Failure> {
    let arguments = Arguments::parse_from(["fleetsim", "run", name, "--out", &out.to_string_lossy()]);
    let mut printed = Vec::new();
    command::execute(arguments.command, policies, &mut printed)?;
    let printed = String::from_utf8_lossy(&printed);
    Ok(printed.lines().filter(|line| !line.starts_with("report: ")).collect::<Vec<_>>().join("\n"))
}

/// The chart that a page shows, by the words behind the colon of its picture.
fn chart_of(page: &str) -> Option<String> {
    let picture = page.lines().find(|line| line.starts_with("!["))?;
    let (words, _) = picture.split_once("](")?;
    Some(words.rsplit_once(": ")?.1.replace(' ', "-"))
}

/// `page` with other figures.
fn with_figures(page: &str, figures: &str) -> Option<String> {
    let (before, rest) = page.split_once(FENCE.0)?;
    let (_, after) = rest.split_once(FENCE.1)?;
    Some(format!("{before}{}{}{}{after}", FENCE.0, figures.trim_end(), FENCE.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "# A\n\n![Chart of a: cost against latency](a.svg)\n\n```text\nold\nfigures\n```\n\nend\n";

    #[test]
    fn figures_are_replaced_and_words_are_not() {
        assert_eq!(chart_of(PAGE).as_deref(), Some("cost-against-latency"));
        let renewed = with_figures(PAGE, "new\n\n").unwrap();
        assert_eq!(renewed, PAGE.replace("old\nfigures", "new"));
        assert_eq!(with_figures("no figures", "new"), None);
        assert_eq!(chart_of("no chart"), None);
    }
}
