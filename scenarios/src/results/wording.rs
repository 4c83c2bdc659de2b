//! Numbers in the verdict's sentence: as precise as their intervals, and no more.

use sim_core::metrics::Estimate;

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

/// The step to print a value at: its half-width, or a three-hundredth of the value where there is none.
fn step(value: f64, half_width: Option<f64>) -> f64 {
    half_width.filter(|half| *half > 0.0).unwrap_or(value.abs() / 300.0).max(1e-6)
}

/// `1204` as `1,204`; digits after the point are left as they are.
fn grouped(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.len();
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (digits - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if fraction.is_empty() { out } else { format!("{out}.{fraction}") }
}

fn with_interval(value: f64, half_width: Option<f64>, decimals: usize) -> String {
    let value = grouped(&format!("{value:.decimals$}"));
    // At least one of the last digit shown: noise that is there must not read as none.
    let digit = 10f64.powi(-(decimals as i32));
    match half_width.filter(|half| *half > 0.0) {
        Some(half) => format!("{value} ± {}", grouped(&format!("{:.decimals$}", half.max(digit)))),
        None => value,
    }
}

/// Dollars: `$1,204 ± 6`, `$12.40 ± 0.05`.
pub(super) fn dollars(estimate: &Estimate) -> String {
    let half = estimate.half_width;
    let wanted = decimals(step(estimate.value, half));
    // Below a dollar cents are too coarse; above, one decimal looks like a slip.
    let decimals = match wanted {
        0 => 0,
        _ if estimate.value.abs() >= 1000.0 && half.is_none_or(|half| half == 0.0 || half >= 1.0) => 0,
        1 | 2 => 2,
        more if estimate.value.abs() < 1.0 => more,
        _ => 2,
    };
    format!("${}", with_interval(estimate.value, half, decimals))
}

/// A latency in seconds: `512 ± 40 ms`, `2.3 ± 0.2 s`; in words where it is infinite.
pub(super) fn latency(estimate: &Estimate) -> String {
    if estimate.value.is_infinite() {
        return "among the failures".into();
    }
    if estimate.is_blank() {
        return "unknown".into();
    }
    let (factor, unit) = if estimate.value < 1.0 { (1e3, "ms") } else { (1.0, "s") };
    let (value, half) = (estimate.value * factor, estimate.half_width.map(|half| half * factor));
    format!("{} {unit}", with_interval(value, half, decimals(step(value, half)).min(3)))
}

/// A share in percent: `98.62 ± 0.04 %`.
pub(super) fn share(estimate: &Estimate) -> String {
    if estimate.is_blank() {
        return "an unknown share".into();
    }
    let (value, half) = (estimate.value * 100.0, estimate.half_width.map(|half| half * 100.0));
    let exact = half.is_none_or(|half| half == 0.0) && value.fract() == 0.0;
    let decimals = if exact { 0 } else { decimals(step(value, half)).min(4) };
    format!("{} %", with_interval(value, half, decimals))
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

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_precise_as_their_intervals() {
        let check = |write: fn(&Estimate) -> String, value: f64, half: Option<f64>, expected: &str| {
            let estimate = Estimate { value, half_width: half, n: 3, note: None };
            assert_eq!(write(&estimate), expected);
        };
        check(dollars, 1204.3, Some(6.1), "$1,204 ± 6");
        check(dollars, 1204.3, Some(0.5), "$1,204.30 ± 0.50");
        check(dollars, 12.4, Some(0.05), "$12.40 ± 0.05");
        check(dollars, 12.4, None, "$12.40");
        check(dollars, 0.012, Some(0.0004), "$0.0120 ± 0.0004");
        check(dollars, 1_234_567.0, Some(0.0), "$1,234,567");
        check(latency, 0.512, Some(0.040), "512 ± 40 ms");
        check(latency, 2.345, Some(0.21), "2.3 ± 0.2 s");
        check(latency, 0.2961, None, "296.1 ms");
        check(latency, f64::INFINITY, None, "among the failures");
        check(latency, f64::NAN, None, "unknown");
        check(share, 0.9862, Some(0.0004), "98.62 ± 0.04 %");
        check(share, 1.0, Some(0.0), "100 %");
        check(share, f64::NAN, None, "an unknown share");
    }

    #[test]
    fn words() {
        let expected = ["2.1 times as much", "4.9 % more", "0.080 % less", "14 times as much"];
        assert_eq!([2.13, 1.049, 0.9992, 14.2].map(|ratio| against(ratio, true)), expected);
        let items = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            (list(&items[..1]), list(&items[..2]), list(&items)),
            ("a".into(), "a and b".into(), "a, b and c".into())
        );
    }
}
