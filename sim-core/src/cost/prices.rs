//! Price books: what each meter costs, where and when, and who says so.
//!
//! A book is data. Each price names its source, and says so where it is an assumption rather than a quoted
//! price.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Arch, Purchase};

/// The prices of one region at one date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceBook {
    /// Its name, by which `--book` finds it.
    pub name: String,
    /// What it is, in a sentence.
    pub about: String,
    /// The date of its newest price, `2026-09-19`.
    pub date: String,
    /// The region that it holds for.
    pub region: String,
    /// The currency, `USD`.
    pub currency: String,
    /// EC2 instances.
    pub ec2: Ec2Prices,
    /// Fargate tasks.
    pub fargate: FargatePrices,
    /// Application Load Balancers.
    pub balancer: BalancerPrices,
    /// Lambda functions.
    pub lambda: LambdaPrices,
    /// API Gateway.
    pub api_gateway: GatewayPrices,
    /// What no bill includes, with its price where one is known.
    pub unbilled: Vec<UnbilledItem>,
}

/// One price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The amount for one unit.
    pub price: f64,
    /// Where it is from.
    pub source: String,
    /// Whether it is a default from general knowledge, not a quoted price.
    #[serde(default)]
    pub assumed: bool,
}

/// A price that falls with the quantity of a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TieredPrice {
    /// The tiers, from the first unit on.
    pub tiers: Vec<Tier>,
    /// Where they are from.
    pub source: String,
}

/// One tier of a price.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The monthly quantity at which it ends; the last tier has no end.
    #[serde(default)]
    pub upto: Option<f64>,
    /// The amount for one unit of it.
    pub price: f64,
}

/// EC2: instances by type, and CPU credits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ec2Prices {
    /// Where the on-demand prices are from.
    pub source: String,
    /// The share by which Spot is cheaper. One figure for all types: no complete table of Spot prices could
    /// be sourced.
    pub spot_discount: Price,
    /// A vCPU-hour of surplus credits, by instance family.
    pub surplus_vcpu_hour: BTreeMap<String, Price>,
    /// An instance-hour on demand, by type.
    pub on_demand: BTreeMap<String, f64>,
}

/// Fargate: CPU and memory by architecture, Spot, storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FargatePrices {
    /// Linux on x86.
    pub x86_64: FargateRates,
    /// Linux on ARM.
    pub arm64: FargateRates,
    /// The share by which Fargate Spot is cheaper.
    pub spot_discount: Price,
    /// A GB-hour of ephemeral storage above 20 GB.
    pub storage_gb_hour: Price,
}

/// Fargate on one architecture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FargateRates {
    /// A vCPU for an hour.
    pub vcpu_hour: Price,
    /// A GB of memory (1,024 MiB) for an hour.
    pub gb_hour: Price,
}

/// An Application Load Balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalancerPrices {
    /// The balancer itself for an hour.
    pub hour: Price,
    /// A capacity unit for an hour.
    pub unit_hour: Price,
}

/// Lambda: requests, duration, provisioned concurrency, `/tmp`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LambdaPrices {
    /// A million requests.
    pub million_requests: Price,
    /// On x86.
    pub x86_64: LambdaRates,
    /// On ARM.
    pub arm64: LambdaRates,
    /// A GB-second of `/tmp` above 512 MB.
    pub storage_gb_second: Price,
    /// Requests a month that are free, in millions, where the free tier is applied.
    pub free_million_requests: Price,
    /// GB-seconds a month that are free, both architectures together, where the free tier is applied.
    pub free_gb_seconds: Price,
}

/// Lambda on one architecture, per GB-second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LambdaRates {
    /// On-demand duration.
    pub duration: TieredPrice,
    /// Provisioned concurrency, used or not.
    pub provisioned: Price,
    /// Duration of invocations that provisioned concurrency serves.
    pub provisioned_duration: Price,
}

/// API Gateway, per million.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayPrices {
    /// HTTP APIs, in units of 512 KB.
    pub http: TieredPrice,
    /// REST APIs.
    pub rest: TieredPrice,
}

/// Something that costs money and is not modelled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnbilledItem {
    /// For which platforms it matters: `ec2`, `fargate`, `lambda`, `alb`, or `all`.
    pub platforms: Vec<String>,
    /// What it is.
    pub item: String,
    /// Its price in words, `$0.08 per GB-month`, where one is known.
    #[serde(default)]
    pub price: Option<String>,
    /// Where the price is from.
    #[serde(default)]
    pub source: Option<String>,
}

impl PriceBook {
    /// Fargate's rates on `arch`.
    pub fn fargate_rates(&self, arch: Arch) -> &FargateRates {
        match arch {
            Arch::X86 => &self.fargate.x86_64,
            Arch::Arm => &self.fargate.arm64,
        }
    }

    /// Lambda's rates on `arch`.
    pub fn lambda_rates(&self, arch: Arch) -> &LambdaRates {
        match arch {
            Arch::X86 => &self.lambda.x86_64,
            Arch::Arm => &self.lambda.arm64,
        }
    }

    /// An instance-hour of `instance_type`, if the book has it.
    pub fn instance_hour(&self, instance_type: &str, purchase: Purchase) -> Option<f64> {
        let on_demand = *self.ec2.on_demand.get(instance_type)?;
        Some(match purchase {
            Purchase::OnDemand => on_demand,
            Purchase::Spot => on_demand * (1.0 - self.ec2.spot_discount.price),
        })
    }
}

/// What `quantity` costs, the first `free` units of it nothing. Free units are taken off before the tiers are
/// walked.
pub(super) fn walk(tiers: &[Tier], quantity: f64, free: f64) -> f64 {
    let quantity = (quantity - free).max(0.0);
    let mut from = 0.0;
    let mut amount = 0.0;
    for tier in tiers {
        let to = tier.upto.unwrap_or(f64::INFINITY).min(quantity);
        if to > from {
            amount += (to - from) * tier.price;
            from = to;
        }
    }
    amount
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_are_walked_from_the_first_unit_that_is_not_free() {
        let tiers = [
            Tier { upto: Some(10.0), price: 3.0 },
            Tier { upto: Some(30.0), price: 2.0 },
            Tier { upto: None, price: 1.0 },
        ];
        let check = |quantity: f64, free: f64, expected: f64| {
            assert_eq!(walk(&tiers, quantity, free), expected, "{quantity} less {free}");
        };
        check(0.0, 0.0, 0.0);
        check(5.0, 0.0, 15.0);
        check(10.0, 0.0, 30.0);
        check(35.0, 0.0, 30.0 + 40.0 + 5.0);
        check(5.0, 6.0, 0.0);
        check(14.0, 4.0, 30.0);
        check(35.0, 4.0, 30.0 + 40.0 + 1.0);
    }
}
