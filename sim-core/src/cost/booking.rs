//! From what happened to meters, with each platform's minimum and rounding.
//!
//! Whatever is billed by time is billed for a *period*: from when billing starts, for as long as the platform
//! counts it, which its minimum and its rounding may make longer than it was used. The period is then clipped
//! to the measured window, so what a minimum adds counts where it falls. What still runs when the run ends is
//! billed to the end of the window, without rounding: it was not over.

use super::{Arch, InstanceType, Meter, Purchase, Usage};
use crate::engine::{Span, Time, Window};
use crate::quantity::{Cpu, MemorySize};

/// Fargate storage that each task has free (AWS Fargate pricing page: 20 GB).
const FREE_TASK_STORAGE: MemorySize = MemorySize(20 * 1024);
/// EC2 and Fargate bill whole seconds, and at least a minute.
const SECOND: Span = Span::from_secs(1);
const MINUTE: Span = Span::from_secs(60);
/// Load balancers bill whole hours.
pub(super) const HOUR: Span = Span::from_secs(3600);

/// How much of a billed period lies in the window: `used` is rounded up to whole `unit`s, at least `minimum`.
fn billed(window: Window, from: Time, to: Option<Time>, unit: Span, minimum: Span) -> u128 {
    let end = match to {
        Some(to) => {
            let rounded = unit * to.since(from).div_ceil(unit);
            Time::from_nanos(from.nanos().saturating_add(rounded.max(minimum).nanos()))
        }
        None => window.to.max(from),
    };
    u128::from(window.overlap(from, end).nanos())
}

/// The size and kind of a Fargate task: what its price depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FargateTask {
    /// CPU that the task was defined with.
    pub cpu: Cpu,
    /// Memory that the task was defined with.
    pub memory: MemorySize,
    /// Ephemeral storage, 20 GiB unless asked for more.
    pub storage: MemorySize,
    /// CPU architecture.
    pub arch: Arch,
    /// On demand or Spot.
    pub purchase: Purchase,
}

/// Books what runs by the hour or the second into one owner's usage.
#[derive(Debug)]
pub struct Booking<'a> {
    window: Window,
    usage: &'a mut Usage,
}

impl<'a> Booking<'a> {
    /// Books into `usage` what lies in `window`.
    pub fn new(window: Window, usage: &'a mut Usage) -> Self {
        Booking { window, usage }
    }

    /// An EC2 instance that was `running` from `from` to `to` (none: still is). Boot time after `running` is
    /// billed, and stopping is not. Whole seconds, at least 60 (EC2 User Guide, instance life cycle); an
    /// instance that EC2 itself takes back in its first hour as Spot is free, and then simply not booked.
    pub fn ec2_instance(
        &mut self,
        instance_type: &InstanceType,
        zone: &str,
        purchase: Purchase,
        from: Time,
        to: Option<Time>,
    ) {
        let nanos = billed(self.window, from, to, SECOND, MINUTE);
        let (instance_type, zone) = (instance_type.name.clone(), zone.to_owned());
        self.usage.add(Meter::Ec2Instance { instance_type, zone, purchase }, nanos);
    }

    /// CPU credits that a T instance in unlimited mode spent beyond what a day's earnings repay, charged at
    /// `at`: at the end of the hour, or when it terminates (none: it still runs, and what it owes at the end of
    /// the window is charged there). In vCPU-nanoseconds at full speed; a credit is one vCPU-minute.
    pub fn surplus_credits(&mut self, instance_type: &InstanceType, at: Option<Time>, vcpu_nanos: u128) {
        if at.is_none_or(|at| self.window.contains(at)) {
            let family = instance_type.family().to_owned();
            self.usage.add(Meter::Ec2SurplusCredits { family }, vcpu_nanos);
        }
    }

    /// A Fargate task, billed from the start of its image pull until it stopped (none: still runs). Whole
    /// seconds, at least a minute; its size counts, not what it uses (AWS Fargate pricing page). Placing it
    /// and attaching its network interface come before the pull and are not billed.
    pub fn fargate_task(&mut self, task: FargateTask, pull_start: Time, stopped: Option<Time>) {
        let nanos = billed(self.window, pull_start, stopped, SECOND, MINUTE);
        let FargateTask { cpu, memory, storage, arch, purchase } = task;
        let extra = storage.0.saturating_sub(FREE_TASK_STORAGE.0);
        self.usage.add(Meter::FargateCpu { arch, purchase }, u128::from(cpu.0) * nanos);
        self.usage.add(Meter::FargateMemory { arch, purchase }, u128::from(memory.0) * nanos);
        self.usage.add(Meter::FargateStorage, u128::from(extra) * nanos);
    }

    /// A load balancer that existed from `from` to `to` (none: still does). Each hour begun counts whole
    /// (Elastic Load Balancing pricing page). What it carries is metered by [`super::LoadBalancerMeter`].
    pub fn load_balancer(&mut self, from: Time, to: Option<Time>) {
        self.usage.add(Meter::Balancer, billed(self.window, from, to, HOUR, HOUR));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Time {
        Time::ZERO + Span::from_seconds(seconds)
    }

    #[test]
    fn periods_are_rounded_then_clipped() {
        let window = Window::new(at(100.0), at(1000.0));
        let check = |from: f64, to: Option<f64>, seconds: f64| {
            let nanos = billed(window, at(from), to.map(at), SECOND, MINUTE);
            assert_eq!(nanos, u128::from(Span::from_seconds(seconds).nanos()), "{from} to {to:?}");
        };
        check(200.0, Some(300.0), 100.0);
        check(200.0, Some(300.2), 101.0);
        check(200.0, Some(200.1), 60.0);
        check(200.0, Some(200.0), 60.0);
        check(0.0, Some(50.0), 0.0);
        check(70.0, Some(75.0), 30.0);
        check(0.0, Some(150.3), 51.0);
        check(990.0, Some(991.0), 10.0);
        check(900.5, None, 99.5);
        check(2000.0, None, 0.0);
        check(10.0, Some(2000.0), 900.0);
    }

    #[test]
    fn a_balancer_is_billed_by_hours_begun() {
        let check = |to: Option<f64>, seconds: f64| {
            let mut usage = Usage::new();
            Booking::new(Window::new(at(0.0), at(9000.0)), &mut usage).load_balancer(at(0.0), to.map(at));
            assert_eq!(usage.get(&Meter::Balancer), u128::from(Span::from_seconds(seconds).nanos()));
        };
        check(Some(60.0), 3600.0);
        check(Some(3601.0), 7200.0);
        check(None, 9000.0);
    }

    #[test]
    fn a_task_is_billed_for_its_size() {
        let mut usage = Usage::new();
        let task = FargateTask {
            cpu: Cpu(512),
            memory: MemorySize(3072),
            storage: MemorySize(25 * 1024),
            arch: Arch::Arm,
            purchase: Purchase::Spot,
        };
        let mut booking = Booking::new(Window::new(at(0.0), at(3600.0)), &mut usage);
        booking.fargate_task(task, at(10.0), Some(at(100.5)));
        let nanos = 91 * 1_000_000_000;
        let (arch, purchase) = (Arch::Arm, Purchase::Spot);
        assert_eq!(usage.get(&Meter::FargateCpu { arch, purchase }), 512 * nanos);
        assert_eq!(usage.get(&Meter::FargateMemory { arch, purchase }), 3072 * nanos);
        assert_eq!(usage.get(&Meter::FargateStorage), 5 * 1024 * nanos);
    }
}
