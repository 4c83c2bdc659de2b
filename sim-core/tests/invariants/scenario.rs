//! Random scenarios that make sense: one number decides everything. Each switches some features off and turns others
//! far up, so that rare corners meet (tiny clusters, memory kills, slow boots, short timeouts, bursts).

use serde_json::{Map, Value, json};

/// SplitMix64 (Steele, Lea, Flood 2014), enough to pick scenarios.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.between(0, of.len() as u64 - 1) as usize].clone()
    }
}

/// A scenario: the fleet and how many minutes it runs.
pub(crate) fn scenario(seed: u64) -> (Value, u64) {
    let dice = &mut Dice::new(seed);
    let minutes = dice.one(&[3, 10, 25, 45]);
    let count = dice.between(1, 3);
    let (mut work, mut sources, mut services) = (Map::new(), Map::new(), Map::new());
    for index in 0..count {
        work.insert(format!("work-{index}"), request(dice));
        services.insert(format!("service-{index}"), service(dice, index));
        for more in 0..dice.one(&[1, 1, 2]) {
            sources.insert(format!("source-{index}-{more}"), source(dice, index, minutes));
        }
    }
    let cluster = cluster(dice);
    for service in services.values_mut().filter(|it| it["platform"] == "ecs") {
        service["capacity_providers"] = strategy(dice, &cluster);
    }
    let spec = json!({
        "work": work, "sources": sources, "services": services,
        "clusters": { "fleet": cluster },
        "account": {
            "lambda_concurrency": 150,
            "lambda_scaling_burst": dice.one(&[1, 5, 1000]),
            "lambda_scaling_rate": dice.one(&["1/s", "100/s"]),
            "fargate_launch_burst": dice.one(&[1, 100]),
            "service_launch_rate": dice.one(&["10/min", "500/min"]),
        },
    });
    (spec, minutes)
}

fn request(dice: &mut Dice) -> Value {
    let cpu = [
        json!({ "constant": "20ms" }),
        json!({ "exponential": { "mean": "40ms" } }),
        json!({ "lognormal": { "p50": "10ms", "p99": "300ms" } }),
        json!({ "constant": "0s" }),
        json!({ "constant": "1500ms" }),
    ];
    let wait = [
        json!({ "constant": "0s" }),
        json!({ "constant": "200ms" }),
        json!({ "exponential": { "mean": "1s" } }),
    ];
    let memory = [
        json!({ "constant": "0B" }),
        json!({ "uniform": { "low": "1MB", "high": "60MB" } }),
        json!({ "uniform": { "low": "100MB", "high": "900MB" } }),
    ];
    json!({
        "cpu": dice.one(&cpu), "wait": dice.one(&wait), "memory": dice.one(&memory),
        "parallelism": dice.one(&[1.0, 1.0, 2.0]),
    })
}

fn arrivals(dice: &mut Dice, minutes: u64) -> Value {
    let rate = dice.one(&["0.2/s", "2/s", "5/s"]);
    let at = format!("{}s", dice.between(20, minutes * 40));
    let spike = json!({ "spike": { "at": at, "rise": "10s", "hold": "60s", "decay": "30s", "factor": 8.0 } });
    let laws = [
        json!({ "poisson": { "rate": rate } }),
        json!({ "poisson": { "rate": rate, "shape": spike } }),
        json!({ "deterministic": { "rate": rate } }),
        json!({ "renewal": { "rate": rate, "law": "gamma", "cv": 3.0 } }),
        json!({ "batch": { "rate": "0.1/s", "size": { "constant": "12" } } }),
        json!({ "mmpp": { "rates": ["0/s", "10/s"], "sojourns": ["60s", "20s"] } }),
        json!({ "users": { "population": { "constant": dice.between(1, 30) }, "think": { "exponential": { "mean": "4s" } } } }),
        json!({ "users": {
            "population": { "piecewise-linear": [{ "at": "0s", "users": 0 }, { "at": "90s", "users": 20 }, { "at": "150s", "users": 3 }] },
            "think": { "constant": "2s" },
        } }),
    ];
    dice.one(&laws)
}

fn source(dice: &mut Dice, index: u64, minutes: u64) -> Value {
    let mut client = Map::new();
    if dice.chance(50) {
        client.insert("timeout".into(), json!(dice.one(&["50ms", "1s", "10s"])));
    }
    if dice.chance(50) {
        let budget = dice.one(&[Value::Null, json!("10%")]);
        let attempts = dice.between(1, 5);
        client
            .insert("retries".into(), json!({ "attempts": attempts, "backoff": "100ms", "budget": budget }));
    }
    let network = [
        json!({ "constant": "0s" }),
        json!({ "constant": "30ms" }),
        json!({ "exponential": { "mean": "20ms" } }),
    ];
    json!({
        "to": format!("service-{index}"), "arrivals": arrivals(dice, minutes), "client": client,
        "network": dice.one(&network),
    })
}

