//! CPU credits of burstable instances (T3, T3a, T4g): the account of [`CreditAccount`] at work.
//!
//! Every change of an instance's busy CPU is told to its account. A `standard` instance is throttled at the very instant at
//! which its credits run out: that instant stands in the agenda, and an instance that meanwhile computed less finds itself
//! with credits left and looks again later. It is let free as soon as its savings last for a second of all its cores: the
//! platform does both gradually, and does not say how; a moment's savings that were let out at once would only switch it to
//! and fro. What it has saved is not lost either way. An `unlimited` instance is never throttled; what it owes beyond a day's
//! earnings is stated once a minute (the platform bills the same sum by the hour).

use super::cluster::{Group, Instance, InstanceId};
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use crate::cost::{CreditAccount, CreditMode};
use crate::engine::{Span, Time};
use crate::observe::{Billable, Gauge, GroupId, Owner, Probe};

const PERIOD: Span = Span::from_secs(60);
/// For how long savings must last, with all cores in use, to let a throttled instance free.
const FREE: Span = Span::from_secs(1);

impl Group {
    /// The account of an instance that begins to run.
    pub(super) fn credit_account(&self, now: Time) -> Option<CreditAccount> {
        CreditAccount::new(&self.instance_type, self.credits, now)
    }

    /// Whether its instances run up bills for credits.
    fn bills_credits(&self) -> bool {
        self.instance_type.burst.is_some() && self.credits == CreditMode::Unlimited
    }
}

impl Instance {
    /// Tells the account that `busy` is in use from `now` on, and returns when to look whether it is throttled or free.
    pub(super) fn account_for(&mut self, now: Time, busy: u64, full: f64) -> Option<Time> {
        let account = self.credit.as_mut()?;
        account.advance(now, busy);
        if self.lost {
            return None;
        }
        if self.cores == full {
            return account.runs_out_at();
        }
        account.lasts(FREE, (full * 1e6) as u64).then_some(now)
    }
}

impl<P: Probe> Fleet<P> {
    /// Starts the billing of a group's credits, if it has any.
    pub(super) fn begin_credits(&mut self, group: GroupId, agenda: &mut Agenda) {
        if self.groups[group].bills_credits() {
            agenda.schedule(FleetEvent::new(Time::ZERO + PERIOD, Kind::Credits, group.0, 0));
        }
    }

    /// States what a group's instances owe beyond a day of earnings.
    pub(super) fn bill_credits(&mut self, group: GroupId, now: Time, agenda: &mut Agenda) {
        agenda.schedule(FleetEvent::new(now + PERIOD, Kind::Credits, group.0, 0));
        for index in 0..self.groups[group].instances.len() {
            let id = self.groups[group].instances[index];
            let busy = self.instances[id].busy;
            let Some(account) = &mut self.instances[id].credit else { continue };
            account.advance(now, busy);
            let due = account.hourly_charge();
            self.charge_credits(group, Some(now), due);
        }
    }

    /// An instance is gone, or the run is over: it owes what it owes.
    pub(super) fn close_credits(&mut self, id: InstanceId, now: Time, gone: bool) {
        let instance = &mut self.instances[id];
        let (group, busy) = (instance.group, instance.busy);
        let Some(mut account) = instance.credit.take() else { return };
        account.advance(now, busy);
        self.charge_credits(group, gone.then_some(now), account.final_charge());
    }

    fn charge_credits(&mut self, group: GroupId, at: Option<Time>, vcpu_nanos: u128) {
        if let Ok(vcpu_nanos @ 1..) = u64::try_from(vcpu_nanos) {
            self.probe.billed(&Billable::SurplusCredits { group, at, vcpu_nanos });
        }
    }

    /// An instance's busy CPU changed: its credits follow.
    pub(super) fn instance_busy_changed(
        &mut self,
        id: InstanceId,
        before: u64,
        busy: u64,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let instance = &mut self.instances[id];
        instance.busy = instance.busy + busy - before;
        let group = &mut self.groups[instance.group];
        group.cpu_busy = group.cpu_busy + busy - before;
        self.probe.level(now, Owner::Group(instance.group), Gauge::CpuBusy, group.cpu_busy);
        if instance.credit.is_some() {
            self.watch_credits(id, now, agenda);
        }
    }

    /// Puts the next look at an instance's credits into the agenda, unless an earlier one is there.
    fn watch_credits(&mut self, id: InstanceId, now: Time, agenda: &mut Agenda) {
        let instance = &mut self.instances[id];
        let full = f64::from(self.groups[instance.group].instance_type.vcpu);
        let look = instance.account_for(now, instance.busy, full);
        if let Some(at) = look.filter(|at| *at < instance.credit_due) {
            instance.credit_due = at;
            agenda.schedule(FleetEvent::new(at, Kind::CreditsTurn, 0, id.0));
        }
    }

    /// An instance's credits may have run out, or suffice again.
    pub(super) fn credits_turn(&mut self, id: InstanceId, now: Time, agenda: &mut Agenda) {
        let instance = &mut self.instances[id];
        instance.credit_due = Time::NEVER;
        let full = f64::from(self.groups[instance.group].instance_type.vcpu);
        let look = instance.account_for(now, instance.busy, full);
        let throttled = instance.cores != full;
        let cap = instance.credit.as_ref().and_then(CreditAccount::cap);
        if look.is_some() && (throttled || cap.is_some()) {
            let cores = cap.filter(|_| !throttled).map_or(full, |baseline| baseline as f64 / 1e6);
            self.set_instance_cores(id, cores, now, agenda);
        }
        self.watch_credits(id, now, agenda);
    }
}
