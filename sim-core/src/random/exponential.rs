//! The exponential function, for draws that need one each: a table and a short polynomial.
//!
//! `libm`'s takes four times as long, most of it for ends of the scale that no draw comes near; those still go there. The
//! table is made by `libm`, and everything else is sums and products of IEEE doubles, so every machine gets the same bits.

use std::sync::LazyLock;

/// Powers of two by 128ths.
static POWERS: LazyLock<[f64; 128]> =
    LazyLock::new(|| std::array::from_fn(|index| libm::exp2(index as f64 / 128.0)));

/// Added and taken away again, this leaves a number rounded to whole ones, which stand in its lowest bits meanwhile.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// The natural logarithm of two by 128ths, as a number with room for a product and the rest.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1 / 128.0;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10 / 128.0;

/// e to the power of `x`, with an error of at most two units in the last place.
#[inline]
pub(super) fn exp(x: f64) -> f64 {
    if !(-700.0..=700.0).contains(&x) {
        return libm::exp(x);
    }
    // x = (128 whole + part) ln 2 / 128 + rest, the rest being at most 0.0028 away from zero.
    let rounded = x * (128.0 / std::f64::consts::LN_2) + ROUND;
    let steps = rounded - ROUND;
    let rest = x - steps * LN_2_HIGH - steps * LN_2_LOW;
    let index = rounded.to_bits();
    let whole = (index as i64 >> 7) << 52;
    let power = f64::from_bits(POWERS[(index & 127) as usize].to_bits().wrapping_add(whole as u64));
    let above_one =
        rest + rest * rest * (0.5 + rest * (1.0 / 6.0 + rest * (1.0 / 24.0 + rest * (1.0 / 120.0))));
    power + power * above_one
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn units_apart(one: f64, other: f64) -> u64 {
        one.to_bits().abs_diff(other.to_bits())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn agrees_with_libm(x in prop_oneof![-700.0..700.0_f64, -5.0..5.0_f64, -1e-3..1e-3_f64]) {
            prop_assert!(units_apart(exp(x), libm::exp(x)) <= 2, "{x}: {} {}", exp(x), libm::exp(x));
        }
    }

    #[test]
    fn the_ends_are_libms() {
        for x in [f64::NEG_INFINITY, -745.0, -700.1, -0.0, 0.0, 700.1, 710.0, f64::INFINITY] {
            assert_eq!(exp(x), libm::exp(x), "{x}");
        }
        assert!(exp(f64::NAN).is_nan());
        assert_eq!(exp(1.0), std::f64::consts::E);
    }
}
