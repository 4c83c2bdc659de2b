//! Sizes that nobody tried: an option's price depends on the grid that its author happened to sweep.

use super::points::{Point, month};
use crate::naming::axis_name;
use crate::number::{Unit, parsed};
use crate::results::Results;
use crate::results::findings::VariantAnalysis;
use crate::results::manifest::VariantManifest;
use crate::results::standing::Holds;

/// Options that one caution is about.
const MOST: usize = 4;

/// For each option that holds the objective and has a next cheaper size that does not surely: that one between them,
/// which was not tried, may do for less.
pub(super) fn gaps(results: &Results, variants: &[VariantAnalysis], points: &[Point]) -> Vec<String> {
    let options = points.iter().flat_map(|point| point.options.iter().copied());
    let holding = options.filter(|index| variants[*index].standing.holds == Some(Holds::Yes));
    let families = results.manifest.family_labels();
    let manifests = &results.manifest.variants;
    holding.filter_map(|index| gap(manifests, variants, index, &families[index])).take(MOST).collect()
}

/// A variant's neighbour along one axis.
struct Neighbour<'m> {
    index: usize,
    path: &'m str,
    mine: &'m str,
    theirs: &'m str,
    distance: f64,
}

fn gap(
    manifests: &[VariantManifest],
    variants: &[VariantAnalysis],
    index: usize,
    family: &str,
) -> Option<String> {
    let cheaper = |it: &Neighbour<'_>| month(variants, it.index) < month(variants, index);
    let standing = |it: &Neighbour<'_>| variants[it.index].standing.holds;
    let missing = |it: &Neighbour<'_>| !variants[it.index].is_empty() && standing(it) != Some(Holds::Yes);
    let neighbours = neighbours(manifests, index).into_iter().filter(cheaper).filter(missing);
    // The dearest of them leaves the narrowest gap.
    let next = neighbours.max_by(|a, b| month(variants, a.index).total_cmp(&month(variants, b.index)))?;
    let verb = if standing(&next) == Some(Holds::No) { "misses" } else { "unclear" };
    Some(format!(
        "{family}: between {} {} ({verb}) and {} (holds) nothing was tried; a size between may hold for less.",
        axis_name(next.path),
        next.theirs,
        next.mine
    ))
}

/// The next variants of the same family below and above `index` along each of its axes whose values are numbers, with
/// room between them for another value.
fn neighbours(manifests: &[VariantManifest], index: usize) -> Vec<Neighbour<'_>> {
    let mine = &manifests[index];
    let mut nearest: Vec<Neighbour<'_>> = Vec::new();
    for (other, theirs) in manifests.iter().enumerate().filter(|(_, it)| it.family == mine.family) {
        let axes = mine.axes.iter().zip(&theirs.axes);
        let mut differing = axes.filter(|(mine, theirs)| mine != theirs);
        let (Some(((path, mine), (same, theirs))), None) = (differing.next(), differing.next()) else {
            continue;
        };
        let Some(distance) = room(mine, theirs).filter(|_| path == same) else { continue };
        let found = Neighbour { index: other, path, mine, theirs, distance };
        let rival = |it: &&mut Neighbour<'_>| it.path == found.path && it.distance * distance > 0.0;
        match nearest.iter_mut().find(rival) {
            Some(known) if known.distance.abs() <= distance.abs() => {}
            Some(known) => *known = found,
            None => nearest.push(found),
        }
    }
    nearest.retain(|it| !leaves_nothing_between(it));
    nearest
}

/// How far `to` lies from `from`, where both are numbers of one kind.
fn room(from: &str, to: &str) -> Option<f64> {
    let ((from, of), (to, unit)) = (parsed(from)?, parsed(to)?);
    (of == unit && to != from).then_some(to - from)
}

/// Between two whole numbers that follow each other there is none.
fn leaves_nothing_between(it: &Neighbour<'_>) -> bool {
    let whole =
        |text: &str| text.parse::<i64>().is_ok() && parsed(text).is_some_and(|(_, unit)| unit == Unit::Count);
    whole(it.mine) && whole(it.theirs) && it.distance.abs() <= 1.0
}
