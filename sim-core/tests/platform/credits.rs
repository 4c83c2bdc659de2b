//! CPU credits of burstable instances: earned, spent, run out of, billed.

use serde_json::{Value, json};
use sim_core::observe::{Billable, Gauge};

use crate::clusters::ecs;
use crate::facts::{SERVICE, facts};
use crate::{patched, together, within};

/// Three tasks on a burstable instance of two cores under requests of a second of CPU each.
fn burstable(instance: &str, credits: &str, rate: &str) -> Value {
    let service = json!({ "task": { "cpu": "0.5vCPU" }, "balancer": "none" });
    let spec = ecs(3, 1, &service, &json!({ "type": instance, "credits": credits }));
    patched(
        &spec,
        &json!({
            "sources": { "all": { "arrivals": { "poisson": { "rate": rate } } } },
            "work": { "work": { "cpu": { "constant": "1s" }, "wait": { "constant": "0s" } } },
        }),
    )
}

#[test]
fn burstable_instances_spend_credits() {
    // CPU in use after the first five minutes, and vCPU-minutes billed as surplus.
    let check = |instance: &str, credits: &str, rate: &str, cores: (f64, f64), surplus: (f64, f64)| {
        let spec = burstable(instance, credits, rate);
        let facts = facts(&spec, "2h", 0);
        let what = format!("{instance}, {credits}, {rate}");
        within(&what, facts.mean(SERVICE, Gauge::CpuBusy, 300.0, 7200.0) / 1e6, cores.0, cores.1);
        let billed = facts.bills().map(|bill| match bill {
            Billable::SurplusCredits { vcpu_nanos, .. } => *vcpu_nanos as f64 / 60e9,
            _ => 0.0,
        });
        within(&format!("surplus of {what}"), billed.sum(), surplus.0, surplus.1);
    };
    // 24 credits an hour: 0.4 cores for ever.
    check("t3.medium", "standard", "1.9/s", (0.399, 0.4), (0.0, 0.0));
    // Three thirds of 0.4 cores are less by a rounding error: that must not buy a minute of both cores.
    check("t3.medium", "standard", "0.6/s", (0.39, 0.4), (0.0, 0.0));
    check("t3.medium", "standard", "0.2/s", (0.17, 0.23), (0.0, 0.0));
    check("t3.large", "standard", "1.9/s", (0.599, 0.6), (0.0, 0.0));
    // Unlimited: at 1.5 cores 180 credits in two hours, 48 of them earned.
    check("t3.medium", "unlimited", "1.5/s", (1.4, 1.6), (125.0, 139.0));
    check("t3.medium", "unlimited", "0.2/s", (0.17, 0.23), (0.0, 0.0));
    check("m5.large", "unlimited", "1.5/s", (1.4, 1.6), (0.0, 0.0));
}

#[test]
fn a_standard_instance_is_throttled_at_the_instant_its_credits_run_out() {
    // Two cores' worth of work from the tenth second on: 4 vCPU-seconds saved by then, 1.6 spent a second.
    let check = |credits: &str, cpu: &str, expected: &[(f64, f64)]| {
        let spec = patched(
            &burstable("t3.medium", credits, "1/s"),
            &json!({
                "sources": { "all": { "arrivals": together(2) } },
                "work": { "work": { "cpu": { "constant": cpu } } },
            }),
        );
        let facts = facts(&spec, "52s", 0);
        let levels: Vec<(f64, f64)> = facts
            .levels(SERVICE, Gauge::CpuBusy)
            .iter()
            .map(|(at, busy)| (*at, *busy as f64 / 1e6))
            .collect();
        for (at, cores) in expected {
            let level =
                levels.iter().take_while(|(from, _)| *from <= at + 1e-6).last().map_or(0.0, |it| it.1);
            within(&format!("{credits}, {cpu}, at {at} s: {levels:?}"), level, cores - 1e-5, cores + 1e-5);
        }
    };
    check("standard", "1h", &[(10.0, 2.0), (12.4999, 2.0), (12.5, 0.4), (51.0, 0.4)]);
    check("unlimited", "1h", &[(10.0, 2.0), (12.5, 2.0), (51.0, 2.0)]);
    // Half of it is done by then, the rest takes 12.5 s. Ten idle seconds later the same again.
    let again =
        [(12.5, 0.4), (24.9999, 0.4), (25.0, 0.0), (35.0, 2.0), (37.4999, 2.0), (37.5, 0.4), (50.0, 0.0)];
    check("standard", "5s", &again);
}

#[test]
fn surplus_beyond_a_day_of_earnings_is_billed_as_it_accrues() {
    // 1.5 cores on a t3.medium for 12 h: 1,080 credits, 288 of them earned; 576 of the difference fall due at the end.
    let facts = facts(&burstable("t3.medium", "unlimited", "1.5/s"), "12h", 0);
    let (mut accrued, mut owed) = (0.0, 0.0);
    for bill in facts.bills() {
        match bill {
            Billable::SurplusCredits { at: Some(_), vcpu_nanos, .. } => accrued += *vcpu_nanos as f64 / 60e9,
            Billable::SurplusCredits { at: None, vcpu_nanos, .. } => owed += *vcpu_nanos as f64 / 60e9,
            _ => {}
        }
    }
    within("owed at the end", owed, 575.0, 577.0);
    within("accrued", accrued, 792.0 - 576.0 - 40.0, 792.0 - 576.0 + 40.0);
}
