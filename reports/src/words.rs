//! Sentences of several names and clauses.

pub(crate) use scenarios::results::listed;

/// Names in a sentence, the first few where there are many: `A, B, C and 9 others`.
pub(crate) fn named(names: &[String]) -> String {
    if names.len() <= 5 {
        return listed(names);
    }
    let others = format!("{} others", names.len() - 3);
    listed(&[&names[..3], &[others]].concat())
}

/// `text` with a full stop. Its case stays: it may begin with a variant's name.
pub(crate) fn sentence(text: &str) -> String {
    format!("{text}{}", if text.is_empty() || text.ends_with(['.', '?', '!']) { "" } else { "." })
}
