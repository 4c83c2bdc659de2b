//! What is wrong with a document, collected and rendered as text that is readable without colour.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use super::{Origin, Place};

/// Most problems that are kept; the rest is counted.
const KEPT: usize = 200;
/// Widest excerpt of a line, message or hint, in characters.
const EXCERPT: usize = 96;
const MESSAGE: usize = 400;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot be run.
    Error,
    /// It can, but probably not as meant.
    Warning,
}

/// The kind of a problem, for tests and for callers that treat one kind apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// Not TOML.
    Syntax,
    /// A size, a depth or a number of jobs above what is accepted.
    Limit,
    /// A key that is not known here.
    UnknownKey,
    /// A key that is needed and absent.
    MissingKey,
    /// A key of another platform.
    OtherBranch,
    /// A choice (policy, law, platform) that does not exist.
    UnknownChoice,
    /// Not exactly one choice.
    ChoiceCount,
    /// Text where a number is wanted, and the like.
    WrongType,
    /// A quantity that does not read.
    BadQuantity,
    /// A number or a count outside its range.
    OutOfRange,
    /// A name with characters that are not accepted, or two names that differ only in case.
    BadName,
    /// A path (of `--set` or a sweep axis) that leads nowhere.
    BadPath,
    /// Well formed, but makes no sense.
    Meaning,
}

/// One problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Its kind.
    pub code: Code,
    /// Where the value came from that it is about.
    pub origin: Origin,
    /// The setting it is about, dotted from the root (`services.web.timeout`); may be empty.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The variants it occurs in, where it does not occur in all.
    pub variants: Vec<Arc<str>>,
}

impl Diagnostic {
    /// An error without a hint.
    pub fn new(code: Code, origin: Origin, path: impl Into<String>, message: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            code,
            origin,
            path: path.into(),
            message: message.into(),
            hint: None,
            variants: Vec::new(),
        }
    }

    /// With a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// As a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Whether it is the same problem, in whatever variants.
    pub(crate) fn is_like(&self, other: &Diagnostic) -> bool {
        self.origin == other.origin && self.path == other.path && self.message == other.message
    }
}

/// Problems as they are found. Keeps the first of them and counts the rest, so that a file of ten thousand mistakes
/// does not produce a report of ten thousand pages.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    left_out: usize,
}

impl Diagnostics {
    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.list.len() < KEPT { self.list.push(diagnostic) } else { self.left_out += 1 }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether an error was found; warnings alone do not stop a run.
    pub fn any_error(&self) -> bool {
        self.list.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// The problems that were kept, in the order found.
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }

    /// Adds what was found elsewhere.
    pub fn append(&mut self, found: Diagnostics) {
        self.left_out += found.left_out;
        found.list.into_iter().for_each(|problem| self.push(problem));
    }

    /// Gives problems without a path the one that `path_at` knows for their place in the file.
    pub(super) fn name_paths(&mut self, path_at: impl Fn(Place) -> Option<String>) {
        for problem in self.list.iter_mut().filter(|problem| problem.path.is_empty()) {
            problem.path = problem.origin.place().and_then(&path_at).unwrap_or_default();
        }
    }

    /// Keeps only what `keep` accepts.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.list.retain(keep);
    }

    /// Adds what was found in one variant, whose name `variant_of` gives. A problem that an earlier variant had too
    /// (it stems from the base) is kept once, with the names of its variants.
    pub fn absorb(&mut self, found: Diagnostics, variant_of: impl Fn(&Diagnostic) -> Arc<str>) {
        self.left_out += found.left_out;
        for mut diagnostic in found.list {
            let variant = variant_of(&diagnostic);
            if let Some(known) = self.list.iter_mut().find(|known| known.is_like(&diagnostic)) {
                if known.variants.last() != Some(&variant) {
                    known.variants.push(variant);
                }
            } else {
                diagnostic.variants.push(variant);
                self.push(diagnostic);
            }
        }
    }

    /// Once all variants have been absorbed: what occurs in all that it could occur in is not about variants.
    pub fn forget_common_variants(&mut self, count: impl Fn(&Diagnostic) -> usize) {
        for diagnostic in &mut self.list {
            if diagnostic.variants.len() >= count(diagnostic) {
                diagnostic.variants.clear();
            }
        }
    }
}

/// Problems with the text they are about: rendered by its `Display`.
#[derive(Clone, Debug)]
pub struct Report {
    file: String,
    text: Arc<str>,
    problems: Diagnostics,
}

impl Report {
    /// Sorts `problems` by their place in the file; those of the command line come last.
    pub fn new(file: impl Into<String>, text: impl Into<Arc<str>>, mut problems: Diagnostics) -> Self {
        let place = |problem: &Diagnostic| problem.origin.place().map_or(usize::MAX, |place| place.start);
        problems.list.sort_by_key(place);
        Report { file: file.into(), text: text.into(), problems }
    }

    /// The problems, sorted.
    pub fn list(&self) -> &[Diagnostic] {
        &self.problems.list
    }