fn service(dice: &mut Dice, index: u64) -> Value {
    let work = format!("work-{index}");
    match dice.between(0, 2) {
        0 => function(dice, &work),
        1 => fargate(dice, &work),
        _ => ecs(dice, &work),
    }
}

/// A balancer and a scaling policy. Without a balancer nobody counts requests per target.
fn front(dice: &mut Dice) -> (Value, Value) {
    let (balancer, scaling) = (balancer(dice), scaling(dice));
    let counts = scaling["target-tracking"]["metric"] == "requests-per-target";
    if balancer == "none" && counts { (json!({ "alb": {} }), scaling) } else { (balancer, scaling) }
}

fn scaling(dice: &mut Dice) -> Value {
    let max = dice.between(2, 9);
    let min = dice.between(0, 1);
    let cooldown = dice.one(&["0s", "60s", "300s"]);
    let tracking = |metric: &str, target: &str| {
        json!({ "target-tracking": {
            "metric": metric, "target": target, "min": min, "max": max,
            "scale_out_cooldown": cooldown, "scale_in_cooldown": cooldown,
        } })
    };
    let choices = [
        json!({ "fixed": { "count": dice.between(0, 4) } }),
        json!({ "fixed": { "count": dice.between(1, 4) } }),
        tracking("cpu", "30%"),
        tracking("memory", "40%"),
        tracking("requests-per-target", "30/min"),
        json!({ "scheduled": { "min": min, "max": max, "actions": [
            { "at": "1min", "every": "4min", "min": max, "max": max }, { "at": "3min", "every": "4min", "min": min, "max": max },
        ] } }),
        json!({ "step-scaling": {
            "metric": "cpu", "min": min, "max": max,
            "scale_out": { "threshold": "20%", "datapoints": 1, "cooldown": cooldown, "steps": [{ "change": 3 }] },
            "scale_in": { "threshold": "10%", "datapoints": 1, "cooldown": cooldown, "steps": [{ "change": -4 }] },
        } }),
    ];
    dice.one(&choices)
}

fn balancer(dice: &mut Dice) -> Value {
    if dice.chance(25) {
        return json!("none");
    }
    let algorithms = ["round-robin", "least-outstanding-requests", "random", "power-of-two-choices"];
    json!({ "alb": {
        "algorithm": dice.one(&algorithms),
        "deregistration_delay": dice.one(&["0s", "1s", "300s"]),
        "idle_timeout": dice.one(&["1s", "60s"]),
        "health_check": {
            "interval": dice.one(&["5s", "30s"]), "timeout": "2s", "registration": dice.one(&["0s", "3s"]),
            "unhealthy_threshold": dice.between(2, 3), "healthy_threshold": dice.one(&[2, 5]),
            "served_by": dice.one(&["workers", "workers", "apart"]),
        },
    } })
}

fn grace(dice: &mut Dice) -> &'static str {
    dice.one(&["0s", "0s", "60s"])
}

fn maximum(dice: &mut Dice) -> &'static str {
    dice.one(&["200%", "150%", "100%"])
}

fn task(dice: &mut Dice, cpu: &str, memory: &str) -> Map<String, Value> {
    let servers = [
        json!({ "workers": { "count": dice.between(1, 4), "backlog": dice.one(&[0, 2, 500]) } }),
        json!({ "shared": { "limit": dice.one(&[1, 10, 1024]) } }),
    ];
    let task = json!({
        "cpu": cpu, "memory": memory, "server": dice.one(&servers), "image": dice.one(&["1MB", "300MB"]),
        "start": { "constant": dice.one(&["0s", "7s"]) },
    });
    task.as_object().unwrap().clone()
}

fn fargate(dice: &mut Dice, work: &str) -> Value {
    let (cpu, memory) = dice.one(&[("0.25vCPU", "512MiB"), ("1vCPU", "2GB"), ("4vCPU", "8GB")]);
    let task = task(dice, cpu, memory);
    let (balancer, scaling) = front(dice);
    json!({
        "platform": "fargate", "work": work, "task": task, "balancer": balancer,
        "scaling": scaling, "zones": dice.between(1, 3), "health_check_grace_period": grace(dice),
        "maximum_percent": maximum(dice),
    })
}

