//! Numbers as people read them: three significant digits, the unit that fits, intervals to the digit they know.
//!
//! The verdict, the tables of the command line, the report and the axes of its charts all write numbers through this
//! module, so that the same result never reads two ways. Percent and `±` take a space, a minus is a real minus sign,
//! thousands are separated by commas, and what is not a finite number is written as a dash.

mod parse;

pub use parse::parsed;

use serde::{Deserialize, Serialize};

/// What stands for a number that there is not.
pub const MISSING: &str = "–";

/// What a number measures, and so how it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// US dollars.
    Dollars,
    /// Megabytes of memory.
    Megabytes,
    /// A share, 0 to 1, shown in percent.
    Share,
    /// A plain number of things.
    #[default]
    Count,
    /// Things per second.
    PerSecond,
}

/// A number in its unit to three significant digits.
pub fn value(unit: Unit, number: f64) -> String {
    if !number.is_finite() {
        return not_finite(number).into();
    }
    let scale = Scale::of(unit, rounded(number, 3));
    let scaled = number * scale.factor;
    scale.wrap(&fixed(scaled, plain_decimals(unit, &scale, scaled)))
}

/// A number with the half-width of its 95 % interval: `312 ± 6 ms`; without one, the number alone.
pub fn estimate(unit: Unit, number: f64, half_width: Option<f64>) -> String {
    with_interval(unit, number, half_width, "")
}

/// A difference with the half-width of its 95 % interval, and always with a sign: `+31 ± 6 ms`.
pub fn difference(unit: Unit, number: f64, half_width: Option<f64>) -> String {
    with_interval(unit, number, half_width, if number > 0.0 { "+" } else { "" })
}

/// A label of an axis: as short as it can be, `50 ms`, `$20k`, `1.5 s`.
pub fn tick(unit: Unit, number: f64) -> String {
    if !number.is_finite() {
        return not_finite(number).into();
    }
    let mut scale = Scale::of(unit, rounded(number, 3));
    if unit == Unit::Dollars && (1e4..1e6).contains(&number.abs()) {
        scale = Scale { factor: 1e-3, prefix: "$", suffix: "k" };
    }
    let scaled = number * scale.factor;
    let text = fixed(scaled, significant_decimals(scaled, 3));
    scale.wrap(trimmed(&text))
}

/// A confidence in percent, as many digits as tell it from certainty: `95 %`, `98.3 %`, `99.92 %`.
pub fn percent(share: f64) -> String {
    let rest = (1.0 - share) * 100.0;
    let decimals = (0..6).find(|decimals| rest * 10f64.powi(*decimals) >= 1.0 - 1e-9).unwrap_or(6);
    let shown = fixed(share * 100.0, usize::try_from(decimals).unwrap_or(0) + usize::from(rest < 5.0 - 1e-9));
    format!("{} %", trimmed(&shown))
}

/// A whole number with its thousands separated, never rounded.
pub fn whole(number: u64) -> String {
    separated(&number.to_string())
}

fn with_interval(unit: Unit, number: f64, half_width: Option<f64>, sign: &str) -> String {
    if !number.is_finite() {
        return not_finite(number).into();
    }
    let known = half_width.filter(|half| half.is_finite() && *half >= 0.0);
    // What floating point leaves of no noise at all is none.
    let half = known.map(|half| if half < number.abs() * 1e-12 { 0.0 } else { half });
    // Nothing ever happened in any replication: `0 ± 0` would say no more than `0`.
    let Some(half) = half.filter(|half| *half > 0.0 || number != 0.0) else {
        return format!("{sign}{}", value(unit, number));
    };
    let scale = Scale::of(unit, rounded(number.abs().max(half), 3));
    let (scaled, half) = (number * scale.factor, half * scale.factor);
    if half == 0.0 {
        return format!("{sign}{}", scale.wrap_pair(&exact(unit, &scale, scaled), "0"));
    }
    let decimals = interval_decimals(unit, &scale, scaled, half);
    let centre = fixed(scaled, decimals);
    let sign = if centre.starts_with('−') { "" } else { sign };
    format!("{sign}{}", scale.wrap_pair(&centre, &half_text(half, decimals)))
}

/// What every replication gave alike needs no rounding to its noise: dollars to the cent, all else to five digits.
fn exact(unit: Unit, scale: &Scale, scaled: f64) -> String {
    let cents = fixed(scaled, 2);
    match unit {
        Unit::Dollars if scale.factor == 1.0 && scaled.abs() >= 1.0 => {
            cents.strip_suffix(".00").unwrap_or(&cents).to_owned()
        }
        _ => trimmed(&fixed(scaled, significant_decimals(scaled, 5))).to_owned(),
    }
}

/// The half-width, or `<` the last digit shown where rounding would make it a false zero.
fn half_text(half: f64, decimals: usize) -> String {
    let text = fixed(half, decimals);
    let vanished = half > 0.0 && text.parse::<f64>().is_ok_and(|shown| shown == 0.0);
    if vanished { format!("<{}", fixed(10f64.powi(-(decimals as i32)), decimals)) } else { text }
}

