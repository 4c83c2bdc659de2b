//! Platform timelines as a section of the page: a table with a row per measure, and what to think of it.

use std::fmt::Write as _;

use scenarios::number::{self, Unit};
use scenarios::validation::{MeasureResult, TimelineResult};

/// The table; the picture comes before it.
pub(super) fn table(timelines: &[TimelineResult]) -> String {
    let mut text = String::from(HEAD);
    for timeline in timelines {
        for (index, it) in timeline.measures.iter().enumerate() {
            let about = match index {
                0 => format!("[{}](validation/{}.toml)", timeline.what, timeline.name),
                _ => String::new(),
            };
            let (least, median, greatest) = written(it);
            let _ = writeln!(
                text,
                "| {about} | {} | {} ({}) | {} | {least} | {median} | {greatest} | {} |",
                it.quantity,
                it.steps,
                it.source,
                band(it),
                verdict(it)
            );
        }
    }
    text + "\n" + TAIL
}

/// The band: `4.5–7 min`, or one number where there is only one.
pub(super) fn band(it: &MeasureResult) -> String {
    let (low, high) = it.band;
    if low == high {
        return number_of(it, low);
    }
    let (divisor, unit) = scale(it, high);
    format!("{}–{}{unit}", short(low / divisor), short(high / divisor))
}

/// The least, the middle and the greatest value.
pub(super) fn written(it: &MeasureResult) -> (String, String, String) {
    let Some((least, median, greatest)) = it.range() else {
        return (number::MISSING.into(), number::MISSING.into(), number::MISSING.into());
    };
    (number_of(it, least), number_of(it, median), number_of(it, greatest))
}

/// How many replications lie in the band, and whether that is enough.
fn verdict(it: &MeasureResult) -> String {
    let verdict = if it.passes() { "pass" } else { "**FAIL**" };
    format!("{} of {}: {verdict}", it.inside(), it.replications)
}

/// A number in the unit of its band.
fn number_of(it: &MeasureResult, value: f64) -> String {
    let (divisor, unit) = scale(it, it.band.1);
    match it.unit {
        Unit::Seconds => format!("{:.2}{unit}", value / divisor),
        other => number::value(other, value),
    }
}

/// Minutes where the greatest plausible time is more than two of them, else seconds.
fn scale(it: &MeasureResult, high: f64) -> (f64, &'static str) {
    match it.unit {
        Unit::Seconds if high >= 150.0 => (60.0, " min"),
        Unit::Seconds => (1.0, " s"),
        _ => (1.0, ""),
    }
}

/// A bound with as many digits as it has.
fn short(bound: f64) -> String {
    let text = format!("{bound:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What stands before the picture.
pub(super) const INTRODUCTION: &str = "\
## Platform timelines

Theory knows queues; it does not know how long a cloud takes from a spike of traffic to a new task in service. That is the sum of
many steps: a minute of metrics that has to fill, an alarm of three of them, a lag, a launch, an image to pull, a health check.
Most of these have a documented figure, some only one that others measured or reported, and their sum is a band. **These bands are
sanity checks, not oracles**: they say what is plausible, and the more of a band's steps are undocumented, the wider it is. But
they notice a step that is left out, a lag that is counted twice, a loop that runs too often.

Each timeline is an ordinary scenario and is run several dozen times, as control loops begin at random phases of their minute. It
passes if nine in ten replications lie in the band, or all of them where the platform states a figure without chance.

";

const HEAD: &str = "\
| Timeline | From ... to | Steps (source) | Band | Least | Median | Greatest | In the band |
|---|---|---|--:|--:|--:|--:|---|
";

const TAIL: &str = "\
What these taught, and where a band or a scenario was changed after a first look:

- *The minute of the spike.* The usual four and a half to seven minutes assume that the minute in which the spike comes is not yet
  above the target. A steep spike, whose minute is, was quicker, as it must be; so there are two timelines, and the steep one has
  the sum of its own steps for a band.
- *The capacity provider's alarm.* The band of a full cluster is 7 to 11 minutes, which counts a whole minute for the alarm, and of
  the spare instance 15 minutes at least. The simulator first missed both by up to a minute, as its alarm acted on a datapoint in the
  instant in which that is taken. That was a fault of the simulator: now it acts a minute later (`telemetry.reservation_lag`).
- *Cold starts.* Simulated Node.js alone was slower than its reported median (200 to 350 ms) by some hundredths of a second, and the
  slowest hundredth of Python quicker than reported (800 to 1,200 ms): the default of an application's own initialisation is the
  same for both. So the band is that of both languages together. Whoever knows their function's initialisation should set
  `app_init`.

";
