//! The little arithmetic that scaling policies share: comparisons and roundings that forgive binary fractions.
//!
//! `10 x 0.9 / 0.6` is 15 on paper and 15.000000000000002 in binary: rounding that up would order a sixteenth task.
//! A relative tolerance of 1e-9 is far above such noise and far below anything a metric means.

const TOLERANCE: f64 = 1e-9;

/// Whether `value` is above `threshold`.
pub(crate) fn above(value: f64, threshold: f64) -> bool {
    value > threshold + threshold.abs() * TOLERANCE
}

/// Whether `value` is below `threshold`.
pub(crate) fn below(value: f64, threshold: f64) -> bool {
    value < threshold - threshold.abs() * TOLERANCE
}

/// The smallest whole number not below `value`.
pub(crate) fn ceil(value: f64) -> u32 {
    (value - value.abs() * TOLERANCE).ceil() as u32
}

/// The capacity at which `metric` would meet `target`, if it falls in proportion as capacity grows: rounded up, so
/// that 1.5 to add adds two and 1.5 to remove removes one (EC2 Auto Scaling User Guide, target tracking).
pub(crate) fn proportional(capacity: impl Into<f64>, metric: f64, target: f64) -> u32 {
    ceil(capacity.into() * metric / target)
}

/// `percent` of `capacity` as step scaling rounds it (EC2 Auto Scaling User Guide): towards zero, but what is less
/// than one in size and not zero becomes one.
pub(crate) fn percent_change(capacity: u32, percent: f64) -> i64 {
    let change = f64::from(capacity) * percent / 100.0;
    let nudged = change + change * TOLERANCE;
    if change == 0.0 {
        0
    } else if nudged.abs() < 1.0 {
        change.signum() as i64
    } else {
        nudged.trunc() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportions_round_up() {
        let check = |capacity, metric, target, expected| {
            assert_eq!(proportional(capacity, metric, target), expected, "{capacity} x {metric} / {target}");
        };
        check(10, 0.9, 0.6, 15);
        check(3, 0.6, 0.4, 5); // 1.5 to add: two
        check(3, 0.2, 0.4, 2); // 1.5 to remove: one
        check(8, 1.0, 0.8, 10);
        check(3, 2.0 / 3.0, 1.0, 2);
        check(7, 0.0, 0.6, 0);
        check(0, 5.0, 0.6, 0);
    }

    #[test]
    fn percentages_round_towards_zero_but_not_to_it() {
        let check = |capacity, percent, expected| {
            assert_eq!(percent_change(capacity, percent), expected, "{percent} % of {capacity}");
        };
        check(10, 10.0, 1);
        check(11, 30.0, 3); // 3.3
        check(14, -10.0, -1); // -1.4
        check(13, -30.0, -3); // -3.9
        check(4, 25.0, 1);
        check(5, 10.0, 1); // 0.5
        check(5, -10.0, -1); // -0.5
        check(100, 29.0, 29); // 28.999999999999996 in binary
        check(0, 50.0, 0);
        check(9, 0.0, 0);
    }
}
