//! Every declaration holds what it promises: its example builds, its example view gets a decision with a reason, its
//! name is found.

use schemars::schema_for;
use serde_json::json;

use super::*;
use crate::policy::view::{Bounds, RoutingPolicy, RoutingView, ServiceScalingPolicy};

#[test]
fn every_example_gets_a_decision() {
    let catalogue = Catalogue::builtin();
    for known in catalogue.list() {
        let spec = known.example_spec();
        let decision = catalogue.decide(known.kind, &spec, &known.example_view);
        let decision = decision.unwrap_or_else(|problems| panic!("{}: {problems:?}", known.address()));
        let reason = decision["reason"].as_str().unwrap_or_default();
        assert!(!reason.is_empty(), "{}: {decision}", known.address());
        assert!(!known.help.is_empty() && !known.summary.is_empty(), "{}", known.address());
        let written: PolicySpec = serde_json::from_value(serde_json::to_value(&spec).unwrap()).unwrap();
        assert_eq!(catalogue.decide(known.kind, &written, &known.example_view).unwrap(), decision);
        if known.plain() {
            let plain = PolicySpec::named(known.name);
            assert!(catalogue.decide(known.kind, &plain, &known.example_view).is_ok(), "{}", known.address());
        }
    }
}

#[test]
fn decisions() {
    let catalogue = Catalogue::builtin();
    let check = |address: &str, change: Value, field: &str, expected: Value| {
        let known = catalogue.find_one(address).unwrap();
        let mut view = known.example_view.clone();
        let changed = change.as_object().unwrap().iter().map(|(key, value)| (key.clone(), value.clone()));
        view.as_object_mut().unwrap().extend(changed);
        let decision = catalogue.decide(known.kind, &known.example_spec(), &view).unwrap();
        assert_eq!(decision[field], expected, "{address}: {decision}");
    };
    check("service-scaling/target-tracking", json!({}), "desired", json!(15));
    check("service-scaling/target-tracking", json!({ "max": 12 }), "desired", json!(12));
    check("step-scaling", json!({}), "desired", json!(16));
    check("several", json!({}), "desired", json!(15));
    check("service-scaling/fixed", json!({ "min": 4, "max": 4 }), "desired", json!(4));
    check("service-scaling/scheduled", json!({}), "min", json!(12));
    check("service-scaling/scheduled", json!({}), "desired", json!(12));
    check("managed", json!({}), "desired", json!(10));
    check("cluster-scaling/fixed", json!({}), "desired", json!(6));
    check("oldest-instance", json!({}), "instance", json!(0));
    check("newest-instance", json!({}), "instance", json!(1));
    check("spread", json!({}), "instance", json!(2));
    check("binpack", json!({}), "instance", json!(0));
    check("distinct-instance", json!({}), "instance", json!(2));
    check("least-outstanding-requests", json!({}), "target", json!(1));
    check("round-robin", json!({}), "target", json!(2));
    check("round-robin", json!({ "targets": [] }), "target", json!(null));
    check("keep-alive/fixed", json!({}), "keep", json!("10min"));
    check("provisioning/target-tracking", json!({}), "desired", json!(129));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let catalogue = Catalogue::builtin();
    let check = |address: &str, parameters: Value, view: Option<Value>, path: &str, part: &str| {
        let known = catalogue.find_one(address).unwrap();
        let spec = PolicySpec::new(known.name, parameters);
        let view = view.unwrap_or_else(|| known.example_view.clone());
        let problems = catalogue.decide(known.kind, &spec, &view).unwrap_err();
        let found = problems.iter().any(|problem| problem.path == path && problem.message.contains(part));
        assert!(found, "{problems:?}");
    };
    check("managed", json!({ "target_capacity": "0%" }), None, "managed.target_capacity", "from 1% to 100%");
    check("managed", json!({ "target": "50%" }), None, "managed", "unknown field `target`");
    check("spread", json!("rack"), None, "spread", "`rack` is none of");
    check("member-of", json!("rack == 1"), None, "member-of", "(at character 1)");
    check("placement/random", json!({}), None, "random", "invalid type");
    check("managed", json!({}), Some(json!({ "now": "1h" })), "view", "missing field");
    let tracking = json!({ "metric": "cpu", "target": "600/min" });
    check(
        "several",
        json!([{ "target-tracking": tracking }]),
        None,
        "several[0].target-tracking.target",
        "not a level",
    );
    check("several", json!(["fixd"]), None, "several[0]", "unknown service-scaling policy `fixd`");
}

#[test]
fn names() {
    let catalogue = Catalogue::builtin();
    let check = |name: &str, hint: &str| {
        let problem = catalogue.find_one(name).unwrap_err();
        assert!(problem.hint.as_ref().is_some_and(|text| text.contains(hint)), "{problem:?}");
    };
    assert_eq!(catalogue.find_one("step-scaling").unwrap().kind, Kind::ServiceScaling);
    assert_eq!(catalogue.find_one("provisioning/fixed").unwrap().kind, Kind::Provisioning);
    check("fixed", "service-scaling/fixed, cluster-scaling/fixed, keep-alive/fixed, provisioning/fixed");
    check("target-trakcing", "did you mean `target-tracking`?");
    check("placement/bin-pack", "did you mean `binpack`?");
    check("quantum", "one of binpack, ");
}

