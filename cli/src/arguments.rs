//! What may be typed: commands, options, and their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use scenarios::document::set::Override;

use crate::exit;

/// Which compute should this workload run on?
///
/// fleetsim simulates container and function fleets request by request (ECS on EC2 instances, Fargate tasks, Lambda
/// functions) under the traffic, placement and scaling policies of a scenario, and compares latency, utilization and
/// cost.
#[derive(Debug, Parser)]
#[command(name = "fleetsim", version, after_help = FIRST_STEPS, after_long_help = long_after_help())]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const FIRST_STEPS: &str = "First steps:
  fleetsim run hello           the smallest scenario, in a few seconds
  fleetsim explain hello       its file, commented line by line: a place to start from
  fleetsim list scenarios      what else is built in";

fn long_after_help() -> String {
    format!("{FIRST_STEPS}\n\n{}", exit::help())
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario and compare its variants
    #[command(long_about = RUN, after_help = RUN_EXAMPLES)]
    Run(Run),
    /// Say everything that is wrong with a scenario, and run nothing
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Scenario),
    /// List what there is to choose from
    List(List),
    /// Explain a policy, a setting or a built-in scenario
    #[command(long_about = EXPLAIN, after_help = EXPLAIN_EXAMPLES)]
    Explain(Explain),
    /// Ask a policy outside a run: views as JSON in, decisions out
    #[command(long_about = DECIDE, after_help = DECIDE_EXAMPLES)]
    Decide(Decide),
    /// Draw the report of saved results again
    Report(Report),
    /// Price saved results with another price book
    #[command(after_help = PRICE_EXAMPLES)]
    Price(Price),
    /// Run random scenarios under checkers, to find mistakes in the program
    #[command(long_about = SWARM, after_help = SWARM_EXAMPLES)]
    Swarm(Swarm),
    /// Compare the simulator with queueing theory
    #[command(long_about = VALIDATE, after_help = VALIDATE_EXAMPLES)]
    Validate(Validate),
    /// Print the JSON Schema of a scenario file, for editors
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema,
    /// Write the reference pages into a folder
    #[command(hide = true)]
    Docs(Docs),
    /// Run the built-in scenarios and put their figures into the lessons of a folder
    #[command(hide = true)]
    Lessons(Docs),
}

const RUN: &str = "Run a scenario and compare its variants.

Every variant is run as often as the scenario has replications, each with other luck and every variant with the same
luck, on all cores. The comparison is printed at the end; the folder of results holds the whole report.

Finished replications are kept: a run that was stopped with Ctrl-C goes on where it was when the same command is given
again, and with more replications only those that are new are run.";

const RUN_EXAMPLES: &str = "Examples:
  fleetsim run hello
  fleetsim run shop.toml --out results/shop --replications 30
  fleetsim run shop.toml --sensitivity
  fleetsim run shop.toml --set services.web.scaling.target-tracking.target=70% --out results/shop-70";

const CHECK_EXAMPLES: &str = "Example:
  fleetsim check shop.toml --set sources.visitors.arrivals.poisson.rate=200/s";

const EXPLAIN: &str = "Explain a policy, a setting or a built-in scenario, from its own declaration.

A setting is named by its dotted path; the names that a scenario gives (of a service, a source) may be left out, and so
may the beginning of the path.";

const EXPLAIN_EXAMPLES: &str = "Examples:
  fleetsim explain target-tracking
  fleetsim explain service-scaling               the policies of one kind
  fleetsim explain services.task.cpu             a setting
  fleetsim explain sources.arrivals.poisson      an option of a setting
  fleetsim explain hello > mine.toml             a built-in scenario: its file";

const DECIDE: &str = "Ask a policy outside a run: views as JSON in, decisions out.

Standard input holds views, one JSON object after the other (one a line, or one over several lines). For each, one line
goes to standard output: the decision with its reason. Every view is asked of a new policy that remembers nothing.";

const DECIDE_EXAMPLES: &str = r#"Examples:
  fleetsim decide spread --example                                        a view to start from
  fleetsim decide spread --example | fleetsim decide spread --params '"zone"'
  fleetsim decide service-scaling/fixed --params '{"count": 6}' < views.jsonl"#;

const SWARM: &str = "Run random scenarios under checkers, to find mistakes in the program.

One seed makes one scenario: any mix of platforms, traffic, policies and limits, each with some features left out and others
pushed far up. It runs under checkers that stand outside the model. What fails is made as small as it can be and still fail
in the same way; the scenario and the small one are written to a folder.";

const SWARM_EXAMPLES: &str = "Examples:
  fleetsim swarm --seeds 0..10000
  fleetsim swarm --seeds 4711..4712 --print > scenario.toml     the scenario of one seed";

const PRICE_EXAMPLES: &str = "Example:
  fleetsim price fleetsim-out/hello --book us-east-1-2026-09 --free-tier";

const VALIDATE: &str = "Compare the simulator with queueing theory.

Runs scenarios whose answers theory knows exactly, and prints both side by side: a comparison passes if theory lies inside the
interval of the simulation (all of them together 99 %) and the interval is as narrow as stated. Also checks Little's law on
every queue of every built-in scenario, holds how long things take on the platforms against bands of documented and measured
figures, and measures how often intervals cover what they are intervals of. Takes a few minutes on all cores; --quick some
seconds.";

