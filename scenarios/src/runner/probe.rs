//! What is watched beside the metrics: requests by kind of day, and each request for itself.

use sim_core::engine::Time;
use sim_core::metrics::Window;
use sim_core::observe::{Finished, Names, Outcome, Probe, ServiceId, SourceId};

use super::requests::RequestFile;
use crate::results::DayRequests;

/// The second watcher of a job.
pub(super) struct Extras {
    days: Vec<(Window, DayRequests)>,
    names: Names,
    requests: Option<RequestFile>,
}

impl Extras {
    pub(super) fn new(names: &Names, days: &[Window], requests: Option<RequestFile>) -> Self {
        let days = days.iter().map(|window| (*window, DayRequests::default())).collect();
        Extras { days, names: names.clone(), requests }
    }

    pub(super) fn finish(self) -> (Vec<DayRequests>, Option<RequestFile>) {
        (self.days.into_iter().map(|(_, requests)| requests).collect(), self.requests)
    }
}

impl Probe for Extras {
    fn born(&mut self, at: Time, _: SourceId, _: ServiceId, _: u64) {
        for (window, requests) in &mut self.days {
            requests.born += u64::from(window.contains(at));
        }
    }

    fn finished(&mut self, finished: &Finished) {
        for (window, requests) in &mut self.days {
            requests.ok += u64::from(finished.outcome == Outcome::Ok && window.contains(finished.born));
        }
        if let Some(file) = &mut self.requests {
            file.write(&self.names, finished);
        }
    }
}
