//! What makes no sense about faults.

use super::{
    DependencySlowdownSpec, FaultSpec, HourlyRate, InstanceFailureSpec, ReplicaCrashSpec, SlowReplicaSpec,
    SpotInterruptionSpec, ZoneOutageSpec,
};
use crate::cost::Purchase;
use crate::engine::Span;
use crate::quantity::{Rate, shown};
use crate::spec::check::unknown_name;
use crate::spec::{ClusterSpec, FleetSpec, GroupSpec, Problem, ServiceSpec};

/// How many zones functions are taken to run in.
pub(crate) const FUNCTION_ZONES: u32 = 3;

/// More often than this per replica, nothing lives long enough to serve.
const MOST_OFTEN: Rate = Rate(1.0);

impl FaultSpec {
    /// Reports what makes no sense, under `path`.
    pub(in crate::spec) fn problems(&self, path: &str, fleet: &FleetSpec, out: &mut Vec<Problem>) {
        let mut check = Check { path, fleet, out };
        match self {
            FaultSpec::ReplicaCrash(it) => check.crash(it),
            FaultSpec::InstanceFailure(it) => check.failure(it),
            FaultSpec::ZoneOutage(it) => check.outage(it),
            FaultSpec::SpotInterruption(it) => check.interruption(it),
            FaultSpec::SlowReplica(it) => check.slow(it),
            FaultSpec::DependencySlowdown(it) => check.slowdown(it),
            FaultSpec::DependencyOutage(it) => {
                check.work("dependency-outage", &it.work);
                check.lasts("dependency-outage", it.lasts);
            }
            FaultSpec::Deploy(it) => check.deploy(&it.service),
        }
    }
}

struct Check<'c> {
    path: &'c str,
    fleet: &'c FleetSpec,
    out: &'c mut Vec<Problem>,
}

impl<'c> Check<'c> {
    fn say(&mut self, key: &str, message: impl Into<String>, hint: &str) {
        let problem = Problem::new(format!("{}.{key}", self.path), message);
        self.out.push(if hint.is_empty() { problem } else { problem.hint(hint) });
    }

