//! Where requests come from: every arrival law, rate shapes, users, schedules, populations of functions.

use serde_json::{Map, Value, json};

use super::{Draft, Feature};

impl Draft {
    pub(super) fn populations(&mut self) -> Value {
        if !self.on(Feature::Populations) {
            return json!({});
        }
        let count = self.value(&[3, 40], &[1, 400]);
        let share = self.dice.one(&["0%", "50%", "100%"]);
        // Rates follow from the share of the run's requests; the loader says if that was too many.
        let rate = (self.share / self.seconds / count as f64 * 3600.0).max(0.01);
        let functions = if self.dice.chance(40) {
            json!({ "alike": self.alike(count) })
        } else {
            json!({ "synthetic": self.synthetic(count, rate) })
        };
        self.populations.push("fleet".into());
        json!({ "fleet": { "functions": functions, "cpu_share": share } })
    }

    fn synthetic(&mut self, count: i32, rate: f64) -> Map<String, Value> {
        let mut synthetic = Map::new();
        synthetic.insert("count".into(), json!(count));
        synthetic.insert("seed".into(), json!(self.dice.between(1, 99)));
        synthetic.insert("max_rate".into(), json!(format!("{rate:.6}/h")));
        synthetic.insert("max_duration".into(), json!(self.value(&["1s", "30s"], &["1ms", "900s"])));
        synthetic
    }

    fn alike(&mut self, count: i32) -> Map<String, Value> {
        let mut alike = Map::new();
        alike.insert("count".into(), json!(count));
        // The loader says if a run's requests were too many.
        alike.insert("rate".into(), json!(self.rate(1.0)));
        let popularity = [json!("equal"), json!({ "zipf": 1.0 }), json!({ "zipf": 4.0 })];
        alike.insert("popularity".into(), self.dice.one(&popularity));
        alike.insert("duration".into(), self.duration(&["50ms", "2s"], &["1ns", "300s"]));
        alike.insert("memory".into(), json!(self.value(&["128MB", "1769MB"], &["10240MB"])));
        self.set(&mut alike, Feature::Shapes, "shape", |draft| draft.shape(2));
        alike
    }

    pub(super) fn sources(&mut self) -> Value {
        let mut sources = Map::new();
        for (index, service) in self.services.clone().into_iter().enumerate() {
            let fleet = service.starts_with("fleet");
            let arrivals = if fleet { json!({ "population": "fleet" }) } else { self.arrivals() };
            sources.insert(format!("source-{index}"), self.source(&service, arrivals));
            if !fleet && self.dice.chance(25) {
                let arrivals = self.arrivals();
                sources.insert(format!("source-{index}-more"), self.source(&service, arrivals));
            }
        }
        Value::Object(sources)
    }

    fn source(&mut self, service: &str, arrivals: Value) -> Value {
        let mut source = Map::new();
        source.insert("to".into(), json!(service));
        source.insert("arrivals".into(), arrivals);
        self.set(&mut source, Feature::Network, "network", |draft| {
            draft.duration(&["1ms", "30ms", "300ms"], &["1ns", "20s"])
        });
        let mut client = Map::new();
        self.set(&mut client, Feature::Timeouts, "timeout", |draft| {
            json!(draft.value(&["50ms", "1s", "10s"], &["1ns", "1h"]))
        });
        self.set(&mut client, Feature::Retries, "retries", Draft::retries);
        self.set(&mut client, Feature::Breakers, "breaker", Draft::breaker);
        source.insert("client".into(), Value::Object(client));
        Value::Object(source)
    }

    fn retries(&mut self) -> Value {
        let attempts = self.value(&[2, 3, 5], &[1, 12]);
        let mut retries = Map::new();
        retries.insert("attempts".into(), json!(attempts));
        retries.insert("backoff".into(), self.span(&["1ms", "100ms", "2s"]));
        if self.dice.chance(40) {
            retries.insert("max_backoff".into(), json!(self.dice.one(&["2s", "1min"])));
        }
        if self.dice.chance(50) {
            retries.insert("budget".into(), json!(self.value(&["10%", "50%"], &["0%", "1000%"])));
        }
        Value::Object(retries)
    }

    fn arrivals(&mut self) -> Value {
        let mut choices = vec!["poisson"];
        let more = [
            (Feature::Laws, "deterministic"),
            (Feature::Laws, "renewal"),
            (Feature::Bursts, "mmpp"),
            (Feature::Bursts, "batch"),
            (Feature::Users, "users"),
            (Feature::Users, "users"),
            (Feature::Schedules, "schedule"),
        ];
        choices.extend(more.into_iter().filter(|(feature, _)| self.on(*feature)).map(|(_, law)| law));
        if !self.populations.is_empty() {
            choices.push("population");
        }
        match self.dice.one(&choices) {
            "renewal" => {
                let law = self.dice.one(&["gamma", "weibull", "lognormal"]);
                let cv = self.value(&[0.2, 1.0, 3.0], &[0.01, 30.0]);
                self.modulated("renewal", json!({ "rate": self.rate(1.0), "law": law, "cv": cv }))
            }
            "mmpp" => {
                let sojourns = self.value(&[["60s", "20s"], ["5s", "5min"]], &[["1ms", "1s"], ["1h", "1s"]]);
                self.modulated("mmpp", json!({ "rates": ["0/s", self.rate(2.0)], "sojourns": sojourns }))
            }
            "batch" => {
                let size = self.value(&[5.0, 20.0], &[1.0, 500.0]);
                self.modulated("batch", json!({ "rate": self.rate(1.0 / size), "size": size.to_string() }))
            }
            "users" => self.users(),
            "schedule" => self.schedule(),
            "population" => json!({ "population": "fleet" }),
            plain => self.modulated(plain, json!({ "rate": self.rate(1.0) })),
        }
    }

