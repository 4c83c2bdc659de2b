//! Cron expressions with the fields and wildcards of Amazon EventBridge (EventBridge User Guide, "Cron expressions"):
//! `, - * / ? L W #`, weekdays from 1 (Sunday) to 7 or by name, months by number or name, years 1970 to 2199.

use std::ops::RangeInclusive;

use super::Date;

/// A parsed cron expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: Values,
    hours: Values,
    months: Values,
    years: Values,
    days: Vec<DayRule>,
}

/// The numbers that a field admits: bit n for the n-th of its range.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Values {
    first: u32,
    bits: [u64; 4],
}

/// A day is meant if any rule admits it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum DayRule {
    OfMonth(Values),
    /// Weekdays 1 (Sunday) to 7.
    OfWeek(Values),
    /// The last day of the month.
    Last,
    /// The weekday (Monday to Friday) nearest to a day, within its month.
    NearestWorkday(u32),
    /// The last Monday to Friday of the month.
    LastWorkday,
    /// The last such weekday of the month.
    LastOf(u32),
    /// The n-th such weekday of the month.
    Nth(u32, u32),
}

const MINUTES_PER_DAY: i64 = 1440;
const MINUTES: RangeInclusive<u32> = 0..=59;
const HOURS: RangeInclusive<u32> = 0..=23;
const DAYS: RangeInclusive<u32> = 1..=31;
const MONTHS: RangeInclusive<u32> = 1..=12;
const WEEKDAYS: RangeInclusive<u32> = 1..=7;
const YEARS: RangeInclusive<u32> = 1970..=2199;
const MONTH_NAMES: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAY_NAMES: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A field: its name in messages, its range, and the names of its values.
struct Field {
    name: &'static str,
    range: RangeInclusive<u32>,
    names: &'static [&'static str],
}

impl Field {
    const fn new(name: &'static str, range: RangeInclusive<u32>, names: &'static [&'static str]) -> Self {
        Field { name, range, names }
    }

    fn number(&self, text: &str) -> Result<u32, String> {
        let (low, high) = (self.range.start(), self.range.end());
        let named = self.names.iter().zip(*low..).find(|(name, _)| name.eq_ignore_ascii_case(text));
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = named.map(|(_, value)| value).or_else(|| text.parse().ok().filter(|_| digits));
        number
            .filter(|value| self.range.contains(value))
            .ok_or_else(|| format!("`{text}` does not fit here: {} from {low} to {high}", self.name))
    }

    /// One item of a list: `*`, `5`, `5-9`, and each of them with `/step`.
    fn item(&self, text: &str, values: &mut Values) -> Result<(), String> {
        let (base, step) = match text.split_once('/') {
            Some((base, step)) => (base, Some(step)),
            None => (text, None),
        };
        let last = *self.range.end();
        let (from, to) = match base.split_once('-') {
            _ if base == "*" => (*self.range.start(), last),
            Some((from, to)) => (self.number(from)?, self.number(to)?),
            None => {
                let from = self.number(base)?;
                (from, if step.is_some() { last } else { from })
            }
        };
        if to < from {
            return Err(format!("the {} range `{base}` runs backwards", self.name));
        }
        let step = match step.map(str::parse) {
            None => 1,
            Some(Ok(step)) if step > 0 => step,
            Some(_) => return Err(format!("`{text}` has no whole step above zero")),
        };
        (from..=to).step_by(step).for_each(|value| values.insert(value));
        Ok(())
    }

    fn list(&self, text: &str) -> Result<Values, String> {
        let mut values = Values::empty(*self.range.start());
        text.split(',').try_for_each(|item| self.item(item, &mut values))?;
        Ok(values)
    }
}

impl Values {
    fn empty(first: u32) -> Self {
        Values { first, bits: [0; 4] }
    }

    fn insert(&mut self, value: u32) {
        let bit = value - self.first;
        self.bits[(bit / 64) as usize] |= 1 << (bit % 64);
    }

    fn contains(&self, value: u32) -> bool {
        value
            .checked_sub(self.first)
            .is_some_and(|bit| bit < 256 && self.bits[(bit / 64) as usize] >> (bit % 64) & 1 == 1)
    }
}

impl Cron {
    /// What an expression looks like, for messages.
    pub(crate) const HINT: &str = r#"minute hour day-of-month month day-of-week year: "0 8 ? * MON-FRI *""#;

    /// Parses six fields, with or without `cron(...)` around them.
    ///
    /// # Errors
    /// Says which field is wrong, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text.trim().strip_prefix("cron(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
        let fields: Vec<&str> = inner.split_whitespace().collect();
        let [minute, hour, day, month, weekday, year] = fields[..] else {
            return Err(format!("a cron expression has 6 fields, not {}", fields.len()));
        };
        let days = match (day, weekday) {
            ("?", "?") => return Err("only one of the two day fields can be `?`".into()),
            ("?", weekday) => weekday_rules(weekday)?,
            (day, "?") => month_day_rules(day)?,
            _ => return Err("one of the two day fields has to be `?`".into()),
        };
        Ok(Cron {
            minutes: Field::new("minute", MINUTES, &[]).list(minute)?,
            hours: Field::new("hour", HOURS, &[]).list(hour)?,
            months: Field::new("month", MONTHS, &MONTH_NAMES).list(month)?,
            years: Field::new("year", YEARS, &[]).list(year)?,
            days,
        })
    }

