//! What the whole account shares: Lambda's concurrency, Fargate's launch quota.

use super::bucket::Bucket;
use crate::engine::Time;
use crate::spec::{AccountSpec, UNRESERVED_FLOOR};

/// The account's limits and how much of them is in use.
pub(super) struct Account {
    pub fargate_launches: Bucket,
    /// Concurrency that functions without a reservation share, and how much of it is busy or provisioned.
    pub unreserved: u32,
    pub unreserved_in_use: u32,
    /// How much of it is set aside for provisioned environments.
    pub provisioned: u32,
    /// Requests a second that those functions share: ten times the account's concurrency.
    pub requests: Bucket,
}

/// Lambda Developer Guide: requests a second allowed per unit of concurrency.
pub(super) const REQUESTS_PER_CONCURRENCY: u32 = 10;

impl Account {
    /// An account with `reserved` concurrency taken out for single functions.
    pub(super) fn new(spec: &AccountSpec, reserved: u32) -> Self {
        let rate = f64::from(spec.lambda_concurrency) * f64::from(REQUESTS_PER_CONCURRENCY);
        Account {
            fargate_launches: Bucket::new(spec.fargate_launch_burst, spec.fargate_launch_rate.0),
            unreserved: spec.lambda_concurrency.saturating_sub(reserved),
            unreserved_in_use: 0,
            provisioned: 0,
            requests: Bucket::new(rate as u32, rate),
        }
    }

    /// Takes a unit of the shared concurrency if one is free.
    #[inline(always)]
    pub(super) fn take_concurrency(&mut self) -> bool {
        let free = self.unreserved_in_use < self.unreserved;
        self.unreserved_in_use += u32::from(free);
        free
    }

    /// Gives a unit of the shared concurrency back.
    pub(super) fn give_concurrency(&mut self) {
        self.unreserved_in_use = self.unreserved_in_use.checked_sub(1).expect("what is given back was taken");
    }

    /// Moves what a function without a reservation has provisioned from `before` to `after`.
    pub(super) fn provision(&mut self, before: u32, after: u32) {
        self.provisioned = self.provisioned - before + after;
        self.unreserved_in_use = self.unreserved_in_use - before + after;
    }

    /// The most that a function without a reservation may have provisioned which has `own` now: what others have not
    /// provisioned, less what must stay for functions with neither.
    pub(super) fn most_provisioned(&self, own: u32) -> u32 {
        self.unreserved.saturating_sub(UNRESERVED_FLOOR).saturating_sub(self.provisioned - own)
    }

    /// Takes a request of the shared rate if one is left.
    #[inline(always)]
    pub(super) fn take_request(&mut self, now: Time) -> bool {
        self.requests.take(now)
    }
}
