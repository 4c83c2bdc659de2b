//! The verdict's one sentence.

use sim_core::metrics::{Comparison, Estimate};

use super::cautions::{is_interrupted, runs_on_spot};
use super::points::{Point, month};
use crate::results::Results;
use crate::results::findings::{Pair, VariantAnalysis};
use crate::results::standing::{Holds, Standing};
use crate::results::wording;

/// What the sentence is made of.
pub(super) struct Sentence<'r> {
    results: &'r Results,
    variants: &'r [VariantAnalysis],
    pairs: &'r [Pair],
    labels: Vec<String>,
    families: Vec<String>,
}

/// Options that one clause names.
const NAMES: usize = 4;

impl<'r> Sentence<'r> {
    pub(super) fn new(results: &'r Results, variants: &'r [VariantAnalysis], pairs: &'r [Pair]) -> Self {
        let (labels, families) = (results.manifest.labels(), results.manifest.family_labels());
        Sentence { results, variants, pairs, labels, families }
    }

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
        let rival = self.next_dearer(&others, best);
        let cheaper = rival.map_or_else(String::new, |rival| self.cheaper(rival, best));
        let first = self.of_best(best, !others.is_empty()) + &cheaper;
        others.retain(|index| Some(*index) != rival);
        let clauses: Vec<String> = std::iter::once(first)
            .chain(self.of_others(&others, best))
            .chain(of_apart(std::slice::from_ref(point), &self.labels))
            .collect();
        format!("{}.", clauses.join("; "))
    }

    fn name(&self, index: usize) -> String {
        self.labels[index].clone()
    }

    fn month(&self, index: usize) -> f64 {
        month(self.variants, index)
    }

    fn standing(&self, index: usize) -> &Standing {
        &self.variants[index].standing
    }

    fn is_interrupted(&self, index: usize) -> bool {
        is_interrupted(&self.results.manifest.variants[index])
    }

    fn is_on_spot(&self, index: usize) -> bool {
        runs_on_spot(&self.results.manifest.variants[index])
    }

    /// `$61 ± 2 a month`, and what is left out of it.
    fn cost(&self, index: usize) -> String {
        let row = self.variants[index].row("", "cost.month");
        let amount = row.map_or("an unknown price".into(), |row| wording::dollars(&row.estimate));
        let spot = match (self.is_on_spot(index), self.is_interrupted(index)) {
            (true, false) => " on Spot capacity, whose interruptions are not simulated",
            (true, true) => " on Spot capacity",
            (false, _) => "",
        };
        format!("{amount} a month{spot}")
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
                format!("{of}{} {}", worst.objective.percentile(), wording::latency(quantile))
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
        format!("p99 {}", wording::listed(&list))
    }

    fn of_best(&self, best: usize, has_rivals: bool) -> String {
        let (name, cost, objective) = (self.name(best), self.cost(best), self.objective(best));
        let figure = || self.figure(best);
        match self.standing(best).holds {
            _ if self.met_nothing(best) => {
                format!(
                    "No request arrived, so whether {objective} is held is not known: {name} costs {cost}"
                )
            }
            Some(Holds::Yes) if has_rivals => {
                format!("{name} is the cheapest that holds {objective}, for {cost}")
            }
            Some(Holds::Yes) => format!("{name} holds {objective} for {cost}"),
            Some(Holds::Unclear) if has_rivals => format!(
                "No option surely holds {objective}: the cheapest that may is {name} ({}) for {cost}",
                figure()
            ),
            Some(Holds::Unclear) => {
                format!("{name} may or may not hold {objective} ({}) for {cost}", figure())
            }
            Some(Holds::No) if has_rivals => {
                format!("No option holds {objective}: {name} comes nearest ({}) for {cost}", figure())
            }
            Some(Holds::No) => format!("{name} does not hold {objective} ({}) for {cost}", figure()),
            None if !has_rivals => {
                format!("No objective is set: {name} costs {cost} with {}", self.latencies(best))
            }
            None => format!(
                "No objective is set, so nothing is recommended: {name} costs least, {cost} with {}",
                self.latencies(best)
            ),
        }
    }

    /// The cheapest other option that holds the objective too and surely costs more than the best.
    fn next_dearer(&self, others: &[usize], best: usize) -> Option<usize> {
        let holds = |index: usize| self.standing(index).holds == Some(Holds::Yes);
        let dearer = |index: &&usize| {
            let pair = self.cost_pair(**index, best);
            let surely = pair.is_some_and(|row| row.difference.is_significant() && row.ratio.value > 1.0);
            holds(**index) && surely
        };
        others.iter().find(dearer).copied().filter(|_| holds(best))
    }

    /// `, 23 % cheaper than Fargate`.
    fn cheaper(&self, rival: usize, best: usize) -> String {
        let ratio = self.cost_pair(rival, best).map_or(f64::NAN, |row| row.ratio.value);
        format!(", {} cheaper than {}", wording::percent(1.0 - 1.0 / ratio), self.option(rival))
    }

    /// Whether there was no request to judge an option by.
    fn met_nothing(&self, index: usize) -> bool {
        let services = &self.standing(index).services;
        !services.is_empty() && services.iter().all(|service| service.attainment.is_blank())
    }

    /// The other options: those that hold the objective in one clause, as only their cost is news.
    fn of_others(&self, others: &[usize], best: usize) -> Vec<String> {
        let holds = |index: &usize| self.standing(*index).holds == Some(Holds::Yes);
        let (holding, rest): (Vec<usize>, Vec<usize>) = others.iter().copied().partition(holds);
        let is_alike = |index: &usize| self.is_alike(*index, best);
        let (alike, dearer): (Vec<usize>, Vec<usize>) = holding.into_iter().partition(is_alike);
        let mut said = Vec::new();
        if !alike.is_empty() {
            let names: Vec<String> = alike.iter().map(|index| self.option(*index)).collect();
            let verb = if names.len() == 1 { "is" } else { "are" };
            said.push(format!(
                "{} {verb} indistinguishable from {} in cost",
                wording::listed(&names),
                self.name(best)
            ));
        }
        for (place, index) in dearer.into_iter().enumerate() {
            let (name, verb) = (self.option(index), if place == 0 { " costs" } else { "" });
            said.push(format!("{name}{verb} {}", self.against(index, best, place == 0)));
        }
        let holding = (!said.is_empty()).then(|| said.join(", "));
        holding.into_iter().chain(rest.into_iter().map(|index| self.of_other(index, best))).collect()
    }

    /// An option's name, with what its price leaves out.
    fn option(&self, index: usize) -> String {
        let spot = if self.is_on_spot(index) { " (on Spot)" } else { "" };
        format!("{}{spot}", self.name(index))
    }

    /// How an option's cost differs from the best one's, with simultaneous intervals.
    fn cost_pair(&self, index: usize, best: usize) -> Option<&Comparison> {
        let pair = self.pairs.iter().find(|pair| pair.variant == index && pair.baseline == best);
        pair.and_then(|pair| pair.row("", "cost.month"))
    }

    /// Whether the simultaneous interval of the difference in cost holds zero: noise does not tell it from the best.
    fn is_alike(&self, index: usize, best: usize) -> bool {
        let pair = self.cost_pair(index, best);
        pair.is_some_and(|row| row.difference.half_width.is_some() && !row.difference.is_significant())
    }

    /// A cost beside the best one: `1.8 times as much`; where a sentence goes on, `1.8 times`.
    fn against(&self, index: usize, best: usize, full: bool) -> String {
        match self.cost_pair(index, best) {
            Some(_) if self.is_alike(index, best) => ALIKE.into(),
            Some(row) if row.ratio.value.is_finite() => wording::against(row.ratio.value, full),
            _ => "an amount that cannot be compared".into(),
        }
    }

    /// An option that does not surely hold the objective.
    fn of_other(&self, index: usize, best: usize) -> String {
        let (name, cost) = (self.option(index), self.against(index, best, true));
        match self.standing(index).holds {
            _ if self.met_nothing(index) => format!("{name} costs {cost}"),
            Some(Holds::Unclear) => {
                format!("{name} may or may not hold it ({}) and costs {cost}", self.figure(index))
            }
            Some(Holds::No) => format!("{} does not hold it ({})", self.name(index), self.figure(index)),
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
        let apart = of_apart(points, &self.families);
        let apart = apart.map_or_else(String::new, |clause| format!("; {clause}"));
        format!("Cheapest {}: {}{apart}.", self.what_is_held(points), list.join("; "))
    }

    /// `that holds p99 < 300ms`, as far as that is one thing at all points: an objective may be an axis.
    fn what_is_held(&self, points: &[Point]) -> String {
        let mut objectives: Vec<String> =
            points.iter().filter_map(|point| point.best).map(|best| self.objective(best)).collect();
        objectives.dedup();
        match objectives.as_slice() {
            [one] if !one.is_empty() => format!("that holds {one}"),
            several if several.iter().any(|objective| !objective.is_empty()) => {
                "that holds its objective".into()
            }
            _ => "(no objective is set)".into(),
        }
    }

    /// The family that is best at a point, and whom noise does not tell from it.
    fn answer(&self, point: &Point) -> String {
        let Some(best) = point.best else { return "unknown".into() };
        if self.met_nothing(best) {
            return "unknown, as no request arrived,".into();
        }
        let family = |index: usize| self.families[index].clone();
        match self.standing(best).holds {
            Some(Holds::No) => return "none".into(),
            Some(Holds::Unclear) => return format!("perhaps {}", self.families[best]),
            _ => {}
        }
        let alike = point.options.iter().copied().filter(|index| {
            let holds = self.standing(*index).holds == self.standing(best).holds;
            holds && self.is_alike(*index, best)
        });
        let spelled = |index: usize| {
            let spot = match (self.is_on_spot(index), self.is_interrupted(index)) {
                (true, false) => " (on Spot, without interruptions)",
                (true, true) => " (on Spot)",
                (false, _) => "",
            };
            format!("{}{spot}", family(index))
        };
        let mut names = vec![spelled(best)];
        names.extend(alike.map(spelled));
        names.join(" or ")
    }
}

