//! The policies that come with the simulator, one declaration each.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Catalogue, Declaration, kinds};
use crate::policy::cluster_scaling::{FixedGroup, Managed, ManagedParameters};
use crate::policy::keep_alive::FixedKeepAlive;
use crate::policy::keep_alive::hybrid::HybridHistogram;
use crate::policy::placement::{Binpack, DistinctInstance, MemberOf, Random, Spread};
use crate::policy::provisioning::{FixedProvisioning, ScheduledProvisioning, UtilizationTracking};
use crate::policy::routing::Algorithm;
use crate::policy::selection::ServiceScalingSpec;
use crate::policy::service_scaling::{Fixed, Scheduled, Several, StepScaling, TargetTracking};
use crate::policy::termination::Termination;
use crate::problem::Problem;

pub(super) fn catalogue() -> Catalogue {
    let catalogue = service_scaling(Catalogue::default());
    let catalogue = cluster_scaling(catalogue);
    let catalogue = termination(catalogue);
    let catalogue = placement(catalogue);
    let catalogue = routing(catalogue);
    functions(catalogue)
}

/// Several policies for one service. It scales out if any of them asks, to the largest wish, and scales in only if all
/// that may scale in agree, again to the largest wish. The bounds are given once, in any of them.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
struct SeveralParameters(Vec<ServiceScalingSpec>);

fn service_scaling(catalogue: Catalogue) -> Catalogue {
    let tracking = Declaration::new(
        "target-tracking",
        "keeps a metric near a target, as Application Auto Scaling does",
        TargetTracking::new,
    );
    let steps = Declaration::new(
        "step-scaling",
        "changes the count in steps that grow with the distance from a threshold",
        StepScaling::new,
    );
    let scheduled = Declaration::new("scheduled", "sets the bounds at given times", |p| Scheduled::new(&p));
    let fixed = Declaration::new("fixed", "keeps the service at one size", |p| Ok(Fixed(p)));
    let several = Declaration::with_catalogue(
        "several",
        "out if any policy asks, in only if all agree",
        |catalogue, SeveralParameters(specs)| {
            let specs = specs.iter().map(|spec| &spec.0);
            Several::new(catalogue.built::<kinds::ServiceScaling>("", specs)?)
        },
    );
    let tracked = json!({ "metric": "cpu", "target": "60%", "min": 2, "max": 40 });
    catalogue
        .with_service_scaling(tracking.example(tracked.clone()))
        .with_service_scaling(steps.example(json!({
            "metric": "cpu",
            "min": 2,
            "max": 40,
            "scale_out": {
                "threshold": "70%",
                "steps": [{ "to": "10%", "change": 2 }, { "from": "10%", "change": 6 }],
            },
            "scale_in": { "threshold": "30%", "datapoints": 15, "steps": [{ "change": -1 }] },
        })))
        .with_service_scaling(scheduled.example(json!({
            "min": 2,
            "max": 40,
            "actions": [
                { "cron": "0 8 ? * MON-FRI *", "min": 12 },
                { "cron": "0 20 * * ? *", "min": 2 },
            ],
        })))
        .with_service_scaling(fixed.example(json!({ "count": 4 })))
        .with_service_scaling(several.example(json!([
            { "target-tracking": tracked },
            { "target-tracking": { "metric": "requests-per-target", "target": "600/min" } },
        ])))
}

fn cluster_scaling(catalogue: Catalogue) -> Catalogue {
    catalogue
        .with_cluster_scaling(
            Declaration::new(
                "managed",
                "follows the capacity provider's reservation metric",
                |p: ManagedParameters| Managed::new(&p),
            )
            .example(json!({ "target_capacity": "100%" })),
        )
        .with_cluster_scaling(
            Declaration::new("fixed", "keeps the group at one size", |p| Ok(FixedGroup(p)))
                .example(json!({ "count": 6 })),
        )
}

fn termination(catalogue: Catalogue) -> Catalogue {
    let policies = [
        (
            Termination::Default,
            "default",
            "the platform's default: balance of zones, then closest to the next hour",
        ),
        (
            Termination::OldestInstance,
            "oldest-instance",
            "balance of zones, then the instance launched first",
        ),
        (Termination::NewestInstance, "newest-instance", "balance of zones, then the instance launched last"),
        (
            Termination::ClosestToNextInstanceHour,
            "closest-to-next-instance-hour",
            "balance of zones, then the instance whose current hour is nearest to its end",
        ),
    ];
    policies.into_iter().fold(catalogue, |catalogue, (policy, name, summary)| {
        catalogue.with_termination(Declaration::new(name, summary, move |()| Ok(policy)).help(format!(
            "{summary}.\n\nOnly in the zones with the most instances is anything terminated, protected instances are \
             passed over, and ties are drawn (EC2 Auto Scaling User Guide)."
        )))
    })
}

