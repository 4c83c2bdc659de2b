//! Little's law as a section of the page: a row per built-in scenario, and all queues for whoever opens them.

use std::fmt::Write as _;

use scenarios::number::{self, Unit};
use scenarios::validation::LittleRow;

use super::numbers::many;

/// The section.
pub(super) fn section(rows: &[LittleRow]) -> String {
    let mut text = String::from(HEAD);
    for of_one in rows.chunk_by(|one, next| one.scenario == next.scenario) {
        text.push_str(&summary(of_one));
    }
    let _ = writeln!(text, "\n<details>\n<summary>All {} queues</summary>\n\n{ROWS}", rows.len());
    rows.iter().for_each(|row| text.push_str(&detail(row)));
    text + "\n</details>\n\n"
}

/// All queues of one scenario.
fn summary(rows: &[LittleRow]) -> String {
    let off = rows.iter().filter(|row| !row.holds()).count();
    let greatest = rows.iter().map(|row| (row.area - row.times).unsigned_abs()).max().unwrap_or(0);
    let inside = rows.iter().map(LittleRow::inside).fold(0.0, f64::max);
    format!(
        "| `{}` | {} | {} | {} | {greatest} ns | {} |\n",
        rows[0].scenario,
        rows.len(),
        many(rows.iter().map(|row| row.attempts).sum()),
        number::value(Unit::Count, inside),
        if off == 0 { "exact".to_owned() } else { format!("**{off} OFF**") },
    )
}

fn detail(row: &LittleRow) -> String {
    format!(
        "| `{}` | {} | {} | {} | {} | {} | {} |\n",
        row.scenario,
        row.variant,
        many(row.attempts),
        number::value(Unit::PerSecond, row.rate()),
        number::value(Unit::Seconds, row.time()),
        number::value(Unit::Count, row.inside()),
        if row.holds() { "exact" } else { "**OFF**" },
    )
}

const HEAD: &str = "\
## Little's law on every queue of every built-in scenario

L = lambda W (Little 1961; on sample paths Stidham 1974). A run that begins and ends empty leaves no room for chance: the area
under the number inside *equals* the sum of the times spent inside. The two come from different facts of the model: the number
inside (queue and service) is the level that it states whenever that changes, from which utilization and scaling follow; the
times are those at which attempts pass the front door and are over, refused ones included. `exact` means that the two are the
same integer of nanoseconds, and that every attempt that came was over in the end, in the first replication of every variant,
with everything that these scenarios have in them: scaling, cold starts, throttling, retries, replaced tasks, faults.

| Scenario | Queues | Attempts | Greatest L | Greatest deviation | L = lambda W |
|---|--:|--:|--:|--:|---|
";

const ROWS: &str = "\
| Scenario | Variant | Attempts | lambda | W | L | L = lambda W |
|---|---|--:|--:|--:|--:|---|";
