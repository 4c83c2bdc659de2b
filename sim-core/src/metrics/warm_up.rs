//! How long a simulation takes to forget how it began: MSER-5.
//!
//! The marginal standard error rule cuts a series where the mean of what is left is known best: each further
//! observation that is left out removes initial bias as long as it lies far from the rest, and afterwards only removes
//! information (White, An effective truncation heuristic for bias reduction in simulation output, Simulation 69(6),
//! 1997). MSER-5 applies it to means of five observations, which makes it robust (White, Cobb and Spratt, A comparison
//! of five steady-state truncation heuristics for simulation, Winter Simulation Conference 2000). The series is the
//! average over replications, which takes noise away before the rule looks at it (Hoad, Robinson and Davies, Automating
//! warm-up length estimation, Journal of the Operational Research Society 61, 2010, who find five replications enough).
//!
//! A least value in the second half is a sign that the series is too short, as White has it. The few means that are left
//! near the end may also lie close to each other by chance, and series by series of an experiment chance has many
//! tries. So the second half counts only where its least value is below a third of the first half's: a trend that goes on
//! is far below it (a sixth, if it is a straight line), noise hardly ever.

/// Observations in a mean.
const BATCH: usize = 5;
/// The last means, which the rule never cuts down to: the statistic of so few says nothing.
const KEPT: usize = 5;
/// The fewest means that the rule is asked about.
pub const FEWEST_BATCHES: usize = 20;
/// The fewest observations that a warm-up is looked for in.
pub const FEWEST: usize = BATCH * FEWEST_BATCHES;

/// Where a series is best cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How many observations are left out at the start; a multiple of five.
    pub observations: usize,
    /// Whether the series shows no state that lasts, or too little of it: the second half has a far better cut. The cut
    /// is then where the second half begins.
    pub is_late: bool,
}

/// A cut in the second half counts if its statistic is below this share of the first half's least.
const FAR_BETTER: f64 = 1.0 / 3.0;

/// The variance of what is rounded to a whole number. A level in whole units that stands still for a while, because it
/// happens to, is known no better than to the unit.
pub const ROUNDING: f64 = 1.0 / 12.0;

/// Where MSER-5 cuts `series`, in its first half; none where it is shorter than [`FEWEST`] observations. What is left
/// over of a last batch of five is not looked at. Of equally good cuts the earliest is taken, so a constant series is
/// not cut at all.
///
/// `least_variance` is that which an observation has anyway: none, or of a level in whole units [`ROUNDING`] divided by
/// the replications that the series is the average of.
pub fn mser_5(series: &[f64], least_variance: f64) -> Option<Cut> {
    let means: Vec<f64> =
        series.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    if means.len() < FEWEST_BATCHES {
        return None;
    }
    let half = means.len() / 2;
    let statistic = |cut: usize| (cut, marginal_standard_error(&means[cut..], least_variance));
    // The first of equals is the least.
    let least = |cuts: std::ops::RangeInclusive<usize>| {
        cuts.map(statistic).min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are cuts in either half")
    };
    let (early, late) = (least(0..=half), least(half + 1..=means.len() - KEPT));
    let is_late = late.1 < FAR_BETTER * early.1;
    Some(Cut { observations: BATCH * if is_late { half } else { early.0 }, is_late })
}

/// The square of the marginal standard error of the mean of `rest`.
fn marginal_standard_error(rest: &[f64], least_variance: f64) -> f64 {
    let count = rest.len() as f64;
    let mean = rest.iter().sum::<f64>() / count;
    let squares: f64 = rest.iter().map(|value| (value - mean) * (value - mean)).sum();
    // What rounding leaves of a constant series is no variation.
    let squares = if squares <= count * (mean * 1e-12) * (mean * 1e-12) { 0.0 } else { squares };
    (squares / count + least_variance) / count
}

