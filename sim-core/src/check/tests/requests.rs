//! Requests and the replicas that serve them.

use super::*;

#[test]
fn a_request_is_born_once_and_ends_once() {
    check(Invariant::Ends, "one birth", |story, wrong| {
        story.born(1, 1);
        if wrong {
            story.born(2, 1);
        }
        story.ends(Outcome::Rejected, 1 + u64::from(wrong), 3000, 1, 0);
    });
    check(Invariant::Ends, "none that is open", |story, wrong| {
        story.born(1, 1);
        (0..=u32::from(wrong)).for_each(|_| story.ends(Outcome::Rejected, 1, 1500, 1, 0));
    });
    check(Invariant::Ends, "an end, found none", |story, wrong| {
        story.born(1, 1);
        if !wrong {
            story.ends(Outcome::Unfinished, 1, 9000, 1, 0);
        }
    });
    check(Invariant::Ends, "a request born at", |story, wrong| {
        story.born(1, 1);
        story.ends(Outcome::Rejected, if wrong { 0 } else { 1 }, 1500, 1, 0);
    });
}

#[test]
fn a_request_ends_as_its_client_says() {
    check(Invariant::Ends, "1 to 2 attempts", |story, wrong| {
        story.born(1, 1);
        story.ends(Outcome::Rejected, 1, 1500, if wrong { 3 } else { 2 }, 0);
    });
    check(Invariant::Ends, "the sum of its latency's parts", |story, wrong| {
        story.born(1, 1);
        story.ends(Outcome::Ok, 1, 1500, 1, if wrong { 499 } else { 500 });
    });
    check(Invariant::Ends, "success within", |story, wrong| {
        story.born(1, 1);
        let latency = if wrong { 1001 } else { 1000 };
        story.ends(Outcome::Ok, 1, 1000 + latency, 1, latency);
    });
    check(Invariant::Ends, "a timeout after", |story, wrong| {
        story.born(1, 1);
        story.ends(Outcome::TimedOut, 1, if wrong { 1999 } else { 2000 }, 1, 0);
    });
    check(Invariant::Ends, "a refusal with a reason", |story, wrong| {
        story.passed(1, API);
        story.0.refused(at(1), API, Outcome::Rejected, if wrong { "" } else { "no room" });
    });
    check(Invariant::Limits, "retries", |story, wrong| {
        for request in 0..if wrong { 11 } else { 10 } {
            story.born(request, 1);
            story.ends(Outcome::Rejected, request, 1000 * request, 2, 0);
        }
    });
}

#[test]
fn what_comes_in_goes_out_or_is_inside() {
    check(Invariant::Flow, "attempts gone and inside", |story, wrong| {
        story.passed(1, API);
        if !wrong {
            story.0.refused(at(1), API, Outcome::Unavailable, "no target in service");
        }
        story.level(2, API, Gauge::Queue, 0);
    });
    check(Invariant::Flow, "invocations over and in work", |story, wrong| {
        story.invocation(1, 2, true);
        if wrong {
            story.0.began(at(3), FUNCTION, false);
        }
    });
    check(Invariant::Flow, "what its replicas have in their queues", |story, wrong| {
        story.ready_task();
        story.bill_task(None);
        story.passed(0, API);
        story.level(0, API, Gauge::Queue, 1);
        if !wrong {
            story.replica(0, TASK, ReplicaFact::Entered);
        }
    });
}

