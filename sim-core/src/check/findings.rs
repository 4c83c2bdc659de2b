//! What checkers found: a bounded list, since what is wrong once is usually wrong a million times.

use std::fmt;

use crate::engine::Time;

/// How many violations are kept; the others are counted.
const KEPT: usize = 100;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Every request ends exactly once, as its client's settings say.
    Ends,
    /// What came in is what went out and what is inside.
    Flow,
    /// No request is served by a replica that is not ready.
    Readiness,
    /// No instance's and no replica's CPU, memory, ports, interfaces or places are exceeded.
    Capacity,
    /// No limit of concurrency or of a rate is exceeded.
    Limits,
    /// What is used lies between nothing and what is there.
    Utilization,
    /// Billed time is at least busy time.
    Bills,
    /// Bills, meters and means are the integral of state.
    Integrals,
    /// Time never goes back.
    Time,
    /// A decision is applied as stated, or refused with a reason.
    Decisions,
}

impl Invariant {
    /// All of them, in the order of the list above.
    pub const ALL: [Invariant; 10] = [
        Invariant::Ends,
        Invariant::Flow,
        Invariant::Readiness,
        Invariant::Capacity,
        Invariant::Limits,
        Invariant::Utilization,
        Invariant::Bills,
        Invariant::Integrals,
        Invariant::Time,
        Invariant::Decisions,
    ];

    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Invariant::Ends => "ends",
            Invariant::Flow => "flow",
            Invariant::Readiness => "readiness",
            Invariant::Capacity => "capacity",
            Invariant::Limits => "limits",
            Invariant::Utilization => "utilization",
            Invariant::Bills => "bills",
            Invariant::Integrals => "integrals",
            Invariant::Time => "time",
            Invariant::Decisions => "decisions",
        }
    }
}

/// Something that should not have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When, in simulated time.
    pub at: Time,
    /// What should hold.
    pub invariant: Invariant,
    /// Whose it is: a service, a group, an instance, a request.
    pub owner: String,
    /// What was to be expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { at, invariant, owner, expected, found } = self;
        write!(f, "{} at {at}: {owner}: expected {expected}, found {found}", invariant.name())
    }
}

/// What one run's checker found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub(super) now: Time,
    /// The first violations, in the order in which they were found.
    pub violations: Vec<Violation>,
    /// How many there were, those not kept included.
    pub total: u64,
    /// How many facts were heard.
    pub facts: u64,
    /// How many requests ended.
    pub requests: u64,
    /// How many requests had no outcome when the run was over.
    pub unfinished: u64,
    /// How many decisions were made.
    pub decisions: u64,
}

impl Findings {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.total == 0
    }

    /// Keeps a violation of `invariant` unless it `holds`: its owner, what was expected and what was found.
    #[inline]
    pub(super) fn unless(&mut self, holds: bool, invariant: Invariant, say: impl FnOnce() -> [String; 3]) {
        if holds {
            return;
        }
        self.total += 1;
        if self.violations.len() < KEPT {
            let [owner, expected, found] = say();
            self.violations.push(Violation { at: self.now, invariant, owner, expected, found });
        }
    }

    /// Keeps a violation unless `what` is as expected.
    #[inline]
    pub(super) fn equal<T: PartialEq + fmt::Display>(
        &mut self,
        invariant: Invariant,
        owner: impl Fn() -> String,
        what: &str,
        found: &T,
        expected: &T,
    ) {
        self.unless(found == expected, invariant, || {
            [owner(), format!("{what} to be {expected}"), found.to_string()]
        });
    }

    /// Keeps a violation if there is more of `what` than there may be.
    #[inline]
    pub(super) fn at_most<T: PartialOrd + fmt::Display>(
        &mut self,
        invariant: Invariant,
        owner: impl Fn() -> String,
        what: &str,
        found: &T,
        most: &T,
    ) {
        self.unless(found <= most, invariant, || {
            [owner(), format!("{what} to be at most {most}"), found.to_string()]
        });
    }
}

/// A line a violation, and how many more there are.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = 10.min(self.violations.len());
        for (index, violation) in self.violations[..shown].iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}{violation}")?;
        }
        match self.total - shown as u64 {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}
