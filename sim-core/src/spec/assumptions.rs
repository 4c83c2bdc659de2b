//! Which assumptions a fleet rests on: settings that no platform documents, that the scenario leaves at their default,
//! and that matter for what the fleet has. What the scenario sets itself is its author's statement and no assumption of
//! ours.
//!
//! Defaults are not repeated here: they are asked of the types, by reading the smallest spec that leaves everything out.

mod population;
mod scaling;
mod text;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::faults::detection;
use super::{
    AlbSpec, BalancerSpec, ClusterSpec, FargateSpec, FaultSpec, FleetSpec, FunctionSpec, GroupSpec, Runtime,
    ServiceSpec, TaskSpec, TelemetrySpec, WorkSpec,
};
use crate::cost::Arch;
use crate::random::DistributionSpec;
use crate::traffic::ArrivalSpec;
use text::Text;

/// A default that is in force although no platform documents it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// The setting's path in the scenario; where there is no such setting, the path of what it is about and, in
    /// parentheses, what about it.
    pub setting: String,
    /// What is in force.
    pub value: String,
    /// The same as a scenario would write it; none where no setting says it.
    pub written: Option<Value>,
    /// Where it is from.
    pub source: &'static str,
    /// The least that is plausible.
    pub low: Option<&'static str>,
    /// The most that is plausible.
    pub high: Option<&'static str>,
}

/// The assumptions that a fleet rests on, in the order of its tables.
pub fn assumptions(fleet: &FleetSpec) -> Vec<Assumption> {
    let mut list = List::default();
    for (name, work) in &fleet.work {
        list.of_work(&format!("work.{name}"), work);
    }
    for (name, source) in &fleet.sources {
        let none = DistributionSpec::Constant(crate::engine::Span::ZERO);
        let source_of = "clients are taken to be next to the service, unless told otherwise";
        list.add(&format!("sources.{name}.network"), &source.network, &none, source_of, "0s", "150ms");
    }
    for (name, population) in &fleet.populations {
        let plays =
            |arrivals: &ArrivalSpec| matches!(arrivals, ArrivalSpec::Population(played) if played == name);
        if fleet.sources.values().any(|source| plays(&source.arrivals)) {
            list.of_population(&format!("populations.{name}"), population);
        }
    }
    for (name, service) in &fleet.services {
        list.of_service(&format!("services.{name}"), service);
    }
    for (name, fault) in &fleet.faults {
        list.of_fault(&format!("faults.{name}"), fault);
    }
    for (name, cluster) in &fleet.clusters {
        list.of_cluster(&format!("clusters.{name}"), cluster);
    }
    list.of_telemetry(fleet);
    list.of_hardware(fleet);
    list.0
}

/// What a type is when a scenario leaves out everything that it can.
fn smallest<T: DeserializeOwned>(json: serde_json::Value) -> T {
    serde_json::from_value(json).expect("the smallest spec is one")
}

#[derive(Default)]
struct List(Vec<Assumption>);

impl List {
    /// Notes the setting if it stands at its default.
    fn add<T: PartialEq + Text + Serialize>(
        &mut self,
        setting: &str,
        value: &T,
        default: &T,
        source: &'static str,
        low: &'static str,
        high: &'static str,
    ) {
        if value == default {
            let written = serde_json::to_value(value).ok();
            self.push(setting, (value.text(), written), source, low, high);
        }
    }

    /// Notes what stands in no setting, or in one whose default is none: in words, and as a setting would say it.
    fn push(
        &mut self,
        setting: &str,
        (value, written): (String, Option<Value>),
        source: &'static str,
        low: &'static str,
        high: &'static str,
    ) {
        let some = |text: &'static str| (!text.is_empty()).then_some(text);
        self.0.push(Assumption {
            setting: setting.to_owned(),
            value,
            written,
            source,
            low: some(low),
            high: some(high),
        });
    }

    fn of_work(&mut self, path: &str, work: &WorkSpec) {
        let default: WorkSpec = smallest(json!({ "cpu": { "constant": "1ms" } }));
        let source = "assumption: a small page; decides balancer units and data sent";
        self.add(&format!("{path}.request"), &work.request, &default.request, source, "200B", "100kB");
        self.add(&format!("{path}.response"), &work.response, &default.response, source, "500B", "1MB");
    }

    fn of_fault(&mut self, path: &str, fault: &FaultSpec) {
        let (kind, detected_after) = match fault {
            FaultSpec::InstanceFailure(it) => ("instance-failure", it.detected_after),
            FaultSpec::ZoneOutage(it) => ("zone-outage", it.detected_after),
            _ => return,
        };
        let path = format!("{path}.{kind}.detected_after");
        let source = "assumption: status checks of a minute, and the platform's time to act on them";
        self.add(&path, &detected_after, &detection(), source, "1min", "10min");
    }

