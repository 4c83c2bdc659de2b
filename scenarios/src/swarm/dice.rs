//! The luck that makes scenarios: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
//! OOPSLA 2014). It has nothing to do with the luck of runs, and a scenario must stay what it is when that changes.

/// Random numbers from one seed.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// True in so many cases of a hundred.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of several, all as likely.
    pub(super) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.between(0, of.len() as u64 - 1) as usize].clone()
    }

    /// Several of these in a random order, none twice; perhaps none, perhaps all.
    pub(super) fn some<T: Clone>(&mut self, of: &[T]) -> Vec<T> {
        let (mut left, mut chosen) = (of.to_vec(), Vec::new());
        for _ in 0..self.between(0, of.len() as u64) {
            let index = self.between(0, left.len() as u64 - 1) as usize;
            chosen.push(left.swap_remove(index));
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_in_range_and_the_same_for_the_same_seed() {
        let rolls = |seed| {
            let mut dice = Dice::new(seed);
            (0..100).map(|_| dice.between(3, 9)).collect::<Vec<_>>()
        };
        assert_eq!(rolls(5), rolls(5));
        assert_ne!(rolls(5), rolls(6));
        assert!(
            (3..=9).all(|number| rolls(5).contains(&number)) && rolls(5).iter().all(|n| (3..=9).contains(n))
        );
    }

    #[test]
    fn some_takes_none_twice() {
        let mut dice = Dice::new(1);
        for _ in 0..100 {
            let mut chosen = dice.some(&[1, 2, 3, 4]);
            let many = chosen.len();
            chosen.sort_unstable();
            chosen.dedup();
            assert_eq!(chosen.len(), many);
        }
    }
}
