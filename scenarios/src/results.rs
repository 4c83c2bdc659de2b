//! The results folder and the statistics over replications.
