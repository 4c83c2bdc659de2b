//! From a seed to the text of a scenario.
//!
//! First it is drawn which features the scenario has at all; whatever is made later asks. Values come from short lists of
//! the ordinary and the extreme (nothing, a nanosecond, far too much), because bugs live at the ends and where two ends
//! meet. Rates are the exception: they follow from how many requests the run may take, so that thousands of runs take
//! minutes and not days.
//!
//! A table that scenario files come to have is one entry in `TABLES` and one function of [`Draft`].

mod containers;
mod faults;
mod functions;
mod run;
mod scaling;
mod traffic;
mod work;

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use sim_core::cost::InstanceType;

use super::dice::Dice;
use super::{MOST_REQUESTS, Swarm};

/// What a scenario may have or lack. The order is part of what a seed means: new ones go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feature {
    Ecs,
    Fargate,
    Lambda,
    Timeouts,
    Retries,
    Network,
    Memory,
    Waits,
    Payloads,
    Laws,
    Shapes,
    Bursts,
    Users,
    Schedules,
    Populations,
    Balancers,
    HealthChecks,
    Queues,
    Scaling,
    GroupScaling,
    Groups,
    Placement,
    Constraints,
    Interfaces,
    Ports,
    SoftLimits,
    Reservations,
    Provisioned,
    KeepAlive,
    Cold,
    Quotas,
    Lags,
    Speeds,
    Days,
    Variants,
    Sweeps,
    /// Values far beyond what anybody runs.
    Extremes,
    /// Times of nothing at all.
    Zeroes,
    /// Many services at once.
    Crowd,
    Faults,
    Breakers,
    Deployments,
}

const FEATURES: usize = Feature::Deployments as usize + 1;

/// A scenario in the making.
pub(super) struct Draft {
    dice: Dice,
    features: [bool; FEATURES],
    types: Arc<IndexMap<String, InstanceType>>,
    /// Seconds of the run, and how many requests each source may send in it.
    seconds: f64,
    share: f64,
    services: Vec<String>,
    /// How many kinds of work there are.
    works: u64,
    /// Concurrency that functions may still set aside, and the account's.
    spare: u64,
    concurrency: u64,
    /// The groups of each cluster: name, type, zones.
    clusters: Vec<Cluster>,
    /// The services, once they are made.
    served: Vec<faults::Served>,
    /// Populations, and the functions that they are for.
    populations: Vec<String>,
}

/// A cluster as the services on it need to know it.
struct Cluster {
    name: String,
    groups: Vec<Group>,
}

struct Group {
    name: String,
    instance_type: String,
    zones: u64,
    scaled: bool,
    spot: bool,
    /// MiB that an instance has for tasks, at least.
    memory: u64,
}

/// What makes one table of the file.
type Table = fn(&mut Draft) -> Value;

/// The tables of a fleet in the order in which they are made: later ones name things of earlier ones.
const TABLES: &[(&str, Table)] = &[
    ("account", Draft::account),
    ("work", Draft::work),
    ("populations", Draft::populations),
    ("clusters", Draft::clusters),
    ("services", Draft::services),
    ("sources", Draft::sources),
    ("faults", Draft::faults),
    ("telemetry", Draft::telemetry),
    ("hardware", Draft::hardware),
];

impl Swarm {
    /// The scenario of a seed: text that the loader takes.
    pub fn generate(&self, seed: u64) -> String {
        let mut scale = 1.0;
        // What shapes, variation and populations make of the rates is easier told by the loader than foreseen here.
        for _ in 0..6 {
            let text = Draft::new(seed, scale, &self.types).text(seed);
            match self.expected(&text) {
                Some(requests) if requests > MOST_REQUESTS => scale *= 0.7 * MOST_REQUESTS / requests,
                _ => return text,
            }
        }
        Draft::new(seed, 0.0, &self.types).text(seed)
    }
}

impl Draft {
    fn new(seed: u64, scale: f64, types: &Arc<IndexMap<String, InstanceType>>) -> Self {
        let mut dice = Dice::new(seed);
        // How full a scenario is differs too: some have nearly every feature, some hardly any.
        let percent = dice.one(&[15, 30, 50, 50, 70, 90]);
        let mut features = [false; FEATURES];
        features.iter_mut().for_each(|feature| *feature = dice.chance(percent));
        let platforms = [Feature::Ecs, Feature::Fargate, Feature::Lambda];
        if platforms.iter().all(|platform| !features[*platform as usize]) {
            features[dice.one(&platforms) as usize] = true;
        }
        let requests = dice.one(&[10.0, 100.0, 300.0, 300.0, 1000.0, 1000.0, 3000.0, 12_000.0]) * scale;
        let crowd = features[Feature::Crowd as usize];
        let services = dice.between(1, if crowd { 8 } else { 3 });
        let seconds = dice.one(&[1, 20, 180, 600, 1800, 1800, 5400, 5400, 21_600, 86_400]) as f64;
        Draft {
            dice,
            features,
            types: types.clone(),
            seconds,
            share: (requests / services as f64).max(1.0),
            services: (0..services).map(|index| format!("service-{index}")).collect(),
            works: 0,
            spare: 0,
            concurrency: 0,
            clusters: Vec::new(),
            served: Vec::new(),
            populations: Vec::new(),
        }
    }

    fn on(&self, feature: Feature) -> bool {
        self.features[feature as usize]
    }

    /// One of the usual values; with extremes one of both lists.
    fn value<T: Clone>(&mut self, usual: &[T], extreme: &[T]) -> T {
        if self.on(Feature::Extremes) && self.dice.chance(40) {
            self.dice.one(extreme)
        } else {
            self.dice.one(usual)
        }
    }

    /// One of the usual lengths of time; where zeroes are wanted often none at all.
    fn span(&mut self, usual: &[&str]) -> Value {
        if self.on(Feature::Zeroes) && self.dice.chance(50) {
            return json!("0s");
        }
        json!(self.dice.one(usual))
    }

    /// Sets a key of a table if the scenario has the feature, and in that case mostly.
    fn set(
        &mut self,
        table: &mut Map<String, Value>,
        feature: Feature,
        key: &str,
        make: impl FnOnce(&mut Self) -> Value,
    ) {
        if self.on(feature) && self.dice.chance(75) {
            let value = make(self);
            table.insert(key.into(), value);
        }
    }

    fn text(mut self, seed: u64) -> String {
        let mut file = Map::new();
        file.insert("name".into(), json!(format!("swarm-{seed}")));
        file.insert("about".into(), json!("A scenario of the swarm."));
        let run = self.run(seed);
        file.insert("run".into(), run);
        for (name, make) in TABLES {
            let table = make(&mut self);
            if table.as_object().is_some_and(|entries| !entries.is_empty()) {
                file.insert((*name).to_owned(), table);
            }
        }
        self.alternatives(&mut file);
        toml::to_string(&Value::Object(file)).expect("tables, texts and numbers are TOML")
    }
}

/// The letter of a zone.
fn zone(number: u64) -> char {
    char::from(b'a' + (number % 26) as u8)
}