/// What other options had another workload at some of the points, and which: they are not compared.
fn of_apart(points: &[Point], names: &[String]) -> Option<String> {
    let mut clauses: Vec<String> = Vec::new();
    for (index, unlike) in points.iter().flat_map(|point| &point.apart) {
        let unlike: Vec<String> = unlike.iter().map(|what| (*what).to_owned()).collect();
        let clause = format!("{} has {}", names[*index], wording::listed(&unlike));
        if !clauses.contains(&clause) {
            clauses.push(clause);
        }
    }
    let more = clauses.len().saturating_sub(NAMES);
    clauses.truncate(NAMES);
    if more > 0 {
        clauses.push(format!("{more} more differ likewise"));
    }
    (!clauses.is_empty()).then(|| format!("{}: not compared", clauses.join(", ")))
}

/// The end of a stretch without the words that its beginning has said: `100/s` after `rate 1/s`.
fn continued<'t>(from: &str, to: &'t str) -> &'t str {
    let (Some((axis, _)), Some((same, value))) = (from.rsplit_once(' '), to.rsplit_once(' ')) else {
        return to;
    };
    if axis == same { value } else { to }
}

/// A cost that noise does not tell from the best one.
const ALIKE: &str = "as much, as far as noise tells";

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever point an option is apart at, and once where it is so at several.
    #[test]
    fn options_apart_at_any_point_are_named() {
        let names = ["a", "b", "b", "c"].map(str::to_owned);
        let point = |apart: Vec<(usize, Vec<&'static str>)>| Point {
            label: String::new(),
            options: vec![0],
            best: None,
            apart,
        };
        let check = |points: &[Point], expected: Option<&str>| {
            assert_eq!(of_apart(points, &names).as_deref(), expected);
        };
        check(&[point(vec![])], None);
        let later = point(vec![(1, vec!["other work"]), (3, vec!["other traffic", "other work"])]);
        let expected = "b has other work, c has other traffic and other work: not compared";
        check(&[point(vec![]), later, point(vec![(2, vec!["other work"])])], Some(expected));
    }
}
