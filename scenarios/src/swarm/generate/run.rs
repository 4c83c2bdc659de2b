//! How a scenario is run, the account that it runs in, and what it is compared with.

use serde_json::{Map, Value, json};

use super::{Draft, Feature};

impl Draft {
    pub(super) fn run(&mut self, seed: u64) -> Value {
        let seconds = self.seconds as u64;
        let steady = self.dice.chance(25);
        let warm_up =
            if steady || self.dice.chance(40) { seconds * self.dice.one(&[100, 300, 900]) } else { 0 };
        let mut run = Map::new();
        run.insert("duration".into(), json!(format!("{seconds}s")));
        run.insert("warm_up".into(), json!(format!("{warm_up}ms")));
        run.insert("kind".into(), json!(if steady { "steady" } else { "terminating" }));
        run.insert("replications".into(), json!(1));
        run.insert("seed".into(), json!(seed % 1_000_000_007));
        run.insert("drain".into(), json!(self.dice.one(&["1h", "1h", "1h", "100h", "30s", "0s"])));
        let starts = ["2026-03-02", "2026-12-31 23:59", "2028-02-28 22:30"];
        run.insert("start".into(), json!(self.dice.one(&starts)));
        run.insert("initial".into(), json!(self.dice.one(&["warm", "warm", "empty"])));
        if self.on(Feature::Days) && warm_up == 0 && seconds > 1 {
            let half = seconds / 2;
            run.insert(
                "days".into(),
                json!([
                    { "name": "ordinary", "from": "0s", "to": format!("{half}s"), "weight": 29.0 },
                    { "name": "launch", "from": format!("{half}s"), "to": format!("{seconds}s"), "weight": 0.5 },
                ]),
            );
        }
        Value::Object(run)
    }

    pub(super) fn account(&mut self) -> Value {
        let mut account = Map::new();
        self.concurrency = 1000;
        if self.on(Feature::Quotas) {
            self.concurrency = self.value(&[101, 110, 150, 400], &[1, 2, 10, 100, 100_000]);
            let dice = &mut self.dice;
            account.insert("lambda_concurrency".into(), json!(self.concurrency));
            account.insert("lambda_scaling_burst".into(), json!(dice.one(&[1, 5, 1000])));
            account.insert("lambda_scaling_rate".into(), json!(dice.one(&["1/s", "100/s", "0.01/s", "0/s"])));
            account.insert("fargate_launch_burst".into(), json!(dice.one(&[1, 3, 100])));
            account.insert("fargate_launch_rate".into(), json!(dice.one(&["20/s", "1/s", "1/min"])));
            account.insert("service_launch_rate".into(), json!(dice.one(&["10/min", "500/min", "1000/s"])));
        }
        self.spare = self.concurrency.saturating_sub(100);
        Value::Object(account)
    }

    pub(super) fn telemetry(&mut self) -> Value {
        let mut telemetry = Map::new();
        for key in ["container_lag", "balancer_lag", "function_lag", "reservation_lag", "scheduler_reaction"]
        {
            self.set(&mut telemetry, Feature::Lags, key, |draft| {
                let usual = draft.span(&["1s", "60s", "90s", "10min"]);
                if draft.on(Feature::Extremes) {
                    draft.dice.one(&[usual, json!("1ns"), json!("3h")])
                } else {
                    usual
                }
            });
        }
        Value::Object(telemetry)
    }

    pub(super) fn hardware(&mut self) -> Value {
        let mut hardware = Map::new();
        for key in ["fargate_x86", "fargate_arm", "lambda_x86", "lambda_arm"] {
            self.set(&mut hardware, Feature::Speeds, key, |draft| {
                json!(draft.value(&[0.7, 1.3], &[0.01, 100.0]))
            });
        }
        let families: Vec<String> = self
            .clusters
            .iter()
            .flat_map(|cluster| &cluster.groups)
            .filter_map(|group| group.instance_type.split('.').next().map(str::to_owned))
            .collect();
        if !families.is_empty() {
            self.set(&mut hardware, Feature::Speeds, "instances", |draft| {
                let speed = draft.value(&[0.7, 1.3, 2.0], &[0.01, 100.0]);
                json!({ draft.dice.one(&families): speed })
            });
        }
        Value::Object(hardware)
    }

    /// Variants that say something else of a source or of the account, and a sweep.
    pub(super) fn alternatives(&mut self, file: &mut Map<String, Value>) {
        let source = file["sources"].as_object().and_then(|sources| sources.keys().next().cloned());
        if self.on(Feature::Variants) && self.dice.chance(40) {
            let (least, most) = (self.dice.one(&["10ms", "1s"]), self.dice.one(&["5s", "60s"]));
            file.insert(
                "variants".into(),
                json!({
                    "patient": { "sources": { source.clone().unwrap_or_default(): { "client": { "timeout": most } } } },
                    "hasty": { "sources": { source.unwrap_or_default(): { "client": { "timeout": least } } } },
                }),
            );
        }
        if self.on(Feature::Sweeps) && self.dice.chance(30) {
            file.insert("sweep".into(), json!({ "account.lambda_scaling_burst": [1, 1000] }));
        }
    }
}
