//! Shapes against numeric integration, and their inverses against their integrals.

use super::*;

/// One of every shape, with breakpoints and peaks at odd times.
const SHAPES: &[(&str, &str)] = &[
    ("constant", r#"{"constant": 2.5}"#),
    ("ramp", r#"{"ramp": {"from": 0.5, "to": 3, "start": "1h", "end": "7h"}}"#),
    (
        "steps",
        r#"{"steps": [{"at": "0s", "factor": 1}, {"at": "5h", "factor": 0}, {"at": "30h", "factor": 4}]}"#,
    ),
    (
        "piecewise linear with a jump",
        r#"{"piecewise-linear": [{"at": "1h", "factor": 1}, {"at": "9h", "factor": 2},
            {"at": "9h", "factor": 0}, {"at": "20h", "factor": 5}]}"#,
    ),
    ("daily", r#"{"daily": {"amplitude": 0.6, "peak": "14h"}}"#),
    ("daily to zero", r#"{"daily": {"amplitude": 1, "peak": "3h"}}"#),
    ("weekly", r#"{"weekly": {"amplitude": 0.4, "peak": "62h"}}"#),
    ("spike", r#"{"spike": {"at": "10h", "rise": "2m", "hold": "10m", "decay": "20m", "factor": 8}}"#),
    ("sudden dip", r#"{"spike": {"at": "10h", "rise": "0s", "hold": "0s", "decay": "1h", "factor": 0}}"#),
    (
        "product",
        r#"{"product": [{"daily": {"amplitude": 0.6, "peak": "14h"}}, {"weekly": {"amplitude": 0.4, "peak": "62h"}},
            {"spike": {"at": "10h", "rise": "2h", "hold": "10m", "decay": "20m", "factor": 8}},
            {"ramp": {"from": 1, "to": 3, "start": "1h", "end": "7h"}}]}"#,
    ),
    (
        "ramps times a sinusoid",
        r#"{"product": [{"ramp": {"from": 0, "to": 3, "start": "1h", "end": "20h"}},
            {"ramp": {"from": 4, "to": 0, "start": "0s", "end": "30h"}}, {"daily": {"amplitude": 0.9, "peak": "6h"}}]}"#,
    ),
    (
        "sum",
        r#"{"sum": [{"daily": {"amplitude": 0.6, "peak": "14h"}}, {"product": [{"constant": 0.5},
            {"spike": {"at": "26h", "rise": "5m", "hold": "1h", "decay": "30m", "factor": 20}}]}]}"#,
    ),
];

fn shapes() -> impl Iterator<Item = (&'static str, Shape)> {
    SHAPES.iter().map(|(name, json)| {
        let spec: ShapeSpec = serde_json::from_str(json).unwrap();
        let mut problems = Vec::new();
        spec.problems("", &mut problems);
        assert_eq!(problems, [], "{name}");
        (*name, Shape::new(&spec, "2024-01-03 05:17".parse().unwrap()))
    })
}

fn at(seconds: f64) -> Time {
    Time::ZERO + Span::from_seconds(seconds)
}

/// Gauss and Legendre's rule with three points on every second.
fn integrate(shape: &Shape, from: u32, to: u32) -> f64 {
    let nodes = [(0.5 - 0.15_f64.sqrt(), 5.0 / 18.0), (0.5, 8.0 / 18.0), (0.5 + 0.15_f64.sqrt(), 5.0 / 18.0)];
    let second = |start: u32| nodes.iter().map(move |(x, w)| w * shape.factor(at(f64::from(start) + x)));
    (from..to).flat_map(second).sum()
}

#[test]
fn integrals_equal_numeric_integration() {
    for (name, shape) in shapes() {
        for (from, to) in [(0, 40_000), (30_000, 130_000)] {
            let (exact, numeric) =
                (shape.integral(at(from.into()), at(to.into())), integrate(&shape, from, to));
            assert!((exact / numeric - 1.0).abs() < 1e-9, "{name}: {exact} is not {numeric}");
        }
    }
}

#[test]
fn inverse_undoes_area() {
    for (name, shape) in shapes() {
        for start in [0.0, 3_600.0, 36_060.0, 36_900.0, 93_700.0] {
            let curve = shape.curve(at(start));
            let length = shape.next_break(at(start)).map_or(50_000.0, |next| (next - at(start)).seconds());
            let total = curve.area(length);
            for share in [1e-6, 0.01, 0.3, 0.5, 0.999] {
                let found = curve.inverse(share * total, curve.start(), length).seconds;
                let error = (curve.area(found) - share * total).abs();
                assert!(total == 0.0 || error < 1e-9 * total.max(1.0), "{name} from {start}: off by {error}");
            }
        }
    }
}

