//! Which slots have changed, in order: read on from where one stopped.

/// A list of slots, of which the oldest are forgotten in time.
#[derive(Default)]
pub(in crate::policy) struct Changes {
    slots: Vec<u32>,
    /// How many are forgotten.
    forgotten: u64,
}

impl Changes {
    /// Something changed in a slot. At least `keep` changes are remembered.
    pub(super) fn note(&mut self, slot: usize, keep: usize) {
        if self.slots.len() >= 2 * keep {
            self.forgotten += keep as u64;
            self.slots.drain(..keep);
        }
        self.slots.push(slot as u32);
    }

    /// How many changes there have been.
    pub(in crate::policy) fn count(&self) -> u64 {
        self.forgotten + self.slots.len() as u64
    }

    /// The changes after the first `count`, unless some of them are forgotten.
    pub(in crate::policy) fn after(&self, count: u64) -> Option<&[u32]> {
        let known = count.checked_sub(self.forgotten)?;
        self.slots.get(known as usize..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let mut changes = Changes::default();
        (0..7).for_each(|slot| changes.note(slot, 4));
        assert_eq!((changes.count(), changes.after(5)), (7, Some(&[5, 6][..])));
        assert_eq!(changes.after(0).map(<[u32]>::len), Some(7));
        (7..10).for_each(|slot| changes.note(slot, 4));
        assert_eq!((changes.count(), changes.after(3)), (10, None));
        assert_eq!(changes.after(10), Some(&[][..]));
        assert_eq!(changes.after(6), Some(&[6, 7, 8, 9][..]));
    }
}
