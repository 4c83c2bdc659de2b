//! Which price of a book a meter has, and in which unit its amount is quoted.

use super::prices::{Price, PriceBook, Tier};
use super::{Arch, Meter, Purchase};

/// Nanoseconds in an hour and in a second.
const HOUR: f64 = 3600e9;
const SECOND: f64 = 1e9;
/// CPU units in a vCPU, MiB in a GB as the platforms count it.
const BINARY: f64 = 1024.0;
const MILLION: f64 = 1e6;

/// A monthly allowance that several lines draw from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Allowance {
    LambdaRequests,
    LambdaDuration,
}

/// How a meter becomes a line of a bill.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    /// The name of the line, `fargate-cpu`.
    pub(super) item: &'static str,
    /// What distinguishes lines of that name: `m7g.large, spot`.
    pub(super) detail: String,
    /// The unit of the quantity, `vCPU-hours`.
    pub(super) unit: &'static str,
    /// Amounts of the meter in one unit.
    pub(super) divisor: f64,
    /// The price.
    pub(super) tiers: Vec<Tier>,
    /// Whether the price is an assumption.
    pub(super) assumed: bool,
    /// The allowance that applies.
    pub(super) allowance: Option<Allowance>,
}

fn rate(item: &'static str, unit: &'static str, divisor: f64, price: &Price) -> Rate {
    let tiers = vec![Tier { upto: None, price: price.price }];
    Rate { item, detail: String::new(), unit, divisor, tiers, assumed: price.assumed, allowance: None }
}

fn tiered(item: &'static str, unit: &'static str, divisor: f64, tiers: &[Tier]) -> Rate {
    let tiers = tiers.to_vec();
    Rate { item, detail: String::new(), unit, divisor, tiers, assumed: false, allowance: None }
}

impl Rate {
    fn detail(self, detail: impl Into<String>) -> Self {
        Rate { detail: detail.into(), ..self }
    }

    fn allowance(self, allowance: Allowance) -> Self {
        Rate { allowance: Some(allowance), ..self }
    }

    /// The same at a discount, where the capacity is Spot.
    fn bought(mut self, purchase: Purchase, discount: &Price) -> Self {
        if purchase == Purchase::Spot {
            self.tiers.iter_mut().for_each(|tier| tier.price *= 1.0 - discount.price);
            self.assumed |= discount.assumed;
        }
        self
    }
}

fn kind(arch: Arch, purchase: Purchase) -> String {
    format!("{}, {}", arch.name(), purchase.name())
}

/// The rate of `meter`; none for what is not billed; an error naming what the book has no price for.
pub(super) fn rate_of(meter: &Meter, book: &PriceBook) -> Result<Option<Rate>, String> {
    Ok(Some(match meter {
        Meter::Ec2Instance { instance_type, purchase, .. } => instance(book, instance_type, *purchase)?,
        Meter::Ec2SurplusCredits { family } => surplus(book, family)?,
        Meter::FargateCpu { arch, purchase } => {
            rate("fargate-cpu", "vCPU-hours", BINARY * HOUR, &book.fargate_rates(*arch).vcpu_hour)
                .bought(*purchase, &book.fargate.spot_discount)
                .detail(kind(*arch, *purchase))
        }
        Meter::FargateMemory { arch, purchase } => {
            rate("fargate-memory", "GB-hours", BINARY * HOUR, &book.fargate_rates(*arch).gb_hour)
                .bought(*purchase, &book.fargate.spot_discount)
                .detail(kind(*arch, *purchase))
        }
        Meter::FargateStorage => {
            rate("fargate-storage", "GB-hours", BINARY * HOUR, &book.fargate.storage_gb_hour)
        }
        Meter::Balancer => rate("balancer-hours", "hours", HOUR, &book.balancer.hour),
        Meter::BalancerUnits => rate("balancer-units", "LCU-hours", 1e9, &book.balancer.unit_hour),
        Meter::ApiGatewayHttp => {
            tiered("api-gateway-http", "million units of 512 KB", MILLION, &book.api_gateway.http.tiers)
        }
        Meter::ApiGatewayRest => {
            tiered("api-gateway-rest", "million requests", MILLION, &book.api_gateway.rest.tiers)
        }
        Meter::FunctionUrl | Meter::DataOut => return Ok(None),
        lambda => self::lambda(lambda, book),
    }))
}

fn instance(book: &PriceBook, instance_type: &str, purchase: Purchase) -> Result<Rate, String> {
    let hour = book
        .instance_hour(instance_type, Purchase::OnDemand)
        .ok_or_else(|| format!("an instance-hour of {instance_type}"))?;
    let price = Price { price: hour, source: String::new(), assumed: false };
    Ok(rate("ec2-instances", "instance-hours", HOUR, &price)
        .bought(purchase, &book.ec2.spot_discount)
        .detail(format!("{instance_type}, {}", purchase.name())))
}

fn surplus(book: &PriceBook, family: &str) -> Result<Rate, String> {
    let price = book
        .ec2
        .surplus_vcpu_hour
        .get(family)
        .ok_or_else(|| format!("a vCPU-hour of surplus CPU credits of {family}"))?;
    Ok(rate("ec2-surplus-credits", "vCPU-hours", HOUR, price).detail(family))
}

fn lambda(meter: &Meter, book: &PriceBook) -> Rate {
    let gb_second = BINARY * SECOND;
    match meter {
        Meter::LambdaDuration { arch } => {
            let tiers = &book.lambda_rates(*arch).duration.tiers;
            tiered("lambda-duration", "GB-seconds", gb_second, tiers)
                .detail(arch.name())
                .allowance(Allowance::LambdaDuration)
        }
        Meter::LambdaProvisioned { arch } => {
            let price = &book.lambda_rates(*arch).provisioned;
            rate("lambda-provisioned", "GB-seconds", gb_second, price).detail(arch.name())
        }
        Meter::LambdaProvisionedDuration { arch } => {
            let price = &book.lambda_rates(*arch).provisioned_duration;
            rate("lambda-provisioned-duration", "GB-seconds", gb_second, price).detail(arch.name())
        }
        Meter::LambdaStorage => {
            rate("lambda-storage", "GB-seconds", gb_second, &book.lambda.storage_gb_second)
        }
        _ => rate("lambda-requests", "million requests", MILLION, &book.lambda.million_requests)
            .allowance(Allowance::LambdaRequests),
    }
}
