//! The answer as something that can be another one: who is best at each workload, and whether it holds its objective.
//!
//! Sentences differ by every digit. Two answers differ where the option that was best is no longer, beyond noise, or holds
//! its objective otherwise than before.

use super::points::{Point, points};
use crate::results::Results;
use crate::results::findings::{Pair, VariantAnalysis};
use crate::results::standing::Holds;

/// Workloads that a text names.
const NAMES: usize = 3;

/// The best option at one workload, by its index among the variants.
#[derive(Clone, Debug, PartialEq, Eq)]
struct At {
    workload: String,
    best: Option<usize>,
    holds: Option<Holds>,
}

/// The answer at every workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::results) struct Answer(Vec<At>);

impl Answer {
    pub(in crate::results) fn of(results: &Results, variants: &[VariantAnalysis]) -> Answer {
        let at = |point: Point| {
            let holds = point.best.and_then(|best| variants[best].standing.holds);
            At { workload: point.label, best: point.best, holds }
        };
        Answer(points(results, variants).into_iter().map(at).collect())
    }

    /// The best option; under several workloads, that of the one in the middle.
    pub(in crate::results) fn middle(&self) -> Option<(usize, &str)> {
        let at = self.0.get(self.0.len() / 2)?;
        Some((at.best?, &at.workload))
    }

    /// What it is now where it is another than `before`, in words; none where it is the same. `pairs` are the differences
    /// from the options that are best now.
    pub(in crate::results) fn unlike(
        &self,
        before: &Answer,
        variants: &[VariantAnalysis],
        pairs: &[Pair],
        labels: &[String],
    ) -> Option<String> {
        let both = self.0.iter().zip(&before.0);
        let other = both.filter(|(now, before)| !is_same(now, before, variants, pairs));
        let said: Vec<String> = other.map(|(now, _)| now.said(labels)).collect();
        match said.as_slice() {
            [] => None,
            few if few.len() <= NAMES => Some(few.join(", ")),
            many => Some(format!("{} and {} more", many[..NAMES].join(", "), many.len() - NAMES)),
        }
    }
}

impl At {
    fn said(&self, labels: &[String]) -> String {
        let option = match (self.best.map(|best| &labels[best]), self.holds) {
            (None, _) => "nothing".to_owned(),
            (Some(best), Some(Holds::Unclear)) => format!("perhaps {best}"),
            (Some(best), Some(Holds::No)) => format!("none, {best} nearest"),
            (Some(best), Some(Holds::Yes) | None) => best.clone(),
        };
        if self.workload.is_empty() { option } else { format!("{option} at {}", self.workload) }
    }
}

/// Whether the option that was best still is, or costs as much as the one that is as far as noise tells.
fn is_same(now: &At, before: &At, variants: &[VariantAnalysis], pairs: &[Pair]) -> bool {
    let (Some(best), Some(former)) = (now.best, before.best) else { return now.best == before.best };
    let alike = || {
        let pair = pairs.iter().find(|pair| pair.variant == former && pair.baseline == best);
        let cost = pair.and_then(|pair| pair.row("", "cost.month"));
        cost.is_some_and(|row| row.difference.half_width.is_some() && !row.difference.is_significant())
    };
    now.holds == before.holds && (best == former || (variants[former].standing.holds == now.holds && alike()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::standing::Standing;
    use sim_core::metrics::{Comparison, Estimate, Ratio};

    fn at(best: usize, holds: Holds) -> Answer {
        Answer(vec![At { workload: String::new(), best: Some(best), holds: Some(holds) }])
    }

    fn variant(holds: Holds) -> VariantAnalysis {
        let standing = Standing { holds: Some(holds), services: Vec::new() };
        VariantAnalysis { rows: Vec::new(), months: Vec::new(), standing, limits: Default::default() }
    }

    fn pair(difference: f64, half_width: Option<f64>) -> Pair {
        let difference = Estimate { value: difference, half_width, n: 3, note: None };
        let ratio = Ratio { value: 1.0, interval: None, n: 3, note: None };
        let (owner, metric, unit) = (String::new(), "cost.month".into(), "USD".into());
        let rows = vec![Comparison { owner, metric, unit, difference, ratio }];
        Pair { variant: 0, baseline: 1, family: 1, rows }
    }

    #[test]
    fn an_answer_is_another_one_beyond_noise_only() {
        let labels = ["a", "b"].map(str::to_owned);
        let check = |now: (usize, Holds), former: Holds, pair: Pair, expected: Option<&str>| {
            let variants = [variant(former), variant(now.1)];
            let said = at(now.0, now.1).unlike(&at(0, Holds::Yes), &variants, &[pair], &labels);
            assert_eq!(said.as_deref(), expected, "{now:?}");
        };
        let noise = || pair(1.0, Some(2.0));
        check((0, Holds::Yes), Holds::Yes, noise(), None);
        check((1, Holds::Yes), Holds::Yes, noise(), None);
        check((1, Holds::Yes), Holds::Unclear, noise(), Some("b"));
        check((1, Holds::Yes), Holds::Yes, pair(2.0, Some(1.0)), Some("b"));
        check((1, Holds::Yes), Holds::Yes, pair(2.0, None), Some("b"));
        check((0, Holds::No), Holds::No, noise(), Some("none, a nearest"));
        check((1, Holds::Unclear), Holds::No, noise(), Some("perhaps b"));
    }

    #[test]
    fn workloads_with_another_answer_are_named() {
        let answer = |best: usize| {
            let at = |rate: usize| At {
                workload: format!("rate {rate}/s"),
                best: Some(if rate < 5 { best } else { 0 }),
                holds: Some(Holds::Yes),
            };
            Answer((0..6).map(at).collect())
        };
        let variants = [variant(Holds::Yes), variant(Holds::Yes)];
        let labels = ["a", "b"].map(str::to_owned);
        let said = answer(1).unlike(&answer(0), &variants, &[], &labels);
        assert_eq!(said.as_deref(), Some("b at rate 0/s, b at rate 1/s, b at rate 2/s and 2 more"));
        assert_eq!(answer(1).middle(), Some((1, "rate 3/s")));
    }
}
