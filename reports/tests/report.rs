//! The report as a document: it parses, stands alone, describes its pictures and lets nothing through unescaped.

use std::collections::BTreeSet;

use reports::data::ReportData;
use reports::{Rendered, render, text_table};
use scraper::{Html, Selector};

#[path = "support/sample_data.rs"]
mod sample_data;

const CHARTS: [&str; 9] = [
    "cost-against-latency",
    "latency-over-time",
    "latency-distribution",
    "latency-parts",
    "cost",
    "throughput-over-time",
    "capacity-over-time",
    "utilization-over-time",
    "decisions",
];

fn select(document: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).expect("a selector of this file");
    document.select(&selector).map(|element| element.text().collect()).collect()
}

fn attributes(document: &Html, selector: &str, name: &str) -> Vec<String> {
    let selector = Selector::parse(selector).expect("a selector of this file");
    document.select(&selector).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
}

/// What every report must be, whatever the data.
pub(crate) fn check(data: &ReportData) -> Rendered {
    let rendered = render(data);
    let document = Html::parse_document(&rendered.html);
    assert!(document.errors.is_empty(), "{:?}", document.errors);
    assert_eq!(select(&document, "h1").len(), 1);
    let ids = attributes(&document, "[id]", "id");
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "ids repeat: {ids:?}");
    for target in attributes(&document, "a[href]", "href") {
        assert!(ids.contains(&target.trim_start_matches('#').to_owned()), "{target} leads nowhere");
    }
    check_alone(&rendered.html);
    for chart in &rendered.charts {
        check_svg(&chart.svg);
        assert!(chart.png.starts_with(b"\x89PNG"), "{} has no PNG", chart.name);
        let forms = select(&document, &format!("#{} svg[role=img] > title", chart.name));
        assert_eq!(forms.len(), 2, "{} wants a wide and a narrow form", chart.name);
        let described = select(&document, &format!("#{} svg[role=img] > desc", chart.name));
        assert!(described.iter().all(|text| text.len() > 20), "{} is not described", chart.name);
        let takeaway = select(&document, &format!("#{} .takeaway", chart.name));
        assert!(takeaway.len() == 1 && takeaway[0].len() > 10, "{} says nothing", chart.name);
    }
    let names: Vec<&str> = rendered.charts.iter().map(|chart| chart.name.as_str()).collect();
    assert!(CHARTS.iter().all(|name| names.contains(name)), "charts: {names:?}");
    let table = text_table(data);
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    assert!(!table.contains("NaN") && !table.contains("inf"), "{table}");
    rendered
}

/// No reference leaves the file; a namespace is a name, not a reference.
fn check_alone(html: &str) {
    let rest = html.replace("http://www.w3.org/2000/svg", "");
    for forbidden in ["http:", "https:", "//", "src=", "@import", "url(", "<script", "<link", "NaN"] {
        let found = rest.find(forbidden).map(|at| rest[at..].chars().take(80).collect::<String>());
        assert_eq!(found, None, "the page contains {forbidden}");
    }
}

fn check_svg(svg: &str) {
    let document = roxmltree::Document::parse(svg).expect("well-formed SVG");
    let (width, height) =
        (number(document.root_element(), "width"), number(document.root_element(), "height"));
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        for attribute in node.attributes() {
            let value = attribute.value();
            assert!(!value.contains("NaN") && !value.contains("inf"), "{}={value}", attribute.name());
        }
        if node.has_tag_name("text") {
            let (x, y) = (number(node, "x"), number(node, "y"));
            assert!(
                (0.0..=width).contains(&x) && (0.0..=height).contains(&y),
                "{:?} is at {x}, {y}",
                node.text()
            );
        }
    }
}

fn number(node: roxmltree::Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).and_then(|value| value.parse().ok()).expect("a number")
}

#[test]
fn the_sample_makes_a_report() {
    let data = sample_data::launch_day();
    let rendered = check(&data);
    let document = Html::parse_document(&rendered.html);
    let order = attributes(&document, "main > section", "id");
    let expected = [
        "verdict",
        "comparison",
        "tradeoff",
        "charts",
        "timeline",
        "assumptions",
        "not-billed",
        "scenario",
        "reproduce",
    ];
    assert_eq!(order, expected);
    assert_eq!(select(&document, ".verdict")[0].replace('\u{A0}', " "), data.verdict.sentence);
    assert!(
        select(&document, ".legend")[0]
            .contains("simulation noise for this traffic and these settings (95 %)")
    );
    assert_eq!(select(&document, ".main tbody tr").len(), 3);
    assert_eq!(select(&document, "#comparison .recommended .name"), ["fargate"]);
    assert_eq!(render(&data), rendered, "the same data gives the same bytes");
}

