//! What metrics and meters make of a run, told wrong: a record that differs in one number.

use super::*;
use crate::calendar::Calendar;
use crate::cost::Meter;
use crate::metrics::Watcher;
use crate::model::{Finish, Platform, Run, simulate};
use crate::policy::Catalogue;
use crate::random::Luck;
use crate::traffic::NoTraces;

/// A run of all three platforms with what its watcher and its checker made of it.
fn watched() -> (Record, Checker) {
    let (types, policies) = (types(), Catalogue::builtin());
    let mut fleet = fleet();
    let source = fleet.sources["people"].clone();
    for to in ["box", "function"] {
        let source = crate::spec::SourceSpec { to: to.into(), ..source.clone() };
        fleet.sources.insert(to.into(), source);
    }
    let group = fleet.clusters["fleet"].instances.as_mut().expect("a group");
    group.desired = Some(1);
    fleet.account.lambda_concurrency = 1000;
    let (warm_up, duration) = (Span::from_secs(10), Span::from_secs(600));
    let measured = Window::new(Time::ZERO + warm_up, Time::ZERO + duration);
    let platform = Platform { instance_types: &types, policies: &policies, traces: &NoTraces };
    let luck = Luck { root: 1, replication: 0 };
    let run = Run {
        luck,
        duration,
        drain: Span::from_secs(3600),
        calendar: Calendar::default(),
        initial: crate::model::Initial::Warm,
    };
    let finish = simulate(&fleet, &platform, run, |names| {
        let watcher = Watcher::new(names, warm_up, duration, &[], |name| types.get(name).cloned());
        (watcher, Checker::new(&fleet, &types, measured))
    });
    let Ok(Finish { probe: (watcher, checker), events, .. }) = finish else { panic!("no trace to open") };
    (watcher.finish(Time::ZERO + duration + run.drain, events), checker)
}

#[test]
fn meters_and_means_are_the_integral_of_state() {
    let (record, checker) = watched();
    let findings = checker.close(Some(&record));
    assert!(findings.is_clean() && findings.requests > 1000, "{findings}");
    let added = |owner: &str, meter: fn(&Meter) -> bool, amount: u128, expected: &str| {
        let (mut record, checker) = watched();
        let usage = record.usage.get_mut(owner).expect("an owner");
        let meter = usage.iter().map(|(meter, _)| meter).find(|found| meter(found)).expect("a meter").clone();
        usage.add(meter, amount);
        let findings = checker.close(Some(&record));
        let told = findings
            .violations
            .iter()
            .any(|it| it.invariant == Invariant::Integrals && it.to_string().contains(expected));
        assert!(told, "no `{expected}` in {findings}");
    };
    let hour = 3_600_000_000_000;
    added("fleet", |it| matches!(it, Meter::Ec2Instance { .. }), hour, "instance-nanoseconds metered");
    added("api", |it| matches!(it, Meter::FargateCpu { .. }), 1024 * hour, "CPU from");
    added("api", |it| matches!(it, Meter::FargateMemory { .. }), 2048 * hour, "memory from");
    added("function", |it| *it == Meter::LambdaRequests, 1, "invocations from");
    added(
        "function",
        |it| matches!(it, Meter::LambdaDuration { .. }),
        1769 * hour,
        "MiB-nanoseconds of duration",
    );
    added("function", |it| *it == Meter::FunctionUrl, 1, "requests at the door");
}

#[test]
fn an_area_that_is_off_is_seen() {
    let (mut record, checker) = watched();
    let other = record.services["api"].gauges.clone();
    record.services.get_mut("box").expect("a service").gauges = other;
    let findings = checker.close(Some(&record));
    let told = findings.violations.iter().any(|it| it.to_string().contains("the area of"));
    assert!(told, "{findings}");
}
