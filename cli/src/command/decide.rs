//! `fleetsim decide`: one question to one policy, outside a run.
//!
//! This is how a policy is tried by hand, graded in a course, and compared with the platform that it imitates: views
//! stream in, decisions stream out, and each is asked of a new policy, so that the same view gives the same decision.

use std::io::{IsTerminal as _, Write};

use serde_json::Value;
use sim_core::policy::catalogue::Information;
use sim_core::policy::{Catalogue, PolicySpec};
use sim_core::spec::Problem;

use crate::arguments::Decide;
use crate::exit::Exit;
use crate::failure::Failure;

/// Answers every view on standard input.
pub(crate) fn decide(asked: &Decide, catalogue: &Catalogue, out: &mut dyn Write) -> Result<(), Failure> {
    let named = PolicySpec::named(&asked.policy);
    let known = catalogue.find_one(&named.name).map_err(unknown)?;
    if asked.example {
        writeln!(out, "{}", known.example_view)?;
        return Ok(());
    }
    let spec = PolicySpec::new(known.name, parameters(asked, named.parameters, known)?);
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        crate::talk::talk!(
            "waiting for views as JSON; `fleetsim decide {} --example` prints one, Ctrl-D ends",
            asked.policy
        );
    }
    let views = serde_json::Deserializer::from_reader(stdin.lock()).into_iter::<Value>();
    let mut count = 0;
    for view in views {
        count += 1;
        let view = view.map_err(|error| unreadable(count, &error))?;
        let decision = catalogue.decide(known.kind, &spec, &view).map_err(|problems| Failure::Problems {
            of: format!("view {count} or the parameters"),
            problems,
        })?;
        writeln!(out, "{decision}")?;
        out.flush()?;
    }
    match count {
        0 => Err(Failure::new(Exit::Input, "no view on standard input")
            .hint(format!("`fleetsim decide {} --example` prints one", asked.policy))),
        _ => Ok(()),
    }
}

fn unknown(problem: Problem) -> Failure {
    let failure = Failure::new(Exit::Usage, problem.message);
    match problem.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The parameters: as given, after the name (`spread:zone`), or those of the example.
fn parameters(asked: &Decide, argument: Value, known: &Information) -> Result<Value, Failure> {
    let Some(text) = &asked.params else {
        if !argument.is_null() || !known.has_parameters() {
            return Ok(argument);
        }
        crate::talk::talk!("no --params: taking those of the example, {}", known.example);
        return Ok(known.example.clone());
    };
    serde_json::from_str(text).map_err(|error| {
        let hint = format!("for example --params '{}'", known.example);
        Failure::new(Exit::Usage, format!("--params is not JSON: {error}")).hint(hint)
    })
}

fn unreadable(count: u64, error: &serde_json::Error) -> Failure {
    match error.io_error_kind() {
        Some(_) => Failure::new(Exit::Files, format!("cannot read standard input: {error}")),
        None => Failure::new(Exit::Input, format!("view {count} is not JSON: {error}")),
    }
}
