//! The tornado chart and its section: what is drawn, what is said, and what is left out.

use reports::data::{Estimate, MovedEnd, MovedSetting, ReportData, Sensitivity, UnmovedSetting};

fn end(value: &str, cost: f64, latency: f64) -> MovedEnd {
    MovedEnd {
        value: value.into(),
        cost: Estimate::new(cost, 0.5, 5),
        latency: Estimate::new(latency, 0.002, 5),
        ..MovedEnd::default()
    }
}

fn moved(setting: &str, low: MovedEnd, high: MovedEnd) -> MovedSetting {
    MovedSetting { setting: setting.into(), value: "1".into(), low, high, ..MovedSetting::default() }
}

fn data(moves: Vec<MovedSetting>) -> ReportData {
    let unmoved =
        UnmovedSetting { setting: "<i>none</i>".into(), value: "&".into(), why: "no setting says it".into() };
    let sensitivity = Sensitivity {
        option: "Fargate".into(),
        percentile: "p99".into(),
        cost: Estimate::new(100.0, 2.0, 5),
        latency: Estimate::new(0.2, 0.01, 5),
        moves,
        unmoved: vec![unmoved],
        ..Sensitivity::default()
    };
    ReportData { sensitivity: Some(sensitivity), ..ReportData::default() }
}

fn example() -> ReportData {
    let among = Estimate::blank("a quantile falls among failures");
    let flips = MovedEnd {
        instead: Some("EC2 <b>".into()),
        sentence: "EC2 is the cheapest.".into(),
        latency: among,
        fails: true,
        ..end("90s", 40.0, 0.0)
    };
    let stays = MovedEnd { value: "0s".into(), note: "in force".into(), ..MovedEnd::default() };
    data(vec![
        moved("services.web.task.start", end("1s", -12.0, -0.05), flips),
        // What may be chance is not said beside what cannot.
        moved("sources.visitors.network", stays, end("150ms", 0.3, 0.15)),
        moved("telemetry.container_lag", end("30s", 0.0, 0.0), end("3min", 0.0, 0.0)),
        // All of it may be chance.
        moved("telemetry.balancer_lag", end("1min", 0.4, -0.001), end("3min", -0.4, 0.001)),
    ])
}

#[test]
fn the_terminal_says_every_assumption() {
    let text = reports::sensitivity_text(&example(), 60);
    let expected = "
what assumptions do to Fargate ($100 ± 2 a month, p99 200 ± 10 ms), the widest swing first:
  services.web.task.start = 1
      1s: −$12.00 ± 0.50, p99 −50 ± 2 ms
      90s: +$40.00 ± 0.50, p99 among failures
      verdict then: EC2 <b> at 90s
  sources.visitors.network = 1
      0s: in force
      150ms: p99 +150 ± 2 ms
  no clear effect: telemetry.container_lag, telemetry.balancer_lag
  not moved: <i>none</i>
1 of 4 assumptions changes the verdict: services.web.task.start (EC2 <b> at 90s).
";
    assert_eq!(text, expected);
    let wide = reports::sensitivity_text(&example(), 300);
    assert!(
        wide.lines().any(|line| line.contains("start = 1") && line.ends_with("verdict then: EC2 <b> at 90s")),
        "{wide}"
    );
    assert_eq!(reports::sensitivity_text(&ReportData::default(), 100), "");
}

#[test]
fn the_page_has_a_section_and_a_chart_only_where_assumptions_were_moved() {
    let drawn = |data: &ReportData| {
        let rendered = reports::render(data);
        let chart = rendered.charts.into_iter().find(|chart| chart.name == "sensitivity");
        (rendered.html, chart.map(|chart| chart.svg))
    };
    let (page, chart) = drawn(&example());
    let chart = chart.expect("a chart");
    for part in ["id=\"sensitivity\"", "EC2 is the cheapest.", "1 assumption was not moved", "&lt;i&gt;none"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("<i>none") && !page.contains("EC2 <b>"), "names cannot inject anything");
    for part in ["among failures", "verdict: EC2 &lt;b&gt; at 90s", "1, or 150ms", "+100 ms"] {
        assert!(chart.contains(part), "{part} is not in {chart}");
    }
    assert!(!chart.contains("telemetry"), "what does nothing has no row");
    let (page, chart) = drawn(&ReportData::default());
    assert!(chart.is_none() && !page.contains("id=\"sensitivity\""));
    // Nothing has any effect, or nothing could be moved at all.
    let nothing = vec![moved("a", end("1", 0.0, 0.0), end("2", 0.0, 0.0))];
    assert!(drawn(&data(nothing)).1.is_some_and(|chart| chart.contains("has any effect")));
    assert!(drawn(&data(Vec::new())).0.contains("No assumption could be moved."));
}

#[test]
fn numbers_that_are_none_are_drawn_all_the_same() {
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e-300] {
        let rendered = reports::render(&data(vec![moved("a", end("1", odd, odd), end("2", 1.0, odd))]));
        let chart = rendered.charts.iter().find(|chart| chart.name == "sensitivity").expect("a chart");
        assert!(!chart.svg.contains("NaN") && !chart.svg.contains("inf"), "{odd}: {}", chart.svg);
    }
}
