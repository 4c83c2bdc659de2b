//! Arrivals at equal intervals of the cumulative rate, against a numeric integral of the rate: for any shape, the k-th
//! falls where the integral reaches k. The fast version inverts formulas; the slow one only ever asks for factors.

use proptest::prelude::*;

use super::tests::origin;
use super::{ArrivalSpec, Arrivals, NoTraces};
use crate::calendar::Calendar;
use crate::engine::{Span, Time};
use crate::traffic::shape::{Shape, ShapeSpec};

const SECONDS: u64 = 300;

/// A shape as JSON whose breakpoints lie on whole seconds, so that each second can be integrated by itself.
fn shape() -> impl Strategy<Value = String> {
    let second = || 0..SECONDS;
    let factor = || prop::sample::select(vec![0.0, 0.25, 1.0, 3.0]);
    let points = prop::collection::btree_map(second(), factor(), 1..5);
    let listed = |points: &std::collections::BTreeMap<u64, f64>| {
        let point = |(at, factor): (&u64, &f64)| format!(r#"{{"at": "{at}s", "factor": {factor}}}"#);
        points.iter().map(point).collect::<Vec<_>>().join(", ")
    };
    let simple = prop_oneof![
        factor().prop_map(|factor| format!(r#"{{"constant": {factor}}}"#)),
        (factor(), factor(), second(), second()).prop_map(|(from, to, one, other)| {
            let (start, end) = (one.min(other), one.max(other));
            format!(r#"{{"ramp": {{"from": {from}, "to": {to}, "start": "{start}s", "end": "{end}s"}}}}"#)
        }),
        points.clone().prop_map(move |points| format!(r#"{{"steps": [{}]}}"#, listed(&points))),
        points.prop_map(move |points| format!(r#"{{"piecewise-linear": [{}]}}"#, listed(&points))),
        (0.0..1.0, 0u64..24).prop_map(|(amplitude, peak)| {
            format!(r#"{{"daily": {{"amplitude": {amplitude}, "peak": "{peak}h"}}}}"#)
        }),
        (second(), 0u64..20, 0u64..60, 20u64..200, factor()).prop_map(|(at, rise, hold, decay, factor)| {
            format!(
                r#"{{"spike": {{"at": "{at}s", "rise": "{rise}s", "hold": "{hold}s", "decay": "{decay}s", "factor": {factor}}}}}"#
            )
        }),
    ];
    simple.prop_recursive(2, 6, 3, |inner| {
        (prop::sample::select(vec!["product", "sum"]), prop::collection::vec(inner, 1..4))
            .prop_map(|(kind, parts)| format!(r#"{{"{kind}": [{}]}}"#, parts.join(", ")))
    })
}

/// The integral of the factor over part of a second, by Gauss and Legendre's rule with three points.
fn integrate(shape: &Shape, from: f64, to: f64) -> f64 {
    let half = (to - from) / 2.0;
    let at = |x: f64| shape.factor(Time::ZERO + Span::from_seconds(from + half * (1.0 + x)));
    half * (5.0 / 9.0 * (at(-0.6_f64.sqrt()) + at(0.6_f64.sqrt())) + 8.0 / 9.0 * at(0.0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn arrivals_fall_where_the_numeric_integral_is_whole(json in shape(), rate in 1u32..6) {
        let spec: ShapeSpec = serde_json::from_str(&json).unwrap();
        let shape = Shape::new(&spec, Calendar::default());
        let law = format!(r#"{{"deterministic": {{"rate": "{rate}/s", "shape": {json}}}}}"#);
        let law: ArrivalSpec = serde_json::from_str(&law).unwrap();
        let mut arrivals = Arrivals::build(&law, &origin("source"), &NoTraces).unwrap();
        let rate = f64::from(rate);
        let (mut whole, mut second, mut count) = (0.0, 0_u64, 0.0);
        let end = Time::ZERO + Span::from_secs(SECONDS);
        while let Some(arrival) = arrivals.next().filter(|arrival| arrival.at < end) {
            count += 1.0;
            let at = arrival.at.seconds();
            while (second + 1) as f64 <= at {
                whole += rate * integrate(&shape, second as f64, (second + 1) as f64);
                second += 1;
            }
            let reached = whole + rate * integrate(&shape, second as f64, at);
            prop_assert!((reached - count).abs() < 1e-5 * count.max(1.0), "{count} at {at}: {reached} of {json}");
        }
        while second < SECONDS {
            whole += rate * integrate(&shape, second as f64, (second + 1) as f64);
            second += 1;
        }
        prop_assert!((count - 1e-3..count + 1.0 + 1e-3).contains(&whole), "{count} arrivals for {whole}: {json}");
    }
}
