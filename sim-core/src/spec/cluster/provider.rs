//! A cluster's `capacity_provider`: ECS managed scaling said where AWS has it, on the cluster rather than on the group.
//!
//! It is another way to write the scaling of the cluster's only group and is read as that, so that nothing else knows
//! of two ways. Where it cannot be read so, it stays, and [`ClusterSpec::problems`] says why.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ClusterSpec;
use crate::policy::{ClusterScalingSpec, PolicySpec};
use crate::spec::Problem;

impl Serialize for ClusterSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for ClusterSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut spec = Self::deserialize(deserializer)?;
        let group = spec.instances.as_mut().filter(|group| group.scaling.is_none());
        if let (Some(group), Some(_)) = (group, &spec.capacity_provider) {
            let parameters = serde_json::to_value(spec.capacity_provider.take());
            let parameters = parameters.map_err(serde::de::Error::custom)?;
            group.scaling = Some(ClusterScalingSpec(PolicySpec::new("managed", parameters)));
        }
        Ok(spec)
    }
}

impl ClusterSpec {
    /// Reports a capacity provider that is not the scaling of the only group.
    pub(super) fn provider_problems(&self, path: &str, out: &mut Vec<Problem>) {
        if self.capacity_provider.is_none() {
            return;
        }
        let path = format!("{path}.capacity_provider");
        out.push(match &self.instances {
            Some(_) => Problem::new(path, "`instances` has a `scaling` of its own").hint("keep one of them"),
            None => Problem::new(path, "it scales `instances`, and there are none")
                .hint("give each group its own: scaling = { managed = { target_capacity = \"100%\" } }"),
        });
    }
}
