//! The CPU credits of a burstable (T) instance.
//!
//! An instance earns credits all the time at its baseline rate and spends them as its CPU works. What it
//! earns beyond what it spends is saved, up to a day's earnings. Out of credits, an instance in *standard*
//! mode is held to its baseline; in *unlimited* mode it spends surplus credits, to be repaid from later
//! earnings. Surplus beyond a day's earnings is charged, and so is whatever is still owed when the instance
//! terminates (EC2 User Guide, burstable instances). Instances of the T3 and T4g families begin without
//! credits.
//!
//! Amounts are integers of millionths of a vCPU times nanoseconds; a credit is a vCPU for a minute. Changes
//! in CPU use are told by [`CreditAccount::advance`]; between them everything is linear, so nothing is
//! sampled.

use super::InstanceType;
use crate::engine::{Span, Time};

/// Millionths of a vCPU in a vCPU.
const MICRO: u128 = 1_000_000;
const DAY: Span = Span::from_secs(86_400);
const CREDIT_NANOS: u128 = 60 * 1_000_000_000;

/// What a burstable instance does when its CPU credits are spent.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum CreditMode {
    /// It goes on, and what exceeds a day's earnings is billed (the default of T3 and T4g).
    #[default]
    Unlimited,
    /// It is throttled to its baseline.
    Standard,
}

/// The credit account of one instance.
#[derive(Clone, Debug)]
pub struct CreditAccount {
    mode: CreditMode,
    /// Earned and spent in a nanosecond.
    earning: u64,
    spending: u64,
    since: Time,
    saved: u128,
    owed: u128,
    charged: u128,
}

impl CreditAccount {
    /// The account of an instance that starts at `now` with an idle CPU; none if its type has no credits.
    pub fn new(instance_type: &InstanceType, mode: CreditMode, now: Time) -> Option<Self> {
        let earning = instance_type.burst?.baseline * f64::from(instance_type.vcpu) * MICRO as f64;
        let earning = (earning + 0.5) as u64;
        Some(CreditAccount { mode, earning, spending: 0, since: now, saved: 0, owed: 0, charged: 0 })
    }

    /// The most that is saved, and the most that is owed before it is charged: a day's earnings.
    fn limit(&self) -> u128 {
        u128::from(self.earning) * u128::from(DAY.nanos())
    }

    /// Settles everything until `now`, from when on `busy` millionths of a vCPU are in use. What lies before the last
    /// settlement is settled already.
    pub fn advance(&mut self, now: Time, busy: u64) {
        let now = now.max(self.since);
        let nanos = u128::from(now.since(self.since).nanos());
        let rate = self.earning.abs_diff(self.spending);
        let change = u128::from(rate) * nanos;
        if self.earning >= self.spending {
            self.deposit(change);
        } else {
            self.withdraw(change);
        }
        self.since = now;
        self.spending = busy;
    }

    fn deposit(&mut self, amount: u128) {
        let repaid = amount.min(self.owed);
        self.owed -= repaid;
        self.saved = (self.saved + amount - repaid).min(self.limit());
    }

    fn withdraw(&mut self, amount: u128) {
        let from_savings = amount.min(self.saved);
        self.saved -= from_savings;
        if self.mode == CreditMode::Unlimited {
            self.owed += amount - from_savings;
            let beyond = self.owed.saturating_sub(self.limit());
            self.owed -= beyond;
            self.charged += beyond;
        }
    }

    /// In standard mode, when the credits will run out if CPU use stays as it is; none if it is sustainable.
    /// Settle with [`Self::advance`] first.
    pub fn runs_out_at(&self) -> Option<Time> {
        let drain = u128::from(self.spending.saturating_sub(self.earning));
        if self.mode != CreditMode::Standard || drain == 0 {
            return None;
        }
        let nanos = u64::try_from(self.saved.div_ceil(drain)).unwrap_or(u64::MAX);
        Some(Time::from_nanos(self.since.nanos().saturating_add(nanos)))
    }

    /// How many millionths of a vCPU the instance may use now: in standard mode without credits only its
    /// baseline, else all (none).
    pub fn cap(&self) -> Option<u64> {
        (self.mode == CreditMode::Standard && self.saved == 0).then_some(self.earning)
    }

    /// What happens when the credits run out.
    pub fn mode(&self) -> CreditMode {
        self.mode
    }

    /// Whether the credits saved last for `span` with `busy` millionths of a vCPU in use.
    pub fn lasts(&self, span: Span, busy: u64) -> bool {
        self.saved >= u128::from(busy.saturating_sub(self.earning)) * u128::from(span.nanos())
    }

    /// Credits saved.
    pub fn credits(&self) -> f64 {
        self.saved as f64 / (MICRO * CREDIT_NANOS) as f64
    }

    /// Surplus credits spent and not yet repaid or charged.
    pub fn surplus(&self) -> f64 {
        self.owed as f64 / (MICRO * CREDIT_NANOS) as f64
    }

    /// Takes what is due at the end of an hour, in vCPU-nanoseconds, for [`super::Booking::surplus_credits`]:
    /// the surplus beyond a day's earnings. Settle first.
    pub fn hourly_charge(&mut self) -> u128 {
        let due = self.charged / MICRO;
        self.charged -= due * MICRO;
        due
    }

    /// Takes all that is due when the instance terminates, in vCPU-nanoseconds: every surplus credit not
    /// repaid. A run that ends while the instance lives on takes it too, or a day's usage would be
    /// extrapolated to a month without its debts.
    pub fn final_charge(&mut self) -> u128 {
        self.charged += self.owed;
        self.owed = 0;
        self.hourly_charge()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arch, Burst};
    use super::*;
    use crate::quantity::MemorySize;

