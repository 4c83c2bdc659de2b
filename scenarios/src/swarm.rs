//! A swarm: random scenarios, one from each seed, that run under the checkers of [`sim_core::check`].
//!
//! A scenario is an ordinary file: text that the ordinary loader reads. Each leaves features out at random and pushes
//! others far up (Groce, Zhang, Eide, Chen, Regehr: "Swarm Testing", ISSTA 2012): a scenario that has everything at once
//! rarely gets deep into anything, because one feature keeps the others from happening. A full queue is seldom met by
//! retries if there is always a scaling policy that empties it.
//!
//! [`generate`](Swarm::generate) makes a scenario, [`run`](Swarm::run) looks whether anything is wrong with it: it is refused,
//! it panics, a checker finds something, it never ends. [`shrink`](Swarm::shrink) makes a failing scenario small, and
//! [`soak`](Swarm::soak) does all of that for a range of seeds on all cores.
//!
//! ```
//! # use scenarios::swarm::Swarm;
//! let swarm = Swarm::default();
//! let text = swarm.generate(7);
//! assert_eq!(text, swarm.generate(7));
//! let ran = swarm.run(&text).expect("nothing is wrong with it");
//! println!("{} requests, {} decisions", ran.requests, ran.decisions);
//! ```

mod dice;
mod generate;
mod run;
mod shrink;
mod soak;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use indexmap::IndexMap;
use sim_core::cost::InstanceType;
use sim_core::policy::catalogue::Catalogue;

use crate::catalogue;

pub use run::{Failure, Kind, Ran};
pub use soak::{Failed, Soak, Soaked};

/// Most requests that a scenario is expected to take, retries apart.
pub const MOST_REQUESTS: f64 = 20_000.0;

/// What scenarios are made of and run with.
pub struct Swarm {
    types: Arc<IndexMap<String, InstanceType>>,
    policies: Catalogue,
    /// Facts that one run may state before it is taken for endless.
    most_facts: u64,
}

impl Default for Swarm {
    /// With the built-in catalogues.
    fn default() -> Self {
        Swarm::new(Catalogue::builtin())
    }
}

impl Swarm {
    /// With policies of one's own beside the built-in ones; scenarios name the built-in ones only.
    pub fn new(policies: Catalogue) -> Self {
        let types: IndexMap<_, _> =
            catalogue::instance_types().map(|known| (known.name.clone(), known.clone())).collect();
        Swarm { types: Arc::new(types), policies, most_facts: 50_000_000 }
    }

    /// With another number of facts that one run may state before it is taken for endless.
    pub fn with_most_facts(self, most_facts: u64) -> Self {
        Swarm { most_facts, ..self }
    }
}
