//! Patches laid over a base.

use super::*;

#[track_caller]
fn check(base: &str, patch: &str, expected: &str) {
    let mut merged = tree(base);
    merge::merge(&schema(), &mut merged, &tree(patch));
    assert_eq!(merged.to_json(), tree(expected).to_json(), "{patch}");
}

#[test]
fn tables_are_patched_and_the_rest_is_replaced() {
    check("duration = '1h'\nexact = true", "duration = '2h'", "duration = '2h'\nexact = true");
    check(
        "[services.web]\nplatform = 'ecs'\nplacement = ['a', 'b']\ntask = { image = 'x', ports = [1] }",
        "[services.web]\nplacement = ['c']\ntask.image = 'y'",
        "[services.web]\nplatform = 'ecs'\nplacement = ['c']\ntask = { image = 'y', ports = [1] }",
    );
    check(
        "duration = '1h'",
        "[services.web]\nplatform = 'ecs'",
        "duration = '1h'\nservices.web.platform = 'ecs'",
    );
    check("duration = '1h'", "[duration]\nx = 1", "[duration]\nx = 1");
    check("[typo.a]\nx = 1", "[typo.a]\ny = 2", "[typo.a]\nx = 1\ny = 2");
}

#[test]
fn a_choice_is_replaced_by_another_and_patched_by_the_same() {
    let base = "[sources.a]\narrivals = { poisson = { rate = '5/s' } }\nthink = '1s'";
    check(
        base,
        "[sources.a]\narrivals = { trace = { path = 'x' } }",
        "[sources.a]\narrivals = { trace = { path = 'x' } }\nthink = '1s'",
    );
    check(
        base,
        "[sources.a]\nthink = { exponential = { mean = '3s' } }",
        "[sources.a]\narrivals = { poisson = { rate = '5/s' } }\nthink = { exponential = { mean = '3s' } }",
    );
    let base = "[services.a]\nplatform = 'ecs'\nscaling = { target-tracking = { target = '60%', max = 4 } }";
    check(
        base,
        "services.a.scaling.target-tracking.max = 9",
        "[services.a]\nplatform = 'ecs'\nscaling = { target-tracking = { target = '60%', max = 9 } }",
    );
    check(base, "services.a.scaling = 'fixed'", "[services.a]\nplatform = 'ecs'\nscaling = 'fixed'");
    // Two choices in a patch are the patch's mistake, to be reported as it stands.
    check(
        base,
        "services.a.scaling = { plain = {}, step = {} }",
        "[services.a]\nplatform = 'ecs'\nscaling = { plain = {}, step = {} }",
    );
}

#[test]
fn another_platform_takes_what_it_knows() {
    let base = "[services.a]\nplatform = 'ecs'\ntimeout = '3s'\ntask = { image = 'x', ports = [1] }\n\
                placement = ['p']\nscaling = 'fixed'\ntypo = 1\ntask.typo = 2";
    let base = base.replace("\ntask.typo = 2", "").replace("ports = [1]", "ports = [1], typo = 2");
    check(
        &base,
        "[services.a]\nmemory = '1GB'\nplatform = 'lambda'",
        "[services.a]\nplatform = 'lambda'\ntimeout = '3s'\ntask = { image = 'x', typo = 2 }\ntypo = 1\n\
         memory = '1GB'",
    );
    check(
        "[services.a]\ntimeout = '3s'",
        "[services.a]\nplatform = 'lambda'\nmemory = '1GB'",
        "[services.a]\nplatform = 'lambda'\ntimeout = '3s'\nmemory = '1GB'",
    );
}

#[test]
fn values_keep_their_origin_through_a_merge() {
    let mut merged = tree("[services.web]\nplatform = 'ecs'\ntimeout = '3s'");
    let mut patch = tree("services.web.timeout = '4s'");
    patch.relabel(&|origin| Origin::Variant("v".into(), origin.place().unwrap()));
    merge::merge(&schema(), &mut merged, &patch);
    assert!(matches!(merged.origin_of("services.web.timeout"), Origin::Variant(name, _) if &**name == "v"));
    assert!(matches!(merged.origin_of("services.web.platform"), Origin::Base(_)));
    assert!(matches!(merged.origin_of("services.web"), Origin::Base(_)));
}

#[test]
fn what_stems_from_the_base_is_reported_once() {
    let mut all = Diagnostics::default();
    let problem = |at: usize, message: &str| {
        Diagnostic::new(Code::Meaning, Origin::Base(Place { start: at, end: at + 1 }), "p", message)
    };
    for (variant, only) in [("a", 1), ("b", 1), ("c", 3)] {
        let mut found = Diagnostics::default();
        found.push(problem(0, "common"));
        found.push(problem(only, "not common"));
        all.absorb(found, |_| variant.into());
    }
    all.forget_common_variants(|_| 3);
    insta::assert_snapshot!(Report::new("x.toml", "abcdef", all), @r#"
    error: p: common
      --> x.toml:1:1
       | abcdef
       | ^

    error: p: not common
      --> x.toml:1:2 (in variants a and b)
       | abcdef
       |  ^

    error: p: not common
      --> x.toml:1:4 (in variant c)
       | abcdef
       |    ^

    3 problems in x.toml
    "#);
}
