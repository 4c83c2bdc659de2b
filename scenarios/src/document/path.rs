//! Paths to a setting: `services.web.scaling.target-tracking.target`, `sources."a.b".weights[0]`.

use std::fmt;

use super::{Node, Value};

/// A path from the root of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the entry of this name.
    Key(String),
    /// To the item at this position, from 0.
    Index(usize),
}

impl Path {
    /// The longest path that is read, in bytes.
    pub const LENGTH_LIMIT: usize = 1_000;

    /// Reads dotted keys; a key with other characters than letters, digits, `-` and `_` stands in quotes; `[0]`
    /// picks an item of a list. The error is a fragment that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > Self::LENGTH_LIMIT {
            return Err(format!("the path is longer than {} bytes", Self::LENGTH_LIMIT));
        }
        let mut steps = Vec::new();
        let mut rest = text.trim();
        loop {
            let (key, behind) = key(rest)?;
            steps.push(Step::Key(key));
            rest = behind;
            while let Some(inside) = rest.strip_prefix('[') {
                let (index, behind) = inside.split_once(']').ok_or("a `[` is not closed")?;
                let index = index.trim().parse();
                steps.push(Step::Index(index.map_err(|_| "the position in `[ ]` is not a whole number")?));
                rest = behind;
            }
            match rest.strip_prefix('.') {
                Some(behind) => rest = behind,
                None if rest.is_empty() => return Ok(Path(steps)),
                None => return Err(format!("`{rest}` does not continue a path")),
            }
        }
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Goes one key deeper.
    pub fn push_key(&mut self, key: &str) {
        self.0.push(Step::Key(key.to_owned()));
    }

    /// Goes to an item.
    pub fn push_index(&mut self, index: usize) {
        self.0.push(Step::Index(index));
    }

    /// Goes one step back.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The path without its first `count` steps.
    #[must_use]
    pub fn skip(&self, count: usize) -> Path {
        Path(self.0.iter().skip(count).cloned().collect())
    }

    /// The first step's name.
    pub fn first_key(&self) -> Option<&str> {
        self.key_at(0)
    }

    /// The name at a step, if that step is one.
    pub fn key_at(&self, index: usize) -> Option<&str> {
        match self.0.get(index) {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }
}

/// The key at the front of `text`, and what is behind it.
fn key(text: &str) -> Result<(String, &str), String> {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote) {
            let (key, behind) = inside.split_once(quote).ok_or("a quote is not closed")?;
            return Ok((key.to_owned(), behind));
        }
    }
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let key = text[..end].trim();
    if key.is_empty() {
        return Err("a path is dotted keys, as in `services.web.timeout`; one key is empty".into());
    }
    Ok((key.to_owned(), &text[end..]))
}

fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            let dot = if position > 0 { "." } else { "" };
            match step {
                Step::Key(key) if is_bare(key) => write!(f, "{dot}{key}")?,
                Step::Key(key) if key.contains('"') => write!(f, "{dot}'{key}'")?,
                Step::Key(key) => write!(f, "{dot}\"{key}\"")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// One step from `node` along `rest`, a path whose names may hold dots without quotes.
pub(super) fn descend<'n, 'p>(node: &'n Node, rest: &'p str) -> Option<(&'n Node, &'p str)> {
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    match &node.value {
        Value::Table(entries) => {
            let fits = entries.iter().filter_map(|(key, child)| Some((key, child, behind(rest, key)?)));
            fits.max_by_key(|(key, ..)| key.len()).map(|(_, child, behind)| (child, behind))
        }
        Value::Array(items) => {
            let (digits, behind) = match rest.strip_prefix('[') {
                Some(inside) => inside.split_once(']')?,
                None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
            };
            Some((items.get(digits.parse::<usize>().ok()?)?, behind))
        }
        _ => None,
    }
}

/// What is behind `key` (bare or quoted) at the front of `rest`.
fn behind<'p>(rest: &'p str, key: &str) -> Option<&'p str> {
    let tail = match rest.strip_prefix('"') {
        Some(inside) => inside.strip_prefix(key)?.strip_prefix('"')?,
        None => rest.strip_prefix(key)?,
    };
    (tail.is_empty() || tail.starts_with(['.', '['])).then_some(tail)
}
