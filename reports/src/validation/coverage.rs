//! The part of the page on intervals: how often they cover, and what they say of a difference that is none.

use std::fmt::Write as _;

use scenarios::validation::Coverage;
use scenarios::validation::coverage::Share;

use super::numbers::{many, percentage, plain};

/// The sections on coverage and on A/A tests.
pub(super) fn sections(coverage: &Coverage) -> String {
    let mut text = String::new();
    text.push_str(&table(coverage));
    text.push_str(READING);
    text.push_str(&pairs(coverage));
    text
}

const READING: &str = "\
How to read it. Student's t is exact for normal observations, and a replication's number is only nearly normal. Means, shares,
rates, levels, utilizations, costs, and differences of all of them cover as they should from three replications on: the
interval is wide with few, and that is what it is for. Three kinds are worth knowing:

- **Far quantiles.** A quantile is taken of all replications pooled, its interval by the jackknife over replications (Efron and
  Stein 1981). Of the 99th percentile of some 1,200 requests, a dozen lie beyond it in a replication: the pooled quantile is
  skewed and a little biased, and its interval covers a percent or two less than it promises. Longer runs cure that, more
  replications of the same length less so. With fewer than ten requests beyond it in a replication no interval is printed.
- **Differences of quantiles** cover a percent or so more: the resolution of the histograms, at most 0.2 % of each quantile, is
  a floor of the interval, and of quantiles that differ little it is a notable part.
- **Ratios of costs.** A ratio is a geometric mean. With some 30 billed invocations in a replication a bill is a count of few, its
  logarithm is skewed, and the mean of logarithms is not the logarithm of means: a few percent of coverage are lost. Bills of
  real workloads count thousands.

";

fn table(coverage: &Coverage) -> String {
    let sizes = coverage.sizes.iter().map(|size| format!("{size} replications"));
    let mut text =
        format!("| Kind of interval | Metric | Closed form | {} |\n", sizes.collect::<Vec<_>>().join(" | "));
    let _ = writeln!(text, "|---|---|--:|{}", "--:|".repeat(coverage.sizes.len()));
    for row in &coverage.rows {
        let shares: Vec<String> = row.counts.iter().map(|share| shown(*share)).collect();
        let ratio = row.kind.contains("ratio");
        let theory = if ratio { format!("{:.4}", row.theory) } else { plain(&row.metric, row.theory) };
        let _ = writeln!(text, "| {} | `{}` | {theory} | {} |", row.kind, row.metric, shares.join(" | "));
    }
    text.push('\n');
    text
}

/// `94.6 % (93.5–95.6)`.
fn shown(share: Share) -> String {
    if share.whole == 0 {
        return "no interval".into();
    }
    let (low, high) = share.interval();
    format!("{} % ({}–{})", percentage(share.value()), percentage(low), percentage(high))
}

fn pairs(coverage: &Coverage) -> String {
    let (compared, different) = coverage.identical;
    let mut text = format!(
        "### A/A tests\n\nTwo variants that are the same meet the same luck: in {compared} numbers compared between two \
         identical variants, each simulated for itself, {different} differ by anything at all.\n\nWith *different* luck the \
         difference is noise, and a 95 % interval should call it that 95 times in a hundred; between 93 and 97 % over 1,000 \
         pairs of experiments with ten replications each is asked for.\n\n| Metric | Pairs | Interval covers zero | Verdict \
         |\n|---|--:|--:|---|\n"
    );
    for pair in &coverage.pairs {
        let verdict = if pair.passes() { "pass" } else { "**FAIL**" };
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {verdict} |",
            pair.metric,
            pair.share.whole,
            shown(pair.share)
        );
    }
    let _ = writeln!(
        text,
        "\nBoth tables are of {} replications of each of four variants, {} requests in all.\n",
        many(u64::from(coverage.replications)),
        many(coverage.requests)
    );
    text
}
