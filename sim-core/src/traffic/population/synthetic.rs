//! Functions drawn from what was published about a month of Azure Functions (Shahrad et al., "Serverless in the Wild",
//! ATC 2020; its figures read off, its tables as printed).
//!
//! Every function draws trigger, regularity, duration and memory from its own number, so that one more changes no
//! other. Rates are different: they span eight orders of magnitude, the busiest hundredth carries 92 % of the
//! traffic, and independent draws would make each fleet's load an accident of its two or three largest. So the
//! quantiles of successive functions are a golden-ratio sequence, which fills the unit interval evenly at any length.
//!
//! The statistics of triggers and of regularity were published by application; here, where every function stands
//! alone, a timer's regularity is that of applications of timers only and any other's that of applications without a
//! timer. Rate, duration and memory are independent: their correlation was not published.

use super::{Duration, Law, Member, MemberArrivals, SyntheticSpec, chosen_size};
use crate::quantity::MemorySize;
use crate::random::{Distribution, Draw, Purpose, counted, open01, owner_key};
use crate::traffic::traced::Trigger;

/// The name of a function by its number.
pub(super) fn name(function: usize) -> String {
    format!("f{function}")
}

/// Average invocations per day per function: (share of functions, rate). Up to 99 % from the paper's figure 5a. Beyond,
/// the points are those at which straight lines (in the logarithm) give the shares of all invocations that
/// figure 5b has: 12 % by the busiest 0.001 %, 32 % by 0.01 %, 64 % by 0.1 %, 92 % by 1 %.
const PER_DAY: &[(f64, f64)] = &[
    (0.0, 0.07),
    (0.05, 0.07),
    (0.10, 0.15),
    (0.25, 0.85),
    (0.50, 4.8),
    (0.75, 118.0),
    (0.90, 1280.0),
    (0.95, 3470.0),
    (0.99, 88_000.0),
    (0.999, 1.43e6),
    (0.9999, 1.4e7),
    (0.999_99, 6.9e7),
    (1.0, 3.93e8),
];

/// Function mean duration in seconds (figure 7). The figure ends at 300 s with more than one in a hundred above.
const MEAN_SECONDS: &[(f64, f64)] = &[
    (0.0, 0.001),
    (0.01, 0.005),
    (0.05, 0.027),
    (0.10, 0.061),
    (0.25, 0.21),
    (0.50, 0.92),
    (0.75, 4.2),
    (0.90, 23.0),
    (0.95, 59.0),
    (0.99, 300.0),
    (1.0, 900.0),
];

/// Maximum memory per application in MB (figure 8); the ends are assumed.
const MOST_MEGABYTES: &[(f64, f64)] = &[
    (0.0, 85.0),
    (0.01, 92.0),
    (0.05, 99.0),
    (0.10, 108.0),
    (0.25, 133.0),
    (0.50, 167.0),
    (0.75, 249.0),
    (0.90, 353.0),
    (0.95, 435.0),
    (0.99, 1190.0),
    (1.0, 3000.0),
];

/// Coefficient of variation of the intervals between arrivals (figure 6), of applications with timers only ...
const TIMER_CV: &[(f64, f64)] =
    &[(0.0, 0.0), (0.525, 0.0), (0.74, 0.25), (0.85, 0.5), (0.94, 1.0), (0.98, 2.0), (1.0, 4.0)];

/// ... and of those without a timer. The figure ends at 10 with 8 % above; up to 20 is assumed.
const OTHER_CV: &[(f64, f64)] = &[
    (0.0, 0.0),
    (0.12, 0.0),
    (0.18, 0.25),
    (0.25, 0.5),
    (0.35, 1.0),
    (0.55, 2.0),
    (0.77, 4.0),
    (0.85, 6.0),
    (0.92, 10.0),
    (1.0, 20.0),
];

/// Percent of functions, and percent of invocations, by trigger (the paper's table).
const TRIGGERS: [(Trigger, f64, f64); 7] = [
    (Trigger::Http, 55.0, 35.9),
    (Trigger::Queue, 15.2, 33.5),
    (Trigger::Event, 2.2, 24.7),
    (Trigger::Orchestration, 6.9, 2.3),
    (Trigger::Timer, 15.6, 2.0),
    (Trigger::Storage, 2.8, 0.7),
    (Trigger::Others, 2.2, 1.0),
];

/// The busiest share of functions, which makes 98 % of invocations: its triggers are mixed as invocations are, those of
/// the others so that all together are mixed as functions are.
const BUSIEST: f64 = 0.05;

/// Total load by hour of the day, relative to its mean (figure 4: from 0.78 to 1.15 on usual days).
const HOURS: [f64; 24] = [
    0.88, 0.83, 0.80, 0.78, 0.79, 0.83, 0.89, 0.96, 1.03, 1.09, 1.12, 1.14, 1.15, 1.15, 1.15, 1.15, 1.14,
    1.12, 1.09, 1.06, 1.03, 1.00, 0.95, 0.87,
];

/// Periods, in seconds, that a schedule expression can say: divisors of a minute, an hour, a day, and whole days.
const PERIODS: &[u32] = &[
    1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 300, 360, 600, 720, 900, 1200, 1800, 3600, 7200,
    10_800, 14_400, 21_600, 28_800, 43_200, 86_400, 172_800, 604_800, 1_209_600,
];

