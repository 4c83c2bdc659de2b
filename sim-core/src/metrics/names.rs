//! Metrics by the names that `summary.csv` has for them, for whoever asks for one.

use super::measure::Measure;
use super::summary::{Metric, Subjects, metrics};
use crate::spec::{Objective, did_you_mean};

/// What the lines of a bill begin with: which there are depends on the bill.
const LINE: &str = "cost.line.";

/// The names of all metrics, each once, but for the lines of a bill and for percentiles that only an experiment's
/// objectives bound.
pub fn names() -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for subjects in [Subjects::Services, Subjects::Clusters, Subjects::Variant] {
        for metric in metrics(subjects) {
            if !list.contains(&metric.name) {
                list.push(metric.name);
            }
        }
    }
    list
}

/// The metric of a name: one of [`names`], any percentile as `latency.p98`, any line of a bill as
/// `cost.line.fargate-cpu`.
///
/// # Errors
/// If there is none, with what may have been meant.
pub fn find(name: &str) -> Result<Metric, String> {
    let known = [Subjects::Services, Subjects::Clusters, Subjects::Variant].into_iter().flat_map(metrics);
    if let Some(metric) = known.into_iter().find(|metric| metric.name == name) {
        return Ok(metric);
    }
    if let Some(item) = name.strip_prefix(LINE).filter(|item| !item.is_empty()) {
        let measure = Measure::CostLine(item.to_owned());
        return Ok(Metric { name: name.to_owned(), unit: "USD/month", measure });
    }
    if let Some(p) = percentile(name) {
        return Ok(Metric {
            name: name.to_owned(),
            unit: "s",
            measure: Measure::Quantile { p, of_all: true },
        });
    }
    let names = names();
    Err(did_you_mean(name, names.iter().map(String::as_str)))
}

/// The share of requests that the percentile of a name does not exceed: 0.98 of `latency.p98`. A name that another
/// spelling of the percentile has (`latency.p98.0`) is none.
pub fn percentile(name: &str) -> Option<f64> {
    let percentile = name.strip_prefix("latency.")?;
    let objective: Objective = format!("{percentile} < 1s").parse().ok()?;
    (objective.percentile() == percentile).then_some(objective.share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_have_names() {
        let check = |name: &str, unit: &str| assert_eq!(find(name).map(|it| it.unit), Ok(unit), "{name}");
        check("latency.p99", "s");
        check("latency.p98", "s");
        check("latency.p99.95", "s");
        check("cost.month", "USD/month");
        check("cost.line.fargate-cpu", "USD/month");
        check("instances.mean", "instances");
        names().iter().for_each(|name| assert!(find(name).is_ok(), "{name}"));
        assert_eq!(find("latency.p98").map(|it| it.measure), Ok(Measure::Quantile { p: 0.98, of_all: true }));
    }

    #[test]
    fn what_is_none_says_what_may_be_meant() {
        let check = |name: &str, hint: &str| {
            let said = find(name).unwrap_err();
            assert!(said.contains(hint), "{name}: {said}");
        };
        check("latency.p9 9", "latency.p99");
        check("cost.mnth", "cost.month");
        check("cost.line.", "others");
        check("latency.p100", "latency.p");
        check("nonsense", "others");
    }
}
