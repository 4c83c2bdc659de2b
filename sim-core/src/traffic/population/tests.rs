//! Populations: like the statistics they are drawn from, exact where they are counted, and each function on its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::calendar::Calendar;
use crate::engine::Time;
use crate::random::Luck;
use crate::traffic::traced::PackedFeed;
use crate::traffic::{NoTraces, Origin, TraceFeed, TraceRow};

fn synthetic(options: &str) -> Population {
    let json = format!(r#"{{"functions": {{"synthetic": {{{options}}}}}, "cpu_share": "25%"}}"#);
    let spec: PopulationOfFunctionsSpec = serde_json::from_str(&json).unwrap();
    let mut problems = Vec::new();
    spec.problems("", &mut problems);
    assert_eq!(problems, []);
    Population::build(&spec, "fleet", &NoTraces).unwrap()
}

fn members(population: &Arc<Population>, start: i64) -> Members {
    let origin = Origin {
        name: "events",
        luck: Luck { root: 3, replication: 0 },
        calendar: Calendar::starting_at(start),
    };
    Members::new(population.clone(), &origin)
}

/// All arrivals of a member before `seconds`.
fn play(members: &mut Members, member: u32, seconds: u64) -> Vec<Time> {
    let end = Time::ZERO + Span::from_secs(seconds);
    let mut times = Vec::new();
    while members.following(member).is_some_and(|(_, at)| at < end) {
        let arrival = members.arrive(member);
        assert!(times.last().is_none_or(|last| *last <= arrival.at));
        times.push(arrival.at);
    }
    times
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() as f64 * share) as usize).min(values.len() - 1)]
}