/// How a magnitude of a unit is written.
#[derive(Clone, Copy, Debug)]
struct Scale {
    factor: f64,
    prefix: &'static str,
    suffix: &'static str,
}

impl Scale {
    fn of(unit: Unit, number: f64) -> Scale {
        let size = number.abs();
        let (factor, prefix, suffix) = match unit {
            Unit::Seconds => Self::seconds(size),
            Unit::Dollars if size >= 1e7 => (1e-6, "$", "M"),
            Unit::Dollars => (1.0, "$", ""),
            Unit::Share => (100.0, "", " %"),
            Unit::Megabytes => (1.0, "", " MB"),
            Unit::Count => Self::thousands(size, ["", " k", " M", " G"]),
            Unit::PerSecond => Self::thousands(size, ["/s", " k/s", " M/s", " G/s"]),
        };
        Scale { factor, prefix, suffix }
    }

    fn seconds(size: f64) -> (f64, &'static str, &'static str) {
        let steps = [(1e-3, 1e6, " µs"), (1.0, 1e3, " ms"), (120.0, 1.0, " s"), (7200.0, 1.0 / 60.0, " min")];
        if size == 0.0 {
            return (1.0, "", " s");
        }
        let found = steps.iter().find(|step| size < step.0).map(|step| (step.1, "", step.2));
        found.unwrap_or(if size < 172_800.0 { (1.0 / 3600.0, "", " h") } else { (1.0 / 86_400.0, "", " d") })
    }

    fn thousands(size: f64, suffixes: [&'static str; 4]) -> (f64, &'static str, &'static str) {
        match size {
            s if s < 1e5 => (1.0, "", suffixes[0]),
            s if s < 1e6 => (1e-3, "", suffixes[1]),
            s if s < 1e9 => (1e-6, "", suffixes[2]),
            _ => (1e-9, "", suffixes[3]),
        }
    }

    fn wrap(&self, text: &str) -> String {
        let (sign, digits) = text.strip_prefix('−').map_or(("", text), |digits| ("−", digits));
        format!("{sign}{}{digits}{}", self.prefix, self.suffix)
    }

    fn wrap_pair(&self, centre: &str, half: &str) -> String {
        self.wrap(centre).replacen(self.suffix, "", usize::from(!self.suffix.is_empty()))
            + &format!(" ± {half}{}", self.suffix)
    }
}

fn not_finite(number: f64) -> &'static str {
    if number == f64::INFINITY { "∞" } else { MISSING }
}

/// The exponent of ten of the leading digit; 0 for zero.
fn magnitude(number: f64) -> i32 {
    if number == 0.0 { 0 } else { libm::log10(number.abs()).floor() as i32 }
}

fn rounded(number: f64, digits: i32) -> f64 {
    let factor = 10f64.powi(digits - 1 - magnitude(number));
    if factor.is_finite() && factor > 0.0 { (number * factor).round() / factor } else { number }
}

fn significant_decimals(number: f64, digits: i32) -> usize {
    (digits - 1 - magnitude(rounded(number, digits))).clamp(0, 12) as usize
}

/// Three digits, but counts of things that are whole stay whole, and dollars have cents or none.
fn plain_decimals(unit: Unit, scale: &Scale, scaled: f64) -> usize {
    let decimals = significant_decimals(scaled, 3);
    match unit {
        _ if scaled == 0.0 => 0,
        Unit::Dollars if decimals == 1 && scale.factor == 1.0 => 2,
        Unit::Count if scaled.fract() == 0.0 => 0,
        _ => decimals,
    }
}

/// The digit that the half-width knows: one of its digits, two where it begins with 1; at most four significant
/// digits of the value.
fn interval_decimals(unit: Unit, scale: &Scale, scaled: f64, half: f64) -> usize {
    let most = significant_decimals(scaled, 4);
    let leading = rounded(half, 2) / 10f64.powi(magnitude(rounded(half, 2)));
    let wanted = significant_decimals(half, if leading < 1.95 { 2 } else { 1 });
    let decimals = wanted.min(most.max(plain_decimals(unit, scale, scaled)));
    if unit == Unit::Dollars && scale.factor == 1.0 && decimals == 1 { 2 } else { decimals }
}

/// Fixed decimals, separated thousands, a true minus; never minus zero. What no platform bills or measures in, below a
/// billionth of the unit or above 10^15 of it, is written with an exponent rather than with a row of zeros.
fn fixed(number: f64, decimals: usize) -> String {
    if number != 0.0 && !(1e-9..1e15).contains(&number.abs()) {
        return format!("{number:.1e}").replace('-', "−");
    }
    let text = format!("{:.decimals$}", number.abs());
    let zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if number < 0.0 && !zero { "−" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", separated(whole))
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

fn separated(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
