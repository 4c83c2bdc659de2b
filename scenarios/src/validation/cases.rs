//! Every case of the suite.
//!
//! The lengths of runs are chosen so that the whole suite takes minutes, and the stated widths so that intervals of that
//! many replications keep them with some room. Nothing here is fitted to a result: theory says the value, the name of a
//! case its luck.

mod functions;
mod markov;
mod parallel;
mod sharing;
mod single;

use super::case::Family;

/// All families, the simplest first.
pub fn families() -> Vec<Family> {
    let mut families = markov::families();
    families.extend(single::families());
    families.extend(sharing::families());
    families.extend(parallel::families());
    families.extend(functions::families());
    families
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_tell_cases_apart() {
        let families = families();
        let names: Vec<&str> =
            families.iter().flat_map(|family| &family.cases).map(|case| case.name.as_str()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        for case in families.iter().flat_map(|family| &family.cases) {
            assert!(!case.comparisons.is_empty(), "{}", case.name);
            for comparison in &case.comparisons {
                let (theory, width) = (comparison.theory, comparison.width);
                assert!(theory.is_finite() && theory > 0.0, "{}: {}", case.name, comparison.quantity);
                assert!(width > 0.0 && width <= 0.5, "{}: {}", case.name, comparison.quantity);
            }
        }
    }
}
