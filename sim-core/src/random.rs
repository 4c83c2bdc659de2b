//! Luck: streams by purpose and owner, draws keyed on a request, distributions.
