//! What happened in each window of a grid: counts, and distributions of latency.

use serde::{Deserialize, Serialize};

use super::Histogram;
use super::grid::Grid;
use crate::stored;

/// How often something happened in each window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(#[serde(deserialize_with = "stored::counts")] Vec<u64>);

impl Counts {
    /// Nothing yet in any window of `grid`.
    pub fn new(grid: Grid) -> Self {
        Counts(vec![0; grid.count()])
    }

    /// It happened in window `index`.
    #[inline]
    pub fn count(&mut self, index: usize) {
        self.0[index] += 1;
    }

    /// The counts, window by window.
    pub fn values(&self) -> &[u64] {
        &self.0
    }

    /// Adds another run's counts.
    pub fn merge(&mut self, other: &Counts) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// A coarse distribution in each window. Only the newest window that was recorded in is held in full; earlier
/// ones are kept sparse, so three hundred windows take little more memory than one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Sparse>", into = "Vec<Sparse>")]
pub struct LatencySeries {
    closed: Vec<Sparse>,
    open: Option<(usize, Histogram)>,
}

/// The buckets of one window that hold something, as `(bucket, count)`.
type Sparse = Vec<(u32, u64)>;

impl LatencySeries {
    /// Nothing yet in any window of `grid`.
    pub fn new(grid: Grid) -> Self {
        LatencySeries { closed: vec![Vec::new(); grid.count()], open: None }
    }

    /// Records `value` in window `index`. Fast as long as that is the same window.
    #[inline]
    pub fn record(&mut self, index: usize, value: u64) {
        match &mut self.open {
            Some((open, histogram)) if *open == index => histogram.record(value),
            _ => self.open_window(index, value),
        }
    }

    #[cold]
    fn open_window(&mut self, index: usize, value: u64) {
        self.close();
        let mut histogram = self.window(index);
        histogram.record(value);
        self.open = Some((index, histogram));
    }

    fn close(&mut self) {
        if let Some((index, histogram)) = self.open.take() {
            self.closed[index] = histogram.sparse();
        }
    }

    /// The distribution of window `index`. Its extremes are bucket edges, those of the window that is still held in full
    /// too: what is drawn of a run must not depend on whether its record has been stored in between.
    pub fn window(&self, index: usize) -> Histogram {
        let open = self.open.as_ref().filter(|(open, _)| *open == index);
        let open = open.map(|(_, histogram)| histogram.sparse());
        let whole =
            Histogram::from_sparse(Histogram::COARSE_BITS, open.as_ref().unwrap_or(&self.closed[index]));
        whole.expect("windows hold what a histogram was, and are checked when read")
    }

    /// How many windows there are.
    pub fn count(&self) -> usize {
        self.closed.len()
    }

    /// Adds another run's distributions.
    pub fn merge(&mut self, other: &LatencySeries) {
        self.close();
        for index in 0..self.count() {
            let mut merged = self.window(index);
            merged.merge(&other.window(index));
            self.closed[index] = merged.sparse();
        }
    }
}

impl From<LatencySeries> for Vec<Sparse> {
    fn from(mut series: LatencySeries) -> Self {
        series.close();
        series.closed
    }
}

impl TryFrom<Vec<Sparse>> for LatencySeries {
    type Error = &'static str;

    fn try_from(closed: Vec<Sparse>) -> Result<Self, Self::Error> {
        for window in &closed {
            Histogram::from_sparse(Histogram::COARSE_BITS, window)?;
        }
        Ok(LatencySeries { closed, open: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Span, Time};

    #[test]
    fn each_window_has_its_own_distribution() {
        let grid = Grid::over(Span::from_secs(10));
        let mut series = LatencySeries::new(grid);
        let mut counts = Counts::new(grid);
        for step in 0..1100_u64 {
            let at = Time::ZERO + Span::from_millis(step * 10);
            let Some(index) = grid.index(at) else { continue };
            series.record(index, (step / 100 + 1) * 1000);
            counts.count(index);
        }
        let stored: LatencySeries = serde_json::from_str(&serde_json::to_string(&series).unwrap()).unwrap();
        let mut twice = stored.clone();
        twice.merge(&stored);
        assert_eq!(counts.values(), [100; 10]);
        for index in 0..10 {
            let (expected, window) = ((index as f64 + 1.0) * 1000.0, twice.window(index));
            assert_eq!(window.count(), 200);
            let median = window.quantile(0.5).unwrap();
            assert!((median / expected - 1.0).abs() <= window.relative_error(), "{median} for {expected}");
            assert_eq!(series.window(index), stored.window(index), "stored or not");
        }
    }
}
