//! What is fuzzed: everything of the program that reads what somebody else has written.

use std::path::Path;

use indexmap::IndexMap;
use scenarios::builtin;
use scenarios::catalogue;
use scenarios::document::Report;
use scenarios::document::set::Override;
use scenarios::file::{Options, Scenario, Shapes, Surroundings};
use scenarios::swarm::Swarm;
use scenarios::trace::{self, TraceFiles};
use serde_json::{Value, json};
use sim_core::cost::InstanceType;
use sim_core::model::Platform;
use sim_core::policy::{Catalogue, PolicySpec};
use sim_core::traffic::TraceSpec;

use super::harness::Target;

/// What makes a target.
type Make = fn() -> Box<dyn Target>;

/// All targets by name.
pub(crate) const ALL: &[(&str, Make)] = &[
    ("scenario", || Box::new(Loader::new())),
    ("set", || Box::new(Settings(Loader::new()))),
    ("requests", || Box::new(super::traces::Requests::new())),
    ("counts", || Box::new(super::traces::Counts::new())),
    ("azure", || Box::new(super::traces::Azure::new())),
    ("decide", || Box::new(Decide { policies: Catalogue::builtin() })),
    ("record", || Box::new(super::saved::Saved::new("record"))),
    ("manifest", || Box::new(super::saved::Saved::new("manifest"))),
    ("prices", || Box::new(super::saved::Saved::new("prices"))),
];

/// The first words of some text, by which outcomes are told apart.
pub(crate) fn brief(text: &str) -> String {
    text.chars().take(300).collect()
}

/// The scenario loader, with the policies and instance types that come with the program.
pub(crate) struct Loader {
    policies: Catalogue,
    types: IndexMap<String, InstanceType>,
    shapes: Shapes,
}

impl Loader {
    fn new() -> Self {
        let types = catalogue::instance_types().map(|known| (known.name.clone(), known.clone())).collect();
        let policies = Catalogue::builtin();
        Loader { shapes: Shapes::new(&policies), policies, types }
    }

    fn load(&self, text: &str, overrides: Vec<Override>) -> Result<Scenario, Report> {
        let traces = TraceFiles::new(Path::new(""));
        let platform = Platform { instance_types: &self.types, policies: &self.policies, traces: &traces };
        let check_trace = |spec: &TraceSpec| trace::check(&traces, spec);
        let around = Surroundings { platform: &platform, check_trace: &check_trace };
        let options = Options { overrides, ..Options::default() };
        Scenario::load_as(text, "fuzz.toml", &options, &around, &self.shapes)
    }

    fn read(&self, text: &str, overrides: Vec<Override>) -> String {
        match self.load(text, overrides) {
            Ok(scenario) => {
                let names: String = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
                assert!(scenario.variants.iter().all(|variant| !variant.requests.is_nan()), "{names}");
                format!("loads with {}", said(&scenario.warnings))
            }
            Err(report) => said(&report),
        }
    }
}

/// What a report says, without its excerpts; that it can be printed as well.
fn said(report: &Report) -> String {
    let shown = report.to_string();
    assert!(shown.chars().all(|letter| letter == '\n' || !letter.is_control()), "{shown:?}");
    let problems =
        report.list().iter().take(3).map(|problem| format!("{:?} {};", problem.code, problem.message));
    problems.collect()
}

/// Every key, choice and unit that a schema knows.
fn schema_words(policies: &Catalogue) -> Vec<String> {
    fn gather(value: &Value, words: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                words.extend(
                    fields
                        .get("properties")
                        .and_then(Value::as_object)
                        .iter()
                        .flat_map(|all| all.keys().cloned()),
                );
                for text in ["const", "default"].iter().filter_map(|key| fields.get(*key)?.as_str()) {
                    words.push(text.to_owned());
                }
                fields.values().for_each(|field| gather(field, words));
            }
            Value::Array(items) => items.iter().for_each(|item| gather(item, words)),
            _ => {}
        }
    }
    let mut words = Vec::new();
    gather(&scenarios::file::file_schema(policies), &mut words);
    words.sort();
    words.dedup();
    words
}

