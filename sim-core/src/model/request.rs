//! One attempt of a client's request, from its birth to the moment nobody needs it any more.
//!
//! The client's side and the server's side part company when somebody stops waiting: a client's timeout or a front
//! door's limit does not cancel work that has begun. So the client's side is a small value of its own, [`Call`]; when
//! it leaves, the request stays behind `detached` until the server is done with it.

use super::dependency::Answer;
use crate::engine::{Span, Time};
use crate::observe::{CUT_SHORT, Finished, FunctionId, Outcome, Part, Parts, ServiceId, SourceId, Throttle};
use crate::traffic::WorkGiven;

crate::ids! {
    /// A request in flight.
    pub(super) RequestId
}

/// The client's side of a request: what it takes with it when it stops waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// The request's identity: every draw that belongs to it is keyed on this.
    pub seed: u64,
    pub source: SourceId,
    pub service: ServiceId,
    /// Which of the service's functions, where it is a fleet of them.
    pub function: FunctionId,
    /// When the first attempt was sent.
    pub born: Time,
    /// When this attempt was sent.
    pub sent: Time,
    /// Attempts made, this one included.
    pub attempts: u32,
    /// The closed-loop user who waits for it, if one does.
    pub user: Option<u32>,
    /// The work that a trace gave it.
    pub given: WorkGiven,
}

/// Where an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// On its way to the front door.
    Travelling,
    /// In a replica's queue.
    Queued,
    /// Its worker is being started.
    Starting,
    /// In its CPU phase.
    Computing,
    /// Off the CPU.
    Waiting,
    /// In a function's environment.
    Invoked,
    /// Trying to connect to a replica that does not answer.
    Connecting,
    /// The response is on its way back.
    Returning(Outcome),
    /// Waiting for its client to try again.
    BackingOff,
}

/// One attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub call: Call,
    pub stage: Stage,
    /// Nobody waits for it any more.
    pub detached: bool,
    /// The instant of its next own event; events for any other instant are stale.
    pub due: Time,
    /// Which replica or environment it is in, by number.
    pub place: u32,
    /// Its position among the requests in work of its task.
    pub seat: u32,
    /// When it reached the replica.
    pub reached: Time,
    /// When it left the queue.
    pub started: Time,
    /// When its CPU phase ended.
    pub computed: Time,
    /// CPU time it needs on the reference core.
    pub cpu: Span,
    /// Time it needs off the CPU.
    pub wait: Span,
    /// Memory it holds in a replica, in KiB.
    pub memory_kib: u32,
    /// CPU that it uses on average while it is in a function, in millionths of a vCPU.
    pub cpu_busy: u32,
    /// From when its invocation is billed, and how much of that is initialisation.
    pub billed_from: Time,
    pub init: Span,
    /// One way through the network.
    pub network: Span,
    pub cold: bool,
    /// Its response is larger than a function may give back.
    pub answer_too_large: bool,
    /// Which limit throttled it, if one did.
    pub throttle: Option<Throttle>,
    /// How its work ends: of an invocation known from its beginning, of a wait from the wait's.
    pub ends: Outcome,
    /// What made it fail, if a fault did.
    pub lost: Option<Lost>,
    pub parts: Parts,
}

impl Request {
    /// A request that its client sends at `call.sent`.
    pub(super) fn new(call: Call) -> Self {
        let mut parts = Parts::default();
        parts.set(Part::Retries, call.sent - call.born);
        Request {
            call,
            stage: Stage::Travelling,
            detached: false,
            due: Time::NEVER,
            place: u32::MAX,
            seat: u32::MAX,
            reached: call.sent,
            started: call.sent,
            computed: call.sent,
            cpu: Span::ZERO,
            wait: Span::ZERO,
            memory_kib: 0,
            cpu_busy: 0,
            billed_from: call.sent,
            init: Span::ZERO,
            network: Span::ZERO,
            cold: false,
            answer_too_large: false,
            throttle: None,
            ends: Outcome::Ok,
            lost: None,
            parts,
        }
    }

    /// What it waits for answers so.
    #[inline]
    pub(super) fn heed(&mut self, answer: Answer) {
        if answer.fails {
            (self.ends, self.lost) = (Outcome::Failed, Some(Lost::Dependency));
        }
    }

    /// How it ends for its client.
    #[inline]
    pub(super) fn finished(&self, outcome: Outcome, at: Time) -> Finished {
        let call = &self.call;
        Finished {
            service: call.service,
            source: call.source,
            seed: call.seed,
            born: call.born,
            at,
            outcome,
            throttle: self.throttle.filter(|_| outcome == Outcome::Throttled),
            attempts: call.attempts,
            cold: self.cold,
            parts: self.parts,
        }
    }
}

/// Which fault made a request fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The environment that it was in crashed.
    Crashed,
    /// The zone that it was in is out.
    Zone,
    /// What it waited for answered with an error.
    Dependency,
}

impl Lost {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Lost::Crashed => CUT_SHORT[0],
            Lost::Zone => CUT_SHORT[1],
            Lost::Dependency => "what it waited for failed",
        }
    }
}
