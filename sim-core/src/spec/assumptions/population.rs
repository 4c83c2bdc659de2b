//! What a population of functions rests on: the data say little about single invocations, and nothing about CPU.

use serde_json::json;

use super::{List, smallest};
use crate::traffic::{
    AzureFilesSpec, CALL_SIGMA, FunctionsSpec, Placement, PopulationOfFunctionsSpec, SyntheticSpec,
    usual_hours,
};

impl List {
    /// The assumptions of a population that some source plays.
    pub(super) fn of_population(&mut self, path: &str, population: &PopulationOfFunctionsSpec) {
        let about =
            "no data set tells CPU from waiting; at 0% memory does not change how long an invocation takes";
        let usual: PopulationOfFunctionsSpec =
            smallest(json!({ "functions": { "synthetic": { "count": 1 } } }));
        let setting = format!("{path}.cpu_share");
        self.add(&setting, &population.cpu_share, &usual.cpu_share, about, "0%", "100%");
        match &population.functions {
            FunctionsSpec::Synthetic(synthetic) => {
                self.of_synthetic(&format!("{path}.functions.synthetic"), synthetic);
            }
            FunctionsSpec::AzureFunctions2019(files) => {
                self.of_files(&format!("{path}.functions.azure-functions-2019"), files);
            }
            // What they are like is the scenario's own statement.
            FunctionsSpec::Alike(_) => {}
        }
    }

    fn of_synthetic(&mut self, path: &str, spec: &SyntheticSpec) {
        self.durations(path);
        let about = "99 % of the data set's functions have a maximum below 490 s";
        let setting = format!("{path}.max_duration");
        let usual: SyntheticSpec = smallest(json!({ "count": 1 }));
        self.add(&setting, &spec.max_duration, &usual.max_duration, about, "300s", "900s");
        if spec.hours.is_none() {
            let about =
                "read off the published total of usual days; single functions may swing more, or not at all";
            let usual = serde_json::to_value(usual_hours()).ok();
            let value = ("0.78 at night to 1.15 at noon".to_owned(), usual);
            self.push(&format!("{path}.hours"), value, about, "flat", "1.55 at noon");
        }
        let about = "the correlations were not published";
        let value = ("independent of each other".to_owned(), None);
        self.push(&format!("{path} (rate, duration and memory of a function)"), value, about, "", "");
        let about = "published by application; here each function stands alone";
        let value = ("those of applications with timers only, and without timers".to_owned(), None);
        self.push(&format!("{path} (regularity of arrivals)"), value, about, "", "");
        self.chosen_memory(path, "drawn, per application");
    }

    fn of_files(&mut self, path: &str, files: &AzureFilesSpec) {
        if files.placement == Placement::default() {
            let about = "counts per minute do not say when in the minute; clients and clocks differ";
            let value = ("poisson".to_owned(), Some(json!("poisson")));
            self.push(&format!("{path}.placement"), value, about, "uniform", "");
        }
        if files.durations.is_some() {
            self.durations(&format!("{path}, functions without percentiles"));
        }
        if files.memory.is_some() {
            self.chosen_memory(path, "seen in use");
        }
    }

    /// How the calls of one function differ.
    fn durations(&mut self, of: &str) {
        let value = (format!("lognormal about the function's mean, sigma {CALL_SIGMA}"), None);
        let about =
            "describes what lies between the minimum and the maximum of most functions of the data set";
        self.push(&format!("{of} (durations of calls)"), value, about, "sigma 0.5", "sigma 2");
    }

    /// Which memory size a function has.
    fn chosen_memory(&mut self, path: &str, most: &str) {
        let value = (format!("the least usual size that holds the most memory {most}"), None);
        let about = "the data set has what was allocated elsewhere, not what somebody chose on this platform";
        self.push(&format!("{path} (memory)"), value, about, "128MB", "10240MB");
    }
}
