//! The two generators, written out so that no release of a crate can change a result.
//!
//! [`Stream`] is xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), for
//! long sequences; [`Draw`] is SplitMix64 (Steele, Lea and Flood, 2014) started at a hashed key, for the few numbers
//! that one named draw needs: it is made in a nanosecond and has no state worth keeping.

use std::convert::Infallible;

use rand::{Rng, TryRng};

use super::{Purpose, name_key, owner_key};

/// The odd constant nearest to 2^64 / golden ratio, SplitMix64's step.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A bijection of 64 bits in which every input bit flips every output bit half of the time (Stafford's variant 13 of
/// the MurmurHash3 finaliser, on the stepped input so that zero is not a fixed point).
#[inline]
pub(crate) const fn mix(bits: u64) -> u64 {
    finish(bits.wrapping_add(STEP))
}

#[inline]
const fn finish(bits: u64) -> u64 {
    let bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

/// A named sequence of random numbers: xoshiro256++.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    state: [u64; 4],
}

impl Stream {
    /// The stream of `owner` for `purpose` in a replication of an experiment.
    pub fn new(root: u64, replication: u32, purpose: Purpose, owner: &str) -> Self {
        let mut seeder = Draw::from_key(name_key(root, replication, purpose, owner_key(owner)));
        // A state of four zeroes would be stuck; four zeroes in a row do not come out of a bijection of a counter.
        Stream { state: std::array::from_fn(|_| seeder.next_u64()) }
    }

    #[inline]
    fn step(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
    }
}

/// The few random numbers of one named draw: SplitMix64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    state: u64,
}

impl Draw {
    /// The draw with this key; keys may be neighbours, they are mixed first.
    #[inline]
    pub(super) const fn from_key(key: u64) -> Self {
        Draw { state: mix(key) }
    }

    #[inline]
    fn step(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        finish(self.state)
    }
}

macro_rules! generator {
    ($type:ident) => {
        impl TryRng for $type {
            type Error = Infallible;

            #[inline]
            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                Ok((self.step() >> 32) as u32)
            }

            #[inline]
            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                Ok(self.step())
            }

            fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
                for chunk in bytes.chunks_mut(8) {
                    chunk.copy_from_slice(&self.step().to_le_bytes()[..chunk.len()]);
                }
                Ok(())
            }
        }
    };
}

generator!(Stream);
generator!(Draw);

/// A uniform number strictly between 0 and 1: the middle of one of 2^52 equal cells, so that it and one minus it
/// are exact and neither is ever zero. Logarithms of both are safe.
#[inline]
pub fn open01<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    const CELL: f64 = 1.0 / (1_u64 << 52) as f64;
    ((rng.next_u64() >> 12) as f64 + 0.5) * CELL
}

/// A whole number below `bound`, each equally likely (Lemire's multiplication with rejection, 2019).
///
/// # Panics
/// If `bound` is zero.
#[inline]
pub fn below<R: Rng + ?Sized>(rng: &mut R, bound: u64) -> u64 {
    assert!(bound > 0, "a choice needs something to choose from");
    let reject = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(bound);
        if product as u64 >= reject {
            return (product >> 64) as u64;
        }
    }
}

/// A position below `count`, each as likely as the next.
///
/// # Panics
/// If `count` is zero.
#[inline]
pub fn pick<R: Rng + ?Sized>(rng: &mut R, count: usize) -> usize {
    below(rng, count as u64) as usize
}

/// The whole number below or above `value`, at random so that the mean is `value`.
pub(crate) fn round_at_random(value: f64, rng: &mut impl Rng) -> u64 {
    let whole = value.floor();
    whole as u64 + u64::from(open01(rng) < value - whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequences() {
        // xoshiro256++ from the state 1, 2, 3, 4, as its authors' C program prints it.
        let mut stream = Stream { state: [1, 2, 3, 4] };
        let expected = [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386];
        assert_eq!(std::array::from_fn(|_| stream.next_u64()), expected);
        // SplitMix64 from 1234567, as published with the algorithm.
        let mut draw = Draw { state: 1_234_567 };
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(std::array::from_fn(|_| draw.next_u64()), expected);
    }

    #[test]
    fn uniform_numbers_stay_inside() {
        struct Fixed(u64);
        impl TryRng for Fixed {
            type Error = Infallible;
            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                Ok(0)
            }
            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                Ok(self.0)
            }
            fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
                Ok(())
            }
        }
        assert!(open01(&mut Fixed(0)) > 0.0);
        assert!(open01(&mut Fixed(u64::MAX)) < 1.0);
        assert_eq!(open01(&mut Fixed(0)), 1.0 - open01(&mut Fixed(u64::MAX)));
    }

    #[test]
    fn choices_are_even() {
        let mut stream = Stream::new(5, 0, Purpose::Route, "even");
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[below(&mut stream, 6) as usize] += 1;
        }
        // Five degrees of freedom: 99.99 % stay below 25.7.
        let chi_square: f64 = counts.iter().map(|&n| (f64::from(n) - 1e4) * (f64::from(n) - 1e4) / 1e4).sum();
        assert!(chi_square < 25.7, "{counts:?}");
    }
}
