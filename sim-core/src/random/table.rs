//! Empirical distributions: a quantile function given at a few percentiles.
//!
//! Between two given percentiles the logarithm of the value is interpolated linearly: the quantile functions of
//! latencies and sizes are close to straight on that scale, and a straight line on the plain scale would put far too
//! much weight below a maximum that is many times p99. Where the lower value is zero the plain scale is used.

use super::exponential::exp;

/// A quantile function by pieces.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    pieces: Vec<Piece>,
}

/// From probability `from` to `from + width` the value goes from `low` to `high`; `ratio` is the logarithm of
/// `high / low` where it goes geometrically, zero where it goes linearly.
#[derive(Clone, Debug, PartialEq)]
struct Piece {
    from: f64,
    width: f64,
    low: f64,
    high: f64,
    ratio: f64,
}

/// The 99.9 of `p99.9`.
pub(super) fn parse_percentile(name: &str) -> Option<f64> {
    let digits = name.strip_prefix('p')?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let percentile: f64 = digits.parse().ok()?;
    (plain && percentile <= 100.0).then_some(percentile)
}

impl Table {
    /// The table through `points` (probability, value): both rising, from probability 0 to 1.
    pub(super) fn new(points: &[(f64, f64)]) -> Self {
        let pieces: Vec<_> = points.windows(2).map(|pair| Piece::new(pair[0], pair[1])).collect();
        assert!(!pieces.is_empty() && points[0].0 == 0.0, "a validated table runs from p0 to p100");
        Table { pieces }
    }

    fn piece(&self, belongs: impl Fn(&Piece) -> bool) -> &Piece {
        let index = self.pieces.partition_point(belongs);
        &self.pieces[index.saturating_sub(1)]
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        let piece = self.piece(|piece| piece.from <= p);
        let share = (p - piece.from) / piece.width;
        if piece.ratio > 0.0 {
            piece.low * exp(piece.ratio * share)
        } else {
            piece.low + (piece.high - piece.low) * share
        }
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        let piece = self.piece(|piece| piece.low <= x);
        let share = match piece {
            _ if x < piece.low => 0.0,
            _ if x >= piece.high => 1.0,
            Piece { ratio, low, .. } if *ratio > 0.0 => libm::log(x / low) / ratio,
            _ => (x - piece.low) / (piece.high - piece.low),
        };
        piece.from + piece.width * share
    }

    /// The mean of the values, and of their squares.
    pub(super) fn moments(&self) -> (f64, f64) {
        let sum =
            |moment: fn(&Piece) -> f64| self.pieces.iter().map(|piece| piece.width * moment(piece)).sum();
        (sum(Piece::mean), sum(Piece::mean_square))
    }
}

impl Piece {
    fn new((from, low): (f64, f64), (to, high): (f64, f64)) -> Self {
        // Values that differ by less than a millionth go linearly: the geometric moments would lose digits.
        let ratio = if low > 0.0 && high > low * 1.000_001 { libm::log(high / low) } else { 0.0 };
        Piece { from, width: to - from, low, high, ratio }
    }

    fn mean(&self) -> f64 {
        if self.ratio > 0.0 { (self.high - self.low) / self.ratio } else { 0.5 * (self.low + self.high) }
    }

    fn mean_square(&self) -> f64 {
        let Piece { low, high, ratio, .. } = *self;
        if ratio > 0.0 {
            (high - low) * (high + low) / (2.0 * ratio)
        } else {
            (low * low + low * high + high * high) / 3.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentile_names() {
        let check = |name, expected| assert_eq!(parse_percentile(name), expected, "{name}");
        check("p50", Some(50.0));
        check("p99.9", Some(99.9));
        check("p0", Some(0.0));
        check("p101", None);
        check("50", None);
        check("p-1", None);
        check("pinf", None);
    }

    #[test]
    fn given_percentiles_are_met_and_undone() {
        let table = Table::new(&[(0.0, 0.0), (0.5, 8.0), (0.9, 8.0), (0.99, 60.0), (1.0, 2000.0)]);
        let check =
            |p, value: f64| assert!((table.quantile(p) - value).abs() < 1e-12 * value.max(1.0), "{p}");
        check(0.25, 4.0);
        check(0.5, 8.0);
        check(0.7, 8.0);
        check(0.99, 60.0);
        check(0.995, (60.0_f64 * 2000.0).sqrt());
        for p in [0.1, 0.4, 0.93, 0.999] {
            assert!((table.cdf(table.quantile(p)) - p).abs() < 1e-12, "{p}");
        }
        assert_eq!(table.cdf(8.0), 0.9);
        assert_eq!((table.cdf(-1.0), table.cdf(3000.0)), (0.0, 1.0));
    }
}
