//! Scaling: every built-in policy of services and groups.

use serde_json::{Map, Value, json};

use super::{Draft, Feature};

impl Draft {
    /// A service's scaling; `balanced` where a balancer counts requests per target.
    pub(super) fn scaling(&mut self, balanced: bool) -> Value {
        let count = self.value(&[0, 1, 2, 4], &[30, 120]);
        if !self.on(Feature::Scaling) {
            return json!({ "fixed": { "count": count } });
        }
        let (min, max) = (self.dice.between(0, 2), self.value(&[3, 9], &[2, 60]));
        match self.dice.between(1, 6) {
            1 => json!({ "fixed": { "count": count } }),
            2 | 3 => json!({ "target-tracking": self.tracking(balanced, Some((min, max))) }),
            4 => json!({ "step-scaling": self.steps(min, max) }),
            5 => json!({ "scheduled": self.scheduled(min, max) }),
            _ => {
                let tracking = self.tracking(balanced, Some((min, max)));
                let other = match self.dice.between(1, 2) {
                    1 => json!({ "target-tracking": self.tracking(balanced, None) }),
                    _ => json!({ "scheduled": { "actions": self.actions(min, max) } }),
                };
                json!({ "several": [{ "target-tracking": tracking }, other] })
            }
        }
    }

    fn tracking(&mut self, balanced: bool, bounds: Option<(u64, u64)>) -> Value {
        let mut tracking = Map::new();
        let metrics: &[&str] =
            if balanced { &["cpu", "memory", "requests-per-target"] } else { &["cpu", "memory"] };
        let metric = self.dice.one(metrics);
        let target = match metric {
            "requests-per-target" => self.value(&["30/min", "600/min"], &["1/h", "100000/s"]),
            _ => self.value(&["30%", "60%"], &["1%", "100%", "0.001%"]),
        };
        tracking.insert("metric".into(), json!(metric));
        tracking.insert("target".into(), json!(target));
        if let Some((min, max)) = bounds {
            tracking.insert("min".into(), json!(min));
            tracking.insert("max".into(), json!(max));
        }
        tracking.insert("scale_out_cooldown".into(), self.span(&["60s", "300s"]));
        tracking.insert("scale_in_cooldown".into(), self.span(&["60s", "300s"]));
        tracking.insert("disable_scale_in".into(), json!(self.dice.chance(15)));
        tracking.insert("scale_in_at_most".into(), json!(self.dice.one(&["100%", "10%"])));
        Value::Object(tracking)
    }

    fn steps(&mut self, min: u64, max: u64) -> Value {
        let adjustment =
            self.dice.one(&["change-in-capacity", "exact-capacity", "percent-change-in-capacity"]);
        let (more, fewer) = match adjustment {
            "exact-capacity" => (max as i64, min as i64),
            "change-in-capacity" => self.dice.one(&[(1, -1), (3, -4), (1000, -1000)]),
            _ => self.dice.one(&[(50, -20), (1000, -100)]),
        };
        let cooldown = self.span(&["60s", "300s"]);
        let alarm = |threshold: &str, steps: Value| {
            json!({ "threshold": threshold, "datapoints": 1, "adjustment": adjustment, "cooldown": cooldown,
                "minimum_change": 1, "steps": steps })
        };
        json!({
            "metric": self.dice.one(&["cpu", "memory"]), "min": min, "max": max,
            "scale_out": alarm("40%", json!([{ "to": "20%", "change": more }, { "from": "20%", "change": more }])),
            "scale_in": alarm("10%", json!([{ "change": fewer }])),
        })
    }

    /// A schedule of bounds, for services and for provisioned environments.
    pub(super) fn scheduled(&mut self, min: u64, max: u64) -> Value {
        json!({ "min": min, "max": max, "actions": self.actions(min, max) })
    }

    fn actions(&mut self, min: u64, max: u64) -> Value {
        let cron = self.dice.one(&["*/10 * * * ? *", "0 9 ? * MON-FRI *", "1 0 * * ? *"]);
        // Not at once: the bounds of the beginning are given beside.
        let (at, every) = (self.dice.one(&["1ns", "1min", "3min"]), self.dice.one(&["4min", "1h", "1s"]));
        let actions = [
            json!({ "at": at, "every": every, "min": max, "max": max }),
            json!({ "at": "2min", "every": "7min", "min": min, "max": max }),
            json!({ "at": "5min", "max": min.max(1), "min": min }),
            json!({ "cron": cron, "min": min, "max": max }),
        ];
        let chosen = self.dice.some(&actions);
        json!(if chosen.is_empty() { actions[..1].to_vec() } else { chosen })
    }

    /// What changes the size of a group.
    pub(super) fn group_scaling(&mut self, min: u64, max: u64) -> Value {
        if self.dice.chance(20) {
            return json!({ "fixed": { "count": self.dice.between(min, max) } });
        }
        let capacity = self.value(&["100%", "60%"], &["1%"]);
        let step = self.dice.one(&[1, 10_000]);
        json!({ "managed": { "target_capacity": capacity, "maximum_scaling_step": step } })
    }
}
