//! The page and the table of a validation whose results are made up: one comparison passes, one fails in each way.

use reports::validation::{page, validation_table};
use scenarios::number::Unit;
use scenarios::validation::case::Place;
use scenarios::validation::coverage::{PairRow, Share};
use scenarios::validation::{
    CaseResult, Compared, Coverage, CoverageRow, Effort, FamilyResult, LittleRow, MeasureResult, Suite,
    Tails, TimelineResult, Validation,
};

fn compared(quantity: &str, simulated: f64, half_width: f64, allowance: f64) -> Compared {
    Compared {
        quantity: quantity.into(),
        unit: Unit::Seconds,
        theory: 0.040,
        simulated,
        standard_error: half_width / 4.5,
        half_width,
        widest: 0.002,
        allowance,
    }
}

fn case(name: &str, place: Place, compared: Vec<Compared>) -> CaseResult {
    CaseResult {
        name: name.into(),
        what: format!("{name}, of what is made up"),
        scenario: format!("name = \"{name}\"\n"),
        replications: 32,
        requests: 8_000_000,
        events: 16_000_000,
        compared,
        place: Some(place),
        tails: Some(Tails {
            simulated: vec![(0.01, 0.5), (0.1, 0.001)],
            theory: vec![(0.01, 0.49), (0.1, 0.001_1)],
        }),
    }
}

fn little(area: i128) -> LittleRow {
    LittleRow {
        scenario: "hello".into(),
        variant: "fargate".into(),
        service: "web".into(),
        attempts: 1000,
        ended: 1000,
        seconds: 100.0,
        area,
        times: 50_000_000_000,
    }
}

fn measure(quantity: &'static str, unit: Unit, band: (f64, f64), values: Vec<f64>) -> MeasureResult {
    let (steps, source, share) = ("one step, another", "a manual", 0.9);
    MeasureResult { quantity, steps, source, unit, band, share, replications: 4, values }
}

/// A timeline of which the first measure misses its band if `off` is above zero, and then the last never happens.
fn timeline(off: f64) -> TimelineResult {
    let never = if off > 0.0 { vec![] } else { vec![30.0; 4] };
    TimelineResult {
        name: "spike",
        what: "A spike",
        scenario: "name = \"spike\"\n".into(),
        measures: vec![
            measure(
                "spike to task",
                Unit::Seconds,
                (270.0, 420.0),
                vec![300.0 - 1e5 * off, 310.0, 320.0, 400.0],
            ),
            measure("instances", Unit::Count, (2.0, 2.0), vec![2.0; 4]),
            measure("task to traffic", Unit::Seconds, (20.0, 60.0), never),
        ],
    }
}

fn sample(off: f64) -> Validation {
    let laws = ["constant", "exponential"];
    let of_law = |law: &&'static str| {
        let name = format!("ps-{law}");
        case(&name, Place::Law(law), vec![compared("mean sojourn", 0.0401, 0.0015, 0.0)])
    };
    let waits = (1..5_u32).map(|n| {
        let load = f64::from(n) / 10.0 + 0.5;
        case(&format!("mm1-{n}"), Place::Load(1, load), vec![compared("mean wait", 0.040 + off, 0.0015, 0.0)])
    });
    let limit =
        vec![compared("mean sojourn", 0.0425, 0.0005, 0.003), compared("P(wait)", 0.040, 0.0015 + off, 0.0)];
    let keeps = [1.0, 2.0].map(|gaps| {
        case(
            &format!("keep-{gaps}"),
            Place::Keep(gaps),
            vec![compared("P(cold | let in)", 0.0401, 0.0015, 0.0)],
        )
    });
    let family = |title, cases| FamilyResult { title, text: "What theory says.", cases };
    Validation {
        effort: Effort::Full,
        suite: Suite {
            families: vec![
                family("M/M/c", waits.collect()),
                family("Processor sharing", laws.iter().map(of_law).collect()),
                family("Queues side by side", vec![case("limit", Place::Keep(0.1), limit)]),
                family("Keep-alive", keeps.into()),
            ],
            comparisons: 10,
        },
        little: vec![little(50_000_000_000 + i128::from(off > 0.0))],
        timelines: vec![timeline(off)],
        coverage: Some(Coverage {
            sizes: vec![3, 10],
            rows: vec![CoverageRow {
                kind: "mean over replications",
                metric: "latency.ok.mean".into(),
                theory: 0.02,
                counts: vec![Share { part: 945, whole: 1000 }, Share { part: 0, whole: 0 }],
            }],
            pairs: vec![PairRow {
                metric: "latency.ok.mean".into(),
                share: Share { part: 950, whole: 1000 },
            }],
            identical: (90, 0),
            replications: 20_000,
            requests: 65_000_000,
        }),
    }
}

#[test]
fn what_passes() {
    let found = sample(0.0);
    assert!(found.passes());
    let page = page(&found);
    assert!(
        page.markdown.contains("10 comparisons in 9 cases, 72.0 million simulated requests"),
        "{}",
        page.markdown
    );
    assert!(!page.markdown.contains("FAIL") && !page.markdown.contains("OFF"), "{}", page.markdown);
    let charts = ["deviations", "waiting", "tails", "insensitivity", "keep-alive", "timelines", "coverage"];
    for chart in charts {
        let path = format!("validation/{chart}.svg");
        let (_, svg) = page.files.iter().find(|file| file.0 == path).unwrap_or_else(|| panic!("no {path}"));
        assert!(roxmltree::Document::parse(svg).is_ok() && !svg.contains("NaN"), "{path}");
        assert!(page.markdown.contains(&format!("]({path})")) || chart == "insensitivity", "{path} is shown");
    }
    assert!(
        page.files.iter().any(|file| file == &("validation/limit.toml".into(), "name = \"limit\"\n".into()))
    );
    for part in [
        "| 4.5–7 min | 5.00 min | 5.25 min | 6.67 min | 4 of 4: pass |",
        "3 of 3 platform timelines",
        "| 0 ns | exact |",
    ] {
        assert!(page.markdown.contains(part), "{part}: {}", page.markdown);
    }
}

#[test]
fn what_fails_is_said() {
    let found = sample(0.002);
    assert!(!found.passes());
    let markdown = page(&found).markdown;
    for part in [
        "**FAIL: theory outside**",
        "**FAIL: too wide**",
        "**OFF**",
        "**5 of them fail**",
        "no interval",
        "3 of 4: **FAIL**",
        "| – | – | – | 0 of 4: **FAIL** |",
        "**1 OFF**",
    ] {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
    let table = validation_table(&found);
    for part in ["FAIL", "WIDE", "pass (n)", "1 off", "5 FAIL"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    for line in table.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}