impl Target for Loader {
    fn name(&self) -> &'static str {
        "scenario"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let builtin = builtin::all().map(|known| known.text.to_owned());
        let random = (0..60).map(|seed| Swarm::default().generate(seed));
        builtin.chain(random).map(String::into_bytes).collect()
    }

    fn words(&self) -> Vec<String> {
        schema_words(&self.policies)
    }

    fn read(&mut self, input: &[u8]) -> String {
        Loader::read(self, &String::from_utf8_lossy(input), Vec::new())
    }
}

/// `--set` on a built-in scenario: one setting a line.
pub(crate) struct Settings(Loader);

impl Target for Settings {
    fn name(&self) -> &'static str {
        "set"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let lines = [
            "services.web.memory=1769MB",
            "run.duration=10min",
            "run.replications=3\nrun.seed=7",
            "variants.fargate.services.web.task.cpu=1vCPU",
            "services.web.scaling={ fixed = { count = 4 } }",
            "services.web.scaling.target-tracking.target=\"60%\"",
            "sources.visitors.arrivals.poisson.rate=50/s",
            "work.page.cpu={ lognormal = { p50 = \"8ms\", p99 = \"60ms\" } }",
            "clusters.fleet.instances[0].max=9",
            "services.web.placement=[\"spread:zone\", \"binpack:memory\"]",
            "assert=[\"latency.p99 < 300ms\"]",
            "run.precision={ metric = \"latency.p99\", half_width = \"5%\" }",
        ];
        lines.map(|line| line.as_bytes().to_vec()).to_vec()
    }

    fn words(&self) -> Vec<String> {
        schema_words(&self.0.policies)
    }

    fn read(&mut self, input: &[u8]) -> String {
        let text = String::from_utf8_lossy(input);
        let (mut overrides, mut wrong) = (Vec::new(), String::new());
        for line in text.lines().take(20) {
            match Override::parse(line) {
                Ok(given) => overrides.push(given),
                Err(message) => wrong = message,
            }
        }
        let hello = builtin::find("hello").expect("it is built in");
        format!("{}{wrong}", self.0.read(hello.text, overrides))
    }
}

/// `fleetsim decide`: parameters and views of every policy.
pub(crate) struct Decide {
    policies: Catalogue,
}

impl Target for Decide {
    fn name(&self) -> &'static str {
        "decide"
    }

    fn is_json(&self) -> bool {
        true
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let question = |known: &&sim_core::policy::catalogue::Information| json!({ "policy": known.address(), "params": known.example, "view": known.example_view });
        self.policies.list().iter().map(|known| question(known).to_string().into_bytes()).collect()
    }

    fn words(&self) -> Vec<String> {
        let schemas = self.policies.list().into_iter().map(|known| known.parameters.as_value().to_string());
        let views = self.policies.list().into_iter().map(|known| known.example_view.to_string());
        let text = schemas.chain(views).collect::<String>();
        let mut words: Vec<String> = text.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        words.extend(self.policies.list().into_iter().map(sim_core::policy::catalogue::Information::address));
        words.sort();
        words.dedup();
        words
    }

    fn read(&mut self, input: &[u8]) -> String {
        let Ok(mut asked) = serde_json::from_slice::<Value>(input) else { return "not JSON".into() };
        let name = asked["policy"].as_str().unwrap_or_default().to_owned();
        let named = PolicySpec::named(&name);
        let known = match self.policies.find_one(&named.name) {
            Ok(known) => known,
            Err(problem) => return format!("{} {:?}", problem.message, problem.hint),
        };
        let params = asked.get_mut("params").map(Value::take).unwrap_or_default();
        let spec = PolicySpec::new(known.name, params);
        let view = asked.get_mut("view").map(Value::take).unwrap_or_default();
        match self.policies.decide(known.kind, &spec, &view) {
            Ok(decision) => format!("{name}: {}", brief(&decision.to_string())),
            Err(problems) => {
                problems.iter().take(2).map(|it| format!("{name}: {}", brief(&it.message))).collect()
            }
        }
    }
}
