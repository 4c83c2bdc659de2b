//! Changes to text: of the kind that people make (a line lost, a word of another place, a number too many) and of the kind
//! that nobody makes (bytes that are no text, brackets by the thousand).

use super::luck::Luck;

/// What numbers are replaced with: the ends of the types that a number may land in, and what is none.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "0.1",
    "1e-300",
    "1e300",
    "1e999",
    "NaN",
    "inf",
    "-inf",
    "255",
    "65536",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "00",
    "0x10",
    "1_000",
    "١٢",
    "1e9",
    "1e15",
    "1e18",
    "0.30000000000000004",
    "99999999999999999999999999999999",
];

/// Text that means something to some reader, wherever it comes from.
const ODD: &[&str] = &[
    "",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\0",
    "\u{feff}",
    "\"",
    "'",
    "'''",
    "\"\"\"",
    "\\",
    "\\u0000",
    "\u{1b}[31m",
    "[",
    "]",
    "{",
    "}",
    "[[",
    "]]",
    "=",
    ",",
    ";",
    ".",
    "#",
    "-",
    "+",
    "@",
    "%",
    "é",
    "\u{202e}",
    "𝄞",
    "../..",
    "/dev/null",
    "null",
    "true",
    "1979-05-27T07:32:00Z",
    "2026-02-30",
    "s",
    "ms",
    "us",
    "ns",
    "h",
    "/s",
    "MiB",
    "GB",
    "vCPU",
    "$",
];

/// Longest input, so that copies of copies do not grow without end.
const LONGEST: usize = 1 << 14;

/// `seed` with a few changes, with words of a dictionary and pieces of `other`.
pub(crate) fn text(seed: &[u8], other: &[u8], words: &[String], luck: &mut Luck) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    let most = 1 + luck.below(6);
    for _ in 0..=luck.below(most) {
        change(&mut bytes, other, words, luck);
        bytes.truncate(LONGEST);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], words: &[String], luck: &mut Luck) {
    match luck.below(14) {
        0 => cut(bytes, luck),
        1 => drop(piece(bytes, luck).map(|range| bytes.drain(range))),
        2 | 3 => insert(bytes, luck.one(ODD).as_bytes(), luck),
        4 | 5 => number(bytes, luck.one(NUMBERS).as_bytes(), luck),
        6 => byte(bytes, luck),
        7 | 8 if !words.is_empty() => word(bytes, words[luck.below(words.len())].as_bytes(), luck),
        9 => line(bytes, other, luck),
        10 => many(bytes, luck),
        11 => splice(bytes, other, luck),
        12 => word(bytes, luck.one(ODD).as_bytes(), luck),
        _ => swap(bytes, luck),
    }
}

/// A random stretch, mostly short.
fn piece(bytes: &[u8], luck: &mut Luck) -> Option<std::ops::Range<usize>> {
    let from = luck.below(bytes.len());
    let longest = 1 + luck.below(bytes.len().min(64));
    (!bytes.is_empty()).then(|| from..(from + longest).min(bytes.len()))
}

fn cut(bytes: &mut Vec<u8>, luck: &mut Luck) {
    bytes.truncate(luck.below(bytes.len()));
}

fn insert(bytes: &mut Vec<u8>, what: &[u8], luck: &mut Luck) {
    let at = luck.below(bytes.len() + 1);
    bytes.splice(at..at, what.iter().copied());
}

fn byte(bytes: &mut [u8], luck: &mut Luck) {
    let at = luck.below(bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << luck.below(8);
    }
}

/// The run of bytes of one kind around a random place.
fn run(bytes: &[u8], luck: &mut Luck, of: impl Fn(u8) -> bool) -> Option<std::ops::Range<usize>> {
    let start = luck.below(bytes.len());
    let from = start + bytes.get(start..)?.iter().position(|byte| of(*byte))?;
    let before = bytes[..from].iter().rev().take_while(|byte| of(**byte)).count();
    let after = bytes[from..].iter().take_while(|byte| of(**byte)).count();
    Some(from - before..from + after)
}

fn number(bytes: &mut Vec<u8>, by: &[u8], luck: &mut Luck) {
    if let Some(range) = run(bytes, luck, |byte| byte.is_ascii_digit() || byte == b'.') {
        bytes.splice(range, by.iter().copied());
    }
}

fn word(bytes: &mut Vec<u8>, by: &[u8], luck: &mut Luck) {
    if let Some(range) = run(bytes, luck, |byte| byte.is_ascii_alphabetic() || b"-_".contains(&byte)) {
        bytes.splice(range, by.iter().copied());
    }
}

/// A line lost, doubled, or of another input.
fn line(bytes: &mut Vec<u8>, other: &[u8], luck: &mut Luck) {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let others: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
    let (at, from) = (luck.below(lines.len()), luck.below(others.len()));
    match (luck.below(4), others.get(from)) {
        (0, _) if !lines.is_empty() => drop(lines.remove(at)),
        (1, _) if !lines.is_empty() => lines.insert(at, lines[luck.below(lines.len())]),
        (_, Some(theirs)) => lines.insert(at, theirs),
        _ => {}
    }
    *bytes = lines.concat();
}

/// A stretch again and again.
fn many(bytes: &mut Vec<u8>, luck: &mut Luck) {
    let Some(range) = piece(bytes, luck) else { return };
    let times = [2, 2, 3, 10, 10, 200][luck.below(6)];
    let copies = bytes[range.clone()].repeat(times);
    bytes.splice(range, copies);
}

/// A stretch of another input.
fn splice(bytes: &mut Vec<u8>, other: &[u8], luck: &mut Luck) {
    if let (Some(range), Some(theirs)) = (piece(bytes, luck), piece(other, luck)) {
        bytes.splice(range, other[theirs].iter().copied());
    }
}

/// Two stretches in each other's place.
fn swap(bytes: &mut Vec<u8>, luck: &mut Luck) {
    if let (Some(one), Some(two)) = (piece(bytes, luck), piece(bytes, luck))
        && one.end <= two.start
    {
        let swapped = [
            &bytes[..one.start],
            &bytes[two.clone()],
            &bytes[one.end..two.start],
            &bytes[one.clone()],
            &bytes[two.end..],
        ]
        .concat();
        *bytes = swapped;
    }
}
