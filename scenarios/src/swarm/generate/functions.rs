//! Functions: single ones, and fleets of a population.

use serde_json::{Map, Value, json};

use super::{Draft, Feature};

const RUNTIMES: [&str; 4] = ["rust", "nodejs22", "java21", "python3.13"];

impl Draft {
    /// A function; `fleet` where it is one for each function of a population.
    pub(super) fn function(&mut self, work: Value, fleet: bool) -> Value {
        let mut function = Map::new();
        function.insert("platform".into(), json!("lambda"));
        function.insert("runtime".into(), json!(self.dice.one(&RUNTIMES)));
        let timeout = if fleet { "900s" } else { self.value(&["3s", "30s"], &["1s", "900s"]) };
        function.insert("timeout".into(), json!(timeout));
        if fleet {
            function.insert("functions".into(), json!("fleet"));
        } else {
            function.insert("work".into(), work);
            function.insert("memory".into(), json!(self.value(&["512MB", "1769MB"], &["128MB", "10240MB"])));
            self.concurrency(&mut function);
        }
        self.set(&mut function, Feature::KeepAlive, "keep_alive", |draft| {
            if draft.dice.chance(50) {
                return draft.hybrid();
            }
            let after = draft.value(&["5s", "10min"], &["0s", "1ns", "100h"]);
            json!({ "fixed": { "after": after } })
        });
        self.set(&mut function, Feature::KeepAlive, "max_lifetime", |draft| {
            draft.duration(&["30s", "10min", "2h"], &["1ns", "300d"])
        });
        self.set(&mut function, Feature::KeepAlive, "reuse", |draft| {
            let orders = ["most-recently-used", "newest-created", "least-recently-used", "random"];
            json!(draft.dice.one(&orders))
        });
        self.cold(&mut function);
        self.set(&mut function, Feature::Balancers, "front_door", Draft::front_door);
        function.insert("architecture".into(), json!(self.dice.one(&["x86_64", "arm64"])));
        Value::Object(function)
    }

    /// Pre-warming; with one sample, and trusted whatever it looks like, also where a run is short.
    fn hybrid(&mut self) -> Value {
        let samples = self.value(&[1, 2], &[0, 5]);
        let head = self.dice.one(&["0%", "5%", "50%"]);
        let margin = self.value(&["10%"], &["0%", "100%"]);
        json!({ "hybrid-histogram": {
            "minimum_samples": samples, "representative_cv": self.dice.one(&[0.0, 2.0]), "head": head, "margin": margin,
            "range": self.value(&["4h", "2min"], &["1min"]), "forecast_margin": self.dice.one(&["15%", "0%", "100%"]),
        } })
    }

    fn cold(&mut self, function: &mut Map<String, Value>) {
        self.set(function, Feature::Cold, "package", |draft| json!(draft.dice.one(&["zip", "image"])));
        self.set(function, Feature::Cold, "app_init", |draft| {
            draft.duration(&["100ms", "3s"], &["11s", "30s", "1ns"])
        });
        for key in ["placement_overhead", "warm_overhead"] {
            self.set(function, Feature::Cold, key, |draft| draft.duration(&["1ms", "50ms"], &["1ns", "20s"]));
        }
    }

    /// What a function sets aside, within what the account can spare.
    fn concurrency(&mut self, function: &mut Map<String, Value>) {
        let mut most = self.spare.min(self.dice.one(&[1, 5, 20, 60]));
        let reserved = self.on(Feature::Reservations) && self.dice.chance(60);
        if reserved {
            most = self.dice.between(0, most);
            function.insert("reserved_concurrency".into(), json!(most));
            self.spare -= most;
        }
        // What a policy may come to ask for must fit what is set aside from the beginning.
        if !self.on(Feature::Provisioned) || self.dice.chance(25) || most == 0 {
            return;
        }
        let least = most.min(self.dice.between(0, 3));
        let policy = match self.dice.between(1, 3) {
            1 => json!({ "fixed": { "count": most } }),
            2 => {
                let target = self.value(&["50%", "70%"], &["10%", "90%"]);
                json!({ "target-tracking": { "target": target, "min": least, "max": most } })
            }
            _ => json!({ "scheduled": self.scheduled(least, most) }),
        };
        function.insert("provisioned_concurrency".into(), policy);
        self.spare -= if reserved { 0 } else { most };
    }

    fn front_door(&mut self) -> Value {
        let limit = self.value(&["1s", "29s"], &["50ms", "300s"]);
        let idle = self.value(&["2s", "60s"], &["1ns", "1h"]);
        let doors = [
            json!("function-url"),
            json!("invoke"),
            json!("http-api"),
            json!({ "rest-api": { "timeout": limit } }),
            json!({ "alb": { "idle_timeout": idle } }),
        ];
        self.dice.one(&doors)
    }
}
