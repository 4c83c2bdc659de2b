//! The normal distribution's quantile and distribution functions.

use std::f64::consts::FRAC_1_SQRT_2;

/// The standard normal quantile by Wichura's algorithm AS 241 (PPND16, Applied Statistics 37, 1988): a ratio of two
/// polynomials in the middle and one on each of two stretches of the tail, accurate to about 16 digits.
pub fn normal_quantile(p: f64) -> f64 {
    let centred = p - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        return centred * ratio(r, &MIDDLE);
    }
    let tail = if centred < 0.0 { p } else { 1.0 - p };
    let r = libm::sqrt(-libm::log(tail));
    let value = if r <= 5.0 { ratio(r - 1.6, &TAIL) } else { ratio(r - 5.0, &FAR_TAIL) };
    if centred < 0.0 { -value } else { value }
}

/// The standard normal distribution function.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// Numerator and denominator, highest power first; Horner's rule without fused steps, so that all machines agree.
type Ratio = [[f64; 8]; 2];

#[inline]
fn ratio(x: f64, [numerator, denominator]: &Ratio) -> f64 {
    let polynomial = |c: &[f64; 8]| c.iter().fold(0.0, |sum, c| sum * x + c);
    polynomial(numerator) / polynomial(denominator)
}

// The digits are those published; the nearest double is what counts.
#[expect(clippy::excessive_precision, reason = "as published")]
const MIDDLE: Ratio = [
    [
        2.509_080_928_730_122_672_7e3,
        3.343_057_558_358_812_810_5e4,
        6.726_577_092_700_870_085_3e4,
        4.592_195_393_154_987_145_7e4,
        1.373_169_376_550_946_112_5e4,
        1.971_590_950_306_551_442_7e3,
        1.331_416_678_917_843_774_5e2,
        3.387_132_872_796_366_608_0,
    ],
    [
        5.226_495_278_852_854_561_0e3,
        2.872_908_573_572_194_267_4e4,
        3.930_789_580_009_271_061_0e4,
        2.121_379_430_158_659_586_7e4,
        5.394_196_021_424_751_107_7e3,
        6.871_870_074_920_579_083_0e2,
        4.231_333_070_160_091_125_2e1,
        1.0,
    ],
];
#[expect(clippy::excessive_precision, reason = "as published")]
const TAIL: Ratio = [
    [
        7.745_450_142_783_414_076_40e-4,
        2.272_384_498_926_918_458_33e-2,
        2.417_807_251_774_506_117_70e-1,
        1.270_458_252_452_368_382_58,
        3.647_848_324_763_204_605_04,
        5.769_497_221_460_691_405_50,
        4.630_337_846_156_545_295_90,
        1.423_437_110_749_683_577_34,
    ],
    [
        1.050_750_071_644_416_843_24e-9,
        5.475_938_084_995_344_946_00e-4,
        1.519_866_656_361_645_719_66e-2,
        1.481_039_764_274_800_745_90e-1,
        6.897_673_349_851_000_045_50e-1,
        1.676_384_830_183_803_849_40,
        2.053_191_626_637_758_821_87,
        1.0,
    ],
];
#[expect(clippy::excessive_precision, reason = "as published")]
const FAR_TAIL: Ratio = [
    [
        2.010_334_399_292_288_132_65e-7,
        2.711_555_568_743_487_578_15e-5,
        1.242_660_947_388_078_438_60e-3,
        2.653_218_952_657_612_309_30e-2,
        2.965_605_718_285_048_912_30e-1,
        1.784_826_539_917_291_335_80,
        5.463_784_911_164_114_369_90,
        6.657_904_643_501_103_777_20,
    ],
    [
        2.044_263_103_389_939_785_64e-15,
        1.421_511_758_316_445_888_70e-7,
        1.846_318_317_510_054_681_80e-5,
        7.868_691_311_456_132_591_00e-4,
        1.487_536_129_085_061_485_25e-2,
        1.369_298_809_227_358_053_10e-1,
        5.998_322_065_558_879_376_90e-1,
        1.0,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_and_distribution_are_inverse() {
        let check = |p: f64| {
            let again = normal_cdf(normal_quantile(p));
            // An error of one part in 10^15 in x is one of x^2 parts in p.
            let x = normal_quantile(p);
            assert!((again - p).abs() <= 4e-15 * p * (1.0 + x * x), "{p}: {again}");
        };
        for i in 1..1000 {
            check(f64::from(i) / 1000.0);
        }
        for p in [1e-3, 1e-6, 1e-9, 1e-12, 1e-16, 1e-100, 1e-300] {
            check(p);
        }
    }

    #[test]
    fn tabled_quantiles() {
        let check = |p, expected: f64| assert!((normal_quantile(p) - expected).abs() < 1e-14, "{p}");
        check(0.5, 0.0);
        check(0.975, 1.959_963_984_540_054);
        check(0.99, 2.326_347_874_040_841);
        check(0.25, -0.674_489_750_196_081_7);
        check(0.001, -3.090_232_306_167_813_5);
    }
}
