//! From what was typed to a loaded scenario: a file or a built-in's name, with what the options change.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use scenarios::builtin::{self, Builtin};
use scenarios::catalogue;
use scenarios::document::set::Override;
use scenarios::file::{Options, Scenario, Surroundings};
use scenarios::trace::{self, TraceFiles};
use sim_core::cost::InstanceType;
use sim_core::model::Platform;
use sim_core::policy::Catalogue;
use sim_core::traffic::TraceSpec;

use crate::arguments;
use crate::exit::Exit;
use crate::failure::Failure;

/// Where a scenario's text comes from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// It came with the program.
    BuiltIn(&'static Builtin),
    /// A file.
    File(PathBuf),
}

impl Origin {
    /// What `name` means: what looks like a file is one; else the built-in scenario, else a file after all.
    pub(crate) fn of(name: &str) -> Result<Origin, Failure> {
        let path = Path::new(name);
        let looks_like_a_file = name.contains(std::path::MAIN_SEPARATOR) || path.extension().is_some();
        if let Some(known) = builtin::find(name) {
            return Ok(Origin::BuiltIn(known));
        }
        match path.metadata() {
            Ok(found) if found.is_file() => Ok(Origin::File(path.to_owned())),
            Ok(_) => Err(Failure::new(Exit::Files, format!("{name} is not a file"))),
            Err(error) if looks_like_a_file => {
                let failure = Failure::file(path, "read", &error);
                let stem = path.file_stem().and_then(|stem| stem.to_str()).and_then(builtin::find);
                Err(match stem {
                    Some(known) => failure.hint(format!("`{}` alone is the built-in scenario", known.name)),
                    None => failure,
                })
            }
            Err(_) => Err(unknown(name)),
        }
    }

    /// The text, for the manifest. A file has been read by now; where it is gone since, there is nothing to keep.
    pub(crate) fn text(&self) -> String {
        match self {
            Origin::BuiltIn(known) => known.text.to_owned(),
            Origin::File(path) => std::fs::read_to_string(path).unwrap_or_default(),
        }
    }

    /// The folder that its traces are relative to.
    pub(crate) fn folder(&self) -> &Path {
        match self {
            Origin::BuiltIn(_) => Path::new(""),
            Origin::File(path) => path.parent().unwrap_or(Path::new("")),
        }
    }
}

/// Neither a file nor a built-in scenario.
fn unknown(name: &str) -> Failure {
    let near = sim_core::spec::did_you_mean(name, builtin::all().map(|known| known.name));
    let hint =
        format!("{near}; `fleetsim list scenarios` shows what is built in; a file is named by its path");
    Failure::new(Exit::Usage, format!("unknown scenario `{name}`")).hint(hint)
}

/// The instance types that fleets are built with.
pub(crate) fn instance_types() -> IndexMap<String, InstanceType> {
    catalogue::instance_types().map(|known| (known.name.clone(), known.clone())).collect()
}

/// A scenario and where it is from.
pub(crate) struct Loaded {
    /// The scenario.
    pub(crate) scenario: Scenario,
    /// Where it is from.
    pub(crate) origin: Origin,
}

/// Loads what was asked for, or says everything that is wrong with it.
pub(crate) fn load(asked: &arguments::Scenario, policies: &Catalogue) -> Result<Loaded, Failure> {
    let origin = Origin::of(&asked.scenario)?;
    let options = Options { overrides: overrides(asked), job_limit: asked.max_jobs };
    let instance_types = instance_types();
    let loaded = match &origin {
        Origin::File(path) => Scenario::load_file(path, &options, &instance_types, policies),
        Origin::BuiltIn(known) => {
            let traces = TraceFiles::new(origin.folder());
            let platform = Platform { instance_types: &instance_types, policies, traces: &traces };
            let check_trace = |spec: &TraceSpec| trace::check(&traces, spec);
            let surroundings = Surroundings { platform: &platform, check_trace: &check_trace };
            Scenario::load(known.text, &format!("{} (built in)", known.name), &options, &surroundings)
        }
    };
    let scenario = loaded.map_err(Failure::Scenario)?;
    Ok(Loaded { scenario, origin })
}

/// What the options change, `--seed` and its like after every `--set`: the more specific wins.
fn overrides(asked: &arguments::Scenario) -> Vec<Override> {
    let mut overrides = asked.set.clone();
    let mut option = |path: &str, option: &str, value: Option<String>| {
        let given = value.and_then(|value| Override::option(path, &value, &format!("{option} {value}")).ok());
        overrides.extend(given);
    };
    option("run.seed", "--seed", asked.seed.map(|seed| seed.to_string()));
    option("run.replications", "--replications", asked.replications.map(|number| number.to_string()));
    overrides
}
