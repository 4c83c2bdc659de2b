//! Each quantity's units, how it is read and printed, and its help.

use std::fmt;
use std::str::FromStr;

use super::text::{Limit, parse, parse_whole, print};
use super::{Bytes, Cpu, Dollars, MemorySize, Number, Percent, Quantity, Rate, shown};
use crate::engine::Span;

const DURATIONS: &[(&str, f64)] = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("min", 60e9),
    ("m", 60e9),
    ("h", 3600e9),
    ("d", 86_400e9),
    ("w", 604_800e9),
];
const RATES: &[(&str, f64)] = &[
    ("/s", 1.0),
    ("/min", 1.0 / 60.0),
    ("/m", 1.0 / 60.0),
    ("/h", 1.0 / 3600.0),
    ("/d", 1.0 / 86_400.0),
    ("/day", 1.0 / 86_400.0),
];
/// Once in 100 years, per second: what is rarer would come after every run.
const LEAST_RATE: f64 = 1.0 / (36_600.0 * 86_400.0);
const BYTES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("KiB", 1024.0),
    ("MB", 1e6),
    ("MiB", 1_048_576.0),
    ("GB", 1e9),
    ("GiB", 1_073_741_824.0),
    ("TB", 1e12),
    ("TiB", 1_099_511_627_776.0),
];
const MEMORY: &[(&str, f64)] =
    &[("MiB", 1.0), ("MB", 1.0), ("GiB", 1024.0), ("GB", 1024.0), ("TiB", 1_048_576.0)];
const CPUS: &[(&str, f64)] = &[("units", 1.0), ("vCPU", 1024.0), ("vcpu", 1024.0)];
const PERCENT: &[(&str, f64)] = &[("%", 1.0)];

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse_whole(text, DURATIONS, Limit::new(36_600.0 * 86_400e9, Self::MOST))
            .map(|nanos| Span::from_nanos(nanos as u64))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0s");
        }
        let units = [
            ("ns", 1.0),
            ("us", 1e3),
            ("ms", 1e6),
            ("s", 1e9),
            ("min", 60e9),
            ("h", 3600e9),
            ("d", 86_400e9),
        ];
        print(f, self.nanos() as f64, &units)
    }
}

impl Quantity for Span {
    const FORMAT: &'static str = "duration";
    const MOST: &'static str = "36600d";
    const MOST_DRAWN: &'static str = "366d";
    const HELP: &'static str = "a length of time: 250us, 8ms, 1.5s, 5m (or 5min), 2h, 7d, 1w";
    fn number(self) -> f64 {
        self.seconds()
    }
    fn from_number(number: f64) -> Self {
        Span::from_seconds(number)
    }
}

impl FromStr for Rate {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let rate = parse(text, RATES, Limit::new(1e9, Self::MOST))?;
        if rate > 0.0 && rate < LEAST_RATE {
            return Err(format!("`{}` is too small: less than once in 100 years", text.trim()));
        }
        Ok(Rate(rate))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", shown(self.0))
    }
}

impl Quantity for Rate {
    const FORMAT: &'static str = "rate";
    const MOST: &'static str = "1e9/s";
    const MOST_DRAWN: &'static str = "1e9/s";
    const HELP: &'static str = "events per time: 50/s, 600/min, 1000/h, 5/day";
    fn number(self) -> f64 {
        self.0
    }
    fn from_number(number: f64) -> Self {
        Rate(number)
    }
}

impl FromStr for Bytes {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse_whole(text, BYTES, Limit::new(1e15, Self::MOST)).map(|bytes| Bytes(bytes as u64))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            ("B", 1.0),
            ("kB", 1e3),
            ("KiB", 1024.0),
            ("MB", 1e6),
            ("MiB", 1_048_576.0),
            ("GB", 1e9),
            ("GiB", 1_073_741_824.0),
        ];
        print(f, self.0 as f64, &units)
    }
}

impl Quantity for Bytes {
    const FORMAT: &'static str = "bytes";
    const MOST: &'static str = "1000TB";
    const MOST_DRAWN: &'static str = "1TB";
    const HELP: &'static str =
        "an amount of data: 500B, 20kB, 6MiB, 250MB, 1GiB (kB, MB, GB decimal; KiB, MiB, GiB binary)";
    fn number(self) -> f64 {
        self.0 as f64
    }
    fn from_number(number: f64) -> Self {
        Bytes((number + 0.5) as u64)
    }
}

