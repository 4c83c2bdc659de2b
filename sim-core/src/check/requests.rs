//! Requests: each is born once and ends once, as its client's settings say; what came to a service is what left it and
//! what is inside.

use std::collections::BTreeMap;

use super::{Fact, Family, Findings, Ground, Invariant};
use crate::engine::Time;
use crate::observe::{FRONT_DOOR_LIMIT, Finished, Gauge, Outcome, Part, ServiceId};
use crate::spec::{FleetSpec, ServiceSpec, SourceSpec};

/// What has come to a service and left it.
#[derive(Clone, Copy, Default)]
struct Flow {
    passed: u64,
    began: u64,
    served: u64,
    /// Ends without success. Those of a front door's limit are not among them: the work goes on then.
    refused: u64,
    /// Invocations of functions that ended badly.
    cut_off: u64,
}

/// What a source has sent.
#[derive(Clone, Copy, Default)]
struct Sent {
    born: u64,
    retries: u64,
}

pub(super) struct Requests {
    services: Vec<Flow>,
    sources: Vec<Sent>,
    /// Requests that are not over, and when they were born.
    open: BTreeMap<(u32, u64), Time>,
}

impl Requests {
    pub(super) fn new(fleet: &FleetSpec) -> Self {
        Requests {
            services: vec![Flow::default(); fleet.services.len()],
            sources: vec![Sent::default(); fleet.sources.len()],
            open: BTreeMap::new(),
        }
    }

    fn born(&mut self, source: u32, seed: u64, ground: &Ground, findings: &mut Findings) {
        self.sources[source as usize].born += 1;
        let earlier = self.open.insert((source, seed), ground.now);
        findings.unless(earlier.is_none(), Invariant::Ends, || {
            let found = format!("a second one while that of {} is open", earlier.unwrap_or_default());
            [format!("request {seed:016x}"), "one birth".into(), found]
        });
    }

    fn finished(&mut self, finished: &Finished, ground: &Ground, findings: &mut Findings) {
        findings.requests += 1;
        let owner = || format!("request {:016x}", finished.seed);
        let born = self.open.remove(&(finished.source.0, finished.seed));
        findings.unless(born == Some(finished.born), Invariant::Ends, || {
            let found = born.map_or("none that is open".into(), |at| format!("one of {at}"));
            [owner(), format!("a request born at {} to end", finished.born), found]
        });
        findings.unless(finished.at >= ground.now, Invariant::Time, || {
            [owner(), format!("an end from {} on", ground.now), finished.at.to_string()]
        });
        if finished.outcome == Outcome::Unfinished {
            findings.unfinished += 1;
            return;
        }
        let source = &ground.fleet.sources[finished.source.0 as usize];
        ends_as_declared(finished, source, findings);
        self.sources[finished.source.0 as usize].retries += u64::from(finished.attempts.saturating_sub(1));
    }

    fn refused(&mut self, service: ServiceId, outcome: Outcome, reason: &str, findings: &mut Findings) {
        findings.unless(!reason.is_empty() && outcome != Outcome::Ok, Invariant::Ends, || {
            let found = format!("{} because of `{reason}`", outcome.name());
            [format!("service {}", service.0), "a refusal with a reason".into(), found]
        });
        let flow = &mut self.services[service.0 as usize];
        // The front door's limit ends the waiting, not the work.
        flow.refused += u64::from(reason != FRONT_DOOR_LIMIT);
        // A function fails by its time or its memory; a container service has no invocations to count.
        flow.cut_off += u64::from(matches!(outcome, Outcome::FunctionTimeout | Outcome::Failed));
    }

    /// Retries within the budget: a bucket with room for ten, and a share of the first attempts.
    fn check_budgets(&self, ground: &Ground, findings: &mut Findings) {
        for (sent, (name, source)) in self.sources.iter().zip(&ground.fleet.sources) {
            let budget = source.client.retries.as_ref().and_then(|retries| retries.budget);
            let Some(share) = budget else { continue };
            let most = 10.0 + share.0 * sent.born as f64 + 1e-6;
            let owner = || format!("source {name}");
            findings.at_most(Invariant::Limits, owner, "retries", &(sent.retries as f64), &most);
        }
    }
}

/// The attempts, the parts and the instant of an end against the client's settings.
fn ends_as_declared(finished: &Finished, source: &SourceSpec, findings: &mut Findings) {
    let owner = || format!("request {:016x}", finished.seed);
    let most = source.client.retries.as_ref().map_or(1, |retries| retries.attempts);
    findings.unless((1..=most).contains(&finished.attempts), Invariant::Ends, || {
        [owner(), format!("1 to {most} attempts"), finished.attempts.to_string()]
    });
    let latency = finished.at.since(finished.born);
    let sent = finished.born + finished.parts.get(Part::Retries);
    let waited = finished.at.since(sent);
    let limit = source.client.timeout;
    match finished.outcome {
        Outcome::Ok => {
            findings.equal(
                Invariant::Ends,
                owner,
                "the sum of its latency's parts",
                &finished.parts.total(),
                &latency,
            );
            let in_time = limit.is_none_or(|limit| waited <= limit);
            findings.unless(in_time, Invariant::Ends, || {
                let limit = limit.unwrap_or_default();
                [owner(), format!("success within {limit}"), format!("success after {waited}")]
            });
        }
        Outcome::TimedOut => findings.unless(limit == Some(waited), Invariant::Ends, || {
            let limit = limit.map_or("no timeout at all".into(), |limit| format!("a timeout after {limit}"));
            [owner(), limit, format!("one after {waited}")]
        }),
        _ => {}
    }
}

impl Family for Requests {
    fn hear(&mut self, fact: &Fact<'_>, ground: &Ground, findings: &mut Findings) {
        match fact {
            Fact::Born { source, seed } => self.born(source.0, *seed, ground, findings),
            Fact::Passed(passed) => self.services[passed.service.0 as usize].passed += 1,
            Fact::Refused { service, outcome, reason } => self.refused(*service, *outcome, reason, findings),
            Fact::Began { service, .. } => self.services[service.0 as usize].began += 1,
            Fact::Served { service } => self.services[service.0 as usize].served += 1,
            Fact::Finished(finished) => self.finished(finished, ground, findings),
            _ => {}
        }
    }

    /// Levels against counts.
    fn instant_over(&mut self, ground: &Ground, findings: &mut Findings) {
        for (id, spec) in ground.services() {
            let flow = &self.services[id.0 as usize];
            let level = |gauge| ground.of_service(id, gauge);
            let (working, queued) = (level(Gauge::Concurrency), level(Gauge::Queue));
            let owner = || ground.service_name(id);
            let left = flow.served + flow.refused;
            findings.equal(
                Invariant::Flow,
                owner,
                "attempts gone and inside",
                &(left + working + queued),
                &flow.passed,
            );
            if matches!(spec, ServiceSpec::Lambda(_)) {
                let ended = flow.served + flow.cut_off;
                findings.equal(
                    Invariant::Flow,
                    owner,
                    "invocations over and in work",
                    &(ended + working),
                    &flow.began,
                );
            }
        }
    }

    fn close(&mut self, ground: &Ground, findings: &mut Findings) {
        let first = self.open.iter().next();
        findings.unless(first.is_none(), Invariant::Ends, || {
            let seed = first.map_or(0, |((_, seed), _)| *seed);
            let found = format!("none, nor of {} others", self.open.len() - 1);
            [format!("request {seed:016x}"), "an end".into(), found]
        });
        self.check_budgets(ground, findings);
    }
}
