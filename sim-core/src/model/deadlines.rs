//! Deadlines that are all equally long: a client's timeout, a front door's time limit.
//!
//! Since every entry of a queue waits equally long, the queue is in order by itself, and only its front stands in the
//! agenda. A request that ends in time leaves its entry behind; it is dropped when it comes to the front. So a timeout
//! costs a request a push and a pop, and the agenda nothing.

use std::collections::VecDeque;

use super::request::RequestId;
use crate::engine::{Span, Time};

/// Who stops waiting when a deadline passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiter {
    /// The client.
    Client,
    /// The front door.
    Door,
}

/// The deadlines of one source's clients or one service's front door.
#[derive(Clone, Debug)]
pub(super) struct Deadlines {
    pub waiter: Waiter,
    limit: Span,
    queue: VecDeque<Entry>,
}

/// A request that somebody waits for until an instant. The generation tells a place in the slab from its next life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub at: Time,
    pub request: RequestId,
    pub generation: u32,
}

impl Deadlines {
    pub(super) fn new(waiter: Waiter, limit: Span) -> Self {
        Deadlines { waiter, limit, queue: VecDeque::new() }
    }

    /// Starts waiting at `now`. Returns the deadline if it is the only one, so that the caller puts it into the agenda.
    #[inline(always)]
    pub(super) fn start(&mut self, now: Time, request: RequestId, generation: u32) -> Option<Time> {
        let at = now + self.limit;
        self.queue.push_back(Entry { at, request, generation });
        (self.queue.len() == 1).then_some(at)
    }

    /// The first entry, if its instant has come.
    pub(super) fn pop_due(&mut self, now: Time) -> Option<Entry> {
        self.queue.front().filter(|entry| entry.at <= now)?;
        self.queue.pop_front()
    }

    /// Drops leading entries for which `alive` is false and returns the next instant to look again.
    pub(super) fn next(&mut self, alive: impl Fn(&Entry) -> bool) -> Option<Time> {
        while let Some(front) = self.queue.front() {
            if alive(front) {
                return Some(front.at);
            }
            self.queue.pop_front();
        }
        None
    }
}
