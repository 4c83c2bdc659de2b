//! M/M/c: one queue, `workers` workers, first come, first served.

use std::collections::VecDeque;

use sim_core::engine::Span;
use sim_core::random::{self, Distribution, Luck, Purpose, open01, request_seed};

use super::heap::{Heap, entry, time};
use super::{Histogram, Outcome};

/// A request in service: when it was born.
#[derive(Clone, Copy)]
struct Job {
    born: u64,
}

/// A request that waits: when it was born, and how long it will take.
struct Waiting {
    born: u64,
    takes: u64,
}

/// Requests arrive at `rate` a second for `duration` and take `mean` seconds each, exponentially.
pub fn queue(workers: usize, rate: f64, mean: f64, duration: Span) -> Outcome {
    let luck = Luck { root: 1, replication: 0 };
    let mut stream = luck.stream(Purpose::Arrivals, "all");
    let seeds = random::seed_key(luck, "all");
    let law = Distribution::exponential(mean);
    let end = duration.nanos();
    let (mut heap, mut latency) = (Heap::default(), Histogram::default());
    let (mut jobs, mut free, mut waiting) = (Vec::new(), Vec::new(), VecDeque::new());
    let (mut requests, mut elapsed) = (0, 0.0);
    let mut arrival = |requests: u64| {
        elapsed += -libm::log(open01(&mut stream)) / rate;
        let at = Span::from_seconds(elapsed).nanos();
        if at < end { (at, request_seed(seeds, requests)) } else { (u64::MAX, 0) }
    };
    let (mut next, mut seed) = arrival(0);
    loop {
        let first = heap.first();
        if next.min(first) == u64::MAX {
            return Outcome { requests, cold: 0, latency };
        }
        let (now, begins) = if next < first {
            let takes = Span::from_seconds(law.sample(&mut random::draw(seed, Purpose::Wait, 0))).nanos();
            let born = next;
            requests += 1;
            (next, seed) = arrival(requests);
            if jobs.len() - free.len() == workers {
                waiting.push_back(Waiting { born, takes });
                continue;
            }
            (born, Some(Waiting { born, takes }))
        } else {
            let done = heap.take();
            let slot = done as u32;
            let Job { born } = jobs[slot as usize];
            latency.record(time(done) - born);
            free.push(slot);
            (time(done), waiting.pop_front())
        };
        if let Some(Waiting { born, takes }) = begins {
            let slot = free.pop().unwrap_or_else(|| {
                jobs.push(Job { born });
                jobs.len() as u32 - 1
            });
            jobs[slot as usize] = Job { born };
            heap.push(entry(now + takes, slot));
        }
    }
}
