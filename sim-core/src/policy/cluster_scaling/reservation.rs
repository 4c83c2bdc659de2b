//! The capacity provider's reservation metric: `M / N`, where N instances run and M would be enough.
//!
//! ECS Developer Guide, "How cluster auto scaling works", and the AWS deep dive on it. How several groups of unlike
//! tasks combine (the largest addition counts) is from the latter and not documented.

use crate::policy::view::{Allocatable, ClusterScalingView, WaitingTasks};

/// The settings that enter the metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReservationSettings {
    /// The share of the group that is meant to be used; what the metric is compared with.
    pub target_capacity: f64,
    /// The fewest instances added at once.
    pub minimum_step: u32,
    /// The most instances added at once.
    pub maximum_step: u32,
}

impl Default for ReservationSettings {
    /// The platform's defaults: target 100 %, steps from 1 to 10,000 instances.
    fn default() -> Self {
        ReservationSettings { target_capacity: 1.0, minimum_step: 1, maximum_step: 10_000 }
    }
}

/// What the metric says this minute, and how it came about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reservation {
    /// M: how many instances would be enough. None where tasks wait that no instance of the group could take.
    pub needed: Option<u32>,
    /// M / N, 1.0 being 100 %.
    pub value: f64,
}

/// The metric for what the view shows.
///
/// While tasks wait, M is N and what they need in addition, limited to the step sizes; else M is the number of
/// instances with a task. Without an instance the metric is 100 % if none is needed, else 200 %. Waiting tasks that
/// the smallest type cannot take are passed over; if there are only such, the metric is the target and nothing moves.
pub fn reservation(view: &ClusterScalingView, settings: &ReservationSettings) -> Reservation {
    let needed = if view.waiting.iter().any(|tasks| tasks.count > 0) {
        let addition = view
            .waiting
            .iter()
            .filter(|tasks| tasks.count > 0 && tasks_per_instance(tasks, &view.smallest) > 0)
            .map(|tasks| instances_needed(tasks, &view.largest))
            .max();
        let Some(addition) = addition else {
            return Reservation { needed: None, value: settings.target_capacity };
        };
        view.running + addition.max(settings.minimum_step).min(settings.maximum_step)
    } else {
        view.non_empty
    };
    let value = match (view.running, needed) {
        (0, 0) => 1.0,
        (0, _) => 2.0,
        (running, needed) => f64::from(needed) / f64::from(running),
    };
    Reservation { needed: Some(needed), value }
}

/// How many empty instances of a type the waiting tasks fill. Tasks of one demand pack without search: as many as fit
/// on one instance, instance after instance. `u32::MAX` where not even one fits.
pub fn instances_needed(tasks: &WaitingTasks, instance: &Allocatable) -> u32 {
    match tasks_per_instance(tasks, instance) {
        0 => u32::MAX,
        per_instance => tasks.count.div_ceil(per_instance),
    }
}

/// How many of the tasks one empty instance takes.
fn tasks_per_instance(tasks: &WaitingTasks, instance: &Allocatable) -> u32 {
    let fits = |offered: u32, demand: u32| offered.checked_div(demand).unwrap_or(u32::MAX);
    let room = fits(instance.cpu_units, tasks.cpu_units)
        .min(fits(instance.memory_mib, tasks.memory_mib))
        .min(fits(instance.network_interfaces, tasks.network_interfaces));
    if tasks.one_per_instance { room.min(1) } else { room }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;

    const LARGE: Allocatable = Allocatable { cpu_units: 2048, memory_mib: 7985, network_interfaces: 2 };

    fn view(running: u32, non_empty: u32, waiting: &[WaitingTasks]) -> ClusterScalingView {
        ClusterScalingView {
            now: Time::ZERO,
            group: "fleet".into(),
            running,
            desired: running,
            min: 0,
            max: 100,
            non_empty,
            warming: 0,
            waiting: waiting.to_vec(),
            smallest: LARGE,
            largest: LARGE,
            reservation: vec![],
            running_then: None,
            last_scale_out: None,
            last_scale_in: None,
            luck: 0,
        }
    }

    fn tasks(cpu_units: u32, memory_mib: u32, count: u32) -> WaitingTasks {
        WaitingTasks { cpu_units, memory_mib, network_interfaces: 0, one_per_instance: false, count }
    }

    #[test]
    fn metric() {
        let check = |running, non_empty, waiting: &[WaitingTasks], percent: f64| {
            let reservation =
                reservation(&view(running, non_empty, waiting), &ReservationSettings::default());
            assert!(
                (reservation.value * 100.0 - percent).abs() < 0.05,
                "{running} {non_empty} {waiting:?}: {reservation:?}"
            );
        };
        check(0, 0, &[], 100.0);
        check(0, 0, &[tasks(1024, 1024, 50)], 200.0);
        check(3, 2, &[], 66.7);
        check(2, 2, &[tasks(1024, 1024, 1)], 150.0);
        check(2, 2, &[tasks(1024, 1024, 0)], 100.0);
        check(4, 0, &[], 0.0);
        // Five tasks at two an instance: three more. The largest addition of the groups counts, not their sum.
        check(2, 2, &[tasks(1024, 1024, 5)], 250.0);
        check(2, 2, &[tasks(1024, 1024, 5), tasks(2048, 512, 1)], 250.0);
        // Too large for the smallest type: no action, unless another group can be helped.
        check(2, 1, &[tasks(4096, 1024, 5)], 100.0);
        check(2, 1, &[tasks(4096, 1024, 5), tasks(256, 7985, 2)], 200.0);
    }

    #[test]
    fn steps_limit_what_is_added() {
        let check = |minimum_step, maximum_step, count, needed| {
            let settings = ReservationSettings { target_capacity: 1.0, minimum_step, maximum_step };
            let view = view(2, 2, &[tasks(2048, 512, count)]);
            assert_eq!(reservation(&view, &settings).needed, Some(needed));
        };
        check(1, 10_000, 7, 9);
        check(1, 3, 7, 5);
        check(4, 10, 1, 6);
    }

    #[test]
    fn packing() {
        let check = |cpu_units, memory_mib, network_interfaces, one_per_instance, count, expected| {
            let tasks = WaitingTasks { cpu_units, memory_mib, network_interfaces, one_per_instance, count };
            assert_eq!(instances_needed(&tasks, &LARGE), expected, "{tasks:?}");
        };
        check(512, 512, 0, false, 9, 3);
        check(512, 512, 1, false, 9, 5); // two interfaces an instance
        check(512, 512, 0, true, 9, 9);
        check(128, 4000, 0, false, 3, 3); // memory binds
        check(0, 0, 0, false, 3, 1);
        check(2049, 1, 0, false, 1, u32::MAX);
    }
}
