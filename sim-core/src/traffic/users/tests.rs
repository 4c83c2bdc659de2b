//! Users come, think, ask and leave as their population says.

use super::*;
use crate::traffic::tests::origin;

fn users(json: &str) -> Users {
    let spec: UsersSpec = serde_json::from_str(json).unwrap();
    Users::new(&spec, &origin("users"))
}

fn seconds(seconds: f64) -> Time {
    Time::ZERO + Span::from_seconds(seconds)
}

const LINE: &str = r#"{"think": {"constant": "1s"}, "population": {"piecewise-linear": [
    {"at": "10s", "users": 2}, {"at": "20s", "users": 4}, {"at": "30s", "users": 1}, {"at": "40s", "users": 3}]}}"#;
const STEPS: &str = r#"{"think": {"constant": "1s"}, "population": {"steps": [
    {"at": "10s", "users": 2}, {"at": "20s", "users": 1}, {"at": "30s", "users": 3}]}}"#;

#[test]
fn populations_over_time() {
    let check = |json, expected: &[(f64, u32)]| {
        let users = users(json);
        for (at, population) in expected {
            assert_eq!(users.population(seconds(*at)), *population, "at {at}");
        }
    };
    check(
        LINE,
        &[
            (0.0, 2),
            (14.9, 2),
            (15.0, 3),
            (20.0, 4),
            (20.1, 3),
            (26.0, 2),
            (30.0, 1),
            (39.9, 2),
            (40.0, 3),
            (1e6, 3),
        ],
    );
    check(STEPS, &[(0.0, 0), (9.9, 0), (10.0, 2), (20.0, 1), (29.9, 1), (30.0, 3), (1e6, 3)]);
    check(r#"{"think": {"constant": "1s"}, "population": {"constant": 7}}"#, &[(0.0, 7), (1e6, 7)]);
}

#[test]
fn joins_come_in_order() {
    let check = |json, expected: &[(f64, u32)]| {
        let mut users = users(json);
        let joins: Vec<_> =
            std::iter::from_fn(|| users.next_join()).map(|(at, user)| (at.seconds(), user)).collect();
        assert_eq!(joins, expected);
    };
    check(LINE, &[(0.0, 0), (0.0, 1), (15.0, 2), (20.0, 3), (35.0, 1), (40.0, 2)]);
    check(STEPS, &[(10.0, 0), (10.0, 1), (30.0, 1), (30.0, 2)]);
    check(r#"{"think": {"constant": "1s"}, "population": {"constant": 3}}"#, &[(0.0, 0), (0.0, 1), (0.0, 2)]);
}

/// One request at a time, also for a user who leaves and comes back while an answer is due.
#[test]
fn a_user_has_one_request() {
    let mut users = users(STEPS);
    assert_eq!(users.joined(1, seconds(10.0)), Some(seconds(11.0)));
    assert!(users.ask(1, seconds(11.0)).is_some());
    assert_eq!(users.joined(1, seconds(30.0)), None, "still waiting");
    assert_eq!(users.request_done(1, seconds(31.0)), Some(seconds(32.0)));
    assert!(users.ask(1, seconds(32.0)).is_some());
    // Who leaves while thinking does not ask, and starts afresh with the next join.
    assert_eq!(users.joined(0, seconds(10.0)), Some(seconds(11.0)));
    let mut leaver = self::users(STEPS);
    assert!(leaver.joined(1, seconds(19.5)).is_some());
    assert_eq!(leaver.ask(1, seconds(20.5)), None);
    assert_eq!(leaver.joined(1, seconds(30.0)), Some(seconds(31.0)));
    // Who is answered after leaving does not go on.
    assert!(leaver.ask(1, seconds(31.0)).is_some());
    let mut gone = self::users(STEPS);
    gone.joined(1, seconds(10.0));
    gone.ask(1, seconds(11.0));
    assert_eq!(gone.request_done(1, seconds(25.0)), None);
}

/// Think times are those of the user and the ordinal, whatever happened in between; their mean is the law's.
#[test]
fn think_times_belong_to_user_and_ordinal() {
    let json = r#"{"think": {"exponential": {"mean": "2s"}}, "population": {"constant": 100}}"#;
    let (mut one, two) = (users(json), users(json));
    for round in 0..5 {
        let now = seconds(f64::from(round) * 50.0);
        let next = if round == 0 { one.joined(7, now) } else { one.request_done(7, now) }.unwrap();
        assert_eq!(next - now, two.think(7, round));
        one.ask(7, next).unwrap();
    }
    let thinks = (0..100).flat_map(|user| (0..200).map(move |ordinal| (user, ordinal)));
    let mean = thinks.map(|(user, ordinal)| two.think(user, ordinal).seconds()).sum::<f64>() / 20_000.0;
    assert!((mean - 2.0).abs() < 4.5 * 2.0 / 20_000.0_f64.sqrt(), "{mean}");
}
