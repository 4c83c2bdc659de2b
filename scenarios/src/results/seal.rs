//! A checksum over a whole file: what was changed, cut short or garbled since it was written is refused, not read.
//!
//! The files of a folder that results are computed from are JSON objects whose first entry is a digest of every byte
//! after it. It is looked at before anything else of the file is, so damage of any kind ends in one message, and no
//! number of a damaged file gets anywhere. Like [`Digest`] it guards against mishaps, not against forgery.

use super::digest::Digest;

/// What stands before and after the digest: in a file for people, in one for programs.
const STYLES: [(&str, &str); 2] = [("{\n  \"checksum\": \"", "\","), ("{\"checksum\":\"", "\",")];

/// Hexadecimal digits of a digest.
const DIGITS: usize = 16;

/// A JSON object with a checksum of itself as its first entry. It must have another entry.
pub(super) fn seal(json: &[u8]) -> Vec<u8> {
    let rest = json.strip_prefix(b"{").expect("an object");
    let (before, after) = STYLES[usize::from(!rest.starts_with(b"\n"))];
    let digest = Digest::of(rest);
    [before.as_bytes(), digest.as_bytes(), after.as_bytes(), rest].concat()
}

/// The object that was sealed; none if a byte of it is not as it was.
pub(super) fn unseal(bytes: &[u8]) -> Option<Vec<u8>> {
    let opened = STYLES.iter().find_map(|(before, after)| {
        let (digest, rest) = bytes.strip_prefix(before.as_bytes())?.split_at_checked(DIGITS)?;
        Some((digest, rest.strip_prefix(after.as_bytes())?))
    });
    let (digest, rest) = opened?;
    (Digest::of(rest).as_bytes() == digest).then(|| [b"{", rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRETTY: &[u8] = b"{\n  \"name\": \"shop\"\n}\n";
    const COMPACT: &[u8] = b"{\"name\":\"shop\"}\n";

    #[test]
    fn a_sealed_object_is_an_object_still() {
        for json in [PRETTY, COMPACT] {
            let sealed = seal(json);
            assert_eq!(unseal(&sealed).as_deref(), Some(json));
            let read: serde_json::Value = serde_json::from_slice(&sealed).expect("JSON");
            assert_eq!(read["name"], "shop");
            assert_eq!(read["checksum"].as_str().map(str::len), Some(DIGITS));
        }
    }

    /// Every change of one byte, every truncation, every doubled or lost byte.
    #[test]
    fn every_small_damage_is_seen() {
        for sealed in [seal(PRETTY), seal(COMPACT)] {
            for at in 0..sealed.len() {
                for other in (0..=255_u8).filter(|other| *other != sealed[at]) {
                    let mut damaged = sealed.clone();
                    damaged[at] = other;
                    assert_eq!(unseal(&damaged), None, "byte {at} as {other}");
                }
                assert_eq!(unseal(&sealed[..at]), None, "cut at {at}");
                assert_eq!(unseal(&[&sealed[..at], &sealed[at + 1..]].concat()), None, "without byte {at}");
                assert_eq!(unseal(&[&sealed[..=at], &sealed[at..]].concat()), None, "byte {at} twice");
            }
            assert_eq!(unseal(&[&sealed[..], b"\n"].concat()), None, "something after it");
        }
    }
}
