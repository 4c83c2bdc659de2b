//! Runs a scenario under all checkers, and says what kind of thing went wrong.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sim_core::check::Checker;
use sim_core::engine::Time;
use sim_core::metrics::Watcher;
use sim_core::model::{Finish, Platform, simulate};
use sim_core::observe::{
    Billable, DecisionFact, Finished, FunctionId, Gauge, InstanceFact, Invoked, Names, Outcome, Owner,
    Passed, Probe, Replica, ReplicaFact, ServiceId, SourceId,
};
use sim_core::random::Luck;
use sim_core::traffic::NoTraces;

use super::Swarm;
use crate::file::{Options, Scenario, Surroundings, Variant};
use crate::results::Digest;
use crate::runner::said;

/// What a scenario ran through without anything being wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Variants.
    pub runs: u64,
    /// Requests that ended.
    pub requests: u64,
    /// Of those, requests that had no outcome when draining ended.
    pub unfinished: u64,
    /// Decisions of control loops.
    pub decisions: u64,
    /// Facts that checkers heard.
    pub facts: u64,
    /// Events that happened.
    pub events: u64,
    /// A fingerprint of all records.
    pub digest: String,
}

/// Which kind of thing went wrong. Shrinking keeps the kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The loader refused the scenario: a mistake of the generator or of the loader.
    Refused,
    /// The simulation panicked, with this message (its numbers left out).
    Panicked(String),
    /// A checker found this broken first.
    Violated(&'static str),
    /// It stated more facts than any run of its size could.
    Endless,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Refused => f.write_str("refused by the loader"),
            Kind::Panicked(_) => f.write_str("panicked"),
            Kind::Violated(invariant) => write!(f, "violates `{invariant}`"),
            Kind::Endless => f.write_str("endless"),
        }
    }
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which kind of thing.
    pub kind: Kind,
    /// All that is known of it.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl Swarm {
    /// Runs every variant of a scenario once under all checkers.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn run(&self, text: &str) -> Result<Ran, Failure> {
        let load = AssertUnwindSafe(|| self.load(text));
        let scenario = catch_unwind(load).map_err(|panic| panicked(&*panic))??;
        let mut ran = Ran::default();
        let mut digest = Digest::new();
        for variant in &scenario.variants {
            let attempt = AssertUnwindSafe(|| self.run_variant(&scenario, variant, &mut ran, &mut digest));
            catch_unwind(attempt).map_err(|panic| panicked(&*panic))??;
        }
        ran.digest = digest.text();
        Ok(ran)
    }

    /// About how many requests the busiest variant of a scenario takes, retries apart; none if it is refused.
    pub(super) fn expected(&self, text: &str) -> Option<f64> {
        let scenario = self.load(text).ok()?;
        scenario.variants.iter().map(|it| it.requests + it.users_requests).max_by(f64::total_cmp)
    }

    fn platform(&self) -> Platform<'_> {
        Platform { instance_types: &self.types, policies: &self.policies, traces: &NoTraces }
    }

    fn load(&self, text: &str) -> Result<Scenario, Failure> {
        let platform = self.platform();
        let no_trace = |_: &_| Err(vec![sim_core::traffic::FeedError::new("", "the swarm has no traces")]);
        let surroundings = Surroundings { platform: &platform, check_trace: &no_trace };
        let loaded = Scenario::load(text, "swarm.toml", &Options::default(), &surroundings);
        loaded.map_err(|report| Failure { kind: Kind::Refused, message: report.to_string() })
    }

    fn run_variant(
        &self,
        scenario: &Scenario,
        variant: &Variant,
        ran: &mut Ran,
        digest: &mut Digest,
    ) -> Result<(), Failure> {
        let run = &scenario.run;
        // Without a pilot, a warm-up that is to be found is none.
        let (warm_up, days) = (run.given_warm_up(), run.day_windows());
        let watch = |names: &Names| {
            let known = |name: &str| self.types.get(name).cloned();
            let watcher = Watcher::new(names, warm_up, run.duration, &days, known);
            let checker = Checker::new(&variant.fleet, &self.types, run.measured(warm_up));
            (watcher, Patient { checker, facts_left: self.most_facts })
        };
        let settings = run.with_luck(Luck { root: run.seed, replication: 0 });
        let finish = simulate(&variant.fleet, &self.platform(), settings, watch)
            .map_err(|error| Failure { kind: Kind::Refused, message: error.to_string() })?;
        let Finish { probe: (watcher, Patient { checker, .. }), events, .. } = finish;
        let record = watcher.finish(run.end(), events);
        let findings = checker.close(Some(&record));
        if let Some(first) = findings.violations.first() {
            let kind = Kind::Violated(first.invariant.name());
            return Err(Failure { kind, message: format!("{}: {findings}", variant.name) });
        }
        ran.runs += 1;
        ran.requests += findings.requests;
        ran.unfinished += findings.unfinished;
        ran.decisions += findings.decisions;
        ran.facts += findings.facts;
        ran.events += events;
        digest.add(&serde_json::to_vec(&record).expect("a record is plain data"));
        Ok(())
    }
}

const ENDLESS: &str = "the run states facts without end";

/// What a panic was about.
fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let text = said(panic);
    let kind = if text == ENDLESS {
        Kind::Endless
    } else {
        Kind::Panicked(text.chars().filter(|letter| !letter.is_ascii_digit()).collect())
    };
    Failure { kind, message: text.to_owned() }
}

/// A checker that gives up on a run that never ends: a probe can stop a run only by a panic.
struct Patient {
    checker: Checker,
    facts_left: u64,
}

impl Patient {
    fn hear(&mut self) -> &mut Checker {
        self.facts_left = self.facts_left.checked_sub(1).unwrap_or_else(|| panic!("{ENDLESS}"));
        &mut self.checker
    }
}

impl Probe for Patient {
    fn born(&mut self, at: Time, source: SourceId, service: ServiceId, seed: u64) {
        self.hear().born(at, source, service, seed);
    }
    fn passed(&mut self, passed: &Passed) {
        self.hear().passed(passed);
    }
    fn refused(&mut self, at: Time, service: ServiceId, outcome: Outcome, reason: &'static str) {
        self.hear().refused(at, service, outcome, reason);
    }
    fn began(&mut self, at: Time, service: ServiceId, cold: bool) {
        self.hear().began(at, service, cold);
    }
    fn invoked(&mut self, at: Time, service: ServiceId, function: FunctionId, invoked: Invoked) {
        self.hear().invoked(at, service, function, invoked);
    }
    fn served(&mut self, at: Time, service: ServiceId) {
        self.hear().served(at, service);
    }
    fn finished(&mut self, finished: &Finished) {
        self.hear().finished(finished);
    }
    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {
        self.hear().level(at, owner, gauge, value);
    }
    fn billed(&mut self, billable: &Billable) {
        self.hear().billed(billable);
    }
    fn decided(&mut self, decision: &DecisionFact) {
        self.hear().decided(decision);
    }
    fn replica(&mut self, at: Time, replica: Replica, fact: ReplicaFact) {
        self.hear().replica(at, replica, fact);
    }
    fn instance(&mut self, at: Time, instance: u32, fact: InstanceFact) {
        self.hear().instance(at, instance, fact);
    }
}
