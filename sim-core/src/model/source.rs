//! Sources at work: what sends requests into the fleet, and how their clients wait and try again.

use super::breaker::{Breaker, Turn};
use super::bucket::{self, Bucket};
use super::deadlines::{Deadlines, Entry, Waiter};
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use super::request::{Call, Request, RequestId, Stage};
use crate::arena::Id as _;
use crate::engine::{Span, Time};
use crate::observe::{DecisionKind, FRONT_DOOR_LIMIT, FunctionId, Outcome, Part, Probe, ServiceId, SourceId};
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
    pub budget: Option<(Bucket, bucket::Part)>,
}

/// What a source says of a request that it makes.
#[derive(Clone, Copy)]
struct Born {
    seed: u64,
    function: FunctionId,
    user: Option<u32>,
    given: WorkGiven,
}

impl<P: Probe> Fleet<P> {
    /// The next request of an open source (or of one member of a population) is born, and the one after it takes its
    /// place in the agenda.
    #[inline]
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
        let born = Born { seed: arrival.seed, function, user: None, given: arrival.work };
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
            let born = Born {
                seed: ask.seed,
                function: FunctionId(0),
                user: Some(user),
                given: WorkGiven::default(),
            };
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

    #[inline(always)]
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
    #[inline]
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
    #[inline(always)]
    fn send(&mut self, call: Call, agenda: &mut Agenda) {
        let now = call.sent;
        let source = &self.sources[call.source];
        let both_ways = source.network.as_ref().map_or(0.0, |network| {
            network.sample(&mut random::draw(call.seed, Purpose::Network, call.attempts))
        });
        let (is_guarded, is_limited) = (source.breaker.is_some(), source.timeout.is_some());
        if is_guarded && !self.may_send(call.source, now) {
            self.probe.finished(&Request::new(call).finished(Outcome::CircuitOpen, now));
            if let Some(user) = call.user {
                self.user_done(call.source, user, now, agenda);
            }
            return;
        }
        let mut request = Request::new(call);
        let network = Span::from_seconds(both_ways / 2.0);
        request.network = network;
        let id = self.requests.insert(request);
        let deadlines = &mut self.sources[call.source].deadlines;
        if is_limited && let Some(at) = deadlines.start(now, id, self.requests.generation(id)) {
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
    #[inline]
    pub(super) fn respond(
        &mut self,
        id: RequestId,
        outcome: Outcome,
        delay: Span,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let request = &mut self.requests[id];
        if request.detached {
            self.requests.free(id);
            return;
        }
        request.parts.set(Part::Network, request.network + request.network);
        let at = now + request.network + delay;
        let call = &request.call;
        let is_ok = outcome == Outcome::Ok;
        if is_ok {
            self.probe.answered(&self.services[call.service].answered(call, now));
        }
        // Nothing can come between a response and a client who waits long enough: no event is needed.
        let source = &self.sources[call.source];
        let is_guarded = source.breaker.is_some();
        let in_time = source.timeout.is_none_or(|timeout| at <= call.sent + timeout) && !is_guarded;
        if at != now && !(is_ok && call.user.is_none() && in_time) {
            request.stage = Stage::Returning(outcome);
            request.due = at;
            agenda.schedule(FleetEvent::new(at, Kind::Delivered, 0, id.0));
        } else if is_ok && !is_guarded {
            self.finish(id, outcome, at, agenda);
            self.requests.free(id);
        } else {
            self.conclude(id, outcome, at, agenda);
        }
    }

    /// The response reaches its client, if that still waits.
    pub(super) fn delivered(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let request = &self.requests[id];
        let Stage::Returning(outcome) = request.stage else {
            unreachable!("a response that is delivered was sent");
        };
        if request.detached {
            self.requests.free(id);
        } else {
            self.conclude(id, outcome, now, agenda);
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
        if waiter == Waiter::Door {
            self.probe.refused(now, request.call.service, outcome, FRONT_DOOR_LIMIT);
        }
        self.conclude(id, outcome, now, agenda);
    }

    /// An attempt is over for its client, who tries again or takes the outcome as final. It stays behind if it is detached:
    /// the server is not done with it.
    #[inline(always)]
    fn conclude(&mut self, id: RequestId, outcome: Outcome, at: Time, agenda: &mut Agenda) {
        let Request { call: Call { source, sent, .. }, detached, .. } = self.requests[id];
        if let Some(breaker) = &mut self.sources[source].breaker {
            let turn = breaker.hear(sent, outcome == Outcome::Ok, at);
            self.note_breaker(source, turn, at);
        }
        let again = if outcome == Outcome::Ok { None } else { self.try_again(id, at) };
        if again.is_none() {
            self.finish(id, outcome, at, agenda);
        }
        if !detached {
            self.requests.free(id);
        }
        if let Some(next) = again {
            let due = next.due;
            let next = self.requests.insert(next);
            agenda.schedule(FleetEvent::new(due, Kind::Retry, 0, next.0));
        }
    }

    /// A request is over for its client.
    #[inline(always)]
    fn finish(&mut self, id: RequestId, outcome: Outcome, at: Time, agenda: &mut Agenda) {
        let request = &self.requests[id];
        self.probe.finished(&request.finished(outcome, at));
        if let Some(user) = request.call.user {
            self.user_done(request.call.source, user, at, agenda);
        }
    }

    /// A user has the outcome of a request, and begins to think.
    fn user_done(&mut self, source: SourceId, user: u32, at: Time, agenda: &mut Agenda) {
        if let Generator::Closed(users) = &mut self.sources[source].generator
            && let Some(wakes) = users.request_done(user, at)
        {
            agenda.schedule(FleetEvent::new(wakes, Kind::UserWakes, source.0, user));
        }
    }

    /// The further attempt that the client makes, if it makes one, as it begins to back off.
    fn try_again(&mut self, id: RequestId, now: Time) -> Option<Request> {
        let call = &self.requests[id].call;
        let retries = self.sources[call.source].retries.as_mut()?;
        if call.attempts >= retries.spec.attempts {
            return None;
        }
        if let Some((bucket, _)) = &mut retries.budget
            && !bucket.take(now)
        {
            return None;
        }
        let mut request = Request::new(*call);
        request.stage = Stage::BackingOff;
        request.due = now + back_off(&retries.spec, call);
        Some(request)
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
