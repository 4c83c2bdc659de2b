//! Services, tasks and clusters: what runs where, and what stands in front of it.

use serde_json::{Map, Value, json};
use sim_core::spec::FARGATE_SIZES;

use super::faults::Served;
use super::{Cluster, Draft, Feature, Group, zone};

impl Draft {
    pub(super) fn services(&mut self) -> Value {
        let platforms: Vec<Feature> =
            [Feature::Ecs, Feature::Fargate, Feature::Lambda].into_iter().filter(|it| self.on(*it)).collect();
        let mut services = Map::new();
        if self.on(Feature::Lambda) && !self.populations.is_empty() {
            self.services.push("fleet-functions".into());
        }
        for name in self.services.clone() {
            let work = self.any_work();
            let mut service = match self.dice.one(&platforms) {
                _ if name.starts_with("fleet") => self.function(work, true),
                Feature::Ecs => self.ecs(work),
                Feature::Fargate => self.fargate(work),
                _ => self.function(work, false),
            };
            if self.dice.chance(30) {
                service["objective"] = json!(self.dice.one(&["p99 < 300ms", "p50 < 1s", "p99.9 < 2s"]));
            }
            self.served.push(served(&name, &service));
            services.insert(name, service);
        }
        Value::Object(services)
    }

    /// What both kinds of container services have.
    fn containers(&mut self, service: &mut Map<String, Value>) {
        let balanced = self.on(Feature::Balancers) && self.dice.chance(80);
        let balancer = if balanced { json!({ "alb": self.alb() }) } else { json!("none") };
        service.insert("balancer".into(), balancer);
        let scaling = self.scaling(balanced);
        let bounds = bounds(&scaling);
        service.insert("scaling".into(), scaling);
        self.set(service, Feature::HealthChecks, "health_check_grace_period", |draft| {
            draft.span(&["60s", "10min"])
        });
        self.set(service, Feature::HealthChecks, "maximum_percent", |draft| {
            json!(draft.value(&["150%", "200%"], &["100%", "10000%"]))
        });
        self.set(service, Feature::Deployments, "minimum_healthy_percent", |draft| {
            json!(draft.value(&["100%", "50%"], &["0%", "99%"]))
        });
        if let Some((min, max)) = bounds.filter(|_| self.dice.chance(30)) {
            service.insert("desired".into(), json!(self.dice.between(min, max)));
        }
    }

    fn alb(&mut self) -> Value {
        let mut alb = Map::new();
        let algorithms = ["round-robin", "least-outstanding-requests", "random", "power-of-two-choices"];
        alb.insert("algorithm".into(), json!(self.dice.one(&algorithms)));
        alb.insert("deregistration_delay".into(), self.span(&["1s", "300s"]));
        alb.insert("idle_timeout".into(), json!(self.value(&["5s", "60s"], &["1s", "4000s"])));
        alb.insert("overhead".into(), self.span(&["1ms", "100ms"]));
        alb.insert("requests_per_connection".into(), json!(self.dice.one(&[1, 10, 10_000])));
        self.set(&mut alb, Feature::HealthChecks, "health_check", |draft| {
            json!({
                "interval": draft.value(&["10s", "30s"], &["5s", "300s"]), "timeout": draft.dice.one(&["2s", "4s"]),
                "registration": draft.span(&["3s", "60s"]),
                "unhealthy_threshold": draft.dice.between(2, 10), "healthy_threshold": draft.dice.one(&[2, 5, 10]),
                "served_by": draft.dice.one(&["workers", "workers", "apart"]),
            })
        });
        Value::Object(alb)
    }

    fn task(&mut self, cpu: &str, memory: u64) -> Map<String, Value> {
        let mut task = Map::new();
        task.insert("cpu".into(), json!(cpu));
        task.insert("memory".into(), json!(format!("{memory}MiB")));
        task.insert(
            "idle_memory".into(),
            json!(format!("{}MiB", memory * self.dice.one(&[0, 20, 95, 100]) / 100)),
        );
        self.set(&mut task, Feature::Queues, "server", |draft| {
            let (count, backlog) =
                (draft.value(&[1, 2, 16], &[1, 5000]), draft.value(&[0, 2, 500], &[0, 100_000]));
            let limit = draft.value(&[1, 10, 1024], &[1, 100_000]);
            let servers = [
                json!({ "workers": { "count": count, "backlog": backlog } }),
                json!({ "shared": { "limit": limit } }),
            ];
            draft.dice.one(&servers)
        });
        self.set(&mut task, Feature::Cold, "image", |draft| {
            json!(draft.value(&["10MB", "500MB"], &["0B", "20GB"]))
        });
        self.set(&mut task, Feature::Cold, "start", |draft| {
            draft.duration(&["2s", "20s"], &["1ns", "20min"])
        });
        task.insert("stop_timeout".into(), self.span(&["2s", "30s", "120s"]));
        task
    }

