//! How long a function's environment takes to initialise, by runtime, architecture and package.
//!
//! Figures: public daily benchmark of minimal functions (maxday/lambda-perf), 23 June to 22 August 2026, about 2,350 cold
//! starts per cell, pooled over 128 to 1,024 MB, since memory does not change them. The samples are bimodal (code
//! cached near the worker, or not), so each cell is a lognormal body with a share of starts that take a multiple of it.
//! The first request in an environment costs CPU on top, which a managed runtime spends on loading and compiling: measured
//! 717 ms at 128 MB and 74 ms at 1,024 MB for .NET 8, 97 and 7 ms for Java 21, 12 and 3 ms for Node, so it is stated at one
//! vCPU and divided by the function's share of it. Python and native binaries showed 1 to 2 ms at every size, hardly more
//! than any request takes, so next to nothing is stated for them.
//!
//! What an application adds of its own is a separate term, [`Runtime::app_init`], chosen so that both together land in
//! reported production ranges.

use super::Package;
use crate::cost::Arch;
use crate::random::{Draw, normal_quantile, open01};

/// One cell: median in ms, sigma of the body, share of slow starts, their multiple of the median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InitLaw {
    /// Median of the body in milliseconds.
    pub median_ms: f64,
    /// Standard deviation of the body's logarithm.
    pub sigma: f64,
    /// Share of starts in the slow mode.
    pub slow_share: f64,
    /// How many times longer those take.
    pub slow_factor: f64,
}

impl InitLaw {
    /// Draws an initialisation in seconds.
    pub fn sample(&self, draw: &mut Draw) -> f64 {
        let body = self.median_ms / 1e3 * libm::exp(self.sigma * normal_quantile(open01(draw)));
        if open01(draw) < self.slow_share { body * self.slow_factor } else { body }
    }
}

/// A language runtime.
#[derive(Clone, Copy, Debug)]
pub struct Runtime {
    /// Its name in scenario files.
    pub name: &'static str,
    /// Initialisation on x86 from a zip archive, on ARM from a zip archive, on x86 and on ARM from an image.
    laws: [InitLaw; 4],
    /// Median of the application's own initialisation, in milliseconds (sigma 0.5); a setting with this default.
    pub app_init_ms: f64,
    /// CPU time that the first request in an environment costs on top, in milliseconds at one vCPU.
    pub first_request_ms: f64,
}

impl Runtime {
    /// The runtime called `name`.
    pub fn named(name: &str) -> Option<&'static Runtime> {
        RUNTIMES.iter().find(|runtime| runtime.name == name)
    }

    /// How long its initialisation takes.
    pub fn init(&self, arch: Arch, package: Package) -> &InitLaw {
        let index = usize::from(arch == Arch::Arm) + 2 * usize::from(package == Package::Image);
        &self.laws[index]
    }
}

const fn law(median_ms: f64, sigma: f64, slow_percent: f64, slow_factor: f64) -> InitLaw {
    InitLaw { median_ms, sigma, slow_share: slow_percent / 100.0, slow_factor }
}

const fn runtime(name: &'static str, laws: [InitLaw; 4], app_init_ms: f64, first_request_ms: f64) -> Runtime {
    Runtime { name, laws, app_init_ms, first_request_ms }
}

