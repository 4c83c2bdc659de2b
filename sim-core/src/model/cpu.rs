//! CPU shared by the requests of one replica: processor sharing in virtual time.
//!
//! All requests in their CPU phase share `cores` equally, and none runs faster than its own parallelism. Since all run
//! at the same rate, one clock serves all: *virtual time* is the CPU time that each running request has received since
//! the replica was last idle. A request that enters at virtual time `v` with demand `d` leaves at `v + d`, whatever
//! happens to the rate meanwhile, so a change of rate touches one number and not every request. Arrival and completion
//! are O(log n). The obvious version, which ages every request at every change, stands beside it in the tests.
//!
//! Virtual time is a float of nanoseconds that starts from zero whenever the replica falls idle; completions are
//! rounded up to whole nanoseconds of real time. Sums, quotients and comparisons of IEEE doubles are the same
//! everywhere.

use crate::engine::{Heap, Span, Time};

/// The CPU of one replica.
#[derive(Clone, Debug)]
pub struct SharedCpu {
    /// Cores granted now.
    cores: f64,
    speed: f64,
    parallelism: f64,
    /// What a request would get with nobody else there, on the cores that there were at first: how many of them, and how
    /// many CPU seconds a second.
    alone_cores: f64,
    alone: f64,
    /// CPU seconds that each running request receives per second.
    rate: f64,
    virtual_now: f64,
    updated: Time,
    running: Heap<Running>,
}

/// A request in its CPU phase: at which virtual time it is done, and whose it is. In one number that sorts as the pair
/// does: the bits of a float that is not negative rise with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Running(u128);

impl Running {
    fn new(done_at: f64, slot: u32) -> Self {
        Running(u128::from(done_at.to_bits()) << 32 | u128::from(slot))
    }

    fn done_at(self) -> f64 {
        f64::from_bits((self.0 >> 32) as u64)
    }

    fn slot(self) -> u32 {
        self.0 as u32
    }
}

/// The whole number of nanoseconds at or above `nanos`, which is not negative; at most some 290 years.
#[inline]
fn ceil(nanos: f64) -> u64 {
    let whole = nanos.min(9.2e18) as i64;
    (whole + i64::from((whole as f64) < nanos)) as u64
}

impl SharedCpu {
    /// A CPU of `cores` vCPUs, each `speed` times as fast as the reference core, on which one request can use
    /// `parallelism` cores at once.
    pub fn new(cores: f64, speed: f64, parallelism: f64) -> Self {
        SharedCpu {
            cores,
            speed,
            parallelism,
            alone_cores: parallelism.min(cores),
            alone: parallelism.min(cores) * speed,
            rate: 0.0,
            virtual_now: 0.0,
            updated: Time::ZERO,
            running: Heap::default(),
        }
    }

    /// How many requests are in their CPU phase.
    #[inline]
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// How many cores those requests would use if there were enough.
    #[inline]
    pub fn demand(&self) -> f64 {
        self.running.len() as f64 * self.parallelism
    }

    /// How many cores are in use.
    #[inline]
    pub fn busy(&self) -> f64 {
        self.demand().min(self.cores)
    }

    /// What each request receives from now on: after anything that it depends on has changed.
    #[inline(always)]
    fn share(&mut self) {
        self.rate = self.parallelism.min(self.cores / self.running.len() as f64) * self.speed;
    }

    /// The time that `demand` takes with nobody else there, on the cores that the CPU was made with.
    #[inline]
    pub fn alone(&self, demand: Span) -> Span {
        if self.alone == 1.0 { demand } else { Span::from_nanos(ceil(demand.nanos() as f64 / self.alone)) }
    }

    #[inline(always)]
    fn advance(&mut self, now: Time) {
        if self.running.is_empty() {
            self.virtual_now = 0.0;
        } else {
            self.virtual_now += (now - self.updated).nanos() as i64 as f64 * self.rate;
        }
        self.updated = now;
    }

    /// Grants `cores` from now on.
    pub fn set_cores(&mut self, now: Time, cores: f64) {
        self.advance(now);
        self.cores = cores;
        self.share();
    }

    /// Makes it `factor` times as fast from now on.
    pub fn change_speed(&mut self, now: Time, factor: f64) {
        self.advance(now);
        self.speed *= factor;
        self.alone = self.alone_cores * self.speed;
        self.share();
    }

    /// The cores granted.
    pub fn cores(&self) -> f64 {
        self.cores
    }

    /// Lets the request in `slot` begin a CPU phase of `demand` (on the reference core).
    #[inline(always)]
    pub fn begin(&mut self, now: Time, slot: u32, demand: Span) {
        self.advance(now);
        self.running.push(Running::new(self.virtual_now + demand.nanos() as i64 as f64, slot));
        self.share();
    }

    /// When the next request is done if nothing changes until then; never if none runs or no core is granted.
    #[inline(always)]
    pub fn next_done(&mut self) -> Time {
        let Some(first) = self.running.first() else { return Time::NEVER };
        let left = (first.done_at() - self.virtual_now).max(0.0) / self.rate;
        if left < 1e18 { self.updated + Span::from_nanos(ceil(left)) } else { Time::NEVER }
    }

