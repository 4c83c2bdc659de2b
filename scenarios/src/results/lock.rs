//! One run at a time in a results folder.
//!
//! The lock is the operating system's, on a file that names the process that holds it: it ends with its process, however
//! that ends, so a file that was left behind locks nothing. And the file always stays, empty when nobody holds it: whoever
//! removed it might remove it from under a process that has it open, and the next one would lock another file.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::Path;

use super::error::{ErrorKind, ResultsError};

/// The file's name.
pub(super) const LOCK: &str = ".fleetsim-lock";

/// A folder that no other run may use until this is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Holds the lock while it is open.
    file: File,
}

impl Lock {
    /// Locks a folder that exists. Where files cannot be locked at all (some network file systems) nobody is kept out.
    ///
    /// # Errors
    /// If another process has it, or the file cannot be written.
    pub(crate) fn take(folder: &Path) -> Result<Lock, ResultsError> {
        let path = folder.join(LOCK);
        let unusable = |error: std::io::Error| {
            ResultsError::new(ErrorKind::Unusable, folder, format!("cannot be written: {error}"))
                .hint("name another folder with --out")
        };
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(unusable)?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            let holder = fs::read_to_string(&path).unwrap_or_default();
            let named =
                if holder.trim().is_empty() { String::new() } else { format!(" ({})", holder.trim()) };
            let message = format!("another fleetsim{named} is running into it");
            return Err(ResultsError::new(ErrorKind::Busy, folder, message)
                .hint("wait until that one has ended, or name another folder with --out"));
        }
        file.set_len(0).and_then(|()| writeln!(file, "process {}", std::process::id())).map_err(unusable)?;
        Ok(Lock { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A name that is left behind locks nothing either.
        let _ = self.file.set_len(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_what_is_left_behind_locks_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(LOCK), "process 1\n").expect("a file");
        let held = Lock::take(folder.path()).expect("nobody holds it");
        let error = Lock::take(folder.path()).expect_err("it is held");
        assert_eq!(error.kind, ErrorKind::Busy);
        assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        drop(held);
        assert_eq!(fs::read_to_string(folder.path().join(LOCK)).expect("it stays"), "");
        Lock::take(folder.path()).expect("it was given back");
    }

    /// A process that has opened the file before another gives it back locks the same file as whoever comes after.
    #[test]
    fn all_lock_one_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Lock::take(folder.path()).expect("nobody holds it");
        let second = File::options().write(true).open(folder.path().join(LOCK)).expect("it is there");
        drop(first);
        second.try_lock().expect("it was given back");
        let third = Lock::take(folder.path()).expect_err("the second holds it");
        assert_eq!(third.kind, ErrorKind::Busy);
    }
}
