//! Limits of functions and of the account: concurrency, request rates, how fast environments and tasks may start, and the
//! bounds of groups. Each rate is a bucket of the checker's own, filled by the clock and emptied by what happened.

use std::collections::BTreeMap;

use super::{Fact, Family, Findings, Ground, Invariant};
use crate::engine::Time;
use crate::observe::{FunctionId, Gauge, GroupId, Invoked, Owner, Replica, ReplicaFact, ServiceId};
use crate::spec::{FleetSpec, FunctionSpec, ServiceSpec};

/// Requests a second that Lambda allows per unit of concurrency (Lambda Developer Guide).
const REQUESTS_PER_CONCURRENCY: f64 = 10.0;
/// Rounding of sums of seconds.
const TOLERANCE: f64 = 1e-3;

/// An allowance that refills: so many at once, so many a second.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    burst: f64,
    rate: f64,
    left: f64,
    at: Time,
}

impl Allowance {
    fn new(burst: f64, rate: f64) -> Self {
        Allowance { burst, rate, left: burst, at: Time::ZERO }
    }

    /// Takes one, and says how much is left.
    fn take(&mut self, now: Time) -> f64 {
        let refilled = self.left + self.rate * now.since(self.at).seconds();
        self.left = refilled.min(self.burst) - 1.0;
        self.at = now;
        self.left
    }
}

pub(super) struct Limits {
    /// New environments, by function.
    environments: BTreeMap<(ServiceId, FunctionId), Allowance>,
    /// Invocations: of functions with a reservation, and of all others together.
    own_requests: BTreeMap<ServiceId, Allowance>,
    shared_requests: Allowance,
    fargate: Allowance,
    /// Launches of each service on Fargate, where a task has its place when it is launched.
    launches: BTreeMap<ServiceId, Allowance>,
    /// At the end of the last instant.
    shares: BTreeMap<ServiceId, Share>,
}

impl Limits {
    pub(super) fn new(fleet: &FleetSpec) -> Self {
        let account = &fleet.account;
        let concurrency = f64::from(account.lambda_concurrency) * REQUESTS_PER_CONCURRENCY;
        let launches = Allowance::new(f64::from(account.fargate_launch_burst), account.fargate_launch_rate.0);
        Limits {
            environments: BTreeMap::new(),
            own_requests: BTreeMap::new(),
            shared_requests: Allowance::new(concurrency, concurrency),
            fargate: launches,
            launches: BTreeMap::new(),
            shares: BTreeMap::new(),
        }
    }

    /// A function started an environment.
    fn cold_start(&mut self, key: (ServiceId, FunctionId), ground: &Ground, findings: &mut Findings) {
        let account = &ground.fleet.account;
        let (burst, rate) = (f64::from(account.lambda_scaling_burst), account.lambda_scaling_rate.0);
        let allowance = self.environments.entry(key).or_insert_with(|| Allowance::new(burst, rate));
        let left = allowance.take(ground.now);
        findings.unless(left > -TOLERANCE, Invariant::Limits, || {
            let owner = format!("function {} of {}", key.1.0, ground.service_name(key.0));
            let found = format!("{:.3} more", -left);
            [owner, format!("environments to start no faster than {burst} at once and {rate}/s"), found]
        });
    }

    /// A function began to serve a request that the rate limit let pass.
    fn invocation(
        &mut self,
        service: ServiceId,
        function: &FunctionSpec,
        ground: &Ground,
        out: &mut Findings,
    ) {
        let allowance = match function.reserved_concurrency {
            Some(reserved) => {
                let rate = f64::from(reserved) * REQUESTS_PER_CONCURRENCY;
                self.own_requests.entry(service).or_insert_with(|| Allowance::new(rate, rate))
            }
            None => &mut self.shared_requests,
        };
        let left = allowance.take(ground.now);
        out.unless(left > -TOLERANCE, Invariant::Limits, || {
            let expected = "at most ten requests a second per unit of concurrency".into();
            [ground.service_name(service), expected, format!("{:.3} more", -left)]
        });
    }

    /// A task of Fargate was launched. Those of the first moment have been there before.
    fn launch(&mut self, service: ServiceId, ground: &Ground, findings: &mut Findings) {
        if ground.now == Time::ZERO {
            return;
        }
        let left = self.fargate.take(ground.now);
        findings.unless(left > -TOLERANCE, Invariant::Limits, || {
            let Allowance { burst, rate, .. } = self.fargate;
            let expected = format!("launches no faster than {burst} at once and {rate}/s");
            [ground.service_name(service), expected, format!("{:.3} more", -left)]
        });
        // A second's worth at once, and one at least.
        let rate = ground.fleet.account.service_launch_rate.0;
        let allowance = Allowance::new(rate.max(1.0).floor(), rate);
        let left = self.launches.entry(service).or_insert(allowance).take(ground.now);
        findings.unless(left > -TOLERANCE, Invariant::Limits, || {
            let expected = format!("launches of a service no faster than {rate}/s");
            [ground.service_name(service), expected, format!("{:.3} more", -left)]
        });
    }
}

