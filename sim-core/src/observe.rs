//! What a run states about itself to whoever watches.
