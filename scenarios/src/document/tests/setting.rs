//! `--set` and sweep values.

use super::set::{Override, set};
use super::*;

/// Sets on the good document, and shows the service or source as JSON; or the refusal with its hint.
fn outcome(text: &str) -> String {
    let mut root = tree(GOOD);
    let before = root.clone();
    let given = Override::parse(text).unwrap();
    match set(&schema(), &mut root, &given) {
        Ok(()) => {
            let origin = root.origin_of(&given.path.to_string());
            assert_eq!(*origin, Origin::Set(given.text.clone()), "{text}");
            root.at(&given.path).unwrap().to_json().to_string()
        }
        Err(refusal) => {
            assert_eq!(root, before, "{text}: refused, yet it changed something");
            format!("{}; {}", refusal.message, refusal.hint.unwrap_or_default())
        }
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(outcome(text), expected, "{text}");
}

#[test]
fn text_is_read_as_what_the_schema_wants() {
    check("services.web.scaling.target-tracking.target=70%", "\"70%\"");
    check("services.web.scaling.target-tracking.target=\"70%\"", "\"70%\"");
    check("services.web.scaling.target-tracking.max = 7", "7");
    check("services.web.scaling=fixed", "\"fixed\"");
    check("services.web.scaling={ step = { steps = ['1%', '2%'] } }", r#"{"step":{"steps":["1%","2%"]}}"#);
    check("services.web.placement=['a', 'b']", r#"["a","b"]"#);
    check("services.web.task.ports[1]=8080", "8080");
    check("services.web.task.image=80", "\"80\"");
    check("duration=5", "\"5\"");
    check("exact=true", "true");
    check("sources.visitors.share=0.5", "0.5");
    check("sources.others.arrivals.poisson.rate=7/s", "\"7/s\"");
    check("sources.visitors.arrivals.sum[0].poisson.rate=7/s", "\"7/s\"");
    check("sources.visitors.think={ exponential = { mean = '1s' } }", r#"{"exponential":{"mean":"1s"}}"#);
    check("sources.others.think=3s", "\"3s\"");
    check("replications=many", "\"many\"");
}

#[test]
fn a_path_that_leads_nowhere_is_refused() {
    check("services.wbe.timeout=3s", "there is no entry `wbe`; did you mean `web`?");
    check("services.web.timout=3s", "unknown key `timout`; did you mean `timeout`?");
    check(
        "services.web.memory=1GB",
        "`memory` belongs to platform `lambda`; the keys here are `platform`, `task`, `scaling`, `placement` or `timeout`",
    );
    check(
        "services.web.scaling.step.steps=[]",
        "the policy here is `target-tracking`, not `step`; to change it, set the whole choice",
    );
    check("services.web.scaling.stepp.steps=[]", "unknown policy `stepp`; did you mean `step`?");
    check("services.new={}", "there is no entry `new`; there is `web` or `api`");
    check("services.web.task.ports[9]=1", "the list has no item [9]; it has 2, counted from 0");
    check("duration.x=1", "there is no `x` in a length of time; the path ends before it");
    check("duration[0]=1", "[0] picks from a list, and this is none; leave it out");
    check("servces.web.timeout=1", "unknown key `servces`; did you mean `services`?");
}

#[test]
fn an_option_without_a_value_is_refused() {
    assert!(Override::parse("services.web").unwrap_err().contains("path=value"));
    assert!(Override::parse("a..b=1").unwrap_err().contains("empty"));
}
