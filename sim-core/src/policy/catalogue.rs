//! All policies by kind and name: what scenario files may name, what `list` and `explain` show, what is built.
//!
//! One [`Declaration`] per policy gives its name, summary, help, parameter schema, example and constructor. A user's
//! crate adds its own to [`Catalogue::builtin`] and hands the result to the command line:
//!
//! ```
//! use sim_core::policy::catalogue::{Catalogue, Declaration};
//! use sim_core::policy::view::{PlacementView, Ranker};
//!
//! struct FewestTasks;
//!
//! impl Ranker for FewestTasks {
//!     fn narrow(&mut self, view: &PlacementView<'_>, standing: &mut Vec<usize>) {
//!         sim_core::policy::placement::keep_least(standing, |position| view.candidates[position].tasks);
//!     }
//! }
//!
//! let catalogue = Catalogue::builtin().with_placement(Declaration::new(
//!     "fewest-tasks",
//!     "prefers the instance with the fewest tasks of any service",
//!     |()| Ok(FewestTasks),
//! ));
//! assert_eq!(catalogue.find("fewest-tasks").len(), 1);
//! ```

mod builtin;
mod declaration;
pub mod kinds;
mod schema;
#[cfg(test)]
mod tests;

pub use declaration::{Declaration, Information};

use indexmap::IndexMap;
use serde_json::Value;

use super::placement::Chain;
use super::routing::Algorithm;
use super::selection::{
    ClusterScalingSpec, ConstraintSpec, KeepAliveSpec, Kind, PlacementSpec, PolicySpec, ProvisioningSpec,
    RoutingSpec, ServiceScalingSpec, TerminationSpec,
};
use super::service_scaling::ServiceScaler;
use super::view::{ClusterScalingPolicy, KeepAlivePolicy, ProvisioningPolicy, TerminationPolicy};
use crate::problem::Problem;
use kinds::PolicyKind;

/// The declarations of one kind, in the order in which they were made.
pub(crate) type Shelf<K> = IndexMap<&'static str, Declaration<K>>;

/// The policies that a program offers.
#[derive(Default)]
pub struct Catalogue {
    service_scaling: Shelf<kinds::ServiceScaling>,
    cluster_scaling: Shelf<kinds::ClusterScaling>,
    termination: Shelf<kinds::Termination>,
    constraints: Shelf<kinds::Constraint>,
    placement: Shelf<kinds::Placement>,
    routing: Shelf<kinds::Routing>,
    keep_alive: Shelf<kinds::KeepAlive>,
    provisioning: Shelf<kinds::Provisioning>,
}

impl Catalogue {
    /// The policies that come with the simulator.
    pub fn builtin() -> Self {
        builtin::catalogue()
    }

    /// Adds a policy.
    ///
    /// # Panics
    /// If the kind has one of this name already: a program's own mistake, found when it starts.
    pub fn with<K: PolicyKind>(mut self, declaration: Declaration<K>) -> Self {
        let name = declaration.information.name;
        let before = K::shelf_mut(&mut self).insert(name, declaration);
        assert!(before.is_none(), "two {} policies are called `{name}`", K::KIND);
        self
    }

    /// Adds a [service scaling policy](crate::policy::view::ServiceScalingPolicy).
    pub fn with_service_scaling(self, declaration: Declaration<kinds::ServiceScaling>) -> Self {
        self.with(declaration)
    }

    /// Adds a [cluster scaling policy](ClusterScalingPolicy).
    pub fn with_cluster_scaling(self, declaration: Declaration<kinds::ClusterScaling>) -> Self {
        self.with(declaration)
    }

    /// Adds a [termination policy](TerminationPolicy).
    pub fn with_termination(self, declaration: Declaration<kinds::Termination>) -> Self {
        self.with(declaration)
    }

    /// Adds a [placement constraint](crate::policy::view::Constraint).
    pub fn with_constraint(self, declaration: Declaration<kinds::Constraint>) -> Self {
        self.with(declaration)
    }

    /// Adds a link of the placement chain, a [ranker](crate::policy::view::Ranker).
    pub fn with_placement(self, declaration: Declaration<kinds::Placement>) -> Self {
        self.with(declaration)
    }

    /// Adds a [routing policy](crate::policy::view::RoutingPolicy), as [`Algorithm::Custom`].
    pub fn with_routing(self, declaration: Declaration<kinds::Routing>) -> Self {
        self.with(declaration)
    }

    /// Adds a [keep-alive policy](KeepAlivePolicy).
    pub fn with_keep_alive(self, declaration: Declaration<kinds::KeepAlive>) -> Self {
        self.with(declaration)
    }

    /// Adds a [provisioning policy](ProvisioningPolicy).
    pub fn with_provisioning(self, declaration: Declaration<kinds::Provisioning>) -> Self {
        self.with(declaration)
    }

    /// What is known about every policy, by kind and in the order of declaration.
    pub fn list(&self) -> Vec<&Information> {
        Kind::ALL.into_iter().flat_map(|kind| kinds::information(self, kind)).collect()
    }

    /// The policies called `name`: several kinds may have one of the same name, `service-scaling/fixed` means one.
    pub fn find(&self, name: &str) -> Vec<&Information> {
        let (kind, name) = name.split_once('/').map_or((None, name), |(kind, name)| (Some(kind), name));
        let meant =
            |known: &&Information| known.name == name && kind.is_none_or(|kind| known.kind.name() == kind);
        self.list().into_iter().filter(meant).collect()
    }

