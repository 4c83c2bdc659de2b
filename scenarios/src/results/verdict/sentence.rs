//! The verdict's one sentence.

use sim_core::metrics::{Estimate, Ratio};

use super::{Holds, Point, Standing, month, percentile};
use crate::results::Results;
use crate::results::analysis::{Pair, VariantAnalysis};
use crate::results::wording;

/// What the sentence is made of.
pub(super) struct Sentence<'r> {
    pub(super) results: &'r Results,
    pub(super) variants: &'r [VariantAnalysis],
    pub(super) pairs: &'r [Pair],
}

impl Sentence<'_> {
    pub(super) fn of(&self, points: &[Point]) -> String {
        match points {
            [] => "Nothing was run, so there is nothing to compare.".into(),
            [point] => self.at_one(point),
            several => self.at_several(several),
        }
    }

    fn at_one(&self, point: &Point) -> String {
        let Some(best) = point.best else { return "No replication was finished: no verdict.".into() };
        let mut others: Vec<usize> = point.options.iter().copied().filter(|index| *index != best).collect();
        others.sort_by(|a, b| {
            let (a, b) = (*a, *b);
            let holds = self.standing(a).holds.cmp(&self.standing(b).holds);
            holds.then(month(self.variants, a).total_cmp(&month(self.variants, b)))
        });
        let mut clauses = vec![self.of_best(best)];
        clauses.extend(others.into_iter().map(|index| self.of_other(index, best)));
        format!("{}.", clauses.join("; "))
    }

    fn name(&self, index: usize) -> &str {
        &self.results.manifest.variants[index].name
    }

    fn standing(&self, index: usize) -> &Standing {
        &self.variants[index].standing
    }

    fn cost(&self, index: usize) -> String {
        let row = self.variants[index].row("", "cost.month");
        row.map_or("an unknown price".into(), |row| wording::dollars(&row.estimate))
    }

    /// `p99 < 300ms`, or in words where services have objectives of their own.
    fn objective(&self, index: usize) -> String {
        match self.standing(index).services.as_slice() {
            [] => String::new(),
            [first, rest @ ..] if rest.iter().all(|other| other.objective == first.objective) => {
                first.objective.to_string()
            }
            services => format!("the objectives of its {} services", services.len()),
        }
    }

    /// The figure that tells how far the objective is: `p99 512 ± 40 ms`.
    fn figure(&self, index: usize) -> String {
        let Some(worst) = self.standing(index).worst() else { return String::new() };
        let of = if self.standing(index).services.len() > 1 {
            format!("{}: ", worst.service)
        } else {
            String::new()
        };
        match &worst.quantile {
            Some(quantile) if quantile.value.is_finite() => {
                format!("{of}{} {}", percentile(worst.objective), wording::latency(quantile))
            }
            _ => format!("{of}{} of requests in time", wording::share(&worst.attainment)),
        }
    }

    /// The 99th percentile of all services, for options without an objective.
    fn latencies(&self, index: usize) -> String {
        let rows = self.variants[index].rows.iter().filter(|row| row.metric == "latency.p99");
        let rows: Vec<_> = rows.collect();
        let one = rows.len() == 1;
        let written = |owner: &str, estimate: &Estimate| match one {
            true => wording::latency(estimate),
            false => format!("{owner} {}", wording::latency(estimate)),
        };
        let list: Vec<String> = rows.iter().map(|row| written(&row.owner, &row.estimate)).collect();
        format!("p99 {}", wording::list(&list))
    }

    fn of_best(&self, best: usize) -> String {
        let (name, cost, objective) = (self.name(best), self.cost(best), self.objective(best));
        match self.standing(best).holds {
            Some(Holds::Yes) => format!("{name} holds {objective} for {cost} a month"),
            Some(Holds::Unclear) => {
                format!(
                    "No option surely holds {objective}: the cheapest that may is {name} ({}) for {cost} a month",
                    self.figure(best)
                )
            }
            Some(Holds::No) => {
                format!(
                    "No option holds {objective}: {name} comes nearest ({}) for {cost} a month",
                    self.figure(best)
                )
            }
            None => format!(
                "No objective is set, so nothing is recommended: {name} costs least, {cost} a month with {}",
                self.latencies(best)
            ),
        }
    }

    fn of_other(&self, index: usize, best: usize) -> String {
        let name = self.name(index);
        let ratio = self.pairs.iter().find(|pair| pair.variant == index && pair.baseline == best);
        let ratio = ratio.and_then(|pair| pair.row("", "cost.month")).map(|row| &row.ratio);
        match self.standing(index).holds {
            Some(Holds::Yes) => format!("{name} holds it for {}", against(ratio)),
            Some(Holds::Unclear) => {
                format!("{name} may or may not ({}) for {}", self.figure(index), against(ratio))
            }
            Some(Holds::No) => format!("{name} does not ({})", self.figure(index)),
            None => format!("{name} costs {} with {}", against(ratio), self.latencies(index)),
        }
    }

    /// Several workloads: who is best where, neighbouring points with the same answer together.
    fn at_several(&self, points: &[Point]) -> String {
        let mut stretches: Vec<(String, &str, &str)> = Vec::new();
        for point in points {
            let answer = self.answer(point);
            match stretches.last_mut() {
                Some((last, _, to)) if *last == answer => *to = &point.label,
                _ => stretches.push((answer, &point.label, &point.label)),
            }
        }
        let stretch = |(answer, from, to): &(String, &str, &str)| match from == to {
            true => format!("{answer} at {from}"),
            false => format!("{answer} from {from} to {to}"),
        };
        let list: Vec<String> = stretches.iter().map(stretch).collect();
        let objective = points.iter().filter_map(|point| point.best).map(|best| self.objective(best)).next();
        match objective.filter(|objective| !objective.is_empty()) {
            Some(objective) => format!("Cheapest that holds {objective}: {}.", list.join("; ")),
            None => format!("Cheapest (no objective is set): {}.", list.join("; ")),
        }
    }

    /// The family that is best at a point, and whom noise does not tell from it.
    fn answer(&self, point: &Point) -> String {
        let Some(best) = point.best else { return "unknown".into() };
        let family = |index: usize| self.results.manifest.variants[index].family.as_str();
        match self.standing(best).holds {
            Some(Holds::No) => return "none".into(),
            Some(Holds::Unclear) => return format!("perhaps {}", family(best)),
            _ => {}
        }
        let alike = point.options.iter().copied().filter(|index| {
            let pair = self.pairs.iter().find(|pair| pair.variant == *index && pair.baseline == best);
            let ratio = pair.and_then(|pair| pair.row("", "cost.month")).map(|row| &row.ratio);
            let holds = self.standing(*index).holds == self.standing(best).holds;
            holds && ratio.is_some_and(|ratio| ratio.interval.is_some() && !ratio.is_significant())
        });
        let mut names = vec![family(best).to_owned()];
        names.extend(alike.map(|index| family(index).to_owned()));
        names.join(" or ")
    }
}

/// A cost beside the best one.
fn against(ratio: Option<&Ratio>) -> String {
    match ratio {
        Some(ratio) if ratio.value.is_finite() => match ratio.interval {
            Some(_) if !ratio.is_significant() => "about the same, as far as noise tells".into(),
            _ => wording::against(ratio.value),
        },
        _ => "a cost that cannot be compared".into(),
    }
}