#[test]
fn cold_starts_have_a_chart_where_there_are_functions() {
    let name = "cold-starts-over-functions";
    let rendered = check(&sample_data::fleets_of_functions());
    let chart = rendered.charts.iter().find(|chart| chart.name == name).expect("a chart of the fleets");
    for text in ["fargate", "lambda: jobs", "lambda: hooks", "share of functions"] {
        assert!(chart.svg.contains(text), "{text} is not in the chart");
    }
    let without = render(&sample_data::launch_day());
    assert!(without.charts.iter().all(|chart| chart.name != name));
}

#[test]
fn a_sweep_marks_its_break_even_points() {
    let rendered = check(&sample_data::break_even());
    let sweep = rendered.charts.iter().find(|chart| chart.name == "sweep").expect("a chart of the sweep");
    for label in ["break-even 34.7/s", "47.8/s", "72.5/s"] {
        assert!(sweep.svg.contains(&format!(">{label}</text>")), "{label} is not marked");
    }
}

/// The takeaways of the sample: sentences that a reader will quote.
#[test]
fn takeaways() {
    let document = Html::parse_document(&render(&sample_data::launch_day()).html);
    let takeaways = select(&document, ".takeaway").join("\n").replace('\u{A0}', " ");
    insta::assert_snapshot!(takeaways);
}

#[test]
fn every_class_of_a_chart_has_a_style_for_dark_mode() {
    let html = check(&sample_data::break_even()).html;
    let style = html.split("</style>").next().expect("a style");
    let document = Html::parse_document(&html);
    // Parts of a stack keep their colours and have the text on them chosen to match.
    let own_colours = |class: &str| class.starts_with('p') && class.len() == 2 || class.starts_with("on-");
    for class in attributes(&document, "svg [class]", "class").iter().flat_map(|classes| classes.split(' ')) {
        let known = ["s", "f", "hollow", "halo", ""].contains(&class) || own_colours(class);
        let styled = ["f", "s"].iter().any(|kind| style.contains(&format!(".{kind}.{class} {{")));
        assert!(known || styled, ".{class} has no style");
    }
}

#[test]
fn names_cannot_inject() {
    let mut data = sample_data::break_even();
    let evil = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;\u{1}";
    data.title = evil.into();
    data.about = evil.into();
    data.command = evil.into();
    data.month = evil.into();
    data.scenario_toml = evil.into();
    data.verdict.sentence = evil.into();
    data.verdict.cautions = vec![evil.into()];
    data.warnings = vec![evil.into()];
    data.decisions.iter_mut().for_each(|decision| {
        decision.reason = evil.into();
        decision.owner = evil.into();
    });
    data.assumptions.iter_mut().for_each(|assumption| assumption.value = evil.into());
    data.sweeps.iter_mut().for_each(|sweep| sweep.label = evil.into());
    for index in 0..data.variants.len() {
        let name = format!("{evil}{index}");
        let old = std::mem::replace(&mut data.variants[index].name, name.clone());
        data.variants[index].platform = evil.into();
        data.series
            .iter_mut()
            .filter(|series| series.variant == old)
            .for_each(|series| series.variant = name.clone());
        data.bills.iter_mut().filter(|bill| bill.variant == old).for_each(|bill| bill.variant = name.clone());
    }
    let html = render(&data).html;
    let document = Html::parse_document(&html);
    assert_eq!(select(&document, "script, img, svg svg").len(), 0);
    assert_eq!(attributes(&document, "[onerror]", "onerror").len(), 0);
    render(&data).charts.iter().for_each(|chart| check_svg(&chart.svg));
}

#[test]
fn the_terminal_table() {
    insta::assert_snapshot!(text_table(&sample_data::launch_day()));
}

#[test]
fn data_survives_a_file() {
    let data = sample_data::break_even();
    let text = serde_json::to_string(&data).expect("plain data serialises");
    assert_eq!(serde_json::from_str::<ReportData>(&text).expect("and comes back"), data);
}