/// The average of several series of one length, observation by observation; empty without any.
pub fn averaged(series: &[Vec<f64>]) -> Vec<f64> {
    let Some(first) = series.first() else { return Vec::new() };
    let mean = |index: usize| {
        let values = series.iter().filter_map(|it| it.get(index));
        values.sum::<f64>() / series.len() as f64
    };
    (0..first.len()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generator for these tests only: SplitMix64, to numbers around zero.
    fn noise(state: &mut u64) -> f64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }

    fn noisy(level: impl Fn(usize) -> f64, seed: u64, replications: usize) -> Vec<f64> {
        let mut state = seed;
        let one = |state: &mut u64| (0..300).map(|index| level(index) + noise(state)).collect();
        averaged(&(0..replications).map(|_| one(&mut state)).collect::<Vec<Vec<f64>>>())
    }

    /// Against the definition, written out for each cut by itself.
    #[test]
    fn the_least_of_the_statistic_is_found() {
        for seed in 0..50 {
            let series = noisy(|index| 3.0 * libm::exp(-(index as f64) / 20.0), seed, 1);
            let means: Vec<f64> =
                (0..60).map(|b| (0..5).map(|i| series[b * 5 + i]).sum::<f64>() / 5.0).collect();
            let statistic = |cut: usize| {
                let rest = 60.0 - cut as f64;
                let mean = (cut..60).map(|i| means[i]).sum::<f64>() / rest;
                (cut..60).map(|i| (means[i] - mean) * (means[i] - mean)).sum::<f64>() / (rest * rest)
            };
            let expected = (0..=30).min_by(|a, b| statistic(*a).total_cmp(&statistic(*b))).unwrap();
            assert_eq!(
                mser_5(&series, 0.0).unwrap(),
                Cut { observations: 5 * expected, is_late: false },
                "{seed}"
            );
        }
    }

    #[test]
    fn what_fades_is_cut_and_what_goes_on_is_late() {
        let check = |level: fn(usize) -> f64, cuts: std::ops::RangeInclusive<usize>, late: bool| {
            for seed in 0..50 {
                let cut = mser_5(&noisy(level, seed, 5), 0.0).unwrap();
                assert!(cuts.contains(&cut.observations) && cut.is_late == late, "{cut:?}, seed {seed}");
            }
        };
        // A step (noise may move the cut beyond it, never before it) and a decay by e every 20 observations.
        check(|index| if index < 60 { 10.0 } else { 2.0 }, 60..=150, false);
        check(|index| 2.0 + 8.0 * libm::exp(-(index as f64) / 20.0), 50..=150, false);
        // A ramp that never ends, a decay far slower than the run, and a step near the end.
        check(|index| index as f64 / 30.0, 150..=150, true);
        check(|index| 10.0 * libm::exp(-(index as f64) / 200.0), 150..=150, true);
        check(|index| if index < 200 { 10.0 } else { 2.0 }, 150..=150, true);
    }

    /// Noise without any beginning: how often it is taken for a run that is too short, and how much of it is cut.
    #[test]
    fn noise_is_no_trend() {
        let cuts = || (0..2000).map(|seed| mser_5(&noisy(|_| 1.0, 1000 + seed * 7919, 1), 0.0).unwrap());
        let late = cuts().filter(|cut| cut.is_late).count();
        assert!(late <= 20, "{late} of 2000");
        let cut = cuts().map(|cut| cut.observations).sum::<usize>() as f64 / 2000.0;
        assert!(cut < 45.0, "{cut} of 300 observations on average");
    }

    /// Environments of a function under constant traffic, means of five windows averaged over five replications: the first
    /// burst leaves after ten minutes, and at the end their number stands still by chance.
    #[test]
    fn whole_units_that_stand_still_are_no_trend() {
        let burst = [10.8; 12].into_iter();
        let later = [6.25, 6.2, 6.2, 5.84, 6.26, 6.55].into_iter().chain([6.6; 10]);
        let end = [6.47, 6.25, 6.2, 6.12].into_iter().chain([6.0; 16]);
        let series: Vec<f64> = burst.chain(later).chain(end).flat_map(|mean| [mean; 5]).collect();
        let cut = |least_variance: f64| mser_5(&series, least_variance).unwrap();
        assert!(cut(0.0).is_late);
        assert_eq!(cut(ROUNDING / 5.0), Cut { observations: 60, is_late: false });
    }

    #[test]
    fn what_does_not_vary_is_not_cut() {
        let cut = |series: &[f64]| mser_5(series, 0.0).map(|cut| (cut.observations, cut.is_late));
        assert_eq!(cut(&[0.3; 100]), Some((0, false)));
        assert_eq!(cut(&[0.0; 100]), Some((0, false)));
        let settles: Vec<f64> = (0..100).map(|index| f64::from(u8::from(index >= 22)) * 0.1).collect();
        assert_eq!(cut(&settles), Some((25, false)), "the batch in which it settles goes too");
        assert_eq!(cut(&[1.0; 99]), None);
        assert_eq!(averaged(&[vec![1.0, 2.0], vec![3.0, 6.0]]), [2.0, 4.0]);
        assert!(averaged(&[]).is_empty());
    }
}