/// Rates, durations and memory have the published quantiles, within what 10,000 draws allow (rates: within what their
/// even spread does), and the busiest functions the published share of all invocations.
#[test]
fn a_synthetic_fleet_is_like_the_published_statistics() {
    let population = synthetic(r#""count": 10000"#);
    let each = |figure: &dyn Fn(usize) -> f64| (0..population.len()).map(figure).collect::<Vec<_>>();
    let mut per_day = each(&|function| population.rate(function) * 86_400.0);
    let mut seconds = each(&|function| population.mean_duration(function).unwrap());
    let mut megabytes = each(&|function| f64::from(population.memory(function).unwrap().0));
    let check = |name: &str, values: &mut [f64], share: f64, expected: f64, factor: f64| {
        let found = quantile(values, share);
        assert!(
            (expected / factor..=expected * factor).contains(&found),
            "{name} at {share}: {found} for {expected}"
        );
    };
    // Timers run at the nearest of few periods, so a rate is known within a factor of 1.1.
    for (share, expected) in
        [(0.10, 0.15), (0.25, 0.85), (0.5, 4.8), (0.75, 118.0), (0.9, 1280.0), (0.95, 3470.0), (0.99, 88e3)]
    {
        check("rate", &mut per_day, share, expected, 1.2);
    }
    for (share, expected) in
        [(0.05, 0.027), (0.1, 0.061), (0.25, 0.21), (0.5, 0.92), (0.75, 4.2), (0.9, 23.0), (0.95, 59.0)]
    {
        check("duration", &mut seconds, share, expected, 1.2);
    }
    for (share, expected) in [(0.05, 128.0), (0.5, 192.0), (0.72, 256.0), (0.9, 384.0), (0.95, 512.0)] {
        check("memory", &mut megabytes, share, expected, 1.0001);
    }
    let total: f64 = per_day.iter().sum();
    for (busiest, expected, tolerance) in [(500, 0.983, 0.01), (100, 0.92, 0.03), (10, 0.64, 0.12)] {
        let share = per_day[per_day.len() - busiest..].iter().sum::<f64>() / total;
        assert!((share - expected).abs() < tolerance, "the busiest {busiest}: {share} for {expected}");
    }
}

#[test]
fn triggers_are_mixed_as_functions_and_as_invocations_are() {
    let population = synthetic(r#""count": 20000"#);
    let (mut functions, mut invocations) = (BTreeMap::new(), BTreeMap::new());
    // The largest few hold most invocations and have whatever trigger they drew: one vote for each of the busiest.
    for function in 0..population.len() {
        let trigger = population.trigger(function);
        *functions.entry(trigger).or_insert(0.0) += 100.0 / population.len() as f64;
        if population.rate(function) * 86_400.0 > 3470.0 {
            *invocations.entry(trigger).or_insert(0.0) += 1.0;
        }
    }
    let busiest: f64 = invocations.values().sum();
    assert!((busiest - 1000.0).abs() < 60.0, "{busiest}");
    // Standard errors are at most 0.35 of a percent of functions, and 1.5 of the busiest.
    for (trigger, of_functions, of_invocations) in [
        (Trigger::Http, 55.1, 35.9),
        (Trigger::Queue, 15.2, 33.5),
        (Trigger::Event, 2.2, 24.7),
        (Trigger::Timer, 15.6, 2.0),
    ] {
        let found = (functions[&trigger], invocations[&trigger] / busiest * 100.0);
        assert!((found.0 - of_functions).abs() < 1.2, "{trigger:?} {found:?}");
        assert!((found.1 - of_invocations).abs() < 5.0, "{trigger:?} {found:?}");
    }
}

#[test]
fn one_function_more_changes_no_other() {
    let (few, many) = (synthetic(r#""count": 300"#), synthetic(r#""count": 301"#));
    let (few, many) = (Arc::new(few), Arc::new(many));
    let (mut of_few, mut of_many) = (members(&few, 0), members(&many, 0));
    let mut arrived = 0;
    for member in 0..300 {
        let (a, b) = (play(&mut of_few, member, 3600), play(&mut of_many, member, 3600));
        assert_eq!(a, b, "function {member}");
        arrived += a.len();
        let (a, b) = (of_few.arrive(member), of_many.arrive(member));
        assert_eq!((a.seed, a.work), (b.seed, b.work));
    }
    assert!(arrived > 1000, "{arrived}");
    let other = Arc::new(synthetic(r#""count": 300, "seed": 5"#));
    assert!((0..300).any(|function| few.trigger(function) != other.trigger(function)));
}

/// A law's arrivals have its rate and its coefficient of variation, from the first moment on.
#[test]
fn laws_keep_their_rate_and_variation() {
    let check = |law: Law, trigger: Trigger, cv: Option<f64>| {
        let member =
            Member { trigger, memory: None, duration: Duration::Unknown, arrivals: MemberArrivals::Law(law) };
        let population = Arc::new(Population {
            members: vec![member; 400],
            hours: synthetic::hours(None),
            ..Population::empty()
        });
        let mut members = members(&population, 0);
        let (mut early, mut all, mut gaps) = (0.0, 0.0, Vec::new());
        for member in 0..400 {
            let times = play(&mut members, member, 10 * 86_400);
            all += times.len() as f64 / 400.0;
            early += times.iter().filter(|at| at.seconds() < 86_400.0).count() as f64 / 400.0;
            gaps.extend(times.windows(2).map(|pair| (pair[1] - pair[0]).seconds()));
        }
        // Three standard errors of means of 400 members: a count with mean n has a variance of about cv^2 n. With bursts (cv
        // 4), beginning with a whole interval instead of a part would show as (cv^2 - 1) / 2 = 7.5 more.
        let error = |count: f64| 3.0 * cv.unwrap_or(0.0).max(0.02) * (count / 400.0).sqrt() + 0.2;
        assert!((early - 86.4).abs() < error(86.4), "{law:?}: {early} on the first day");
        assert!((all - 864.0).abs() < error(864.0), "{law:?}: {all} in ten days");
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / gaps.len() as f64;
        let found = variance.sqrt() / mean;
        assert!(cv.is_none_or(|cv| (found / cv - 1.0).abs() < 0.06), "{law:?}: cv {found}");
    };
    // 86.4 a day. The hours' swing adds to the variation of regular arrivals, but not to timers'.
    check(Law::Periodic { mean: 1000.0 }, Trigger::Http, None);
    check(Law::Renewal { mean: 1000.0, cv: 0.5 }, Trigger::Timer, Some(0.5));
    check(Law::Renewal { mean: 1000.0, cv: 1.0 }, Trigger::Http, Some(1.0));
    check(Law::Renewal { mean: 1000.0, cv: 4.0 }, Trigger::Http, Some(4.0));
}

#[test]
fn timers_run_together_when_a_minute_begins() {
    let population = Arc::new(synthetic(r#""count": 3000"#));
    // A Thursday, 00:00:17.
    let mut members = members(&population, 17);
    let (mut timers, mut on_the_minute, mut five) = (0, 0, BTreeMap::new());
    for member in 0..3000 {
        let MemberArrivals::Law(law) = population.members[member as usize].arrivals else { panic!("a law") };
        let slow = population.rate(member as usize) <= 1.0 / 60.0;
        if population.trigger(member as usize) != Trigger::Timer || !slow {
            continue;
        }
        timers += 1;
        let times = play(&mut members, member, 7200);
        let aligned =
            |at: &Time| at.nanos() == 0 || (*at + Span::from_secs(17)).nanos().is_multiple_of(60_000_000_000);
        assert!(times.iter().all(aligned), "{law:?} {times:?}");
        on_the_minute += times.len();
        if let Law::Clock { period: 300, .. } = law {
            times.iter().for_each(|at| *five.entry(*at).or_insert(0) += 1);
        }
    }
    assert!(timers > 350 && on_the_minute > 200, "{timers} {on_the_minute}");
    assert_eq!(five.len(), 24, "every five minutes, all of that period together");
    assert!(five.values().all(|together| together == five.values().next().unwrap()));
}

#[test]
fn rates_follow_the_hours_exactly() {
    // A function that runs every second at the mean, in a day with two kinds of hour.
    let population = synthetic(
        r#""count": 1, "hours": [0.5, 1.5, 0.5, 1.5, 0.5, 1.5, 0.5, 1.5, 0.5, 1.5, 0.5, 1.5,
                                 0.5, 1.5, 0.5, 1.5, 0.5, 1.5, 0.5, 1.5, 0.5, 1.5, 0.5, 1.5]"#,
    );
    let member = Member {
        trigger: Trigger::Http,
        arrivals: MemberArrivals::Law(Law::Renewal { mean: 1.0, cv: 0.05 }),
        ..population.members[0].clone()
    };
    let population = Arc::new(Population { members: vec![member], ..population });
    // From half past midnight: half an hour at 0.5/s, then an hour at 1.5/s, half an hour at 0.5/s.
    let times = play(&mut members(&population, 1800), 0, 7200);
    let within =
        |from: f64, to: f64| times.iter().filter(|at| (from..to).contains(&at.seconds())).count() as f64;
    // 0.05 x sqrt(5400) = 4 requests is the standard deviation of the hour.
    assert!((within(0.0, 1800.0) - 900.0).abs() < 10.0, "{}", within(0.0, 1800.0));
    assert!((within(1800.0, 5400.0) - 5400.0).abs() < 20.0, "{}", within(1800.0, 5400.0));
    assert!((within(5400.0, 7200.0) - 900.0).abs() < 10.0, "{}", within(5400.0, 7200.0));
}

#[test]
fn work_is_shared_out_between_cpu_and_wait() {
    let population = synthetic(r#""count": 50, "max_duration": "20s""#);
    for member in 0..50_u32 {
        let mean = population.mean_duration(member as usize).unwrap();
        let mut sum = 0.0;
        for seed in 0..2000 {
            let work = population.work(member, seed);
            let (cpu, wait) = (work.cpu().unwrap().seconds(), work.wait().unwrap().seconds());
            assert!((cpu * 3.0 - wait).abs() < 1e-7 && cpu + wait <= 20.0 + 1e-6);
            sum += cpu + wait;
        }
        // The cut takes most from those whose mean is near it; sigma 1 has a cv of 1.31.
        let ratio = sum / 2000.0 / mean;
        let least = if mean < 0.5 { 0.85 } else { 0.4 };
        assert!((least..1.15).contains(&ratio), "{mean}: {ratio}");
    }
}

#[test]
fn counts_are_packed_and_played_as_they_were() {
    let check = |counts: &[u64]| {
        let minute = Span::from_secs(60);
        let packed = PackedCounts::new(minute, counts);
        assert_eq!((packed.total(), packed.length()), (counts.iter().sum(), minute * counts.len() as u64));
        let mut unpacked = vec![0; counts.len()];
        packed.iter().for_each(|(index, count)| unpacked[index as usize] = count);
        assert_eq!(unpacked, counts);
        let mut feed = PackedFeed::new(packed);
        for _ in 0..2 {
            let mut end = Span::ZERO;
            let mut requests = 0;
            while let Some(TraceRow::Count { start, length, requests: more }) = feed.next().unwrap() {
                assert!(start >= end);
                (end, requests) = (start + length, requests + more);
            }
            assert_eq!((end, requests), (minute * counts.len() as u64, counts.iter().sum()));
            feed.rewind().unwrap();
        }
    };
    check(&[0, 0, 5, 0, 1, 300, 0, 0]);
    check(&[1, 127, 128, 16_384, u64::from(u32::MAX) * 5]);
    check(&[0, 0, 0]);
    let mut long = vec![0; 20_000];
    long[19_999] = 1;
    check(&long);
}
