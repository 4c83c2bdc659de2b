//! What the metrics and meters of a run made of it, against the integrals that the checker took itself.
//!
//! Means and utilizations come from the areas of levels, which must agree to the last nanosecond. Meters round and have
//! minimums, so they lie between the integral of state and that plus the most that rounding can add.

use super::bills::{Billed, Bills};
use super::ground::task_of;
use super::{Findings, Ground, Invariant};
use crate::cost::{Meter, Usage};
use crate::engine::Time;
use crate::metrics::{LevelRecord, Record};
use crate::observe::{Gauge, GroupId, Owner, ServiceId};
use crate::spec::ServiceSpec;

/// Instances and Fargate tasks are billed for a minute at least, in whole seconds: a bill is this much longer at most.
const LONGEST_ROUNDING: u128 = 60_000_000_000;
/// Provisioned concurrency is billed in units of five minutes.
const PROVISIONED_UNIT: u128 = 300_000_000_000;

/// Compares `record` with the checker's own books.
pub(super) fn check(record: &Record, bills: &Bills, ground: &Ground, findings: &mut Findings) {
    for (id, spec) in ground.services() {
        let Some((name, _)) = ground.fleet.services.get_index(id.0 as usize) else { continue };
        if let Some(service) = record.services.get(name) {
            areas(Owner::Service(id), &service.gauges, record, bills, ground, findings);
        }
        let usage = record.usage.get(name).cloned().unwrap_or_default();
        service_meters(id, spec, &usage, bills, ground, findings);
    }
    for (index, group) in ground.groups.iter().enumerate() {
        let owner = Owner::Group(GroupId(index as u32));
        if let Some(cluster) = record.clusters.get(&group.name) {
            areas(owner, &cluster.gauges, record, bills, ground, findings);
        }
        let usage = record.usage.get(&group.name).cloned().unwrap_or_default();
        group_meters(owner, &usage, bills, ground, findings);
    }
}

/// The area of every level, recorded or not.
fn areas(
    owner: Owner,
    gauges: &crate::metrics::GaugeRecords,
    record: &Record,
    bills: &Bills,
    ground: &Ground,
    findings: &mut Findings,
) {
    for gauge in Gauge::ALL {
        let own = bills.area(owner, gauge, ground, record.measured.to.max(ground.now)).measured;
        let recorded = gauges.get(gauge).map_or(0, LevelRecord::area);
        let what = format!("the area of {gauge:?}");
        findings.equal(Invariant::Integrals, || ground.name(owner), &what, &recorded, &own);
    }
}

/// The amounts of all meters that `which` accepts.
fn sum(usage: &Usage, which: impl Fn(&Meter) -> bool) -> u128 {
    usage.iter().filter(|(meter, _)| which(meter)).map(|(_, amount)| amount).sum()
}

/// A meter lies between what was there and the most that it may round that up to.
fn between(
    owner: Owner,
    what: &str,
    metered: u128,
    least: u128,
    rounding: u128,
    ground: &Ground,
    findings: &mut Findings,
) {
    let most = least + rounding;
    findings.unless((least..=most).contains(&metered), Invariant::Integrals, || {
        [ground.name(owner), format!("{what} from {least} to {most}"), metered.to_string()]
    });
}

/// An owner's integral over the measured window.
fn measured(owner: Owner, gauge: Gauge, bills: &Bills, ground: &Ground) -> u128 {
    bills.area(owner, gauge, ground, until(ground)).measured
}

/// The end of the accounts: the end of the measured window, or of the run if that came later.
fn until(ground: &Ground) -> Time {
    ground.measured.to.max(ground.now)
}

fn group_meters(owner: Owner, usage: &Usage, bills: &Bills, ground: &Ground, findings: &mut Findings) {
    let Billed { count, surplus_measured, waived_measured, .. } = *bills.billed(owner);
    let metered = sum(usage, |meter| matches!(meter, Meter::Ec2Instance { .. }));
    let ran = measured(owner, Gauge::Instances, bills, ground) - waived_measured;
    let rounding = u128::from(count) * LONGEST_ROUNDING;
    between(owner, "instance-nanoseconds metered", metered, ran, rounding, ground, findings);
    let metered = sum(usage, |meter| matches!(meter, Meter::Ec2SurplusCredits { .. }));
    between(owner, "surplus credits metered", metered, surplus_measured, 0, ground, findings);
}

fn service_meters(
    id: ServiceId,
    spec: &ServiceSpec,
    usage: &Usage,
    bills: &Bills,
    ground: &Ground,
    findings: &mut Findings,
) {
    let owner = Owner::Service(id);
    let billed = bills.billed(owner);
    match (spec, task_of(spec)) {
        (_, Some((task, true))) => {
            let rounding = u128::from(billed.count) * LONGEST_ROUNDING;
            let parts = [
                (Gauge::CpuCapacity, "CPU", super::ground::micro_vcpus(task.cpu), u64::from(task.cpu.0)),
                (Gauge::MemoryCapacity, "memory", u64::from(task.memory.0) << 10, u64::from(task.memory.0)),
            ];
            for (gauge, what, size, unit) in parts {
                let metered = sum(usage, |meter| match meter {
                    Meter::FargateCpu { .. } => what == "CPU",
                    Meter::FargateMemory { .. } => what == "memory",
                    _ => false,
                });
                let (size, unit) = (u128::from(size), u128::from(unit));
                let least = measured(owner, gauge, bills, ground) / size * unit;
                between(owner, what, metered, least, rounding * unit, ground, findings);
            }
        }
        (ServiceSpec::Lambda(function), _) => {
            function_meters(owner, usage, billed, ground, findings);
            if let (Some(_), Some(memory)) = (&function.provisioned_concurrency, function.memory) {
                let memory = u128::from(memory.0);
                let metered = sum(usage, |meter| matches!(meter, Meter::LambdaProvisioned { .. }));
                let least = measured(owner, Gauge::Provisioned, bills, ground) * memory;
                let rounding = u128::from(billed.added) * PROVISIONED_UNIT * memory;
                between(owner, "provisioned concurrency", metered, least, rounding, ground, findings);
            }
        }
        _ => {}
    }
}

fn function_meters(owner: Owner, usage: &Usage, billed: &Billed, ground: &Ground, findings: &mut Findings) {
    let requests = sum(usage, |meter| *meter == Meter::LambdaRequests);
    between(owner, "invocations", requests, billed.requests_measured, 0, ground, findings);
    let duration = sum(usage, |meter| {
        matches!(meter, Meter::LambdaDuration { .. } | Meter::LambdaProvisionedDuration { .. })
    });
    let (least, rounding) = (billed.duration_measured, billed.duration_rounding);
    between(owner, "MiB-nanoseconds of duration", duration, least, rounding, ground, findings);
    let passed = sum(usage, |meter| matches!(meter, Meter::ApiGatewayRest | Meter::FunctionUrl));
    if passed > 0 {
        between(owner, "requests at the door", passed, billed.passed_measured, 0, ground, findings);
    }
}
