//! What requests need, and distributions of every law.

use serde_json::{Map, Value, json};

use super::{Draft, Feature};

impl Draft {
    pub(super) fn work(&mut self) -> Value {
        self.works = self.dice.between(1, 3);
        (0..self.works).map(|index| (format!("work-{index}"), self.one_work())).collect::<Map<_, _>>().into()
    }

    fn one_work(&mut self) -> Value {
        let mut work = Map::new();
        let cpu = self.duration(&["1ms", "20ms", "200ms"], &["1ns", "30s", "10min"]);
        work.insert("cpu".into(), cpu);
        self.set(&mut work, Feature::Waits, "wait", |draft| {
            draft.duration(&["1ms", "200ms", "1s"], &["1ns", "2min", "2h"])
        });
        self.set(&mut work, Feature::Memory, "memory", |draft| {
            draft.bytes(&["1MB", "20MB", "300MB"], &["0B", "2GB", "100GB", "1B"])
        });
        for key in ["request", "response"] {
            self.set(&mut work, Feature::Payloads, key, |draft| {
                draft.bytes(&["1kB", "500kB", "2MB"], &["0B", "7MB", "1GB"])
            });
        }
        if self.dice.chance(30) {
            let parallelism = self.value(&[2.0, 0.5, 4.0], &[0.01, 1024.0]);
            work.insert("parallelism".into(), json!(parallelism));
        }
        Value::Object(work)
    }

    /// One of the kinds of work that there are.
    pub(super) fn any_work(&mut self) -> Value {
        json!(format!("work-{}", self.dice.between(0, self.works - 1)))
    }

    /// A duration by any law.
    pub(super) fn duration(&mut self, usual: &[&str], extreme: &[&str]) -> Value {
        if self.on(Feature::Zeroes) && self.dice.chance(30) {
            return json!("0s");
        }
        let size = self.value(usual, extreme);
        self.law(size, "0s")
    }

    /// A size by any law.
    fn bytes(&mut self, usual: &[&str], extreme: &[&str]) -> Value {
        let size = self.value(usual, extreme);
        if size == "0B" { json!(size) } else { self.law(size, "0B") }
    }

    /// A law of about this size.
    fn law(&mut self, size: &str, nothing: &str) -> Value {
        if !self.on(Feature::Laws) {
            return json!(size);
        }
        let cv: f64 = self.value(&[0.3, 1.0, 2.0], &[0.01, 20.0]);
        let wide = cv.max(1.0);
        let laws = [
            json!({ "constant": size }),
            json!({ "exponential": { "mean": size } }),
            json!({ "uniform": { "low": nothing, "high": size } }),
            json!({ "lognormal": { "mean": size, "cv": cv } }),
            json!({ "lognormal": { "p50": size, "p99": size } }),
            json!({ "gamma": { "mean": size, "cv": cv } }),
            json!({ "weibull": { "mean": size, "shape": 0.7 } }),
            json!({ "hyperexponential": { "mean": size, "cv": wide } }),
            json!({ "percentiles": { "p0": nothing, "p50": size, "p100": size } }),
            json!({ "mixture": [
                { "weight": 9.0, "of": size }, { "weight": 1.0, "of": { "exponential": { "mean": size } } },
            ] }),
        ];
        self.dice.one(&laws)
    }
}