fn ecs(dice: &mut Dice, work: &str) -> Value {
    let memory = dice.one(&["256MiB", "1GiB", "3GiB", "3GiB"]);
    let cpu = dice.one(&["0.25vCPU", "0.5vCPU", "1vCPU"]);
    let mut task = task(dice, cpu, memory);
    if dice.chance(60) {
        task.insert("memory_reservation".into(), json!("150MiB"));
    }
    if memory == "3GiB" {
        // With a soft limit, two or three of these fill an instance while they are idle.
        task.insert("idle_memory".into(), json!("2900MiB"));
    }
    task.insert("hard_cpu_limit".into(), json!(dice.chance(30)));
    match dice.between(0, 5) {
        0 => task.insert("host_port".into(), json!(8080)),
        1 => task.insert("network".into(), json!("awsvpc")),
        2 => task.insert("network".into(), json!("awsvpc-trunking")),
        _ => None,
    };
    let placements = [
        json!([]),
        json!(["binpack:memory"]),
        json!(["binpack:cpu"]),
        json!(["spread:zone", "binpack:cpu"]),
        json!(["spread:instance"]),
        json!(["random"]),
    ];
    let constraints = if dice.chance(20) { json!(["distinct-instance"]) } else { json!([]) };
    let (balancer, scaling) = front(dice);
    json!({
        "platform": "ecs", "work": work, "cluster": "fleet", "task": task, "balancer": balancer,
        "scaling": scaling, "placement": dice.one(&placements), "constraints": constraints,
        "health_check_grace_period": grace(dice), "maximum_percent": maximum(dice),
    })
}

fn cluster(dice: &mut Dice) -> Value {
    if dice.chance(20) {
        return json!({ "groups": { "one": group(dice), "other": group(dice) } });
    }
    json!({ "instances": group(dice) })
}

/// Which groups of the cluster a service's tasks are for.
fn strategy(dice: &mut Dice, cluster: &Value) -> Value {
    if cluster.get("groups").is_none() {
        return json!({});
    }
    let strategies = [
        json!({ "one": {} }),
        json!({ "one": { "base": 1 }, "other": { "weight": 2 } }),
        json!({ "one": { "base": 2, "weight": 0 }, "other": {} }),
    ];
    dice.one(&strategies)
}

fn group(dice: &mut Dice) -> Value {
    let max = dice.between(1, 5);
    let min = dice.between(0, max.min(2));
    let terminations = ["default", "oldest-instance", "newest-instance", "closest-to-next-instance-hour"];
    let mut group = json!({
        "type": dice.one(&["m5.large", "m5.xlarge", "t3.medium", "t3.large"]),
        "min": min, "max": max, "zones": dice.between(1, 3), "warm_up": dice.one(&["0s", "60s", "300s"]),
        "managed_termination_protection": dice.chance(50), "managed_draining": dice.chance(50),
        "credits": dice.one(&["standard", "unlimited"]), "termination": dice.one(&terminations),
        "boot": dice.one(&[json!({ "constant": "0s" }), json!({ "constant": "40s" })]),
        "launch": dice.one(&[json!({ "constant": "0s" }), json!({ "exponential": { "mean": "20s" } })]),
    });
    if dice.chance(70) {
        group["scaling"] = json!({ "managed": {
            "target_capacity": dice.one(&["100%", "60%"]), "maximum_scaling_step": dice.one(&[1, 10_000]),
        } });
    }
    group
}

fn function(dice: &mut Dice, work: &str) -> Value {
    let doors = [
        json!("function-url"),
        json!("invoke"),
        json!("http-api"),
        json!({ "rest-api": { "timeout": "1s" } }),
        json!({ "alb": { "idle_timeout": "2s" } }),
    ];
    let mut function = json!({
        "platform": "lambda", "work": work, "memory": dice.one(&["128MB", "1769MB", "10240MB"]),
        "runtime": dice.one(&["rust", "nodejs22", "java21"]), "package": dice.one(&["zip", "image"]),
        "timeout": dice.one(&["1s", "3s", "900s"]), "front_door": dice.one(&doors),
        "reuse": dice.one(&["most-recently-used", "newest-created", "least-recently-used", "random"]),
        "keep_alive": { "fixed": { "after": dice.one(&["0s", "5s", "10min"]) } },
        "max_lifetime": dice.one(&[json!({ "constant": "30s" }), json!({ "constant": "2h" })]),
    });
    if dice.chance(20) {
        function["app_init"] = json!({ "constant": dice.one(&["0s", "11s"]) });
    }
    let reserved = dice.chance(40).then(|| dice.between(0, 15));
    if let Some(reserved) = reserved {
        function["reserved_concurrency"] = json!(reserved);
    }
    let most = reserved.unwrap_or(10);
    if dice.chance(40) {
        let choices = [
            json!({ "fixed": { "count": most } }),
            json!({ "target-tracking": { "target": "50%", "min": most.min(1), "max": most } }),
            json!({ "scheduled": { "min": 0, "max": most, "actions": [
                { "at": "1min", "every": "6min", "min": most }, { "at": "4min", "every": "6min", "min": 0, "max": most / 2 },
                { "at": "6min", "every": "6min", "max": most },
            ] } }),
        ];
        function["provisioned_concurrency"] = dice.one(&choices);
    }
    function
}
