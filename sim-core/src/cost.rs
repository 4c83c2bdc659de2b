//! From what a run used to what it would cost.
//!
//! Two halves that meet only in [`Usage`]. During a run the booking helpers ([`Booking`], [`Invocations`],
//! [`LoadBalancerMeter`], [`ProvisionedMeter`]) turn what happened into counts of [`Meter`]s, applying each
//! platform's minimum and rounding. After the run [`bill`] turns usage into money with a [`PriceBook`]. Usage
//! is integers and holds no price, so a stored result can be priced again, for another region or for Spot,
//! without being simulated again.

mod balancer;
mod bill;
mod booking;
mod credits;
mod instance_type;
mod lambda;
mod prices;
mod quotes;
mod rates;
mod usage;

pub use balancer::LoadBalancerMeter;
pub use bill::{Bill, BillLine, BillOptions, Days, MONTH_HOURS, UnbilledLine, bill, cents, month_factor};
pub use booking::{Booking, FargateTask};
pub use credits::{CreditAccount, CreditMode};
pub use instance_type::{Arch, Burst, InstanceType, Purchase};
pub use lambda::{Invocations, ProvisionedMeter, Served, gateway_units};
pub use prices::{
    BalancerPrices, Ec2Prices, FargatePrices, FargateRates, GatewayPrices, LambdaPrices, LambdaRates, Price,
    PriceBook, Tier, TieredPrice, UnbilledItem,
};
pub use quotes::Quote;
pub use usage::{Meter, Usage};
