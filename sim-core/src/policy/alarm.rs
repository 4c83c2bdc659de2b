//! Metric alarms as CloudWatch evaluates them: N of N datapoints of one minute.

use super::arithmetic::{above, below};
use super::view::{AlarmReading, AlarmState, Datapoint};

/// How many older datapoints an evaluation fetches beyond those it needs, so that a gap does not blind it
/// (CloudWatch User Guide, "how missing data is evaluated": five for three of three).
const SPARE: usize = 2;

/// The longest row of datapoints that an alarm may ask for: the longest of those that target tracking creates
/// (Application Auto Scaling User Guide).
pub(crate) const MOST_DATAPOINTS: u32 = 15;

/// How many published datapoints there must be for every alarm.
pub(crate) const HISTORY: usize = MOST_DATAPOINTS as usize + SPARE;

/// An alarm that needs `datapoints` breaches in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Alarm {
    /// How many datapoints must breach.
    pub(crate) datapoints: u32,
    /// Which side of the threshold breaches.
    pub(crate) breach: Breach,
}

/// What a datapoint must do to breach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Breach {
    /// Be above.
    Above(f64),
    /// Be at or above.
    AtLeast(f64),
    /// Be below.
    Below(f64),
    /// Be at or below.
    AtMost(f64),
}

impl Breach {
    fn by(self, value: f64) -> bool {
        match self {
            Breach::Above(threshold) => above(value, threshold),
            Breach::AtLeast(threshold) => !below(value, threshold),
            Breach::Below(threshold) => below(value, threshold),
            Breach::AtMost(threshold) => !above(value, threshold),
        }
    }
}

impl Alarm {
    /// The alarm's state for what has been published, oldest first. The newest datapoints that have a value count;
    /// where too few have one, the state is insufficient data, on which scaling does nothing.
    pub(crate) fn state(self, published: &[Datapoint]) -> AlarmState {
        let needed = self.datapoints as usize;
        let mut seen = 0;
        let values = published.iter().rev().take(needed + SPARE).filter_map(|datapoint| datapoint.value);
        for value in values.take(needed) {
            if !self.breach.by(value) {
                return AlarmState::Ok;
            }
            seen += 1;
        }
        if seen == needed { AlarmState::Alarm } else { AlarmState::InsufficientData }
    }

    /// The state under a name, for the timeline.
    pub(crate) fn read(self, name: impl Into<String>, published: &[Datapoint]) -> AlarmReading {
        AlarmReading { alarm: name.into(), state: self.state(published) }
    }
}

/// The newest published value.
pub(crate) fn newest(published: &[Datapoint]) -> Option<f64> {
    newest_point(published).and_then(|datapoint| datapoint.value)
}

/// The newest published datapoint that has a value.
pub(crate) fn newest_point(published: &[Datapoint]) -> Option<&Datapoint> {
    published.iter().rev().find(|datapoint| datapoint.value.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Span, Time};

    /// `X` breaches 0.5, `0` does not, `-` is missing; oldest first.
    fn published(row: &str) -> Vec<Datapoint> {
        let value = |c| match c {
            'X' => Some(0.9),
            '0' => Some(0.1),
            _ => None,
        };
        let minute = |index: usize| Time::ZERO + Span::from_secs(60) * (index as u64 + 1);
        row.chars().enumerate().map(|(index, c)| Datapoint::new(minute(index), value(c))).collect()
    }

    #[test]
    fn three_of_three() {
        let check = |row: &str, state: AlarmState| {
            let alarm = Alarm { datapoints: 3, breach: Breach::Above(0.5) };
            assert_eq!(alarm.state(&published(row)), state, "{row}");
        };
        check("XXX", AlarmState::Alarm);
        check("0XXX", AlarmState::Alarm);
        check("XX0", AlarmState::Ok);
        check("X0X", AlarmState::Ok);
        check("0XX-X", AlarmState::Alarm);
        check("0-X-X", AlarmState::Ok);
        check("-----", AlarmState::InsufficientData);
        check("--X--", AlarmState::InsufficientData);
        check("XX", AlarmState::InsufficientData);
        check("XXX---", AlarmState::InsufficientData);
        check("", AlarmState::InsufficientData);
    }

    #[test]
    fn the_threshold_itself() {
        let check = |breach: Breach, state: AlarmState| {
            let points = [Datapoint::new(Time::ZERO, 0.9 * 0.6)];
            assert_eq!(Alarm { datapoints: 1, breach }.state(&points), state, "{breach:?}");
        };
        check(Breach::Above(0.54), AlarmState::Ok);
        check(Breach::AtLeast(0.54), AlarmState::Alarm);
        check(Breach::Below(0.54), AlarmState::Ok);
        check(Breach::AtMost(0.54), AlarmState::Alarm);
    }
}
