//! What is known of some instances together: how many will do, and how many of them are best.

/// How many instances will do; then, number by number of those that order them, the least one among the instances that
/// all numbers before left, and how many have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally<const M: usize> {
    pub fit: u32,
    pub least: [u32; M],
    pub left: [u32; M],
}

impl<const M: usize> Tally<M> {
    /// Of no instance.
    pub(super) const NONE: Self = Tally { fit: 0, least: [u32::MAX; M], left: [0; M] };

    /// Of one.
    #[inline]
    pub(super) fn one(numbers: [u32; M]) -> Self {
        Tally { fit: 1, least: numbers, left: [1; M] }
    }

    /// Of these and others.
    #[inline]
    pub(super) fn with(&self, other: &Self) -> Self {
        if self.least == other.least {
            let mut both = *self;
            both.fit += other.fit;
            both.left.iter_mut().zip(other.left).for_each(|(left, more)| *left += more);
            return both;
        }
        // Where they first differ, the lesser one leaves none of the other.
        let mut position = 0;
        while self.least[position] == other.least[position] {
            position += 1;
        }
        let (lesser, greater) =
            if self.least[position] < other.least[position] { (self, other) } else { (other, self) };
        let mut both = *lesser;
        both.fit += greater.fit;
        for same in 0..position {
            both.left[same] += greater.left[same];
        }
        both
    }

    /// How many are left after so many numbers.
    #[inline]
    pub(super) fn after(&self, numbers: usize) -> u64 {
        u64::from(if numbers == 0 { self.fit } else { self.left[numbers - 1] })
    }

    /// How many of them are left at the end, where `least` is what the best of all have.
    #[inline]
    pub(super) fn best(&self, least: &[u32; M]) -> u32 {
        if self.least == *least { self.left[M - 1] } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_leave_none_of_the_others() {
        let of = |rows: &[[u32; 2]]| {
            rows.iter().fold(Tally::NONE, |tally, numbers| tally.with(&Tally::one(*numbers)))
        };
        let check = |rows: &[[u32; 2]], fit: u32, least: [u32; 2], left: [u32; 2]| {
            assert_eq!(of(rows), Tally { fit, least, left });
            let (some, others) = rows.split_at(rows.len() / 2);
            assert_eq!(of(others).with(&of(some)), of(rows), "in any order, and in parts");
        };
        check(&[], 0, [u32::MAX, u32::MAX], [0, 0]);
        check(&[[3, 1]], 1, [3, 1], [1, 1]);
        check(&[[3, 1], [3, 1], [4, 0]], 3, [3, 1], [2, 2]);
        check(&[[3, 5], [4, 0], [3, 2], [3, 2], [9, 9]], 5, [3, 2], [3, 2]);
        check(&[[u32::MAX, u32::MAX], [u32::MAX, 1]], 2, [u32::MAX, 1], [2, 1]);
    }
}
