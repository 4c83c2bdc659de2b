//! The pictures of the validation, drawn by the code that draws reports.

mod coverage;
mod curves;
mod deviations;
mod laws;
mod timelines;

use scenarios::validation::{CaseResult, Compared, Validation};

use crate::canvas::{Mark, Stroke};
use crate::chart::{Chart, Panel};
use crate::palette::Ink;

/// Every picture that there is data for.
pub(super) fn charts(validation: &Validation) -> Vec<Chart> {
    let mut charts = vec![deviations::chart(validation)];
    charts.extend(curves::waiting(validation));
    charts.extend(curves::tails(validation));
    charts.extend(laws::insensitivity(validation));
    charts.extend(curves::keep_alive(validation));
    charts.extend(timelines::chart(&validation.timelines));
    charts.extend(validation.coverage.as_ref().map(coverage::chart));
    charts
}

fn cases(validation: &Validation) -> impl Iterator<Item = &CaseResult> {
    validation.suite.families.iter().flat_map(|family| &family.cases)
}

/// The comparison of this quantity.
fn quantity<'c>(case: &'c CaseResult, name: &str) -> Option<&'c Compared> {
    case.compared.iter().find(|it| it.quantity == name)
}

/// An upright interval with caps, in pixels wide enough to see.
fn upright(panel: &Panel<'_>, x: f64, (low, high): (f64, f64), ink: Ink) {
    let stroke = Stroke::new(ink, 1.4);
    let (low, high) = (panel.y.clamp(low), panel.y.clamp(high));
    panel.draw(&Mark::line(vec![(x, low), (x, high)], stroke));
}
