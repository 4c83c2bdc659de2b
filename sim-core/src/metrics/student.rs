//! Critical values of Student's t distribution.
//!
//! The distribution function of whole degrees of freedom has a closed form (Abramowitz and Stegun 1964,
//! 26.7.3 and 26.7.4) that needs nothing but an arc tangent, so the value is found by bisection and is the
//! same on every machine.

/// The share of the distribution with `freedom` degrees of freedom that lies within `t` of zero.
fn within(t: f64, freedom: u32) -> f64 {
    let angle = libm::atan(t / f64::from(freedom).sqrt());
    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
    let odd = freedom % 2;
    let mut term = if odd == 1 { cosine } else { 1.0 };
    let mut sum = 0.0;
    for k in 0..freedom / 2 {
        sum += term;
        let step = f64::from(2 * k + 1 + odd);
        term *= step / (step + 1.0) * cosine * cosine;
    }
    if odd == 1 { (angle + sine * sum) / std::f64::consts::FRAC_PI_2 } else { sine * sum }
}

/// The `t` within which the share `level` of the distribution with `freedom` degrees of freedom lies; `freedom` at
/// least 1, `level` above 0 and below 1.
pub(super) fn critical(freedom: u32, level: f64) -> f64 {
    let (mut low, mut high) = (1.0, 16.0);
    while within(high, freedom) < level {
        (low, high) = (high, high * 2.0);
    }
    while within(low, freedom) > level {
        (low, high) = (low / 2.0, low);
    }
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if within(middle, freedom) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, StudentsT};

    use super::*;

    #[test]
    fn critical_values_agree_with_another_implementation() {
        for freedom in (1..60).chain([99, 1000, 9999]) {
            let student = StudentsT::new(0.0, 1.0, f64::from(freedom)).unwrap();
            for level in [0.05, 0.5, 0.9, 0.95, 0.99, 1.0 - 0.05 / 60.0, 0.99999] {
                let other = student.inverse_cdf(0.5 + level / 2.0);
                let ours = critical(freedom, level);
                assert!((ours / other - 1.0).abs() < 1e-5, "{freedom}, {level}: {ours}, not {other}");
            }
        }
        assert!((critical(9, 0.95) - 2.262_157).abs() < 1e-6, "as every table has it");
    }
}
