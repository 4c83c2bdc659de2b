//! Typed ids, arenas and generational slabs.
