//! Sums of terms `t^n e^(zt)` with complex z, of which the real part counts: their values, integrals and inverses.

use std::f64::consts::TAU;
use std::ops::{Add, Div, Mul, Sub};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Complex {
    re: f64,
    im: f64,
}

const ZERO: Complex = Complex { re: 0.0, im: 0.0 };

impl Complex {
    const fn real(re: f64) -> Self {
        Complex { re, im: 0.0 }
    }

    fn exp(self) -> Self {
        let size = if self.re == 0.0 { 1.0 } else { libm::exp(self.re) };
        if self.im == 0.0 {
            return Complex::real(size);
        }
        let (sin, cos) = libm::sincos(self.im);
        Complex { re: size * cos, im: size * sin }
    }

    fn conjugate(self) -> Self {
        Complex { re: self.re, im: -self.im }
    }

    fn norm(self) -> f64 {
        (self.re * self.re + self.im * self.im).sqrt()
    }

    fn scaled(self, factor: f64) -> Self {
        Complex { re: self.re * factor, im: self.im * factor }
    }
}

impl Add for Complex {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Complex { re: self.re + other.re, im: self.im + other.im }
    }
}

impl Sub for Complex {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Complex { re: self.re - other.re, im: self.im - other.im }
    }
}

impl Mul for Complex {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Complex { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }
}

impl Div for Complex {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let square = other.re * other.re + other.im * other.im;
        (self * other.conjugate()).scaled(1.0 / square)
    }
}

/// The real part of `size * t^power * e^(exponent * t)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Term {
    size: Complex,
    power: u32,
    exponent: Complex,
}

impl Term {
    pub(super) const fn constant(value: f64) -> Self {
        Term { size: Complex::real(value), power: 0, exponent: ZERO }
    }

    /// `value + slope * t`.
    pub(super) fn linear(value: f64, slope: f64) -> Vec<Self> {
        let slope_term = Term { size: Complex::real(slope), power: 1, exponent: ZERO };
        if slope == 0.0 { vec![Term::constant(value)] } else { vec![Term::constant(value), slope_term] }
    }

    /// `amplitude * cos(2 pi (t + since_peak) / period)`.
    pub(super) fn cosine(amplitude: f64, period: f64, since_peak: f64) -> Self {
        let phase = Complex { re: 0.0, im: TAU * (since_peak / period) };
        Term {
            size: phase.exp().scaled(amplitude),
            power: 0,
            exponent: Complex { re: 0.0, im: TAU / period },
        }
    }

    /// `size * e^(-per_second * t)`.
    pub(super) fn decay(size: f64, per_second: f64) -> Self {
        Term { size: Complex::real(size), power: 0, exponent: Complex::real(-per_second) }
    }

    pub(super) fn product(left: &[Term], right: &[Term]) -> Vec<Term> {
        left.iter().flat_map(|a| right.iter().flat_map(|b| a.times(b))).collect()
    }

    /// Re(A) Re(B) = Re(A B) / 2 + Re(A conj(B)) / 2; one term suffices where one of them is real.
    fn times(&self, other: &Term) -> impl Iterator<Item = Term> + use<> {
        let power = self.power + other.power;
        let real = |term: &Term| term.size.im == 0.0 && term.exponent.im == 0.0;
        let single = real(self) || real(other);
        let weight = if single { 1.0 } else { 0.5 };
        let straight = Term {
            size: (self.size * other.size).scaled(weight),
            power,
            exponent: self.exponent + other.exponent,
        };
        let crossed = Term {
            size: (self.size * other.size.conjugate()).scaled(weight),
            power,
            exponent: self.exponent + other.exponent.conjugate(),
        };
        std::iter::once(straight).chain((!single).then_some(crossed))
    }

    /// The value at `t`, and the integral from 0 to `t`.
    fn at(&self, t: f64) -> (f64, f64) {
        let rise = power(t, self.power);
        if self.exponent == ZERO {
            let value = self.size.re * rise;
            return (value, value * t / f64::from(self.power + 1));
        }
        let exponent = self.exponent.scaled(t);
        let growth = exponent.exp();
        let value = (self.size * growth).re * rise;
        let integral = if self.power > 0 && exponent.norm() < 1.0 {
            self.series(t, exponent)
        } else {
            self.by_parts(t, growth)
        };
        (value, (self.size * integral).re)
    }

    /// The integral of s^n e^(zs) from 0 to t, by parts: J(n) = (t^n e^(zt) - n J(n-1)) / z.
    fn by_parts(&self, t: f64, growth: Complex) -> Complex {
        let mut integral = (growth - Complex::real(1.0)) / self.exponent;
        for n in 1..=self.power {
            integral = (growth.scaled(power(t, n)) - integral.scaled(f64::from(n))) / self.exponent;
        }
        integral
    }

