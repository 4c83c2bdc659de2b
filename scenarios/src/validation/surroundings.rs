//! What validation runs are loaded and simulated amid: the catalogues that come with the program, nothing else.

use indexmap::IndexMap;
use sim_core::cost::InstanceType;
use sim_core::metrics::{Record, Watcher};
use sim_core::model::{Platform, simulate};
use sim_core::observe::{Names, Probe};
use sim_core::policy::Catalogue;
use sim_core::random::Luck;
use sim_core::spec::FleetSpec;
use sim_core::traffic::{NoTraces, TraceSpec};

use crate::catalogue;
use crate::file::{Options, RunSettings, Scenario, Surroundings};
use crate::trace;

/// Instance types and policies as they come.
pub(super) struct Builtin {
    instance_types: IndexMap<String, InstanceType>,
    policies: Catalogue,
}

impl Builtin {
    pub(super) fn new() -> Self {
        let instance_types = catalogue::instance_types().map(|it| (it.name.clone(), it.clone())).collect();
        Builtin { instance_types, policies: Catalogue::builtin() }
    }

    fn platform(&self) -> Platform<'_> {
        Platform { instance_types: &self.instance_types, policies: &self.policies, traces: &NoTraces }
    }

    /// Loads a scenario that has to be right, as a user's file is loaded.
    ///
    /// # Panics
    /// With the loader's report if it is not right.
    pub(super) fn load(&self, name: &str, text: &str) -> Scenario {
        let files = trace::TraceFiles::new("");
        let check_trace = |spec: &TraceSpec| trace::check(&files, spec);
        let surroundings = Surroundings { platform: &self.platform(), check_trace: &check_trace };
        match Scenario::load(text, name, &Options::default(), &surroundings) {
            Ok(scenario) => scenario,
            Err(report) => panic!("a scenario of the validation is wrong: {report}"),
        }
    }

    /// One replication, recorded as every run is and watched by one more probe.
    pub(super) fn simulate<P: Probe>(
        &self,
        fleet: &FleetSpec,
        run: &RunSettings,
        luck: Luck,
        probe: impl FnOnce(&Names) -> P,
    ) -> (Record, P) {
        let finish = simulate(fleet, &self.platform(), run.with_luck(luck), |names| {
            let instance_type = |name: &str| self.instance_types.get(name).cloned();
            let watcher = Watcher::new(names, run.given_warm_up(), run.duration, &[], instance_type);
            (watcher, probe(names))
        });
        let finish = finish.expect("there is no trace to open");
        let (watcher, probe) = finish.probe;
        (watcher.finish(run.end(), finish.events), probe)
    }
}
