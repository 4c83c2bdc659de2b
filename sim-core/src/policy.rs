//! Policies: views in, decisions out, one catalogue.
