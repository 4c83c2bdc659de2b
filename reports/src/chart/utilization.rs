//! Utilization over time: how much of what is paid for is used.

use super::over_time::{Strips, drawn_series, mean, omitted, peak};
use super::ranked::{Ranked, strip, values};
use super::table_over_time::{Pick, table};
use super::{Chart, Source, Words, sentence};
use crate::axis::Scale;
use crate::data::{ReportData, Unit, VariantSeries};
use crate::format::share;

const USED: [Ranked; 3] = [
    ("reserved CPU", |series| &series.cpu_of_reserved, 1.8),
    ("paid CPU", |series| &series.cpu_of_capacity, 1.3),
    ("reserved memory", |series| &series.memory, 1.3),
];

/// The keys of the same for a whole run.
const OVERALL: [&str; 3] =
    ["cpu_utilization_reserved", "cpu_utilization_capacity", "memory_utilization_reserved"];

/// The chart.
pub(super) fn chart(source: &Source<'_>) -> Chart {
    let data = source.data;
    let mut strips = Strips::new(source, Unit::Share);
    let y = scale(data);
    strips.strips = drawn_series(data).into_iter().map(|series| strip(source, series, y, &USED)).collect();
    let words = Words {
        name: "utilization-over-time".into(),
        title: "Utilization over time".into(),
        takeaway: takeaway(data),
        description: format!(
            "CPU busy as a share of what replicas reserve and of what is paid for, and memory in use as a share \
             of what replicas reserve.{}",
            omitted(data)
        ),
        table: table(
            data,
            &[
                ("reserved CPU", Unit::Share, Pick::Mean, |series| &series.cpu_of_reserved),
                ("paid CPU", Unit::Share, Pick::Mean, |series| &series.cpu_of_capacity),
                ("reserved memory", Unit::Share, Pick::Mean, |series| &series.memory),
            ],
        ),
    };
    Chart::drawn(words, |form| strips.height(form), |page| strips.draw(page))
}

/// 0 to 100 %, further only where something went further.
fn scale(data: &ReportData) -> Scale {
    let most = values(data, &USED).fold(1.0, f64::max);
    if most <= 1.02 { Scale::exact(0.0, 1.0) } else { Scale::from_zero([most]) }
}

fn takeaway(data: &ReportData) -> String {
    let clause = |series: &VariantSeries| {
        let (place, used) = USED.iter().enumerate().find(|(_, used)| mean((used.1)(series)).is_some())?;
        let column = (used.1)(series);
        // The whole run's, where it is reported: a mean of windows would give quiet ones too much weight.
        let known = data.variant(&series.variant).and_then(|variant| variant.value(OVERALL[place]));
        let (average, most) = (known.or_else(|| mean(column))?, peak(series, column)?.1);
        let (average, most) = (share(average), share(most));
        Some(format!("{} uses {average} of its {} on average and {most} at most", series.variant, used.0))
    };
    let clauses: Vec<String> = drawn_series(data).into_iter().take(4).filter_map(clause).collect();
    if clauses.is_empty() { "No utilization was recorded.".into() } else { sentence(&clauses.join("; ")) }
}
