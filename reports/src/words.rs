//! Sentences of several names and clauses.

/// Names in a sentence, the first few where there are many: `A, B, C and 9 others`.
pub(crate) fn named(names: &[String]) -> String {
    if names.len() <= 5 {
        return listed(names);
    }
    let others = format!("{} others", names.len() - 3);
    listed(&[&names[..3], &[others]].concat())
}

/// Items in a sentence: `A`, `A and B`, `A, B and C`.
pub(crate) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

/// `text` with a full stop. Its case stays: it may begin with a variant's name.
pub(crate) fn sentence(text: &str) -> String {
    format!("{text}{}", if text.is_empty() || text.ends_with(['.', '?', '!']) { "" } else { "." })
}
