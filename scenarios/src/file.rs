//! The scenario file: its shape, and how it becomes variants.
