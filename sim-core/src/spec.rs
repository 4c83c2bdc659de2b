//! One variant of a scenario as plain data: what a fleet is built from.

/// Something wrong with the input: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The dotted path of the setting, `services.api.scaling.target-tracking.target` say.
    pub path: String,
    /// What is wrong, as a fragment.
    pub message: String,
    /// How to put it right, where that can be said.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem at `path` without a hint.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { path: path.into(), message: message.into(), hint: None }
    }

    /// The same problem with a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