const DAY_SECONDS: f64 = 86_400.0;
const HOUR: u32 = 3600;
const MINUTE: u32 = 60;

/// Below this, arrivals count as periodic; between this and its counterpart above 1, as Poisson.
const REGULAR_CV: f64 = 0.01;

/// What functions are drawn from.
struct Statistics {
    per_day: Distribution,
    seconds: Distribution,
    megabytes: Distribution,
    timer_cv: Distribution,
    other_cv: Distribution,
}

/// The functions of the population called `population`.
pub(super) fn members(spec: &SyntheticSpec, population: &str) -> Vec<Member> {
    let statistics = Statistics {
        per_day: Distribution::percentiles(PER_DAY),
        seconds: Distribution::percentiles(MEAN_SECONDS),
        megabytes: Distribution::percentiles(MOST_MEGABYTES),
        timer_cv: Distribution::percentiles(TIMER_CV),
        other_cv: Distribution::percentiles(OTHER_CV),
    };
    let key = owner_key(population);
    let shift = open01(&mut counted(spec.seed, 0, Purpose::Population, key, u64::MAX));
    (0..spec.count)
        .map(|number| {
            let mut draw = counted(spec.seed, 0, Purpose::Population, key, u64::from(number));
            statistics.member(spec, evenly(shift, number), &mut draw)
        })
        .collect()
}

/// The `number`-th point of the golden-ratio sequence that begins at `shift`.
fn evenly(shift: f64, number: u32) -> f64 {
    // The golden ratio's fraction times 2^64: the multiples wrap around exactly.
    let turned = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(u64::from(number));
    let point = shift + (turned >> 12) as f64 / (1_u64 << 52) as f64;
    point.fract().clamp(f64::EPSILON, 1.0 - f64::EPSILON)
}

impl Statistics {
    /// A function at this quantile of the rates.
    fn member(&self, spec: &SyntheticSpec, quantile: f64, draw: &mut Draw) -> Member {
        let per_second = self.per_day.quantile(quantile).unwrap_or_default() / DAY_SECONDS;
        let per_second = spec.max_rate.map_or(per_second, |most| per_second.min(most.0));
        let trigger = trigger(quantile, open01(draw));
        let cv = if trigger == Trigger::Timer { &self.timer_cv } else { &self.other_cv }.sample(draw);
        let longest = spec.max_duration.seconds();
        let mean = self.seconds.sample(draw).min(longest) as f32;
        let memory = chosen_size(MemorySize(self.megabytes.sample(draw) as u32));
        Member {
            trigger,
            memory: Some(memory),
            duration: Duration::Lognormal { mean, longest: longest as f32 },
            arrivals: MemberArrivals::Law(law(trigger, 1.0 / per_second, cv, draw)),
        }
    }
}

fn trigger(quantile: f64, u: f64) -> Trigger {
    let weight = |&(_, functions, invocations): &(Trigger, f64, f64)| {
        let of_others = (functions - BUSIEST * invocations) / (1.0 - BUSIEST);
        if quantile > 1.0 - BUSIEST { invocations } else { of_others }
    };
    let total: f64 = TRIGGERS.iter().map(weight).sum();
    let mut left = u * total;
    for row in &TRIGGERS {
        left -= weight(row);
        if left < 0.0 {
            return row.0;
        }
    }
    Trigger::Others
}

fn law(trigger: Trigger, mean: f64, cv: f64, draw: &mut Draw) -> Law {
    match trigger {
        Trigger::Timer if cv < REGULAR_CV => clock(mean, draw),
        _ if cv < REGULAR_CV => Law::Periodic { mean: mean as f32 },
        _ if (cv - 1.0).abs() < REGULAR_CV => Law::Renewal { mean: mean as f32, cv: 1.0 },
        _ => Law::Renewal { mean: mean as f32, cv: cv as f32 },
    }
}

/// The schedule nearest to an interval of `mean` seconds. Below an hour it runs at the multiples of its period; from an
/// hour on, in a minute of its own, which for every other one is the first of the hour.
fn clock(mean: f64, draw: &mut Draw) -> Law {
    let apart = |period: &&u32| libm::log(f64::from(**period) / mean).abs();
    let period = *PERIODS.iter().min_by(|a, b| apart(a).total_cmp(&apart(b))).unwrap_or(&MINUTE);
    let (hour, minute, on_the_hour) = (open01(draw), open01(draw), open01(draw) < 0.5);
    let offset = if period < HOUR {
        0
    } else {
        let hour = (hour * f64::from(period / HOUR)) as u32 * HOUR;
        hour + if on_the_hour { 0 } else { (minute * 60.0) as u32 * MINUTE }
    };
    Law::Clock { period, offset }
}

/// The factors of the hours of a day, with mean 1.
pub(super) fn hours(given: Option<&[f64]>) -> [f64; 24] {
    let factors: [f64; 24] = given.and_then(|given| given.try_into().ok()).unwrap_or(HOURS);
    let mean = factors.iter().sum::<f64>() / 24.0;
    factors.map(|factor| factor / mean)
}
