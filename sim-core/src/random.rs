//! Luck: streams by purpose and owner, draws keyed on a request, distributions.
//!
//! **Every draw has a name, and the name decides it.** A [`Stream`] belongs to (root seed, replication, [`Purpose`],
//! owner's name); a [`Draw`] to a request's seed, a purpose and an attempt, or to an owner and an ordinal. No draw
//! depends on which other draws were made before it, on the variant, or on how many services there are. So two
//! variants of a scenario meet the same luck, and their difference is a paired difference; and adding a service
//! disturbs no other.
//!
//! **Everything is portable.** Hashes and generators are written out here or pinned (never std's hasher, never a
//! crate's "small" generator, which may change), transcendental functions come from `libm`, and golden draws hold
//! the exact bits: see `random/golden.rs`.
//!
//! **Inversion wherever possible.** All distributions but gamma turn one uniform number into one draw, and do so
//! monotonely (but for the last bits of what the mathematical functions give), so that a changed parameter moves every draw
//! a little and reorders none.

mod distribution;
mod exponential;
mod generator;
#[cfg(test)]
mod golden;
mod normal;
mod problems;
mod spec;
mod table;

pub use distribution::Distribution;
pub(crate) use generator::round_at_random;
pub use generator::{Draw, Stream, below, open01, pick};
pub use normal::{normal_cdf, normal_quantile};
pub use problems::PLAUSIBLE_CV;
pub use spec::{
    BranchSpec, DistributionSpec, HyperexponentialSpec, LognormalSpec, PercentilesSpec, RateBranchSpec,
    WeibullSpec,
};

pub(crate) use generator::mix;

/// What a draw is for. Draws for different purposes are independent.
///
/// The numbers are part of the format of luck: changing one changes every result, so new purposes are added with
/// new numbers and none is ever reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Purpose {
    /// Intervals between arrivals of an open-loop source.
    Arrivals = 1,
    /// CPU that a request needs.
    Demand = 2,
    /// Time that a request waits off the CPU.
    Wait = 3,
    /// Memory that a request needs.
    Memory = 4,
    /// Size of a request's payload.
    RequestBytes = 5,
    /// Size of the response.
    ResponseBytes = 6,
    /// Which of several works or destinations a request gets.
    Choice = 7,
    /// A client's back-off before a retry.
    Retry = 8,
    /// Choice among targets: balancers, idle environments.
    Route = 9,
    /// Time on the network.
    Network = 10,
    /// Boot time of an instance.
    Boot = 11,
    /// Time from boot to usable: agents, registration.
    Registration = 12,
    /// Pull of an image.
    Pull = 13,
    /// Start of a container, task or pod.
    ContainerStart = 14,
    /// Initialisation of a function's environment.
    ColdStart = 15,
    /// Overhead of an invocation on a warm environment.
    WarmStart = 16,
    /// Choice of an instance for a task, or of a victim.
    Placement = 17,
    /// Choice of a zone.
    Zone = 18,
    /// Phase at which a control loop starts.
    Phase = 19,
    /// A source's factor for one day.
    DayScale = 20,
    /// A source's factor for one replication.
    ReplicationScale = 21,
    /// Think time of a closed-loop user.
    Think = 22,
    /// Size of a batch of arrivals.
    BatchSize = 23,
    /// State changes of a modulated source.
    Modulation = 24,
    /// Where in its interval a request of a trace of counts falls.
    TracePlacement = 25,
    /// Rounding of a scaled count of a trace.
    TraceRounding = 26,
    /// Offset of a schedule within its minute.
    ScheduleOffset = 27,
    /// Life of an environment, an instance or a connection.
    Lifetime = 28,
    /// Interruption of Spot capacity.
    Interruption = 29,
    /// Faults that are not interruptions.
    Fault = 30,
    /// A health check's own luck.
    HealthCheck = 31,
    /// What a policy draws.
    Policy = 32,
    /// Seeds of requests.
    Seeds = 33,
    /// Delay of telemetry before it is published.
    Telemetry = 34,
    /// What the functions of a synthetic population are like.
    Population = 35,
    /// Start of a worker inside a task.
    WorkerStart = 36,
    /// Which function of a population a request invokes.
    Member = 37,
}

/// The luck of one replication: what names without a replication in them are completed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Luck {
    /// The experiment's root seed.
    pub root: u64,
    /// The replication, from 0.
    pub replication: u32,
}

impl Luck {
    /// The stream of `owner` for `purpose`.
    pub fn stream(self, purpose: Purpose, owner: &str) -> Stream {
        Stream::new(self.root, self.replication, purpose, owner)
    }

    /// The draw of the `ordinal`-th thing of the owner with key `owner` (see [`owner_key`]).
    #[inline]
    pub fn counted(self, purpose: Purpose, owner: u64, ordinal: u64) -> Draw {
        counted(self.root, self.replication, purpose, owner, ordinal)
    }
}

