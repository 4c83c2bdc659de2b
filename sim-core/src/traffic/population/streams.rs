//! The arrivals of a population: a stream per member, each with one arrival pending; or one stream of all ([`Merged`]).
//!
//! The source keeps a member's pending arrival in the agenda; here is what makes the next one. A member of a law costs
//! thirty bytes: its place in time, and how many arrivals it has had, by which its draws are named.

use std::sync::Arc;

use super::alike::Merged;
use super::{Law, MemberArrivals, Population};
use crate::calendar::Calendar;
use crate::engine::{Span, Time};
use crate::random::{Distribution, Draw, Luck, Purpose, below, open01, owner_key, request_seed, seed_key_of};
use crate::traffic::arrivals::Arrivals;
use crate::traffic::trace::FeedError;
use crate::traffic::traced::{PackedFeed, Trigger};
use crate::traffic::{Arrival, Origin};

/// The arrivals of a population's members, as one source.
#[derive(Debug)]
pub struct Members {
    population: Arc<Population>,
    luck: Luck,
    clock: Clock,
    streams: Vec<Stream>,
    /// What stands in the place of streams where all functions are alike.
    merged: Option<Box<Merged>>,
}

/// One member's arrivals.
#[derive(Debug)]
enum Stream {
    /// From a trace: what plays it, and the next of them.
    Traced(Box<(Arrivals, Option<Arrival>)>),
    /// By a law.
    Drawn(Drawn),
}

/// A member's place in its law.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    /// The key of its name within the source's.
    key: u64,
    /// The sum of its intervals in seconds, at the rate's mean.
    elapsed: f64,
    next: Time,
    ordinal: u32,
}

impl Members {
    /// The members of `population` at their first arrivals.
    pub fn new(population: Arc<Population>, origin: &Origin<'_>) -> Self {
        let mut members = Members {
            clock: Clock::new(population.hours, origin.calendar),
            luck: origin.luck,
            streams: Vec::with_capacity(population.members.len()),
            merged: population.alike.as_ref().map(|alike| Box::new(Merged::new(alike, origin))),
            population,
        };
        for member in 0..members.population.members.len() {
            let stream = members.stream(member, origin);
            members.streams.push(stream);
        }
        members
    }

    fn stream(&self, member: usize, origin: &Origin<'_>) -> Stream {
        let name = format!("{}/{}", origin.name, self.population.name(member));
        match &self.population.members[member].arrivals {
            MemberArrivals::Counts(counts) => {
                let play = self.population.play.as_ref().expect("counts come with how they are played");
                let origin = Origin { name: &name, ..*origin };
                let feed = Box::new(PackedFeed::new(counts.clone()));
                let mut arrivals = Arrivals::of_trace(play, &origin, feed);
                let next = arrivals.next();
                Stream::Traced(Box::new((arrivals, next)))
            }
            MemberArrivals::Law(law) => {
                let key = owner_key(&name);
                let mut drawn = Drawn { key, elapsed: 0.0, next: Time::ZERO, ordinal: 0 };
                let mut draw = self.luck.counted(Purpose::Arrivals, key, 0);
                match *law {
                    Law::Clock { period, offset } => drawn.next = self.clock.first(period, offset),
                    Law::Periodic { mean } => drawn.wait(open01(&mut draw) * f64::from(mean), None),
                    Law::Renewal { mean, cv } => {
                        self.renew(member, mean, residual(f64::from(cv), &mut draw), &mut drawn);
                    }
                }
                Stream::Drawn(drawn)
            }
        }
    }

    /// How many members there are.
    pub fn len(&self) -> u32 {
        self.population.len() as u32
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.population.is_empty()
    }

    /// The arrivals that are known at the beginning: each member's first, or the first of all. From then on, every arrival
    /// is [followed](Self::following) by one more.
    pub fn pending(&self) -> impl Iterator<Item = (u32, Time)> {
        let first = self.merged.as_ref().and_then(|merged| merged.next);
        let firsts = (0..self.streams.len() as u32).filter_map(|member| Some((member, self.next(member)?)));
        first.map(|(member, arrival)| (member, arrival.at)).into_iter().chain(firsts)
    }

