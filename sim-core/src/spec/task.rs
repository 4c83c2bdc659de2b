//! Task definitions: what one container copy of a service reserves, may use, and how it takes requests in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::cost::InstanceType;
use crate::engine::Span;
use crate::quantity::{Bytes, Cpu, MemorySize};
use crate::random::DistributionSpec;

/// What one task reserves and may use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskSpec {
    /// CPU. On EC2 it is reserved for placement and is a weight under contention, unless `hard_cpu_limit` is set. On
    /// Fargate it is the task's size and its hard limit.
    pub cpu: Cpu,
    /// Memory: the hard limit. A task that exceeds it is killed. Also what placement reserves, unless
    /// `memory_reservation` says less.
    pub memory: MemorySize,
    /// Soft memory limit (EC2 only): what placement reserves instead of `memory`. Tasks may then together need more than
    /// their instance has; the kernel kills the one furthest above its reservation.
    #[serde(default)]
    pub memory_reservation: Option<MemorySize>,
    /// Whether `cpu` is also a hard limit (a task-level CPU in ECS on EC2). Always so on Fargate.
    #[serde(default)]
    pub hard_cpu_limit: bool,
    /// Compressed size of the container image.
    #[serde(default = "image")]
    pub image: Bytes,
    /// From the start of the container to the application accepting connections.
    #[serde(default = "start")]
    pub start: DistributionSpec<Span>,
    /// Memory of the task with no request in it.
    #[serde(default = "idle_memory")]
    pub idle_memory: MemorySize,
    /// How long a task that is told to stop may go on with the requests that it has before it is killed and they fail; on
    /// Fargate at most 120 s. Behind a balancer its deregistration delay comes first, and with that they are over.
    #[serde(default = "stop_timeout")]
    pub stop_timeout: Span,
    /// How the application takes requests in.
    #[serde(default)]
    pub server: ServerSpec,
    /// How the task is connected (EC2 only).
    #[serde(default)]
    pub network: NetworkMode,
    /// Static host port (EC2, network `bridge` or `host`): only one such task fits on an instance.
    #[serde(default)]
    pub host_port: Option<u16>,
}

fn image() -> Bytes {
    Bytes(250_000_000)
}

fn start() -> DistributionSpec<Span> {
    DistributionSpec::Constant(Span::from_secs(5))
}

fn stop_timeout() -> Span {
    Span::from_secs(30)
}

fn idle_memory() -> MemorySize {
    MemorySize(100)
}

/// How an application takes requests in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ServerSpec {
    /// A fixed number of workers; each admitted request holds one to its end, others queue in order of arrival.
    Workers {
        /// How many.
        count: u32,
        /// How many requests may queue; one more is rejected.
        #[serde(default = "backlog")]
        backlog: u32,
        /// What it takes to start a worker for a request that finds one idle; a worker that goes on with the queue is
        /// running. For process managers that end idle workers (php-fpm with `pm = ondemand`). Left out: idle workers
        /// keep running.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<DistributionSpec<Span>>,
    },
    /// Every request is admitted at once and shares the CPU (an event loop).
    Shared {
        /// How many may be inside; one more is rejected.
        #[serde(default = "limit")]
        limit: u32,
    },
}

fn backlog() -> u32 {
    511
}

fn limit() -> u32 {
    1024
}

impl Default for ServerSpec {
    fn default() -> Self {
        ServerSpec::Shared { limit: limit() }
    }
}

/// How a task on an EC2 instance is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkMode {
    /// Behind the instance's address, on a dynamic port unless `host_port` is set.
    #[default]
    Bridge,
    /// On the instance's own ports; `host_port` is the container's port.
    Host,
    /// With a network interface of its own; the instance type limits how many there can be.
    Awsvpc,
    /// As `awsvpc`, with trunking switched on for the account: many more fit where the instance type supports it.
    AwsvpcTrunking,
}

impl NetworkMode {
    /// How many tasks an `instance` has network interfaces for; `None` where tasks take none of their own.
    pub fn most_on(self, instance: &InstanceType) -> Option<u32> {
        match self {
            NetworkMode::Bridge | NetworkMode::Host => None,
            NetworkMode::Awsvpc => Some(instance.awsvpc_tasks(false)),
            NetworkMode::AwsvpcTrunking => Some(instance.awsvpc_tasks(true)),
        }
    }
}

impl TaskSpec {
    /// The memory that placement reserves, in MiB.
    pub fn reserved_memory(&self) -> MemorySize {
        self.memory_reservation.unwrap_or(self.memory)
    }

    /// Reports what makes no sense on any platform, under `path`.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        self.start.problems(&format!("{path}.start"), out);
        if let ServerSpec::Workers { start: Some(start), .. } = &self.server {
            start.problems(&format!("{path}.server.workers.start"), out);
        }
        if self.cpu.0 == 0 {
            out.push(Problem::new(format!("{path}.cpu"), "a task without CPU never does any work"));
        }
        if self.memory.0 < 6 {
            out.push(Problem::new(
                format!("{path}.memory"),
                format!("{} is less than the 6 MiB that a container needs", self.memory),
            ));
        }
        if let Some(reservation) = self.memory_reservation.filter(|reservation| *reservation > self.memory) {
            out.push(Problem::new(
                format!("{path}.memory_reservation"),
                format!("the soft limit {reservation} is above the hard limit {}", self.memory),
            ));
        }
        if self.idle_memory > self.memory {
            out.push(Problem::new(
                format!("{path}.idle_memory"),
                format!(
                    "an idle task needs {} but may use {}; it would be killed at its start",
                    self.idle_memory, self.memory
                ),
            ));
        }
        if self.server == (ServerSpec::Shared { limit: 0 })
            || matches!(self.server, ServerSpec::Workers { count: 0, .. })
        {
            out.push(Problem::new(
                format!("{path}.server"),
                "a server that admits no request never does any work",
            ));
        }
        let own_interface = matches!(self.network, NetworkMode::Awsvpc | NetworkMode::AwsvpcTrunking);
        if self.host_port.is_some() && own_interface {
            out.push(
                Problem::new(
                    format!("{path}.host_port"),
                    "a task with an interface of its own has no host port",
                )
                .hint("use network = \"bridge\", or leave `host_port` out"),
            );
        }
        if self
            .host_port
            .is_some_and(|port| port >= 32_768 || [0, 22, 2375, 2376, 51_678, 51_679, 51_680].contains(&port))
        {
            out.push(
                Problem::new(format!("{path}.host_port"), "this port is reserved or in the ephemeral range")
                    .hint("use a free port below 32768"),
            );
        }
        if self.network == NetworkMode::Host && self.host_port.is_none() {
            out.push(Problem::new(format!("{path}.network"), "network = \"host\" needs `host_port`"));
        }
    }
}
