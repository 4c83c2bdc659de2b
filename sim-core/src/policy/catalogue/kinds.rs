//! The kinds of policy as types: what each is shown and answers, and how it is asked.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Catalogue, Information, Shelf};
use crate::policy::placement::Chain;
use crate::policy::provisioning;
use crate::policy::routing::Algorithm;
use crate::policy::selection::{Kind, PolicySpec};
use crate::policy::service_scaling;
use crate::policy::view::{self, Placement as _};
use crate::problem::Problem;

/// A kind of policy.
pub trait PolicyKind: Sized + 'static {
    /// The kind as a value.
    const KIND: Kind;
    /// A built policy.
    type Policy;
    /// What it is shown.
    type View: DeserializeOwned;
    /// What it answers.
    type Decision: Serialize;

    /// Asks once, outside a run.
    fn ask(policy: Self::Policy, name: &str, view: &Self::View) -> Self::Decision;

    /// A view on which policies of this kind can be tried.
    fn example_view() -> Value;

    /// The kind's part of a catalogue.
    fn shelf(catalogue: &Catalogue) -> &Shelf<Self>;

    /// The same, to add to.
    fn shelf_mut(catalogue: &mut Catalogue) -> &mut Shelf<Self>;
}

/// What can be declared as a policy of kind `K`: whatever implements the kind's trait.
pub trait IntoPolicy<K: PolicyKind> {
    /// As catalogues hold it.
    fn into_policy(self) -> K::Policy;
}

macro_rules! boxed {
    ($($kind:ident: $policy:ident),*) => {$(
        impl<T: view::$policy + 'static> IntoPolicy<$kind> for T {
            fn into_policy(self) -> <$kind as PolicyKind>::Policy {
                Box::new(self)
            }
        }
    )*};
}

boxed! {
    ServiceScaling: ServiceScalingPolicy, ClusterScaling: ClusterScalingPolicy, Termination: TerminationPolicy,
    Constraint: Constraint, Placement: Ranker, KeepAlive: KeepAlivePolicy, Provisioning: ProvisioningPolicy
}

impl IntoPolicy<Routing> for Algorithm {
    fn into_policy(self) -> Algorithm {
        self
    }
}

impl<T: view::RoutingPolicy + 'static> IntoPolicy<Routing> for T {
    fn into_policy(self) -> Algorithm {
        Algorithm::Custom(Box::new(self))
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident in $field:ident: $policy:ty, $view:ty => $decision:ty, $ask:expr, $example:expr;)*) => {
        $(
            $(#[$doc])*
            pub enum $kind {}

            impl PolicyKind for $kind {
                const KIND: Kind = Kind::$kind;
                type Policy = $policy;
                type View = $view;
                type Decision = $decision;

                fn ask(policy: Self::Policy, name: &str, view: &Self::View) -> Self::Decision {
                    let ask: fn($policy, &str, &$view) -> $decision = $ask;
                    ask(policy, name, view)
                }
                fn example_view() -> Value {
                    $example
                }
                fn shelf(catalogue: &Catalogue) -> &Shelf<Self> {
                    &catalogue.$field
                }
                fn shelf_mut(catalogue: &mut Catalogue) -> &mut Shelf<Self> {
                    &mut catalogue.$field
                }
            }
        )*

        /// What is known about the policies of `kind`.
        pub(super) fn information(catalogue: &Catalogue, kind: Kind) -> Vec<&Information> {
            match kind {
                $(Kind::$kind => catalogue.$field.values().map(|declared| &declared.information).collect(),)*
            }
        }

        /// Asks a policy of `kind`.
        pub(super) fn decide(
            catalogue: &Catalogue,
            kind: Kind,
            spec: &PolicySpec,
            view: &Value,
        ) -> Result<Value, Vec<Problem>> {
            match kind {
                $(Kind::$kind => decide_as::<$kind>(catalogue, spec, view),)*
            }
        }
    };
}

kinds! {
    /// How many tasks should a service have?
    ServiceScaling in service_scaling:
        Box<dyn view::ServiceScalingPolicy>,
        view::ServiceScalingView => view::ServiceScalingDecision,
        |mut policy, _, view| service_scaling::settle(view, policy.decide(view)),
        service_view();
    /// How many instances should a group have?
    ClusterScaling in cluster_scaling:
        Box<dyn view::ClusterScalingPolicy>,
        view::ClusterScalingView => view::ClusterScalingDecision,
        |mut policy, _, view| policy.decide(view),
        cluster_view();
    /// Which instance goes when a group shrinks?
    Termination in termination:
        Box<dyn view::TerminationPolicy>,
        view::TerminationView => view::TerminationDecision,
        |mut policy, _, view| policy.decide(view),
        termination_view();
    /// Which instances will do for a task?
    Constraint in constraints:
        Box<dyn view::Constraint>,
        view::PlacementView<'static> => view::PlacementDecision,
        |policy, name, view| {
            let any: Box<dyn view::Ranker> = Box::new(crate::policy::placement::Random);
            Chain::new(vec![(name.to_owned(), policy)], vec![("random".to_owned(), any)]).place(view)
        },
        placement_view();
    /// Which of the instances that will do is best?
    Placement in placement:
        Box<dyn view::Ranker>,
        view::PlacementView<'static> => view::PlacementDecision,
        |policy, name, view| Chain::new(vec![], vec![(name.to_owned(), policy)]).place(view),
        placement_view();
    /// Which target serves a request?
    Routing in routing:
        Algorithm,
        view::RoutingView<'static> => view::RoutingDecision,
        |mut policy, name, view| route(&mut policy, name, view),
        routing_view();
    /// How long is an idle execution environment kept?
    KeepAlive in keep_alive:
        Box<dyn view::KeepAlivePolicy>,
        view::KeepAliveView => view::KeepAliveDecision,
        |mut policy, _, view| policy.decide(view),
        json!({ "now": "2h", "function": "resize", "idle_times": { "minutes": [40, 12, 3, 0, 1], "beyond": 2 } });
    /// How much provisioned concurrency should a function have?
    Provisioning in provisioning:
        Box<dyn view::ProvisioningPolicy>,
        view::ProvisioningView => view::ProvisioningDecision,
        |mut policy, _, view| provisioning::settle(view, policy.decide(view)),
        provisioning_view();
}

