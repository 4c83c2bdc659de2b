//! Schedules as a source: rate and cron expressions as Amazon EventBridge takes them.
//!
//! A rate fires at fixed distances, first one interval after the run begins; a cron expression at minutes of the
//! calendar in UTC. The platform promises the minute, not its second (EventBridge User Guide): a schedule's place
//! within the minute is drawn once per replication.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Origin;
use crate::calendar::{Calendar, Cron};
use crate::engine::{Span, Time};
use crate::problem::Problem;
use crate::random::{Purpose, open01, owner_key};

/// A schedule: a `rate` or a `cron` expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSpec {
    /// The interval of a rate expression, at least a minute: `"5m"` for `rate(5 minutes)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Span>,
    /// A cron expression in six fields, minute, hour, day of month, month, day of week and year, in UTC:
    /// `"0 8 ? * MON-FRI *"`. One of the two day fields is `?`. `cron(...)` around it may stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// How late within its minute the schedule fires at most. Its place is drawn once per replication; `"0s"` fires on
    /// the minute.
    #[serde(default = "a_minute")]
    pub within: Span,
}

fn a_minute() -> Span {
    MINUTE
}

const MINUTE: Span = Span::from_secs(60);

/// A rate expression's longest interval that is not taken for a slip.
const LONGEST_RATE: Span = Span::from_secs(366 * 86_400);

impl ScheduleSpec {
    /// Reports everything that makes no sense, `path` being where this stands.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        match (self.rate, &self.cron) {
            (Some(rate), None) if !(MINUTE..=LONGEST_RATE).contains(&rate) => {
                let message = format!("a rate lies between 1 minute and 366 days, not {rate}");
                out.push(Problem::new(format!("{path}.rate"), message));
            }
            (Some(_), None) => {}
            (None, Some(text)) => {
                let parsed = Cron::parse(text);
                let never = parsed.as_ref().is_ok_and(|cron| cron.next_from(0).is_none());
                if never {
                    let message = format!("`{text}` names a day that never comes");
                    out.push(Problem::new(format!("{path}.cron"), message));
                }
                if let Err(message) = parsed {
                    out.push(Problem::new(format!("{path}.cron"), message).hint(Cron::HINT));
                }
            }
            _ => out.push(Problem::new(path, "a schedule is either a rate or a cron expression")),
        }
        if self.within > MINUTE {
            let message = format!("a schedule fires within its minute, not within {}", self.within);
            out.push(Problem::new(format!("{path}.within"), message));
        }
    }
}

/// A schedule at work.
#[derive(Debug)]
pub(super) struct Schedule {
    clock: Clock,
    offset: Span,
}

#[derive(Debug)]
enum Clock {
    Rate {
        next: Time,
        interval: Span,
    },
    /// `from` is the first minute (since 1970) that has not been looked at.
    Cron {
        cron: Cron,
        calendar: Calendar,
        from: i64,
    },
}

impl Schedule {
    /// The schedule of a validated `spec`.
    pub(super) fn new(spec: &ScheduleSpec, origin: &Origin<'_>) -> Self {
        let mut draw = origin.luck.counted(Purpose::ScheduleOffset, owner_key(origin.name), 0);
        let offset = spec.within.scaled(open01(&mut draw));
        let clock = match (spec.rate, &spec.cron) {
            (Some(interval), _) => Clock::Rate { next: Time::ZERO + interval, interval },
            (None, cron) => {
                let parsed = Cron::parse(cron.as_deref().unwrap_or_default());
                Clock::Cron {
                    cron: parsed.expect("a validated schedule has an expression that parses"),
                    calendar: origin.calendar,
                    from: origin.calendar.first_minute(),
                }
            }
        };
        Schedule { clock, offset }
    }

    /// When it fires next; `None` when never again.
    pub(super) fn next(&mut self) -> Option<Time> {
        let minute = match &mut self.clock {
            Clock::Rate { next, interval } => {
                let now = *next;
                *next += *interval;
                now
            }
            Clock::Cron { cron, calendar, from } => {
                let minute = cron.next_from(*from)?;
                *from = minute + 1;
                calendar.instant(minute * 60)?
            }
        };
        Some(minute + self.offset)
    }
}
