//! What is made of the facts: histograms, integrals, series, intervals.
