//! Times after the end of the run: what is said of them never happens.
//!
//! By convention a setting called `at`, and the `start` of a ramp, is a time from the start of the run, whether in a
//! rate shape, a population or a scheduled action of any policy, a user's own included. That such a time lies after
//! the end is a warning, not an error: a run cut short to try something out is still a run. The same goes for a `cron`
//! expression that names no minute of the run.

use sim_core::calendar::{Calendar, Cron};
use sim_core::engine::{Span, Time};

use crate::document::{Code, Diagnostic, Diagnostics, Node, Path, Value};

/// Warns of every time in `fleet` that a run of `duration` does not reach, and of every date if its `start` is known.
pub(super) fn warn(fleet: &Node, duration: Span, start: Option<Calendar>, problems: &mut Diagnostics) {
    let mut search = Search { duration, start, path: Path::default(), problems };
    for kind in ["sources", "services", "clusters", "faults"] {
        if let Some(entries) = fleet.get(kind) {
            search.path.push_key(kind);
            search.node(entries, kind);
            search.path.pop();
        }
    }
}

struct Search<'s> {
    duration: Span,
    start: Option<Calendar>,
    path: Path,
    problems: &'s mut Diagnostics,
}

impl Search<'_> {
    fn node(&mut self, node: &Node, name: &str) {
        match &node.value {
            Value::Table(entries) => {
                for (key, child) in entries {
                    self.path.push_key(key);
                    self.time(child, key, name);
                    self.date(child, key);
                    self.node(child, key);
                    self.path.pop();
                }
            }
            Value::Array(items) => {
                // A line is drawn towards its first point after the end; that one has an effect.
                let reached =
                    |item: &Node| item.get("at").and_then(span).is_none_or(|at| at <= self.duration);
                let towards =
                    items.iter().position(|item| !reached(item)).filter(|_| name == "piecewise-linear");
                for (index, item) in items.iter().enumerate().filter(|(index, _)| Some(*index) != towards) {
                    self.path.push_index(index);
                    self.node(item, name);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    fn time(&mut self, node: &Node, key: &str, parent: &str) {
        let is_time = key == "at" || (key == "start" && parent == "ramp");
        if let Some(at) = span(node).filter(|at| is_time && *at > self.duration) {
            let message = format!("{at} is after the end of the run, {}", self.duration);
            self.warn(node, message, "what is said of this time never happens");
        }
    }

    /// A cron expression that never comes due in the run. One that can never come due at all is an error elsewhere.
    fn date(&mut self, node: &Node, key: &str) {
        let (Some(start), true) = (self.start, key == "cron") else { return };
        let Some(cron) = node.as_text().and_then(|text| Cron::parse(text).ok()) else { return };
        let last = start.minute(Time::ZERO + self.duration);
        if cron.next_from(start.first_minute()).is_some_and(|due| due <= last) {
            return;
        }
        let message = format!("never comes due within the run, {} from {start}", self.duration);
        self.warn(node, message, "`run.start` says on which date the run begins");
    }

    fn warn(&mut self, node: &Node, message: String, hint: &str) {
        let problem = Diagnostic::new(Code::Meaning, node.origin.clone(), self.path.to_string(), message);
        self.problems.push(problem.hint(hint).warning());
    }
}

fn span(node: &Node) -> Option<Span> {
    node.as_text()?.parse().ok()
}
