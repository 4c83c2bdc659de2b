//! Hints: "did you mean", and lists of what is allowed, short enough to read.

/// Longest word for which a near one is looked for.
const WORD_LIMIT: usize = 60;
/// Most names that a hint lists.
const LIST_LIMIT: usize = 20;

/// The candidate that someone who wrote `word` most likely meant.
pub(super) fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.is_empty() || word.len() > WORD_LIMIT {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['_', ' ', '.'], "-");
    let word = plain(word);
    let near = candidates.into_iter().filter(|candidate| candidate.len() <= WORD_LIMIT);
    let scored = near.filter_map(|candidate| {
        let other = plain(candidate);
        let edits = strsim::damerau_levenshtein(&word, &other);
        let alike = strsim::jaro_winkler(&word, &other);
        (edits <= 1 + word.chars().count().min(other.chars().count()) / 4 || alike > 0.9)
            .then_some((edits, candidate))
    });
    // One edit turns any letter into any other: that is no evidence.
    scored
        .filter(|(edits, _)| word.chars().count() > *edits + 1 || *edits == 0)
        .min_by_key(|(edits, _)| *edits)
        .map(|best| best.1)
}

/// `` `a`, `b` or `c` ``; of a long list only the beginning.
pub(super) fn list<'c>(names: impl IntoIterator<Item = &'c str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing".into(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= LIST_LIMIT => format!("{} or {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..LIST_LIMIT].join(", "), names.len() - LIST_LIMIT),
    }
}

/// "did you mean `x`?" where something is near, else `lead` and the list of what is allowed.
pub(super) fn hint<'c>(word: &str, lead: &str, names: impl IntoIterator<Item = &'c str> + Clone) -> String {
    match closest(word, names.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("{lead} {}", list(names)),
    }
}

/// `` `a` and `b` ``.
pub(super) fn list_all(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" and ")
}
