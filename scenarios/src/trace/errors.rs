//! What is wrong with a file, as long as that is worth reading.

use sim_core::traffic::FeedError;

/// More malformed cells than this are counted, not listed.
pub const MOST_REPORTED: usize = 20;

/// Errors, of which the first [`MOST_REPORTED`] are kept.
#[derive(Debug, Default)]
pub(super) struct Bounded {
    kept: Vec<FeedError>,
    more: u64,
}

impl Bounded {
    pub(super) fn push(&mut self, error: FeedError) {
        if self.kept.len() < MOST_REPORTED { self.kept.push(error) } else { self.more += 1 }
    }

    pub(super) fn finish(mut self) -> Result<(), Vec<FeedError>> {
        let Some(first) = self.kept.first() else { return Ok(()) };
        if self.more > 0 {
            let file = first.file.clone();
            self.kept.push(FeedError::new(file, format!("and {} more", self.more)));
        }
        Err(self.kept)
    }
}
