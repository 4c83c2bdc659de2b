//! The quick set, and that the checks can fail.

use super::coverage::{self, Share};
use super::surroundings::Builtin;
use super::*;

#[test]
fn theory_holds_in_the_quick_set() {
    let found = validate(Effort::Quick, None, &|_, _| {}).expect("threads");
    let mut failed = Vec::new();
    for case in found.suite.families.iter().flat_map(|family| &family.cases) {
        for it in &case.compared {
            let line = format!(
                "{}: {} is {:.6} by theory, {:.6} ± {:.6} simulated (± {:.6} allowed): {}",
                case.name,
                it.quantity,
                it.theory,
                it.simulated,
                it.half_width,
                it.widest,
                it.verdict()
            );
            println!("{line}");
            failed.extend((!it.passes()).then_some(line));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(found.suite.families.len() >= 10, "every family has a quick case");
}
