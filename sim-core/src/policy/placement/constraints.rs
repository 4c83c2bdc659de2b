//! What an instance must have to take a task.

use super::{Expression, SyntaxError};
use crate::policy::view::{Candidate, Constraint, TaskDemand};

/// What follows from the task itself, in the order in which the scheduler looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// The instance is ACTIVE and its agent is connected.
    Active,
    /// The image is built for its architecture.
    Architecture,
    /// It has the CPU units.
    Cpu,
    /// It has the memory.
    Memory,
    /// The static host ports are free.
    Ports,
    /// It has a network interface left, in awsvpc mode.
    NetworkInterfaces,
}

impl Requirement {
    /// All of them.
    pub const ALL: [Requirement; 6] = [
        Requirement::Active,
        Requirement::Architecture,
        Requirement::Cpu,
        Requirement::Memory,
        Requirement::Ports,
        Requirement::NetworkInterfaces,
    ];

    /// Its name in refusals.
    pub const fn name(self) -> &'static str {
        match self {
            Requirement::Active => "active",
            Requirement::Architecture => "architecture",
            Requirement::Cpu => "cpu",
            Requirement::Memory => "memory",
            Requirement::Ports => "ports",
            Requirement::NetworkInterfaces => "network-interfaces",
        }
    }
}

impl Constraint for Requirement {
    fn admits(&self, task: &TaskDemand, candidate: &Candidate) -> bool {
        match self {
            Requirement::Active => candidate.active,
            Requirement::Architecture => {
                task.architecture.is_none_or(|needed| needed == candidate.architecture)
            }
            Requirement::Cpu => task.cpu_units <= candidate.free_cpu_units,
            Requirement::Memory => task.memory_mib <= candidate.free_memory_mib,
            Requirement::Ports => task.static_ports.iter().all(|port| !candidate.used_ports.contains(port)),
            Requirement::NetworkInterfaces => task.network_interfaces <= candidate.free_network_interfaces,
        }
    }

    fn why_not(&self, task: &TaskDemand, candidate: &Candidate) -> String {
        match self {
            Requirement::Active => "not active".into(),
            Requirement::Architecture => format!("is {}", candidate.architecture.name()),
            Requirement::Cpu => {
                format!("{} CPU units free of the {} needed", candidate.free_cpu_units, task.cpu_units)
            }
            Requirement::Memory => {
                format!("{} MiB of memory free of the {} needed", candidate.free_memory_mib, task.memory_mib)
            }
            Requirement::Ports => {
                let taken = task.static_ports.iter().find(|port| candidate.used_ports.contains(port));
                format!("host port {} is taken", taken.copied().unwrap_or_default())
            }
            Requirement::NetworkInterfaces => {
                format!("{} network interfaces free", candidate.free_network_interfaces)
            }
        }
    }

    fn is_pure(&self) -> bool {
        true
    }
}

/// At most one task of the service on an instance.
#[derive(Clone, Copy, Debug)]
pub struct DistinctInstance;

impl Constraint for DistinctInstance {
    fn admits(&self, _: &TaskDemand, candidate: &Candidate) -> bool {
        candidate.service_tasks == 0
    }

    fn why_not(&self, task: &TaskDemand, _: &Candidate) -> String {
        format!("already has a task of {}", task.group)
    }

    fn is_pure(&self) -> bool {
        true
    }
}

/// An expression of the cluster query language holds for the instance.
#[derive(Clone, Debug)]
pub struct MemberOf {
    text: String,
    expression: Expression,
}

impl MemberOf {
    /// The constraint, if `text` is an expression.
    pub fn new(text: &str) -> Result<Self, SyntaxError> {
        Ok(MemberOf { text: text.to_owned(), expression: text.parse()? })
    }
}

impl Constraint for MemberOf {
    fn admits(&self, _: &TaskDemand, candidate: &Candidate) -> bool {
        self.expression.holds(candidate)
    }

    fn why_not(&self, _: &TaskDemand, _: &Candidate) -> String {
        format!("not a member of `{}`", self.text)
    }

    fn is_pure(&self) -> bool {
        true
    }
}
