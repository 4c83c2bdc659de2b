//! What was used: billable meters and the integer amount of each.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Arch, Purchase};
use crate::stored::sum;

/// Something a platform bills (or would), with what its price depends on. Amounts are integers; integrals
/// over time count in nanoseconds, so that clipping at an edge of the measured window loses nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Meter {
    /// EC2 instances running: instance-nanoseconds.
    Ec2Instance {
        /// The instance type, `m7g.large`.
        instance_type: String,
        /// The availability zone.
        zone: String,
        /// How it was bought.
        purchase: Purchase,
    },
    /// CPU credits of T instances that were spent but never earned (unlimited mode): vCPU-nanoseconds at full
    /// speed. One CPU credit is one vCPU-minute.
    Ec2SurplusCredits {
        /// The instance family, `t3`.
        family: String,
    },
    /// CPU of Fargate tasks: CPU units (1,024 are one vCPU) times nanoseconds.
    FargateCpu {
        /// The CPU architecture.
        arch: Arch,
        /// How it was bought.
        purchase: Purchase,
    },
    /// Memory of Fargate tasks: MiB-nanoseconds.
    FargateMemory {
        /// The CPU architecture.
        arch: Arch,
        /// How it was bought.
        purchase: Purchase,
    },
    /// Ephemeral storage of Fargate tasks above the free 20 GiB: MiB-nanoseconds.
    FargateStorage,
    /// Application Load Balancers existing: balancer-nanoseconds.
    Balancer,
    /// Load balancer capacity units: billionths of an LCU-hour.
    BalancerUnits,
    /// Lambda invocations: requests.
    LambdaRequests,
    /// Lambda on-demand duration, initialisation included: MiB-nanoseconds.
    LambdaDuration {
        /// The CPU architecture.
        arch: Arch,
    },
    /// Lambda provisioned concurrency configured, used or not: MiB-nanoseconds.
    LambdaProvisioned {
        /// The CPU architecture.
        arch: Arch,
    },
    /// Duration of Lambda invocations served by provisioned concurrency: MiB-nanoseconds.
    LambdaProvisionedDuration {
        /// The CPU architecture.
        arch: Arch,
    },
    /// Lambda `/tmp` above the free 512 MB while invocations run: MiB-nanoseconds.
    LambdaStorage,
    /// API Gateway HTTP APIs: requests in units of 512 KB.
    ApiGatewayHttp,
    /// API Gateway REST APIs: requests.
    ApiGatewayRest,
    /// Requests through a Lambda function URL, which has no price of its own: requests.
    FunctionUrl,
    /// Responses sent to clients outside the region: bytes. Shown beside the bill, not billed.
    DataOut,
}

/// Amounts by meter. Mergeable; iterates in the order of [`Meter`], so that results have one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    amounts: BTreeMap<Meter, u128>,
}

impl Usage {
    /// Nothing used.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `amount` to `meter`, in the meter's unit. An amount of zero leaves no trace.
    pub fn add(&mut self, meter: Meter, amount: u128) {
        if amount > 0 {
            *self.amounts.entry(meter).or_default() += amount;
        }
    }

    /// The amount of `meter`.
    pub fn get(&self, meter: &Meter) -> u128 {
        self.amounts.get(meter).copied().unwrap_or(0)
    }

    /// Adds what `other` used.
    pub fn merge(&mut self, other: &Usage) {
        for (meter, amount) in other.iter() {
            self.add(meter.clone(), amount);
        }
    }

    /// Every meter with its amount.
    pub fn iter(&self) -> impl Iterator<Item = (&Meter, u128)> {
        self.amounts.iter().map(|(meter, amount)| (meter, *amount))
    }

    /// Whether nothing was used.
    pub fn is_empty(&self) -> bool {
        self.amounts.is_empty()
    }
}

/// A list of pairs. The amount is text: a JSON number is not read back exactly beyond 2^64 by every reader.
impl Serialize for Usage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|(meter, amount)| (meter, amount.to_string())))
    }
}

impl<'de> Deserialize<'de> for Usage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut usage = Usage::new();
        for (meter, amount) in Vec::<(Meter, String)>::deserialize(deserializer)? {
            usage.add(meter, sum::parse(&amount).map_err(D::Error::custom)?);
        }
        Ok(usage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_adds_merges_and_survives_storage() {
        let large = Meter::Ec2Instance {
            instance_type: "m7g.large".into(),
            zone: "us-east-1a".into(),
            purchase: Purchase::Spot,
        };
        let mut usage = Usage::new();
        usage.add(large.clone(), u128::from(u64::MAX));
        usage.add(Meter::FunctionUrl, 0);
        let mut twice = usage.clone();
        twice.merge(&usage);
        twice.add(Meter::LambdaRequests, 7);
        assert_eq!(twice.get(&large), 2 * u128::from(u64::MAX));
        assert_eq!(twice.get(&Meter::FunctionUrl), 0);
        assert_eq!(twice.iter().count(), 2);
        let text = serde_json::to_string(&twice).expect("usage serialises");
        let again: Usage = serde_json::from_str(&text).expect("and deserialises");
        assert_eq!(again, twice);
    }
}
