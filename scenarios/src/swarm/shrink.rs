//! Makes a failing scenario small: whatever can be left out without the failure changing its kind is left out, and
//! whatever number can be halved is halved (delta debugging: Zeller, Hildebrandt: "Simplifying and Isolating
//! Failure-Inducing Input", IEEE TSE 2002, on the tree of the file instead of its lines).

use toml::{Table, Value};

use super::Swarm;
use super::run::Kind;

/// Most scenarios that are tried to make one smaller.
const TRIES: usize = 600;

/// Where something stands in a file.
type Path = Vec<Step>;

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// One way to make a file smaller.
#[derive(Clone, Debug)]
enum Cut {
    /// Leave out a service with the sources that send to it.
    Service(String),
    Remove(Path),
    Halve(Path),
}

impl Swarm {
    /// A smaller scenario that fails in the same way, or the same one if none is found.
    pub fn shrink(&self, text: &str, kind: &Kind) -> String {
        let fails = |text: &str| self.run(text).is_err_and(|failure| failure.kind == *kind);
        shrink(text, fails)
    }
}

/// Shrinks `text` as long as it `fails`.
pub(super) fn shrink(text: &str, fails: impl Fn(&str) -> bool) -> String {
    let Ok(mut smallest) = text.parse::<Table>() else { return text.to_owned() };
    let mut tries = 0;
    loop {
        let mut smaller = false;
        // Coarse cuts come first; after each success the list is made anew from where it was.
        let mut from = 0;
        while let Some(cut) = cuts(&smallest).get(from).cloned() {
            tries += 1;
            if tries > TRIES {
                return print(&smallest);
            }
            match apply(&smallest, &cut) {
                Some(candidate) if fails(&print(&candidate)) => {
                    smallest = candidate;
                    smaller = true;
                }
                _ => from += 1,
            }
        }
        if !smaller {
            return print(&smallest);
        }
    }
}

fn print(table: &Table) -> String {
    toml::to_string(table).expect("what was TOML is TOML")
}

/// Every way to make a file smaller, coarse ones first.
fn cuts(file: &Table) -> Vec<Cut> {
    let services = file.get("services").and_then(Value::as_table);
    let mut cuts: Vec<Cut> = services.into_iter().flat_map(Table::keys).cloned().map(Cut::Service).collect();
    let mut paths = Vec::new();
    let whole = Value::Table(file.clone());
    visit(&whole, &mut Vec::new(), &mut paths);
    paths.sort_by_key(Vec::len);
    cuts.extend(paths.iter().cloned().map(Cut::Remove));
    cuts.extend(
        paths
            .into_iter()
            .filter(|path| at(&whole, path).is_some_and(|it| half(it).is_some()))
            .map(Cut::Halve),
    );
    cuts
}

/// The paths of everything in a file.
fn visit(value: &Value, path: &mut Path, paths: &mut Vec<Path>) {
    let steps: Vec<(Step, &Value)> = match value {
        Value::Table(table) => table.iter().map(|(key, value)| (Step::Key(key.clone()), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (Step::Index(index), item)).collect()
        }
        _ => return,
    };
    for (step, value) in steps {
        path.push(step);
        paths.push(path.clone());
        visit(value, path, paths);
        path.pop();
    }
}

fn at<'a>(value: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(*index),
    })
}

fn at_mut<'a>(value: &'a mut Value, path: &[Step]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(*index),
    })
}

/// The file after a cut; none if the cut does not fit it any more.
fn apply(file: &Table, cut: &Cut) -> Option<Table> {
    let mut whole = Value::Table(file.clone());
    match cut {
        Cut::Service(name) => {
            let sources = whole.get("sources").and_then(Value::as_table).into_iter().flatten();
            let to = |(_, source): &(&String, &Value)| source.get("to").and_then(Value::as_str) == Some(name);
            let dead: Vec<String> = sources.filter(to).map(|(source, _)| source.clone()).collect();
            let sources = whole.get_mut("sources").and_then(Value::as_table_mut)?;
            dead.iter().for_each(|source| drop(sources.remove(source)));
            whole.get_mut("services").and_then(Value::as_table_mut)?.remove(name)?;
        }
        Cut::Remove(path) => {
            let (last, parents) = path.split_last()?;
            match (at_mut(&mut whole, parents)?, last) {
                (Value::Table(table), Step::Key(key)) => drop(table.remove(key)?),
                (Value::Array(items), Step::Index(index)) if *index < items.len() => {
                    drop(items.remove(*index));
                }
                _ => return None,
            }
        }
        Cut::Halve(path) => {
            let value = at_mut(&mut whole, path)?;
            *value = half(value)?;
        }
    }
    match whole {
        Value::Table(table) if table != *file => Some(table),
        _ => None,
    }
}

/// Half of a number or of a quantity with its unit; none of what is small already.
fn half(value: &Value) -> Option<Value> {
    match value {
        Value::Integer(number) if number.abs() > 1 => Some(Value::Integer(number / 2)),
        Value::Float(number) if number.abs() > 0.01 => Some(Value::Float(number / 2.0)),
        Value::String(text) => {
            let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
            let (number, unit) = text.split_at(end);
            let number: f64 = number.parse().ok()?;
            let whole = number > 1.0 && number.fract() == 0.0;
            let halved = if whole { (number / 2.0).floor() } else { number / 2.0 };
            (number > 0.01).then(|| Value::String(format!("{halved}{unit}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn halves() {
        let check = |text: &str, expected: Option<&str>| {
            let halved = half(&Value::String(text.into()));
            assert_eq!(halved, expected.map(|text| Value::String(text.into())), "{text}");
        };
        check("60s", Some("30s"));
        check("5min", Some("2min"));
        check("0.5/s", Some("0.25/s"));
        check("0s", None);
        check("spread:zone", None);
        assert_eq!(half(&Value::Integer(9)), Some(Value::Integer(4)));
        assert_eq!(half(&Value::Integer(1)), None);
    }

    /// The failure needs one service and one of its settings; all else goes, and numbers become small.
    #[test]
    fn keeps_what_the_failure_needs() {
        let text = "name = \"x\"\n[run]\nduration = \"64s\"\n[sources.a]\nto = \"a\"\n[sources.b]\nto = \"b\"\n\
            [services.a]\nwork = \"w\"\ncount = 9\n[services.b]\nwork = \"w\"\nbad = [1, 7, 3]\n[account]\nquota = 5\n";
        let fails = |text: &str| {
            let file: Table = text.parse().unwrap();
            let bad = file.get("services").and_then(|it| it.get("b")).and_then(|it| it.get("bad"));
            let bad = bad.and_then(Value::as_array).is_some_and(|it| it.contains(&Value::Integer(7)));
            let long = file.get("run").and_then(|run| run.get("duration")?.as_str()?.strip_suffix('s'));
            let long = long.and_then(|long| long.parse::<u64>().ok());
            bad && long.is_some_and(|long| long >= 5)
        };
        let small = shrink(text, fails);
        assert_eq!(small, "[run]\nduration = \"8s\"\n\n[services.b]\nbad = [7]\n");
    }
}
