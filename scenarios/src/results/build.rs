//! Which build of the program simulated: its code decides what records say, a user's own policies among it, and a version
//! number does not change with it.
//!
//! What is known of a build goes to a hidden file beside the results and nowhere else, as results are the same whatever
//! built the program that made them.

use std::fs::File;
use std::io;
use std::sync::OnceLock;

use super::digest::Digest;

/// The program of this process as it lies on the disk, by a digest of its bytes, read once; none where it cannot be read.
pub(crate) fn this() -> Option<&'static str> {
    static BUILD: OnceLock<Option<String>> = OnceLock::new();
    BUILD.get_or_init(|| read().ok()).as_deref()
}

fn read() -> io::Result<String> {
    // On Linux this is the file that was started even if another has taken its name since.
    let program = File::open("/proc/self/exe").or_else(|_| File::open(std::env::current_exe()?))?;
    let mut digest = Digest::new();
    digest.add_all(program)?;
    Ok(digest.text())
}
