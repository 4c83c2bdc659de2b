//! Moments of a run as people read them: elapsed time, the time of a day, or a date.

use crate::data::Clock;

const DAY: f64 = 86_400.0;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment of the run, `seconds` after its start: `06:05`, `day 2 06:05`, `4 Jul 06:05`, `12 min`.
pub fn clock_time(clock: Clock, seconds: f64) -> String {
    if !seconds.is_finite() {
        return super::MISSING.into();
    }
    match clock {
        Clock::Elapsed => elapsed(seconds),
        Clock::TimeOfDay(start) => {
            let day = ((start + seconds) / DAY).floor();
            let time = time_of_day(start + seconds);
            if day < 1.0 { time } else { format!("day {} {time}", day + 1.0) }
        }
        Clock::Date(start) => format!("{} {}", date(start + seconds), time_of_day(start + seconds)),
    }
}

/// The day of a moment alone, for axes that span many days: `day 3`, `4 Jul`.
pub(crate) fn clock_day(clock: Clock, seconds: f64) -> String {
    match clock {
        Clock::Date(start) => date(start + seconds),
        Clock::TimeOfDay(start) => format!("day {}", ((start + seconds) / DAY).floor() + 1.0),
        Clock::Elapsed => elapsed(seconds),
    }
}

/// A stretch of time between two moments of the run: `12:05 to 12:40`.
pub fn clock_span(clock: Clock, from: f64, to: f64) -> String {
    format!("{} to {}", clock_time(clock, from), clock_time(clock, to))
}

/// `45 s`, `10 min`, `1 h 30 min`: exact to the unit below, as durations since a start are read.
fn elapsed(seconds: f64) -> String {
    let total = seconds.round().max(0.0) as u64;
    let parts =
        [(total / 86_400, "d"), (total / 3600 % 24, "h"), (total / 60 % 60, "min"), (total % 60, "s")];
    let shown: Vec<String> = parts
        .iter()
        .skip_while(|part| part.0 == 0)
        .take(2)
        .filter(|part| part.0 > 0)
        .map(|part| format!("{} {}", part.0, part.1))
        .collect();
    if shown.is_empty() { "0".into() } else { shown.join(" ") }
}

/// `06:05`, with seconds only where they are not zero.
fn time_of_day(seconds: f64) -> String {
    let total = seconds.rem_euclid(DAY).round() as u64 % 86_400;
    let (hour, minute, second) = (total / 3600, total / 60 % 60, total % 60);
    if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") }
}

/// `4 Jul` of the proleptic Gregorian calendar, by counting days from 1 March of year 0 in 400-year eras.
fn date(seconds: f64) -> String {
    let days = (seconds / DAY).floor() as i64 + 719_468;
    let day_of_era = days.rem_euclid(146_097);
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    format!("{day} {}", MONTHS[((month + 2) % 12) as usize])
}
