//! Runs a scenario file and draws its report: `cargo run -p reports --example run -- FILE OUT`.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use scenarios::catalogue;
use scenarios::file::{self, Scenario};
use scenarios::results::Prices;
use scenarios::runner::{Experiment, Input, Options, Surroundings};
use sim_core::cost::BillOptions;
use sim_core::policy::Catalogue;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, out] = arguments.as_slice() else { return Err("FILE and OUT, please".into()) };
    let instance_types = catalogue::instance_types().map(|it| (it.name.clone(), it.clone())).collect();
    let policies = Catalogue::builtin();
    let scenario =
        Scenario::load_file(Path::new(file), &file::Options::default(), &instance_types, &policies)
            .map_err(|report| report.to_string())?;
    let input = Input {
        file: file.clone(),
        text: std::fs::read_to_string(file)?,
        overrides: Vec::new(),
        folder: Path::new(file).parent().unwrap_or(Path::new("")).to_owned(),
        command: format!("fleetsim run {file}"),
    };
    let surroundings = Surroundings {
        instance_types: &instance_types,
        instance_types_date: catalogue::INSTANCE_TYPES_DATE,
        policies: &policies,
    };
    let book = catalogue::price_book(catalogue::DEFAULT_PRICE_BOOK).ok_or("no price book")?.clone();
    let prices = Prices { book, options: BillOptions::default() };
    let experiment = Experiment::new(&scenario, input, surroundings, prices, Options::default())?;
    let outcome = experiment.run(Path::new(out), &AtomicBool::new(false), &|progress| {
        eprintln!("{} of {}", progress.done, progress.total);
    })?;
    outcome.failures.iter().for_each(|failure| eprintln!("{failure}"));
    let analysis = outcome.results.write_tables()?;
    let data = reports::from_results::write(&outcome.results, &analysis)?;
    println!("{}", reports::text_table(&data));
    println!("{}", data.verdict.sentence);
    data.verdict.cautions.iter().for_each(|caution| println!("- {caution}"));
    Ok(())
}
