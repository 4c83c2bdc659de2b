//! Which option beats which, as far as noise tells.
//!
//! Two options are told apart by their paired difference where there is one, else by the interval of the difference of
//! two independent means. What is not told apart is alike: it neither beats nor is beaten.

use std::cmp::Ordering;

use crate::data::{COST_PER_MONTH, Comparison, ReportData, VariantSummary};

/// How one option stands to another in cost and in latency: less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) cost: Ordering,
    pub(super) latency: Ordering,
}

impl Stand {
    /// How `a` stands to `b`; both have both numbers.
    pub(super) fn of(data: &ReportData, a: &VariantSummary, b: &VariantSummary) -> Stand {
        let tail = data.tail().key;
        Stand { cost: told_apart(data, a, b, COST_PER_MONTH), latency: told_apart(data, a, b, &tail) }
    }

    /// Clearly worse on one and not clearly better on the other.
    pub(super) fn is_beaten(self) -> bool {
        let both = [self.cost, self.latency];
        both.contains(&Ordering::Greater) && !both.contains(&Ordering::Less)
    }

    /// Clearly worse on both.
    pub(super) fn is_worse_on_both(self) -> bool {
        self.cost == Ordering::Greater && self.latency == Ordering::Greater
    }

    /// Told apart on neither.
    pub(super) fn is_alike(self) -> bool {
        self.cost == Ordering::Equal && self.latency == Ordering::Equal
    }
}

/// Which of two has less of a metric, `Equal` where noise does not tell.
fn told_apart(data: &ReportData, a: &VariantSummary, b: &VariantSummary, metric: &str) -> Ordering {
    let pair = |a: &VariantSummary, b: &VariantSummary| {
        let is = |it: &&Comparison| it.variant == a.name && it.baseline == b.name && it.metric == metric;
        let found = data.comparisons.iter().find(is)?;
        found.difference.finite_half_width().and(found.difference.interval())
    };
    let by_difference = |(low, high): (f64, f64)| match () {
        () if high < 0.0 => Ordering::Less,
        () if low > 0.0 => Ordering::Greater,
        () => Ordering::Equal,
    };
    if let Some(interval) = pair(a, b) {
        return by_difference(interval);
    }
    if let Some(interval) = pair(b, a) {
        return by_difference(interval).reverse();
    }
    // As if the two had met different luck: their common luck would only tell them further apart.
    let half =
        |of: &VariantSummary| of.metrics.get(metric).and_then(crate::data::Estimate::finite_half_width);
    let Some((a_value, b_value)) = a.value(metric).zip(b.value(metric)) else { return Ordering::Equal };
    let half = libm::hypot(half(a).unwrap_or(0.0), half(b).unwrap_or(0.0));
    by_difference((a_value - b_value - half, a_value - b_value + half))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Estimate, LATENCY_P99};

    #[test]
    fn noise_decides_who_beats_whom() {
        let option = |name: &str, cost: f64, latency: f64| {
            let metrics = [(COST_PER_MONTH, cost), (LATENCY_P99, latency)];
            let metrics = metrics.map(|(key, value)| (key.to_owned(), Estimate::new(value, value / 10.0, 5)));
            VariantSummary { name: name.into(), metrics: metrics.into_iter().collect(), ..Default::default() }
        };
        let check = |a: (f64, f64), b: (f64, f64), cost: Ordering, latency: Ordering, beaten: bool| {
            let data = ReportData::default();
            let stand = Stand::of(&data, &option("a", a.0, a.1), &option("b", b.0, b.1));
            assert_eq!((stand, stand.is_beaten()), (Stand { cost, latency }, beaten), "{a:?} {b:?}");
        };
        use Ordering::{Equal, Greater, Less};
        check((1.0, 1.0), (2.0, 2.0), Less, Less, false);
        check((2.0, 0.99), (1.0, 1.0), Greater, Equal, true);
        check((2.0, 0.5), (1.0, 1.0), Greater, Less, false);
        check((1.0, 1.0), (1.1, 0.95), Equal, Equal, false);
        check((1.0, 1.2), (1.18, 1.0), Less, Greater, false); // 0.18 is more than 0.1 and 0.118 make together
    }

    /// What intervals do not tell apart a paired difference may.
    #[test]
    fn pairs_come_first() {
        let option = |name: &str, cost: f64| VariantSummary {
            name: name.into(),
            metrics: [(COST_PER_MONTH.to_owned(), Estimate::new(cost, 5.0, 5))].into_iter().collect(),
            ..Default::default()
        };
        let comparison = Comparison {
            variant: "b".into(),
            baseline: "a".into(),
            metric: COST_PER_MONTH.into(),
            difference: Estimate::new(1.0, 0.5, 5),
            relative: None,
        };
        let (a, b) = (option("a", 10.0), option("b", 11.0));
        let alone = ReportData::default();
        let paired = ReportData { comparisons: vec![comparison], ..ReportData::default() };
        assert_eq!(Stand::of(&alone, &a, &b).cost, Ordering::Equal);
        assert_eq!(Stand::of(&paired, &a, &b).cost, Ordering::Less);
        assert_eq!(Stand::of(&paired, &b, &a).cost, Ordering::Greater);
    }
}
