//! The engine: an agenda of what happens next, and one short loop that makes it happen.
//!
//! It knows nothing of clouds. A [`World`] says what its events are and what each of them does; the engine
//! keeps them in order and moves the clock. Nothing else advances time.
//!
//! **Order is designed, not inherited.** Events leave the agenda in the order of their [`Event`] value: time
//! first, then the phase within that instant, then kind, owner and the owner's slot. The order in which they
//! were put in plays no part, so an optimisation, a merged queue or another core cannot renumber ties. Ties are
//! common here: every control loop ticks on whole minutes.
//!
//! **Arrivals have an agenda of their own.** Each source has exactly one next arrival; they are kept apart from
//! the work in flight, so a run of a billion requests needs no more memory than one of a thousand.
//!
//! **Cancelling is by staleness.** An event is never searched for and removed. Its owner remembers for which
//! instant it is due; when the event comes up and the owner has moved on, the world ignores it.

mod agenda;
mod heap;
mod time;
mod window;

pub use agenda::Agenda;
pub use heap::Heap;
pub use time::{Span, Time};
pub use window::Window;

/// What can stand in an agenda: a small copyable value, ordered as it shall happen.
///
/// `Ord` must be total and must put [`Event::time`] first.
pub trait Event: Copy + Ord {
    /// When it happens.
    fn time(&self) -> Time;
}

/// A system that events happen to.
pub trait World {
    /// What happens in it.
    type Event: Event;

    /// Makes `event` happen at `event.time()`, putting what follows from it into the agenda.
    fn handle(&mut self, event: Self::Event, agenda: &mut Agenda<Self::Event>);

    /// Whether something is in work that has to come to its end before a run is over.
    fn is_busy(&self) -> bool {
        false
    }
}

/// Runs `world` until the agenda is empty or its next event lies after `until`, and returns how many events
/// happened. Events at exactly `until` still happen; later ones stay in the agenda.
pub fn run_until<W: World>(world: &mut W, agenda: &mut Agenda<W::Event>, until: Time) -> u64 {
    run_and_drain(world, agenda, until, until)
}

/// Runs `world` [until](run_until) `end`, and from there on for as long as it is [busy](World::is_busy), at most until
/// `last`. Returns how many events happened.
pub fn run_and_drain<W: World>(world: &mut W, agenda: &mut Agenda<W::Event>, end: Time, last: Time) -> u64 {
    let (mut happened, mut limit) = (0, end);
    loop {
        if let Some(event) = agenda.pop_until(limit) {
            world.handle(event, agenda);
            happened += 1;
        } else if limit < last {
            limit = last;
        } else {
            return happened;
        }
        if limit > end && !world.is_busy() {
            return happened;
        }
    }
}