    /// The first minute (counted from 1970-01-01 00:00 UTC) at or after `minute` at which it fires; `None` if it never
    /// does again.
    pub fn next_from(&self, minute: i64) -> Option<i64> {
        let mut date = Date::from_days(minute.div_euclid(MINUTES_PER_DAY));
        let mut earliest = minute.rem_euclid(MINUTES_PER_DAY) as u32;
        while date.year <= i64::from(*YEARS.end()) {
            if self.admits(date)
                && let Some(time) = self.first_time(earliest)
            {
                return Some(date.days() * MINUTES_PER_DAY + i64::from(time));
            }
            date = Date::from_days(date.days() + 1);
            earliest = 0;
        }
        None
    }

    /// The last minute (counted like those of [`next_from`](Self::next_from)) from `earliest` to `minute` at which it
    /// fires; `None` if it does not in between.
    pub fn last_within(&self, earliest: i64, minute: i64) -> Option<i64> {
        let mut date = Date::from_days(minute.div_euclid(MINUTES_PER_DAY));
        let mut latest = minute.rem_euclid(MINUTES_PER_DAY) as u32;
        while (date.days() + 1) * MINUTES_PER_DAY > earliest {
            let times = self.admits(date).then(|| (0..=latest).rev().find(|time| self.admits_time(*time)));
            if let Some(time) = times.flatten() {
                let fired = date.days() * MINUTES_PER_DAY + i64::from(time);
                return (fired >= earliest).then_some(fired);
            }
            date = Date::from_days(date.days() - 1);
            latest = 1439;
        }
        None
    }

    fn first_time(&self, earliest: u32) -> Option<u32> {
        (earliest..1440).find(|time| self.admits_time(*time))
    }

    /// Whether the minute of the day is one of its times.
    fn admits_time(&self, minute: u32) -> bool {
        self.hours.contains(minute / 60) && self.minutes.contains(minute % 60)
    }

    fn admits(&self, date: Date) -> bool {
        let year = u32::try_from(date.year).is_ok_and(|year| self.years.contains(year));
        year && self.months.contains(date.month) && self.days.iter().any(|rule| rule.admits(date))
    }
}

fn month_day_rules(text: &str) -> Result<Vec<DayRule>, String> {
    let field = Field::new("day of month", DAYS, &[]);
    let rule = |item: &str| {
        Ok(match item {
            "L" => DayRule::Last,
            "LW" => DayRule::LastWorkday,
            _ => match item.strip_suffix('W') {
                Some(day) => DayRule::NearestWorkday(field.number(day)?),
                None => DayRule::OfMonth(field.list(item)?),
            },
        })
    };
    text.split(',').map(rule).collect()
}

fn weekday_rules(text: &str) -> Result<Vec<DayRule>, String> {
    let field = Field::new("day of week", WEEKDAYS, &WEEKDAY_NAMES);
    let rule = |item: &str| {
        if item == "L" {
            return Ok(DayRule::OfWeek(field.list("7")?));
        }
        if let Some((weekday, count)) = item.split_once('#') {
            let count = Field::new("occurrence", 1..=5, &[]).number(count)?;
            return Ok(DayRule::Nth(field.number(weekday)?, count));
        }
        Ok(match item.strip_suffix('L') {
            Some(weekday) => DayRule::LastOf(field.number(weekday)?),
            None => DayRule::OfWeek(field.list(item)?),
        })
    };
    text.split(',').map(rule).collect()
}

impl DayRule {
    fn admits(&self, date: Date) -> bool {
        let weekday = date.weekday() + 1;
        let length = date.month_length();
        match self {
            DayRule::OfMonth(days) => days.contains(date.day),
            DayRule::OfWeek(weekdays) => weekdays.contains(weekday),
            DayRule::Last => date.day == length,
            DayRule::LastWorkday => date.day == nearest_workday(date, length),
            // A month without the day is passed over.
            DayRule::NearestWorkday(day) => *day <= length && date.day == nearest_workday(date, *day),
            DayRule::LastOf(wanted) => weekday == *wanted && date.day + 7 > length,
            DayRule::Nth(wanted, count) => weekday == *wanted && date.day.div_ceil(7) == *count,
        }
    }
}

