//! Rate shapes as scenario files write them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::{DAY, WEEK};
use crate::engine::Span;
use crate::problem::Problem;
use crate::quantity::shown;

/// A factor over time by which a rate is multiplied. Times count from the start of the run, except the peaks of the
/// daily and weekly sinusoid, which are times of the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum ShapeSpec {
    /// The same factor throughout.
    Constant(f64),
    /// From one factor to another in a straight line; held before and after.
    Ramp {
        /// The factor up to `start`.
        from: f64,
        /// The factor from `end` on.
        to: f64,
        /// When the ramp begins.
        start: Span,
        /// When it ends.
        end: Span,
    },
    /// A factor that holds from each given time to the next; the first also before its time.
    Steps(Vec<PointSpec>),
    /// Straight lines between the given points; held before the first and after the last. Two points at one time
    /// make a jump.
    PiecewiseLinear(Vec<PointSpec>),
    /// A sinusoid with the period of a day, mean 1.
    Daily {
        /// How far it swings: 0.6 goes from 0.4 at night to 1.6 at the peak. From 0 to 1.
        amplitude: f64,
        /// The time of day of the peak: `"14h"`.
        peak: Span,
    },
    /// A sinusoid with the period of a week, mean 1.
    Weekly {
        /// How far it swings, from 0 to 1.
        amplitude: f64,
        /// The peak's time since Monday 00:00: `"62h"` is Wednesday 14:00.
        peak: Span,
    },
    /// One surge: 1 before, a straight rise to `factor`, a plateau, an exponential fall back to 1.
    Spike {
        /// When the rise begins.
        at: Span,
        /// How long the rise takes.
        rise: Span,
        /// How long the plateau lasts.
        hold: Span,
        /// In what time the excess over 1 falls by half.
        decay: Span,
        /// The factor on the plateau.
        factor: f64,
    },
    /// All factors multiplied: a daily sinusoid with a spike on it, say.
    Product(Vec<ShapeSpec>),
    /// All factors added.
    Sum(Vec<ShapeSpec>),
}

/// A factor and the time for which it is given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointSpec {
    /// When, from the start of the run.
    pub at: Span,
    /// The factor, at least 0.
    pub factor: f64,
}

/// Factors above this are taken for a slip.
const PLAUSIBLE_FACTOR: f64 = 1e6;

/// A product of more shapes than this is taken for a slip: the formula doubles with every sinusoid.
const PLAUSIBLE_PARTS: usize = 8;

impl ShapeSpec {
    /// Reports everything that makes no sense, `path` being where this shape stands.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        match self {
            Self::Constant(value) => plausible(*value, &format!("{path}.constant"), out),
            Self::Ramp { from, to, start, end } => {
                plausible(*from, &format!("{path}.ramp.from"), out);
                plausible(*to, &format!("{path}.ramp.to"), out);
                if end < start {
                    out.push(Problem::new(
                        format!("{path}.ramp.end"),
                        format!("end ({end}) is before start ({start})"),
                    ));
                }
            }
            Self::Steps(points) => point_problems(points, false, &format!("{path}.steps"), out),
            Self::PiecewiseLinear(points) => {
                point_problems(points, true, &format!("{path}.piecewise-linear"), out);
            }
            Self::Daily { amplitude, peak } => {
                wave_problems(*amplitude, *peak, DAY, &format!("{path}.daily"), out);
            }
            Self::Weekly { amplitude, peak } => {
                wave_problems(*amplitude, *peak, WEEK, &format!("{path}.weekly"), out);
            }
            Self::Spike { decay, factor, .. } => {
                plausible(*factor, &format!("{path}.spike.factor"), out);
                if decay.is_zero() || *decay > WEEK {
                    out.push(Problem::new(
                        format!("{path}.spike.decay"),
                        format!("a half-life lies above 0 and up to a week, not {decay}"),
                    ));
                }
            }
            Self::Product(parts) => part_problems(parts, &format!("{path}.product"), out),
            Self::Sum(parts) => part_problems(parts, &format!("{path}.sum"), out),
        }
    }
}

fn plausible(factor: f64, path: &str, out: &mut Vec<Problem>) {
    if !(0.0..=PLAUSIBLE_FACTOR).contains(&factor) {
        let message = format!("a factor lies between 0 and {PLAUSIBLE_FACTOR}, not {}", shown(factor));
        out.push(Problem::new(path, message));
    }
}

fn point_problems(points: &[PointSpec], jumps: bool, path: &str, out: &mut Vec<Problem>) {
    if points.is_empty() {
        out.push(Problem::new(path, "there is no point"));
    }
    for (index, point) in points.iter().enumerate() {
        plausible(point.factor, &format!("{path}[{index}].factor"), out);
        let Some(last) = index.checked_sub(1).map(|last| points[last].at) else { continue };
        if point.at < last || (point.at == last && !jumps) {
            out.push(Problem::new(
                format!("{path}[{index}].at"),
                format!("{} does not follow {last}", point.at),
            ));
        }
    }
}

fn wave_problems(amplitude: f64, peak: Span, period: Span, path: &str, out: &mut Vec<Problem>) {
    if !(0.0..=1.0).contains(&amplitude) {
        let problem = Problem::new(
            format!("{path}.amplitude"),
            format!("an amplitude lies between 0 and 1, not {}", shown(amplitude)),
        );
        out.push(problem.hint("a rate cannot be negative"));
    }
    if peak >= period {
        out.push(Problem::new(
            format!("{path}.peak"),
            format!("{peak} is not within the period of {period}"),
        ));
    }
}

fn part_problems(parts: &[ShapeSpec], path: &str, out: &mut Vec<Problem>) {
    if parts.is_empty() || parts.len() > PLAUSIBLE_PARTS {
        out.push(Problem::new(path, format!("takes 1 to {PLAUSIBLE_PARTS} shapes, not {}", parts.len())));
    }
    for (index, part) in parts.iter().enumerate() {
        part.problems(&format!("{path}[{index}]"), out);
    }
}
