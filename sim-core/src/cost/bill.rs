//! Usage times prices: the bill of a month.
//!
//! The measured window's usage is scaled to a month of 730 hours *first*; tiers and free allowances are
//! applied to the month after, over all owners together, because the platform applies them to the account. A
//! line shared by several owners is then split in proportion to their quantities.
//!
//! Money is `f64` dollars, never rounded before it is printed: its relative error stays below 10^-12, far
//! under a cent of any bill. [`cents`] does the rounding for print.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::prices::{Price, PriceBook, walk};
use super::rates::{Allowance, Rate, rate_of};
use super::{Meter, Usage};
use crate::engine::Span;

/// Hours in a month.
pub const MONTH_HOURS: f64 = 730.0;

/// The usage of one kind of day, and how many days of a month are of that kind.
#[derive(Clone, Copy, Debug)]
pub struct Days<'a> {
    /// What kind of day, `launch`.
    pub label: &'a str,
    /// How many days of the month are of this kind. Only the ratio between kinds counts.
    pub days: f64,
    /// The length of the measured window that the usage was taken in.
    pub window: Span,
    /// What was used in it, by owner.
    pub usage: &'a BTreeMap<String, Usage>,
}

impl<'a> Days<'a> {
    /// One kind of day only: a month in which every day is like the measured window.
    pub fn every(window: Span, usage: &'a BTreeMap<String, Usage>) -> [Days<'a>; 1] {
        [Days { label: "every day", days: 1.0, window, usage }]
    }
}

/// What is a matter of choice when a month is billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BillOptions {
    /// Whether Lambda's free tier is deducted. It belongs to an account, which other workloads share, so it
    /// is left out unless asked for.
    pub free_tier: bool,
    /// The share by which EC2 Spot is cheaper, instead of the book's.
    pub ec2_spot_discount: Option<f64>,
    /// The share by which Fargate Spot is cheaper, instead of the book's.
    pub fargate_spot_discount: Option<f64>,
}

impl BillOptions {
    /// The book with these options' discounts in place of its own.
    fn adjust(self, book: &PriceBook) -> PriceBook {
        let mut book = book.clone();
        let set = |price: &mut Price, discount: Option<f64>| {
            if let Some(discount) = discount {
                *price = Price { price: discount, source: "set by the scenario".to_owned(), assumed: true };
            }
        };
        set(&mut book.ec2.spot_discount, self.ec2_spot_discount);
        set(&mut book.fargate.spot_discount, self.fargate_spot_discount);
        book
    }
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillLine {
    /// The service, cluster or balancer that used it.
    pub owner: String,
    /// What is billed, `fargate-cpu`.
    pub item: String,
    /// What distinguishes it from other lines of that name: `x86_64, on-demand`.
    pub detail: String,
    /// How much of it in a month.
    pub quantity: f64,
    /// The unit of the quantity.
    pub unit: String,
    /// What one unit costs, on average over tiers and allowances.
    pub unit_price: f64,
    /// What the line costs a month.
    pub amount: f64,
    /// Whether the price is an assumption.
    pub assumed: bool,
}

/// Something that is not on the bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnbilledLine {
    /// What it is.
    pub item: String,
    /// Its price in words, where one is known.
    pub price: Option<String>,
    /// How much of it there was in a month, where that was metered.
    pub quantity: Option<String>,
}

/// A month's bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bill {
    /// The price book's name.
    pub book: String,
    /// The price book's date.
    pub date: String,
    /// The currency.
    pub currency: String,
    /// What the month is made of: "if every day were like this" of whole days, "if all of it were like what was measured"
    /// of other windows, or the mix of days.
    pub basis: String,
    /// The lines, by item, then owner.
    pub lines: Vec<BillLine>,
    /// What is not billed.
    pub unbilled: Vec<UnbilledLine>,
}

impl Bill {
    /// The month's total.
    pub fn month(&self) -> f64 {
        // The sum of no lines is -0.0 unless it begins with a zero of its own.
        self.lines.iter().fold(0.0, |total, line| total + line.amount)
    }

    /// The total per hour.
    pub fn hour(&self) -> f64 {
        self.month() / MONTH_HOURS
    }

    /// The month's total by item, in the order of the lines.
    pub fn by_item(&self) -> BTreeMap<&str, f64> {
        let mut items = BTreeMap::new();
        for line in &self.lines {
            *items.entry(line.item.as_str()).or_insert(0.0) += line.amount;
        }
        items
    }

    /// The month's total of one owner.
    pub fn of_owner(&self, owner: &str) -> f64 {
        self.lines.iter().filter(|line| line.owner == owner).map(|line| line.amount).sum()
    }
}

/// `amount` in whole cents, halves rounded up.
pub fn cents(amount: f64) -> i64 {
    (amount * 100.0 + 0.5).floor() as i64
}

/// The factor from usage in a window of this length to a month of 730 hours.
pub fn month_factor(window: Span) -> f64 {
    if window.is_zero() { 0.0 } else { MONTH_HOURS * 3600.0 / window.seconds() }
}

/// The quantities behind one line of the bill: all owners', as the platform sees it.
struct Item {
    rate: Rate,
    quantities: BTreeMap<String, f64>,
}

