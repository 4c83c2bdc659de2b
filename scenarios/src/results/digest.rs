//! Names for contents: a short fingerprint of what determines a result, and of what a file holds.
//!
//! It guards against mistakes (a scenario edited between two runs, a file cut short), not against forgery.

use std::io::{self, Read};

/// A 64-bit FNV-1a hash (Fowler, Noll, Vo), written out here so that it is the same in every version of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn new() -> Self {
        Digest(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Adds everything that `reader` still holds.
    pub(crate) fn add_all(&mut self, mut reader: impl Read) -> io::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(()),
                read => self.add(&buffer[..read]),
            }
        }
    }

    /// Sixteen hexadecimal digits.
    pub(crate) fn text(self) -> String {
        format!("{:016x}", self.0)
    }

    /// The digest of `bytes` as text.
    pub(crate) fn of(bytes: &[u8]) -> String {
        let mut digest = Digest::new();
        digest.add(bytes);
        digest.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Digest::of(text.as_bytes()), expected);
            let mut read = Digest::new();
            read.add_all(text.as_bytes()).expect("a slice can be read");
            assert_eq!(read.text(), expected);
        };
        check("", "cbf29ce484222325");
        check("a", "af63dc4c8601ec8c");
        check("foobar", "85944171f73967e8");
    }
}
