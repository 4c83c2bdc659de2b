//! Built-in scenarios with a few values or keys spoilt: the loader answers, with a place for everything it says.

use proptest::prelude::*;
use sim_core::model::Platform;
use sim_core::policy::catalogue::Catalogue;
use sim_core::traffic::NoTraces;
use toml::{Table, Value};

use super::super::{Options, Scenario, Surroundings};
use crate::builtin;
use crate::catalogue::instance_types;
use crate::document::{Code, Origin, Report};
use crate::trace::TraceSummary;

fn load(text: &str) -> Result<Scenario, Report> {
    let instance_types = instance_types().map(|known| (known.name.clone(), known.clone())).collect();
    let policies = Catalogue::builtin();
    let platform = Platform { instance_types: &instance_types, policies: &policies, traces: &NoTraces };
    let surroundings = Surroundings { platform: &platform, check_trace: &|_| Ok(TraceSummary::default()) };
    Scenario::load(text, "mutated.toml", &Options::default(), &surroundings)
}

/// What a value is replaced with, or is done to its key.
#[derive(Clone, Debug)]
enum Spoil {
    Value(Value),
    Negative,
    Remove,
    Rename(String),
    Copy(String),
    Wrap,
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let texts = [
        "",
        " ",
        "-3ms",
        "1e300d",
        "1e-300s",
        "NaN",
        "inf",
        "-inf",
        "0s",
        "0/s",
        "99999999h",
        "8 parsecs",
        "50/s",
        "60%",
        "1000000000%",
        "-5%",
        "0vCPU",
        "16vCPU",
        "9GiB",
        "0B",
        "1MiB",
        "$1",
        "web",
        "page",
        "fleet",
        "ecs",
        "lambda",
        "p99 < 1ms",
        "p0 < 1ms",
        "p100 < 9d",
        "spread:",
        ":",
        "spread:zone:zone",
        "2026-02-30",
        "\u{0}",
        "../../x",
        "é\u{301}",
        "m7g.large",
        "t4g.nano",
        "nodejs22",
        "cron(* * * * *)",
        "rate(0 days)",
    ];
    let value = prop_oneof![
        prop::sample::select(texts.to_vec()).prop_map(Value::from),
        prop::sample::select(vec![0, 1, -1, 3, i64::MAX, i64::MIN, 1 << 32, 100_001]).prop_map(Value::from),
        prop::sample::select(vec![0.0, -0.5, 1e308, 1e-308, f64::NAN, f64::INFINITY]).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Array(Vec::new())),
        Just(Value::Array(vec![Value::from("x"), Value::from(1)])),
        Just(Value::Table(Table::new())),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "", "a b", "platform", "sweep", "run", "work", "constant", "é", "x.y", "Web"
        ])
        .prop_map(str::to_owned),
        "[a-z_]{1,8}",
    ];
    prop_oneof![
        5 => value.prop_map(Spoil::Value),
        1 => Just(Spoil::Negative),
        2 => Just(Spoil::Remove),
        1 => key.clone().prop_map(Spoil::Rename),
        1 => key.prop_map(Spoil::Copy),
        1 => Just(Spoil::Wrap),
    ]
}

/// Spoils the `index`-th entry of the tree, counted depth first; what is left of the count where the tree ends before.
fn apply(table: &mut Table, mut index: usize, spoil: &Spoil) -> Result<(), usize> {
    for key in table.keys().cloned().collect::<Vec<_>>() {
        if index == 0 {
            spoil_entry(table, &key, spoil);
            return Ok(());
        }
        index -= 1;
        match table.get_mut(&key) {
            Some(Value::Table(inner)) => match apply(inner, index, spoil) {
                Ok(()) => return Ok(()),
                Err(left) => index = left,
            },
            Some(Value::Array(items)) => {
                for inner in items.iter_mut().filter_map(Value::as_table_mut) {
                    match apply(inner, index, spoil) {
                        Ok(()) => return Ok(()),
                        Err(left) => index = left,
                    }
                }
            }
            _ => {}
        }
    }
    Err(index)
}

fn spoil_entry(table: &mut Table, key: &str, spoil: &Spoil) {
    let Some(old) = table.get(key).cloned() else { return };
    let mut put = |key: &str, value: Value| {
        table.insert(key.to_owned(), value);
    };
    match spoil {
        Spoil::Value(value) => put(key, value.clone()),
        Spoil::Negative => put(key, Value::from(format!("-{}", old.to_string().replace('"', "")))),
        Spoil::Copy(name) => put(name, old),
        Spoil::Wrap => put(key, Value::Array(vec![old])),
        Spoil::Remove => {
            table.remove(key);
        }
        Spoil::Rename(name) => {
            table.remove(key);
            table.insert(name.clone(), old);
        }
    }
}