    /// What follows an arrival at this member: its own next one, or that of any where they are one stream. `None` if no
    /// more come.
    pub fn following(&self, member: u32) -> Option<(u32, Time)> {
        match &self.merged {
            Some(merged) => merged.next.map(|(member, arrival)| (member, arrival.at)),
            None => self.next(member).map(|at| (member, at)),
        }
    }

    /// When a member's next arrival is; `None` if no more come.
    fn next(&self, member: u32) -> Option<Time> {
        match &self.streams[member as usize] {
            Stream::Traced(traced) => traced.1.map(|next| next.at),
            Stream::Drawn(drawn) => Some(drawn.next),
        }
    }

    /// A member's next arrival, with what the population says about its work. The one after it becomes the next.
    ///
    /// # Panics
    /// If there is none.
    pub fn arrive(&mut self, member: u32) -> Arrival {
        if let (Some(merged), Some(alike)) = (&mut self.merged, &self.population.alike) {
            let arrival = merged.arrive(alike).expect("an arrival that was announced");
            return Arrival { work: self.population.work(member, arrival.seed), ..arrival };
        }
        let (at, seed) = match &mut self.streams[member as usize] {
            Stream::Traced(traced) => {
                let arrival = traced.1.take().expect("an arrival that was announced");
                traced.1 = traced.0.next();
                (arrival.at, arrival.seed)
            }
            Stream::Drawn(drawn) => {
                let seed = request_seed(seed_key_of(self.luck, drawn.key), u64::from(drawn.ordinal));
                (drawn.next, seed)
            }
        };
        self.advance(member);
        Arrival { at, seed, work: self.population.work(member, seed) }
    }

    /// What went wrong with a member's trace, if anything did.
    pub fn take_error(&mut self) -> Option<FeedError> {
        self.streams.iter_mut().find_map(|stream| match stream {
            Stream::Traced(traced) => traced.0.take_error(),
            Stream::Drawn(_) => None,
        })
    }

    /// Moves a member of a law to its next arrival.
    fn advance(&mut self, member: u32) {
        let MemberArrivals::Law(law) = self.population.members[member as usize].arrivals else { return };
        let Stream::Drawn(mut drawn) = self.streams[member as usize] else { return };
        drawn.ordinal += 1;
        match law {
            Law::Clock { period, .. } => drawn.next += Span::from_secs(u64::from(period)),
            Law::Periodic { mean } => drawn.wait(f64::from(mean), None),
            Law::Renewal { mean, cv } => {
                let mut draw = self.luck.counted(Purpose::Arrivals, drawn.key, u64::from(drawn.ordinal));
                self.renew(member as usize, mean, interval(f64::from(cv), &mut draw), &mut drawn);
            }
        }
        self.streams[member as usize] = Stream::Drawn(drawn);
    }

    /// Lets a number of mean intervals pass. Timers do not follow the hours, and one that does not run several times a
    /// minute runs when a minute begins.
    fn renew(&self, member: usize, mean: f32, gap: f64, drawn: &mut Drawn) {
        let is_timer = self.population.members[member].trigger == Trigger::Timer;
        drawn.wait(gap * f64::from(mean), (!is_timer).then_some(&self.clock));
        if is_timer && mean >= 60.0 {
            drawn.next = self.clock.minute(drawn.next);
        }
    }
}

impl Drawn {
    /// Lets `gap` seconds pass: of the hours' cumulative factor where there is one, of time else.
    fn wait(&mut self, gap: f64, hours: Option<&Clock>) {
        self.elapsed += gap;
        let seconds = hours.map_or(self.elapsed, |clock| clock.when(self.elapsed));
        self.next = self.next.max(Time::ZERO + Span::from_seconds(seconds));
    }
}

