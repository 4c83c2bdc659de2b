//! Rate shapes: a factor over time by which a source's rate is multiplied.
//!
//! Every shape is, between its breakpoints, a sum of terms `t^n e^(zt)` ([`Curve`]): constants and ramps have z = 0,
//! a spike's decay a real z, the sinusoids an imaginary one. Such sums are closed under addition and multiplication and
//! have integrals in closed form, so the cumulative rate is exact for every product and sum of shapes, and arrivals
//! come from inverting it: never from a rate held constant for a second, never from thinning.

mod curve;
mod spec;

pub use curve::{Curve, Point};
pub use spec::{PointSpec, ShapeSpec};

use curve::Term;

use crate::calendar::{Calendar, DAY, WEEK};
use crate::engine::{Span, Time};

/// After this many half-lives a spike's excess (one part in 10^12) counts as gone.
const HALF_LIVES: u64 = 40;

/// A shape ready for use in a run that starts at a given instant of the calendar.
#[derive(Clone, Debug)]
pub struct Shape {
    node: Node,
    /// The run's start, in nanoseconds since a Monday's midnight.
    clock: u64,
}

#[derive(Clone, Debug)]
enum Node {
    /// Linear pieces, each from its knot to the next; the first knot is at the start of the run.
    Pieces(Vec<Knot>),
    Wave {
        amplitude: f64,
        period: Span,
        peak: Span,
    },
    Spike {
        at: Time,
        full: Time,
        fade: Time,
        gone: Time,
        excess: f64,
        decay_per_second: f64,
    },
    Product(Vec<Node>),
    Sum(Vec<Node>),
}

#[derive(Clone, Copy, Debug)]
struct Knot {
    at: Time,
    value: f64,
    slope_per_second: f64,
}

impl Shape {
    /// The shape that is always 1.
    pub fn constant(calendar: Calendar) -> Self {
        Shape::new(&ShapeSpec::Constant(1.0), calendar)
    }

    /// The shape of a validated `spec`, in a run that starts as `calendar` says.
    pub fn new(spec: &ShapeSpec, calendar: Calendar) -> Self {
        Shape { node: Node::new(spec), clock: calendar.since_monday().nanos() }
    }

    /// The factor at `at`.
    pub fn factor(&self, at: Time) -> f64 {
        self.curve(at).value(0.0)
    }

    /// The first instant after `after` at which the shape changes its formula; `None` if it never does again.
    pub fn next_break(&self, after: Time) -> Option<Time> {
        self.node.next_break(after)
    }

    /// The shape as a formula in the seconds since `from`, good until the next breakpoint.
    pub fn curve(&self, from: Time) -> Curve {
        Curve::new(self.node.terms(from, self.clock))
    }

    /// The integral of the factor from `from` to `to`, in seconds.
    pub fn integral(&self, from: Time, to: Time) -> f64 {
        let mut total = 0.0;
        let mut at = from;
        while at < to {
            // Cut at least daily: local time stays small, and its rounding with it.
            let end = self.next_break(at).unwrap_or(to).min(to).min(at + DAY);
            total += self.curve(at).area((end - at).seconds());
            at = end;
        }
        total
    }
}

impl Node {
    fn new(spec: &ShapeSpec) -> Self {
        let list = |parts: &[ShapeSpec]| parts.iter().map(Node::new).collect();
        match spec {
            ShapeSpec::Constant(value) => Node::steps(&[PointSpec { at: Span::ZERO, factor: *value }]),
            ShapeSpec::Ramp { from, to, start, end } => {
                Node::linear(&[PointSpec { at: *start, factor: *from }, PointSpec { at: *end, factor: *to }])
            }
            ShapeSpec::Steps(points) => Node::steps(points),
            ShapeSpec::PiecewiseLinear(points) => Node::linear(points),
            ShapeSpec::Daily { amplitude, peak } => {
                Node::Wave { amplitude: *amplitude, period: DAY, peak: *peak }
            }
            ShapeSpec::Weekly { amplitude, peak } => {
                Node::Wave { amplitude: *amplitude, period: WEEK, peak: *peak }
            }
            ShapeSpec::Spike { at, rise, hold, decay, factor } => {
                let at = Time::ZERO + *at;
                let fade = at + *rise + *hold;
                Node::Spike {
                    at,
                    full: at + *rise,
                    fade,
                    gone: fade + *decay * HALF_LIVES,
                    excess: factor - 1.0,
                    decay_per_second: std::f64::consts::LN_2 / decay.seconds(),
                }
            }
            ShapeSpec::Product(parts) => Node::Product(list(parts)),
            ShapeSpec::Sum(parts) => Node::Sum(list(parts)),
        }
    }

