//! Sources at work: what sends requests into the fleet, and how their clients wait and try again.

use super::breaker::{Breaker, Turn};
use super::bucket::Bucket;
use super::deadlines::{Deadlines, Entry, Waiter};
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use super::request::{Call, Ending, Given, Request, RequestId, Stage};
use crate::arena::Id as _;
use crate::engine::{Span, Time};
use crate::observe::{
    DecisionKind, FRONT_DOOR_LIMIT, Finished, FunctionId, Outcome, Part, Parts, Probe, ServiceId, SourceId,
};
use crate::random::{self, Distribution, Purpose, open01};
use crate::spec::RetrySpec;
use crate::traffic::{Arrival, Arrivals, Members, Users, WorkGiven};

/// A source of requests.
pub(super) struct Source {
    pub to: ServiceId,
    pub generator: Generator,
    pub timeout: Option<Span>,
    pub deadlines: Deadlines,
    pub retries: Option<Retries>,
    pub breaker: Option<Breaker>,
    pub network: Option<Distribution>,
}

/// What makes the requests.
pub(super) enum Generator {
    /// Arrivals that do not wait for responses, and the next of them.
    Open { arrivals: Box<Arrivals>, next: Option<Arrival> },
    /// Users with one request outstanding each.
    Closed(Box<Users>),
    /// The invocations of many functions, each of which has its next one in the agenda, or all of them one. They go to
    /// functions `apart`, or all to one service.
    Population { members: Box<Members>, apart: bool },
}

/// How the clients of a source try again.
pub(super) struct Retries {
    pub spec: RetrySpec,
    /// Retries that may still be made, and what each first attempt adds to them.
    pub budget: Option<(Bucket, f64)>,
}

/// What a source says of a request that it makes.
#[derive(Clone, Copy)]
struct Born {
    seed: u64,
    function: FunctionId,
    user: Option<u32>,
    given: Given,
}

impl From<WorkGiven> for Given {
    fn from(work: WorkGiven) -> Self {
        Given {
            cpu: work.cpu,
            wait: work.wait,
            request_bytes: work.request_bytes.map(|bytes| bytes.0),
            response_bytes: work.response_bytes.map(|bytes| bytes.0),
        }
    }
}

impl<P: Probe> Fleet<P> {
    /// The next request of an open source (or of one member of a population) is born, and the one after it takes its
    /// place in the agenda.
    pub(super) fn arrive(&mut self, source: SourceId, member: u32, now: Time, agenda: &mut Agenda) {
        let mut function = FunctionId(0);
        let (arrival, following) = match &mut self.sources[source].generator {
            Generator::Open { arrivals, next } => {
                let arrival = next.take().expect("an arrival is in the agenda while it is pending");
                *next = arrivals.next().filter(|following| following.at < self.end);
                (arrival, next.map(|following| (member, following.at)))
            }
            Generator::Population { members, apart } => {
                if *apart {
                    function = FunctionId(member);
                }
                let arrival = members.arrive(member);
                (arrival, members.following(member).filter(|(_, at)| *at < self.end))
            }
            Generator::Closed(_) => unreachable!("users have no arrivals in the agenda"),
        };
        if let Some((slot, at)) = following {
            agenda.schedule_arrival(FleetEvent::new(at, Kind::Arrive, source.0, slot));
        }
        let born = Born { seed: arrival.seed, function, user: None, given: arrival.work.into() };
        self.bear(source, born, now, agenda);
    }

    /// A user has thought and sends the next request.
    pub(super) fn user_wakes(&mut self, source: SourceId, user: u32, now: Time, agenda: &mut Agenda) {
        if now >= self.end {
            return;
        }
        let Generator::Closed(users) = &mut self.sources[source].generator else {
            unreachable!("only closed sources have users");
        };
        if let Some(ask) = users.ask(user, now) {
            let born =
                Born { seed: ask.seed, function: FunctionId(0), user: Some(user), given: Given::default() };
            self.bear(source, born, now, agenda);
        }
    }

    /// A user joins the population, and the next one to join takes its place in the agenda.
    pub(super) fn user_joins(&mut self, source: SourceId, user: u32, now: Time, agenda: &mut Agenda) {
        let Generator::Closed(users) = &mut self.sources[source].generator else {
            unreachable!("only closed sources have users");
        };
        let wakes = users.joined(user, now);
        let next = users.next_join().filter(|(at, _)| *at < self.end);
        if let Some(at) = wakes {
            agenda.schedule(FleetEvent::new(at, Kind::UserWakes, source.0, user));
        }
        if let Some((at, user)) = next {
            agenda.schedule_arrival(FleetEvent::new(at, Kind::UserJoins, source.0, user));
        }
    }