/// Every runtime that there are figures for.
pub const RUNTIMES: &[Runtime] = &[
    runtime(
        "nodejs22",
        [
            law(142.0, 0.12, 0.0, 1.0),
            law(129.0, 0.13, 0.0, 1.0),
            law(297.0, 0.23, 14.0, 2.1),
            law(236.0, 0.21, 13.0, 2.8),
        ],
        150.0,
        1.0,
    ),
    runtime(
        "nodejs24",
        [
            law(137.0, 0.13, 0.0, 1.0),
            law(123.0, 0.13, 0.0, 1.0),
            law(275.0, 0.22, 14.0, 2.3),
            law(227.0, 0.21, 17.0, 3.0),
        ],
        150.0,
        1.0,
    ),
    runtime(
        "python3.12",
        [
            law(85.0, 0.13, 0.5, 2.0),
            law(81.0, 0.13, 1.0, 2.5),
            law(155.0, 0.21, 10.0, 2.1),
            law(130.0, 0.19, 10.0, 2.3),
        ],
        150.0,
        0.2,
    ),
    runtime(
        "python3.13",
        [
            law(87.0, 0.14, 1.5, 2.4),
            law(81.0, 0.14, 0.6, 2.3),
            law(156.0, 0.22, 11.0, 2.1),
            law(130.0, 0.20, 12.0, 2.1),
        ],
        150.0,
        0.2,
    ),
    runtime(
        "python3.14",
        [
            law(112.0, 0.14, 5.0, 2.1),
            law(102.0, 0.14, 1.0, 2.3),
            law(178.0, 0.19, 14.0, 2.0),
            law(157.0, 0.22, 13.0, 2.1),
        ],
        150.0,
        0.2,
    ),
    runtime(
        "java11",
        [
            law(278.0, 0.11, 5.0, 2.0),
            law(282.0, 0.20, 10.0, 1.9),
            law(372.0, 0.21, 7.0, 2.0),
            law(335.0, 0.21, 12.0, 2.1),
        ],
        1000.0,
        5.0,
    ),
    runtime(
        "java17",
        [
            law(206.0, 0.10, 1.4, 2.7),
            law(216.0, 0.15, 1.0, 2.5),
            law(304.0, 0.18, 6.0, 2.1),
            law(291.0, 0.23, 6.0, 2.0),
        ],
        1000.0,
        5.0,
    ),
    runtime(
        "java21",
        [
            law(240.0, 0.11, 2.0, 2.5),
            law(247.0, 0.15, 1.0, 2.4),
            law(340.0, 0.19, 10.0, 2.1),
            law(309.0, 0.21, 9.0, 2.1),
        ],
        1000.0,
        5.0,
    ),
    runtime(
        "java25",
        [
            law(192.0, 0.12, 9.0, 2.3),
            law(196.0, 0.17, 5.0, 2.2),
            law(243.0, 0.16, 13.0, 2.2),
            law(242.0, 0.24, 8.0, 2.0),
        ],
        1000.0,
        7.0,
    ),
    runtime(
        "dotnet8",
        [
            law(254.0, 0.12, 7.0, 2.4),
            law(295.0, 0.15, 9.0, 2.2),
            law(402.0, 0.22, 6.0, 1.9),
            law(425.0, 0.22, 5.0, 1.9),
        ],
        500.0,
        45.0,
    ),
    runtime(
        "dotnet10",
        [
            law(256.0, 0.14, 12.0, 2.4),
            law(253.0, 0.16, 17.0, 2.4),
            law(395.0, 0.20, 10.0, 1.9),
            law(363.0, 0.20, 10.0, 2.1),
        ],
        500.0,
        50.0,
    ),
    runtime(
        "dotnet8-aot",
        [
            law(87.0, 0.09, 0.0, 1.0),
            law(77.0, 0.10, 0.0, 1.0),
            law(61.0, 0.22, 9.0, 2.1),
            law(55.0, 0.21, 7.0, 2.0),
        ],
        30.0,
        0.1,
    ),
    runtime(
        "ruby3.4",
        [
            law(226.0, 0.23, 6.0, 1.9),
            law(234.0, 0.26, 2.0, 1.9),
            law(265.0, 0.19, 1.0, 2.0),
            law(268.0, 0.19, 0.0, 1.0),
        ],
        150.0,
        0.2,
    ),
    runtime(
        "go",
        [
            law(50.0, 0.08, 0.0, 1.0),
            law(43.0, 0.09, 0.0, 1.0),
            law(47.0, 0.23, 11.0, 2.1),
            law(39.0, 0.22, 7.0, 2.3),
        ],
        30.0,
        0.1,
    ),
    runtime(
        "rust",
        [
            law(16.0, 0.12, 4.0, 2.9),
            law(14.0, 0.13, 4.0, 3.1),
            law(35.0, 0.21, 10.0, 2.3),
            law(30.0, 0.19, 7.0, 2.7),
        ],
        30.0,
        0.1,
    ),
    runtime(
        "cpp",
        [
            law(65.0, 0.13, 3.0, 2.0),
            law(49.0, 0.13, 3.0, 2.1),
            law(49.0, 0.22, 15.0, 2.2),
            law(41.0, 0.20, 12.0, 2.2),
        ],
        30.0,
        0.1,
    ),
    runtime(
        "graalvm-java21",
        [
            law(153.0, 0.08, 0.0, 1.0),
            law(127.0, 0.10, 0.0, 1.0),
            law(89.0, 0.21, 13.0, 2.6),
            law(75.0, 0.21, 13.0, 2.3),
        ],
        30.0,
        9.0,
    ),
    runtime(
        "llrt",
        [
            law(68.0, 0.09, 0.0, 1.0),
            law(62.0, 0.19, 0.0, 1.0),
            law(58.0, 0.21, 14.0, 2.4),
            law(47.0, 0.20, 13.0, 2.2),
        ],
        150.0,
        1.0,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, counted};

    /// The mixture reproduces the percentiles that were measured, cell by cell where they are stated in the facts.
    #[test]
    fn mixtures_reproduce_measured_percentiles() {
        let check = |name: &str, arch, package, percentile: f64, expected_ms: f64, tolerance: f64| {
            let law = Runtime::named(name).unwrap().init(arch, package);
            let mut samples: Vec<f64> =
                (0..20_000).map(|k| law.sample(&mut counted(1, 0, Purpose::ColdStart, 1, k)) * 1e3).collect();
            samples.sort_by(f64::total_cmp);
            let found = samples[(samples.len() as f64 * percentile) as usize];
            assert!(
                (found / expected_ms - 1.0).abs() < tolerance,
                "{name} p{percentile}: {found} for {expected_ms}"
            );
        };
        check("nodejs22", Arch::X86, Package::Zip, 0.50, 142.0, 0.02);
        check("nodejs22", Arch::X86, Package::Zip, 0.95, 178.0, 0.05);
        check("nodejs22", Arch::X86, Package::Image, 0.50, 297.0, 0.10);
        check("nodejs22", Arch::X86, Package::Image, 0.95, 702.0, 0.10);
        check("python3.13", Arch::Arm, Package::Zip, 0.50, 81.0, 0.02);
        check("java21", Arch::X86, Package::Zip, 0.90, 281.0, 0.05);
        check("rust", Arch::Arm, Package::Zip, 0.50, 14.0, 0.03);
        check("dotnet10", Arch::X86, Package::Zip, 0.90, 571.0, 0.10);
    }

    /// First requests take what was measured at different sizes, within a half of it or 2 ms.
    #[test]
    fn first_requests_cost_what_was_measured() {
        let check = |name: &str, measured: [(u32, f64); 3]| {
            for (megabytes, expected_ms) in measured {
                let vcpus = super::super::lambda_vcpus(crate::quantity::MemorySize(megabytes)).min(1.0);
                let found = Runtime::named(name).unwrap().first_request_ms / vcpus;
                assert!(
                    (found - expected_ms).abs() <= (0.5 * expected_ms).max(2.0),
                    "{name} at {megabytes} MB: {found} for {expected_ms}"
                );
            }
        };
        check("dotnet8", [(128, 717.0), (256, 356.0), (1024, 74.0)]);
        check("dotnet10", [(128, 796.0), (256, 388.0), (1024, 80.0)]);
        check("java21", [(128, 97.0), (256, 35.0), (1024, 7.0)]);
        check("graalvm-java21", [(128, 159.0), (256, 71.0), (1024, 15.0)]);
        check("nodejs22", [(128, 12.0), (512, 3.4), (1024, 3.4)]);
        // Above an ordinary request of about 1 ms.
        check("python3.13", [(128, 1.3), (256, 1.1), (1024, 1.1)]);
        check("go", [(128, 0.5), (512, 0.5), (1024, 0.5)]);
        check("rust", [(128, 0.5), (512, 0.5), (1024, 0.5)]);
    }

    #[test]
    fn figures_are_sane() {
        for runtime in RUNTIMES {
            for law in runtime.laws {
                assert!(law.median_ms > 5.0 && law.median_ms < 1000.0 && law.sigma < 0.5, "{}", runtime.name);
                assert!(
                    law.slow_share < 0.2 && (law.slow_share == 0.0) == (law.slow_factor == 1.0),
                    "{}",
                    runtime.name
                );
            }
        }
    }
}