/// An interval with mean 1.
fn interval(cv: f64, draw: &mut Draw) -> f64 {
    if cv == 1.0 {
        -libm::log(open01(draw))
    } else if cv < 1.0 {
        Distribution::gamma(1.0, cv).sample(draw)
    } else {
        let (p, u) = (balanced(cv), open01(draw));
        let weight = if u < p { p } else { 1.0 - p };
        -libm::log(open01(draw)) * 0.5 / weight
    }
}

/// The time from a random instant to the next arrival, where intervals have mean 1: a random part of an interval
/// that is chosen by its length. Of gamma that is gamma with one more shape; of two exponential branches with equal shares
/// of the mean, either branch with probability 1/2. Without it, a run's first minutes would see too many arrivals.
fn residual(cv: f64, draw: &mut Draw) -> f64 {
    if cv == 1.0 {
        -libm::log(open01(draw))
    } else if cv < 1.0 {
        let shape = 1.0 / (cv * cv) + 1.0;
        open01(draw) * Distribution::gamma(shape * cv * cv, 1.0 / shape.sqrt()).sample(draw)
    } else {
        let p = balanced(cv);
        let weight = if below(draw, 2) == 0 { p } else { 1.0 - p };
        -libm::log(open01(draw)) * 0.5 / weight
    }
}

/// The first branch's probability of the hyperexponential with balanced means.
fn balanced(cv: f64) -> f64 {
    let variation = cv * cv;
    0.5 * (1.0 + ((variation - 1.0) / (variation + 1.0)).sqrt())
}

/// The time of day, and the hours' factors by which rates follow it: the inverse of their integral.
#[derive(Clone, Debug)]
struct Clock {
    /// The integral of the factors from midnight to each hour, in seconds.
    until: [f64; 25],
    /// The run's start: seconds since midnight, and its integral.
    start: f64,
    passed: f64,
    since_monday: Span,
}

const HOUR_SECONDS: f64 = 3600.0;
const DAY_SECONDS: f64 = 86_400.0;
const MINUTE: Span = Span::from_secs(60);

impl Clock {
    fn new(factors: [f64; 24], calendar: Calendar) -> Self {
        let mut until = [0.0; 25];
        for (hour, factor) in factors.iter().enumerate() {
            until[hour + 1] = until[hour] + HOUR_SECONDS * factor;
        }
        // Rounding must not make a day longer or shorter than a day.
        until[24] = DAY_SECONDS;
        let start = calendar.since_midnight().seconds();
        let hour = ((start / HOUR_SECONDS) as usize).min(23);
        let share = start / HOUR_SECONDS - hour as f64;
        let passed = until[hour] + share * (until[hour + 1] - until[hour]);
        Clock { until, start, passed, since_monday: calendar.since_monday() }
    }

    /// How many seconds into the run the integral of the factors since its start is `amount`.
    fn when(&self, amount: f64) -> f64 {
        let target = self.passed + amount;
        let days = (target / DAY_SECONDS).floor();
        let rest = target - days * DAY_SECONDS;
        let hour = self.until.partition_point(|integral| *integral <= rest).clamp(1, 24) - 1;
        let (low, high) = (self.until[hour], self.until[hour + 1]);
        let seconds = (hour as f64 + (rest - low) / (high - low)) * HOUR_SECONDS;
        (days * DAY_SECONDS + seconds - self.start).max(0.0)
    }

    /// The first instant of the run at which a schedule runs that has this period and offset, in seconds from Monday's
    /// midnight on.
    fn first(&self, period: u32, offset: u32) -> Time {
        let period = Span::from_secs(u64::from(period)).nanos();
        let offset = Span::from_secs(u64::from(offset)).nanos();
        let passed = (self.since_monday.nanos() + period - offset % period) % period;
        Time::ZERO + Span::from_nanos((period - passed) % period)
    }

    /// The last whole minute of the clock at or before `at`, but not before the run.
    fn minute(&self, at: Time) -> Time {
        let beyond = (self.since_monday + at.since(Time::ZERO)).nanos() % MINUTE.nanos();
        Time::from_nanos(at.nanos().saturating_sub(beyond))
    }
}