/// The bill of a month that consists of these kinds of days. Where the book lacks prices: the list of what it
/// lacks.
pub fn bill(days: &[Days<'_>], book: &PriceBook, options: BillOptions) -> Result<Bill, Vec<String>> {
    let book = &options.adjust(book);
    let monthly = monthly(days);
    let items = items(&monthly, book)?;
    let mut allowances = allowances(book, options);
    let lines = items.into_values().flat_map(|item| lines(item, &mut allowances)).collect();
    Ok(Bill {
        book: book.name.clone(),
        date: book.date.clone(),
        currency: book.currency.clone(),
        basis: basis(days),
        lines,
        unbilled: unbilled(&monthly, book),
    })
}

/// Monthly amounts by meter and owner, in the meters' units.
fn monthly(days: &[Days<'_>]) -> BTreeMap<Meter, BTreeMap<String, f64>> {
    let all: f64 = days.iter().map(|kind| kind.days).sum();
    let mut monthly: BTreeMap<Meter, BTreeMap<String, f64>> = BTreeMap::new();
    for kind in days {
        let factor = month_factor(kind.window) * kind.days / all;
        for (owner, usage) in kind.usage {
            for (meter, amount) in usage.iter() {
                let owners = monthly.entry(meter.clone()).or_default();
                *owners.entry(owner.clone()).or_default() += amount as f64 * factor;
            }
        }
    }
    monthly
}

/// A line's name and detail.
type Key = (&'static str, String);

/// The items of the bill in the order of their first meter. Meters that differ only in what has no price
/// (zones) share one.
fn items(
    monthly: &BTreeMap<Meter, BTreeMap<String, f64>>,
    book: &PriceBook,
) -> Result<IndexMap<Key, Item>, Vec<String>> {
    let mut items: IndexMap<Key, Item> = IndexMap::new();
    let mut missing = BTreeSet::new();
    for (meter, owners) in monthly {
        let rate = match rate_of(meter, book) {
            Ok(Some(rate)) => rate,
            Ok(None) => continue,
            Err(what) => {
                missing.insert(what);
                continue;
            }
        };
        let (key, divisor) = ((rate.item, rate.detail.clone()), rate.divisor);
        let item = items.entry(key).or_insert_with(|| Item { rate, quantities: BTreeMap::new() });
        for (owner, amount) in owners {
            *item.quantities.entry(owner.clone()).or_default() += amount / divisor;
        }
    }
    if missing.is_empty() { Ok(items) } else { Err(missing.into_iter().collect()) }
}

fn allowances(book: &PriceBook, options: BillOptions) -> BTreeMap<Allowance, f64> {
    if !options.free_tier {
        return BTreeMap::new();
    }
    BTreeMap::from([
        (Allowance::LambdaRequests, book.lambda.free_million_requests.price),
        (Allowance::LambdaDuration, book.lambda.free_gb_seconds.price),
    ])
}

/// An item's lines, one per owner, its allowance being used up in the order of the items.
fn lines(item: Item, allowances: &mut BTreeMap<Allowance, f64>) -> Vec<BillLine> {
    let Item { rate, quantities } = item;
    let total: f64 = quantities.values().sum();
    let left = rate.allowance.and_then(|allowance| allowances.get_mut(&allowance));
    let free = left.map_or(0.0, |left| {
        let used = total.min(*left);
        *left -= used;
        used
    });
    let unit_price = if total > 0.0 { walk(&rate.tiers, total, free) / total } else { 0.0 };
    let line = |(owner, quantity): (String, f64)| BillLine {
        owner,
        item: rate.item.to_owned(),
        detail: rate.detail.clone(),
        quantity,
        unit: rate.unit.to_owned(),
        unit_price,
        amount: quantity * unit_price,
        assumed: rate.assumed,
    };
    quantities.into_iter().map(line).collect()
}

const DAY: Span = Span::from_secs(86_400);

fn basis(days: &[Days<'_>]) -> String {
    match days {
        [only] if only.window.nanos().is_multiple_of(DAY.nanos()) => "if every day were like this".to_owned(),
        [_] => "if all of it were like what was measured".to_owned(),
        _ => {
            let kinds: Vec<String> =
                days.iter().map(|kind| format!("{} {}", kind.days, kind.label)).collect();
            format!(
                "a month of {} days: {}",
                days.iter().map(|kind| kind.days).sum::<f64>(),
                kinds.join(", ")
            )
        }
    }
}

/// The platform whose unbilled items belong beside this meter.
fn platform(meter: &Meter) -> &'static str {
    match meter {
        Meter::Ec2Instance { .. } | Meter::Ec2SurplusCredits { .. } => "ec2",
        Meter::FargateCpu { .. } | Meter::FargateMemory { .. } | Meter::FargateStorage => "fargate",
        Meter::Balancer | Meter::BalancerUnits => "alb",
        Meter::DataOut => "all",
        _ => "lambda",
    }
}

fn unbilled(monthly: &BTreeMap<Meter, BTreeMap<String, f64>>, book: &PriceBook) -> Vec<UnbilledLine> {
    let used: Vec<&str> = monthly.keys().map(platform).collect();
    let matters = |name: &String| name == "all" || used.contains(&name.as_str());
    let mut lines: Vec<UnbilledLine> = book
        .unbilled
        .iter()
        .filter(|item| item.platforms.iter().any(matters))
        .map(|item| UnbilledLine { item: item.item.clone(), price: item.price.clone(), quantity: None })
        .collect();
    if let Some(owners) = monthly.get(&Meter::DataOut) {
        let gigabytes = owners.values().sum::<f64>() / 1e9;
        let digits = if gigabytes < 10.0 { 1 } else { 0 };
        let item = "data sent by the services, if it leaves the region".to_owned();
        lines.push(UnbilledLine {
            item,
            price: None,
            quantity: Some(format!("about {gigabytes:.digits$} GB")),
        });
    }
    lines
}
