//! CPU credits of burstable instances (T3, T3a, T4g).
//!
//! A credit is one vCPU for one minute. An instance earns them all the time and spends them while it computes (EC2 User
//! Guide, burstable performance instances). With no balance left, `standard` throttles it to its baseline, `unlimited`
//! lets it go on and owe: what it owes is paid back from later earnings, and what exceeds a day's earnings is billed.
//! Balances are settled once a minute; the platform works in milliseconds, so an instance here may be throttled, or let
//! free, up to a minute late. What a `standard` instance overdraws in that minute is owed too, never billed: were it
//! forgiven, an instance would get a minute of all its cores for every moment of idleness.

use super::cluster::InstanceId;
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use crate::engine::{Span, Time};
use crate::observe::{Billable, GroupId, Probe};
use crate::spec::CreditMode;

/// vCPU-nanoseconds in one credit, times a million (the unit of CPU in use).
const CREDIT: f64 = 60e9 * 1e6;
const PERIOD: Span = Span::from_secs(60);

/// The rules of a group's instances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Credits {
    pub mode: CreditMode,
    pub per_hour: f64,
    pub most: f64,
    /// vCPUs that earnings sustain for ever.
    pub baseline: f64,
}

/// One instance's account.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Balance {
    /// Credits saved up; below zero, credits owed.
    pub credits: f64,
    /// CPU in use x time since the last settlement.
    spent: u128,
    since: Time,
    pub settled: Time,
}

impl Balance {
    /// `busy` millionths of a vCPU were in use up to `now`.
    pub(super) fn spend(&mut self, busy: u64, now: Time) {
        let from = self.since.max(self.settled);
        self.spent += u128::from(busy) * u128::from(now.since(from).nanos());
        self.since = self.since.max(now);
    }

    /// Settles up to `now` and returns the credits that are billed.
    fn settle(&mut self, rules: &Credits, now: Time, last: bool) -> f64 {
        let earned = rules.per_hour * now.since(self.settled).seconds() / 3600.0;
        let spent = std::mem::take(&mut self.spent) as f64 / CREDIT;
        self.settled = now;
        self.credits = (self.credits + earned - spent).min(rules.most);
        if rules.mode == CreditMode::Standard {
            return 0.0;
        }
        let allowed = if last { 0.0 } else { rules.most };
        let due = (-self.credits - allowed).max(0.0);
        self.credits += due;
        due
    }
}

impl<P: Probe> Fleet<P> {
    /// Settles the credits of a group's instances, and throttles or frees them.
    pub(super) fn settle_credits(&mut self, group: GroupId, now: Time, agenda: &mut Agenda) {
        agenda.schedule(FleetEvent::new(now + PERIOD, Kind::Credits, group.0, 0));
        for index in 0..self.groups[group].instances.len() {
            let id = self.groups[group].instances[index];
            self.settle_instance_credits(id, now, true, false);
            self.throttle(id, now, agenda);
        }
    }

    fn throttle(&mut self, id: InstanceId, now: Time, agenda: &mut Agenda) {
        let group = &self.groups[self.instances[id].group];
        let Some(rules) = group.credits.filter(|rules| rules.mode == CreditMode::Standard) else { return };
        let full = f64::from(group.instance_type.vcpu);
        let cores = if self.instances[id].credit.credits > 0.0 { full } else { rules.baseline };
        if cores != self.instances[id].cores {
            self.set_instance_cores(id, cores, now, agenda);
        }
    }

    /// Settles one instance's credits up to `now`. `last` when it owes what it owes: because it `ended`, or because the
    /// run does.
    pub(super) fn settle_instance_credits(&mut self, id: InstanceId, now: Time, ended: bool, last: bool) {
        let instance = &mut self.instances[id];
        let group = instance.group;
        let Some(rules) = self.groups[group].credits else { return };
        if instance.running_from.is_none() {
            return;
        }
        // Draining goes on after the end of the run, and settling with it.
        let now = now.max(instance.credit.settled);
        instance.credit.spend(instance.busy, now);
        let due = instance.credit.settle(&rules, now, last);
        if due > 0.0 {
            self.probe.billed(&Billable::SurplusCredits {
                group,
                at: ended.then_some(now),
                vcpu_nanos: (due * 60e9) as u64,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T3_LARGE: Credits =
        Credits { mode: CreditMode::Unlimited, per_hour: 36.0, most: 864.0, baseline: 0.6 };

    fn hours(n: u64) -> Time {
        Time::ZERO + Span::from_secs(3600 * n)
    }

    #[test]
    fn at_its_baseline_an_instance_neither_saves_nor_owes() {
        let mut balance = Balance::default();
        balance.spend(600_000, hours(10));
        assert_eq!(balance.settle(&T3_LARGE, hours(10), true), 0.0);
        assert!(balance.credits.abs() < 1e-6);
    }

    #[test]
    fn unlimited_bills_what_exceeds_a_days_earnings_and_the_rest_at_the_end() {
        let mut balance = Balance::default();
        // Two vCPUs for 24 h: 2,880 credits spent, 864 earned, 2,016 owed.
        balance.spend(2_000_000, hours(24));
        assert!((balance.settle(&T3_LARGE, hours(24), false) - (2016.0 - 864.0)).abs() < 1e-6);
        assert!((balance.settle(&T3_LARGE, hours(24), true) - 864.0).abs() < 1e-6);
    }

    #[test]
    fn standard_bills_nothing_and_savings_are_capped() {
        let rules = Credits { mode: CreditMode::Standard, ..T3_LARGE };
        let mut balance = Balance::default();
        assert_eq!(balance.settle(&rules, hours(100), false), 0.0);
        assert_eq!(balance.credits, 864.0);
        balance.spend(2_000_000, hours(124));
        assert_eq!(balance.settle(&rules, hours(124), true), 0.0);
        // 864 saved, 864 earned, 2,880 spent: it stays throttled until the rest is earned.
        assert!((balance.credits + 1152.0).abs() < 1e-6);
    }
}
