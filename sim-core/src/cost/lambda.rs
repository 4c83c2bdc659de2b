//! Lambda's meters: requests and duration on the request path, provisioned concurrency beside it.

use super::{Arch, Meter, Usage};
use crate::engine::{Span, Time, Window};
use crate::quantity::MemorySize;

const MILLISECOND: Span = Span::from_millis(1);
/// Provisioned concurrency is billed in units of five minutes (AWS Lambda pricing page).
const PROVISIONED_UNIT: Span = Span::from_secs(300);
/// `/tmp` that every environment has free, in MB.
const FREE_STORAGE: u32 = 512;
/// API Gateway meters HTTP requests in units of 512 KB.
const GATEWAY_UNIT: u64 = 512 * 1024;

/// How an invocation was served, which decides its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// By an environment started on demand.
    OnDemand,
    /// By provisioned concurrency.
    Provisioned,
}

/// What one function's invocations used. Plain counters: it stands on the request path.
#[derive(Clone, Debug)]
pub struct Invocations {
    window: Window,
    arch: Arch,
    memory: u64,
    extra_storage: u64,
    requests: u128,
    on_demand: u128,
    provisioned: u128,
    storage: u128,
}

impl Invocations {
    /// Counts the invocations of a function of `memory` and `storage` (`/tmp`) that fall in `window`.
    pub fn new(window: Window, arch: Arch, memory: MemorySize, storage: MemorySize) -> Self {
        Invocations {
            window,
            arch,
            memory: u64::from(memory.0),
            extra_storage: u64::from(storage.0.saturating_sub(FREE_STORAGE)),
            requests: 0,
            on_demand: 0,
            provisioned: 0,
            storage: 0,
        }
    }

    /// An invocation whose initialisation (zero when warm) and handler took this long, the initialisation
    /// beginning at `start`. Billed: their sum, rounded up to a millisecond and at least one. Since 2025-08-01 initialisation
    /// is billed for every kind of function. Of provisioned environments the initialisation is paid for by
    /// the reservation: pass zero.
    #[inline]
    pub fn book(&mut self, start: Time, initialisation: Span, handler: Span, served: Served) {
        if self.window.contains(start) {
            self.requests += 1;
        }
        let billed = MILLISECOND * (initialisation + handler).div_ceil(MILLISECOND).max(1);
        let nanos = u128::from(self.window.overlap(start, start + billed).nanos());
        let duration = u128::from(self.memory) * nanos;
        match served {
            Served::OnDemand => self.on_demand += duration,
            Served::Provisioned => self.provisioned += duration,
        }
        self.storage += u128::from(self.extra_storage) * nanos;
    }

    /// Adds everything counted to `usage`.
    pub fn book_into(&self, usage: &mut Usage) {
        let arch = self.arch;
        usage.add(Meter::LambdaRequests, self.requests);
        usage.add(Meter::LambdaDuration { arch }, self.on_demand);
        usage.add(Meter::LambdaProvisionedDuration { arch }, self.provisioned);
        usage.add(Meter::LambdaStorage, self.storage);
    }
}

/// Units that API Gateway counts for an HTTP request of `bytes`: one for every 512 KB begun, at least one.
pub fn gateway_units(bytes: u64) -> u128 {
    u128::from(bytes.div_ceil(GATEWAY_UNIT).max(1))
}

/// Meters provisioned concurrency: configured environments, used or not, each for whole units of five
/// minutes.
///
/// The pricing page rounds the time that concurrency is enabled. Where the amount changes, each environment's
/// own time is rounded here, the one configured last going first.
#[derive(Clone, Debug)]
pub struct ProvisionedMeter {
    window: Window,
    arch: Arch,
    memory: u128,
    blocks: Vec<(Time, u64)>,
    nanos: u128,
}

impl ProvisionedMeter {
    /// No provisioned concurrency yet, for a function of `memory`.
    pub fn new(window: Window, arch: Arch, memory: MemorySize) -> Self {
        ProvisionedMeter { window, arch, memory: u128::from(memory.0), blocks: Vec::new(), nanos: 0 }
    }

