//! Bills, assumptions, and what is not billed.

use scenarios::results::{Analysis, LineKey, MeanLine, Results, mean_lines};
use sim_core::cost::{Price, Purchase};
use sim_core::spec::{ServiceSpec, assumptions as of_fleet};

use crate::data::{Assumption, Bill, BillLine, NotBilled};

/// The bills, line by line, mean over replications.
pub(super) fn bills(results: &Results, analysis: &Analysis, labels: &[String]) -> Vec<Bill> {
    let variants = results.manifest.variants.iter().zip(&analysis.variants).zip(labels);
    variants
        .filter(|((_, of), _)| !of.is_empty())
        .map(|((manifest, of), label)| {
            let several = manifest.fleet.services.len() + manifest.fleet.clusters.len() > 2;
            let line = |((item, owner, detail), line): (LineKey, MeanLine)| {
                let of_owner = if several { format!(", {owner}") } else { String::new() };
                BillLine { line: format!("{}{of_owner}", item_name(&item, &detail)), per_month: line.amount }
            };
            let lines = mean_lines(&of.months).into_iter().map(line).collect();
            Bill { variant: label.clone(), lines }
        })
        .collect()
}

/// What a line of a bill is called: as on an invoice.
fn item_name(item: &str, detail: &str) -> String {
    let (name, with_detail) = match item {
        "ec2-instances" => ("EC2", true),
        "ec2-surplus-credits" => ("EC2 surplus CPU credits", true),
        "fargate-cpu" => ("Fargate vCPU", true),
        "fargate-memory" => ("Fargate memory", true),
        "fargate-storage" => ("Fargate storage", false),
        "balancer-hours" => ("Load balancer hours", false),
        "balancer-units" => ("Load balancer units", false),
        "lambda-requests" => ("Lambda requests", false),
        "lambda-duration" => ("Lambda duration", true),
        "lambda-provisioned" => ("Lambda provisioned concurrency", true),
        "lambda-provisioned-duration" => ("Lambda duration (provisioned)", true),
        "lambda-storage" => ("Lambda storage", false),
        "api-gateway-http" => ("API Gateway HTTP", false),
        "api-gateway-rest" => ("API Gateway REST", false),
        other => (other, true),
    };
    if with_detail && !detail.is_empty() { format!("{name}, {detail}") } else { name.to_owned() }
}

/// The assumptions in force, each once, with the options that it holds for unless those are all.
pub(super) fn assumptions(results: &Results) -> Vec<Assumption> {
    let mut list: Vec<Assumption> = Vec::new();
    let mut families: Vec<String> = Vec::new();
    let variants = results.manifest.variants.iter().zip(results.manifest.family_labels());
    for (manifest, family) in variants {
        for of in of_fleet(&manifest.fleet) {
            let of = Assumption {
                setting: of.setting,
                options: Vec::new(),
                value: of.value,
                source: of.source.to_owned(),
                low: of.low.map(str::to_owned),
                high: of.high.map(str::to_owned),
            };
            note(&mut list, of, &family);
        }
        if !families.contains(&family) {
            families.push(family);
        }
    }
    for assumption in &mut list {
        if assumption.options.len() == families.len() {
            assumption.options.clear();
        }
    }
    list.extend(discounts(results));
    list
}

/// Notes that `assumption` holds for `family` too.
fn note(list: &mut Vec<Assumption>, assumption: Assumption, family: &str) {
    let same = |known: &&mut Assumption| Assumption { options: Vec::new(), ..(*known).clone() } == assumption;
    match list.iter_mut().find(same) {
        Some(known) if known.options.iter().any(|option| option == family) => {}
        Some(known) => known.options.push(family.to_owned()),
        None => list.push(Assumption { options: vec![family.to_owned()], ..assumption }),
    }
}

/// Discounts for Spot, where any is used.
fn discounts(results: &Results) -> Vec<Assumption> {
    let fleets = || results.manifest.variants.iter().map(|variant| &variant.fleet);
    let fargate = fleets()
        .flat_map(|fleet| fleet.services.values())
        .any(|service| matches!(service, ServiceSpec::Fargate(it) if it.purchase == Purchase::Spot));
    let ec2 = fleets()
        .flat_map(|fleet| fleet.clusters.values())
        .any(|cluster| cluster.groups().any(|(_, group)| group.purchase == Purchase::Spot));
    let (book, options) = (&results.prices.book, results.prices.options);
    let row = |setting: &str, price: &Price, set: Option<f64>| Assumption {
        setting: setting.to_owned(),
        options: Vec::new(),
        value: format!("{:.0} %", set.unwrap_or(price.price) * 100.0),
        source: if set.is_some() { "set for this bill".into() } else { price.source.clone() },
        low: Some("50 %".into()),
        high: Some("70 %".into()),
    };
    let mut list = Vec::new();
    if ec2 {
        list.push(row("EC2 Spot discount", &book.ec2.spot_discount, options.ec2_spot_discount));
    }
    if fargate {
        list.push(row("Fargate Spot discount", &book.fargate.spot_discount, options.fargate_spot_discount));
    }
    list
}

/// What no bill here has, each once.
pub(super) fn not_billed(analysis: &Analysis) -> Vec<NotBilled> {
    let mut list: Vec<NotBilled> = Vec::new();
    let months = analysis.variants.iter().filter_map(|variant| variant.months.first());
    for line in months.flat_map(|month| &month.bill.unbilled) {
        let note = match (&line.price, &line.quantity) {
            (Some(price), Some(quantity)) => format!("{price}; {quantity} a month here"),
            (Some(price), None) => price.clone(),
            (None, Some(quantity)) => format!("{quantity} a month here"),
            (None, None) => "depends on use".into(),
        };
        // Data sent differs a little between variants; the first says how much it is about.
        if !list.iter().any(|known| known.what == line.item) {
            list.push(NotBilled { what: line.item.clone(), note });
        }
    }
    list
}
