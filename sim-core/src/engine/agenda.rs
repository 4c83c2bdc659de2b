//! The agenda: what happens next. A heap of small copyable events, a second one for arrivals and a third for timers.
//!
//! **Timers have a heap of their own**, because there may be so many of them: each of a million idle functions has one
//! that comes in ten minutes or, if the function is invoked again, not at all. Among the events of the next second they
//! would make every way through the heap longer.
//!
//! Whole event values are compared, so the order is total and needs no insertion counter. Most events put the next one
//! of their kind into the agenda, an arrival the arrival after it, a completion that of the request that takes the free
//! worker: that is what the heap's open place is for.

use super::{Event, Heap, Time};

/// Everything that is going to happen, earliest first.
#[derive(Clone, Debug)]
pub struct Agenda<E> {
    work: Heap<E>,
    arrivals: Heap<E>,
    timers: Heap<E>,
}

impl<E: Event> Default for Agenda<E> {
    fn default() -> Self {
        Agenda { work: Heap::default(), arrivals: Heap::default(), timers: Heap::default() }
    }
}

impl<E: Event> Agenda<E> {
    /// An empty agenda.
    pub fn new() -> Self {
        Agenda::default()
    }

    /// Puts in `event`. O(log n) in the events in flight.
    #[inline]
    pub fn schedule(&mut self, event: E) {
        self.work.push(event);
    }

    /// Puts in the next arrival of a source. A source has at most one here at a time; O(log s) in the sources.
    #[inline]
    pub fn schedule_arrival(&mut self, event: E) {
        self.arrivals.push(event);
    }

    /// Puts in what is far off and mostly does not come to pass: the end of something that idles. The order of events is
    /// the same as with [`schedule`](Self::schedule).
    #[inline]
    pub fn schedule_timer(&mut self, event: E) {
        self.timers.push(event);
    }

    /// The next event, unless it lies after `until`.
    #[inline]
    pub fn pop_until(&mut self, until: Time) -> Option<E> {
        let mut heap = self.work.settled();
        for other in [self.arrivals.settled(), self.timers.settled()] {
            if let Some(first) = other.peek()
                && heap.peek().is_none_or(|least| first < least)
            {
                heap = other;
            }
        }
        let first = *heap.peek()?;
        if first.time() > until {
            return None;
        }
        heap.take_first();
        Some(first)
    }

    /// How many events wait, arrivals included.
    pub fn len(&self) -> usize {
        self.work.len() + self.arrivals.len() + self.timers.len()
    }

    /// Whether nothing more happens.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct At(u64, u32);

    impl Event for At {
        fn time(&self) -> Time {
            Time::from_nanos(self.0)
        }
    }

    proptest! {
        /// The slow, obvious twin: a list that is sorted anew each time.
        #[test]
        fn leaves_in_the_order_of_a_sorted_list(
            steps in prop::collection::vec((0u64..50, 0u32..1000, 0u8..5, 0u64..60), 0..400),
        ) {
            let mut agenda = Agenda::new();
            let mut twin: Vec<At> = Vec::new();
            for (time, id, step, limit) in steps {
                match step {
                    0 => {
                        let until = if limit < 50 { Time::from_nanos(limit) } else { Time::NEVER };
                        twin.sort_unstable();
                        let first = twin.first().copied().filter(|event| event.time() <= until);
                        twin.drain(..usize::from(first.is_some()));
                        prop_assert_eq!(agenda.pop_until(until), first);
                    }
                    1 => { agenda.schedule_arrival(At(time, id)); twin.push(At(time, id)); }
                    2 => { agenda.schedule_timer(At(time, id)); twin.push(At(time, id)); }
                    _ => { agenda.schedule(At(time, id)); twin.push(At(time, id)); }
                }
                prop_assert_eq!(agenda.len(), twin.len());
                prop_assert_eq!(agenda.is_empty(), twin.is_empty());
            }
        }

        /// Insertion order plays no part.
        #[test]
        fn order_is_free_of_insertion(mut ids in prop::collection::vec(0u32..10_000, 1..60), rotation in 0usize..60) {
            let drain = |ids: &[u32]| {
                let mut agenda = Agenda::new();
                ids.iter().for_each(|&id| agenda.schedule(At(7, id)));
                std::iter::from_fn(|| agenda.pop_until(Time::NEVER)).collect::<Vec<_>>()
            };
            let first = drain(&ids);
            let by = rotation % ids.len();
            ids.rotate_left(by);
            prop_assert_eq!(first, drain(&ids));
        }
    }

    #[test]
    fn stops_at_the_limit_and_keeps_the_rest() {
        let mut agenda = Agenda::new();
        agenda.schedule(At(5, 0));
        agenda.schedule(At(9, 0));
        assert_eq!(agenda.pop_until(Time::from_nanos(5)), Some(At(5, 0)));
        assert_eq!(agenda.pop_until(Time::from_nanos(8)), None);
        assert_eq!(agenda.len(), 1);
    }
}