/// The Monday to Friday nearest to `day` within `date`'s month.
fn nearest_workday(date: Date, day: u32) -> u32 {
    match (Date { day, ..date }).weekday() {
        0 if day == date.month_length() => day - 2,
        0 => day + 1,
        6 if day == 1 => day + 2,
        6 => day - 1,
        _ => day,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Calendar;

    /// The first firings from 2024-01-01 (a Monday) on.
    #[track_caller]
    fn check(expression: &str, expected: &[&str]) {
        let cron = Cron::parse(expression).unwrap();
        let mut from = Calendar::default().start() / 60;
        let fired = expected.iter().map(|_| {
            let minute = cron.next_from(from).expect("fires again");
            from = minute + 1;
            Calendar::starting_at(minute * 60).to_string()
        });
        assert_eq!(fired.collect::<Vec<_>>(), expected, "{expression}");
    }

    #[test]
    fn firings() {
        check("cron(0 10 * * ? *)", &["2024-01-01 10:00", "2024-01-02 10:00"]);
        check("15 12 * * ? *", &["2024-01-01 12:15"]);
        check("0 18 ? * MON-FRI *", &["2024-01-01 18:00", "2024-01-02 18:00"]);
        check("0 8 1 * ? *", &["2024-01-01 08:00", "2024-02-01 08:00"]);
        check("0/15 * * * ? *", &["2024-01-01 00:00", "2024-01-01 00:15", "2024-01-01 00:30"]);
        check("0/10 * ? * MON-FRI *", &["2024-01-01 00:00", "2024-01-01 00:10"]);
        check("0/5 8-17 ? * 7 *", &["2024-01-06 08:00", "2024-01-06 08:05"]);
        check(
            "10-40/15,59 3 ? JAN,MAR SUN 2025",
            &["2025-01-05 03:10", "2025-01-05 03:25", "2025-01-05 03:40", "2025-01-05 03:59"],
        );
        check("0 0 L * ? *", &["2024-01-31 00:00", "2024-02-29 00:00", "2024-03-31 00:00"]);
        check("0 0 ? * L *", &["2024-01-06 00:00"]);
        check("15 10 ? * 6L 2024-2025", &["2024-01-26 10:15", "2024-02-23 10:15"]);
        check("0 9 ? * 2#1 *", &["2024-01-01 09:00", "2024-02-05 09:00"]);
        check("0 9 ? * FRI#5 *", &["2024-03-29 09:00", "2024-05-31 09:00"]);
        check("0 0 6W * ? *", &["2024-01-05 00:00", "2024-02-06 00:00"]);
        check("0 0 1W JUN ? *", &["2024-06-03 00:00"]);
        check("0 0 30W * ? *", &["2024-01-30 00:00", "2024-03-29 00:00"]);
        check("0 0 LW * ? *", &["2024-01-31 00:00", "2024-02-29 00:00", "2024-03-29 00:00"]);
        check("0 0 29 2 ? *", &["2024-02-29 00:00", "2028-02-29 00:00"]);
        check(
            "*/20 23 1,L * ? *",
            &["2024-01-01 23:00", "2024-01-01 23:20", "2024-01-01 23:40", "2024-01-31 23:00"],
        );
    }

    /// Whatever comes next is what came last once its minute is reached, and not a minute before.
    #[test]
    fn the_last_firing_is_the_next_one_passed() {
        let start = Calendar::default().start() / 60;
        for expression in ["0 9 ? * MON-FRI *", "0/15 8-17 ? * 7 *", "0 0 L * ? *", "59 23 31 12 ? *"] {
            let cron = Cron::parse(expression).unwrap();
            let (mut from, mut before) = (start, None);
            for _ in 0..20 {
                let Some(next) = cron.next_from(from) else { break };
                assert_eq!(cron.last_within(start, next - 1), before, "{expression}");
                assert_eq!(cron.last_within(start, next), Some(next), "{expression}");
                assert_eq!(cron.last_within(next + 1, next), None, "{expression}");
                (from, before) = (next + 1, Some(next));
            }
        }
    }

    #[test]
    fn never_again() {
        let from = Calendar::default().start() / 60;
        assert_eq!(Cron::parse("0 0 1 1 ? 2023").unwrap().next_from(from), None);
        assert_eq!(Cron::parse("0 0 31 2 ? *").unwrap().next_from(from), None);
    }

    #[test]
    fn what_is_refused() {
        let check = |expression, expected: &str| {
            assert_eq!(Cron::parse(expression).unwrap_err(), expected, "{expression}");
        };
        check("0 10 * * *", "a cron expression has 6 fields, not 5");
        check("0 10 * * * *", "one of the two day fields has to be `?`");
        check("0 10 ? * ? *", "only one of the two day fields can be `?`");
        check("60 10 * * ? *", "`60` does not fit here: minute from 0 to 59");
        check("0 24 * * ? *", "`24` does not fit here: hour from 0 to 23");
        check("0 0 ? * 0 *", "`0` does not fit here: day of week from 1 to 7");
        check("0 0 ? * MON#6 *", "`6` does not fit here: occurrence from 1 to 5");
        check("0 0 ? SMARCH MON *", "`SMARCH` does not fit here: month from 1 to 12");
        check("30-10 0 * * ? *", "the minute range `30-10` runs backwards");
        check("*/0 0 * * ? *", "`*/0` has no whole step above zero");
        check("0 0 * * ? 1969", "`1969` does not fit here: year from 1970 to 2199");
    }
}
