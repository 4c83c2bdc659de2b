//! Lambda functions: admission, environments, cold starts, billing.
//!
//! An environment handles one event at a time. An event takes, in this order: a provisioned environment that is idle; an
//! idle on-demand one; a new one, if concurrency and the scaling rate allow. An event that waits for a new environment
//! stays bound to it, even if another becomes free meanwhile. (Lambda Developer Guide: scaling behavior, execution
//! environment lifecycle.)
//!
//! A service is one function or a fleet of them. Each has environments, memory and a scaling rate of its own; the
//! settings, the levels that are watched and the account's concurrency they share.

mod apart;
mod environment;
mod histogram;
mod idle;
mod idle_list;
mod invocation;
mod prewarm;

use super::account::{Account, REQUESTS_PER_CONCURRENCY};
use super::bucket::{Bucket, Pace};
use super::fleet::{Agenda, Fleet};
use super::provisioned::Provisioned;
use super::request::{Call, RequestId};
use super::service::{Amount, Platform};
use crate::arena::Arena;
use crate::cost::Arch;
use crate::engine::{Span, Time};
use crate::observe::{FunctionId, Invoked, Outcome, Probe, ServiceId, Throttle};
use crate::policy::view::{KeepAlivePolicy, ReuseOrder};
use crate::quantity::MemorySize;
use crate::random::Distribution;
use crate::spec::InitLaw;

pub(super) use environment::{Environment, EnvironmentId};
pub(super) use idle::IdleWatch;
use idle_list::IdleList;

