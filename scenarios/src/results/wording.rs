//! Words and numbers of the verdict's sentence.

use sim_core::metrics::Estimate;

use crate::number::{self, Unit};

/// Decimals that show `step` with one significant digit, two where that digit is a one.
fn decimals(step: f64) -> usize {
    let mut decimals = 0;
    let mut scaled = step;
    while scaled < 2.0 && decimals < 6 {
        scaled *= 10.0;
        decimals += 1;
    }
    decimals
}

/// Dollars: `$1,204 ± 6`, `$12.40 ± 0.05`.
pub(super) fn dollars(estimate: &Estimate) -> String {
    number::estimate(Unit::Dollars, estimate.value, estimate.half_width)
}

/// A latency in seconds: `512 ± 40 ms`, `2.3 ± 0.2 s`; in words where it is infinite.
pub(super) fn latency(estimate: &Estimate) -> String {
    match estimate.value {
        value if value.is_infinite() => "among the failures".into(),
        value if value.is_nan() => "unknown".into(),
        value => number::estimate(Unit::Seconds, value, estimate.half_width),
    }
}

/// A share in percent: `98.62 ± 0.04 %`.
pub(super) fn share(estimate: &Estimate) -> String {
    match estimate.is_blank() {
        true => "an unknown share".into(),
        false => number::estimate(Unit::Share, estimate.value, estimate.half_width),
    }
}

/// How much as against something else: `2.1 times as much` (short `2.1 times`), `4.9 % more`, `0.08 % less`.
pub(super) fn against(ratio: f64, full: bool) -> String {
    if !(0.8..1.2).contains(&ratio) {
        let decimals = if ratio >= 10.0 { 0 } else { 1 };
        return format!("{ratio:.decimals$} times{}", if full { " as much" } else { "" });
    }
    let percent = (ratio - 1.0).abs() * 100.0;
    let decimals = decimals(percent / 10.0).min(3);
    format!("{percent:.decimals$} % {}", if ratio < 1.0 { "less" } else { "more" })
}

/// A share as people say it: `23 %`, `4.9 %`, `0.08 %`.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent >= 10.0 { 0 } else { decimals(percent / 10.0).min(3) };
    format!("{percent:.decimals$} %")
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As everywhere, and in words where there is no number.
    #[test]
    fn numbers_are_those_of_the_tables() {
        let check = |write: fn(&Estimate) -> String, value: f64, half: Option<f64>, expected: &str| {
            let estimate = Estimate { value, half_width: half, n: 3, note: None };
            assert_eq!(write(&estimate), expected);
        };
        check(dollars, 1204.3, Some(6.1), "$1,204 ± 6");
        check(dollars, 137.87, Some(0.0), "$137.87 ± 0");
        check(latency, 0.512, Some(0.040), "512 ± 40 ms");
        check(latency, 227.0, Some(9.4), "3.78 ± 0.16 min");
        check(latency, f64::INFINITY, None, "among the failures");
        check(latency, f64::NAN, None, "unknown");
        check(share, 0.9862, Some(0.0004), "98.62 ± 0.04 %");
        check(share, f64::NAN, None, "an unknown share");
    }

    #[test]
    fn words() {
        let expected = ["2.1 times as much", "4.9 % more", "0.080 % less", "14 times as much"];
        assert_eq!([2.13, 1.049, 0.9992, 14.2].map(|ratio| against(ratio, true)), expected);
        assert_eq!([0.231, 0.0494, 0.0008, 0.999].map(percent), ["23 %", "4.9 %", "0.080 %", "100 %"]);
        let items = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            (listed(&items[..1]), listed(&items[..2]), listed(&items)),
            ("a".into(), "a and b".into(), "a, b and c".into())
        );
    }
}
