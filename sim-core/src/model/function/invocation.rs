//! One invocation: what runs in the environment that was found, how long, at which cost, and how it ends.

use super::environment::{Environment, EnvironmentId, paid_for, suppressed_init};
use super::{Function, Functions};
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
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "what an invocation depends on")]
fn course(
    functions: &Functions,
    function: &Function,
    vcpus: f64,
    place: &Environment,
    request: &Request,
    work: &Work,
    luck: Luck,
    found: Time,
) -> Course {
    let seed = request.call.seed;
    let warm = Span::from_nanos(functions.warm_overhead.of(seed, request.call.attempts));
    let again = if place.reset { suppressed_init(functions, luck, function.key, seed) } else { Span::ZERO };
    let first = if place.fresh { functions.first_request / vcpus.min(1.0) } else { 0.0 };
    let speed = functions.speed * f64::from(place.speed);
    let cpu = match request.cpu {
        Span::ZERO if first == 0.0 => Span::ZERO,
        cpu => Span::from_seconds(cpu.seconds() / (work.parallelism.min(vcpus) * speed) + first),
    };
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
#[inline(always)]
fn crash(functions: &Functions, request: &Request) -> Option<Span> {
    if functions.crashes.is_empty() {
        return None;
    }
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
    #[inline(always)]
    pub(super) fn run(
        &mut self,
        service_id: ServiceId,
        id: RequestId,
        environment: EnvironmentId,
        start: Span,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let Service { platform: Platform::Functions(functions), work, door, .. } =
            &mut self.services[service_id]
        else {
            unreachable!("only functions are invoked");
        };
        let (place, request) = (&mut self.environments[environment], &mut self.requests[id]);
        let function_id = request.call.function;
        let function = &functions.members[function_id];
        let vcpus = lambda_vcpus(function.memory);
        let Course { wait, lost, warm, again, cpu, handler, ends } =
            course(functions, function, vcpus, place, request, work, self.luck, now + start);
        // What ends badly takes its processes along, unless it is a mere error: the next event initialises the environment
        // again.
        place.reset = ends != Outcome::Ok && lost != Some(Lost::Dependency);
        place.fresh = place.reset;
        request.lost = lost;
        request.stage = Stage::Invoked;
        request.ends = ends;
        request.place = environment.0;
        request.parts.set(Part::Balancer, warm + door.overhead);
        request.parts.set(Part::ColdStart, start + again);
        request.parts.set(Part::Cpu, cpu);
        request.parts.set(Part::Wait, wait);
        request.started = now + warm + start;
        request.due = request.started + handler;
        // Billed initialisation: what of the start lies after the platform's own part.
        request.billed_from = if start.is_zero() { request.started } else { request.billed_from + warm };
        let held = warm + start + handler;
        // A time limit cuts the work short.
        let computes = cpu.min(handler.saturating_sub(again));
        let core_nanos = computes.nanos() as f64 * work.parallelism.min(vcpus);
        request.cpu_busy =
            if computes.is_zero() { 0 } else { (core_nanos / held.nanos() as f64 * 1e6) as u32 };
        agenda.schedule(FleetEvent::new(request.due, Kind::InvocationDone, 0, id.0));
        let cold = request.cold;
        functions.occupy(request, function.memory, place.provisioned);
        let (is_fleet, in_work) = (functions.is_fleet, functions.in_work(now));
        if let Some(idle) = &mut functions.idle {
            idle.begins(function_id, now);
            self.ask_apart(service_id, now, agenda);
        }
        self.environment_fact(now, environment, ReplicaFact::Entered);
        self.environment_fact(now, environment, ReplicaFact::Began);
        self.probe.began(now, service_id, cold);
        if is_fleet {
            let invoked = if cold { Invoked::Cold } else { Invoked::Warm };
            self.probe.invoked(now, service_id, function_id, invoked);
        }
        self.state(service_id, in_work, now);
    }

    /// An invocation is over.
    #[inline(always)]
    pub(in crate::model) fn invocation_done(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let request = &self.requests[id];
        let Call { service: service_id, function, .. } = request.call;
        let environment = EnvironmentId(request.place);
        let (billed_from, init, ends) = (request.billed_from, request.init, request.ends);
        let (too_large, lost) = (request.answer_too_large, request.lost);
        let provisioned = self.environments[environment].provisioned;
        let service = &mut self.services[service_id];
        let overhead = service.door.overhead;
        let functions = service.functions();
        let (memory, arch) = (functions.members[function].memory, functions.arch);
        functions.leave(request, memory, provisioned);
        if let Some(idle) = &mut functions.idle {
            idle.ends(function, now);
        }
        self.environment_fact(now, environment, ReplicaFact::Left { begun: true });
        self.probe.billed(&Billable::Invocation {
            service: service_id,
            from: billed_from,
            init,
            handler: now - billed_from - init,
            memory,
            arch,
            provisioned,
        });
        let in_work = if provisioned {
            self.release_provisioned(service_id, environment, now, agenda);
            self.services[service_id].functions().in_work(now)
        } else {
            let functions = self.services[service_id].functions();
            functions.give_concurrency(&mut self.account);
            let in_work = functions.in_work(now);
            self.release(service_id, function, environment, now, agenda);
            in_work
        };
        self.state(service_id, in_work, now);
        match ends {
            Outcome::Ok if too_large => {
                let reason = Payload::through(self.services[service_id].door.kind).response;
                self.refuse(id, Outcome::Failed, reason, now, agenda);
            }
            Outcome::Ok => {
                self.probe.served(now, service_id);
                self.respond(id, Outcome::Ok, overhead, now, agenda);
            }
            Outcome::Failed => {
                let reason = lost.map_or("the function exceeded its memory", Lost::reason);
                self.refuse(id, ends, reason, now, agenda);
            }
            _ => self.refuse(id, ends, "the function's time limit", now, agenda),
        }
    }

    #[inline(always)]
    fn state(&mut self, service: ServiceId, in_work: InWork, now: Time) {
        self.levels(service, &in_work.levels, now);
        if let Some(kib) = in_work.memory_used_kib {
            self.level(service, Gauge::MemoryUsed, kib, now);
        }
    }
}

/// How many invocations are in work, what they use, and what of it is paid for.
#[derive(Clone, Copy)]
struct InWork {
    levels: [(Gauge, u64); 4],
    /// Where anything is known about it.
    memory_used_kib: Option<u64>,
}

impl Functions {
    /// What is in work, as the levels that are stated.
    #[inline(always)]
    fn in_work(&mut self, now: Time) -> InWork {
        let (provisioned, set_aside) = match &mut self.provisioned {
            None => (0, 0),
            Some(provisioned) => (provisioned.note_busy(now), provisioned.allocated()),
        };
        let busy = u64::from(self.busy + provisioned);
        let [paid_cpu, paid_memory] = paid_for(self.busy_mib + self.provisioned_mib(set_aside));
        InWork {
            levels: [(Gauge::Concurrency, busy), (Gauge::CpuBusy, self.cpu_busy), paid_cpu, paid_memory],
            memory_used_kib: self.uses_memory.then_some(self.memory_used_kib),
        }
    }

    /// Enters what an invocation uses into the sums, in an environment with so much memory.
    #[inline(always)]
    fn occupy(&mut self, request: &Request, memory: MemorySize, provisioned: bool) {
        let (used_kib, paid_mib) = uses(request, memory, provisioned);
        self.cpu_busy += u64::from(request.cpu_busy);
        self.memory_used_kib += used_kib;
        self.busy_mib += paid_mib;
        self.uses_memory |= used_kib > 0;
    }

    /// Takes what an invocation uses out of the sums.
    #[inline(always)]
    fn leave(&mut self, request: &Request, memory: MemorySize, provisioned: bool) {
        let (used_kib, paid_mib) = uses(request, memory, provisioned);
        self.cpu_busy -= u64::from(request.cpu_busy);
        self.memory_used_kib -= used_kib;
        self.busy_mib -= paid_mib;
    }
}

/// The memory that an invocation uses in KiB, and that of an on-demand environment that it holds in MiB.
#[inline(always)]
fn uses(request: &Request, memory: MemorySize, provisioned: bool) -> (u64, u64) {
    let used_kib = u64::from(request.memory_kib.min(memory_kib(memory)));
    (used_kib, if provisioned { 0 } else { u64::from(memory.0) })
}
