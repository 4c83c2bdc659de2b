//! Dated catalogues that ship with the program: EC2 instance types and price books.
//!
//! They are files under `catalogue/`, compiled in: a scenario means the same wherever it is run, and a
//! catalogue's date is part of what a result says about itself. Sources stand in the files.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;
use sim_core::cost::{Arch, Burst, InstanceType, PriceBook};
use sim_core::quantity::MemorySize;

/// The date of the prices in the list of instance types.
pub const INSTANCE_TYPES_DATE: &str = "2026-07-20";
/// The price book that bills are made with unless another is named.
pub const DEFAULT_PRICE_BOOK: &str = "us-east-1-2026-09";

const INSTANCES: &str = include_str!("../catalogue/ec2_instances.csv");
const BOOKS: [&str; 1] = [include_str!("../catalogue/prices/us-east-1-2026-09.toml")];

static INSTANCE_TYPES: LazyLock<IndexMap<String, InstanceType>> = LazyLock::new(|| {
    read_instance_types(INSTANCES).expect("the built-in list of instance types is well-formed")
});
static PRICE_BOOKS: LazyLock<IndexMap<String, PriceBook>> =
    LazyLock::new(|| BOOKS.iter().map(|text| named(read_price_book(text))).collect());

fn named(book: Result<PriceBook, String>) -> (String, PriceBook) {
    let book = book.expect("the built-in price books are well-formed");
    (book.name.clone(), book)
}

/// A row of the list of instance types.
#[derive(Deserialize)]
struct Row {
    instance_type: String,
    vcpu: u32,
    memory_mib: u32,
    arch: Arch,
    on_demand_usd_per_hour: f64,
    max_enis: u32,
    ipv4_per_eni: u32,
    max_pods: u32,
    network_gbps: f64,
    trunk_tasks: Option<u32>,
    t_baseline_percent_per_vcpu: Option<f64>,
    t_credits_per_hour: Option<u32>,
}

impl From<Row> for InstanceType {
    fn from(row: Row) -> Self {
        let burst = row
            .t_baseline_percent_per_vcpu
            .zip(row.t_credits_per_hour)
            .map(|(percent, credits_per_hour)| Burst { baseline: percent / 100.0, credits_per_hour });
        InstanceType {
            name: row.instance_type,
            vcpu: row.vcpu,
            memory: MemorySize(row.memory_mib),
            arch: row.arch,
            on_demand_hour: row.on_demand_usd_per_hour,
            max_enis: row.max_enis,
            ipv4_per_eni: row.ipv4_per_eni,
            max_pods: row.max_pods,
            network_gbps: row.network_gbps,
            trunk_tasks: row.trunk_tasks,
            burst,
        }
    }
}

fn read_instance_types(text: &str) -> Result<IndexMap<String, InstanceType>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let rows = reader.deserialize::<Row>();
    rows.map(|row| row.map(|row| (row.instance_type.clone(), InstanceType::from(row)))).collect()
}

/// Reads a price book from TOML. For a book of one's own: take a built-in one as the pattern. The error says
/// all that is wrong with it, a line each.
pub fn read_price_book(text: &str) -> Result<PriceBook, String> {
    let book: PriceBook = toml::from_str(text).map_err(|error| error.to_string())?;
    let problems = book.problems();
    if problems.is_empty() { Ok(book) } else { Err(problems.join("\n")) }
}

/// The instance type of this name, `m7g.large`.
pub fn instance_type(name: &str) -> Option<&'static InstanceType> {
    INSTANCE_TYPES.get(name)
}

/// All instance types, family by family, from small to large.
pub fn instance_types() -> impl ExactSizeIterator<Item = &'static InstanceType> {
    INSTANCE_TYPES.values()
}

/// The price book of this name.
pub fn price_book(name: &str) -> Option<&'static PriceBook> {
    PRICE_BOOKS.get(name)
}

/// All price books.
pub fn price_books() -> impl ExactSizeIterator<Item = &'static PriceBook> {
    PRICE_BOOKS.values()
}

/// The instance types whose names are nearest to `name`, nearest first, for "did you mean": at most three,
/// and none where nothing is near.
pub fn nearest_instance_types(name: &str) -> Vec<&'static str> {
    nearest(name, INSTANCE_TYPES.keys().map(String::as_str))
}

/// The price books whose names are nearest to `name`.
pub fn nearest_price_books(name: &str) -> Vec<&'static str> {
    nearest(name, PRICE_BOOKS.keys().map(String::as_str))
}

fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(usize, &str)> =
        names.map(|candidate| (strsim::damerau_levenshtein(&wanted, candidate), candidate)).collect();
    scored.sort();
    scored.into_iter().take_while(|(distance, _)| *distance <= 3).take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod prices;
#[cfg(test)]
mod tests;