/// A placement's parameter, from its text.
fn parsed<T: std::str::FromStr<Err = String>>(text: &str) -> Result<T, Vec<Problem>> {
    text.parse().map_err(|message: String| vec![Problem::new("", message)])
}

fn placement(catalogue: Catalogue) -> Catalogue {
    catalogue
        .with_constraint(Declaration::new(
            "distinct-instance",
            "at most one task of the service on an instance",
            |()| Ok(DistinctInstance),
        ))
        .with_constraint(
            Declaration::new("member-of", "only instances for which an expression holds", |text: String| {
                match MemberOf::new(&text) {
                    Ok(constraint) => Ok(constraint),
                    Err(error) => Err(vec![Problem::new("", error.to_string())]),
                }
            })
            .help(MEMBER_OF)
            .example(json!("attribute:ecs.instance-type =~ m7g.*")),
        )
        .with_placement(
            Declaration::new(
                "spread",
                "evens out the service's tasks over zones, instances or an attribute",
                |text: String| parsed::<Spread>(&text),
            )
            .help(SPREAD)
            .example(json!("zone")),
        )
        .with_placement(
            Declaration::new(
                "binpack",
                "fills instances one after the other, by cpu or memory",
                |text: String| parsed::<Binpack>(&text),
            )
            .help(BINPACK)
            .example(json!("memory")),
        )
        .with_placement(Declaration::new("random", "any instance that will do", |()| Ok(Random)))
}

const MEMBER_OF: &str = "The cluster query language of ECS. Subjects: attribute:NAME, runningTasksCount, task:group. \
    Operators: == != > >= < <= (or equals, not_equals, greater_than, ...), exists, !exists, in [a, b], !in, =~ and !~ with \
    a pattern that the whole value must match. Joined by and, or, not and parentheses. Built-in attributes: \
    ecs.availability-zone, ecs.instance-type, ecs.cpu-architecture, ecs.os-type; a cluster's own besides.";

const SPREAD: &str = "Written \"spread:zone\", \"spread:instance\" or \"spread:attribute:NAME\". Keeps the instances in \
    the group with the fewest tasks of the service; full and draining instances count in the balance. Scaling in takes \
    from the group with the most.";

const BINPACK: &str = "Written \"binpack:cpu\" or \"binpack:memory\". Keeps the instances with the least of the resource \
    left on which the task still fits. Scaling in takes from the instance that has the most left afterwards.";

fn routing(catalogue: Catalogue) -> Catalogue {
    let algorithms: [(fn() -> Algorithm, _, _); 4] = [
        (|| Algorithm::RoundRobin, "round-robin", "each target in turn"),
        (
            || Algorithm::LeastOutstandingRequests,
            "least-outstanding-requests",
            "a target with the fewest requests in progress; ties are drawn",
        ),
        (|| Algorithm::Random, "random", "any target, all as likely"),
        (
            || Algorithm::PowerOfTwoChoices,
            "power-of-two-choices",
            "the less loaded of two targets drawn at random",
        ),
    ];
    algorithms.into_iter().fold(catalogue, |catalogue, (algorithm, name, summary)| {
        catalogue.with_routing(Declaration::new(name, summary, move |()| Ok(algorithm())))
    })
}

/// A function that is called about every half hour.
fn half_hourly() -> serde_json::Value {
    let minutes: Vec<u32> =
        (0..32).map(|minute| [0, 3, 12, 1][(minute - 28_i32).clamp(0, 3) as usize]).collect();
    json!({ "now": "8h", "function": "report", "idle_times": { "minutes": minutes, "beyond": 0, "recent": "30min" } })
}

fn functions(catalogue: Catalogue) -> Catalogue {
    catalogue
        .with_keep_alive(
            Declaration::new("fixed", "keeps every idle environment for the same time", |p| {
                Ok(FixedKeepAlive(p))
            })
            .example(json!({ "after": "10min" })),
        )
        .with_keep_alive(
            Declaration::new(
                "hybrid-histogram",
                "unloads environments and loads them again by each function's own idle times",
                HybridHistogram::new,
            )
            .example(json!({ "range": "4h", "minimum_samples": 5 }))
            .example_view(half_hourly()),
        )
        .with_provisioning(
            Declaration::new("fixed", "as many provisioned environments all the time", |p| {
                Ok(FixedProvisioning(p))
            })
            .example(json!({ "count": 50 })),
        )
        .with_provisioning(
            Declaration::new("scheduled", "sets the bounds at given times", |p| {
                ScheduledProvisioning::new(&p)
            })
            .example(
                json!({ "min": 10, "max": 500, "actions": [{ "at": "8h", "every": "24h", "min": 100 }] }),
            ),
        )
        .with_provisioning(
            Declaration::new(
                "target-tracking",
                "keeps the utilization of provisioned environments near a target",
                UtilizationTracking::new,
            )
            .example(json!({ "target": "70%", "min": 10, "max": 500 })),
        )
}