    fn of_service(&mut self, path: &str, service: &ServiceSpec) {
        match service {
            ServiceSpec::Ecs(ecs) => {
                self.of_task(path, &ecs.task);
                self.of_balancer(path, &ecs.balancer);
                self.of_scaling(path, &ecs.scaling.0);
            }
            ServiceSpec::Fargate(fargate) => self.of_fargate(path, fargate),
            ServiceSpec::Lambda(function) => self.of_function(path, function),
        }
    }

    fn of_task(&mut self, path: &str, task: &TaskSpec) {
        let default: TaskSpec = smallest(json!({ "cpu": "1vCPU", "memory": "1GB" }));
        let path = |key: &str| format!("{path}.task.{key}");
        let of_app = "assumption: depends on the application alone";
        self.add(&path("image"), &task.image, &default.image, of_app, "20MB", "2GB");
        self.add(&path("start"), &task.start, &default.start, of_app, "0.5s", "90s");
        self.add(&path("idle_memory"), &task.idle_memory, &default.idle_memory, of_app, "20MB", "1GB");
    }

    fn of_balancer(&mut self, path: &str, balancer: &BalancerSpec) {
        let BalancerSpec::Alb(alb) = balancer else { return };
        let default = AlbSpec::default();
        let path = |key: &str| format!("{path}.balancer.alb.{key}");
        let about = "assumption: about 1 ms unless stressed; the platform states none";
        self.add(&path("overhead"), &alb.overhead, &default.overhead, about, "0.5ms", "5ms");
        let about = "assumption: decides new connections, one of four measures of a balancer unit";
        let (value, default_value) = (alb.requests_per_connection, default.requests_per_connection);
        self.add(&path("requests_per_connection"), &value, &default_value, about, "1", "100");
        let about =
            "assumption: a check is a small request like any other; `apart` where something else answers it";
        let (value, usual) = (alb.health_check.served_by, default.health_check.served_by);
        self.add(&path("health_check.served_by"), &value, &usual, about, "workers", "apart");
        let about = "assumption: registration with the balancer takes some seconds";
        let (value, default) = (alb.health_check.registration, default.health_check.registration);
        self.add(&path("health_check.registration"), &value, &default, about, "1s", "10s");
    }

    fn of_fargate(&mut self, path: &str, spec: &FargateSpec) {
        let default: FargateSpec = smallest(json!({
            "work": "", "task": { "cpu": "1vCPU", "memory": "2GB" }, "scaling": "fixed",
        }));
        self.of_task(path, &spec.task);
        self.of_balancer(path, &spec.balancer);
        self.of_scaling(path, &spec.scaling.0);
        let about = "one third-party measurement in 2024 (413 MB image: 53 to 62 s altogether)";
        let setting = format!("{path}.provisioning");
        self.add(&setting, &spec.provisioning, &default.provisioning, about, "5s", "30s");
        let (value, default) = (spec.pull_megabytes_per_second, default.pull_megabytes_per_second);
        self.add(&format!("{path}.pull_megabytes_per_second"), &value, &default, about, "5", "40");
    }

    fn of_function(&mut self, path: &str, spec: &FunctionSpec) {
        let default: FunctionSpec = smallest(json!({ "work": "", "memory": "128MB", "runtime": "nodejs22" }));
        let path = |key: &str| format!("{path}.{key}");
        let about = "one third-party measurement in 2021; its spread is an assumption";
        let (value, usual) = (&spec.placement_overhead, &default.placement_overhead);
        self.add(&path("placement_overhead"), value, usual, about, "40ms", "150ms");
        self.add(&path("warm_overhead"), &spec.warm_overhead, &default.warm_overhead, about, "2ms", "15ms");
        let about = "reports of hosts recycled after two to four hours; not documented";
        self.add(&path("max_lifetime"), &spec.max_lifetime, &default.max_lifetime, about, "30min", "14h");
        if spec.keep_alive.is_none() {
            let about = "measured by third parties since 2019; not documented, and it may change any day";
            let value = ("fixed, 10min".into(), Some(json!({ "fixed": { "after": "10min" } })));
            self.push(&path("keep_alive"), value, about, "5min", "60min");
        }
        if spec.provisioned_concurrency.is_some() {
            let about = "documented as a minute or two, then up to 6,000 environments a minute";
            let value = ("90s, and 10ms an environment".to_owned(), None);
            self.push(&path("provisioned_concurrency (preparation)"), value, about, "60s", "120s");
        }
        if let (None, Some(runtime)) = (&spec.app_init, Runtime::named(&spec.runtime)) {
            let (p50, p99) =
                (format!("{}ms", runtime.app_init_ms), format!("{}ms", runtime.app_init_ms * 3.2));
            let value = format!("lognormal, median {p50}, p99 {p99}");
            let value = (value, Some(json!({ "lognormal": { "p50": p50, "p99": p99 } })));
            let about = "chosen so that whole cold starts lie in the ranges reported from production in 2026";
            self.push(&path("app_init"), value, about, "0s", "10s");
        }
    }