const VALIDATE_EXAMPLES: &str = "Examples:
  fleetsim validate --quick
  fleetsim validate --only m/g/1
  fleetsim validate --out docs        docs/validation.md, with charts and the scenario file of every case";

const SCHEMA_EXAMPLES: &str = "Example, for an editor with TOML language support:
  fleetsim schema > scenario.schema.json
  then, as the first line of a scenario:  #:schema ./scenario.schema.json";

/// A scenario, and what is changed in it.
#[derive(Args, Debug)]
pub(crate) struct Scenario {
    /// A scenario file, or the name of a built-in scenario
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: String,
    /// Change a setting; may be given several times
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = Override::parse)]
    pub(crate) set: Vec<Override>,
    /// The root of all luck, instead of the scenario's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// How often each variant is run, instead of the scenario's number
    #[arg(long, value_name = "N")]
    pub(crate) replications: Option<u32>,
    /// The most runs (variants x sweep values x replications) that are accepted, a million at most
    #[arg(long, value_name = "N", default_value_t = scenarios::file::JOB_LIMIT)]
    pub(crate) max_jobs: u64,
}

/// `fleetsim run`.
#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) scenario: Scenario,
    /// The folder for the results [default: fleetsim-out/NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// How many runs at a time [default: one per core]; the results are the same for any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Write every request of every run to requests-*.csv beside the results
    #[arg(long)]
    pub(crate) traces: bool,
    /// Run everything under checkers that stand outside the model; a run that they find something wrong with fails (exit
    /// code 6). Results are the same
    #[arg(long)]
    pub(crate) check: bool,
    /// Run everything again with each assumption at its low and at its high value, to see which matter: many more runs
    /// (`fleetsim check` says how many)
    #[arg(long, conflicts_with = "only")]
    pub(crate) sensitivity: bool,
    /// Run one replication of one variant alone, as in fargate:3
    #[arg(long, value_name = "VARIANT:N", value_parser = one_job)]
    pub(crate) only: Option<(String, u32)>,
}

/// Reads `fargate:3`. A variant's name may itself have colons.
fn one_job(text: &str) -> Result<(String, u32), String> {
    let (variant, number) = text.rsplit_once(':').ok_or("a variant and a replication, as in fargate:3")?;
    let number = number.parse().map_err(|_| format!("`{number}` is not the number of a replication"))?;
    Ok((variant.to_owned(), number))
}

/// `fleetsim list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Of what
    pub(crate) what: Listed,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Listed {
    /// Built-in scenarios
    Scenarios,
    /// Policies, by the question that they answer
    Policies,
    /// EC2 instance types
    Instances,
    /// Price books
    Prices,
    /// Language runtimes of functions
    Runtimes,
}

/// `fleetsim explain`.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// A policy, a kind of policy, the path of a setting, or a built-in scenario
    pub(crate) name: String,
}

/// `fleetsim decide`.
#[derive(Args, Debug)]
pub(crate) struct Decide {
    /// The policy; of names that several kinds have, with the kind: service-scaling/fixed
    pub(crate) policy: String,
    /// Its parameters as a scenario has them, in JSON; left out, those of its example
    #[arg(long, value_name = "JSON")]
    pub(crate) params: Option<String>,
    /// Print a view on which the policy can be tried, and ask nothing
    #[arg(long)]
    pub(crate) example: bool,
}

/// `fleetsim report`.
#[derive(Args, Debug)]
pub(crate) struct Report {
    /// The folder of the results
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// `fleetsim price`.
#[derive(Args, Debug)]
pub(crate) struct Price {
    /// The folder of the results
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// The price book: a built-in one's name (fleetsim list prices), or a file of your own
    #[arg(long, value_name = "NAME", default_value = scenarios::catalogue::DEFAULT_PRICE_BOOK)]
    pub(crate) book: String,
    /// Take the free tier of Lambda into account
    #[arg(long)]
    pub(crate) free_tier: bool,
}

/// `fleetsim swarm`.
#[derive(Args, Debug)]
pub(crate) struct Swarm {
    /// Which seeds, the last not included, as in 0..1000
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    pub(crate) seeds: std::ops::Range<u64>,
    /// The folder for scenarios that fail
    #[arg(long, value_name = "DIR", default_value = "fleetsim-out/swarm")]
    pub(crate) out: PathBuf,
    /// How many scenarios at a time [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// How many seconds one scenario may take before it is taken for hanging, which ends the command
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) patience: u64,
    /// Print the scenarios, and run nothing
    #[arg(long)]
    pub(crate) print: bool,
}

/// Reads `0..1000`.
fn seeds(text: &str) -> Result<std::ops::Range<u64>, String> {
    let (from, to) = text.split_once("..").ok_or("a first seed and one after the last, as in 0..1000")?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is not a seed"));
    let range = number(from)?..number(to)?;
    if range.is_empty() { Err("there is no seed between them".into()) } else { Ok(range) }
}

/// `fleetsim validate`.
#[derive(Args, Debug)]
pub(crate) struct Validate {
    /// Write validation.md, its charts and its scenario files into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// How many runs at a time [default: one per core]; the results are the same for any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Only some cases, with fewer replications and wider intervals
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only what has this in its name: a family, a case, little (Little's law), timelines, coverage
    #[arg(long, value_name = "PART")]
    pub(crate) only: Option<String>,
}

/// `fleetsim docs` and `fleetsim lessons`.
#[derive(Args, Debug)]
pub(crate) struct Docs {
    /// The folder
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}
