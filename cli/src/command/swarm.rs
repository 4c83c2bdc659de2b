//! `fleetsim swarm`: random scenarios under checkers, for as long as one likes.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use scenarios::runner::Progress;
use scenarios::swarm::{Failed, Soak, Soaked, Swarm};

use crate::arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::{Bar, on_interrupt};

/// Runs the scenarios of a range of seeds and sums up what they ran through.
pub(crate) fn swarm(asked: &arguments::Swarm, out: &mut dyn Write) -> Result<Exit, Failure> {
    let swarm = Swarm::default();
    if asked.print {
        for seed in asked.seeds.clone() {
            writeln!(out, "{}", swarm.generate(seed))?;
        }
        return Ok(Exit::Done);
    }
    let soak = Soak {
        seeds: asked.seeds.clone(),
        threads: asked.threads.map(usize::from),
        out: Some(asked.out.clone()),
        patience: Some(Duration::from_secs(asked.patience)),
    };
    let (total, done) = ((asked.seeds.end - asked.seeds.start) as usize, AtomicU64::new(0));
    let bar = Bar::new(total);
    let tell = |_, failed: Option<&Failed>| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        bar.show(Progress { done: done as usize, total, resumed: 0 });
        if let Some(failed) = failed {
            crate::talk::talk!("seed {}: {}", failed.seed, failed.failure);
        }
    };
    let hangs = |seed: u64, text: &str| {
        let path = asked.out.join(format!("swarm-{seed}-hangs.toml"));
        let written = std::fs::create_dir_all(&asked.out).and_then(|()| std::fs::write(&path, text));
        let place = written.map_or_else(|error| error.to_string(), |()| path.display().to_string());
        crate::talk::talk!(
            "seed {seed} takes more than {} s and is taken for hanging: {place}",
            asked.patience
        );
        std::process::exit(i32::from(Exit::Jobs.code()));
    };
    // A scenario that panics says so in its failure; shrinking it would say so a hundred times more.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let soaked = swarm.soak(&soak, &on_interrupt(), &tell, &hangs);
    std::panic::set_hook(hook);
    drop(bar);
    sum_up(&soaked, asked, total, out)
}

fn sum_up(
    soaked: &Soaked,
    asked: &arguments::Swarm,
    total: usize,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let ran = &soaked.ran;
    writeln!(
        out,
        "{} scenarios, {} runs, {} requests, {} decisions, {} facts, {} events: {} failed",
        soaked.scenarios,
        ran.runs,
        ran.requests,
        ran.decisions,
        ran.facts,
        ran.events,
        soaked.failed.len()
    )?;
    for failed in &soaked.failed {
        let [whole, small] = failed.files();
        let folder = asked.out.display();
        writeln!(out, "seed {}: {}, {folder}/{small} (whole: {whole})", failed.seed, failed.failure.kind)?;
    }
    let unwritten = soaked.failed.iter().filter_map(|failed| failed.unwritten.as_ref());
    unwritten.for_each(|problem| crate::talk::talk!("cannot write {problem}"));
    if !soaked.failed.is_empty() {
        return Ok(Exit::Jobs);
    }
    let stopped = soaked.scenarios < total as u64;
    Ok(if stopped { Exit::Interrupted } else { Exit::Done })
}
