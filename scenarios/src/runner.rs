//! Experiments: jobs in parallel, stored as they finish.
