//! What service scaling rests on: the platform does not publish the law of target tracking.

use serde_json::Value;

use super::List;
use super::text::plain;
use crate::policy::selection::PolicySpec;
use crate::policy::service_scaling::CountFrom;

impl List {
    /// The assumptions of a service's scaling policies.
    pub(super) fn of_scaling(&mut self, path: &str, scaling: &PolicySpec) {
        self.of_policy(&format!("{path}.scaling.{}", scaling.name), &scaling.name, &scaling.parameters);
    }

    fn of_policy(&mut self, path: &str, name: &str, parameters: &Value) {
        match name {
            "target-tracking" if parameters.get("count_from").is_none() => {
                let about = "the platform does not publish its law; counted from `now`, a late metric orders the \
                             same step again";
                let usual = CountFrom::default();
                let usual = (plain(&usual), serde_json::to_value(usual).ok());
                self.push(&format!("{path}.count_from"), usual, about, "now", "measurement");
            }
            "several" => {
                let members = parameters.as_array().into_iter().flatten().filter_map(Value::as_object);
                for (index, (name, parameters)) in members.flatten().enumerate() {
                    self.of_policy(&format!("{path}[{index}].{name}"), name, parameters);
                }
            }
            _ => {}
        }
    }
}
