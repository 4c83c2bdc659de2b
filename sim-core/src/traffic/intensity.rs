//! The rate of a source over time, and the inverse of its integral.
//!
//! An arrival is due when the cumulative rate has grown by one unit-rate interval. The unit-rate intervals come from
//! the source's stream and know nothing of the rate, so a changed rate moves the same arrivals instead of drawing
//! others. The run is cut into segments (at the shape's breakpoints, at midnights, where a modulated source changes
//! state); in each the rate is one formula with an exact integral.

use crate::calendar::Calendar;
use crate::engine::{Span, Time};
use crate::random::{Distribution, Luck, Purpose, Stream, open01, owner_key};
use crate::traffic::shape::{Curve, Point, Shape};
use crate::traffic::spec::VariationSpec;
use crate::traffic::{HORIZON, Origin};

/// A rate over time, consumed from the start of the run onwards.
#[derive(Clone, Debug)]
pub(super) struct Intensity {
    states: States,
    shape: Shape,
    calendar: Calendar,
    variation: Variation,
    segment: Segment,
    /// Up to where the segment is consumed.
    here: Point,
}

/// A stretch of time in which the rate is one formula.
#[derive(Clone, Debug)]
struct Segment {
    start: Time,
    end: Time,
    seconds: f64,
    curve: Curve,
    integral: f64,
}

/// The base rate per second: fixed, or switching between two.
#[derive(Clone, Debug)]
pub(super) enum States {
    Fixed(f64),
    Switching(Switch),
}

/// The state of a two-state Markov-modulated source.
#[derive(Clone, Debug)]
pub(super) struct Switch {
    rates: [f64; 2],
    sojourns: [Distribution; 2],
    stream: Stream,
    state: usize,
    until: Time,
}

/// Random factors per day and per replication, lognormal with mean 1.
#[derive(Clone, Debug)]
struct Variation {
    luck: Luck,
    owner: u64,
    day: Option<Distribution>,
    replication: f64,
}

impl States {
    /// Two states with these rates per second and exponential sojourns of these mean seconds. The first state is
    /// drawn with its long-run share, so that the source is stationary from the start.
    pub(super) fn switching(rates: [f64; 2], sojourns: [f64; 2], origin: &Origin<'_>) -> Self {
        let mut stream = origin.luck.stream(Purpose::Modulation, origin.name);
        let state = usize::from(open01(&mut stream) > sojourns[0] / (sojourns[0] + sojourns[1]));
        let mut switch = Switch {
            rates,
            sojourns: sojourns.map(Distribution::exponential),
            stream,
            state,
            until: Time::ZERO,
        };
        switch.stay();
        States::Switching(switch)
    }

    fn rate(&self) -> f64 {
        match self {
            States::Fixed(rate) => *rate,
            States::Switching(switch) => switch.rates[switch.state],
        }
    }

    fn is_zero(&self) -> bool {
        match self {
            States::Fixed(rate) => *rate == 0.0,
            States::Switching(switch) => switch.rates == [0.0, 0.0],
        }
    }

    /// Moves to the state that holds at `at`, and returns until when it does.
    fn move_to(&mut self, at: Time) -> Time {
        let States::Switching(switch) = self else { return HORIZON };
        while switch.until <= at {
            switch.state = 1 - switch.state;
            switch.stay();
        }
        switch.until
    }
}

impl Switch {
    fn stay(&mut self) {
        let sojourn = Span::from_seconds(self.sojourns[self.state].sample(&mut self.stream));
        self.until = Time::from_nanos(self.until.nanos().saturating_add(sojourn.nanos().max(1)));
    }
}

impl Variation {
    fn new(spec: Option<&VariationSpec>, origin: &Origin<'_>) -> Self {
        let law = |cv: f64| (cv > 0.0).then(|| Distribution::lognormal(1.0, cv));
        let owner = owner_key(origin.name);
        let day = spec.and_then(|spec| law(spec.day));
        let replication = spec
            .and_then(|spec| law(spec.replication))
            .map_or(1.0, |law| law.sample(&mut origin.luck.counted(Purpose::ReplicationScale, owner, 0)));
        Variation { luck: origin.luck, owner, day, replication }
    }

    fn factor(&self, day: u64) -> f64 {
        let draw =
            |law: &Distribution| law.sample(&mut self.luck.counted(Purpose::DayScale, self.owner, day));
        self.replication * self.day.as_ref().map_or(1.0, draw)
    }
}

impl Intensity {
    pub(super) fn new(
        states: States,
        shape: Shape,
        variation: Option<&VariationSpec>,
        origin: &Origin<'_>,
    ) -> Self {
        let curve = shape.curve(Time::ZERO);
        let here = curve.start();
        let nothing = Segment { start: Time::ZERO, end: Time::ZERO, seconds: 0.0, curve, integral: 0.0 };
        let mut intensity = Intensity {
            states,
            shape,
            calendar: origin.calendar,
            variation: Variation::new(variation, origin),
            segment: nothing,
            here,
        };
        intensity.enter(Time::ZERO);
        intensity
    }

    /// Consumes `amount` of the cumulative rate and returns when that is done; `None` if it never is.
    #[inline]
    pub(super) fn advance(&mut self, amount: f64) -> Option<Time> {
        let mut amount = amount;
        loop {
            let target = self.here.area + amount;
            if target < self.segment.integral {
                self.here = self.segment.curve.inverse(target, self.here, self.segment.seconds);
                return Some(self.segment.start + Span::from_seconds(self.here.seconds));
            }
            if self.is_over() {
                return None;
            }
            amount = target - self.segment.integral;
            self.enter(self.segment.end);
        }
    }

    /// The integral of the rate from here to `until`, consuming it.
    pub(super) fn integral_until(&mut self, until: Time) -> f64 {
        let mut total = 0.0;
        while self.segment.end < until && !self.is_over() {
            total += self.segment.integral - self.here.area;
            self.enter(self.segment.end);
        }
        let seconds = until.since(self.segment.start).seconds().min(self.segment.seconds);
        total + self.segment.curve.area(seconds) - self.here.area
    }

    fn enter(&mut self, start: Time) {
        let state_ends = self.states.move_to(start);
        let midnight = self.calendar.next_midnight(start);
        let shape_changes = self.shape.next_break(start).unwrap_or(HORIZON);
        let end = state_ends.min(midnight).min(shape_changes);
        let factor = self.states.rate() * self.variation.factor(self.calendar.day(start));
        let curve = self.shape.curve(start).scaled(factor);
        let seconds = (end - start).seconds();
        let integral = curve.area(seconds);
        self.here = curve.start();
        self.segment = Segment { start, end, seconds, curve, integral };
    }

    /// Whether the rate stays zero for ever: a loop over empty days must end.
    fn is_over(&self) -> bool {
        let shape_ended = || {
            self.shape.next_break(self.segment.start).is_none()
                && self.shape.curve(self.segment.start).is_zero()
        };
        self.segment.end >= HORIZON || self.states.is_zero() || shape_ended()
    }
}
