//! Metrics as settings name them, and amounts of them: `latency.p99`, `300ms`, `$2000`.

use std::fmt;
use std::str::FromStr;

use sim_core::metrics::{self, Metric};

use crate::number::{Unit, parsed};

/// The name of a metric of `summary.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricName(String);

impl MetricName {
    /// The metric.
    pub fn metric(&self) -> Metric {
        metrics::find(&self.0).expect("the name has been checked when it was read")
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MetricName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match metrics::find(text) {
            Ok(metric) => Ok(MetricName(metric.name)),
            Err(hint) => Err(format!("there is no metric `{text}`; {hint}")),
        }
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What numbers of this unit of `summary.csv` are written in.
pub fn unit(of: &str) -> Unit {
    match of {
        "s" => Unit::Seconds,
        "share" => Unit::Share,
        "1/s" => Unit::PerSecond,
        _ if of.starts_with("USD") => Unit::Dollars,
        _ => Unit::Count,
    }
}

/// An amount of a metric: a time of a latency, dollars of a cost, a percentage or a number of a share, a rate, a number.
///
/// # Errors
/// If it is none, with what it would have to look like.
pub fn amount_of(metric: &Metric, text: &str) -> Result<f64, String> {
    let unit = unit(metric.unit);
    let (number, of) = parsed(text).ok_or_else(|| looks_like(&metric.name, unit))?;
    let plain = of == Unit::Count && text.parse::<f64>().is_ok();
    let fits = match unit {
        Unit::Share | Unit::PerSecond => of == unit || plain,
        Unit::Count | Unit::Megabytes => plain,
        Unit::Seconds | Unit::Dollars => of == unit,
    };
    if fits { Ok(number) } else { Err(looks_like(&metric.name, unit)) }
}

fn looks_like(metric: &str, unit: Unit) -> String {
    let examples = match unit {
        Unit::Seconds => "a time, \"300ms\"",
        Unit::Dollars => "dollars, \"$2000\"",
        Unit::Share => "a share, \"1%\" or \"0.01\"",
        Unit::PerSecond => "a rate, \"50/s\"",
        Unit::Count | Unit::Megabytes => "a plain number, \"12\"",
    };
    format!("an amount of {metric} is {examples}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_in_the_metrics_unit() {
        let check = |metric: &str, text: &str, expected: Option<f64>| {
            let metric: MetricName = metric.parse().unwrap();
            assert_eq!(amount_of(&metric.metric(), text).ok(), expected, "{text} of {metric}");
        };
        check("latency.p99", "300ms", Some(0.3));
        check("latency.p99", "300", None);
        check("latency.p99", "$3", None);
        check("cost.month", "$2000", Some(2000.0));
        check("cost.month", "2000", None);
        check("cost.line.fargate-cpu", "$5", Some(5.0));
        check("errors.total", "1%", Some(0.01));
        check("errors.total", "0.01", Some(0.01));
        check("errors.total", "1s", None);
        check("throughput.ok", "50/s", Some(50.0));
        check("throughput.ok", "50", Some(50.0));
        check("replicas.mean", "12.5", Some(12.5));
        check("replicas.mean", "2vCPU", None);
        let wrong: Result<MetricName, String> = "latency.p9".parse();
        assert!(wrong.is_ok(), "any percentile is one");
        let wrong: Result<MetricName, String> = "latncy.p99".parse();
        assert_eq!(wrong, Err("there is no metric `latncy.p99`; did you mean `latency.p99`?".into()));
    }
}
