//! What reaches a terminal is text and nothing else. Names and sentences come from files that strangers may have written, and
//! a terminal obeys some characters instead of showing them: they clear the screen, move the cursor, set the title, or
//! make a line read otherwise than it is written (Common Weakness Enumeration 150).

use std::borrow::Cow;
use std::io::{self, Write};

/// Whether a terminal would obey this character, or show the others in another order for it.
fn is_obeyed(letter: char) -> bool {
    let reorders =
        matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    reorders || (letter.is_control() && !matches!(letter, '\n' | '\t'))
}

/// The text with such characters written out, `\u{1b}`.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|letter| match is_obeyed(letter) {
        true => letter.escape_unicode().to_string(),
        false => letter.to_string(),
    });
    Cow::Owned(shown.collect())
}

/// A writer that lets only such text through. It is given whole characters, as formatting does.
#[derive(Debug)]
pub(crate) struct Plain<W>(pub(crate) W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.0.write_all(plain(text).as_bytes())?,
            Err(_) => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_obeyed() {
        let check = |text: &str, expected: &str| {
            let mut out = Plain(Vec::new());
            write!(out, "{text}").unwrap();
            assert_eq!(String::from_utf8(out.0).unwrap(), expected);
        };
        check("été\t1\n", "été\t1\n");
        check("\u{1b}[2Jx", "\\u{1b}[2Jx");
        check("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}");
        check("\u{9b}31m", "\\u{9b}31m");
        check("a\rb\u{8}\u{7f}", "a\\u{d}b\\u{8}\\u{7f}");
        check("\u{202e}evil\u{2066}", "\\u{202e}evil\\u{2066}");
    }
}
