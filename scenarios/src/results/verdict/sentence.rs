//! The verdict's one sentence.

use sim_core::metrics::{Estimate, Ratio};

use super::points::{Point, month};
use crate::results::Results;
use crate::results::findings::{Pair, VariantAnalysis};
use crate::results::standing::{Holds, Standing, percentile};
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
        // Those that hold the objective first, and within a standing the cheapest first.
        let rank = |index: usize| (self.standing(index).holds, self.month(index));
        others.sort_by(|a, b| rank(*a).0.cmp(&rank(*b).0).then(rank(*a).1.total_cmp(&rank(*b).1)));
        let clauses: Vec<String> = [self.of_best(best, !others.is_empty())]
            .into_iter()
            .chain(self.of_others(&others, best))
            .collect();
        format!("{}.", clauses.join("; "))
    }

    fn name(&self, index: usize) -> String {
        self.results.manifest.variants[index].label()
    }

    fn month(&self, index: usize) -> f64 {
        month(self.variants, index)
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

    fn of_best(&self, best: usize, has_rivals: bool) -> String {
        let (name, cost, objective) = (self.name(best), self.cost(best), self.objective(best));
        match self.standing(best).holds {
            Some(Holds::Yes) if has_rivals => {
                format!("{name} is the cheapest that holds {objective}, for {cost} a month")
            }
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

    /// The other options: those that hold the objective in one clause, as only their cost is news.
    fn of_others(&self, others: &[usize], best: usize) -> Vec<String> {
        let holds = |index: &usize| self.standing(*index).holds == Some(Holds::Yes);
        let (holding, rest): (Vec<usize>, Vec<usize>) = others.iter().copied().partition(holds);
        let mut said = Vec::new();
        for (place, index) in holding.into_iter().enumerate() {
            let (name, verb) = (self.name(index), if place == 0 { " costs" } else { "" });
            said.push(format!("{name}{verb} {}", against(self.ratio(index, best), place == 0)));
        }
        let holding = (!said.is_empty()).then(|| said.join(", "));
        holding.into_iter().chain(rest.into_iter().map(|index| self.of_other(index, best))).collect()
    }

    fn ratio(&self, index: usize, best: usize) -> Option<&Ratio> {
        let pair = self.pairs.iter().find(|pair| pair.variant == index && pair.baseline == best);
        pair.and_then(|pair| pair.row("", "cost.month")).map(|row| &row.ratio)
    }

    /// An option that does not surely hold the objective.
    fn of_other(&self, index: usize, best: usize) -> String {
        let (name, cost) = (self.name(index), against(self.ratio(index, best), true));
        match self.standing(index).holds {
            Some(Holds::Unclear) => {
                format!("{name} may or may not hold it ({}) and costs {cost}", self.figure(index))
            }
            Some(Holds::No) => format!("{name} does not hold it ({})", self.figure(index)),
            Some(Holds::Yes) | None => format!("{name} costs {cost} with {}", self.latencies(index)),
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
            false => format!("{answer} from {from} to {}", continued(from, to)),
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
        let family = |index: usize| self.results.manifest.variants[index].family_label();
        match self.standing(best).holds {
            Some(Holds::No) => return "none".into(),
            Some(Holds::Unclear) => return format!("perhaps {}", family(best)),
            _ => {}
        }
        let alike = point.options.iter().copied().filter(|index| {
            let ratio = self.ratio(*index, best);
            let holds = self.standing(*index).holds == self.standing(best).holds;
            holds && ratio.is_some_and(|ratio| ratio.interval.is_some() && !ratio.is_significant())
        });
        let mut names = vec![family(best)];
        names.extend(alike.map(family));
        names.join(" or ")
    }
}

/// The end of a stretch without the words that its beginning has said: `100/s` after `rate 1/s`.
fn continued<'t>(from: &str, to: &'t str) -> &'t str {
    let (Some((axis, _)), Some((same, value))) = (from.rsplit_once(' '), to.rsplit_once(' ')) else {
        return to;
    };
    if axis == same { value } else { to }
}

/// A cost beside the best one: `1.8 times as much`; where a sentence goes on, `1.8 times`.
fn against(ratio: Option<&Ratio>, full: bool) -> String {
    match ratio {
        Some(ratio) if ratio.value.is_finite() => match ratio.interval {
            Some(_) if !ratio.is_significant() => "about the same, as far as noise tells".into(),
            _ => wording::against(ratio.value, full),
        },
        _ => "an amount that cannot be compared".into(),
    }
}
