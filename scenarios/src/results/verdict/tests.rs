use super::*;
#[test]
fn attainment_decides_by_its_interval() {
    let check = |value: f64, half: Option<f64>, expected: Holds| {
        let estimate = Estimate { value, half_width: half, n: 5, note: None };
        assert_eq!(holds(&estimate, 0.99), expected, "{value} ± {half:?}");
    };
    check(1.0, Some(0.0), Holds::Yes);
    check(0.995, Some(0.005), Holds::Yes);
    check(0.995, Some(0.006), Holds::Unclear);
    check(0.985, Some(0.006), Holds::Unclear);
    check(0.98, Some(0.009), Holds::No);
    check(0.999, None, Holds::Unclear);
}