    fn service(&mut self, kind: &str, name: &str) -> Option<&'c ServiceSpec> {
        let path = format!("{}.{kind}.service", self.path);
        unknown_name(&path, "service", name, self.fleet.services.keys(), self.out);
        self.fleet.services.get(name)
    }

    fn work(&mut self, kind: &str, name: &str) {
        let path = format!("{}.{kind}.work", self.path);
        unknown_name(&path, "work", name, self.fleet.work.keys(), self.out);
    }

    /// The cluster's groups that are meant, all of them or the one that is named.
    fn groups(&mut self, kind: &str, name: &str, group: Option<&str>) -> Vec<&'c GroupSpec> {
        let path = format!("{}.{kind}.cluster", self.path);
        unknown_name(&path, "cluster", name, self.fleet.clusters.keys(), self.out);
        let Some(cluster) = self.fleet.clusters.get(name) else { return Vec::new() };
        if let Some(group) = group {
            let names: Vec<String> = cluster.groups().map(|(name, _)| name.to_owned()).collect();
            unknown_name(&format!("{}.{kind}.group", self.path), "group", group, names.iter(), self.out);
        }
        let meant = cluster.groups().filter(|(name, _)| group.is_none_or(|group| group == *name));
        meant.map(|(_, group)| group).collect()
    }

    fn lasts(&mut self, kind: &str, lasts: Span) {
        if lasts.is_zero() {
            self.say(&format!("{kind}.lasts"), "no time at all", "leave the fault out");
        }
    }

    /// Either a rate or a time, and a count only of a time.
    fn when(&mut self, kind: &str, rate: Option<Rate>, at: Option<Span>, count: Option<u32>) {
        match (rate, at) {
            (None, None) => self.say(kind, "neither `rate` nor `at`", "rate = \"1/day\", or at = \"10m\""),
            (Some(_), Some(_)) => self.say(kind, "both `rate` and `at`", "two faults, if you mean both"),
            (Some(rate), None) => {
                self.rate(&format!("{kind}.rate"), rate);
                if count.is_some() {
                    self.say(&format!("{kind}.count"), "only of faults that come `at` a time", "");
                }
            }
            (None, Some(_)) => self.count(kind, count),
        }
    }

    fn count(&mut self, kind: &str, count: Option<u32>) {
        if count == Some(0) {
            self.say(&format!("{kind}.count"), "none is no fault", "leave the fault out");
        }
    }

    fn rate(&mut self, key: &str, rate: Rate) {
        if rate.0 > MOST_OFTEN.0 {
            let message = format!("{rate} for each one; at most once a second makes sense");
            self.say(key, message, "the rate is for one replica or instance, not for all together");
        }
    }

    fn crash(&mut self, it: &ReplicaCrashSpec) {
        self.service("replica-crash", &it.service);
        self.when("replica-crash", it.rate, it.at, it.count);
    }

    fn failure(&mut self, it: &InstanceFailureSpec) {
        self.groups("instance-failure", &it.cluster, it.group.as_deref());
        self.when("instance-failure", it.rate, it.at, it.count);
    }

    fn outage(&mut self, it: &ZoneOutageSpec) {
        self.lasts("zone-outage", it.lasts);
        match zone_number(&it.zone) {
            None => {
                let message = format!("there is no zone called `{}`", it.zone);
                self.say("zone-outage.zone", message, "zone-a, zone-b and so on up to zone-h");
            }
            // Where nothing is known to be anywhere, that is said already.
            Some(zone) if self.zones() > 0 && zone >= self.zones() => {
                let message = format!("nothing is in {}: there are {} zones", it.zone, self.zones());
                self.say("zone-outage.zone", message, "zone-a");
            }
            Some(_) => self.functions_run_somewhere(it),
        }
    }

    /// What functions do when there is no zone left for them is not modelled.
    fn functions_run_somewhere(&mut self, it: &ZoneOutageSpec) {
        let is_out = |zone: u32| {
            let outages = self.fleet.faults.values().filter_map(|fault| match fault {
                FaultSpec::ZoneOutage(other) if zone_number(&other.zone) == Some(zone) => Some(other),
                _ => None,
            });
            outages.into_iter().any(|other| other.at <= it.at && it.at < other.at + other.lasts)
        };
        let functions = self.fleet.services.values().any(|it| matches!(it, ServiceSpec::Lambda(_)));
        if functions && (0..FUNCTION_ZONES).all(is_out) {
            let message = format!("at {} all {FUNCTION_ZONES} zones that functions run in are out", it.at);
            self.say(
                "zone-outage",
                message,
                "leave one of them up: a region without functions is not modelled",
            );
        }
    }

    /// How many zones anything in the fleet spans.
    fn zones(&self) -> u32 {
        let groups = self.fleet.clusters.values().flat_map(ClusterSpec::groups).map(|(_, group)| group.zones);
        let services = self.fleet.services.values().map(|service| match service {
            ServiceSpec::Fargate(fargate) => fargate.zones,
            ServiceSpec::Lambda(_) => FUNCTION_ZONES,
            ServiceSpec::Ecs(_) => 0,
        });
        groups.chain(services).max().unwrap_or(0)
    }

    fn interruption(&mut self, it: &SpotInterruptionSpec) {
        let kind = "spot-interruption";
        match (&it.cluster, &it.service) {
            (Some(cluster), None) => self.spot_groups(cluster, it.group.as_deref()),
            (None, Some(service)) => self.spot_tasks(service, it.group.is_some()),
            _ => self.say(kind, "either a `cluster` or a `service`", "cluster = \"fleet\""),
        }
        let rates = match &it.rate {
            HourlyRate::Steady(rate) => std::slice::from_ref(rate),
            HourlyRate::ByHour(rates) => {
                if rates.len() != 24 {
                    let message = format!("{} rates; a day has 24 hours", rates.len());
                    self.say(&format!("{kind}.rate"), message, "one rate, or 24 of them");
                }
                rates
            }
        };
        rates.iter().for_each(|rate| self.rate(&format!("{kind}.rate"), *rate));
    }

    fn spot_groups(&mut self, cluster: &str, group: Option<&str>) {
        let groups = self.groups("spot-interruption", cluster, group);
        if !groups.is_empty() && groups.iter().all(|group| group.purchase != Purchase::Spot) {
            let message = format!("no instance of `{cluster}` is bought as Spot");
            self.say("spot-interruption.cluster", message, "purchase = \"spot\" in the group");
        }
    }

    fn spot_tasks(&mut self, service: &str, group: bool) {
        if group {
            self.say("spot-interruption.group", "a service on Fargate has no groups", "");
        }
        let spot = |it: &ServiceSpec| matches!(it, ServiceSpec::Fargate(fargate) if fargate.purchase == Purchase::Spot);
        if self.service("spot-interruption", service).is_some_and(|it| !spot(it)) {
            let message = format!("`{service}` does not run on Fargate Spot");
            self.say("spot-interruption.service", message, "purchase = \"spot\" in a service on Fargate");
        }
    }

    fn slow(&mut self, it: &SlowReplicaSpec) {
        let kind = "slow-replica";
        let service = self.service(kind, &it.service);
        if !(0.001..1.0).contains(&it.speed.0) {
            let message = format!("a speed of {}; at least 0.1% and below 100%", it.speed);
            self.say(&format!("{kind}.speed"), message, "");
        }
        match (it.share, it.at) {
            (None, None) => self.say(kind, "neither `share` nor `at`", "share = \"5%\", or at = \"10m\""),
            (Some(_), Some(_)) => self.say(kind, "both `share` and `at`", "two faults, if you mean both"),
            (Some(share), None) => {
                if !(share.0 > 0.0 && share.0 <= 1.0) {
                    self.say(&format!("{kind}.share"), format!("{share}; above 0% and up to 100%"), "");
                }
                if it.count.is_some() || it.lasts.is_some() {
                    self.say(kind, "`count` and `lasts` are only of faults that come `at` a time", "");
                }
            }
            (None, Some(_)) if matches!(service, Some(ServiceSpec::Lambda(_))) => {
                self.say(&format!("{kind}.at"), "environments of functions are slow by `share` only", "");
            }
            (None, Some(_)) => self.count(kind, it.count),
        }
        if let Some(lasts) = it.lasts {
            self.lasts(kind, lasts);
        }
    }

    fn deploy(&mut self, name: &str) {
        let limits = match self.service("deploy", name) {
            Some(ServiceSpec::Ecs(ecs)) => (ecs.minimum_healthy_percent, ecs.maximum_percent),
            Some(ServiceSpec::Fargate(fargate)) => (fargate.minimum_healthy_percent, fargate.maximum_percent),
            Some(ServiceSpec::Lambda(_)) | None => return,
        };
        if limits.0.0 >= 1.0 && limits.1.0 <= 1.0 {
            let message =
                format!("`{name}` may have neither a task less nor a task more: nothing is ever replaced");
            self.say("deploy.service", message, "lower minimum_healthy_percent, or raise maximum_percent");
        }
    }

    fn slowdown(&mut self, it: &DependencySlowdownSpec) {
        self.work("dependency-slowdown", &it.work);
        self.lasts("dependency-slowdown", it.lasts);
        if !(1.0..=1e6).contains(&it.factor) {
            let message = format!("{} times as long; from 1 to 1000000", shown(it.factor));
            self.say("dependency-slowdown.factor", message, "");
        }
    }
}

/// The number of a zone by its name.
pub(crate) fn zone_number(name: &str) -> Option<u32> {
    (0..8).find(|zone| crate::observe::zone_name(*zone) == name)
}
