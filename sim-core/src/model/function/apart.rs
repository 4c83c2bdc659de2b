//! What a keep-alive policy that is asked for each function apart knows of each, and what it said last.
//!
//! Some hundred bytes a function with its histogram, and only in services whose policy asks for it. The policy is asked
//! now and then; the path of a request counts an idle time and reads set-points.

use super::environment::EnvironmentId;
use super::histogram::Histogram;
use crate::engine::{Span, Time};
use crate::observe::FunctionId;
use crate::policy::view::IdleTimes;

/// The functions of a service one by one.
pub(in crate::model) struct Apart {
    functions: Vec<Watched>,
    /// The function that the policy is to be asked about.
    pub(super) ask: Option<FunctionId>,
    /// Functions with a pre-warming window, environments loaded ahead so far, and when that was last said.
    pub(super) ahead: u32,
    pub(super) loaded: u64,
    pub(super) noted: Time,
}

/// Set-points.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    pub keep: Span,
    pub pre_warm: Span,
}

/// One function.
#[derive(Clone)]
pub(super) struct Watched {
    histogram: Histogram,
    /// None until the policy has seen an idle time: the service's set-point holds.
    pub(super) plan: Option<Plan>,
    /// When it became idle; never before its first invocation, and while it works.
    since: Time,
    /// When its pre-warming goes on: an environment is to be loaded, or the one that is loading is ready.
    pub(super) due: Time,
    pub(super) loading: Option<EnvironmentId>,
    busy: u32,
    /// An average of recent idle times in seconds.
    recent: f32,
    /// Idle times so far, and with how many the policy is asked again.
    seen: u32,
    ask_at: u32,
}

const _: () = assert!(size_of::<Watched>() <= 96);

/// The weight of the newest idle time in the average of recent ones.
const NEWEST: f32 = 0.25;

/// The policy is asked when idle times have become more by one in so many.
const MORE: u32 = 8;

impl Apart {
    /// Nothing seen yet of so many functions.
    pub(super) fn new(functions: usize) -> Self {
        let watched = Watched {
            histogram: Histogram::default(),
            plan: None,
            since: Time::NEVER,
            due: Time::NEVER,
            loading: None,
            busy: 0,
            recent: 0.0,
            seen: 0,
            ask_at: 1,
        };
        let functions = vec![watched; functions];
        Apart { functions, ask: None, ahead: 0, loaded: 0, noted: Time::ZERO }
    }

    pub(super) fn function(&mut self, function: FunctionId) -> &mut Watched {
        &mut self.functions[function.0 as usize]
    }

    /// How long an idle environment of a function is kept, if the policy has said so.
    pub(super) fn keep(&self, function: FunctionId) -> Option<Span> {
        self.functions[function.0 as usize].plan.map(|plan| plan.keep)
    }

    /// Functions for which an environment is loading.
    pub(super) fn loading(&self) -> impl Iterator<Item = (FunctionId, EnvironmentId)> {
        let each = self.functions.iter().enumerate();
        each.filter_map(|(index, it)| Some((FunctionId(index as u32), it.loading?)))
    }

    /// A function has another invocation in work. If it was idle, that is over: no environment needs to be loaded.
    pub(super) fn begins(&mut self, function: FunctionId, now: Time) {
        let watched = self.function(function);
        watched.busy += 1;
        if watched.busy > 1 {
            return;
        }
        if watched.loading.is_none() {
            watched.due = Time::NEVER;
        }
        let since = std::mem::replace(&mut watched.since, Time::NEVER);
        if since != Time::NEVER && watched.learn(now.since(since)) {
            self.ask = Some(function);
        }
    }

    /// A function has one less.
    pub(super) fn ends(&mut self, function: FunctionId, now: Time) {
        let watched = self.function(function);
        watched.busy -= 1;
        if watched.busy == 0 {
            watched.since = now;
        }
    }

    /// Another plan for a function; returns what it was.
    pub(super) fn replan(&mut self, function: FunctionId, plan: Plan) -> Option<Plan> {
        let before = self.function(function).plan.replace(plan);
        let ahead = |plan: Plan| u32::from(!plan.pre_warm.is_zero());
        self.ahead = self.ahead + ahead(plan) - before.map_or(0, ahead);
        before
    }
}

impl Watched {
    /// An idle time is over. Whether the policy is to be asked.
    fn learn(&mut self, idle: Span) -> bool {
        self.histogram.add(idle);
        let seconds = idle.seconds() as f32;
        self.recent = if self.seen == 0 { seconds } else { self.recent + NEWEST * (seconds - self.recent) };
        self.seen = self.seen.saturating_add(1);
        if self.seen < self.ask_at {
            return false;
        }
        self.ask_at = self.seen.saturating_add((self.seen / MORE).max(1));
        true
    }

    /// The idle times so far, as the policy sees them.
    pub(super) fn times(&self) -> IdleTimes {
        let recent = (self.seen > 0).then(|| Span::from_seconds(f64::from(self.recent)));
        IdleTimes { recent, ..self.histogram.times() }
    }

    /// For how long nothing is loaded, if the function is idle and its plan is to load ahead.
    pub(super) fn unloaded_for(&self) -> Option<Span> {
        let plan = self.plan.filter(|plan| self.busy == 0 && !plan.pre_warm.is_zero())?;
        Some(plan.pre_warm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often the policy is asked: at first every time, then with every eighth more.
    #[test]
    fn asking_becomes_rare() {
        let mut apart = Apart::new(3);
        let mut asked = Vec::new();
        for second in 0..1000 {
            let at = |tenths: u64| Time::ZERO + Span::from_millis(second * 60_000 + 100 * tenths);
            apart.begins(FunctionId(1), at(0));
            apart.begins(FunctionId(1), at(1));
            apart.ends(FunctionId(1), at(2));
            apart.ends(FunctionId(1), at(3));
            asked.extend(apart.ask.take().map(|_| second));
        }
        assert_eq!(asked[..18], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20]);
        assert!(asked.len() < 60, "{asked:?}");
        let times = apart.function(FunctionId(1)).times();
        assert_eq!((times.minutes.as_slice(), times.beyond), ([999].as_slice(), 0));
        assert!((times.recent.unwrap().seconds() - 59.7).abs() < 1e-3);
        assert_eq!(apart.function(FunctionId(0)).times(), IdleTimes::default());
    }
}