/// What a function without a reservation has of the account's concurrency.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    running: u64,
    /// Ready or not.
    provisioned: u64,
}

impl Limits {
    /// Concurrency: of each reservation, and of what the account has besides. What is busy when more is provisioned goes on,
    /// so that all of it together may come to more than there is; but nothing may begin then that is not provisioned
    /// (Lambda metrics, ClaimedAccountConcurrency: what is not available to on-demand invocations). That is seen of functions
    /// with nothing provisioned; of others only the least that they can have claimed is known.
    fn check_concurrency(&mut self, ground: &Ground, findings: &mut Findings) {
        let (mut reservations, mut shares) = (0, BTreeMap::new());
        for (id, service) in ground.services() {
            let ServiceSpec::Lambda(function) = service else { continue };
            let level = |gauge| ground.of_service(id, gauge);
            let share = Share { running: level(Gauge::Concurrency), provisioned: level(Gauge::Provisioned) };
            if let Some(reserved) = function.reserved_concurrency {
                let (owner, claimed) = (|| ground.service_name(id), share.running.max(share.provisioned));
                let what = "concurrency in use or provisioned";
                findings.at_most(Invariant::Limits, owner, what, &claimed, &u64::from(reserved));
                reservations += u64::from(reserved);
            } else {
                shares.insert(id, share);
            }
        }
        let quota = u64::from(ground.fleet.account.lambda_concurrency);
        let most = quota.saturating_sub(reservations);
        let before = std::mem::replace(&mut self.shares, shares);
        let sum = |shares: &BTreeMap<ServiceId, Share>, of: fn(&Share) -> u64| shares.values().map(of).sum();
        let (running, provisioned): (u64, u64) =
            (sum(&self.shares, |it| it.running), sum(&self.shares, |it| it.provisioned));
        let mut at_most = |what: &str, found: u64, most: u64| {
            findings.at_most(Invariant::Limits, || "the account".into(), what, &found, &most);
        };
        at_most("concurrency reserved", reservations, quota);
        at_most("concurrency in use without a reservation", running, most);
        at_most("concurrency provisioned without a reservation", provisioned, most);
        let on_demand = self.shares.iter().any(|(id, it)| {
            let before = before.get(id).copied().unwrap_or_default();
            it.provisioned == 0 && before.provisioned == 0 && it.running > before.running
        });
        if on_demand {
            let more: u64 = provisioned.saturating_sub(sum(&before, |it| it.provisioned));
            let claimed = sum(&self.shares, |it| it.running.max(it.provisioned));
            at_most("concurrency reserved or in use", claimed, most + more);
        }
    }
}

/// A group is meant to have as many instances as its bounds allow.
fn check_bounds(id: GroupId, desired: u64, ground: &Ground, findings: &mut Findings) {
    let spec = &ground.group(id).spec;
    let inside = (u64::from(spec.min)..=u64::from(spec.max)).contains(&desired);
    findings.unless(inside, Invariant::Limits, || {
        let expected = format!("{} to {} instances desired", spec.min, spec.max);
        [ground.name(Owner::Group(id)), expected, desired.to_string()]
    });
}

impl Family for Limits {
    fn hear(&mut self, fact: &Fact<'_>, ground: &Ground, findings: &mut Findings) {
        match *fact {
            Fact::Began { service, cold } => {
                let ServiceSpec::Lambda(function) = ground.service(service) else { return };
                self.invocation(service, function, ground, findings);
                if cold && function.functions.is_none() {
                    self.cold_start((service, FunctionId(0)), ground, findings);
                }
            }
            Fact::Invoked { service, function, invoked: Invoked::Cold } => {
                self.cold_start((service, function), ground, findings);
            }
            Fact::Replica(Replica::Task(_), ReplicaFact::Placed { service, instance: None, .. }) => {
                self.launch(service, ground, findings);
            }
            Fact::Level { owner: Owner::Group(id), gauge: Gauge::InstancesDesired, value, .. } => {
                check_bounds(id, value, ground, findings);
            }
            _ => {}
        }
    }

    fn instant_over(&mut self, ground: &Ground, findings: &mut Findings) {
        self.check_concurrency(ground, findings);
    }
}