    fn of_cluster(&mut self, path: &str, cluster: &ClusterSpec) {
        let default: GroupSpec = smallest(json!({ "type": "", "min": 0, "max": 0 }));
        for (name, group) in cluster.groups() {
            let group_path = cluster.group_path(path, name);
            let path = |key: &str| format!("{group_path}.{key}");
            let about = "third-party measurements, 2021 to 2026; the platform publishes none";
            self.add(&path("launch"), &group.launch, &default.launch, about, "5s", "80s");
            let about = "third-party measurements and general knowledge; differs by image and user data";
            self.add(&path("boot"), &group.boot, &default.boot, about, "15s", "180s");
            let about = "two documented examples (97.5 % and 98.1 % of what is installed)";
            let (value, usual) = (&group.registered_memory, &default.registered_memory);
            self.add(&path("registered_memory"), value, usual, about, "93%", "98.5%");
            let (value, usual) = (group.pull_megabytes_per_second, default.pull_megabytes_per_second);
            let about = "assumption: bound by unpacking, not by the network";
            self.add(&path("pull_megabytes_per_second"), &value, &usual, about, "10", "200");
        }
    }

    fn of_telemetry(&mut self, fleet: &FleetSpec) {
        let (set, default) = (&fleet.telemetry, TelemetrySpec::default());
        let is_function = |service: &ServiceSpec| matches!(service, ServiceSpec::Lambda(_));
        let about = "not documented; users see scale-out 5 to 6 minutes after load with one-minute metrics";
        if fleet.services.values().any(|service| !is_function(service)) {
            let (value, usual) = (&set.container_lag, &default.container_lag);
            self.add("telemetry.container_lag", value, usual, about, "30s", "3min");
            self.add(
                "telemetry.balancer_lag",
                &set.balancer_lag,
                &default.balancer_lag,
                about,
                "1min",
                "3min",
            );
            let (value, usual) = (&set.scheduler_reaction, &default.scheduler_reaction);
            self.add("telemetry.scheduler_reaction", value, usual, about, "1s", "30s");
        }
        let scales = |group: &GroupSpec| group.scaling.is_some();
        if fleet.clusters.values().flat_map(ClusterSpec::groups).any(|(_, group)| scales(group)) {
            let (value, usual) = (&set.reservation_lag, &default.reservation_lag);
            let about = "an alarm of one datapoint of a minute; the delay of the datapoint is not documented";
            self.add("telemetry.reservation_lag", value, usual, about, "0s", "2min");
        }
        let provisioned = |service: &ServiceSpec| matches!(service, ServiceSpec::Lambda(function) if function.provisioned_concurrency.is_some());
        if fleet.services.values().any(provisioned) {
            let (value, usual) = (&set.function_lag, &default.function_lag);
            self.add("telemetry.function_lag", value, usual, about, "30s", "3min");
        }
    }

