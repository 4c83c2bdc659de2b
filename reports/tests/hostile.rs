//! Every text of a report's data at once by somebody who means harm: names, units, reasons, sentences, labels. None of them
//! gets out of its place, in the page, in the charts or in the table; a browser, where there is one, runs nothing.

use std::collections::BTreeSet;
use std::process::Command;

use reports::data::ReportData;
use reports::{render, text_table};
use scraper::{Html, Selector};
use serde_json::Value;

#[path = "support/sample_data.rs"]
mod sample_data;

/// Ends whatever it stands in: tags, attributes, comments, styles, titles, templates; and says so if it is run.
const EVIL: &str = "]]>--></title></style></textarea></script></svg><script>document.title='PWNED'</script>\"'><img src=x \
                    onerror=\"document.title='PWNED'\"><svg onload=document.title='PWNED'>javascript:alert(1){{ 7*7 }}\
                    {% raw %}&lt;&#0;\u{1b}[31m\u{0}\u{202e}";

/// All texts that may be anything: of each that the data's types do not know, every occurrence is replaced.
fn hostile(data: &ReportData) -> ReportData {
    let keys: BTreeSet<String> = data.metrics.iter().map(|metric| metric.key.clone()).collect();
    let mut value = serde_json::to_value(data).expect("plain data");
    let mut texts = BTreeSet::new();
    gather(&value, &mut texts);
    let mut replaced = 0;
    for (index, text) in texts.iter().filter(|text| !keys.contains(*text)).enumerate() {
        let mut changed = value.clone();
        replace(&mut changed, text, &format!("{EVIL}{index}"));
        // What is one of a few words (units, platforms) cannot be anything else.
        if serde_json::from_value::<ReportData>(changed.clone()).is_ok() {
            value = changed;
            replaced += 1;
        }
    }
    assert!(replaced > 40, "{replaced} texts replaced");
    serde_json::from_value(value).expect("it was read before")
}

fn gather(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(texts.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, texts)),
        _ => {}
    }
}

/// In values, and in the keys of maps by name.
fn replace(value: &mut Value, text: &str, by: &str) {
    match value {
        Value::String(own) if own == text => by.clone_into(own),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, text, by)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, text, by)),
        _ => {}
    }
}

fn samples() -> Vec<ReportData> {
    let data = [sample_data::launch_day(), sample_data::break_even(), sample_data::fleets_of_functions()];
    data.iter().map(hostile).collect()
}

#[test]
fn nothing_gets_out_of_its_place() {
    for data in samples() {
        let rendered = render(&data);
        let document = Html::parse_document(&rendered.html);
        let all = Selector::parse("*").expect("a selector");
        for element in document.select(&all) {
            let name = element.value().name();
            assert!(
                !["script", "img", "iframe", "object", "textarea"].contains(&name),
                "a {name} in the page"
            );
            for (attribute, content) in element.value().attrs() {
                assert!(!attribute.starts_with("on"), "{attribute} on {name}");
                assert!(!content.trim_start().starts_with("javascript:"), "{attribute}={content}");
            }
        }
        for chart in &rendered.charts {
            let svg = roxmltree::Document::parse(&chart.svg).expect("well-formed SVG");
            let known = [
                "svg", "title", "desc", "g", "text", "tspan", "rect", "line", "polyline", "polygon", "path",
                "circle", "defs", "clipPath", "ellipse",
            ];
            for node in svg.descendants().filter(roxmltree::Node::is_element) {
                assert!(
                    known.contains(&node.tag_name().name()),
                    "{} in {}",
                    node.tag_name().name(),
                    chart.name
                );
                assert!(node.attributes().all(|it| !it.name().starts_with("on")), "{}", chart.name);
            }
            let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            assert!(chart.name.chars().all(plain), "{} names a file", chart.name);
        }
        // The terminal's part is the command line's: what it prints has nothing that a terminal obeys.
        assert!(!text_table(&data).is_empty());
    }
}

#[test]
fn a_browser_runs_nothing() {
    let runs =
        |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success());
    let Some(browser) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(runs) else {
        assert!(
            std::env::var_os("REQUIRE_CHROMIUM").is_none(),
            "no Chromium, which REQUIRE_CHROMIUM asks for"
        );
        eprintln!("SKIPPED: no Chromium here, nothing to show the page with");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let show = |html: &str| {
        let page = folder.path().join("page.html");
        std::fs::write(&page, html).expect("a file");
        let output = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=5000"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .arg(&page)
            .output()
            .expect("Chromium runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let title = |shown: &str| {
        let document = Html::parse_document(shown);
        let title = Selector::parse("head > title").expect("a selector");
        document.select(&title).next().map(|title| title.text().collect::<String>()).unwrap_or_default()
    };
    assert_eq!(title(&show(&format!("<title>x</title><p>{EVIL}"))), "PWNED", "it would be seen");
    for data in samples() {
        let shown = show(&render(&data).html);
        assert!(title(&shown).len() > 10 && title(&shown) != "PWNED", "{}", title(&shown));
        let found = ["<script", "<img", "<svg onload"].into_iter().find(|tag| shown.contains(tag));
        assert_eq!(found, None);
    }
}