fn decide_as<K: PolicyKind>(
    catalogue: &Catalogue,
    spec: &PolicySpec,
    view: &Value,
) -> Result<Value, Vec<Problem>> {
    let policy = catalogue.build::<K>(spec);
    let view = serde_json::from_value::<K::View>(view.clone())
        .map_err(|error| Problem::new("view", error.to_string()));
    match (policy, view) {
        (Ok(policy), Ok(view)) => {
            let decision = K::ask(policy, &spec.to_string(), &view);
            serde_json::to_value(decision).map_err(|error| vec![Problem::new("decision", error.to_string())])
        }
        (policy, view) => Err(policy.err().into_iter().flatten().chain(view.err()).collect()),
    }
}

fn route(policy: &mut Algorithm, name: &str, view: &view::RoutingView<'_>) -> view::RoutingDecision {
    let target = policy.choose(view);
    let reason = match target {
        Some(target) => {
            let (outstanding, count) = (view.outstanding(target), view.targets.len());
            format!("{name} of {count} targets; {outstanding} outstanding there")
        }
        None => "no target".to_owned(),
    };
    view::RoutingDecision { target, reason }
}

fn datapoints(minutes: std::ops::RangeInclusive<u32>, value: f64) -> Value {
    minutes.map(|minute| json!({ "end": format!("{minute}min"), "value": value })).collect()
}

fn service_view() -> Value {
    json!({
        "now": "480min", "service": "web", "running": 10, "desired": 10, "min": 2, "max": 40,
        "metrics": {
            "cpu": datapoints(475..=479, 0.9),
            "memory": datapoints(475..=479, 0.4),
            "requests-per-target": datapoints(475..=479, 750.0),
        },
    })
}

fn cluster_view() -> Value {
    let large = json!({ "cpu_units": 2048, "memory_mib": 7985, "network_interfaces": 2 });
    json!({
        "now": "480min", "group": "fleet", "running": 8, "desired": 8, "min": 2, "max": 20, "non_empty": 8,
        "waiting": [{ "cpu_units": 1024, "memory_mib": 2048, "count": 3 }], "smallest": large, "largest": large,
        "reservation": datapoints(479..=479, 1.25),
    })
}

fn termination_view() -> Value {
    json!({ "now": "8h", "instances": [
        { "instance": 0, "zone": "zone-a", "launched": "0s", "tasks": 3 },
        { "instance": 1, "zone": "zone-a", "launched": "125min", "tasks": 0 },
        { "instance": 2, "zone": "zone-b", "launched": "0s", "tasks": 4, "protected": true },
    ] })
}

fn placement_view() -> Value {
    let candidate = |instance: u32, zone: &str, free_memory_mib: u32, service_tasks: u32| {
        json!({
            "instance": instance, "zone": zone, "instance_type": "m7g.large", "architecture": "arm64",
            "registered_cpu_units": 2048, "registered_memory_mib": 7985,
            "free_cpu_units": free_memory_mib / 4, "free_memory_mib": free_memory_mib,
            "tasks": service_tasks + 1, "service_tasks": service_tasks,
        })
    };
    json!({
        "task": { "group": "service:web", "cpu_units": 512, "memory_mib": 1024 },
        "candidates": [
            candidate(0, "zone-a", 3889, 2), candidate(1, "zone-a", 6961, 1),
            candidate(2, "zone-b", 5937, 0), candidate(3, "zone-b", 817, 1),
        ],
    })
}

fn routing_view() -> Value {
    let view = view::RoutingView {
        targets: Cow::Owned(vec![0, 1, 2]),
        outstanding: Cow::Owned(vec![4, 1, 7]),
        turn: 5,
        luck: 42,
    };
    json!(view)
}

fn provisioning_view() -> Value {
    json!({
        "now": "480min", "function": "resize", "ready": 100, "desired": 100, "min": 10, "max": 500,
        "utilization": datapoints(475..=479, 0.9),
    })
}
