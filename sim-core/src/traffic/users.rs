//! Closed-loop users: each thinks, asks, waits for the answer, thinks again. Never more than one request each.
//!
//! A user is a number; the population at a time t says which users are there: those below it. Everything a user draws
//! is keyed on (user, ordinal of the request), so that the think times of a user are the same in every variant, whatever
//! the answers take. How the model plays a source of users:
//!
//! ```text
//! joins:    while let Some((at, user)) = users.next_join()   put "user joins" into the agenda, one at a time
//! at `at`:  if let Some(ask) = users.joined(user, at)        put "user asks" into the agenda at `ask`
//! at `ask`: if let Some(arrival) = users.ask(user, ask)      a request is born
//! its end:  if let Some(ask) = users.request_done(user, now) put "user asks" into the agenda at `ask`
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Arrival, Origin, WorkGiven};
use crate::engine::{Span, Time};
use crate::problem::Problem;
use crate::random::{Distribution, DistributionSpec, Luck, Purpose, owner_key, request_seed, seed_key};

/// Users with one outstanding request each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsersSpec {
    /// How many users there are, over time.
    pub population: PopulationSpec,
    /// How long a user thinks between an answer and the next request, and before the first.
    pub think: DistributionSpec<Span>,
}

/// How many users there are, over time. A user who leaves finishes the request at hand first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum PopulationSpec {
    /// The same number throughout.
    Constant(u32),
    /// A number that holds from each given time to the next; none before the first.
    Steps(Vec<PopulationPoint>),
    /// Straight lines between the given points; held before the first and after the last.
    PiecewiseLinear(Vec<PopulationPoint>),
}

/// A number of users and the time for which it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PopulationPoint {
    /// When, from the start of the run.
    pub at: Span,
    /// How many users.
    pub users: u32,
}

/// More users than this are taken for a slip: each costs memory, unlike open-loop requests.
const PLAUSIBLE_USERS: u32 = 10_000_000;

impl UsersSpec {
    /// Reports everything that makes no sense, `path` being where this stands.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        let before = out.len();
        self.think.problems(&format!("{path}.think"), out);
        if out.len() == before && self.think.build().mean() == 0.0 {
            let problem = Problem::new(
                format!("{path}.think"),
                "users who never think would ask without end at one instant",
            );
            out.push(problem.hint("give a think time above zero"));
        }
        self.population.problems(&format!("{path}.population"), out);
    }
}

impl PopulationSpec {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        let (name, points) = match self {
            PopulationSpec::Constant(users) => {
                ("constant", &vec![PopulationPoint { at: Span::ZERO, users: *users }])
            }
            PopulationSpec::Steps(points) => ("steps", points),
            PopulationSpec::PiecewiseLinear(points) => ("piecewise-linear", points),
        };
        if points.iter().all(|point| point.users == 0) {
            out.push(Problem::new(path, "there is never any user"));
        }
        if let Some(point) = points.iter().find(|point| point.users > PLAUSIBLE_USERS) {
            out.push(Problem::new(path, format!("{} users are more than {PLAUSIBLE_USERS}", point.users)));
        }
        for (index, pair) in points.windows(2).enumerate() {
            if pair[1].at <= pair[0].at {
                let message = format!("{} does not follow {}", pair[1].at, pair[0].at);
                out.push(Problem::new(format!("{path}.{name}[{}].at", index + 1), message));
            }
        }
    }
}

/// A population at work.
#[derive(Clone, Debug)]
pub struct Users {
    /// Straight pieces; the last lasts for ever.
    pieces: Vec<Piece>,
    think: Distribution,
    luck: Luck,
    owner: u64,
    seed_key: u64,
    /// By user: how many requests, and whether the user is thinking or waiting.
    members: Vec<Member>,
    joins: Joins,
}

/// From `from` to `to` the population goes from `low` to `high` in a straight line.
#[derive(Clone, Copy, Debug)]
struct Piece {
    from: Time,
    to: Time,
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Member {
    requests: u32,
    busy: bool,
}

/// Where the walk over all joins stands: the piece, and the next user to join in it.
#[derive(Clone, Copy, Debug)]
struct Joins {
    piece: usize,
    next: u32,
}

impl Users {
    /// The users of a validated `spec`.
    pub fn new(spec: &UsersSpec, origin: &Origin<'_>) -> Self {
        let pieces = match &spec.population {
            PopulationSpec::Constant(users) => {
                pieces(&[PopulationPoint { at: Span::ZERO, users: *users }], false)
            }
            PopulationSpec::Steps(points) => pieces(points, false),
            PopulationSpec::PiecewiseLinear(points) => pieces(points, true),
        };
        let most = pieces.iter().map(|piece| piece.start.max(piece.end)).max().unwrap_or(0);
        Users {
            pieces,
            think: spec.think.build(),
            luck: origin.luck,
            owner: owner_key(origin.name),
            seed_key: seed_key(origin.luck, origin.name),
            members: vec![Member::default(); most as usize],
            joins: Joins { piece: 0, next: 0 },
        }
    }