#[test]
fn examples_as_toml() {
    let check = |address: &str, text: &str| {
        assert_eq!(Catalogue::builtin().find_one(address).unwrap().example_toml(), text);
    };
    check("placement/random", "\"random\"");
    check("spread", "\"spread:zone\"");
    check(
        "service-scaling/target-tracking",
        r#"{ target-tracking = { metric = "cpu", target = "60%", min = 2, max = 40 } }"#,
    );
    check(
        "step-scaling",
        concat!(
            r#"{ step-scaling = { metric = "cpu", min = 2, max = 40, scale_out = { threshold = "70%", "#,
            r#"steps = [{ to = "10%", change = 2 }, { from = "10%", change = 6 }] }, "#,
            r#"scale_in = { threshold = "30%", datapoints = 15, steps = [{ change = -1 }] } } }"#,
        ),
    );
}

#[test]
fn the_schema_holds_every_policy_and_its_parameters() {
    let mut schema = schema_for!(Vec<ServiceScalingSpec>);
    Catalogue::builtin().complete_schema(&mut schema);
    let schema = schema.to_value();
    assert_eq!(schema["items"]["$ref"], "#/$defs/policy-service-scaling");
    let check = |kind: &str, name: &str, ways: usize| {
        let options = schema["$defs"][format!("policy-{kind}")]["oneOf"].as_array().unwrap();
        let plain = options.iter().filter(|option| option["const"] == name).count();
        let settings = options.iter().filter(|option| option["properties"].get(name).is_some()).count();
        assert_eq!(plain + settings, ways, "{kind} {name}");
    };
    check("service-scaling", "target-tracking", 1);
    check("service-scaling", "several", 1);
    check("cluster-scaling", "managed", 2);
    check("placement", "random", 1);
    check("placement", "spread", 1);
    check("termination", "default", 1);
    let options = &schema["$defs"]["policy-service-scaling"]["oneOf"];
    let tracking = &options[0]["properties"]["target-tracking"];
    assert_eq!(tracking["properties"]["target"]["format"], "metric-level");
    assert_eq!(tracking["additionalProperties"], false);
    assert_eq!(options[4]["properties"]["several"]["items"]["$ref"], "#/$defs/policy-service-scaling");
}

/// Twice the tasks, always: a policy of a user's own.
struct Double;

impl ServiceScalingPolicy for Double {
    fn decide(
        &mut self,
        view: &crate::policy::view::ServiceScalingView,
    ) -> crate::policy::view::ServiceScalingDecision {
        crate::policy::view::ServiceScalingDecision::to(view.desired * 2, "twice")
    }

    fn bounds(&self) -> Bounds {
        Bounds { min: None, max: Some(30) }
    }
}

struct Last;

impl RoutingPolicy for Last {
    fn pick(&mut self, view: &RoutingView<'_>) -> u32 {
        view.targets[view.targets.len() - 1]
    }
}

fn own() -> Catalogue {
    Catalogue::builtin()
        .with_service_scaling(Declaration::new("double", "doubles", |()| Ok(Double)))
        .with_routing(Declaration::new("last", "the last one", |()| Ok(Last)))
}

#[test]
fn a_users_own_policies_stand_beside_the_builtin_ones() {
    let catalogue = own();
    let known = catalogue.find_one("double").unwrap();
    let decision = catalogue.decide(known.kind, &known.example_spec(), &known.example_view).unwrap();
    assert_eq!(decision["desired"], 20);
    let scaler = catalogue.service_scaling(&"double".into()).unwrap();
    assert_eq!((scaler.min(), scaler.max()), (1, 30));
    let known = catalogue.find_one("last").unwrap();
    assert_eq!(
        catalogue.decide(known.kind, &known.example_spec(), &known.example_view).unwrap()["target"],
        2
    );
}

#[test]
#[should_panic(expected = "two service-scaling policies are called `double`")]
fn a_name_is_given_once() {
    let _ = own().with_service_scaling(Declaration::new("double", "again", |()| Ok(Double)));
}

#[test]
fn builders() {
    let catalogue = Catalogue::builtin();
    let check = |constraints: &[&str], rankers: &[&str], paths: &[&str]| {
        let constraints: Vec<ConstraintSpec> = constraints.iter().map(|text| (*text).into()).collect();
        let rankers: Vec<PlacementSpec> = rankers.iter().map(|text| (*text).into()).collect();
        let problems = catalogue.placement(&constraints, &rankers).err().unwrap_or_default();
        assert_eq!(
            problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(),
            paths,
            "{problems:?}"
        );
    };
    check(&["distinct-instance", "member-of:attribute:rack exists"], &["spread:zone", "binpack:memory"], &[]);
    check(
        &["member-of:rack"],
        &["spread:zone", "binpack:disk", "sprad"],
        &["constraints[0].member-of", "placement[1].binpack", "placement[2]"],
    );
    let problems = catalogue.service_scaling(&"target-tracking".into()).err().unwrap();
    assert!(problems[0].message.contains("missing field `metric`"), "{problems:?}");
    assert!(catalogue.cluster_scaling(&"managed".into()).is_ok());
    assert!(catalogue.termination(&"default".into()).is_ok());
    assert!(catalogue.routing(&"random".into()).is_ok());
    assert!(catalogue.keep_alive(&"fixed".into()).is_ok());
    assert!(catalogue.provisioning(&"fixed".into()).is_err());
}