    /// The rate that sends the source's share of requests, `factor` times.
    fn rate(&self, factor: f64) -> String {
        format!("{:.9}/s", factor * self.share / self.seconds)
    }

    /// A law of arrivals under a shape, perhaps varied from day to day.
    fn modulated(&mut self, law: &str, mut settings: Value) -> Value {
        if let Some(settings) = settings.as_object_mut() {
            self.set(settings, Feature::Shapes, "shape", |draft| draft.shape(2));
            if self.on(Feature::Shapes) && self.dice.chance(25) {
                let day = self.dice.one(&[0.0, 0.3]);
                settings.insert("variation".into(), json!({ "day": day, "replication": 0.2 }));
            }
        }
        json!({ law: settings })
    }

    /// A moment of the run, in seconds.
    fn moment(&mut self, from: u64, to: u64) -> String {
        format!("{}ms", (self.seconds * self.dice.between(from, to) as f64 * 10.0) as u64)
    }

    fn shape(&mut self, depth: u32) -> Value {
        let choices = if depth == 0 { 7 } else { 9 };
        match self.dice.between(1, choices) {
            1 => json!({ "constant": self.dice.one(&[0.0, 0.5, 1.0]) }),
            2 => {
                let (start, end) = (self.moment(0, 40), self.moment(40, 99));
                json!({ "ramp": { "from": self.dice.one(&[0.0, 1.0]), "to": 2.0, "start": start, "end": end } })
            }
            3 => self.points("steps"),
            4 => self.points("piecewise-linear"),
            5 => json!({ "daily": { "amplitude": self.dice.one(&[0.0, 0.6, 1.0]), "peak": "14h" } }),
            6 => json!({ "weekly": { "amplitude": 0.5, "peak": "62h" } }),
            7 => {
                let factor = self.value(&[3.0, 10.0], &[0.0, 1000.0]);
                let (at, hold) = (self.moment(0, 99), self.moment(0, 20));
                let rise = self.span(&["1s", "10s"]);
                json!({ "spike": { "at": at, "rise": rise, "hold": hold, "decay": "30s", "factor": factor } })
            }
            choice => {
                let parts = [self.shape(depth - 1), self.shape(depth - 1)];
                json!({ if choice == 8 { "product" } else { "sum" }: parts })
            }
        }
    }

    fn points(&mut self, kind: &str) -> Value {
        let at = [self.moment(0, 20), self.moment(21, 50), self.moment(51, 99)];
        let factors = [1.0, self.value(&[2.0, 0.1], &[0.0, 50.0]), self.dice.one(&[0.0, 1.0])];
        let point = |(at, factor): (String, f64)| json!({ "at": at, "factor": factor });
        json!({ kind: at.into_iter().zip(factors).map(point).collect::<Vec<_>>() })
    }

    /// As many users as send the source's share, if they hardly wait.
    fn users(&mut self) -> Value {
        // Even one user must not ask too often.
        let think = f64::max(self.value(&[2.0, 10.0], &[0.05, 600.0]), self.seconds / self.share);
        let most = ((self.share * think / self.seconds) as u64).clamp(1, 2000);
        let law = self.dice.one(&["constant", "exponential", "uniform"]);
        let think = match law {
            "exponential" => json!({ "exponential": { "mean": format!("{think}s") } }),
            "uniform" => json!({ "uniform": { "low": "0s", "high": format!("{}s", 2.0 * think) } }),
            _ => json!({ "constant": format!("{think}s") }),
        };
        let (early, late) = (self.moment(5, 40), self.moment(45, 90));
        let points = json!([
            { "at": "0s", "users": self.dice.one(&[0, 1, most]) }, { "at": early, "users": most },
            { "at": late, "users": self.dice.one(&[0, most / 2, most]) },
        ]);
        let populations =
            [json!({ "constant": most }), json!({ "steps": points }), json!({ "piecewise-linear": points })];
        json!({ "users": { "population": self.dice.one(&populations), "think": think } })
    }

    fn schedule(&mut self) -> Value {
        let within = self.span(&["60s", "30s", "1ms"]);
        if self.dice.chance(50) {
            return json!({ "schedule": { "rate": self.dice.one(&["1m", "5m", "1h", "300d"]), "within": within } });
        }
        let crons = ["*/5 * * * ? *", "0 * ? * MON-FRI *", "0/7 0-3 1 * ? *", "59 23 31 12 ? *"];
        json!({ "schedule": { "cron": self.dice.one(&crons), "within": within } })
    }
}
