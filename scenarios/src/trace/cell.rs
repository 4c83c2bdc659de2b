//! Cells of a trace as numbers, with messages that say what is wrong with them.

use sim_core::calendar::parse_date_time;
use sim_core::traffic::TimestampFormat;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// Nanoseconds since the timestamp 0. Decimals are read exactly: a floating-point number would lose the microseconds
/// of a Unix time.
pub(super) fn timestamp(text: &str, format: TimestampFormat) -> Result<i128, String> {
    let decimals = match format {
        TimestampFormat::Seconds => 9,
        TimestampFormat::Milliseconds => 6,
        TimestampFormat::Microseconds => 3,
        TimestampFormat::Nanoseconds => 0,
        TimestampFormat::DateTime => {
            let (seconds, nanos) = parse_date_time(text)
                .ok_or_else(|| format!("`{text}` is not a date and time such as 2023-11-16 18:17:03.98"))?;
            return Ok(i128::from(seconds) * NANOS_PER_SECOND + i128::from(nanos));
        }
    };
    not_negative(text)?;
    fixed_point(text, decimals).ok_or_else(|| not_a_number(text))
}

/// A number of requests.
pub(super) fn count(text: &str) -> Result<u64, String> {
    not_negative(text)?;
    // `42.0` is how some tools write 42.
    let whole = text
        .split_once('.')
        .map_or(text, |(whole, zeros)| if zeros.bytes().all(|b| b == b'0') { whole } else { text });
    let digits = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    match whole.parse() {
        Ok(count) if count <= MOST_COUNTED => Ok(count),
        _ if digits => Err(format!("`{text}` requests in one interval are absurdly many: at most 1e12")),
        _ => Err(match text.parse::<f64>() {
            Ok(_) => format!("`{text}` is not a whole number"),
            Err(_) => not_a_number(text),
        }),
    }
}

/// More requests in one interval than this are taken for a slip; sums of them must stay numbers.
const MOST_COUNTED: u64 = 1_000_000_000_000;

/// A number, not negative.
pub(super) fn number(text: &str) -> Result<f64, String> {
    not_negative(text)?;
    text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| not_a_number(text))
}

fn not_negative(text: &str) -> Result<(), String> {
    let negative = text.strip_prefix('-').is_some_and(|rest| rest.parse::<f64>().is_ok());
    if negative { Err(format!("`{text}` is negative")) } else { Ok(()) }
}

fn not_a_number(text: &str) -> String {
    if text.is_empty() { "the cell is empty".into() } else { format!("`{text}` is not a number") }
}

/// `text` times 10 to the power of `decimals`, further decimals cut off.
fn fixed_point(text: &str, decimals: usize) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() > 18 || whole.len() + fraction.len() == 0 {
        // Something like 1.7e9, which some tools write for large numbers: as exact as it was written.
        let number: f64 = text.parse().ok().filter(|number: &f64| number.abs() < 1e18)?;
        return Some((number * 10_f64.powi(decimals as i32)) as i128);
    }
    let kept = &fraction[..fraction.len().min(decimals)];
    let padded = format!("{whole}{kept:0<decimals$}");
    padded.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps() {
        let check = |text, format, expected: Result<i128, &str>| {
            assert_eq!(timestamp(text, format), expected.map_err(str::to_owned), "{text}");
        };
        check("1700158623.979960123", TimestampFormat::Seconds, Ok(1_700_158_623_979_960_123));
        check("0.5", TimestampFormat::Seconds, Ok(500_000_000));
        check("12", TimestampFormat::Milliseconds, Ok(12_000_000));
        check("12.3456789", TimestampFormat::Microseconds, Ok(12_345));
        check("1.7e9", TimestampFormat::Seconds, Ok(1_700_000_000_000_000_000));
        check("7", TimestampFormat::Nanoseconds, Ok(7));
        check("1970-01-01 00:01:00.5", TimestampFormat::DateTime, Ok(60_500_000_000));
        check("-1", TimestampFormat::Seconds, Err("`-1` is negative"));
        check("", TimestampFormat::Seconds, Err("the cell is empty"));
        check("noon", TimestampFormat::Seconds, Err("`noon` is not a number"));
        check(".", TimestampFormat::Seconds, Err("`.` is not a number"));
        check("nan", TimestampFormat::Seconds, Err("`nan` is not a number"));
        check(
            "noon",
            TimestampFormat::DateTime,
            Err("`noon` is not a date and time such as 2023-11-16 18:17:03.98"),
        );
    }

    #[test]
    fn counts() {
        let check = |text, expected: Result<u64, &str>| {
            assert_eq!(count(text), expected.map_err(str::to_owned), "{text}");
        };
        check("42", Ok(42));
        check("42.0", Ok(42));
        for many in ["18446744073709551615", "99999999999999999999999"] {
            let said = format!("`{many}` requests in one interval are absurdly many: at most 1e12");
            check(many, Err(&said));
        }
        check("4.2", Err("`4.2` is not a whole number"));
        check("-4", Err("`-4` is negative"));
        check("-", Err("`-` is not a number"));
        check("", Err("the cell is empty"));
        check("4 2", Err("`4 2` is not a number"));
    }
}
