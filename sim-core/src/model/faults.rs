//! Faults: what goes wrong in a run, and deployments.
//!
//! Two kinds of fault need two kinds of event. What comes at a time has its beginning and its end in the agenda. What comes
//! at a rate comes to one replica or instance: each draws its [`Fate`] when it begins to run, keyed on the fault's name and
//! on its own ordinal, so that the k-th task of a service meets the same fate in every variant.
//!
//! What each fault does is in the files below: `fates` (crashes, failures, interruptions), `lost` (what is unreachable, and
//! who finds out), `release` (deployments and slow replicas).

mod fates;
mod lost;
mod release;

use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use crate::calendar::Calendar;
use crate::engine::{Span, Time};
use crate::observe::{DecisionKind, GroupId, Probe, ServiceId};
use crate::random::Draw;
use crate::spec::FUNCTION_ZONES;

pub(super) use fates::Fate;

/// Slots of a fault's events.
const BEGINS: u32 = 0;
const ENDS: u32 = 1;

/// The faults of a run, and what they have done to its zones.
#[derive(Default)]
pub(super) struct Faults {
    pub list: Vec<Fault>,
    /// How many outages each zone is in.
    pub zones: [u32; 8],
}

/// A fault.
pub(super) struct Fault {
    pub name: String,
    /// The owner's key of its draws.
    pub key: u64,
    /// When it begins and ends, if it has times.
    pub at: Option<Time>,
    pub to: Option<Time>,
    pub kind: FaultKind,
}

/// What a fault is.
pub(super) enum FaultKind {
    Crash {
        service: ServiceId,
        hazard: Option<Hazard>,
        count: u32,
    },
    Failure {
        groups: Vec<GroupId>,
        hazard: Option<Hazard>,
        count: u32,
        detected_after: Span,
    },
    Outage {
        zone: u32,
        detected_after: Span,
    },
    Interruption {
        target: SpotTarget,
        hazard: Hazard,
        notice: Span,
        drained: bool,
    },
    Slow {
        service: ServiceId,
        speed: f64,
        share: Option<f64>,
        count: u32,
        victims: Vec<u64>,
    },
    Deploy {
        service: ServiceId,
    },
    /// Known to the works from the beginning; here for the timeline.
    Dependency {
        work: String,
        what: String,
    },
}

/// Whose Spot capacity is interrupted.
pub(super) enum SpotTarget {
    Groups(Vec<GroupId>),
    Service(ServiceId),
}

/// Events a second that befall one thing, by the hour of the day.
#[derive(Clone, Debug)]
pub(super) enum Hazard {
    Steady(f64),
    /// One rate for each hour of the day, midnight first.
    ByHour(Vec<f64>),
}

impl Hazard {
    /// The first event after `now`, by inversion of one uniform number; never if it is not before `end`.
    fn first(&self, now: Time, end: Time, calendar: Calendar, draw: &mut Draw) -> Time {
        let mut left = -libm::log(crate::random::open01(draw));
        let mut at = now;
        while at < end {
            let (rate, next) = match self {
                Hazard::Steady(rate) => (*rate, end),
                Hazard::ByHour(rates) => {
                    let hour = calendar.minute(at).rem_euclid(24 * 60) / 60;
                    (rates[hour as usize], calendar.next_hour(at).min(end))
                }
            };
            let here = (next - at).seconds() * rate;
            if left <= here {
                return at + Span::from_seconds(left / rate);
            }
            left -= here;
            at = next;
        }
        Time::NEVER
    }
}

impl Faults {
    /// The zone of the k-th environment of a function: one after the other, of those that can be used.
    pub(super) fn environment_zone(&self, ordinal: u64) -> u8 {
        let zones = u64::from(FUNCTION_ZONES);
        let in_turn = (0..zones).map(|step| ((ordinal + step) % zones) as u32);
        in_turn.into_iter().find(|zone| self.is_up(*zone)).unwrap_or(0) as u8
    }

    /// Whether a zone can be used.
    pub(super) fn is_up(&self, zone: u32) -> bool {
        self.zones.get(zone as usize).is_none_or(|outages| *outages == 0)
    }
}

impl<P: Probe> Fleet<P> {
    /// Puts the times of all faults into the agenda.
    pub(super) fn begin_faults(&self, agenda: &mut Agenda) {
        for (number, fault) in self.faults.list.iter().enumerate() {
            for (slot, at) in [(BEGINS, fault.at), (ENDS, fault.to)] {
                if let Some(at) = at {
                    agenda.schedule(FleetEvent::new(at, Kind::Fault, number as u32, slot));
                }
            }
        }
    }

    /// A fault that has a time begins or ends.
    pub(super) fn fault(&mut self, number: u32, slot: u32, now: Time, agenda: &mut Agenda) {
        let begins = slot == BEGINS;
        match &self.faults.list[number as usize].kind {
            FaultKind::Crash { service, count, .. } => self.crash_some(number, *service, *count, now, agenda),
            FaultKind::Failure { count, .. } => self.fail_some(number, *count, now, agenda),
            FaultKind::Outage { zone, .. } if begins => self.zone_goes(number, *zone, now, agenda),
            FaultKind::Outage { zone, .. } => self.zone_returns(number, *zone, now, agenda),
            FaultKind::Slow { service, .. } if begins => self.slow_some(number, *service, now, agenda),
            FaultKind::Slow { service, .. } => self.slow_no_more(number, *service, now, agenda),
            FaultKind::Deploy { service } => self.deploy(number, *service, now, agenda),
            FaultKind::Dependency { work, what } if begins => {
                let line = format!("what {work} waits for {what}");
                self.note_fault(number, line, now);
            }
            FaultKind::Dependency { work, .. } => {
                let line = format!("what {work} waits for works as usual again");
                self.note_fault(number, line, now);
            }
            FaultKind::Interruption { .. } => unreachable!("interruptions come at a rate"),
        }
    }

    /// Writes what a fault did into the timeline.
    fn note_fault(&mut self, number: u32, line: impl Into<String>, now: Time) {
        let name = self.faults.list[number as usize].name.clone();
        self.note(now, DecisionKind::Fault, &name, (None, None), line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Purpose};

    /// The share of things that an event befalls before `end`, against the closed form.
    #[test]
    fn hazards_by_the_hour_add_up() {
        let mut by_hour = vec![0.0; 24];
        by_hour[2] = 0.5 / 3600.0;
        by_hour[3] = 2.0 / 3600.0;
        let check = |hazard: Hazard, hours: u64, expected: f64| {
            let luck = Luck { root: 7, replication: 0 };
            let end = Time::ZERO + Span::from_secs(hours * 3600);
            let n = 20_000;
            let before = |ordinal: u64| {
                let mut draw = luck.counted(Purpose::Interruption, 1, ordinal);
                hazard.first(Time::ZERO, end, Calendar::default(), &mut draw) < end
            };
            let hit = (0..n).filter(|ordinal| before(*ordinal)).count() as f64 / n as f64;
            // Four standard errors.
            assert!((hit - expected).abs() < 4.0 * (expected * (1.0 - expected) / n as f64).sqrt(), "{hit}");
        };
        let share = |exponent: f64| 1.0 - libm::exp(-exponent);
        check(Hazard::Steady(0.1 / 3600.0), 5, share(0.5));
        check(Hazard::ByHour(by_hour.clone()), 3, share(0.5));
        check(Hazard::ByHour(by_hour), 24, share(2.5));
    }
}
