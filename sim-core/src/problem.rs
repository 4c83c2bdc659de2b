//! What is wrong with a scenario: where, what, and what to do about it.

/// One thing that makes no sense, at a dotted path such as `services.api.scaling.target`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: the path of the offending value within the variant.
    pub path: String,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { path: path.into(), message: message.into(), hint: None }
    }

    /// The same problem with a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A hint for a name that does not exist: the nearest of the names that do, or all of them if they are few.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let nearest = known
        .iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()), candidate)
        })
        .min();
    match nearest {
        Some((distance, candidate)) if distance <= 1 + name.len() / 4 => {
            format!("did you mean `{candidate}`?")
        }
        None => "there is none yet".into(),
        Some(_) if known.len() <= 24 => {
            format!("there is {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "))
        }
        Some(_) => format!("there are {} others", known.len()),
    }
}
