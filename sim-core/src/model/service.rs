//! Services: the front door, what is behind it, and the way of a request through containers.

use super::container::Containers;
use super::deadlines::Deadlines;
use super::dependency::Dependency;
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use super::function::Functions;
use super::request::{Call, Request, RequestId};
use super::source::DOOR;
use crate::engine::{Span, Time};
use crate::observe::{Answered, Door, Gauge, Outcome, Owner, Passed, Probe, ServiceId};
use crate::random::{self, Distribution, Purpose};

/// What a function takes in and gives back in one synchronous invocation, at most. Every front door of a function waits for
/// its response.
pub(super) struct Payload {
    pub limit: u64,
    /// What becomes of a request and of a response beyond it.
    pub request: &'static str,
    pub response: &'static str,
}

impl Payload {
    /// The limit of Lambda is 6 MB each way (Lambda Developer Guide, quotas); a balancer passes 1 MB (Application Load
    /// Balancers user guide, Lambda functions as targets).
    pub(super) fn through(door: Door) -> Self {
        let whole = Payload {
            limit: 6 << 20,
            request: "a request larger than 6 MB (413)",
            response: "a response larger than 6 MB (413)",
        };
        let balanced = Payload {
            limit: 1 << 20,
            request: "a request larger than 1 MB (413)",
            response: "a response larger than 1 MB (502)",
        };
        if door == Door::AlbToFunction { balanced } else { whole }
    }
}

/// A service.
pub(super) struct Service {
    pub name: String,
    /// The owner's key of every draw that belongs to the service and not to a request.
    pub key: u64,
    pub work: Work,
    pub door: FrontDoor,
    pub platform: Platform,
}

/// What is behind the front door.
pub(super) enum Platform {
    Containers(Box<Containers>),
    Functions(Box<Functions>),
}

/// What requests pass first.
pub(super) struct FrontDoor {
    pub kind: Door,
    /// Its own time for a request, both directions together.
    pub overhead: Span,
    pub limit: Option<Span>,
    pub deadlines: Deadlines,
    /// Requests over one connection, for metering.
    pub requests_per_connection: u32,
}

/// What a request needs.
pub(super) struct Work {
    pub cpu: Amount,
    pub wait: Amount,
    pub memory: Amount,
    pub request: Amount,
    pub response: Amount,
    pub parallelism: f64,
    /// What it waits for, when that does not work as usual.
    pub dependency: Dependency,
}

impl Work {
    /// Draws, or takes from the trace, what the request needs. The draws are keyed on the request's seed alone: it needs
    /// the same on every platform and in every attempt.
    #[inline(always)]
    fn assign(&self, request: &mut Request) {
        let seed = request.call.seed;
        let given = request.call.given;
        request.cpu = given.cpu().unwrap_or_else(|| Span::from_nanos(self.cpu.of(seed, 0)));
        request.wait = given.wait().unwrap_or_else(|| Span::from_nanos(self.wait.of(seed, 0)));
        request.memory_kib = self.memory.of(seed, 0) as u32;
    }

    #[inline]
    fn request_bytes(&self, call: &Call) -> u64 {
        call.given.request_bytes().unwrap_or_else(|| self.request.of(call.seed, 0))
    }

    #[inline]
    fn response_bytes(&self, call: &Call) -> u64 {
        call.given.response_bytes().unwrap_or_else(|| self.response.of(call.seed, 0))
    }
}

/// How much of something a request needs, drawn by its seed. What is the same for all requests is not drawn again and
/// again.
pub(super) struct Amount {
    always: Option<u64>,
    law: Distribution,
    purpose: Purpose,
    unit: fn(f64) -> u64,
}

impl Amount {
    /// What `law` says, in `unit`s.
    pub(super) fn new(law: Distribution, purpose: Purpose, unit: fn(f64) -> u64) -> Self {
        Amount { always: law.always().map(unit), law, purpose, unit }
    }

    /// The time that `law` says in seconds, in nanoseconds.
    pub(super) fn time(law: Distribution, purpose: Purpose) -> Self {
        Amount::new(law, purpose, |seconds| Span::from_seconds(seconds).nanos())
    }

    /// How much the attempt of the request with this seed needs.
    #[inline(always)]
    pub(super) fn of(&self, seed: u64, attempt: u32) -> u64 {
        self.always.unwrap_or_else(|| self.draw(seed, attempt))
    }

    fn draw(&self, seed: u64, attempt: u32) -> u64 {
        (self.unit)(self.law.sample(&mut random::draw(seed, self.purpose, attempt)))
    }
}

impl Service {
    /// The response to a request that was served.
    #[inline(always)]
    pub(super) fn answered(&self, call: &Call, now: Time) -> Answered {
        let response = self.work.response_bytes(call);
        Answered { service: call.service, door: self.door.kind, at: now, response }
    }

    /// The containers behind the door.
    ///
    /// # Panics
    /// If the service is a function: events of containers never name one.
    #[inline]
    pub(super) fn containers(&mut self) -> &mut Containers {
        match &mut self.platform {
            Platform::Containers(containers) => containers,
            Platform::Functions(_) => unreachable!("a function has no tasks"),
        }
    }

    /// The functions behind the door, one or many.
    ///
    /// # Panics
    /// If the service is made of containers: events of functions never name one.
    #[inline]
    pub(super) fn functions(&mut self) -> &mut Functions {
        match &mut self.platform {
            Platform::Functions(functions) => functions,
            Platform::Containers(_) => unreachable!("a container service has no environments"),
        }
    }
}

impl<P: Probe> Fleet<P> {
    /// An attempt reaches its service's front door.
    #[inline(always)]
    pub(super) fn reach(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let request = &mut self.requests[id];
        let service_id = request.call.service;
        let service = &mut self.services[service_id];
        request.reached = now;
        service.work.assign(request);
        let request_bytes = service.work.request_bytes(&request.call);
        let payload = match service.platform {
            Platform::Containers(_) => None,
            Platform::Functions(_) => Some(Payload::through(service.door.kind)),
        };
        if let Some(payload) = &payload {
            request.answer_too_large = service.work.response_bytes(&request.call) > payload.limit;
        }
        self.probe.passed(&Passed {
            service: service_id,
            door: service.door.kind,
            at: now,
            request: request_bytes,
            requests_per_connection: service.door.requests_per_connection,
        });
        if service.door.limit.is_some()
            && let Some(at) = service.door.deadlines.start(now, id, self.requests.generation(id))
        {
            agenda.schedule(FleetEvent::new(at, Kind::Deadline, service_id.0, DOOR));
        }
        match payload {
            None => self.route(service_id, id, now, agenda),
            Some(payload) if request_bytes > payload.limit => {
                self.refuse(id, Outcome::Rejected, payload.request, now, agenda);
            }
            Some(_) => self.invoke(service_id, id, now, agenda),
        }
    }

    /// States several levels of a service.
    #[inline(always)]
    pub(super) fn levels(&mut self, service: ServiceId, levels: &[(Gauge, u64)], now: Time) {
        self.probe.levels(now, Owner::Service(service), levels);
    }

    /// States a service's level.
    #[inline(always)]
    pub(super) fn level(&mut self, service: ServiceId, gauge: Gauge, value: u64, now: Time) {
        self.probe.level(now, Owner::Service(service), gauge, value);
    }
}
