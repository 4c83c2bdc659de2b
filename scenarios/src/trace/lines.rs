//! Where the lines of a file begin, and which of them are empty.
//!
//! The CSV reader passes over empty lines without a word, and counts its rows from before them. Messages must name the
//! line that an editor shows, and an empty line in a file of counts is a mistake that would move all later intervals:
//! so the bytes are watched on their way to the reader.

use std::collections::VecDeque;
use std::io::{self, Read};

/// A reader that remembers the lines of what passes through it until they are taken.
#[derive(Debug)]
pub(super) struct Lines<R> {
    inner: R,
    seen: VecDeque<Line>,
    /// Bytes passed so far, and lines ended so far.
    bytes: u64,
    ended: u64,
    /// Whether a line has begun: something of it has passed.
    begun: bool,
    /// Whether what passes is inside quotes, where the end of a line is part of a cell.
    quoted: bool,
    after_return: bool,
}

/// A line of the file.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// Where it begins, in bytes.
    start: u64,
    /// Its number, from 1.
    number: u64,
    empty: bool,
}

/// The lines of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowLines {
    /// The line on which it begins.
    pub(super) line: u64,
    /// The first of the empty lines before it, if there are any.
    pub(super) empty: Option<u64>,
}

impl<R> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Lines {
            inner,
            seen: VecDeque::new(),
            bytes: 0,
            ended: 0,
            begun: false,
            quoted: false,
            after_return: false,
        }
    }

    /// Takes the lines of the row that ends before byte `end`.
    pub(super) fn of_row(&mut self, end: u64) -> RowLines {
        let mut row = RowLines::default();
        while let Some(line) = self.seen.front().copied().filter(|line| line.start < end) {
            self.seen.pop_front();
            match row.line {
                0 if line.empty => row.empty = row.empty.or(Some(line.number)),
                0 => row.line = line.number,
                _ => {}
            }
        }
        row
    }

    fn watch(&mut self, byte: u8) {
        let ends = byte == b'\n' || byte == b'\r';
        let half = byte == b'\n' && self.after_return;
        self.after_return = byte == b'\r';
        if half {
            // The second half of a line's end.
        } else if ends {
            if !self.begun {
                self.begin(!self.quoted);
            }
            self.ended += 1;
            self.begun = false;
        } else {
            if !self.begun {
                self.begin(false);
                self.begun = true;
            }
            self.quoted ^= byte == b'"';
        }
        self.bytes += 1;
    }

    fn begin(&mut self, empty: bool) {
        self.seen.push_back(Line { start: self.bytes, number: self.ended + 1, empty });
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        buffer[..count].iter().for_each(|byte| self.watch(*byte));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_rows() {
        let check = |text: &str, ends: &[u64], expected: &[(u64, Option<u64>)]| {
            let mut lines = Lines::new(text.as_bytes());
            io::copy(&mut lines, &mut io::sink()).unwrap();
            let found: Vec<_> = ends.iter().map(|end| lines.of_row(*end)).collect();
            let expected: Vec<_> =
                expected.iter().map(|(line, empty)| RowLines { line: *line, empty: *empty }).collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("n\n1\n\n7\n", &[2, 4, 7], &[(1, None), (2, None), (4, Some(3))]);
        check("n\r\n1\r\n\r\n7", &[2, 5, 9], &[(1, None), (2, None), (4, Some(3))]);
        check("n\r1\r\r7", &[2, 4, 6], &[(1, None), (2, None), (4, Some(3))]);
        check("\"a\n\nb\"\n\n1\n", &[7, 10], &[(1, None), (5, Some(4))]);
        check("\n\n n\n", &[5], &[(3, Some(1))]);
    }
}
