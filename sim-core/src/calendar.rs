//! The civil calendar: on which date and weekday a run takes place. UTC only; time zones and leap seconds have no
//! place in a simulation of rates.

mod cron;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

pub use cron::Cron;

use crate::engine::{Span, Time};

/// A day.
pub const DAY: Span = Span::from_secs(86_400);
/// A week.
pub const WEEK: Span = Span::from_secs(604_800);

const DAY_SECONDS: i64 = 86_400;

/// When a run starts, in UTC: `2024-01-01` or `2024-01-01 14:30`. A Monday's midnight unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Seconds since 1970-01-01 00:00.
    start: i64,
}

/// A date of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year.
    pub year: i64,
    /// The month, 1 to 12.
    pub month: u32,
    /// The day of the month, from 1.
    pub day: u32,
}

impl Default for Calendar {
    fn default() -> Self {
        Calendar { start: Date { year: 2024, month: 1, day: 1 }.days() * DAY_SECONDS }
    }
}

impl Calendar {
    /// The calendar of a run that starts so many seconds after 1970-01-01 00:00.
    pub const fn starting_at(seconds: i64) -> Self {
        Calendar { start: seconds }
    }

    /// The start in seconds since 1970-01-01 00:00.
    pub const fn start(self) -> i64 {
        self.start
    }

    /// How long the last Monday's midnight lies back when the run starts.
    pub fn since_monday(self) -> Span {
        // 1970-01-01 was a Thursday, three days into its week.
        let seconds = (self.start + 3 * DAY_SECONDS).rem_euclid(7 * DAY_SECONDS);
        Span::from_secs(seconds.unsigned_abs())
    }

    /// How long the last midnight lies back when the run starts.
    pub fn since_midnight(self) -> Span {
        Span::from_secs(self.start.rem_euclid(DAY_SECONDS).unsigned_abs())
    }

    /// Which day of the run `at` lies in: 0 up to the first midnight.
    pub fn day(self, at: Time) -> u64 {
        (at + self.since_midnight()).nanos() / DAY.nanos()
    }

    /// The first midnight after `at`.
    pub fn next_midnight(self, at: Time) -> Time {
        Time::from_nanos((self.day(at) + 1) * DAY.nanos()).before(self.since_midnight())
    }

    /// The first full hour after `at`.
    pub fn next_hour(self, at: Time) -> Time {
        let hour = Span::from_secs(3600).nanos();
        Time::from_nanos(((at + self.since_midnight()).nanos() / hour + 1) * hour)
            .before(self.since_midnight())
    }

    /// The minute, counted from 1970-01-01 00:00, in which `at` lies.
    pub fn minute(self, at: Time) -> i64 {
        let seconds = i64::try_from(at.since(Time::ZERO).nanos() / 1_000_000_000).unwrap_or(i64::MAX / 2);
        (self.start + seconds).div_euclid(60)
    }

    /// The first whole minute of the run, counted from 1970-01-01 00:00.
    pub const fn first_minute(self) -> i64 {
        self.start.div_euclid(60) + (self.start.rem_euclid(60) > 0) as i64
    }

    /// The instant of the run that lies `seconds` after 1970-01-01 00:00; `None` if that is before the start.
    pub fn instant(self, seconds: i64) -> Option<Time> {
        let since_start = u64::try_from(seconds - self.start).ok()?;
        Some(Time::ZERO + Span::from_secs(since_start))
    }
}

impl Date {
    /// Days since 1970-01-01, by counting March as the first month, so that the leap day is the last (Hinnant,
    /// "chrono-compatible low-level date algorithms").
    pub const fn days(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month = (self.month as i64 + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + self.day as i64 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The date so many days after 1970-01-01.
    pub const fn from_days(days: i64) -> Self {
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month + 2) / 5 + 1) as u32;
        let month = if month < 10 { month + 3 } else { month - 9 } as u32;
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        Date { year, month, day }
    }

    /// The weekday, 0 for Sunday to 6 for Saturday.
    pub const fn weekday(self) -> u32 {
        (self.days() + 4).rem_euclid(7) as u32
    }

    /// How many days its month has.
    pub const fn month_length(self) -> u32 {
        let (year, month) = if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
        Date { year, month, day: 1 }
            .days()
            .abs_diff(Date { year: self.year, month: self.month, day: 1 }.days()) as u32
    }

    /// Whether there is such a date.
    pub const fn exists(self) -> bool {
        self.month >= 1 && self.month <= 12 && self.day >= 1 && self.day <= self.month_length()
    }
}

