//! An M/M/1 queue on the engine alone, without clouds: the simulated time in the system against the exact one.
//!
//! `cargo run --release -p sim-core --example mm1`
//!
//! At load rho the time in the system is exponential with mean s / (1 - rho), s being the mean service time.

use std::collections::VecDeque;

use sim_core::engine::{Agenda, Event, Span, Time, World, run_until};
use sim_core::random::{Distribution, Purpose, Stream};

/// What happens: ordered by time, and at one instant a departure before an arrival.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Happening {
    time: Time,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Departure,
    Arrival,
}

impl Event for Happening {
    fn time(&self) -> Time {
        self.time
    }
}

/// One server and its queue: the arrival times of everyone in the system, the one being served first.
struct Queue {
    present: VecDeque<Time>,
    interval: (Distribution, Stream),
    service: (Distribution, Stream),
    times_in_system: Vec<f64>,
}

impl Queue {
    fn new(seed: u64, rho: f64) -> Self {
        let stream = |purpose| Stream::new(seed, 0, purpose, "mm1");
        Queue {
            present: VecDeque::new(),
            interval: (Distribution::exponential(1.0 / rho), stream(Purpose::Arrivals)),
            service: (Distribution::exponential(1.0), stream(Purpose::Demand)),
            times_in_system: Vec::new(),
        }
    }

    fn arrive(&mut self, now: Time, agenda: &mut Agenda<Happening>) {
        self.present.push_back(now);
        if self.present.len() == 1 {
            self.serve(now, agenda);
        }
        let interval = Span::from_seconds(self.interval.0.sample(&mut self.interval.1));
        agenda.schedule_arrival(Happening { time: now + interval, kind: Kind::Arrival });
    }

    fn serve(&mut self, now: Time, agenda: &mut Agenda<Happening>) {
        let service = Span::from_seconds(self.service.0.sample(&mut self.service.1));
        agenda.schedule(Happening { time: now + service, kind: Kind::Departure });
    }

    fn depart(&mut self, now: Time, agenda: &mut Agenda<Happening>) {
        let arrived = self.present.pop_front().expect("whoever departs was there");
        self.times_in_system.push((now - arrived).seconds());
        if !self.present.is_empty() {
            self.serve(now, agenda);
        }
    }
}

impl World for Queue {
    type Event = Happening;

    fn handle(&mut self, event: Happening, agenda: &mut Agenda<Happening>) {
        match event.kind {
            Kind::Arrival => self.arrive(event.time, agenda),
            Kind::Departure => self.depart(event.time, agenda),
        }
    }
}

fn main() {
    const RHO: f64 = 0.8;
    let mut queue = Queue::new(1, RHO);
    let mut agenda = Agenda::new();
    agenda.schedule_arrival(Happening { time: Time::ZERO, kind: Kind::Arrival });
    let events = run_until(&mut queue, &mut agenda, Time::ZERO + Span::from_secs(5_000_000));

    let times = &mut queue.times_in_system;
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    times.sort_by(f64::total_cmp);
    let p99 = times[times.len() * 99 / 100];
    let exact = 1.0 / (1.0 - RHO);
    println!("M/M/1 at load {RHO}, mean service 1 s: {} requests, {events} events", times.len());
    println!("time in system   simulated     exact");
    println!("mean             {mean:9.3} {exact:9.3}");
    println!("p99              {p99:9.3} {:9.3}", exact * libm::log(100.0));
}
