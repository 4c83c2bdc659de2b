//! A price book as a list: for `fleetsim list prices`, for the assumptions in a report, and to check a book.

use super::prices::{Price, PriceBook, TieredPrice};

/// One price of a book, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote<'a> {
    /// What it is the price of.
    pub item: String,
    /// Per what.
    pub unit: &'static str,
    /// The price; of a tier, its own.
    pub price: f64,
    /// Where it is from.
    pub source: &'a str,
    /// Whether it is an assumption.
    pub assumed: bool,
}

fn quote<'a>(item: &str, unit: &'static str, price: &'a Price) -> Quote<'a> {
    let Price { price, source, assumed } = price;
    Quote { item: item.to_owned(), unit, price: *price, source, assumed: *assumed }
}

fn tiers<'a>(item: &str, unit: &'static str, price: &'a TieredPrice) -> impl Iterator<Item = Quote<'a>> {
    let mut from = 0.0;
    price.tiers.iter().map(move |tier| {
        let item = match tier.upto {
            Some(upto) => format!("{item}, from {from} to {upto} a month"),
            None => format!("{item}, above {from} a month"),
        };
        from = tier.upto.unwrap_or(from);
        Quote { item, unit, price: tier.price, source: &price.source, assumed: false }
    })
}

impl PriceBook {
    /// Every price in the book.
    pub fn quotes(&self) -> Vec<Quote<'_>> {
        let mut quotes = self.instance_quotes();
        quotes.extend(self.fargate_quotes());
        quotes.push(quote("Application Load Balancer", "hour", &self.balancer.hour));
        quotes.push(quote("Application Load Balancer capacity unit", "LCU-hour", &self.balancer.unit_hour));
        quotes.extend(self.lambda_quotes());
        quotes.extend(tiers("API Gateway HTTP", "million units of 512 KB", &self.api_gateway.http));
        quotes.extend(tiers("API Gateway REST", "million requests", &self.api_gateway.rest));
        quotes
    }

    fn instance_quotes(&self) -> Vec<Quote<'_>> {
        let source = self.ec2.source.as_str();
        let instance = |(name, price): (&String, &f64)| {
            let item = format!("EC2 {name} on demand");
            Quote { item, unit: "hour", price: *price, source, assumed: false }
        };
        let mut quotes: Vec<Quote<'_>> = self.ec2.on_demand.iter().map(instance).collect();
        quotes.push(quote("EC2 Spot discount", "share of the on-demand price", &self.ec2.spot_discount));
        for (family, price) in &self.ec2.surplus_vcpu_hour {
            quotes.push(quote(&format!("EC2 {family} surplus CPU credits"), "vCPU-hour", price));
        }
        quotes
    }

    fn fargate_quotes(&self) -> Vec<Quote<'_>> {
        let Self { fargate, .. } = self;
        vec![
            quote("Fargate CPU, x86_64", "vCPU-hour", &fargate.x86_64.vcpu_hour),
            quote("Fargate memory, x86_64", "GB-hour", &fargate.x86_64.gb_hour),
            quote("Fargate CPU, arm64", "vCPU-hour", &fargate.arm64.vcpu_hour),
            quote("Fargate memory, arm64", "GB-hour", &fargate.arm64.gb_hour),
            quote("Fargate Spot discount", "share of the on-demand price", &fargate.spot_discount),
            quote("Fargate storage above 20 GB", "GB-hour", &fargate.storage_gb_hour),
        ]
    }

    fn lambda_quotes(&self) -> Vec<Quote<'_>> {
        let lambda = &self.lambda;
        let mut quotes = vec![quote("Lambda requests", "million requests", &lambda.million_requests)];
        for (arch, rates) in [("x86_64", &lambda.x86_64), ("arm64", &lambda.arm64)] {
            quotes.extend(tiers(&format!("Lambda duration, {arch}"), "GB-second", &rates.duration));
            let named = |what: &str| format!("Lambda {what}, {arch}");
            quotes.push(quote(&named("provisioned concurrency"), "GB-second", &rates.provisioned));
            quotes.push(quote(&named("provisioned duration"), "GB-second", &rates.provisioned_duration));
        }
        quotes.push(quote("Lambda /tmp above 512 MB", "GB-second", &lambda.storage_gb_second));
        quotes
    }

    /// What is wrong with the book, every problem at once: prices that are no amount, discounts that are no
    /// share, tiers out of order.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for Quote { item, price, .. } in self.quotes() {
            if !(price.is_finite() && price >= 0.0) {
                problems.push(format!("{item}: {price} is not a price"));
            }
            if item.ends_with("Spot discount") && price > 1.0 {
                problems.push(format!("{item}: {price} is more than the whole price"));
            }
        }
        let tiered = [
            ("lambda.x86_64.duration", &self.lambda.x86_64.duration),
            ("lambda.arm64.duration", &self.lambda.arm64.duration),
            ("api_gateway.http", &self.api_gateway.http),
            ("api_gateway.rest", &self.api_gateway.rest),
        ];
        let disordered = tiered.into_iter().filter(|(_, price)| !price.is_ordered());
        problems.extend(disordered.map(|(name, _)| {
            format!("{name}.tiers: every tier but the last ends, each further up than the one before")
        }));
        problems
    }
}

impl TieredPrice {
    /// Whether the tiers follow each other, and only the last has no end.
    fn is_ordered(&self) -> bool {
        let Some((last, others)) = self.tiers.split_last() else { return false };
        let ends: Vec<f64> = others.iter().filter_map(|tier| tier.upto).collect();
        last.upto.is_none()
            && ends.len() == others.len()
            && ends.first().is_none_or(|end| *end > 0.0)
            && ends.windows(2).all(|pair| pair[0] < pair[1])
    }
}