    /// A t3.large: 2 vCPUs, a baseline of 30 % each, 36 credits an hour, at most 864.
    fn account(mode: CreditMode) -> CreditAccount {
        let burst = Some(Burst { baseline: 0.3, credits_per_hour: 36 });
        let large = InstanceType {
            name: "t3.large".into(),
            vcpu: 2,
            memory: MemorySize(8192),
            arch: Arch::X86,
            on_demand_hour: 0.0832,
            max_enis: 3,
            ipv4_per_eni: 12,
            max_pods: 35,
            network_gbps: 0.512,
            trunk_tasks: None,
            burst,
        };
        CreditAccount::new(&large, mode, Time::ZERO).expect("burstable")
    }

    fn hours(hours: f64) -> Time {
        Time::ZERO + Span::from_seconds(hours * 3600.0)
    }

    const VCPU_HOUR: u128 = 3600 * 1_000_000_000;

    #[test]
    fn savings_grow_to_a_day_of_earnings() {
        let mut account = account(CreditMode::Unlimited);
        let check =
            |account: &CreditAccount, credits: f64| assert!((account.credits() - credits).abs() < 1e-6);
        account.advance(hours(1.0), 0);
        check(&account, 36.0);
        account.advance(hours(100.0), 600_000);
        check(&account, 864.0);
        account.advance(hours(101.0), 2_000_000);
        check(&account, 864.0);
        account.advance(hours(102.0), 0);
        check(&account, 864.0 - (120.0 - 36.0));
    }

    #[test]
    fn surplus_is_repaid_before_anything_is_charged() {
        let mut account = account(CreditMode::Unlimited);
        account.advance(hours(0.0), 1_000_000);
        account.advance(hours(10.0), 0);
        assert!((account.surplus() - 240.0).abs() < 1e-6, "24 credits an hour beyond the baseline");
        account.advance(hours(15.0), 0);
        assert!((account.surplus() - 60.0).abs() < 1e-6);
        assert_eq!((account.hourly_charge(), account.credits()), (0, 0.0));
        assert_eq!(account.final_charge(), VCPU_HOUR, "60 credits are a vCPU-hour");
        assert_eq!(account.final_charge(), 0, "and charged once");
    }

    #[test]
    fn surplus_beyond_a_day_is_charged_by_the_hour() {
        let mut account = account(CreditMode::Unlimited);
        account.advance(hours(0.0), 1_000_000);
        account.advance(hours(36.0), 1_000_000);
        assert_eq!(account.hourly_charge(), 0);
        account.advance(hours(41.0), 1_000_000);
        assert_eq!(account.hourly_charge(), 2 * VCPU_HOUR, "5 h x 24 credits");
        assert_eq!(account.final_charge(), 864 * 60 * 1_000_000_000);
    }

    #[test]
    fn standard_mode_is_held_to_its_baseline() {
        let mut account = account(CreditMode::Standard);
        assert_eq!(account.cap(), Some(600_000), "no launch credits");
        account.advance(hours(2.0), 2_000_000);
        assert_eq!(account.cap(), None);
        let empty = account.runs_out_at().expect("72 credits, 84 spent an hour");
        assert!((empty.seconds() / 3600.0 - (2.0 + 72.0 / 84.0)).abs() < 1e-6);
        account.advance(empty, 600_000);
        assert_eq!((account.cap(), account.runs_out_at()), (Some(600_000), None));
        assert_eq!(account.final_charge(), 0, "nothing is owed");
    }

    #[test]
    fn at_its_baseline_an_instance_neither_saves_nor_owes() {
        for mode in [CreditMode::Standard, CreditMode::Unlimited] {
            let mut account = account(mode);
            account.advance(hours(0.0), 600_000);
            account.advance(hours(10.0), 0);
            assert_eq!((account.credits(), account.surplus(), account.runs_out_at()), (0.0, 0.0, None));
            assert_eq!(account.final_charge(), 0);
        }
    }

    #[test]
    fn a_day_at_full_speed() {
        // Two vCPUs for 24 h: 2,880 credits spent, 864 earned, 2,016 owed, of which a day's earnings may stay owed.
        let mut unlimited = account(CreditMode::Unlimited);
        unlimited.advance(hours(0.0), 2_000_000);
        unlimited.advance(hours(24.0), 0);
        assert_eq!(unlimited.hourly_charge(), (2016 - 864) * 60 * 1_000_000_000);
        assert_eq!(unlimited.final_charge(), 864 * 60 * 1_000_000_000);
        // The same with a day's earnings saved, which last for 864 / 84 h: nothing is billed, and nothing is owed.
        let mut standard = account(CreditMode::Standard);
        standard.advance(hours(100.0), 2_000_000);
        assert_eq!(standard.runs_out_at().unwrap(), hours(100.0 + 864.0 / 84.0));
        standard.advance(hours(124.0), 0);
        assert_eq!((standard.credits(), standard.final_charge()), (0.0, 0));
    }

    #[test]
    fn what_is_settled_is_settled_once() {
        let mut account = account(CreditMode::Standard);
        account.advance(hours(2.0), 0);
        account.advance(hours(1.0), 0);
        account.advance(hours(2.0), 0);
        assert!((account.credits() - 72.0).abs() < 1e-6);
        assert!(account.lasts(Span::from_secs(3000), 2_000_000), "72 credits at 84 an hour: 3,085 s");
        assert!(!account.lasts(Span::from_secs(3100), 2_000_000));
    }
}