    /// The factor of each point holds until the next point, that of the first also before it.
    fn steps(points: &[PointSpec]) -> Self {
        let knot = |point: &PointSpec| Knot {
            at: Time::ZERO + point.at,
            value: point.factor,
            slope_per_second: 0.0,
        };
        let mut knots: Vec<_> = points.iter().map(knot).collect();
        knots[0].at = Time::ZERO;
        Node::Pieces(knots)
    }

    /// Straight lines between the points; held before the first and after the last.
    fn linear(points: &[PointSpec]) -> Self {
        let mut knots = vec![Knot { at: Time::ZERO, value: points[0].factor, slope_per_second: 0.0 }];
        for (index, point) in points.iter().enumerate() {
            let slope_per_second = points.get(index + 1).map_or(0.0, |next| {
                let run = next.at.seconds() - point.at.seconds();
                if run > 0.0 { (next.factor - point.factor) / run } else { 0.0 }
            });
            knots.push(Knot { at: Time::ZERO + point.at, value: point.factor, slope_per_second });
        }
        Node::Pieces(knots)
    }

    fn next_break(&self, after: Time) -> Option<Time> {
        match self {
            Node::Pieces(knots) => {
                knots.get(knots.partition_point(|knot| knot.at <= after)).map(|knot| knot.at)
            }
            Node::Wave { .. } => None,
            Node::Spike { at, full, fade, gone, .. } => {
                [*at, *full, *fade, *gone].into_iter().find(|instant| *instant > after)
            }
            Node::Product(parts) | Node::Sum(parts) => {
                parts.iter().filter_map(|part| part.next_break(after)).min()
            }
        }
    }

    fn terms(&self, from: Time, clock: u64) -> Vec<Term> {
        match self {
            Node::Pieces(knots) => {
                let knot = knots[knots.partition_point(|knot| knot.at <= from) - 1];
                let value = knot.value + knot.slope_per_second * (from - knot.at).seconds();
                Term::linear(value, knot.slope_per_second)
            }
            Node::Wave { amplitude, period, peak } => {
                let period_nanos = period.nanos();
                let since_peak =
                    (from.nanos() % period_nanos + clock + period_nanos - peak.nanos()) % period_nanos;
                vec![
                    Term::constant(1.0),
                    Term::cosine(*amplitude, period.seconds(), Span::from_nanos(since_peak).seconds()),
                ]
            }
            Node::Spike { .. } => self.spike_terms(from),
            Node::Product(parts) => parts
                .iter()
                .map(|part| part.terms(from, clock))
                .reduce(|product, factor| Term::product(&product, &factor))
                .unwrap_or_default(),
            Node::Sum(parts) => parts.iter().flat_map(|part| part.terms(from, clock)).collect(),
        }
    }

    fn spike_terms(&self, from: Time) -> Vec<Term> {
        let Node::Spike { at, full, fade, gone, excess, decay_per_second } = *self else {
            return Vec::new();
        };
        if from < at || from >= gone {
            vec![Term::constant(1.0)]
        } else if from < full {
            let slope_per_second = excess / (full - at).seconds();
            Term::linear(1.0 + slope_per_second * (from - at).seconds(), slope_per_second)
        } else if from < fade {
            vec![Term::constant(1.0 + excess)]
        } else {
            let left = excess * libm::exp(-decay_per_second * (from - fade).seconds());
            vec![Term::constant(1.0), Term::decay(left, decay_per_second)]
        }
    }
}

#[cfg(test)]
mod tests;