/// Reads `2024-01-01` or, after a `T` or blank, with a time `14:30`, `14:30:05` or `14:30:05.25`, with an optional
/// `Z`, as (seconds since 1970-01-01, nanoseconds). The one reader for the calendar and for timestamps in traces.
pub fn parse_date_time(text: &str) -> Option<(i64, u32)> {
    let text = text.trim();
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let mut parts = date.split('-');
    let date =
        Date { year: number(parts.next()?)?, month: number(parts.next()?)?, day: number(parts.next()?)? };
    // Later years are no dates that anybody means, and their seconds no numbers.
    if parts.next().is_some() || date.year > 9999 || !date.exists() {
        return None;
    }
    let mut parts = time.strip_suffix('Z').unwrap_or(time).split(':');
    let (hour, minute): (i64, i64) = (number(parts.next()?)?, number(parts.next()?)?);
    let (second, fraction) =
        parts.next().map_or(Some(("0", "")), |s| Some(s.split_once('.').unwrap_or((s, ""))))?;
    let second: i64 = number(second)?;
    let nanos = if fraction.is_empty() {
        0
    } else {
        number::<u32>(fraction.get(..9).unwrap_or(&format!("{fraction:0<9}")))?
    };
    let valid = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    valid.then(|| (date.days() * DAY_SECONDS + hour * 3600 + minute * 60 + second, nanos))
}

/// Digits only: no sign, no blank.
fn number<N: FromStr>(text: &str) -> Option<N> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

impl FromStr for Calendar {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match parse_date_time(text) {
            Some((start, 0)) => Ok(Calendar { start }),
            _ => Err(format!("`{text}` is not a date such as 2024-01-01 or 2024-01-01 14:30")),
        }
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date { year, month, day } = Date::from_days(self.start.div_euclid(DAY_SECONDS));
        let second = self.start.rem_euclid(DAY_SECONDS);
        write!(f, "{year:04}-{month:02}-{day:02} {:02}:{:02}", second / 3600, second / 60 % 60)?;
        if second % 60 > 0 { write!(f, ":{:02}", second % 60) } else { Ok(()) }
    }
}

impl Serialize for Calendar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Calendar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Calendar {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "start-date".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "start-date" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_inverse() {
        let check = |year, month, day, days, weekday| {
            let date = Date { year, month, day };
            assert_eq!((date.days(), date.weekday()), (days, weekday), "{date:?}");
            assert_eq!(Date::from_days(days), date);
        };
        check(1970, 1, 1, 0, 4);
        check(1969, 12, 31, -1, 3);
        check(2000, 2, 29, 11_016, 2);
        check(2024, 1, 1, 19_723, 1);
        check(2100, 3, 1, 47_541, 1);
        for days in -800_000..800_000 {
            assert_eq!(Date::from_days(days).days(), days);
        }
    }

    #[test]
    fn texts() {
        let check = |text, expected| assert_eq!(parse_date_time(text), expected, "{text}");
        check("1970-01-02", Some((86_400, 0)));
        check("2023-11-16 18:17:03.9799600", Some((1_700_158_623, 979_960_000)));
        check("2023-11-16T18:17:03Z", Some((1_700_158_623, 0)));
        check("2024-02-30", None);
        check("2024-13-01", None);
        check("2024-01-01 24:00", None);
        check("2024-01-01 10:00:00.x", None);
        check("yesterday", None);
        check("9999-12-31 23:59:59", Some((253_402_300_799, 0)));
        // What fuzzing found: sums beyond 64 bits.
        check("2026-03-02 08:30:9223372036854775807", None);
        check("2026-03-02 9223372036854775807:9223372036854775807", None);
        check("9223372036854775807-12-31", None);
        check("10000-01-01", None);
        let calendar: Calendar = "2024-01-03 14:30".parse().unwrap();
        assert_eq!(calendar.to_string(), "2024-01-03 14:30");
        assert_eq!(calendar.since_monday(), Span::from_secs(2 * 86_400 + 52_200));
        assert_eq!(Calendar::default().since_monday(), Span::ZERO);
    }

    #[test]
    fn midnights() {
        let calendar: Calendar = "2024-01-03 22:00".parse().unwrap();
        let check = |hours: u64, day, next_hours: u64| {
            let at = Time::ZERO + Span::from_secs(hours * 3600);
            assert_eq!(calendar.day(at), day);
            assert_eq!(calendar.next_midnight(at), Time::ZERO + Span::from_secs(next_hours * 3600));
        };
        check(0, 0, 2);
        check(1, 0, 2);
        check(2, 1, 26);
        check(26, 2, 50);
    }
}