    /// Line and column of a problem, both from 1, if it stands in the file.
    pub fn position(&self, diagnostic: &Diagnostic) -> Option<(usize, usize)> {
        let excerpt = excerpt(&self.text, diagnostic.origin.place()?);
        Some((excerpt.line, excerpt.column))
    }

    fn render(&self, f: &mut fmt::Formatter<'_>, problem: &Diagnostic) -> fmt::Result {
        let word = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let path = match problem.path.as_str() {
            "" => String::new(),
            path => format!("{}: ", clean(path, EXCERPT)),
        };
        writeln!(f, "{word}: {path}{}", clean(&problem.message, MESSAGE))?;
        let from = self.provenance(problem);
        match problem.origin.place() {
            Some(place) => {
                let excerpt = excerpt(&self.text, place);
                writeln!(
                    f,
                    "  --> {}:{}:{}{from}",
                    clean(&self.file, MESSAGE),
                    excerpt.line,
                    excerpt.column
                )?;
                writeln!(
                    f,
                    "   | {}\n   | {}{}",
                    excerpt.text,
                    " ".repeat(excerpt.indent),
                    "^".repeat(excerpt.width)
                )?;
            }
            None => writeln!(f, "  --> {}", from.trim_start())?,
        }
        match &problem.hint {
            Some(hint) => writeln!(f, "   = hint: {}", clean(hint, MESSAGE)),
            None => Ok(()),
        }
    }

    /// Which variant, option or axis the value came from, in parentheses.
    fn provenance(&self, problem: &Diagnostic) -> String {
        let variants = problem.variants.as_slice();
        let only = match variants {
            [] => String::new(),
            [one] => format!("in variant {one}"),
            [some @ .., _] if some.len() > 4 => format!("in {} variants", variants.len()),
            [some @ .., last] => format!("in variants {} and {last}", some.join(", ")),
        };
        let text = match &problem.origin {
            Origin::Variant(name, _) => format!("variant {name}"),
            Origin::Sweep(axis, _) if only.is_empty() => format!("sweep axis {axis}"),
            Origin::Sweep(axis, _) => format!("sweep axis {axis}, {only}"),
            Origin::Set(text) if only.is_empty() => return clean(text, EXCERPT),
            Origin::Set(text) => format!("{}, {only}", clean(text, EXCERPT)),
            Origin::BuiltIn if only.is_empty() => return clean(&self.file, MESSAGE),
            Origin::Base(_) | Origin::BuiltIn => only,
        };
        match text.as_str() {
            "" => text,
            _ if problem.origin.place().is_some() => format!(" ({})", clean(&text, MESSAGE)),
            _ => clean(&text, MESSAGE),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems.list {
            self.render(f, problem)?;
            writeln!(f)?;
        }
        let count = self.problems.list.len() + self.problems.left_out;
        let noun = if self.problems.any_error() { "problem" } else { "warning" };
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "{count} {noun}{plural} in {}", clean(&self.file, MESSAGE))?;
        match self.problems.left_out {
            0 => Ok(()),
            left => write!(f, " ({left} not shown)"),
        }
    }
}

/// A line of the file with the place in it marked.
struct Excerpt {
    line: usize,
    column: usize,
    text: String,
    indent: usize,
    width: usize,
}

fn excerpt(text: &str, place: Place) -> Excerpt {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(place.start);
    let end = floor(place.end).max(start);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    let before = &text[line_start..start];
    let marked = &text[start..end.min(line_end)];
    let after = text[start + marked.len()..line_end].trim_end_matches('\r');
    // Of a long line, what stands around the place.
    let lead: String = match before.char_indices().rev().nth(EXCERPT / 2) {
        Some((cut, _)) => format!("...{}", escape(&before[cut..])),
        None => escape(before.trim_start()),
    };
    let indent = lead.chars().count();
    let rest = clean(&format!("{marked}{after}"), EXCERPT.max(indent + 24) - indent);
    let width = escape(marked).chars().count().clamp(1, rest.chars().count().max(1));
    Excerpt {
        line: text[..line_start].matches('\n').count() + 1,
        column: before.chars().count() + 1,
        text: format!("{lead}{rest}").trim_end().to_owned(),
        indent,
        width,
    }
}

/// Text that a terminal shows as it stands: control characters, and those that reorder text, are escaped.
fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push(' '),
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
                let _ = write!(shown, "{}", c.escape_unicode());
            }
            c if c.is_control() => {
                let _ = write!(shown, "{}", c.escape_default());
            }
            c => shown.push(c),
        }
    }
    shown
}

/// [`escape`]d, and no longer than `limit` characters.
fn clean(text: &str, limit: usize) -> String {
    let cut = text.char_indices().nth(limit).map_or(text.len(), |(at, _)| at);
    let shown = escape(&text[..cut]);
    match shown.char_indices().nth(limit) {
        Some((at, _)) => format!("{}...", &shown[..at]),
        None if cut < text.len() => format!("{shown}..."),
        None => shown,
    }
}