    fn fargate(&mut self, work: Value) -> Value {
        let sizes = if self.on(Feature::Extremes) { FARGATE_SIZES.len() } else { 4 };
        let (units, memories) = FARGATE_SIZES[self.dice.between(0, sizes as u64 - 1) as usize];
        let memory = (self.dice.one(memories) * 1024.0) as u64;
        let mut service = Map::new();
        service.insert("platform".into(), json!("fargate"));
        service.insert("work".into(), work);
        let task = self.task(&format!("{}vCPU", f64::from(units) / 1024.0), memory);
        service.insert("task".into(), Value::Object(task));
        service.insert("architecture".into(), json!(self.dice.one(&["x86_64", "arm64"])));
        service.insert("purchase".into(), json!(self.dice.one(&["on-demand", "spot"])));
        service.insert("zones".into(), json!(self.value(&[1, 3], &[8])));
        self.set(&mut service, Feature::Cold, "provisioning", |draft| {
            draft.duration(&["5s", "30s"], &["1ns", "20min"])
        });
        self.containers(&mut service);
        Value::Object(service)
    }

    fn ecs(&mut self, work: Value) -> Value {
        let index = self.dice.between(0, self.clusters.len() as u64 - 1) as usize;
        let (vcpus, memory) = self.smallest(index);
        let share = self.value(&[8, 4, 2], &[1, 64]);
        let units = (vcpus * 1024 / share).max(2);
        let memory = (memory / self.value(&[8, 4, 2], &[1, 64])).max(6);
        let mut task = self.task(&format!("{}vCPU", units as f64 / 1024.0), memory);
        if self.on(Feature::SoftLimits) && self.dice.chance(60) {
            let soft = (memory / self.dice.one(&[2, 10])).max(1);
            task.insert("memory_reservation".into(), json!(format!("{soft}MiB")));
        }
        task.insert("hard_cpu_limit".into(), json!(self.dice.chance(30)));
        self.network(index, &mut task);
        let mut service = Map::new();
        service.insert("platform".into(), json!("ecs"));
        service.insert("work".into(), work);
        service.insert("cluster".into(), json!(self.clusters[index].name));
        service.insert("task".into(), Value::Object(task));
        self.set(&mut service, Feature::Placement, "placement", |draft| {
            let strategies =
                ["spread:zone", "spread:instance", "spread:attribute:rack", "binpack:cpu", "binpack:memory"];
            let mut chosen = draft.dice.some(&strategies);
            chosen.truncate(5);
            json!(if draft.dice.chance(20) { vec!["random"] } else { chosen })
        });
        self.set(&mut service, Feature::Constraints, "constraints", |draft| draft.constraints(index));
        self.strategy(index, &mut service);
        self.containers(&mut service);
        Value::Object(service)
    }

    /// vCPUs and MiB that every instance of a cluster has for tasks.
    fn smallest(&self, cluster: usize) -> (u64, u64) {
        let groups = &self.clusters[cluster].groups;
        let vcpus = groups.iter().map(|group| u64::from(self.types[&group.instance_type].vcpu)).min();
        let memory = groups.iter().map(|group| group.memory).min();
        (vcpus.unwrap_or(1), memory.unwrap_or(6))
    }

    fn network(&mut self, cluster: usize, task: &mut Map<String, Value>) {
        let enough = |group: &Group| self.types[&group.instance_type].awsvpc_tasks(false) > 0;
        let interfaces = self.clusters[cluster].groups.iter().all(enough);
        if self.on(Feature::Interfaces) && interfaces && self.dice.chance(60) {
            task.insert("network".into(), json!(self.dice.one(&["awsvpc", "awsvpc-trunking"])));
        } else if self.on(Feature::Ports) && self.dice.chance(50) {
            task.insert("host_port".into(), json!(self.dice.one(&[80, 8080])));
            task.insert("network".into(), json!(self.dice.one(&["bridge", "host"])));
        }
    }

    fn constraints(&mut self, cluster: usize) -> Value {
        let group = &self.clusters[cluster].groups[0];
        let zone =
            format!("member-of(attribute:ecs.availability-zone in [zone-a, zone-{}])", zone(group.zones - 1));
        let kind = format!("member-of(attribute:ecs.instance-type == {})", group.instance_type);
        let all = [
            "distinct-instance".to_owned(),
            zone,
            kind,
            "member-of(runningTasksCount < 3)".to_owned(),
            "member-of(attribute:rack exists)".to_owned(),
            "member-of(not(task:group == service:service-0))".to_owned(),
        ];
        json!(self.dice.some(&all).into_iter().take(2).map(|text| constraint(&text)).collect::<Vec<_>>())
    }