/// A throttle: the limit, and the reason that the platform gives (Lambda API; of the scaling rate, in words).
type Throttled = (Throttle, &'static str);

const OWN_CONCURRENCY: Throttled =
    (Throttle::ReservedConcurrency, "ReservedFunctionConcurrentInvocationLimitExceeded");
const ACCOUNT_CONCURRENCY: Throttled = (Throttle::AccountConcurrency, "ConcurrentInvocationLimitExceeded");
const OWN_RATE: Throttled = (Throttle::RequestRate, "ReservedFunctionInvocationRateLimitExceeded");
const ACCOUNT_RATE: Throttled = (Throttle::RequestRate, "FunctionInvocationRateLimitExceeded");
const SCALING_RATE: Throttled = (Throttle::ScalingRate, "scaling rate of the function");

/// The functions of a service, one or many: what they have in common, and what they amount to together.
pub(super) struct Functions {
    pub arch: Arch,
    pub speed: f64,
    pub timeout: Span,
    pub init: &'static InitLaw,
    pub app_init: Distribution,
    /// CPU seconds that the first request in an environment costs on top.
    pub first_request: f64,
    pub placement_overhead: Distribution,
    pub warm_overhead: Amount,
    pub lifetime: Distribution,
    pub reserved: Option<u32>,
    /// Requests a second that the function may get, where its concurrency is reserved.
    pub own_rate: Option<Bucket>,
    /// How fast each function may start environments.
    pub pace: Pace,
    pub reuse: ReuseOrder,
    pub keep_alive: Box<dyn KeepAlivePolicy>,
    /// Its set-point; of each function, [`keep_of`](Self::keep_of).
    pub keep: Span,
    /// How long the functions are idle, where the policy is asked again.
    pub idle: Option<IdleWatch>,
    /// On-demand environments busy, and all on-demand environments and their memory.
    pub busy: u32,
    pub alive: u32,
    pub alive_mib: u64,
    /// What invocations in work use: CPU in millionths of a vCPU, memory, and the memory of the on-demand environments
    /// that they hold, which is what is paid for.
    pub cpu_busy: u64,
    pub memory_used_kib: u64,
    pub busy_mib: u64,
    /// Whether any request ever needed memory: if none does, nothing is known about its use.
    pub uses_memory: bool,
    pub provisioned: Option<Provisioned>,
    /// By faults: their keys, and how often a second each crashes an environment while an event is in it.
    pub crashes: Vec<(u64, f64)>,
    /// Whether it is a fleet, whose functions are watched one by one.
    pub is_fleet: bool,
    pub members: Arena<FunctionId, Function>,
}

/// One function: what it has of its own. There may be a million of them, mostly idle, so this is kept small.
pub(super) struct Function {
    /// The owner's key of the draws that belong to it and not to a request.
    pub key: u64,
    /// Idle on-demand environments, in the order in which they became idle.
    pub idle: IdleList,
    /// When the agenda next looks for idle environments to end; never if it does not.
    pub expiry: Time,
    /// When its allowance of new environments is full again.
    pub paced: Time,
    pub started: u32,
    pub memory: MemorySize,
}

const _: () = assert!(size_of::<Function>() <= 48);

impl Function {
    /// A function without environments.
    pub(super) fn new(key: u64, memory: MemorySize) -> Self {
        Function { key, idle: IdleList::EMPTY, expiry: Time::NEVER, paced: Time::ZERO, started: 0, memory }
    }
}

impl Functions {
    /// How long an idle environment of a function is kept.
    #[inline(always)]
    fn keep_of(&self, function: FunctionId) -> Span {
        match &self.idle {
            Some(IdleWatch::Apart(apart)) => apart.keep(function).unwrap_or(self.keep),
            _ => self.keep,
        }
    }

    /// The memory of so many provisioned environments. Only a single function has some.
    fn provisioned_mib(&self, count: u32) -> u64 {
        match count {
            0 => 0,
            count => u64::from(count) * u64::from(self.members[FunctionId(0)].memory.0),
        }
    }

    /// Events that are being handled.
    fn running(&self) -> u32 {
        self.busy + self.provisioned.as_ref().map_or(0, Provisioned::busy)
    }

    /// Takes a request of the rate that applies, the function's own or the account's.
    #[inline(always)]
    fn admit_rate(&mut self, account: &mut Account, now: Time) -> Result<(), Throttled> {
        if self.reserved == Some(0) {
            // Switched off: there is no concurrency to ask for, and so no rate either.
            return Err(OWN_CONCURRENCY);
        }
        match &mut self.own_rate {
            Some(rate) => rate.take(now).then_some(()).ok_or(OWN_RATE),
            None => account.take_request(now).then_some(()).ok_or(ACCOUNT_RATE),
        }
    }

    /// Takes a unit of concurrency, of the function's own or of the account's.
    #[inline(always)]
    fn take_concurrency(&mut self, account: &mut Account) -> Result<(), Throttled> {
        match self.reserved {
            Some(reserved) => {
                let provisioned = self.provisioned.as_ref().map_or(0, Provisioned::allocated);
                if self.busy + provisioned >= reserved {
                    return Err(OWN_CONCURRENCY);
                }
            }
            None if !account.take_concurrency() => return Err(ACCOUNT_CONCURRENCY),
            None => {}
        }
        self.busy += 1;
        Ok(())
    }

    #[inline(always)]
    fn give_concurrency(&mut self, account: &mut Account) {
        self.busy -= 1;
        if self.reserved.is_none() {
            account.give_concurrency();
        }
    }

    /// The rate limit of a function with `reserved` concurrency of its own.
    pub(super) fn own_rate(reserved: u32) -> Bucket {
        let rate = reserved.saturating_mul(REQUESTS_PER_CONCURRENCY);
        Bucket::new(rate, f64::from(rate))
    }
}

impl<P: Probe> Fleet<P> {
    /// An event comes to a function.
    pub(super) fn invoke(&mut self, service: ServiceId, id: RequestId, now: Time, agenda: &mut Agenda) {
        match self.find_environment(service, id, now) {
            Ok((environment, wait)) => self.run(service, id, environment, wait, now, agenda),
            Err((throttle, reason)) => {
                let request = &mut self.requests[id];
                request.throttle = Some(throttle);
                let function = request.call.function;
                if self.services[service].functions().is_fleet {
                    self.probe.invoked(now, service, function, Invoked::Throttled);
                }
                self.refuse(id, Outcome::Throttled, reason, now, agenda);
            }
        }
    }

    /// The environment for an event and how long until it can run, or why the event is throttled.
    #[inline(always)]
    fn find_environment(
        &mut self,
        service: ServiceId,
        id: RequestId,
        now: Time,
    ) -> Result<(EnvironmentId, Span), Throttled> {
        let mut functions = self.services[service].functions();
        functions.admit_rate(&mut self.account, now)?;
        if functions.provisioned.is_some() {
            if let Some(environment) = self.take_provisioned(service) {
                return Ok((environment, Span::ZERO));
            }
            functions = self.services[service].functions();
        }
        functions.take_concurrency(&mut self.account)?;
        let Call { seed, function, .. } = self.requests[id].call;
        while let Some((environment, lives)) =
            functions.take_idle(&mut self.environments, function, seed, now)
        {
            if lives {
                return Ok((environment, Span::ZERO));
            }
            self.end_environment(service, function, environment, now);
            functions = self.services[service].functions();
        }
        if functions.pace.take(&mut functions.members[function].paced, now) {
            Ok(self.start_environment(service, id, now))
        } else {
            functions.give_concurrency(&mut self.account);
            Err(SCALING_RATE)
        }
    }

    /// A provisioned environment that is idle, if the function may use it.
    fn take_provisioned(&mut self, service: ServiceId) -> Option<EnvironmentId> {
        if !self.has_room_to_run(service) {
            return None;
        }
        self.services[service].functions().provisioned.as_mut()?.take_idle()
    }

    /// Whether one more event of the function may run at all. Where concurrency is provisioned while ordinary environments
    /// are busy, both together may be more than the limit, and it is what runs that counts against it.
    fn has_room_to_run(&self, service: ServiceId) -> bool {
        let Platform::Functions(functions) = &self.services[service].platform else { return false };
        if let Some(reserved) = functions.reserved {
            return functions.running() < reserved;
        }
        if self.account.unreserved_in_use <= self.account.unreserved {
            return true;
        }
        let running = self.services.iter().map(|(_, other)| match &other.platform {
            Platform::Functions(other) if other.reserved.is_none() => other.running(),
            _ => 0,
        });
        running.sum::<u32>() < self.account.unreserved
    }
}