impl FromStr for MemorySize {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse_whole(text, MEMORY, Limit::new(33_554_432.0, Self::MOST)).map(|mib| MemorySize(mib as u32))
    }
}

impl fmt::Display for MemorySize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, f64::from(self.0), &[("MiB", 1.0), ("GiB", 1024.0)])
    }
}

impl Quantity for MemorySize {
    const FORMAT: &'static str = "memory-size";
    const MOST: &'static str = "32TiB";
    const MOST_DRAWN: &'static str = "32TiB";
    const HELP: &'static str =
        "a memory size as platforms sell it, binary whichever way it is written: 512MiB, 1769MB, 2GB, 8GiB";
    fn number(self) -> f64 {
        f64::from(self.0)
    }
    fn from_number(number: f64) -> Self {
        MemorySize((number + 0.5) as u32)
    }
}

impl FromStr for Cpu {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse_whole(text, CPUS, Limit::new(4096.0 * 1024.0, Self::MOST)).map(|units| Cpu(units as u32))
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As few decimals as mean the same whole number of units: 307 units are written 0.3vCPU.
        let rounded = |factor: f64| (self.vcpus() * factor).round() / factor;
        let same = |vcpus: &f64| (vcpus * f64::from(Self::UNITS_PER_VCPU) + 0.5) as u32 == self.0;
        write!(
            f,
            "{}vCPU",
            [1.0, 10.0, 1e2, 1e3, 1e4].into_iter().map(rounded).find(same).unwrap_or(self.vcpus())
        )
    }
}

impl Quantity for Cpu {
    const FORMAT: &'static str = "cpu";
    const MOST: &'static str = "4096vCPU";
    const MOST_DRAWN: &'static str = "4096vCPU";
    const HELP: &'static str = "an amount of CPU: 0.25vCPU, 2vCPU, 512units (1 vCPU = 1024 units)";
    fn number(self) -> f64 {
        self.vcpus()
    }
    fn from_number(number: f64) -> Self {
        Cpu((number * f64::from(Self::UNITS_PER_VCPU) + 0.5) as u32)
    }
}

impl FromStr for Percent {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, PERCENT, Limit::new(1e6, Self::MOST)).map(|percent| Percent(percent / 100.0))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", shown((self.0 * 1e8).round() / 1e6))
    }
}

impl Quantity for Percent {
    const FORMAT: &'static str = "percent";
    const MOST: &'static str = "1000000%";
    const MOST_DRAWN: &'static str = "1000000%";
    const HELP: &'static str = "a share: 60%, 0.5%";
    fn number(self) -> f64 {
        self.0
    }
    fn from_number(number: f64) -> Self {
        Percent(number)
    }
}

impl FromStr for Dollars {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().strip_prefix('$') {
            Some(number) => {
                parse(&format!("{number}$"), &[("$", 1.0)], Limit::new(1e12, Self::MOST)).map(Dollars)
            }
            None => Err(format!("`{text}` does not start with $")),
        }
    }
}

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", shown(self.0))
    }
}

impl Quantity for Dollars {
    const FORMAT: &'static str = "dollars";
    const MOST: &'static str = "$1e12";
    const MOST_DRAWN: &'static str = "$1e12";
    const HELP: &'static str = "US dollars: $2000, $0.04";
    fn number(self) -> f64 {
        self.0
    }
    fn from_number(number: f64) -> Self {
        Dollars(number)
    }
}

impl FromStr for Number {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse(&format!("{}#", text.trim()), &[("#", 1.0)], Limit::new(1e12, Self::MOST)).map(Number)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(self.0))
    }
}

impl Quantity for Number {
    const FORMAT: &'static str = "number";
    const MOST: &'static str = "1e12";
    const MOST_DRAWN: &'static str = "1e12";
    const HELP: &'static str = "a plain number: 10, 1.5";
    fn number(self) -> f64 {
        self.0
    }
    fn from_number(number: f64) -> Self {
        Number(number)
    }
}
