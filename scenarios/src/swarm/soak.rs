//! A range of seeds on all cores: runs, shrinks what fails, writes both files, and sees what does not come back.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rayon::prelude::*;

use super::{Failure, Ran, Swarm};

/// How often the watch looks.
const LOOK: Duration = Duration::from_millis(200);

/// What to soak, and where failures go.
#[derive(Clone, Debug, Default)]
pub struct Soak {
    /// Which seeds.
    pub seeds: Range<u64>,
    /// Threads; all cores if left out.
    pub threads: Option<usize>,
    /// Where failing scenarios are written; nowhere if left out.
    pub out: Option<PathBuf>,
    /// How long one scenario may take before it is reported as hanging.
    pub patience: Option<Duration>,
}

/// A seed that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The seed.
    pub seed: u64,
    /// What went wrong.
    pub failure: Failure,
    /// The scenario, and a smaller one that fails in the same way.
    pub scenario: String,
    /// The smaller one.
    pub shrunk: String,
    /// Why they could not be written, if they were to be.
    pub unwritten: Option<String>,
}

/// What a soak came to.
#[derive(Clone, Debug, Default)]
pub struct Soaked {
    /// Scenarios that were run.
    pub scenarios: u64,
    /// What those ran through of which nothing was wrong; without a digest.
    pub ran: Ran,
    /// Seeds that failed, in order.
    pub failed: Vec<Failed>,
}

/// What is under way, for the watch.
#[derive(Default)]
struct Running {
    /// When each seed was begun, in looks of the watch.
    begun: Mutex<BTreeMap<u64, u64>>,
    looks: AtomicU64,
    over: AtomicBool,
}

impl Swarm {
    /// Runs the scenarios of a range of seeds. `tell` hears of every scenario that is over, as they end; `hangs` of one that
    /// does not come back, once, from a thread of its own: nothing can end it but the end of the process.
    pub fn soak(
        &self,
        soak: &Soak,
        cancel: &AtomicBool,
        tell: &(dyn Fn(u64, Option<&Failed>) + Sync),
        hangs: &(dyn Fn(u64, &str) + Sync),
    ) -> Soaked {
        let running = Running::default();
        let work = || {
            let one = |seed: u64| {
                (!cancel.load(Ordering::Relaxed)).then(|| {
                    running.enter(seed);
                    let over = self.one(seed, soak.out.as_deref());
                    running.leave(seed);
                    tell(seed, over.as_ref().err().map(Box::as_ref));
                    over
                })
            };
            let all = || soak.seeds.clone().into_par_iter().filter_map(one).collect::<Vec<_>>();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(soak.threads.unwrap_or(0)).build();
            let over = match &pool {
                Ok(pool) => pool.install(all),
                Err(_) => all(),
            };
            running.over.store(true, Ordering::Relaxed);
            over
        };
        let over = std::thread::scope(|scope| {
            if let Some(patience) = soak.patience {
                let running = &running;
                scope.spawn(move || self.watch(running, patience, hangs));
            }
            work()
        });
        summed(over)
    }

    fn one(&self, seed: u64, out: Option<&Path>) -> Result<Ran, Box<Failed>> {
        let scenario = self.generate(seed);
        self.run(&scenario).map_err(|failure| {
            let shrunk = self.shrink(&scenario, &failure.kind);
            let mut failed = Failed { seed, failure, scenario, shrunk, unwritten: None };
            // At once: a long soak may not live to its end.
            failed.unwritten = out.and_then(|out| failed.write(out).err());
            Box::new(failed)
        })
    }

    fn watch(&self, running: &Running, patience: Duration, hangs: &(dyn Fn(u64, &str) + Sync)) {
        let most = (patience.as_millis() / LOOK.as_millis()) as u64;
        while !running.over.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK);
            let now = running.looks.fetch_add(1, Ordering::Relaxed) + 1;
            let mut begun = running.begun.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let late: Vec<u64> =
                begun.iter().filter(|(_, since)| now - **since > most).map(|(seed, _)| *seed).collect();
            begun.retain(|seed, _| !late.contains(seed));
            drop(begun);
            late.into_iter().for_each(|seed| hangs(seed, &self.generate(seed)));
        }
    }
}

impl Running {
    fn enter(&self, seed: u64) {
        let now = self.looks.load(Ordering::Relaxed);
        self.begun.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(seed, now);
    }

    fn leave(&self, seed: u64) {
        self.begun.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&seed);
    }
}

fn summed(over: Vec<Result<Ran, Box<Failed>>>) -> Soaked {
    let mut soaked = Soaked::default();
    for result in over {
        soaked.scenarios += 1;
        match result {
            Ok(more) => {
                let ran = &mut soaked.ran;
                ran.runs += more.runs;
                ran.requests += more.requests;
                ran.unfinished += more.unfinished;
                ran.decisions += more.decisions;
                ran.facts += more.facts;
                ran.events += more.events;
            }
            Err(failed) => soaked.failed.push(*failed),
        }
    }
    soaked
}

impl Failed {
    /// The names of its files.
    pub fn files(&self) -> [String; 2] {
        [format!("swarm-{}.toml", self.seed), format!("swarm-{}-small.toml", self.seed)]
    }

    /// Writes the scenario and the smaller one into a folder, with what went wrong as a comment on top.
    fn write(&self, folder: &Path) -> Result<(), String> {
        let said: String = self.failure.to_string().lines().map(|line| format!("# {line}\n")).collect();
        let unwritable = |error: std::io::Error| format!("{}: {error}", folder.display());
        std::fs::create_dir_all(folder).map_err(unwritable)?;
        for (name, text) in self.files().iter().zip([&self.scenario, &self.shrunk]) {
            std::fs::write(folder.join(name), format!("{said}\n{text}")).map_err(unwritable)?;
        }
        Ok(())
    }
}