fn entries(value: &Value) -> usize {
    match value {
        Value::Table(table) => table.values().map(|inner| 1 + entries(inner)).sum(),
        Value::Array(items) => items.iter().filter(|item| item.is_table()).map(entries).sum(),
        _ => 0,
    }
}

fn judge(text: &str) -> Result<(), TestCaseError> {
    let report = match load(text) {
        Ok(scenario) => scenario.warnings,
        Err(report) => {
            prop_assert!(!report.list().is_empty(), "refused without a reason:\n{text}");
            report
        }
    };
    let lines = text.lines().count().max(1);
    for problem in report.list() {
        prop_assert!(!problem.message.is_empty(), "{problem:?}");
        match report.position(problem) {
            Some((line, column)) => {
                let written = text.lines().nth(line - 1).unwrap_or_default();
                prop_assert!(line <= lines && column <= written.chars().count() + 1, "{problem:?}\n{text}");
            }
            None => prop_assert!(problem.origin != Origin::BuiltIn, "no place: {problem:?}\n{text}"),
        }
        // Of what is not TOML, no setting may be left to name.
        let named = !problem.path.is_empty() || problem.message.contains('`') || problem.code == Code::Syntax;
        prop_assert!(named, "no path and no name: {problem:?}\n{text}");
    }
    prop_assert!(!report.to_string().is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spoilt_scenario(
        which in any::<prop::sample::Index>(),
        spoils in prop::collection::vec((any::<prop::sample::Index>(), spoil()), 1..4),
    ) {
        let all: Vec<&str> = builtin::all().map(|known| known.text).collect();
        let mut document: Table = all[which.index(all.len())].parse().expect("built-in scenarios are TOML");
        for (at, spoil) in spoils {
            let count = entries(&Value::Table(document.clone()));
            if count > 0 {
                let _ = apply(&mut document, at.index(count), &spoil);
            }
        }
        judge(&toml::to_string(&document).expect("TOML prints"))?;
    }

    /// The text itself spoilt, comments and layout included: lines given twice, values cut off, keys repeated.
    #[test]
    fn any_spoilt_text(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..5_u8), 1..4),
    ) {
        let all: Vec<&str> = builtin::all().map(|known| known.text).collect();
        let mut lines: Vec<String> = all[which.index(all.len())].lines().map(str::to_owned).collect();
        for (at, edit) in edits {
            let at = at.index(lines.len());
            match edit {
                0 => lines.insert(at, lines[at].clone()),
                1 => lines[at] = lines[at].replace('"', ""),
                2 => lines[at] = lines[at].replace(" = ", " = -"),
                3 => lines[at] = lines[at].chars().rev().collect(),
                _ => { lines.remove(at); }
            }
        }
        judge(&lines.join("\n"))?;
    }
}

/// The paths of all entries of a tree, each as its keys.
fn paths(table: &Table, below: &[String], found: &mut Vec<Vec<String>>) {
    for (key, value) in table {
        let path = [below, std::slice::from_ref(key)].concat();
        if let Value::Table(inner) = value {
            paths(inner, &path, found);
        }
        found.push(path);
    }
}

fn entry<'t>(table: &'t mut Table, path: &[String]) -> Option<&'t mut Value> {
    let (first, rest) = path.split_first()?;
    let value = table.get_mut(first)?;
    if rest.is_empty() { Some(value) } else { entry(value.as_table_mut()?, rest) }
}

/// Where every entry in turn is a date, which no setting takes, the report is about that entry and nothing else.
#[test]
fn one_broken_entry_makes_no_other_look_wrong() {
    let date: Value = Value::Datetime("1979-05-27".parse().expect("it is a date"));
    let mut tried = 0;
    let mut strays: Vec<String> = Vec::new();
    for known in builtin::all() {
        let document: Table = known.text.parse().expect("built-in scenarios are TOML");
        let mut all = Vec::new();
        paths(&document, &[], &mut all);
        for path in all.iter().filter(|path| !path.iter().any(|step| step == "sweep")) {
            let mut broken = document.clone();
            *entry(&mut broken, path).expect("it is there") = date.clone();
            let text = toml::to_string(&broken).expect("TOML prints");
            let Err(report) = load(&text) else { panic!("{} is loaded with a date:\n{text}", known.name) };
            let spoilt = match path.as_slice() {
                [variants, _, rest @ ..] if variants == "variants" && !rest.is_empty() => rest.join("."),
                path => path.join("."),
            };
            for problem in report.list() {
                let said = problem.path.replace('"', "");
                let related = said.starts_with(&spoilt) || spoilt.starts_with(&said);
                if !related {
                    strays.push(format!("{}: {spoilt} is a date; {said}: {}", known.name, problem.message));
                }
            }
            tried += 1;
        }
    }
    assert!(strays.is_empty(), "{strays:#?}");
    assert!(tried > 200, "{tried}");
}