#[test]
fn only_ready_replicas_serve() {
    let entered = |story: &mut Story, second| {
        story.passed(second, API);
        story.replica(second, TASK, ReplicaFact::Entered);
        story.replica(second, TASK, ReplicaFact::Began);
        story.level(second, API, Gauge::Concurrency, 1);
    };
    check(Invariant::Readiness, "ready, healthy replicas, found one that is leaving", |story, wrong| {
        story.ready_task();
        if !wrong {
            entered(story, 0);
        }
        story.replica(0, TASK, ReplicaFact::Ready(false));
        story.level(0, API, Gauge::ReplicasReady, 0);
        story.level(0, API, Gauge::ReplicasRunning, 0);
        if wrong {
            entered(story, 0);
        }
        story.bill_task(None);
    });
    check(Invariant::Readiness, "one that is ready and unhealthy", |story, wrong| {
        story.ready_task();
        let other = Replica::Task(8);
        story.place(0, other, API, None);
        [ReplicaFact::Runs, ReplicaFact::Memory(100 << 10), ReplicaFact::Ready(true)]
            .into_iter()
            .for_each(|fact| story.replica(0, other, fact));
        let kib = 4096 << 10;
        let levels = [
            (Gauge::CpuReserved, 2_000_000),
            (Gauge::MemoryReserved, kib),
            (Gauge::CpuCapacity, 2_000_000),
            (Gauge::MemoryCapacity, kib),
            (Gauge::ReplicasRunning, 2),
            (Gauge::MemoryUsed, 200 << 10),
        ];
        levels.into_iter().for_each(|(gauge, value)| story.level(0, API, gauge, value));
        let sick = if wrong { TASK } else { other };
        story.replica(0, sick, ReplicaFact::Healthy(false));
        entered(story, 0);
        story.bill_task(None);
        story.bill_task(None);
    });
    check(Invariant::Readiness, "a place before anything else", |story, wrong| {
        if wrong {
            story.replica(0, TASK, ReplicaFact::Runs);
        }
    });
    check(Invariant::Readiness, "what a replica can do that is placed", |story, wrong| {
        story.place(0, TASK, BOX, None);
        if wrong {
            story.replica(0, TASK, ReplicaFact::Ready(true));
        }
        story.level(0, BOX, Gauge::ReplicasReady, u64::from(wrong));
    });
    check(Invariant::Readiness, "ready replicas to be 1", |story, wrong| {
        story.ready_task();
        story.bill_task(None);
        story.level(0, API, Gauge::ReplicasReady, if wrong { 0 } else { 1 });
    });
    check(Invariant::Readiness, "cold starts to be the first use", |story, wrong| {
        used(story, 0, wrong);
    });
    check(Invariant::Decisions, "environments to be started for requests only", |story, wrong| {
        used(story, u64::from(wrong), false);
    });
    check(Invariant::Readiness, "environments to be 1", |story, wrong| {
        story.place(0, PLACE, FUNCTION, None);
        story.level(0, FUNCTION, Gauge::Environments, if wrong { 2 } else { 1 });
    });
}

/// Environments of the function are kept for ten seconds, and those of the other for what its policy has said last.
#[test]
fn environments_go_when_their_keep_alive_is_over() {
    check(Invariant::Decisions, "an end after 10s of idling, found use", |story, wrong| {
        story.invocation(0, 1, true);
        let next = if wrong { 11 } else { 10 };
        story.invocation(next, next + 1, false);
    });
    let goes = |story: &mut Story, at: u64| {
        story.replica(at, PLACE, ReplicaFact::Gone);
        story.level(at, FUNCTION, Gauge::Environments, 0);
    };
    check(Invariant::Decisions, "an end after 10s of idling, found it idle for 11s", |story, wrong| {
        story.invocation(0, 1, true);
        goes(story, if wrong { 12 } else { 11 });
    });
    check(Invariant::Decisions, "an end after 10s of idling, found it idle for 12s", |story, wrong| {
        story.invocation(0, 1, true);
        story.level(if wrong { 13 } else { 11 }, API, Gauge::Queue, 0);
    });
    // In whole seconds, so that a part of one may be missing.
    check(Invariant::Decisions, "an end after 6s of idling, found it idle for 7s", |story, wrong| {
        story.invocation(0, 1, true);
        story.decided(2, DecisionKind::KeepAlive, "function", Some((10, 5)), "shorter");
        goes(story, if wrong { 8 } else { 7 });
    });
    // What idles for longer already when the keep-alive becomes shorter goes then.
    check(Invariant::Decisions, "an end after 2s of idling, found it idle for 7s", |story, wrong| {
        story.invocation(0, 1, true);
        story.decided(
            if wrong { 7 } else { 8 },
            DecisionKind::KeepAlive,
            "function",
            Some((10, 1)),
            "shorter",
        );
        goes(story, 8);
    });
    check(Invariant::Decisions, "an end after 10s of idling, found it idle for 11s", |story, wrong| {
        story.invocation(0, 1, true);
        let at = if wrong { 12 } else { 11 };
        story.decided(at, DecisionKind::KeepAlive, "function", Some((10, 1)), "shorter");
        goes(story, at);
    });
}

/// An environment is placed, and so much later takes its first request, which is not said to be cold if that is `warm`.
fn used(story: &mut Story, after: u64, warm: bool) {
    story.place(0, PLACE, FUNCTION, None);
    story.level(0, FUNCTION, Gauge::Environments, 1);
    story.passed(after, FUNCTION);
    story.replica(after, PLACE, ReplicaFact::Entered);
    story.replica(after, PLACE, ReplicaFact::Began);
    story.0.began(at(after), FUNCTION, after == 0 && !warm);
    story.level(after, FUNCTION, Gauge::Concurrency, 1);
    story.level(after, FUNCTION, Gauge::MemoryCapacity, 1769 << 10);
}
