//! One invocation: what runs in the environment that was found, how long, at which cost, and how it ends.

use super::Functions;
use super::environment::{Environment, EnvironmentId, suppressed_init};
use crate::engine::{Span, Time};
use crate::model::event::{FleetEvent, Kind};
use crate::model::fleet::{Agenda, Fleet};
use crate::model::request::{Call, Lost, Request, RequestId, Stage};
use crate::model::service::{Payload, Platform, Service, Work};
use crate::observe::{Billable, Gauge, Invoked, Outcome, Part, Probe, ReplicaFact, ServiceId};
use crate::quantity::MemorySize;
use crate::random::{self, Luck, Purpose};
use crate::spec::lambda_vcpus;

/// How an invocation goes, from the moment its environment was found.
struct Course {
    /// Off the CPU.
    wait: Span,
    /// What made it fail, if a fault did.
    lost: Option<Lost>,
    /// The platform's part of every invocation.
    warm: Span,
    /// An initialisation inside the invocation, after a reset.
    again: Span,
    cpu: Span,
    /// From the beginning of the handler's time, which is what the time limit counts, to its end.
    handler: Span,
    ends: Outcome,
}

/// What an invocation of `request` in `place` comes to. The least of its fates wins: an initialisation again that takes
/// all of the time there is, memory that runs out as the work begins, a time limit in the midst of the work.
fn course(
    functions: &Functions,
    place: &Environment,
    request: &Request,
    work: &Work,
    luck: Luck,
    found: Time,
) -> Course {
    let function = &functions.members[request.call.function];
    let (seed, vcpus) = (request.call.seed, lambda_vcpus(function.memory));
    let mut warm = random::draw(seed, Purpose::WarmStart, request.call.attempts);
    let warm = Span::from_seconds(functions.warm_overhead.sample(&mut warm));
    let again = if place.reset { suppressed_init(functions, luck, function.key, seed) } else { Span::ZERO };
    let first = if place.fresh { functions.first_request / vcpus.min(1.0) } else { 0.0 };
    let speed = functions.speed * f64::from(place.speed);
    let cpu = Span::from_seconds(request.cpu.seconds() / (work.parallelism.min(vcpus) * speed) + first);
    let answer = work.dependency.answer(found + warm + again + cpu, request.wait);
    let (wait, whole) = (answer.after, again + cpu + answer.after);
    let limit = functions.timeout;
    let (mut handler, mut ends, mut lost) = (whole, Outcome::Ok, None);
    let full = again <= limit && request.memory_kib > memory_kib(function.memory);
    if full {
        (handler, ends) = (again, Outcome::Failed);
    } else if whole > limit {
        (handler, ends) = (limit, Outcome::FunctionTimeout);
    } else if answer.fails {
        (ends, lost) = (Outcome::Failed, Some(Lost::Dependency));
    }
    if let Some(crash) = crash(functions, request).filter(|crash| *crash < handler) {
        (handler, ends, lost) = (crash, Outcome::Failed, Some(Lost::Crashed));
    }
    Course { wait, lost, warm, again, cpu: if full { Span::ZERO } else { cpu }, handler, ends }
}

/// When the environment crashes, from the beginning of the handler's time, if the event is not over before. An environment
/// that runs has no memory of how long it has run, so every event draws anew.
fn crash(functions: &Functions, request: &Request) -> Option<Span> {
    let call = &request.call;
    let after = |(key, rate): &(u64, f64)| {
        let mut draw = random::draw(call.seed ^ key, Purpose::Fault, call.attempts);
        Span::from_seconds(-libm::log(random::open01(&mut draw)) / rate)
    };
    functions.crashes.iter().map(after).min()
}

fn memory_kib(memory: MemorySize) -> u32 {
    memory.0 << 10
}

impl<P: Probe> Fleet<P> {
    /// Runs a request in an environment that is ready after `start`.
    pub(super) fn run(
        &mut self,
        service_id: ServiceId,
        id: RequestId,
        environment: EnvironmentId,
        start: Span,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let Service { platform: Platform::Functions(functions), work, door, .. } = &self.services[service_id]
        else {
            unreachable!("only functions are invoked");
        };
        let (parallelism, overhead) = (work.parallelism, door.overhead);
        let (place, request) = (&mut self.environments[environment], &mut self.requests[id]);
        let Course { wait, lost, warm, again, cpu, handler, ends } =
            course(functions, place, request, work, self.luck, now + start);
        // What ends badly takes its processes along, unless it is a mere error: the next event initialises the environment
        // again.
        place.reset = ends != Outcome::Ok && lost != Some(Lost::Dependency);
        place.fresh = place.reset;
        request.lost = lost;
        request.stage = Stage::Invoked;
        request.ends = ends;
        request.place = environment.0;
        request.parts.set(Part::Balancer, warm + overhead);
        request.parts.set(Part::ColdStart, start + again);
        request.parts.set(Part::Cpu, cpu);
        request.parts.set(Part::Wait, wait);
        request.started = now + warm + start;
        request.due = request.started + handler;
        // Billed initialisation: what of the start lies after the platform's own part.
        request.billed_from = if start.is_zero() { request.started } else { request.billed_from + warm };
        let held = warm + start + handler;
        // A time limit cuts the work short.
        let cores = parallelism.min(lambda_vcpus(functions.members[request.call.function].memory));
        let core_nanos = cpu.min(handler.saturating_sub(again)).nanos() as f64 * cores;
        request.cpu_busy = if held.is_zero() { 0 } else { (core_nanos / held.nanos() as f64 * 1e6) as u32 };
        agenda.schedule(FleetEvent::new(request.due, Kind::InvocationDone, 0, id.0));
        let cold = request.cold;
        self.occupy(service_id, id, now, true);
        self.ask_apart(service_id, now, agenda);
        self.environment_fact(now, environment, ReplicaFact::Entered);
        self.environment_fact(now, environment, ReplicaFact::Began);
        self.probe.began(now, service_id, cold);
        self.watch_function(service_id, id, if cold { Invoked::Cold } else { Invoked::Warm }, now);
        self.concurrency_levels(service_id, now);
    }

