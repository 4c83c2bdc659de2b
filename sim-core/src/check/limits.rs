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
    }
}

/// The account's concurrency: all reservations, and what is busy or provisioned without one.
fn check_concurrency(ground: &Ground, findings: &mut Findings) {
    let mut in_use = 0;
    for (id, service) in ground.services() {
        let ServiceSpec::Lambda(function) = service else { continue };
        let level = |gauge| ground.of_service(id, gauge);
        let set_aside = level(Gauge::Concurrency).max(level(Gauge::Provisioned));
        if let Some(reserved) = function.reserved_concurrency {
            let owner = || ground.service_name(id);
            findings.at_most(
                Invariant::Limits,
                owner,
                "concurrency in use or provisioned",
                &set_aside,
                &u64::from(reserved),
            );
        }
        in_use += function.reserved_concurrency.map_or(set_aside, u64::from);
    }
    let quota = u64::from(ground.fleet.account.lambda_concurrency);
    let owner = || "the account".to_owned();
    findings.at_most(Invariant::Limits, owner, "concurrency reserved or in use", &in_use, &quota);
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
        check_concurrency(ground, findings);
    }
}
