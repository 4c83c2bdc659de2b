//! EC2 instance types as data: what a catalogue says about one, and what follows from it for ECS.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::{Cpu, MemorySize};

/// A CPU architecture.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Arch {
    /// 64-bit x86 (Intel and AMD).
    #[default]
    #[serde(rename = "x86_64")]
    X86,
    /// 64-bit ARM (Graviton).
    #[serde(rename = "arm64")]
    Arm,
}

impl Arch {
    /// Its name in scenario files and catalogues.
    pub fn name(self) -> &'static str {
        match self {
            Arch::X86 => "x86_64",
            Arch::Arm => "arm64",
        }
    }
}

/// How capacity is bought.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Purchase {
    /// At the list price, kept until given back.
    #[default]
    OnDemand,
    /// At a discount; the platform may take it back at short notice.
    Spot,
}

impl Purchase {
    /// Its name in scenario files and bills.
    pub fn name(self) -> &'static str {
        match self {
            Purchase::OnDemand => "on-demand",
            Purchase::Spot => "spot",
        }
    }
}

/// One EC2 instance type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceType {
    /// Its name, `m7g.large`.
    pub name: String,
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Memory installed.
    pub memory: MemorySize,
    /// CPU architecture.
    pub arch: Arch,
    /// On-demand price in US dollars per hour (Linux), at the date and region of its catalogue.
    pub on_demand_hour: f64,
    /// Network interfaces it can hold, the primary one included.
    pub max_enis: u32,
    /// IPv4 addresses per interface.
    pub ipv4_per_eni: u32,
    /// Pods the EKS network plugin allows: interfaces x (addresses - 1) + 2.
    pub max_pods: u32,
    /// Baseline network bandwidth in Gbit/s; the advertised "up to" figures are higher.
    pub network_gbps: f64,
    /// `awsvpc` tasks it can hold with interface trunking, where the type supports that.
    pub trunk_tasks: Option<u32>,
    /// CPU credits, for the burstable T types.
    pub burst: Option<Burst>,
}

/// The CPU credits of a burstable instance type (EC2 User Guide, credit table). One credit is one vCPU at
/// full speed for one minute.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Burst {
    /// The share of each vCPU that earnings sustain for ever, 0.3 for a t3.large.
    pub baseline: f64,
    /// Credits earned an hour, by the whole instance.
    pub credits_per_hour: u32,
}

impl Burst {
    /// The most credits that can be saved up: a day's earnings.
    pub fn max_credits(self) -> u32 {
        self.credits_per_hour * 24
    }
}

impl InstanceType {
    /// The part of the memory that the ECS agent sees and registers. The kernel keeps some for itself: a
    /// documented m4.large registers 7,985 of 8,192 MiB (97.5 %), a c4.large 98.1 %. No table per type is
    /// published, so 97.5 % stands for all of them.
    pub const REGISTERED_MEMORY_SHARE: f64 = 0.975;

    /// CPU in ECS units.
    pub fn cpu(&self) -> Cpu {
        Cpu(self.vcpu * Cpu::UNITS_PER_VCPU)
    }

    /// The family, `m7g` of `m7g.large`.
    pub fn family(&self) -> &str {
        self.name.split('.').next().unwrap_or(&self.name)
    }

    /// The size, `large` of `m7g.large`.
    pub fn size(&self) -> &str {
        self.name.split('.').nth(1).unwrap_or("")
    }

    /// The memory that ECS can place tasks in, before any reservation of the operator's own: see
    /// [`Self::REGISTERED_MEMORY_SHARE`].
    pub fn registered_memory(&self) -> MemorySize {
        MemorySize((f64::from(self.memory.0) * Self::REGISTERED_MEMORY_SHARE) as u32)
    }

    /// How many tasks with an interface of their own (`awsvpc`) fit. Without trunking each takes a whole
    /// interface and the primary one is the host's; a type that cannot trunk ignores the setting.
    pub fn awsvpc_tasks(&self, trunking: bool) -> u32 {
        match self.trunk_tasks {
            Some(tasks) if trunking => tasks,
            _ => self.max_enis.saturating_sub(1),
        }
    }
}
