//! Scenarios that come with the program: files like any other, compiled in.
//!
//! They are under `scenarios/builtin/`. The comment at the top of each says what it shows; its first line is the summary
//! that `fleetsim list scenarios` prints.

/// A scenario that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// Its name, `hello`.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

macro_rules! builtin {
    ($($name:literal),*) => {
        [$(Builtin { name: $name, text: include_str!(concat!("../builtin/", $name, ".toml")) }),*]
    };
}

const ALL: &[Builtin] = &builtin![
    "hello",
    "launch-day",
    "break-even",
    "scaling-lag",
    "binpack-or-spread",
    "cold-starts",
    "many-functions",
    "azure-day",
    "retry-storm",
    "zone-outage"
];

impl Builtin {
    /// What it shows, in a line: the first comment of its file.
    pub fn summary(&self) -> &'static str {
        self.text.lines().next().unwrap_or("").trim_start_matches(['#', ' '])
    }
}

/// All built-in scenarios, the simplest first.
pub fn all() -> impl ExactSizeIterator<Item = &'static Builtin> {
    ALL.iter()
}

/// The built-in scenario of this name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    all().find(|known| known.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file's first line says what it shows, and the file calls itself by its name.
    #[test]
    fn names_and_summaries() {
        for known in all() {
            assert!(known.text.starts_with("# "), "{} begins with a comment", known.name);
            let summary = known.summary();
            assert!((20..=130).contains(&summary.chars().count()), "{}: {summary}", known.name);
            let file: toml::Table = toml::from_str(known.text).unwrap();
            assert_eq!(file["name"].as_str(), Some(known.name));
        }
    }

    /// No file is forgotten.
    #[test]
    fn every_file_is_built_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/builtin");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap();
            assert!(find(name).is_some(), "{name} is not in the list");
        }
    }
}
