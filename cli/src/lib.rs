//! The fleetsim command line, as a library so that a user's own binary can add policies.
