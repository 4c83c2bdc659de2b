//! One variant of a scenario as plain data: what a fleet is built from.

/// One thing that is wrong with a scenario, to be reported together with all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a dotted path, `services.api.scaling.target`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where that can be said.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem at `path` without a hint.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { path: path.into(), message: message.into(), hint: None }
    }

    /// The same problem with `hint`.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Problem { hint: Some(hint.into()), ..self }
    }
}
