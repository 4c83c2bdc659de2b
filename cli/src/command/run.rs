//! `fleetsim run`: from a scenario to a folder of results and a report.

use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use scenarios::catalogue::{DEFAULT_PRICE_BOOK, INSTANCE_TYPES_DATE, price_book};
use scenarios::file::{JOB_LIMIT, Scenario};
use scenarios::results::{Analysis, Held, Prices};
use scenarios::runner::{Experiment, Input, Options, Outcome, REQUEST_LIMIT, RunError, Surroundings, quoted};
use sim_core::cost::BillOptions;
use sim_core::policy::Catalogue;

use super::report;
use crate::arguments::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::{Bar, on_interrupt};
use crate::scenario::{self, Loaded};

/// The folder that results go to unless another is named.
const OUT: &str = "fleetsim-out";

/// Runs what was asked for and reports, in tables at most `columns` wide.
pub(crate) fn run(
    asked: &Run,
    policies: &Catalogue,
    columns: usize,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let Loaded { scenario, origin } = scenario::load(&asked.scenario, policies)?;
    if !scenario.warnings.list().is_empty() {
        crate::talk::talk!("{}\n", scenario.warnings);
    }
    let folder = asked.out.clone().unwrap_or_else(|| default_folder(&scenario));
    let command = command(asked);
    let input = Input {
        file: asked.scenario.scenario.clone(),
        text: origin.text(),
        overrides: asked.scenario.set.iter().map(|given| given.text.replacen("--set ", "", 1)).collect(),
        folder: origin.folder().to_owned(),
        command: command.clone(),
    };
    let instance_types = scenario::instance_types();
    let surroundings =
        Surroundings { instance_types: &instance_types, instance_types_date: INSTANCE_TYPES_DATE, policies };
    let experiment = Experiment::new(&scenario, input, surroundings, prices()?, options(asked))?;
    announce(&experiment, asked)?;
    let cancel = on_interrupt();
    let bar = Bar::new(experiment.jobs());
    let outcome = experiment.run(&folder, &cancel, &|progress| bar.show(progress));
    drop(bar);
    let outcome = outcome?;
    outcome.notes.iter().for_each(|note| crate::talk::talk!("note: {note}"));
    outcome.failures.iter().for_each(|failure| crate::talk::talk!("error: {failure}\n"));
    if cancel.load(Ordering::Relaxed) && outcome.skipped > 0 {
        let kept = outcome.simulated + outcome.resumed;
        let all = kept + outcome.skipped + outcome.failures.len();
        crate::talk::talk!("stopped: {kept} of {all} runs are finished and kept in {}", folder.display());
        crate::talk::talk!("go on with: {command}");
        return Ok(Exit::Interrupted);
    }
    conclude(&outcome, asked, columns, out)
}

/// Reports what was run. One job alone is reported with all the others or, if some are missing, not at all: a report of it
/// would replace one that says more.
fn conclude(outcome: &Outcome, asked: &Run, columns: usize, out: &mut dyn Write) -> Result<Exit, Failure> {
    let exit = if outcome.failures.is_empty() { Exit::Done } else { Exit::Jobs };
    let variants = &outcome.results.variants;
    let finished: usize = variants.iter().map(|variant| variant.records.len()).sum();
    let missing = outcome.results.missing().len();
    if asked.only.is_some() && missing > 0 {
        crate::talk::talk!("no report: {finished} of {} runs are finished", finished + missing);
        return Ok(exit);
    }
    if variants.iter().any(|variant| variant.records.is_empty()) {
        crate::talk::talk!("no report yet: {finished} runs are finished, and not every variant has one");
        return Ok(exit);
    }
    if outcome.resumed > 0 && asked.only.is_none() {
        crate::talk::talk!("{} runs were there already, {} are new", outcome.resumed, outcome.simulated);
    }
    let analysis = report::finish(&outcome.results, columns, out)?;
    Ok(if exit == Exit::Done { gate(&analysis) } else { exit })
}

/// How a run ends whose runs all ended well: by the worst of what the scenario asserts.
fn gate(analysis: &Analysis) -> Exit {
    match analysis.assertions.iter().map(|decided| decided.outcome).max() {
        None | Some(Held::Holds) => Exit::Done,
        Some(Held::Undecided) => Exit::AssertionUndecided,
        Some(Held::Fails) => Exit::AssertionFails,
    }
}

/// Says how much work a sensitivity analysis is before it begins, and refuses what is more than was allowed.
fn announce(experiment: &Experiment<'_>, asked: &Run) -> Result<(), Failure> {
    let Some(plan) = experiment.sensitivity() else { return Ok(()) };
    // Where a metric is to be known exactly, it is as many as that takes.
    let run = &experiment.manifest().run;
    let (runs, limit) = (plan.runs(run.most_replications()), asked.scenario.max_jobs);
    let at_most = if run.precision.is_some() { "at most " } else { "" };
    let assumptions = plan.moves.len();
    crate::talk::talk!(
        "sensitivity: {assumptions} assumptions at their low and high values are {at_most}{runs} runs more than the {} of the scenario",
        experiment.jobs()
    );
    if runs.saturating_add(experiment.jobs() as u64) > limit {
        let message = format!(
            "a sensitivity analysis would take {at_most}{runs} runs more, above the limit of {limit} in all"
        );
        return Err(Failure::new(Exit::Input, message)
            .hint("fewer --replications take less; --max-jobs accepts more"));
    }
    Ok(())
}

fn options(asked: &Run) -> Options {
    Options {
        threads: asked.threads.map(usize::from),
        requests: asked.traces.then_some(REQUEST_LIMIT),
        check: asked.check,
        sensitivity: asked.sensitivity,
        only: asked.only.clone(),
        ..Options::default()
    }
}

/// The prices that bills are made with at first; `fleetsim price` takes others.
fn prices() -> Result<Prices, Failure> {
    let book = price_book(DEFAULT_PRICE_BOOK)
        .ok_or_else(|| Failure::new(Exit::Internal, "the default price book is missing"))?;
    Ok(Prices { book: book.clone(), options: BillOptions::default() })
}

/// `fleetsim-out/NAME`, the name as a folder can have it.
fn default_folder(scenario: &Scenario) -> PathBuf {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let name: String = scenario.name.chars().map(|c| if plain(c) { c } else { '-' }).collect();
    let name = name.trim_start_matches('.');
    PathBuf::from(OUT).join(if name.is_empty() { "scenario" } else { name })
}

/// The command that was typed, as a shell takes it: it makes the same results again, or goes on with them.
fn command(asked: &Run) -> String {
    let mut words = vec!["fleetsim".to_owned(), "run".to_owned(), asked.scenario.scenario.clone()];
    let mut option = |name: &str, value: Option<String>| {
        words.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    };
    for given in &asked.scenario.set {
        option("--set", Some(given.text.replacen("--set ", "", 1)));
    }
    option("--seed", asked.scenario.seed.map(|seed| seed.to_string()));
    option("--replications", asked.scenario.replications.map(|number| number.to_string()));
    let limit = asked.scenario.max_jobs;
    option("--max-jobs", (limit != JOB_LIMIT).then(|| limit.to_string()));
    option("--out", asked.out.as_ref().map(|path| path.display().to_string()));
    let flags = [("--traces", asked.traces), ("--sensitivity", asked.sensitivity)];
    words.extend(flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag.to_owned()));
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Refused(message) => Failure::new(Exit::Input, message),
            RunError::Results(error) => error.into(),
            RunError::Luck(_) => Failure::new(Exit::Internal, error.to_string()),
        }
    }
}
