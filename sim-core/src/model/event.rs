//! What can happen in a fleet, in sixteen bytes.
//!
//! The event *is* its key: time, then kind, owner and the owner's slot, compared in that order. Kinds are numbered by
//! phase, and the phase fixes what one instant means: completions free capacity, then new work arrives, then control
//! loops look. Two events never tie unless they are the same event.

use crate::engine::{Event, Time};

/// Which of an instant's three phases an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Something ends and frees what it held.
    Completion,
    /// New work comes in.
    Arrival,
    /// A control loop looks and decides.
    Control,
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $number:literal in $phase:ident,)*) => {
        /// What happens. The numbers order the kinds within an instant; gaps leave room.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Kind {
            $($(#[$meta])* $name = $number,)*
        }

        impl Kind {
            /// The phase in which it happens.
            pub const fn phase(self) -> Phase {
                match self { $(Kind::$name => Phase::$phase,)* }
            }

            /// By number: the kind, if there is one of that number.
            const BY_NUMBER: [Option<Kind>; 256] = {
                let mut kinds = [None; 256];
                $(kinds[$number] = Some(Kind::$name);)*
                kinds
            };

            #[inline(always)]
            fn from_number(number: u8) -> Self {
                static BY_NUMBER: [Option<Kind>; 256] = Kind::BY_NUMBER;
                BY_NUMBER[usize::from(number)].expect("an event of a known kind")
            }

            #[cfg(test)]
            const ALL: &[Kind] = &[$(Kind::$name,)*];
        }
    };
}

kinds! {
    /// The first request in the CPU phase of a replica has had its CPU time. Slot: replica.
    CpuDone = 1 in Completion,
    /// A request has waited out its off-CPU time, or the start of its worker. Slot: request.
    WaitDone = 2 in Completion,
    /// A function's environment has finished an invocation. Slot: request.
    InvocationDone = 3 in Completion,
    /// The network brought a response back to its client. Slot: request.
    Delivered = 4 in Completion,
    /// A task goes on to its next state of life. Slot: replica.
    TaskStep = 6 in Completion,
    /// An instance goes on to its next state of life. Slot: instance.
    InstanceStep = 7 in Completion,
    /// Provisioned environments asked for earlier are ready. Owner: service.
    ProvisionedReady = 8 in Completion,
    /// The environment that has been idle longest reaches its keep-alive. Owner: service, slot: function.
    EnvironmentsExpire = 9 in Completion,
    /// A function's pre-warming goes on: an environment begins to load, or is ready. Owner: service, slot: function.
    PreWarm = 16 in Completion,
    /// A burstable instance's CPU credits run out, or suffice again. Slot: instance.
    CreditsTurn = 11 in Completion,
    /// A fault that has times begins or ends. Owner: the fault, slot: which.
    Fault = 12 in Completion,
    /// What befalls a task by its own luck. Slot: task.
    TaskFate = 13 in Completion,
    /// What befalls an instance by its own luck. Slot: instance.
    InstanceFate = 14 in Completion,
    /// Nobody has answered who wanted to connect. Slot: request.
    Unanswered = 15 in Completion,
    /// The oldest waiting deadline of a source's client or a service's front door. Owner: the queue of deadlines.
    Deadline = 10 in Completion,

    /// The next arrival of a source. Owner: source, slot: member of a population.
    Arrive = 64 in Arrival,
    /// A client tries again. Slot: request.
    Retry = 65 in Arrival,
    /// A user has thought and asks again. Owner: source, slot: user.
    UserWakes = 66 in Arrival,
    /// A user joins a population. Owner: source, slot: user.
    UserJoins = 68 in Arrival,
    /// A request reaches the front door after its way through the network. Slot: request.
    Reaches = 67 in Arrival,

    /// The minute of a service's metrics is over. Owner: service.
    MetricMinute = 128 in Control,
    /// A cluster group's capacity metric is computed and its alarms looked at. Owner: group.
    GroupScaling = 129 in Control,
    /// A service's scaling policies look. Owner: service.
    ServiceScaling = 130 in Control,
    /// A service's scheduler looks for tasks to launch, place or stop. Owner: service.
    Reconcile = 131 in Control,
    /// A function's provisioned concurrency policy looks. Owner: service.
    Provisioning = 132 in Control,
    /// What a group's burstable instances owe for CPU credits is stated. Owner: group.
    Credits = 133 in Control,
    /// A keep-alive policy looks. Owner: service.
    KeepAlive = 134 in Control,
    /// A balancer checks a target, or the time of a check that waits is up. Slot: task.
    HealthCheck = 135 in Control,
}

/// One event: its time in the upper half of one number and what tells it from others of that instant in the lower, so
/// that comparing two events is comparing two numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FleetEvent(u128);

const _: () = assert!(size_of::<FleetEvent>() == 16);

const SLOT_BITS: u32 = 32;
const OWNER_BITS: u32 = 24;
/// Owners (sources, services, functions, groups) are numbered below this.
pub const MAX_OWNERS: usize = 1 << OWNER_BITS;

impl FleetEvent {
    /// `kind` happening to `slot` of `owner` at `time`.
    #[inline]
    pub fn new(time: Time, kind: Kind, owner: u32, slot: u32) -> Self {
        debug_assert!((owner as usize) < MAX_OWNERS);
        let key = u64::from(kind as u8) << (OWNER_BITS + SLOT_BITS)
            | u64::from(owner) << SLOT_BITS
            | u64::from(slot);
        FleetEvent(u128::from(time.nanos()) << 64 | u128::from(key))
    }

    /// What happens.
    #[inline(always)]
    pub fn kind(self) -> Kind {
        Kind::from_number((self.0 >> (OWNER_BITS + SLOT_BITS)) as u8)
    }

    /// Whose it is.
    #[inline(always)]
    pub fn owner(self) -> u32 {
        (self.0 >> SLOT_BITS) as u32 & (MAX_OWNERS as u32 - 1)
    }

    /// To which of the owner's things.
    #[inline(always)]
    pub fn slot(self) -> u32 {
        self.0 as u32
    }
}

impl Event for FleetEvent {
    #[inline]
    fn time(&self) -> Time {
        Time::from_nanos((self.0 >> 64) as u64)
    }
}

impl std::fmt::Debug for FleetEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} {}/{}", self.time(), self.kind(), self.owner(), self.slot())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_and_unpacks() {
        for &kind in Kind::ALL {
            let event = FleetEvent::new(Time::from_nanos(5), kind, MAX_OWNERS as u32 - 1, u32::MAX);
            assert_eq!((event.kind(), event.owner(), event.slot()), (kind, MAX_OWNERS as u32 - 1, u32::MAX));
        }
    }

    #[test]
    fn an_instant_runs_through_its_phases_in_order() {
        let mut kinds = Kind::ALL.to_vec();
        kinds.sort_by_key(|&kind| FleetEvent::new(Time::ZERO, kind, 7, 7));
        assert!(kinds.is_sorted_by_key(|kind| kind.phase()));
        assert!(
            FleetEvent::new(Time::from_nanos(1), Kind::Arrive, 9, 9)
                < FleetEvent::new(Time::from_nanos(2), Kind::CpuDone, 0, 0)
        );
    }
}
