//! What goes wrong, and deployments: any number of faults of any kind, at any time, on anything that there is.

use serde_json::{Map, Value, json};

use super::{Draft, Feature};

/// A service as faults need to know it.
pub(super) struct Served {
    pub name: String,
    pub platform: Feature,
    /// Whether its tasks are on Fargate Spot.
    pub spot: bool,
    /// Whether a deployment may replace anything.
    pub replaceable: bool,
    pub zones: u64,
}

impl Draft {
    pub(super) fn faults(&mut self) -> Value {
        let mut faults = Map::new();
        if !self.on(Feature::Faults) {
            return Value::Object(faults);
        }
        // Functions run in three zones, of which one has to be left.
        let spared = self.dice.between(0, 2);
        for index in 0..self.dice.one(&[1, 1, 2, 4, 10]) {
            if let Some(fault) = self.fault(spared) {
                faults.insert(format!("fault-{index}"), fault);
            }
        }
        Value::Object(faults)
    }

    /// One fault; none where there is nothing that could suffer it.
    fn fault(&mut self, spared: u64) -> Option<Value> {
        let served = self.dice.between(0, self.served.len() as u64 - 1) as usize;
        match self.dice.between(1, 8) {
            1 => Some(json!({ "replica-crash": self.crash(served) })),
            2 => self.failure(),
            3 => Some(json!({ "zone-outage": self.outage(spared) })),
            4 => self.interruption(served),
            5 => Some(json!({ "slow-replica": self.slow(served) })),
            6 => Some(json!({ "dependency-slowdown": self.slowdown() })),
            7 => Some(json!({ "dependency-outage": self.no_answer() })),
            _ => {
                let served = &self.served[served];
                let name = served.replaceable.then(|| served.name.clone())?;
                Some(json!({ "deploy": { "service": name, "at": self.instant() } }))
            }
        }
    }

    /// Any time of the run, its ends included, and one after it.
    fn instant(&mut self) -> Value {
        let share = self.dice.one(&[0.0, 0.1, 0.3, 0.3, 0.5, 0.9, 1.0, 1.5]);
        json!(format!("{}ms", (self.seconds * share * 1000.0) as u64))
    }

    fn length(&mut self) -> Value {
        json!(self.value(&["10s", "2min", "10min"], &["1ns", "100h"]))
    }

    /// How often for each: from hardly ever to all the time.
    fn often(&mut self) -> Value {
        json!(self.value(&["1/h", "1/day", "10/h"], &["1/s", "0/s", "1/min"]))
    }

    /// At a rate, or so many at a time.
    fn when(&mut self, fault: &mut Map<String, Value>) {
        if self.dice.chance(50) {
            fault.insert("rate".into(), self.often());
        } else {
            fault.insert("at".into(), self.instant());
            fault.insert("count".into(), json!(self.value(&[1, 2], &[1000])));
        }
    }

    fn crash(&mut self, served: usize) -> Value {
        let mut fault = Map::from_iter([("service".into(), json!(self.served[served].name))]);
        self.when(&mut fault);
        Value::Object(fault)
    }

    fn failure(&mut self) -> Option<Value> {
        let (cluster, group) = self.any_group()?;
        let mut fault = Map::from_iter([("cluster".into(), json!(cluster))]);
        if self.dice.chance(50) {
            fault.insert("group".into(), json!(group));
        }
        self.when(&mut fault);
        fault.insert("detected_after".into(), self.span(&["1s", "3min", "1h"]));
        Some(json!({ "instance-failure": fault }))
    }

    /// A cluster and one of its groups.
    fn any_group(&mut self) -> Option<(String, String)> {
        let cluster = self.clusters.first()?;
        let index = self.dice.between(0, cluster.groups.len() as u64 - 1) as usize;
        Some((cluster.name.clone(), cluster.groups[index].name.clone()))
    }

    fn outage(&mut self, spared: u64) -> Value {
        let groups = self.clusters.iter().flat_map(|cluster| &cluster.groups).map(|group| group.zones);
        let most = groups.chain(self.served.iter().map(|served| served.zones)).max().unwrap_or(1);
        let functions = self.served.iter().any(|served| served.platform == Feature::Lambda);
        let zone = match self.dice.between(0, most.max(1) - 1) {
            zone if functions && zone == spared => (zone + 1) % 3,
            zone => zone,
        };
        let zone = super::zone(zone);
        let found = self.span(&["1s", "3min", "1h"]);
        json!({ "zone": format!("zone-{zone}"), "at": self.instant(), "lasts": self.length(), "detected_after": found })
    }

    fn interruption(&mut self, served: usize) -> Option<Value> {
        let mut fault = Map::new();
        if self.served[served].spot {
            fault.insert("service".into(), json!(self.served[served].name));
        } else {
            let spot = |group: &&super::Group| group.spot;
            let cluster = self.clusters.iter().find(|cluster| cluster.groups.iter().any(|it| spot(&it)))?;
            fault.insert("cluster".into(), json!(cluster.name));
        }
        let hourly: Vec<Value> = (0..24).map(|_| self.often()).collect();
        let rate = if self.dice.chance(30) { json!(hourly) } else { self.often() };
        fault.insert("rate".into(), rate);
        fault.insert("notice".into(), self.span(&["2min", "2min", "1s"]));
        fault.insert("drained".into(), json!(self.dice.chance(50)));
        Some(json!({ "spot-interruption": fault }))
    }

    fn slow(&mut self, served: usize) -> Value {
        let speed = self.value(&["50%", "10%"], &["0.1%", "99.9%"]);
        let mut fault = Map::from_iter([("speed".into(), json!(speed))]);
        fault.insert("service".into(), json!(self.served[served].name));
        if self.served[served].platform == Feature::Lambda || self.dice.chance(50) {
            fault.insert("share".into(), json!(self.dice.one(&["5%", "50%", "100%"])));
        } else {
            fault.insert("at".into(), self.instant());
            fault.insert("count".into(), json!(self.value(&[1, 2], &[1000])));
            if self.dice.chance(60) {
                fault.insert("lasts".into(), self.length());
            }
        }
        Value::Object(fault)
    }

    fn slowdown(&mut self) -> Value {
        let factor = self.value(&[2.0, 10.0], &[1.0, 1e6]);
        json!({ "work": self.any_work(), "at": self.instant(), "lasts": self.length(), "factor": factor })
    }

    fn no_answer(&mut self) -> Value {
        let answer = self.dice.one(&["nothing", "errors"]);
        json!({ "work": self.any_work(), "at": self.instant(), "lasts": self.length(), "answer": answer })
    }

    /// A circuit breaker of a source's clients.
    pub(super) fn breaker(&mut self) -> Value {
        json!({
            "error_rate": self.value(&["50%", "10%"], &["0.001%", "100%"]),
            "window": self.value(&["10s", "1min"], &["1ns", "100h"]),
            "minimum_attempts": self.value(&[2, 20], &[1, 1_000_000]),
            "open_for": self.span(&["1s", "5s", "1min"]),
            "trials": self.value(&[1, 10], &[1, 1_000_000]),
        })
    }
}
