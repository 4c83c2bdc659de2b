//! The swarm's own parts; the swarm itself runs in `tests/swarm.rs`.

use super::*;

#[test]
fn a_failure_has_a_kind() {
    let swarm = Swarm::default();
    let refused = swarm.run("name = \"x\"").unwrap_err();
    assert_eq!(refused.kind, Kind::Refused);
    let text = swarm.generate(2);
    let endless = Swarm::default().with_most_facts(3).run(&text).unwrap_err();
    assert_eq!(endless.kind, Kind::Endless, "{endless}");
    assert!(swarm.run(&text).is_ok());
}

#[test]
fn shrinking_keeps_the_kind_and_makes_it_small() {
    let swarm = Swarm::default().with_most_facts(3);
    let text = swarm.generate(2);
    let small = swarm.shrink(&text, &Kind::Endless);
    assert_eq!(swarm.run(&small).unwrap_err().kind, Kind::Endless);
    assert!(small.lines().count() * 2 < text.lines().count(), "{small}");
}
