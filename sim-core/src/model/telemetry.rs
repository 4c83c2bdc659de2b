//! Telemetry: what scaling sees. One-minute aggregates, published late.
//!
//! The platform's agent samples every 20 seconds and publishes a point a minute; here the minute's exact mean stands for
//! the three samples. A point is closed at the end of its minute and becomes visible a lag later; policies get only what
//! is visible, and have seventeen minutes of it.

use std::collections::VecDeque;

use crate::engine::{Span, Time};
use crate::policy::HISTORY;
use crate::policy::view::Datapoint;
use crate::quantity::{Cpu, MemorySize};

/// A level summed over time, since it was last taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Summed {
    level: u64,
    since: Time,
    sum: u128,
}

impl Summed {
    /// The level is `level` from `now` on.
    pub(super) fn set(&mut self, now: Time, level: u64) {
        self.advance(now);
        self.level = level;
    }

    fn advance(&mut self, now: Time) {
        self.sum += u128::from(self.level) * u128::from(now.since(self.since).nanos());
        self.since = self.since.max(now);
    }

    /// The sum up to `now` in level x nanoseconds; starts anew.
    pub(super) fn take(&mut self, now: Time) -> u128 {
        self.advance(now);
        std::mem::take(&mut self.sum)
    }
}

/// Datapoints of one metric: those that are visible, and those on their way.
#[derive(Clone, Debug)]
pub(super) struct Published {
    lag: Span,
    points: VecDeque<Datapoint>,
}

impl Published {
    pub(super) fn new(lag: Span) -> Self {
        Published { lag, points: VecDeque::new() }
    }

    /// Closes a period.
    pub(super) fn close(&mut self, end: Time, value: Option<f64>) {
        self.points.push_back(Datapoint { end, value });
    }

    /// What is visible at `now`, oldest first.
    pub(super) fn visible(&mut self, now: Time) -> Vec<Datapoint> {
        let visible = self.points.iter().take_while(|point| point.end + self.lag <= now).count();
        self.points.drain(..visible.saturating_sub(HISTORY));
        self.points.iter().take_while(|point| point.end + self.lag <= now).copied().collect()
    }
}

/// The metrics of a container service.
#[derive(Clone, Debug)]
pub(super) struct ContainerTelemetry {
    /// CPU in use (millionths of a vCPU) and CPU that running tasks reserve.
    pub cpu: Summed,
    reserved_cpu: Summed,
    /// Memory in use (KiB) and memory that running tasks reserve.
    pub memory: Summed,
    reserved_memory: Summed,
    /// Running tasks, and those of them that are targets, healthy or not.
    running: Summed,
    targets: Summed,
    /// Requests in this minute.
    pub requests: u64,
    pub cpu_points: Published,
    pub memory_points: Published,
    pub request_points: Published,
    pub running_points: Published,
}

impl ContainerTelemetry {
    pub(super) fn new(container_lag: Span, balancer_lag: Span) -> Self {
        ContainerTelemetry {
            cpu: Summed::default(),
            reserved_cpu: Summed::default(),
            memory: Summed::default(),
            reserved_memory: Summed::default(),
            running: Summed::default(),
            targets: Summed::default(),
            requests: 0,
            cpu_points: Published::new(container_lag),
            memory_points: Published::new(container_lag),
            request_points: Published::new(balancer_lag),
            running_points: Published::new(Span::ZERO),
        }
    }

    /// The number of running tasks changed.
    pub(super) fn running(&mut self, now: Time, running: u64, cpu: Cpu, memory: MemorySize) {
        self.running.set(now, running);
        self.reserved_cpu.set(now, running * u64::from(cpu.0) * 1_000_000 / u64::from(Cpu::UNITS_PER_VCPU));
        self.reserved_memory.set(now, (running * u64::from(memory.0)) << 10);
    }

    /// The number of registered targets changed.
    pub(super) fn targets(&mut self, now: Time, targets: u64) {
        self.targets.set(now, targets);
    }

    /// The minute that began `minute` ago is over.
    pub(super) fn close_minute(&mut self, now: Time, minute: Span) {
        let share = |used: u128, of: u128| (of > 0).then(|| used as f64 / of as f64);
        let cpu = share(self.cpu.take(now), self.reserved_cpu.take(now));
        let memory = share(self.memory.take(now), self.reserved_memory.take(now));
        let mean = |sum: u128| sum as f64 / minute.nanos() as f64;
        let (running, targets) = (mean(self.running.take(now)), mean(self.targets.take(now)));
        let requests = std::mem::take(&mut self.requests) as f64;
        self.cpu_points.close(now, cpu);
        self.memory_points.close(now, memory);
        self.running_points.close(now, Some(running));
        // With less than one target the balancer still says how much was asked for: true zeros and true demand.
        self.request_points.close(now, Some(requests / targets.max(1.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_seen_late_and_only_so_many() {
        let mut published = Published::new(Span::from_secs(90));
        let at = |minute: u64| Time::ZERO + Span::from_secs(60 * minute);
        for minute in 1..=30 {
            published.close(at(minute), Some(minute as f64));
        }
        let seen = published.visible(at(20));
        assert_eq!(seen.len(), HISTORY);
        assert_eq!(
            seen.last().unwrap().value,
            Some(18.0),
            "the 19th minute is published half a minute later"
        );
    }

    #[test]
    fn a_minute_of_a_service() {
        let mut telemetry = ContainerTelemetry::new(Span::ZERO, Span::ZERO);
        let half = Time::ZERO + Span::from_secs(30);
        let end = Time::ZERO + Span::from_secs(60);
        telemetry.running(Time::ZERO, 2, Cpu(1024), MemorySize(1024));
        telemetry.cpu.set(half, 1_000_000);
        telemetry.targets(half, 3);
        telemetry.requests = 120;
        telemetry.close_minute(end, Span::from_secs(60));
        assert_eq!(telemetry.cpu_points.visible(end)[0].value, Some(0.25));
        assert_eq!(telemetry.running_points.visible(end)[0].value, Some(2.0));
        assert_eq!(telemetry.request_points.visible(end)[0].value, Some(80.0));
        telemetry.running(end, 0, Cpu(1024), MemorySize(1024));
        telemetry.targets(end, 0);
        let next = end + Span::from_secs(60);
        telemetry.close_minute(next, Span::from_secs(60));
        assert_eq!(telemetry.cpu_points.visible(next)[1].value, None, "no running task, no CPU datapoint");
        assert_eq!(telemetry.request_points.visible(next)[1].value, Some(0.0));
    }
}
