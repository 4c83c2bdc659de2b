//! What is part of the workload rather than of the fleet: only options under one workload can be compared.

use sim_core::spec::FleetSpec;
use sim_core::traffic::ArrivalSpec;

use super::manifest::VariantManifest;

/// Whether an axis is part of the workload rather than of the fleet.
fn is_workload(path: &str) -> bool {
    let table = path.split(['.', '"']).find(|step| !step.is_empty()).unwrap_or_default();
    let of_table =
        ["sources", "populations", "work", "account", "telemetry", "hardware", "faults"].contains(&table);
    of_table || path.ends_with(".objective")
}

/// Who sends requests and when. Which service answers, and what a client does about failures, is part of the design.
fn traffic(fleet: &FleetSpec) -> Vec<(&String, &ArrivalSpec)> {
    fleet.sources.iter().map(|(name, source)| (name, &source.arrivals)).collect()
}

fn objectives(variant: &VariantManifest) -> Vec<String> {
    let mut texts: Vec<String> = variant.objectives().map(|(_, objective)| objective.to_string()).collect();
    texts.sort();
    texts
}

impl VariantManifest {
    /// Where it stands on the axes that are part of the workload.
    pub fn workload(&self) -> Vec<&(String, String)> {
        self.axes.iter().filter(|(path, _)| is_workload(path)).collect()
    }

    /// What its workload has unlike another's, in words: `other traffic`; nothing where the two can be compared.
    pub fn unlike(&self, other: &VariantManifest) -> Vec<&'static str> {
        let (mine, theirs) = (&self.fleet, &other.fleet);
        let traffic = traffic(mine) != traffic(theirs) || mine.populations != theirs.populations;
        let all = [
            (traffic, "other traffic"),
            (mine.work != theirs.work, "other work"),
            (mine.faults != theirs.faults, "other faults"),
            (objectives(self) != objectives(other), "another objective"),
        ];
        all.into_iter().filter(|(differs, _)| *differs).map(|(_, what)| what).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_of_the_workload_are_no_sizes() {
        let check = |path: &str, expected: bool| assert_eq!(is_workload(path), expected, "{path}");
        check("sources.visitors.arrivals.poisson.rate", true);
        check("work.page.cpu", true);
        check("faults.database.dependency-outage.lasts", true);
        check("services.web.objective", true);
        check("services.web.memory", false);
        check("clusters.fleet.instances.type", false);
    }
}
