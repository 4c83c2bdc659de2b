//! Trace readers: streams of rows from files, never held in memory whole.
