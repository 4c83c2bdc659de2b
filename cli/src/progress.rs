//! How far a run is, on the terminal; and Ctrl-C.
//!
//! The bar is on standard error and only where that is a terminal. It is the only place where wall time shows: it never
//! enters a result.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use scenarios::runner::Progress;

use crate::exit::Exit;

const STYLE: &str = "{bar:30} {pos}/{len} runs  {rate}  {elapsed} gone, {eta} left";

/// A bar with rate and time left.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar for `jobs` runs; none is drawn where standard error is not a terminal.
    pub(crate) fn new(jobs: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(jobs as u64), ProgressDrawTarget::stderr());
        let rate = |state: &ProgressState, text: &mut dyn Write| {
            // Where the terminal cannot be written to, there is nobody to tell.
            let _ = write!(text, "{:.1}/s", state.per_sec());
        };
        if let Ok(style) = ProgressStyle::with_template(STYLE) {
            bar.set_style(style.with_key("rate", rate).progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Bar(bar)
    }

    /// Shows that so many of so many jobs are done.
    pub(crate) fn count(&self, done: usize, total: usize) {
        self.0.set_length(total as u64);
        self.0.set_position(done as u64);
    }

    /// Shows how far the run is.
    pub(crate) fn show(&self, progress: Progress) {
        // How many there are may only show under way.
        self.0.set_length(progress.total as u64);
        self.0.set_position(progress.done as u64);
        // What was found in the folder took no time and must not raise the rate.
        if progress.done == progress.resumed {
            self.0.reset_eta();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A flag that the first Ctrl-C raises; the second ends the program at once. One for the whole process: a command may run
/// several experiments.
pub(crate) fn on_interrupt() -> Arc<AtomicBool> {
    static RAISED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    RAISED.get_or_init(watch_interrupts).clone()
}

fn watch_interrupts() -> Arc<AtomicBool> {
    let raised = Arc::new(AtomicBool::new(false));
    let flag = raised.clone();
    let handler = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        crate::talk::talk!("\nstopping once the runs under way are finished; Ctrl-C again ends at once");
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        crate::talk::talk!("Ctrl-C will end the program at once: {error}");
    }
    raised
}
