//! The built-in `launch-day` as `fleetsim run` runs it: loaded, simulated on so many threads, every record stored.

use std::sync::atomic::AtomicBool;

use scenarios::builtin;
use scenarios::catalogue::{DEFAULT_PRICE_BOOK, INSTANCE_TYPES_DATE, instance_types, price_book};
use scenarios::file::{self, Scenario};
use scenarios::results::Prices;
use scenarios::runner::{Experiment, Input, Options, Surroundings};
use sim_core::cost::BillOptions;
use sim_core::model::Platform;
use sim_core::policy::Catalogue;
use sim_core::traffic::NoTraces;

/// Runs all of it, or one replication of one variant, and returns how many requests were born in it.
///
/// # Panics
/// If a job fails or no folder can be made.
pub fn launch_day(threads: usize, variant: Option<&str>) -> u64 {
    let builtin = builtin::find("launch-day").expect("a built-in scenario");
    let policies = Catalogue::builtin();
    let instance_types = instance_types().map(|it| (it.name.clone(), it.clone())).collect();
    let platform = Platform { instance_types: &instance_types, policies: &policies, traces: &NoTraces };
    let around =
        file::Surroundings { platform: &platform, check_trace: &|_| unreachable!("it has no trace") };
    let scenario = Scenario::load(builtin.text, builtin.name, &file::Options::default(), &around)
        .expect("a built-in has no problems");
    let around = Surroundings {
        instance_types: &instance_types,
        instance_types_date: INSTANCE_TYPES_DATE,
        policies: &policies,
    };
    let book = price_book(DEFAULT_PRICE_BOOK).expect("the default price book").clone();
    let options = Options {
        threads: Some(threads),
        only: variant.map(|variant| (variant.to_owned(), 1)),
        ..Options::default()
    };
    let prices = Prices { book, options: BillOptions::default() };
    let experiment =
        Experiment::new(&scenario, Input::default(), around, prices, options).expect("an experiment");
    let folder = tempfile::tempdir().expect("a folder");
    let outcome = experiment.run(folder.path(), &AtomicBool::new(false), &|_| {}).expect("results");
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    let records = outcome.results.variants.iter().flat_map(|variant| &variant.records);
    records.map(|record| record.services["shop"].born).sum()
}
