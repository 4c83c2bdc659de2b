//! What is stored of one job: its record, and what the record cannot tell.

use serde::{Deserialize, Serialize};
use sim_core::metrics::Record;

use super::digest::Digest;

/// One finished job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobRecord {
    /// The variant's name.
    pub variant: String,
    /// The replication, from 0.
    pub replication: u32,
    /// A digest of everything that decides what is in it.
    pub determined_by: String,
    /// A digest of `record`.
    pub checksum: String,
    /// Requests of each kind of day that the run meters apart.
    pub days: Vec<DayRequests>,
    /// What was seen.
    pub record: Record,
}

/// How many requests a kind of day had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayRequests {
    /// Requests born in it.
    pub born: u64,
    /// Those of them that succeeded.
    pub ok: u64,
}

impl JobRecord {
    pub(crate) fn new(
        variant: &str,
        replication: u32,
        determined_by: String,
        days: Vec<DayRequests>,
        record: Record,
    ) -> Self {
        let checksum = checksum(&record);
        JobRecord { variant: variant.to_owned(), replication, determined_by, checksum, days, record }
    }

    /// Whether it is whole and what it is taken for.
    pub(crate) fn check(&self, determined_by: &str) -> Result<(), String> {
        if self.determined_by != determined_by {
            return Err("is the record of another experiment".into());
        }
        if self.checksum != checksum(&self.record) {
            return Err("has been changed since it was written".into());
        }
        Ok(())
    }
}

fn checksum(record: &Record) -> String {
    Digest::of(&serde_json::to_vec(record).expect("records are plain data"))
}
