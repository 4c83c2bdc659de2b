//! What stands in front of a container service: a balancer, its target group, its health checks.
//!
//! Ranges and defaults: Elastic Load Balancing, Application Load Balancers user guide and API reference, target groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::engine::Span;
use crate::policy::RoutingSpec;

/// What stands in front of a container service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BalancerSpec {
    /// An Application Load Balancer.
    Alb(AlbSpec),
    /// Nothing: requests reach the tasks in turn, at once and for free. For teaching and for comparing with theory.
    None,
}

impl Default for BalancerSpec {
    fn default() -> Self {
        BalancerSpec::Alb(AlbSpec::default())
    }
}

/// An Application Load Balancer and its target group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlbSpec {
    /// How it chooses a target for a request.
    pub algorithm: RoutingSpec,
    /// How it finds out which targets are healthy.
    pub health_check: HealthCheckSpec,
    /// How long a target that leaves may finish its requests. It holds the task for the whole delay.
    pub deregistration_delay: Span,
    /// After this long without a response the balancer gives up (504).
    pub idle_timeout: Span,
    /// Time that the balancer itself takes for a request.
    pub overhead: Span,
    /// Requests that a client sends over one connection, for the metering of new connections.
    pub requests_per_connection: u32,
}

impl Default for AlbSpec {
    fn default() -> Self {
        AlbSpec {
            algorithm: RoutingSpec::from("round-robin"),
            health_check: HealthCheckSpec::default(),
            deregistration_delay: Span::from_secs(300),
            idle_timeout: Span::from_secs(60),
            overhead: Span::from_millis(1),
            requests_per_connection: 10,
        }
    }
}

/// How a balancer finds out which targets are healthy. A new target needs one pass. Requests go to healthy targets only,
/// unless there is none: then they go to all. A task that turns unhealthy is replaced by its service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HealthCheckSpec {
    /// From one check of a target to the next, 5s to 300s. A new task meets the balancer at a random moment of the
    /// interval.
    pub interval: Span,
    /// A check that is not answered for this long has failed: 2s to 120s, and shorter than the interval.
    pub timeout: Span,
    /// How many checks in a row an unhealthy target must pass to be healthy again, 2 to 10.
    pub healthy_threshold: u32,
    /// How many checks in a row a healthy target must fail to be unhealthy, 2 to 10.
    pub unhealthy_threshold: u32,
    /// Who answers the checks.
    pub served_by: ServedBy,
    /// From the container's start to its registration with the balancer.
    pub registration: Span,
}

impl Default for HealthCheckSpec {
    fn default() -> Self {
        HealthCheckSpec {
            interval: Span::from_secs(30),
            timeout: Span::from_secs(5),
            healthy_threshold: 5,
            unhealthy_threshold: 2,
            served_by: ServedBy::Workers,
            registration: Span::from_secs(3),
        }
    }
}

/// Who answers a task's health checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServedBy {
    /// The task's workers, like any request: a check fails when it finds no room, or when none of them has got to it
    /// before the timeout. It takes no time worth counting itself.
    #[default]
    Workers,
    /// Something that is never too busy, a thread of its own say: a running task passes every check.
    Apart,
}

impl BalancerSpec {
    /// Reports what makes no sense, under `path`.
    pub(super) fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        let BalancerSpec::Alb(alb) = self else { return };
        let path = format!("{path}.alb");
        alb.health_check.problems(&format!("{path}.health_check"), out);
        if alb.deregistration_delay > Span::from_secs(3600) {
            out.push(Problem::new(
                format!("{path}.deregistration_delay"),
                "the platform allows at most 3600s",
            ));
        }
        if !(Span::from_secs(1)..=Span::from_secs(4000)).contains(&alb.idle_timeout) {
            out.push(Problem::new(
                format!("{path}.idle_timeout"),
                format!("{} is not between 1s and 4000s", alb.idle_timeout),
            ));
        }
        if !(1..=10_000).contains(&alb.requests_per_connection) {
            out.push(Problem::new(format!("{path}.requests_per_connection"), "not between 1 and 10000"));
        }
    }
}

impl HealthCheckSpec {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        let spans = [("interval", self.interval, (5, 300)), ("timeout", self.timeout, (2, 120))];
        for (key, span, (least, most)) in spans {
            if !(Span::from_secs(least)..=Span::from_secs(most)).contains(&span) {
                let message = format!("{span} is not between {least}s and {most}s");
                out.push(Problem::new(format!("{path}.{key}"), message));
            }
        }
        if self.timeout >= self.interval {
            let message = format!(
                "the timeout of {} is not shorter than the interval of {}",
                self.timeout, self.interval
            );
            out.push(Problem::new(format!("{path}.timeout"), message).hint("timeout = \"2s\""));
        }
        let thresholds = [
            ("healthy_threshold", self.healthy_threshold),
            ("unhealthy_threshold", self.unhealthy_threshold),
        ];
        for (key, checks) in thresholds.into_iter().filter(|(_, checks)| !(2..=10).contains(checks)) {
            out.push(Problem::new(format!("{path}.{key}"), format!("{checks} checks; write 2 to 10")));
        }
    }
}