    fn bear(&mut self, source: SourceId, born: Born, now: Time, agenda: &mut Agenda) {
        let Born { seed, function, user, given } = born;
        let service = self.sources[source].to;
        if let Some(Retries { budget: Some((bucket, share)), .. }) = &mut self.sources[source].retries {
            bucket.give(*share);
        }
        self.probe.born(now, source, service, seed);
        self.send(
            Call { seed, source, service, function, born: now, sent: now, attempts: 1, user, given },
            agenda,
        );
    }

    /// Whether the source's circuit breaker lets an attempt pass.
    fn may_send(&mut self, source: SourceId, now: Time) -> bool {
        let Some(breaker) = &mut self.sources[source].breaker else { return true };
        let (may, turn) = breaker.admit(now);
        self.note_breaker(source, turn, now);
        may
    }

    fn note_breaker(&mut self, source: SourceId, turn: Option<Turn>, now: Time) {
        let line = match turn {
            None => return,
            Some(Turn::Opened { share, attempts }) => {
                format!("the breaker opens: {:.0} % of {attempts} attempts failed", share * 100.0)
            }
            Some(Turn::Tries) => "the breaker is half open: trials are sent".to_owned(),
            Some(Turn::Closed) => "the breaker closes: the trials ended well".to_owned(),
        };
        let owner = self.names.sources[source.index()].clone();
        self.note(now, DecisionKind::Client, &owner, (None, None), line);
    }

    /// A client sends an attempt, unless its breaker is open.
    fn send(&mut self, call: Call, agenda: &mut Agenda) {
        let now = call.sent;
        if !self.may_send(call.source, now) {
            let mut parts = Parts::default();
            parts.set(Part::Retries, now - call.born);
            let ending = Ending { outcome: Outcome::CircuitOpen, throttle: None, cold: false, parts };
            self.finish(&call, &ending, now, agenda);
            return;
        }
        let mut request = Request::new(call);
        if let Some(network) = &self.sources[call.source].network {
            let both_ways = network.sample(&mut random::draw(call.seed, Purpose::Network, call.attempts));
            request.network = Span::from_seconds(both_ways / 2.0);
        }
        let network = request.network;
        let id = self.requests.insert(request);
        let generation = self.requests.generation(id);
        let source = &mut self.sources[call.source];
        if source.timeout.is_some()
            && let Some(at) = source.deadlines.start(now, id, generation)
        {
            agenda.schedule(FleetEvent::new(at, Kind::Deadline, call.source.0, CLIENT));
        }
        if network.is_zero() {
            self.reach(id, now, agenda);
        } else {
            self.requests[id].due = now + network;
            agenda.schedule(FleetEvent::new(now + network, Kind::Reaches, 0, id.0));
        }
    }

    /// The server or its front door answers. The response needs `delay` before it sets out.
    pub(super) fn respond(
        &mut self,
        id: RequestId,
        outcome: Outcome,
        delay: Span,
        now: Time,
        agenda: &mut Agenda,
    ) {
        if self.requests[id].detached {
            self.requests.remove(id);
            return;
        }
        if outcome == Outcome::Ok {
            let call = self.requests[id].call;
            self.answered(&call, now);
        }
        let request = &mut self.requests[id];
        request.parts.set(Part::Network, request.network + request.network);
        let at = now + request.network + delay;
        // Nothing can come between a response and a client who waits long enough: no event is needed.
        let source = &self.sources[request.call.source];
        let in_time = source.timeout.is_none_or(|timeout| at <= request.call.sent + timeout)
            && source.breaker.is_none();
        if at == now || (outcome == Outcome::Ok && request.call.user.is_none() && in_time) {
            let request = self.requests.remove(id);
            self.conclude(&request.call, &request.ending(outcome), at, agenda);
        } else {
            request.stage = Stage::Returning(outcome);
            request.due = at;
            agenda.schedule(FleetEvent::new(at, Kind::Delivered, 0, id.0));
        }
    }

    /// The response reaches its client, if that still waits.
    pub(super) fn delivered(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let request = self.requests.remove(id);
        let Stage::Returning(outcome) = request.stage else {
            unreachable!("a response that is delivered was sent");
        };
        if !request.detached {
            self.conclude(&request.call, &request.ending(outcome), now, agenda);
        }
    }

    /// Refuses an attempt at the service, and says so to its client.
    pub(super) fn refuse(
        &mut self,
        id: RequestId,
        outcome: Outcome,
        reason: &'static str,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let request = &self.requests[id];
        self.probe.refused(now, request.call.service, outcome, reason);
        self.respond(id, outcome, Span::ZERO, now, agenda);
    }