    /// The policy called `name`, or what is wrong with the name: unknown (did you mean ...), or of several kinds.
    pub fn find_one(&self, name: &str) -> Result<&Information, Problem> {
        match self.find(name).as_slice() {
            [one] => Ok(one),
            [] => {
                let names = self.list().into_iter().map(|known| known.name);
                Err(unknown("policy", name.rsplit('/').next().unwrap_or(name), names))
            }
            several => {
                let addresses: Vec<String> = several.iter().map(|known| known.address()).collect();
                let problem = Problem::new(name, format!("{} kinds have a policy `{name}`", several.len()));
                Err(problem.hint(format!("say which: {}", addresses.join(", "))))
            }
        }
    }

    /// Builds the policy that `spec` names. Problems carry their path from `spec` on.
    pub fn build<K: PolicyKind>(&self, spec: &PolicySpec) -> Result<K::Policy, Vec<Problem>> {
        let shelf = K::shelf(self);
        let Some(declaration) = shelf.get(spec.name.as_str()) else {
            let noun = format!("{} policy", K::KIND);
            return Err(vec![Problem {
                path: String::new(),
                ..unknown(&noun, &spec.name, shelf.keys().copied())
            }]);
        };
        declaration.build(self, &spec.parameters).map_err(|problems| {
            let placed = |problem: Problem| Problem { path: join(&spec.name, &problem.path), ..problem };
            problems.into_iter().map(placed).collect()
        })
    }

    /// A service's scaling with its bounds.
    pub fn service_scaling(&self, spec: &ServiceScalingSpec) -> Result<ServiceScaler, Vec<Problem>> {
        let policy = self.build::<kinds::ServiceScaling>(&spec.0)?;
        ServiceScaler::new(policy).map_err(|problems| {
            let placed = |problem: Problem| Problem { path: join(&spec.0.name, &problem.path), ..problem };
            problems.into_iter().map(placed).collect()
        })
    }

    /// A group's scaling.
    pub fn cluster_scaling(
        &self,
        spec: &ClusterScalingSpec,
    ) -> Result<Box<dyn ClusterScalingPolicy>, Vec<Problem>> {
        self.build::<kinds::ClusterScaling>(&spec.0)
    }

    /// A group's choice of victims.
    pub fn termination(&self, spec: &TerminationSpec) -> Result<Box<dyn TerminationPolicy>, Vec<Problem>> {
        self.build::<kinds::Termination>(&spec.0)
    }

    /// A service's placement: its constraints and rankers after the requirements of the task itself. Without rankers,
    /// the platform's default spread. Problems are at `constraints[i]` and `placement[i]`.
    pub fn placement(
        &self,
        constraints: &[ConstraintSpec],
        rankers: &[PlacementSpec],
    ) -> Result<Chain, Vec<Problem>> {
        let constraints =
            self.built::<kinds::Constraint>("constraints", constraints.iter().map(|spec| &spec.0));
        let rankers = self.built::<kinds::Placement>("placement", rankers.iter().map(|spec| &spec.0));
        match (constraints, rankers) {
            (Ok(constraints), Ok(rankers)) => Ok(Chain::new(constraints, rankers)),
            (constraints, rankers) => {
                Err([constraints.err(), rankers.err()].into_iter().flatten().flatten().collect())
            }
        }
    }

    /// A balancer's algorithm.
    pub fn routing(&self, spec: &RoutingSpec) -> Result<Algorithm, Vec<Problem>> {
        self.build::<kinds::Routing>(&spec.0)
    }

    /// A function's keep-alive.
    pub fn keep_alive(&self, spec: &KeepAliveSpec) -> Result<Box<dyn KeepAlivePolicy>, Vec<Problem>> {
        self.build::<kinds::KeepAlive>(&spec.0)
    }

    /// A function's provisioned concurrency.
    pub fn provisioning(&self, spec: &ProvisioningSpec) -> Result<Box<dyn ProvisioningPolicy>, Vec<Problem>> {
        self.build::<kinds::Provisioning>(&spec.0)
    }

    /// Builds a list of policies under their names as written.
    pub(crate) fn built<'a, K: PolicyKind>(
        &self,
        path: &str,
        specs: impl Iterator<Item = &'a PolicySpec>,
    ) -> Result<Vec<(String, K::Policy)>, Vec<Problem>> {
        let (mut built, mut problems) = (Vec::new(), Vec::new());
        for (index, spec) in specs.enumerate() {
            match self.build::<K>(spec) {
                Ok(policy) => built.push((spec.to_string(), policy)),
                Err(found) => problems.extend(found.into_iter().map(|problem| Problem {
                    path: join(&format!("{path}[{index}]"), &problem.path),
                    ..problem
                })),
            }
        }
        if problems.is_empty() { Ok(built) } else { Err(problems) }
    }

    /// Asks the policy that `spec` names, outside a run: a view as JSON in, a decision as JSON out.
    pub fn decide(&self, kind: Kind, spec: &PolicySpec, view: &Value) -> Result<Value, Vec<Problem>> {
        kinds::decide(self, kind, spec, view)
    }
}

/// `one.other`, whichever of them is there.
fn join(one: &str, other: &str) -> String {
    match (one.is_empty(), other.is_empty()) {
        (false, false) if other.starts_with('[') => format!("{one}{other}"),
        (false, false) => format!("{one}.{other}"),
        _ => format!("{one}{other}"),
    }
}

/// A name that is not known, with the nearest known one.
fn unknown<'n>(noun: &str, name: &str, known: impl Iterator<Item = &'n str>) -> Problem {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    known.dedup();
    let distance = |other: &&&str| strsim::damerau_levenshtein(name, other);
    let nearest = known.iter().min_by_key(distance).filter(|other| distance(other) <= 1 + name.len() / 3);
    let problem = Problem::new(name, format!("unknown {noun} `{name}`"));
    match nearest {
        Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
        None => problem.hint(format!("one of {}", known.join(", "))),
    }
}
