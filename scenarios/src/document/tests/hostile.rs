//! No text, however odd, makes the loader panic or take long.

use proptest::prelude::*;

use super::set::{Override, set};
use super::*;

/// Everything there is, on any text.
fn exercise(text: &str, schema: &Schema) {
    let mut problems = Diagnostics::default();
    let parsed = parse::parse(text, &mut problems);
    check::check(schema, &parsed.root, &mut problems);
    let mut merged = tree(GOOD);
    merge::merge(schema, &mut merged, &parsed.root);
    check::check(schema, &merged, &mut problems);
    let mut over = parsed.root.clone();
    merge::merge(schema, &mut over, &tree(GOOD));
    if let Ok(given) = Override::parse(text) {
        let _ = set(schema, &mut over, &given);
    }
    parsed.root.origin_of(text);
    let shown = Report::new("x.toml", text, problems).to_string();
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
}

/// A piece of TOML, or of what looks like it.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\\[\\]{}=.,'\"#\n a-c0-9]{0,6}",
        prop::sample::select(vec![
            "services",
            "web",
            "scaling",
            "platform",
            "ecs",
            "lambda",
            "=",
            "[",
            "]",
            "{",
            "}",
            "\n",
            ".",
            "\"",
            "'''",
            "\"60%\"",
            "1979-05-27T07:32:00Z",
            "0x",
            "1e999",
            "nan",
            "-",
            "\\u0000",
            "\u{feff}",
            "é",
            "[[services]]",
            "target-tracking",
            "true",
            "think",
            "sum",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,80}") {
        exercise(&text, &schema());
    }

    #[test]
    fn any_control_characters(text in "[\\x00-\\x20=\"a]{0,30}") {
        exercise(&text, &schema());
    }

    #[test]
    fn any_fragments(parts in prop::collection::vec(fragment(), 0..30)) {
        exercise(&parts.concat(), &schema());
    }

    #[test]
    fn any_mutation_of_a_good_document(edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6usize, fragment()), 1..6)) {
        let mut text = GOOD.to_owned();
        for (at, cut, insert) in edits {
            let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let from = at.index(boundaries.len());
            let to = (from + cut).min(boundaries.len() - 1);
            text.replace_range(boundaries[from]..boundaries[to], &insert);
        }
        exercise(&text, &schema());
    }

    #[test]
    fn any_override(path in "[a-z.\\[\\]0-9\"-]{0,30}", value in "\\PC{0,20}") {
        exercise(&format!("{path}={value}"), &schema());
        exercise(&format!("services.web.scaling.{path}={value}"), &schema());
    }
}

#[test]
fn large_and_deep_documents_are_refused_or_read_in_moderate_time() {
    let check = |text: String, expected: &str| {
        let shown = report(&text).to_string();
        assert!(shown.contains(expected), "{}", &shown[..shown.len().min(2_000)]);
    };
    check("#".repeat(parse::SIZE_LIMIT + 1), "at most 2 MiB are read");
    check(format!("duration = {}{}", "[".repeat(60), "]".repeat(60)), "nested more than 40 deep");
    check(format!("duration = {}", "[".repeat(100_000)), "problems in test.toml");
    check(format!("a{} = 1", ".a".repeat(50_000)), "not TOML");
    check("=\n".repeat(200_000), "not shown");
    check((0..50_000).map(|i| format!("k{i} = 1\n")).collect(), "not shown");
    let sums = format!("{}{}", "{ sum = [".repeat(15), "] }".repeat(15));
    check(format!("duration = '1s'\nsources.a.arrivals = {sums}"), "0 warnings");
    check(
        format!(
            "duration = '1s'\nsources.a = {{ arrivals = {{ sum = [{}] }} }}",
            "{ x = 1 },".repeat(100_000)
        ),
        "not shown",
    );
    check(format!("duration = '{}'", "9".repeat(1_000_000)), "1 problem in");
}