/// A stable 64-bit key of an owner's name (FNV-1a, then mixed). Hash a name once and keep the key.
pub fn owner_key(name: &str) -> u64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    mix(hash)
}

/// The draw for `purpose` that belongs to a request: the same wherever, whenever and by whom it is made.
/// `attempt` counts the tries of the request, from 0.
#[inline]
pub fn draw(seed: u64, purpose: Purpose, attempt: u32) -> Draw {
    Draw::from_key(seed ^ mix(word(purpose, attempt)))
}

/// The draw for `purpose` that belongs to the `ordinal`-th thing of an owner: the k-th boot of a group, say.
#[inline]
pub fn counted(root: u64, replication: u32, purpose: Purpose, owner_key: u64, ordinal: u64) -> Draw {
    Draw::from_key(mix(name_key(root, replication, purpose, owner_key)) ^ ordinal)
}

/// The seed of the `ordinal`-th request of the source whose stream of seeds has `key`: see [`seed_key`].
#[inline]
pub fn request_seed(key: u64, ordinal: u64) -> u64 {
    mix(key ^ mix(ordinal))
}

/// The key from which the request seeds of the source named `owner` follow.
pub fn seed_key(luck: Luck, owner: &str) -> u64 {
    seed_key_of(luck, owner_key(owner))
}

/// The same of the source whose name has the key `owner` (see [`owner_key`]).
#[inline]
pub fn seed_key_of(luck: Luck, owner: u64) -> u64 {
    mix(name_key(luck.root, luck.replication, Purpose::Seeds, owner))
}

fn word(purpose: Purpose, number: u32) -> u64 {
    (purpose as u64) << 32 | u64::from(number)
}

fn name_key(root: u64, replication: u32, purpose: Purpose, owner_key: u64) -> u64 {
    owner_key ^ mix(mix(root) ^ word(purpose, replication))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn a_name_decides_its_stream() {
        let first =
            |root, replication, purpose, owner| Stream::new(root, replication, purpose, owner).next_u64();
        let base = first(1, 0, Purpose::Arrivals, "web");
        assert_eq!(base, first(1, 0, Purpose::Arrivals, "web"));
        let others = [
            first(2, 0, Purpose::Arrivals, "web"),
            first(1, 1, Purpose::Arrivals, "web"),
            first(1, 0, Purpose::Demand, "web"),
            first(1, 0, Purpose::Arrivals, "wec"),
        ];
        assert!(others.iter().all(|&other| (other ^ base).count_ones() > 10));
    }

    /// Draws of neighbouring keys must look like independent uniform numbers: chi-square over a 16 x 16 table of
    /// (this key's draw, next key's draw). 255 degrees of freedom: 99.99 % of tables stay below 347, and a table
    /// below 173 would be too even.
    fn check_neighbours(name: &str, first: impl Fn(u64) -> u64) {
        let mut table = [0_u32; 256];
        let mut last = first(0);
        let keys = 256 * 200;
        for key in 1..=keys {
            let next = first(key);
            table[((last >> 60) << 4 | next >> 60) as usize] += 1;
            last = next;
        }
        let chi_square: f64 =
            table.iter().map(|&n| (f64::from(n) - 200.0) * (f64::from(n) - 200.0) / 200.0).sum();
        assert!((173.0..347.0).contains(&chi_square), "{name}: chi-square {chi_square}");
    }

    #[test]
    fn neighbouring_keys_are_independent() {
        let attempt = |key: u64| u32::try_from(key).unwrap();
        check_neighbours("request seeds in a row", |key| draw(key, Purpose::Demand, 0).next_u64());
        check_neighbours("attempts", |key| draw(42, Purpose::Retry, attempt(key)).next_u64());
        check_neighbours("ordinals", |key| counted(1, 0, Purpose::Boot, 7, key).next_u64());
        check_neighbours("owners", |key| counted(1, 0, Purpose::Boot, key, 3).next_u64());
        check_neighbours("replications", |key| counted(1, attempt(key), Purpose::Boot, 7, 3).next_u64());
        check_neighbours("roots", |key| counted(key, 0, Purpose::Boot, 7, 3).next_u64());
        check_neighbours("seeds", |key| request_seed(9, key));
        check_neighbours("second numbers", |key| {
            let mut draw = draw(key, Purpose::Wait, 0);
            draw.next_u64();
            draw.next_u64()
        });
    }

    #[test]
    fn purposes_of_one_request_are_uncorrelated() {
        let n = 20_000_u64;
        let uniform = |seed, purpose| open01(&mut draw(seed, purpose, 0)) - 0.5;
        let covariance: f64 =
            (0..n).map(|seed| uniform(seed, Purpose::Demand) * uniform(seed, Purpose::Wait)).sum::<f64>()
                / n as f64;
        // The standard error of the mean of products is 1/12 / sqrt(n) = 0.0006.
        assert!(covariance.abs() < 0.0025, "covariance {covariance}");
    }
}