    /// Which groups the tasks are for. A cluster of several of which one scales must be told.
    fn strategy(&mut self, cluster: usize, service: &mut Map<String, Value>) {
        let groups: Vec<String> =
            self.clusters[cluster].groups.iter().map(|group| group.name.clone()).collect();
        let scaled = self.clusters[cluster].groups.iter().any(|group| group.scaled);
        if groups.len() < 2 || (!scaled && self.dice.chance(50)) {
            return;
        }
        let mut strategy = Map::new();
        for (index, name) in groups.into_iter().enumerate() {
            let base = if index == 0 { self.value(&[0, 1], &[0, 50]) } else { 0 };
            let weight = if index == 0 { 1 } else { self.value(&[0, 1, 3], &[1000]) };
            strategy.insert(name, json!({ "base": base, "weight": weight }));
        }
        service.insert("capacity_providers".into(), Value::Object(strategy));
    }

    pub(super) fn clusters(&mut self) -> Value {
        if !self.on(Feature::Ecs) {
            return json!({});
        }
        let several = self.on(Feature::Groups) && self.dice.chance(60);
        let names: &[&str] = if several { &["one", "other"] } else { &["instances"] };
        let (mut groups, mut known) = (Map::new(), Vec::new());
        for name in names {
            let (group, facts) = self.group(name);
            groups.insert((*name).to_owned(), group);
            known.push(facts);
        }
        self.clusters.push(Cluster { name: "fleet".into(), groups: known });
        match groups.remove("instances") {
            Some(only) => json!({ "fleet": { "instances": only } }),
            None => json!({ "fleet": { "groups": groups } }),
        }
    }

    fn group(&mut self, name: &str) -> (Value, Group) {
        let names: Vec<&String> = self.types.keys().collect();
        let (small, burst) =
            (["m5.large", "c7g.large", "m7g.xlarge"], ["t3.medium", "t4g.small", "t3.large"]);
        let chosen = match self.dice.between(1, 3) {
            1 => self.dice.one(&small).to_owned(),
            2 => self.dice.one(&burst).to_owned(),
            _ => self.dice.one(&names).clone(),
        };
        let instance_type = if self.types.contains_key(&chosen) { chosen } else { names[0].clone() };
        let max = self.value(&[1, 3, 6], &[2, 40]);
        let min = self.dice.between(0, max.min(3));
        let zones = self.value(&[1, 2, 3], &[8]);
        let mut group = Map::new();
        let settings = [
            ("type", json!(instance_type)),
            ("min", json!(min)),
            ("max", json!(max)),
            ("zones", json!(zones)),
            ("warm_up", self.span(&["60s", "300s"])),
            ("managed_termination_protection", json!(self.dice.chance(50))),
            ("managed_draining", json!(self.dice.chance(50))),
            ("credits", json!(self.dice.one(&["standard", "unlimited"]))),
            ("attributes", json!({ "rack": self.dice.one(&["a", "b"]) })),
            ("purchase", json!(self.dice.one(&["on-demand", "spot"]))),
        ];
        group.extend(settings.map(|(key, value)| (key.to_owned(), value)));
        for key in ["boot", "launch"] {
            self.set(&mut group, Feature::Cold, key, |draft| {
                draft.duration(&["10s", "60s"], &["1ns", "30min"])
            });
        }
        self.set(&mut group, Feature::Placement, "termination", |draft| {
            let policies = ["default", "oldest-instance", "newest-instance", "closest-to-next-instance-hour"];
            json!(draft.dice.one(&policies))
        });
        let scaled = self.on(Feature::GroupScaling) && self.dice.chance(80);
        if scaled {
            group.insert("scaling".into(), self.group_scaling(min, max));
        }
        let whole = u64::from(self.types[&instance_type].memory.0);
        let memory = whole * 975 / 1000 - 1;
        let spot = group["purchase"] == "spot";
        (Value::Object(group), Group { name: name.into(), instance_type, zones, scaled, spot, memory })
    }
}

/// The least and the most that a policy of one part allows.
fn bounds(scaling: &Value) -> Option<(u64, u64)> {
    let (_, policy) = scaling.as_object()?.iter().next()?;
    Some((policy.get("min")?.as_u64()?, policy.get("max")?.as_u64()?)).filter(|(min, max)| min <= max)
}

/// What faults need to know of a service.
fn served(name: &str, service: &Value) -> Served {
    let platform = match service["platform"].as_str() {
        Some("ecs") => Feature::Ecs,
        Some("fargate") => Feature::Fargate,
        _ => Feature::Lambda,
    };
    let never = |key: &str, usual: &str| service.get(key).unwrap_or(&json!(usual)) == "100%";
    let stuck = platform != Feature::Lambda
        && never("minimum_healthy_percent", "100%")
        && never("maximum_percent", "200%");
    let zones = match platform {
        Feature::Fargate => service["zones"].as_u64().unwrap_or(1),
        Feature::Lambda => 3,
        _ => 1,
    };
    let spot = platform == Feature::Fargate && service["purchase"] == "spot";
    Served { name: name.to_owned(), platform, spot, replaceable: !stuck, zones }
}

/// A constraint as files write it: a name, or a table of a name and an expression.
fn constraint(text: &str) -> Value {
    match text.strip_prefix("member-of(").and_then(|rest| rest.strip_suffix(')')) {
        Some(expression) => json!({ "member-of": expression }),
        None => json!(text),
    }
}