    /// Enters what an invocation uses into its service's sums, or takes it out again.
    fn occupy(&mut self, service: ServiceId, id: RequestId, now: Time, begins: bool) {
        let request = &self.requests[id];
        let provisioned = self.environments[EnvironmentId(request.place)].provisioned;
        let functions = self.services[service].functions();
        let memory = functions.members[request.call.function].memory;
        let (cpu, own_mib) = (u64::from(request.cpu_busy), u64::from(memory.0));
        let used_kib = u64::from(request.memory_kib.min(memory_kib(memory)));
        let paid_mib = if provisioned { 0 } else { own_mib };
        let sums = [
            (&mut functions.cpu_busy, cpu),
            (&mut functions.memory_used_kib, used_kib),
            (&mut functions.busy_mib, paid_mib),
        ];
        for (sum, part) in sums {
            *sum = if begins { *sum + part } else { *sum - part };
        }
        functions.uses_memory |= used_kib > 0;
        match &mut functions.idle {
            Some(idle) if begins => idle.begins(request.call.function, now),
            Some(idle) => idle.ends(request.call.function, now),
            None => {}
        }
    }

    /// States what became of an attempt to invoke a function, where there are many.
    pub(super) fn watch_function(&mut self, service: ServiceId, id: RequestId, invoked: Invoked, now: Time) {
        if self.services[service].functions().is_fleet {
            self.probe.invoked(now, service, self.requests[id].call.function, invoked);
        }
    }

    /// An invocation is over.
    pub(in crate::model) fn invocation_done(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        self.occupy(self.requests[id].call.service, id, now, false);
        let request = &self.requests[id];
        let Call { service, function, .. } = request.call;
        let environment = EnvironmentId(request.place);
        let (billed_from, init, ends) = (request.billed_from, request.init, request.ends);
        let (too_large, lost) = (request.answer_too_large, request.lost);
        let overhead = self.services[service].door.overhead;
        let provisioned = self.environments[environment].provisioned;
        let functions = self.services[service].functions();
        let (memory, arch) = (functions.members[function].memory, functions.arch);
        self.environment_fact(now, environment, ReplicaFact::Left { begun: true });
        self.probe.billed(&Billable::Invocation {
            service,
            from: billed_from,
            init,
            handler: now - billed_from - init,
            memory,
            arch,
            provisioned,
        });
        if provisioned {
            self.release_provisioned(service, environment, now, agenda);
        } else {
            self.give_concurrency(service);
            self.release(service, function, environment, now, agenda);
        }
        self.concurrency_levels(service, now);
        match ends {
            Outcome::Ok if too_large => {
                let reason = Payload::through(self.services[service].door.kind).response;
                self.refuse(id, Outcome::Failed, reason, now, agenda);
            }
            Outcome::Ok => {
                self.probe.served(now, service);
                self.respond(id, Outcome::Ok, overhead, now, agenda);
            }
            Outcome::Failed => {
                let reason = lost.map_or("the function exceeded its memory", Lost::reason);
                self.refuse(id, ends, reason, now, agenda);
            }
            _ => self.refuse(id, ends, "the function's time limit", now, agenda),
        }
    }

    /// States how many invocations are in work and what they use.
    fn concurrency_levels(&mut self, service: ServiceId, now: Time) {
        let functions = self.services[service].functions();
        let provisioned = functions.provisioned.as_mut().map_or(0, |provisioned| provisioned.note_busy(now));
        let busy = u64::from(functions.busy + provisioned);
        let (cpu, memory, uses_memory) =
            (functions.cpu_busy, functions.memory_used_kib, functions.uses_memory);
        self.level(service, Gauge::Concurrency, busy, now);
        self.level(service, Gauge::CpuBusy, cpu, now);
        if uses_memory {
            self.level(service, Gauge::MemoryUsed, memory, now);
        }
        self.capacity_levels(service, now);
    }
}