    /// Ends the CPU phase that [`next_done`](Self::next_done) announced for `now`, and returns its slot.
    ///
    /// # Panics
    /// If none runs.
    #[inline(always)]
    pub fn finish_next(&mut self, now: Time) -> u32 {
        self.advance(now);
        let first = self.running.first().expect("a request is done that runs");
        // The completion was rounded up to a whole nanosecond; rounding error must never leave it behind the clock.
        self.virtual_now = self.virtual_now.max(first.done_at());
        self.running.take_first();
        self.share();
        first.slot()
    }

    /// Stops the request in `slot` without it being done, and says whether it was there. O(n): only the loss of a
    /// replica or a function's time limit does it.
    pub fn abort(&mut self, now: Time, slot: u32) -> bool {
        self.advance(now);
        let before = self.running.len();
        self.running.retain(|running| running.slot() != slot);
        self.share();
        self.running.len() < before
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The obvious version: every request has CPU time left, and every change ages all of them.
    struct Obvious {
        cores: f64,
        speed: f64,
        parallelism: f64,
        left: Vec<(f64, u32)>,
        at: f64,
    }

    impl Obvious {
        fn rate(&self) -> f64 {
            (self.cores / self.left.len() as f64).min(self.parallelism) * self.speed
        }

        fn age(&mut self, now: f64) {
            let served = (now - self.at) * self.rate();
            self.left.iter_mut().for_each(|(left, _)| *left -= served);
            self.at = now;
        }

        fn next(&self) -> Option<f64> {
            let least = self.left.iter().map(|(left, _)| *left).min_by(f64::total_cmp)?;
            Some(self.at + least.max(0.0) / self.rate())
        }

        /// How much CPU time `slot` still needs, and how much the one that needs least.
        fn lacks(&self, slot: u32) -> (f64, f64) {
            let of = |wanted: &dyn Fn(u32) -> bool| {
                self.left
                    .iter()
                    .filter(|(_, slot)| wanted(*slot))
                    .map(|(left, _)| *left)
                    .fold(f64::MAX, f64::min)
            };
            (of(&|other| other == slot), of(&|_| true))
        }

        fn forget(&mut self, slot: u32) {
            self.left.retain(|(_, other)| *other != slot);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_obvious_version(
            (cores, speed, parallelism) in (0.25f64..8.0, 0.1f64..4.0, 0.25f64..4.0),
            steps in prop::collection::vec((0u64..3_000_000, 1u64..5_000_000, 0.25f64..4.0, 0u8..6), 1..60),
        ) {
            let mut fast = SharedCpu::new(cores, speed, parallelism);
            let mut slow = Obvious { cores, speed, parallelism, left: Vec::new(), at: 0.0 };
            let mut now = 0;
            for (slot, (gap, demand, new_cores, step)) in steps.into_iter().enumerate() {
                now += gap;
                while fast.next_done().nanos() <= now {
                    let due = fast.next_done();
                    prop_assert!((due.nanos() as f64 - slow.next().unwrap()).abs() < 100.0);
                    slow.age(due.nanos() as f64);
                    let done = fast.finish_next(due);
                    let (left, least) = slow.lacks(done);
                    prop_assert!(left - least < 1000.0, "request {done} lacks {left} ns, another {least} ns");
                    slow.forget(done);
                }
                let at = Time::from_nanos(now);
                slow.age(now as f64);
                match step {
                    0 => {
                        fast.set_cores(at, new_cores);
                        slow.cores = new_cores;
                    }
                    1 => {
                        let victim = slow.left.first().map_or(7777, |(_, slot)| *slot);
                        prop_assert_eq!(fast.abort(at, victim), !slow.left.is_empty());
                        slow.forget(victim);
                    }
                    _ => {
                        fast.begin(at, slot as u32, Span::from_nanos(demand));
                        slow.left.push((demand as f64, slot as u32));
                    }
                }
                prop_assert_eq!(fast.running(), slow.left.len());
                let busy = (slow.left.len() as f64 * parallelism).min(slow.cores);
                prop_assert!((fast.busy() - busy).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn rates() {
        let check = |cores: f64, parallelism: f64, requests: u32, expected_ms: u64| {
            let mut cpu = SharedCpu::new(cores, 1.0, parallelism);
            (0..requests).for_each(|slot| cpu.begin(Time::ZERO, slot, Span::from_millis(8)));
            assert_eq!(
                cpu.next_done(),
                Time::ZERO + Span::from_millis(expected_ms),
                "{cores} cores, {requests} requests"
            );
        };
        check(4.0, 1.0, 1, 8);
        check(4.0, 1.0, 4, 8);
        check(4.0, 1.0, 8, 16);
        check(0.5, 1.0, 1, 16);
        check(4.0, 4.0, 1, 2);
        check(4.0, 4.0, 2, 4);
    }

    #[test]
    fn without_cores_nothing_is_ever_done() {
        let mut cpu = SharedCpu::new(0.0, 1.0, 1.0);
        cpu.begin(Time::ZERO, 0, Span::from_millis(1));
        assert_eq!(cpu.next_done(), Time::NEVER);
        assert!(cpu.abort(Time::from_nanos(5), 0));
        assert!(!cpu.abort(Time::from_nanos(5), 0));
    }
}
