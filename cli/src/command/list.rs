//! `fleetsim list`: what there is to choose from, a line each.

use std::io::Write;

use scenarios::{builtin, catalogue};
use sim_core::cost::{Arch, InstanceType};
use sim_core::policy::Catalogue;
use sim_core::spec::Package;
use sim_core::spec::{RUNTIMES, Runtime};

use crate::arguments::Listed;
use crate::failure::Failure;
use crate::text::Align::{Left, Right};
use crate::text::table;

/// Prints the list of `what`.
pub(crate) fn list(what: Listed, policies: &Catalogue, out: &mut dyn Write) -> Result<(), Failure> {
    let text = match what {
        Listed::Scenarios => scenarios(),
        Listed::Policies => self::policies(policies),
        Listed::Instances => instances(),
        Listed::Prices => prices(),
        Listed::Runtimes => runtimes(),
    };
    write!(out, "{text}")?;
    Ok(())
}

fn scenarios() -> String {
    let rows: Vec<Vec<String>> =
        builtin::all().map(|known| vec![known.name.to_owned(), known.summary().to_owned()]).collect();
    table(&[("NAME", Left), ("WHAT IT SHOWS", Left)], &rows)
}

fn policies(policies: &Catalogue) -> String {
    let row = |known: &sim_core::policy::catalogue::Information| {
        vec![known.kind.to_string(), known.name.to_owned(), known.summary.to_owned()]
    };
    let rows: Vec<Vec<String>> = policies.list().into_iter().map(row).collect();
    table(&[("KIND", Left), ("NAME", Left), ("WHAT IT DOES", Left)], &rows)
}

fn instances() -> String {
    let row = |known: &InstanceType| {
        let baseline = known.burst.map(|burst| format!("{}%", burst.baseline * 100.0));
        vec![
            known.name.clone(),
            known.vcpu.to_string(),
            known.memory.to_string(),
            known.arch.name().to_owned(),
            format!("{:.4}", known.on_demand_hour),
            known.max_enis.to_string(),
            known.network_gbps.to_string(),
            baseline.unwrap_or_else(|| "-".to_owned()),
        ]
    };
    let head = [
        ("TYPE", Left),
        ("VCPU", Right),
        ("MEMORY", Right),
        ("ARCH", Left),
        ("$/H", Right),
        ("INTERFACES", Right),
        ("GBIT/S", Right),
        ("CPU BASELINE", Right),
    ];
    table(&head, &catalogue::instance_types().map(row).collect::<Vec<_>>())
}

/// Each runtime with what it takes to start on x86, packaged as a zip archive, and the first request in it.
fn runtimes() -> String {
    let row = |known: &Runtime| {
        let init = known.init(Arch::X86, Package::Zip);
        let millis = |millis: f64| format!("{millis}ms");
        vec![
            known.name.to_owned(),
            millis(init.median_ms),
            millis(known.app_init_ms),
            millis(known.first_request_ms),
        ]
    };
    let head =
        [("NAME", Left), ("INIT (MEDIAN)", Right), ("APPLICATION'S INIT", Right), ("FIRST REQUEST", Right)];
    table(&head, &RUNTIMES.iter().map(row).collect::<Vec<_>>())
}

fn prices() -> String {
    let rows: Vec<Vec<String>> = catalogue::price_books()
        .map(|book| vec![book.name.clone(), book.region.clone(), book.date.clone(), book.about.clone()])
        .collect();
    table(&[("NAME", Left), ("REGION", Left), ("DATE", Left), ("WHAT IT HOLDS", Left)], &rows)
}