    /// How many users there are at `at`.
    pub fn population(&self, at: Time) -> u32 {
        let index = self.pieces.partition_point(|piece| piece.from <= at);
        self.pieces[index.saturating_sub(1)].population(at)
    }

    /// The next join, in order of time: when, and which user.
    pub fn next_join(&mut self) -> Option<(Time, u32)> {
        loop {
            let piece = *self.pieces.get(self.joins.piece)?;
            // Who is there at a piece's start joined in it, unless it was there at the end of the piece before.
            if self.joins.next < piece.start.max(piece.end) {
                let user = self.joins.next;
                self.joins.next += 1;
                return Some((piece.reaches(user + 1), user));
            }
            self.joins = Joins { piece: self.joins.piece + 1, next: piece.end };
        }
    }

    /// The time that `user` thinks before the request with this ordinal.
    pub fn think(&self, user: u32, ordinal: u32) -> Span {
        let mut own = self.luck.counted(Purpose::Think, self.owner, thing(user, ordinal));
        Span::from_seconds(self.think.sample(&mut own))
    }

    /// `user` joins: when it first asks. `None` if it is still at a request from before it last left.
    pub fn joined(&mut self, user: u32, now: Time) -> Option<Time> {
        if self.members[user as usize].busy {
            return None;
        }
        self.members[user as usize].busy = true;
        Some(self.next_ask(user, now))
    }

    /// `user` asks now: its request, or `None` if it has left in the meantime.
    pub fn ask(&mut self, user: u32, now: Time) -> Option<Arrival> {
        let stays = user < self.population(now);
        let member = &mut self.members[user as usize];
        if !stays {
            member.busy = false;
            return None;
        }
        let seed = request_seed(self.seed_key, thing(user, member.requests));
        member.requests += 1;
        Some(Arrival { at: now, seed, work: WorkGiven::default() })
    }

    /// The request of `user` has its final outcome: when it asks next, or `None` if it has left.
    pub fn request_done(&mut self, user: u32, now: Time) -> Option<Time> {
        if user >= self.population(now) {
            self.members[user as usize].busy = false;
            return None;
        }
        Some(self.next_ask(user, now))
    }

    fn next_ask(&self, user: u32, now: Time) -> Time {
        let think = self.think(user, self.members[user as usize].requests);
        Time::from_nanos(now.nanos().saturating_add(think.nanos()))
    }
}

/// What a user's draws are counted by.
fn thing(user: u32, ordinal: u32) -> u64 {
    u64::from(user) << 32 | u64::from(ordinal)
}

fn pieces(points: &[PopulationPoint], linear: bool) -> Vec<Piece> {
    let before = if linear { points[0].users } else { 0 };
    let mut pieces =
        vec![Piece { from: Time::ZERO, to: Time::ZERO + points[0].at, start: before, end: before }];
    for (index, point) in points.iter().enumerate() {
        let next = points.get(index + 1);
        let end = next.filter(|_| linear).map_or(point.users, |next| next.users);
        let to = next.map_or(Time::NEVER, |next| Time::ZERO + next.at);
        pieces.push(Piece { from: Time::ZERO + point.at, to, start: point.users, end });
    }
    pieces.retain(|piece| piece.to > piece.from);
    pieces
}

impl Piece {
    /// The number of users at `at`, whole: the n-th is there from when the line reaches n.
    fn population(&self, at: Time) -> u32 {
        if self.start == self.end {
            return self.start;
        }
        let (run, whole) = (u128::from((at - self.from).nanos()), u128::from((self.to - self.from).nanos()));
        let change = run * u128::from(self.start.abs_diff(self.end));
        if self.end > self.start {
            self.start + (change / whole) as u32
        } else {
            self.start - change.div_ceil(whole) as u32
        }
    }

    /// When a rising line reaches `users`.
    fn reaches(&self, users: u32) -> Time {
        if users <= self.start {
            return self.from;
        }
        let whole = u128::from((self.to - self.from).nanos());
        let part = whole * u128::from(users - self.start);
        self.from + Span::from_nanos(part.div_ceil(u128::from(self.end - self.start)) as u64)
    }
}

#[cfg(test)]
mod tests;