#[test]
fn sinusoids_have_mean_one_and_peak_on_the_clock() {
    let check = |json: &str, period: Span, peak_from_start: &str| {
        let shape = Shape::new(&serde_json::from_str(json).unwrap(), "2024-01-03 05:00".parse().unwrap());
        let total = shape.integral(at(1234.0), at(1234.0) + period * 3);
        assert!((total / (period * 3).seconds() - 1.0).abs() < 1e-12, "{json}: {total}");
        let peak = Time::ZERO + peak_from_start.parse().unwrap();
        assert!((shape.factor(peak) - 1.6).abs() < 1e-12, "{json}: {}", shape.factor(peak));
    };
    check(r#"{"daily": {"amplitude": 0.6, "peak": "14h"}}"#, DAY, "9h");
    check(r#"{"daily": {"amplitude": 0.6, "peak": "4h"}}"#, DAY, "23h");
    check(r#"{"weekly": {"amplitude": 0.6, "peak": "62h"}}"#, WEEK, "9h");
}

#[test]
fn factors_at_a_time() {
    let check = |name: &str, expected: &[(f64, f64)]| {
        let (_, shape) = shapes().find(|(other, _)| *other == name).unwrap();
        for (hours, factor) in expected {
            let found = shape.factor(at(hours * 3600.0));
            assert!((found - factor).abs() < 1e-9, "{name} at {hours} h: {found}");
        }
    };
    check("ramp", &[(0.0, 0.5), (4.0, 1.75), (7.0, 3.0), (100.0, 3.0)]);
    check("steps", &[(4.9, 1.0), (5.0, 0.0), (29.9, 0.0), (30.0, 4.0), (999.0, 4.0)]);
    check("piecewise linear with a jump", &[(0.0, 1.0), (5.0, 1.5), (9.0, 0.0), (14.5, 2.5), (25.0, 5.0)]);
    check(
        "spike",
        &[(9.99, 1.0), (10.0 + 1.0 / 60.0, 4.5), (10.1, 8.0), (10.2 + 1.0 / 3.0, 4.5), (999.0, 1.0)],
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let check = |json: &str, expected: &[&str]| {
        let spec: ShapeSpec = serde_json::from_str(json).unwrap();
        let mut found = Vec::new();
        spec.problems("shape", &mut found);
        let found: Vec<_> = found.iter().map(|p| format!("{}: {}", p.path, p.message)).collect();
        assert_eq!(found, expected, "{json}");
    };
    check(
        r#"{"daily": {"amplitude": 1.5, "peak": "25h"}}"#,
        &[
            "shape.daily.amplitude: an amplitude lies between 0 and 1, not 1.5",
            "shape.daily.peak: 25h is not within the period of 1d",
        ],
    );
    check(
        r#"{"steps": [{"at": "2h", "factor": -1}, {"at": "1h", "factor": 1}]}"#,
        &[
            "shape.steps[0].factor: a factor lies between 0 and 1000000, not -1",
            "shape.steps[1].at: 1h does not follow 2h",
        ],
    );
    check(
        r#"{"ramp": {"from": 1, "to": 2, "start": "2h", "end": "1h"}}"#,
        &["shape.ramp.end: end (1h) is before start (2h)"],
    );
    check(
        r#"{"spike": {"at": "1h", "rise": "1m", "hold": "1m", "decay": "0s", "factor": 2}}"#,
        &["shape.spike.decay: a half-life lies above 0 and up to a week, not 0s"],
    );
    check(r#"{"product": []}"#, &["shape.product: takes 1 to 8 shapes, not 0"]);
    check(r#"{"sum": [{"steps": []}]}"#, &["shape.sum[0].steps: there is no point"]);
}

/// Sums and products of shapes have the sums and products of their factors: the parts are evaluated apart.
#[test]
fn parts_combine_factor_by_factor() {
    let check = |name: &str, combine: fn(f64, f64) -> f64| {
        let (_, json) = SHAPES.iter().find(|(other, _)| *other == name).unwrap();
        let spec: ShapeSpec = serde_json::from_str(json).unwrap();
        let (ShapeSpec::Product(parts) | ShapeSpec::Sum(parts)) = &spec else { panic!("{name}") };
        let calendar = "2024-01-03 05:17".parse().unwrap();
        for hours in [0.0, 3.3, 11.1, 26.5, 40.0] {
            let factor = |spec| Shape::new(spec, calendar).factor(at(hours * 3600.0));
            let expected = parts.iter().map(factor).reduce(combine).unwrap();
            assert!((factor(&spec) - expected).abs() < 1e-12, "{name} at {hours} h");
            // Also away from the start of a stretch, where the terms of the product move on.
            let later = Shape::new(&spec, calendar).curve(at(hours * 3600.0)).value(60.0);
            let apart = |spec| Shape::new(spec, calendar).curve(at(hours * 3600.0)).value(60.0);
            assert!(
                (later - parts.iter().map(apart).reduce(combine).unwrap()).abs() < 1e-12,
                "{name} at {hours} h"
            );
        }
    };
    check("product", |a, b| a * b);
    check("ramps times a sinusoid", |a, b| a * b);
    check("sum", |a, b| a + b);
}

/// The sinusoid against its definition.
#[test]
fn a_sinusoid_is_a_cosine_of_the_clock() {
    let shape = Shape::new(
        &serde_json::from_str(r#"{"daily": {"amplitude": 0.6, "peak": "14h"}}"#).unwrap(),
        "2024-01-03 05:00".parse().unwrap(),
    );
    for hours in [0.0, 1.5, 9.0, 20.0, 60.0] {
        let expected = 1.0 + 0.6 * libm::cos(std::f64::consts::TAU * (hours + 5.0 - 14.0) / 24.0);
        assert!((shape.factor(at(hours * 3600.0)) - expected).abs() < 1e-12, "{hours}");
    }
}

/// High powers times a slow sinusoid: integration by parts would lose every digit on a short stretch.
#[test]
fn short_stretches_of_high_powers_are_exact() {
    let ramp = r#"{"ramp": {"from": 1, "to": 2, "start": "0s", "end": "1000s"}}"#;
    let json = format!(
        r#"{{"product": [{}, {{"daily": {{"amplitude": 0.9, "peak": "6h"}}}}]}}"#,
        [ramp; 6].join(", ")
    );
    let shape = Shape::new(&serde_json::from_str(&json).unwrap(), Calendar::default());
    for seconds in [1_u32, 30, 900] {
        let (exact, numeric) =
            (shape.integral(Time::ZERO, at(seconds.into())), integrate(&shape, 0, seconds));
        assert!((exact / numeric - 1.0).abs() < 1e-10, "{seconds} s: {exact} is not {numeric}");
    }
}