    /// Speeds count as assumptions where they are 1: nobody has measured this workload there.
    fn of_hardware(&mut self, fleet: &FleetSpec) {
        let mut speeds: Vec<(String, f64)> = Vec::new();
        for service in fleet.services.values() {
            let hardware = &fleet.hardware;
            match service {
                ServiceSpec::Fargate(it) if it.architecture == Arch::Arm => {
                    speeds.push(("fargate_arm".into(), hardware.fargate_arm));
                }
                ServiceSpec::Fargate(_) => speeds.push(("fargate_x86".into(), hardware.fargate_x86)),
                ServiceSpec::Lambda(it) if it.architecture == Arch::Arm => {
                    speeds.push(("lambda_arm".into(), hardware.lambda_arm));
                }
                ServiceSpec::Lambda(_) => speeds.push(("lambda_x86".into(), hardware.lambda_x86)),
                ServiceSpec::Ecs(_) => {}
            }
        }
        for (_, group) in fleet.clusters.values().flat_map(ClusterSpec::groups) {
            let family = group.instance_type.split('.').next().unwrap_or_default();
            speeds.push((format!("instances.{family}"), fleet.hardware.instance(&group.instance_type)));
        }
        speeds.sort_by(|a, b| a.0.cmp(&b.0));
        speeds.dedup();
        let about = "assumption: as fast as the core that the work was measured on; measure it";
        for (name, speed) in speeds {
            self.add(&format!("hardware.{name}"), &speed, &1.0, about, "0.6", "1.6");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet(services: &serde_json::Value) -> FleetSpec {
        smallest(json!({
            "work": { "page": { "cpu": { "constant": "8ms" }, "request": { "constant": "1MB" } } },
            "services": services,
            "clusters": { "fleet": { "instances": { "type": "m7g.large", "min": 1, "max": 2, "boot": { "constant": "9s" } } } },
        }))
    }

    fn settings(fleet: &FleetSpec) -> Vec<String> {
        assumptions(fleet).into_iter().map(|it| format!("{} = {}", it.setting, it.value)).collect()
    }

    #[test]
    fn defaults_in_force_are_listed_and_statements_are_not() {
        let function =
            json!({ "platform": "lambda", "work": "page", "memory": "512MB", "runtime": "nodejs22" });
        let list = settings(&fleet(&json!({ "f": function })));
        for expected in [
            "work.page.response = 10kB",
            "services.f.keep_alive = fixed, 10min",
            "services.f.warm_overhead = lognormal, median 6ms, p99 12ms",
            "services.f.app_init = lognormal, median 150ms, p99 480ms",
            "clusters.fleet.instances.launch = lognormal, median 15s, p99 35s",
            "clusters.fleet.instances.registered_memory = 97.5%",
            "hardware.instances.m7g = 1",
            "hardware.lambda_x86 = 1",
        ] {
            assert!(list.contains(&expected.to_owned()), "{expected} is not in {list:#?}");
        }
        for stated in ["work.page.request", "clusters.fleet.instances.boot", "telemetry"] {
            assert!(!list.iter().any(|line| line.starts_with(stated)), "{stated} is in {list:#?}");
        }
    }

    #[test]
    fn populations_that_are_played_bring_theirs() {
        let check = |functions: serde_json::Value,
                     more: serde_json::Value,
                     played: bool,
                     expected: &[&str]| {
            let mut population = json!({ "functions": functions });
            population.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let from = if played { "many" } else { "few" };
            let fleet: FleetSpec = smallest(json!({
                "populations": { "many": population, "few": { "functions": { "synthetic": { "count": 1 } } } },
                "sources": { "all": { "to": "f", "arrivals": { "population": from } } },
            }));
            let list = assumptions(&fleet);
            let found = list.iter().filter_map(|it| it.setting.strip_prefix("populations.many."));
            assert_eq!(found.collect::<Vec<_>>(), expected);
        };
        let synthetic = [
            "cpu_share",
            "functions.synthetic (durations of calls)",
            "functions.synthetic.max_duration",
            "functions.synthetic.hours",
            "functions.synthetic (rate, duration and memory of a function)",
            "functions.synthetic (regularity of arrivals)",
            "functions.synthetic (memory)",
        ];
        check(json!({ "synthetic": { "count": 9 } }), json!({}), true, &synthetic);
        check(json!({ "synthetic": { "count": 9 } }), json!({}), false, &[]);
        let stated = json!({ "synthetic": { "count": 9, "max_duration": "5min", "hours": [1.0] } });
        let left = [synthetic[1], synthetic[4], synthetic[5], synthetic[6]];
        check(stated, json!({ "cpu_share": "30%" }), true, &left);
        let files = json!({ "azure-functions-2019": { "invocations": "i.csv", "durations": "d.csv", "memory": "m.csv" } });
        let path = "functions.azure-functions-2019";
        let expected = [
            "cpu_share".to_owned(),
            format!("{path}.placement"),
            format!("{path}, functions without percentiles (durations of calls)"),
            format!("{path} (memory)"),
        ];
        check(files, json!({}), true, &expected.each_ref().map(String::as_str));
        let files = json!({ "azure-functions-2019": { "invocations": "i.csv", "placement": "uniform" } });
        check(files, json!({}), true, &["cpu_share"]);
    }

    #[test]
    fn tasks_bring_theirs() {
        let task = json!({ "cpu": "0.5vCPU", "memory": "1GB", "image": "90MB" });
        let fargate = json!({ "platform": "fargate", "work": "page", "task": task, "scaling": { "fixed": { "count": 2 } },
            "architecture": "arm64" });
        let list = settings(&fleet(&json!({ "web": fargate })));
        for expected in [
            "services.web.task.start = 5s",
            "services.web.pull_megabytes_per_second = 10",
            "services.web.balancer.alb.overhead = 1ms",
            "services.web.balancer.alb.health_check.served_by = workers",
            "telemetry.container_lag = 1min",
            "hardware.fargate_arm = 1",
        ] {
            assert!(list.contains(&expected.to_owned()), "{expected} is not in {list:#?}");
        }
        assert!(!list.iter().any(|line| line.contains("image")), "{list:#?}");
    }
}
