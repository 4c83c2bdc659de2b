//! What is stored of one job: its record, and what the record cannot tell.

use serde::{Deserialize, Serialize};
use sim_core::metrics::Record;

/// One finished job. Its file has a checksum of all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobRecord {
    /// The variant's name.
    pub variant: String,
    /// The replication, from 0.
    pub replication: u32,
    /// A digest of everything that decides what is in it.
    pub determined_by: String,
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
    /// Whether it is what it is taken for: the record of this job of this experiment. Variants may have the same fleet, so
    /// the digest alone does not tell.
    pub(crate) fn check(&self, variant: &str, replication: u32, determined_by: &str) -> Result<(), String> {
        if self.determined_by != determined_by {
            return Err("is the record of another experiment".into());
        }
        if (self.variant.as_str(), self.replication) != (variant, replication) {
            let of = format!("{}, replication {}", self.variant, self.replication + 1);
            return Err(format!("is the record of another job: {of}"));
        }
        Ok(())
    }
}