    /// The same as a power series, where integration by parts would cancel: t^(n+1) sum of (zt)^k / (k! (n+1+k)).
    fn series(&self, t: f64, exponent: Complex) -> Complex {
        let mut sum = ZERO;
        let mut term = Complex::real(1.0);
        for k in 0..24 {
            sum = sum + term.scaled(1.0 / f64::from(self.power + 1 + k));
            term = (term * exponent).scaled(1.0 / f64::from(k + 1));
        }
        sum.scaled(power(t, self.power + 1))
    }
}

fn power(t: f64, exponent: u32) -> f64 {
    (0..exponent).fold(1.0, |product, _| product * t)
}

/// A point of a curve: after how many seconds, the value there, and the integral up to there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Seconds since the curve's start.
    pub seconds: f64,
    /// The value there.
    pub value: f64,
    /// The integral from the start.
    pub area: f64,
}

/// A non-negative function of the seconds since some instant, with its exact integral.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The value at 0 of the linear part, and its slope per second.
    value: f64,
    slope: f64,
    /// Everything that is not linear.
    terms: Vec<Term>,
}

/// Instants closer than this are the same: a tenth of the clock's nanosecond.
const RESOLUTION: f64 = 1e-10;

impl Curve {
    pub(super) fn new(mut terms: Vec<Term>) -> Self {
        let coefficient = |power: u32| {
            let same = terms.iter().filter(|term| term.exponent == ZERO && term.power == power);
            same.map(|term| term.size.re).sum()
        };
        let (value, slope) = (coefficient(0), coefficient(1));
        terms.retain(|term| (term.exponent != ZERO || term.power > 1) && term.size != ZERO);
        Curve { value, slope, terms }
    }

    /// The same curve times `factor`.
    pub fn scaled(&self, factor: f64) -> Self {
        let scale = |term: &Term| Term { size: term.size.scaled(factor), ..*term };
        let terms = self.terms.iter().map(scale).collect();
        Curve { value: self.value * factor, slope: self.slope * factor, terms }
    }

    /// Whether it is zero throughout.
    pub fn is_zero(&self) -> bool {
        self.value == 0.0 && self.slope == 0.0 && self.terms.is_empty()
    }

    /// The value at `t` seconds.
    pub fn value(&self, t: f64) -> f64 {
        self.at(t).0
    }

    /// The integral from 0 to `t` seconds.
    pub fn area(&self, t: f64) -> f64 {
        self.at(t).1
    }

    fn at(&self, t: f64) -> (f64, f64) {
        let linear = (self.value + self.slope * t, t * (self.value + 0.5 * self.slope * t));
        self.terms.iter().fold(linear, |sum, term| {
            let (value, area) = term.at(t);
            (sum.0 + value, sum.1 + area)
        })
    }

    /// What is known of the curve at 0.
    pub fn start(&self) -> Point {
        Point { seconds: 0.0, value: self.value(0.0), area: 0.0 }
    }

    /// The point at which the integral reaches `target`, known to lie after `from` and before `high` seconds.
    #[inline]
    pub fn inverse(&self, target: f64, from: Point, high: f64) -> Point {
        if target <= from.area {
            return from; // Also where the rate is zero, and a division by it would say nothing.
        }
        let (seconds, value) = if !self.terms.is_empty() {
            self.search(target, from, high)
        } else if self.slope == 0.0 {
            (target / self.value, self.value)
        } else {
            // The root of value t + slope t^2 / 2 = target, in the form that does not cancel.
            let root = (self.value * self.value + 2.0 * self.slope * target).max(0.0).sqrt();
            (2.0 * target / (self.value + root), root)
        };
        Point { seconds: seconds.clamp(from.seconds, high), value, area: target }
    }

    /// Newton's method, kept inside a shrinking bracket and falling back on halving it. Also returns the value there, by the
    /// tangent from the last guess.
    fn search(&self, target: f64, from: Point, mut high: f64) -> (f64, f64) {
        let Point { seconds: mut low, mut value, area } = from;
        let (mut before, mut t) = (low, low + (target - area) / value);
        while high - low > RESOLUTION {
            if !(t > low && t < high) {
                t = 0.5 * (low + high);
            }
            let (value_there, area) = self.at(t);
            let (gap, slope) = (t - before, (value_there - value) / (t - before));
            (before, value) = (t, value_there);
            if area < target {
                low = t;
            } else {
                high = t;
            }
            let step = (target - area) / value;
            t += step;
            // What a step leaves is its square times half the slope over the value, where the slope is known from a gap that is
            // much wider than the step. Arrivals lie close together, so the first step is mostly the last.
            let near = 100.0 * step.abs() < gap.abs() && step * step * slope.abs() < RESOLUTION * value;
            if near || step.abs() < RESOLUTION {
                value += if near { slope * step } else { 0.0 };
                break;
            }
        }
        (t, value)
    }
}
