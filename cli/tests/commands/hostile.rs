//! A scenario, a trace and a price book by somebody who means harm: whatever they write into names and texts comes out as
//! text, in the terminal, the tables, the charts and the page.

use crate::files::files;
use crate::support::Shell;

/// A script, a formula, a colour and a new title for the terminal, a line that reads backwards.
const EVIL: &str = r#"=cmd|' /C calc'!A0</script><script>alert(1)</script><img src=x onerror=alert(2)>\u001b[31m\u001b]0;t\u0007\u202e\r\u009b2J"#;

const SCENARIO: &str = r#"
name = "EVIL"
about = "EVIL"

[run]
duration = "1min"
replications = 2
days = [{ name = "EVIL", from = "0s", to = "30s", weight = 1 }]

[sources.visitors]
to = "web"
arrivals = { trace = { file = "visits.csv", rows = { azure-functions-2019 = { function = "=1+EVIL" } } } }

[work.page]
cpu = "20ms"

[services.web]
work = "page"
platform = "lambda"
memory = "1769MB"
runtime = "nodejs22"

[sweep]
"sources.visitors.arrivals.trace.rows.azure-functions-2019.function" = ["=1+EVIL", "=2+EVIL"]
"#;

/// The text as TOML and as CSV have it.
fn evil() -> (String, String) {
    let plain = EVIL
        .replace("\\u001b", "\u{1b}")
        .replace("\\u0007", "\u{7}")
        .replace("\\u202e", "\u{202e}")
        .replace("\\r", "\r")
        .replace("\\u009b", "\u{9b}");
    (EVIL.to_owned(), plain)
}

fn shell() -> Shell {
    let (toml, plain) = evil();
    let cell = |number: u32| format!("\"={number}+{plain}\"");
    let trace = format!("HashFunction,Trigger,1,2\n{},\"{plain}\",5,5\n{},http,7,7\n", cell(1), cell(2));
    Shell::new().file("evil.toml", SCENARIO.replace("EVIL", &toml)).file("visits.csv", trace)
}

/// Nothing in it makes a terminal do anything but show it.
#[track_caller]
fn harmless(text: &str) {
    let obeyed = |letter: char| {
        (letter.is_control() && !matches!(letter, '\n' | '\t')) || ('\u{202a}'..='\u{202e}').contains(&letter)
    };
    let at = text.find(obeyed).map(|at| text[at..].chars().take(20).collect::<String>());
    assert_eq!(at, None, "in {}", text.escape_debug());
}

/// The cells of a CSV file whose quotes are doubled.
fn cells(text: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' | '\n' if !quoted => cells.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    cells
}

#[test]
fn nothing_of_a_strangers_is_obeyed() {
    let shell = shell();
    for line in [
        "check evil.toml",
        "run evil.toml --out results --traces",
        "report results",
        "run evil.toml --only x:1",
    ] {
        let done = shell.run(line);
        harmless(&done.out);
        harmless(&done.talk);
        assert!(line.contains("--only") || done.code == Some(0), "{}", done.shown());
    }
    let files = files(&shell.path("results"));
    for (name, bytes) in &files {
        if name.ends_with(".csv") {
            let text = std::str::from_utf8(bytes).expect("UTF-8");
            for cell in cells(text) {
                let number = cell.parse::<f64>().is_ok();
                assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name}: {cell:?}");
            }
        }
        if name.ends_with(".html") || name.ends_with(".svg") {
            let text = std::str::from_utf8(bytes).expect("UTF-8");
            for tag in ["<script", "<img", "\u{1b}"] {
                assert!(!text.contains(tag), "{tag} in {name}");
            }
        }
    }
    let names: Vec<&String> = files.keys().collect();
    let plain = |name: &&&String| {
        name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./".contains(letter))
    };
    assert_eq!(names.iter().filter(|name| !plain(name)).count(), 0, "{names:?}");
    assert!(
        String::from_utf8_lossy(&files["report.html"]).contains("&lt;script&gt;"),
        "it is there, as text"
    );
}

/// Messages about what is wrong quote what is wrong.
#[test]
fn messages_quote_and_do_not_obey() {
    let shell = shell();
    let (_, plain) = evil();
    for path in ["services.{}=1", "{}=1", "services.web.memory={}", "run.duration={}"] {
        let setting = path.replace("{}", &plain.replace(['\'', '\r'], ""));
        let done = shell.run(&format!("check hello --set '{setting}'"));
        assert_ne!(done.code, Some(0));
        harmless(&done.talk);
    }
    for line in [
        "check 'EVIL'",
        "check hello --book 'EVIL'",
        "decide 'EVIL'",
        "explain 'EVIL'",
        "run hello --only 'EVIL:1'",
    ] {
        let done = shell.run(&line.replace("EVIL", &plain.replace('\'', "")));
        assert_ne!(done.code, Some(0), "{line}");
        harmless(&done.out);
        // What is wrong with arguments, the library for arguments says in its own colours where there is a terminal.
        if done.code != Some(2) || !done.talk.contains("Usage") {
            harmless(&done.talk);
        }
    }
}
