//! Policies: views in, decisions out, one catalogue.
//!
//! A policy is a pure question. The model shows it a [`view`], it answers with a decision and the reason, and the
//! model validates, applies and records that. A policy never changes the world, never sees its exact state (what a
//! scaler sees is telemetry: aggregated, late), and draws only from the luck that its view hands it.
//!
//! | Question | Policies of a user's own implement | Built in |
//! |---|---|---|
//! | how many tasks | [`ServiceScalingPolicy`](view::ServiceScalingPolicy) | [`service_scaling`] |
//! | how many instances | [`ClusterScalingPolicy`](view::ClusterScalingPolicy) | [`cluster_scaling`] |
//! | which instance goes | [`TerminationPolicy`](view::TerminationPolicy) | [`termination`] |
//! | which instance will do | [`Constraint`](view::Constraint) | [`placement`] |
//! | which of those is best | [`Ranker`](view::Ranker) | [`placement`] |
//! | which target serves a request | [`RoutingPolicy`](view::RoutingPolicy) | [`routing`] |
//! | how long to keep an idle environment | [`KeepAlivePolicy`](view::KeepAlivePolicy) | [`keep_alive`] |
//! | how much provisioned concurrency | [`ProvisioningPolicy`](view::ProvisioningPolicy) | [`provisioning`] |
//!
//! Scenario files name a policy and its parameters ([`PolicySpec`]); the [`catalogue`] builds it, in the worker that
//! runs it. One declaration there gives a policy its name, help, parameter schema, example and constructor.

mod alarm;
mod arithmetic;
pub mod catalogue;
pub mod cluster_scaling;
pub mod keep_alive;
pub mod placement;
pub mod provisioning;
pub mod routing;
pub mod selection;
pub mod service_scaling;
pub mod termination;
pub mod view;

pub(crate) use alarm::HISTORY;
pub use catalogue::{Catalogue, Declaration};
pub use selection::{
    ClusterScalingSpec, ConstraintSpec, KeepAliveSpec, Kind, PlacementSpec, PolicySpec, ProvisioningSpec,
    RoutingSpec, ServiceScalingSpec, TerminationSpec,
};

/// The guide's code compiles and does what the guide says.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guides/write-a-policy.md")]
mod guide {}