    /// From `now` on, `amount` environments are configured.
    pub fn set(&mut self, now: Time, amount: u64) {
        let configured: u64 = self.blocks.iter().map(|(_, count)| count).sum();
        if amount > configured {
            self.blocks.push((now, amount - configured));
            return;
        }
        let mut surplus = configured - amount;
        while surplus > 0 {
            let (since, count) = self.blocks.pop().expect("a surplus is in some block");
            let removed = count.min(surplus);
            if removed < count {
                self.blocks.push((since, count - removed));
            }
            let billed = PROVISIONED_UNIT * now.since(since).div_ceil(PROVISIONED_UNIT);
            self.nanos +=
                u128::from(removed) * u128::from(self.window.overlap(since, since + billed).nanos());
            surplus -= removed;
        }
    }

    /// Adds everything to `usage`, what is still configured being billed to the end of the window.
    pub fn book_into(&self, usage: &mut Usage) {
        let open: u128 = self
            .blocks
            .iter()
            .map(|(since, count)| {
                u128::from(*count) * u128::from(self.window.overlap(*since, self.window.to).nanos())
            })
            .sum();
        usage.add(Meter::LambdaProvisioned { arch: self.arch }, self.memory * (self.nanos + open));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    #[test]
    fn durations_round_up_to_a_millisecond() {
        let check = |initialisation: f64, handler: f64, millis: u128| {
            let window = Window::new(at(0), at(3600));
            let mut invocations = Invocations::new(window, Arch::X86, MemorySize(512), MemorySize(512));
            let (initialisation, handler) = (Span::from_seconds(initialisation), Span::from_seconds(handler));
            invocations.book(at(1), initialisation, handler, Served::OnDemand);
            let mut usage = Usage::new();
            invocations.book_into(&mut usage);
            let expected = 512 * millis * 1_000_000;
            assert_eq!(usage.get(&Meter::LambdaDuration { arch: Arch::X86 }), expected);
            assert_eq!(usage.get(&Meter::LambdaRequests), 1);
        };
        check(0.142, 0.0034, 146);
        check(0.0, 0.1, 100);
        check(0.0, 0.100_000_001, 101);
        check(0.0, 0.000_000_001, 1);
    }

    #[test]
    fn an_invocation_across_an_edge_is_clipped_and_its_request_counts_where_it_began() {
        let mut invocations =
            Invocations::new(Window::new(at(10), at(20)), Arch::Arm, MemorySize(1024), MemorySize(1024));
        invocations.book(at(8), Span::ZERO, Span::from_secs(5), Served::Provisioned);
        invocations.book(at(19), Span::ZERO, Span::from_secs(5), Served::Provisioned);
        let mut usage = Usage::new();
        invocations.book_into(&mut usage);
        assert_eq!(usage.get(&Meter::LambdaRequests), 1);
        let arch = Arch::Arm;
        assert_eq!(usage.get(&Meter::LambdaProvisionedDuration { arch }), 1024 * 4_000_000_000);
        assert_eq!(usage.get(&Meter::LambdaStorage), 512 * 4_000_000_000);
    }

    #[test]
    fn provisioned_concurrency_is_billed_in_five_minutes() {
        let check = |changes: &[(u64, u64)], seconds: u128| {
            let mut meter = ProvisionedMeter::new(Window::new(at(0), at(7200)), Arch::X86, MemorySize(1024));
            changes.iter().for_each(|(now, amount)| meter.set(at(*now), *amount));
            let mut usage = Usage::new();
            meter.book_into(&mut usage);
            let expected = 1024 * seconds * 1_000_000_000;
            assert_eq!(usage.get(&Meter::LambdaProvisioned { arch: Arch::X86 }), expected, "{changes:?}");
        };
        check(&[(0, 10), (1, 0)], 3000);
        check(&[(0, 10), (300, 0)], 3000);
        check(&[(0, 10), (301, 0)], 6000);
        check(&[(0, 2), (600, 5), (700, 4), (1200, 0)], 2 * 1200 + 300 + 2 * 600);
        check(&[(0, 2), (600, 5), (700, 5)], 2 * 7200 + 3 * 6600);
        check(&[(7000, 1), (7001, 0)], 200);
    }

    #[test]
    fn gateway_requests_count_in_half_megabytes() {
        let check = |bytes: u64, units: u128| assert_eq!(gateway_units(bytes), units);
        check(0, 1);
        check(512 * 1024, 1);
        check(512 * 1024 + 1, 2);
    }
}