    /// Deadlines of a source's clients (`slot` is [`CLIENT`]) or of a service's front door have come.
    pub(super) fn deadline(&mut self, owner: u32, slot: u32, now: Time, agenda: &mut Agenda) {
        let waiter = self.deadlines(owner, slot).waiter;
        while let Some(entry) = self.deadlines(owner, slot).pop_due(now) {
            if self.waits(&entry, waiter) {
                self.give_up(entry.request, waiter, now, agenda);
            }
        }
        let mut deadlines =
            std::mem::replace(self.deadlines(owner, slot), Deadlines::new(Waiter::Client, Span::ZERO));
        if let Some(at) = deadlines.next(|entry| self.waits(entry, waiter)) {
            agenda.schedule(FleetEvent::new(at, Kind::Deadline, owner, slot));
        }
        *self.deadlines(owner, slot) = deadlines;
    }

    fn deadlines(&mut self, owner: u32, slot: u32) -> &mut Deadlines {
        if slot == CLIENT {
            &mut self.sources[SourceId(owner)].deadlines
        } else {
            &mut self.services[ServiceId(owner)].door.deadlines
        }
    }

    /// Whether the request of a deadline is still there and `waiter` still waits for it. A front door whose response is
    /// on its way back waits no more; the client does.
    fn waits(&self, entry: &Entry, waiter: Waiter) -> bool {
        let waits = |request: &Request| {
            let answered = waiter == Waiter::Door && matches!(request.stage, Stage::Returning(_));
            !request.detached && !answered
        };
        self.requests.generation(entry.request) == entry.generation
            && self.requests.get(entry.request).is_some_and(waits)
    }

    fn give_up(&mut self, id: RequestId, waiter: Waiter, now: Time, agenda: &mut Agenda) {
        let request = &mut self.requests[id];
        request.detached = true;
        let outcome = match waiter {
            Waiter::Client => Outcome::TimedOut,
            Waiter::Door => Outcome::GatewayTimeout,
        };
        let (call, ending) = (request.call, request.ending(outcome));
        if waiter == Waiter::Door {
            self.probe.refused(now, call.service, outcome, FRONT_DOOR_LIMIT);
        }
        self.conclude(&call, &ending, now, agenda);
    }

    /// An attempt is over for its client, who tries again or takes the outcome as final.
    fn conclude(&mut self, call: &Call, ending: &Ending, at: Time, agenda: &mut Agenda) {
        if let Some(breaker) = &mut self.sources[call.source].breaker {
            let turn = breaker.hear(call.sent, ending.outcome == Outcome::Ok, at);
            self.note_breaker(call.source, turn, at);
        }
        if ending.outcome == Outcome::Ok || !self.try_again(call, at, agenda) {
            self.finish(call, ending, at, agenda);
        }
    }

    /// A request is over for its client.
    fn finish(&mut self, call: &Call, ending: &Ending, at: Time, agenda: &mut Agenda) {
        let Ending { outcome, throttle, cold, parts } = *ending;
        self.probe.finished(&Finished {
            service: call.service,
            source: call.source,
            seed: call.seed,
            born: call.born,
            at,
            outcome,
            throttle,
            attempts: call.attempts,
            cold,
            parts,
        });
        if let (Some(user), Generator::Closed(users)) = (call.user, &mut self.sources[call.source].generator)
            && let Some(wakes) = users.request_done(user, at)
        {
            agenda.schedule(FleetEvent::new(wakes, Kind::UserWakes, call.source.0, user));
        }
    }

    /// Puts a further attempt into the agenda if the client makes one.
    fn try_again(&mut self, call: &Call, now: Time, agenda: &mut Agenda) -> bool {
        let Some(retries) = &mut self.sources[call.source].retries else { return false };
        if call.attempts >= retries.spec.attempts {
            return false;
        }
        if let Some((bucket, _)) = &mut retries.budget
            && !bucket.take(now)
        {
            return false;
        }
        let wait = back_off(&retries.spec, call);
        let mut request = Request::new(*call);
        request.stage = Stage::BackingOff;
        request.due = now + wait;
        let id = self.requests.insert(request);
        agenda.schedule(FleetEvent::new(now + wait, Kind::Retry, 0, id.0));
        true
    }

    /// A client that has backed off sends its next attempt.
    pub(super) fn retry(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let call = self.requests.remove(id).call;
        self.send(Call { sent: now, attempts: call.attempts + 1, ..call }, agenda);
    }
}

/// Slot of a deadline event that belongs to a source's clients.
pub(super) const CLIENT: u32 = 0;
/// Slot of a deadline event that belongs to a service's front door.
pub(super) const DOOR: u32 = 1;

/// Full jitter: uniform between nothing and the doubled back-off.
fn back_off(spec: &RetrySpec, call: &Call) -> Span {
    let doublings = (call.attempts - 1).min(40);
    let longest = spec.backoff.seconds() * (1_u64 << doublings) as f64;
    let longest = longest.min(spec.max_backoff.seconds());
    Span::from_seconds(longest * open01(&mut random::draw(call.seed, Purpose::Retry, call.attempts)))
}
