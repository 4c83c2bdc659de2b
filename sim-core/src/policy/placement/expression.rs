//! The cluster query language: which instances an expression means.
//!
//! ECS Developer Guide, "Cluster query language". Of its subjects those are known that mean something in a simulation:
//! `attribute:NAME`, `runningTasksCount` and `task:group`. Patterns are whole-value, as in the platform's Java.
//!
//! ```text
//! expression = and { ("or" | "||") and }
//! and        = not { ("and" | "&&") not }
//! not        = [ "not" | "!" ] ( "(" expression ")" | comparison )
//! comparison = subject ( "exists" | "!exists" | ["!"] "in" "[" value {"," value} "]" | operator value )
//! ```

mod lexer;
mod parser;

use std::fmt;
use std::str::FromStr;

use regex_lite::Regex;

use crate::policy::view::Candidate;

/// The longest expression that ECS accepts, in characters.
const LONGEST: usize = 2000;

/// A parsed expression.
#[derive(Clone, Debug)]
pub enum Expression {
    /// Both hold.
    And(Box<Expression>, Box<Expression>),
    /// At least one holds.
    Or(Box<Expression>, Box<Expression>),
    /// It does not hold.
    Not(Box<Expression>),
    /// Some value of the subject passes the test.
    Is(Subject, Test),
}

/// What a comparison looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An attribute, built-in or custom: one value, or none.
    Attribute(String),
    /// The number of tasks on the instance.
    RunningTasks,
    /// The groups of the tasks on the instance: any number of values.
    TaskGroup,
}

/// What a comparison asks.
#[derive(Clone, Debug)]
pub enum Test {
    /// There is a value.
    Exists,
    /// It is this one.
    Equals(String),
    /// It is one of these.
    In(Vec<String>),
    /// It matches as a whole.
    Matches(Regex),
    /// It is greater, as a number where both are numbers.
    Above(String),
    /// It is less, likewise.
    Below(String),
}

/// Where and why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The character at which the error lies, counted from 1.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.message, self.at)
    }
}

impl std::error::Error for SyntaxError {}

impl FromStr for Expression {
    type Err = SyntaxError;
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        if text.chars().count() > LONGEST {
            return Err(SyntaxError { at: LONGEST, message: format!("longer than {LONGEST} characters") });
        }
        parser::parse(text)
    }
}

impl Expression {
    /// Whether the expression holds for `candidate`.
    pub fn holds(&self, candidate: &Candidate) -> bool {
        match self {
            Expression::And(one, other) => one.holds(candidate) && other.holds(candidate),
            Expression::Or(one, other) => one.holds(candidate) || other.holds(candidate),
            Expression::Not(inner) => !inner.holds(candidate),
            Expression::Is(subject, test) => match subject {
                Subject::Attribute(name) => candidate.attribute(name).is_some_and(|value| test.passes(value)),
                Subject::RunningTasks => test.passes(&candidate.tasks.to_string()),
                Subject::TaskGroup => candidate.groups.iter().any(|group| test.passes(group)),
            },
        }
    }
}

impl Test {
    fn passes(&self, value: &str) -> bool {
        match self {
            Test::Exists => true,
            Test::Equals(other) => value == other,
            Test::In(others) => others.iter().any(|other| other == value),
            Test::Matches(pattern) => pattern.is_match(value),
            Test::Above(other) => compare(value, other).is_gt(),
            Test::Below(other) => compare(value, other).is_lt(),
        }
    }
}

fn compare(one: &str, other: &str) -> std::cmp::Ordering {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        _ => one.cmp(other),
    }
}
