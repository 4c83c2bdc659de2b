//! The loops' agenda: a 4-ary heap of sixteen bytes, the measured best of the simple queues. What is taken leaves a gap at
//! the root for the next entry to fill.

/// An entry: the time in nanoseconds in the upper half, what tells entries of one instant apart in the lower.
pub(super) type Entry = u128;

/// The entry of `slot` at `time`.
pub(super) fn entry(time: u64, slot: u32) -> Entry {
    u128::from(time) << 64 | u128::from(slot)
}

/// The time of an entry.
pub(super) fn time(entry: Entry) -> u64 {
    (entry >> 64) as u64
}

/// Entries, the least first.
#[derive(Default)]
pub(super) struct Heap {
    items: Vec<Entry>,
    gap: bool,
}

impl Heap {
    /// The time of the first entry; the end of time if there is none.
    pub(super) fn first(&mut self) -> u64 {
        if std::mem::take(&mut self.gap) {
            let last = self.items.pop().expect("a gap is an entry");
            if !self.items.is_empty() {
                self.sink(last);
            }
        }
        self.items.first().map_or(u64::MAX, |first| time(*first))
    }

    pub(super) fn push(&mut self, item: Entry) {
        if std::mem::take(&mut self.gap) {
            self.sink(item);
            return;
        }
        let mut hole = self.items.len();
        self.items.push(item);
        while hole > 0 && self.items[(hole - 1) / 4] > item {
            self.items[hole] = self.items[(hole - 1) / 4];
            hole = (hole - 1) / 4;
        }
        self.items[hole] = item;
    }

    /// Takes the first entry, where [`first`](Self::first) has just found one.
    pub(super) fn take(&mut self) -> Entry {
        self.gap = true;
        self.items[0]
    }

    fn sink(&mut self, item: Entry) {
        let mut hole = 0;
        loop {
            let begin = 4 * hole + 1;
            let least = match self.items.get(begin..).and_then(<[Entry]>::first_chunk) {
                Some([a, b, c, d]) => {
                    let (left, right) = (usize::from(b < a), 2 + usize::from(d < c));
                    begin + if self.items[begin + right] < self.items[begin + left] { right } else { left }
                }
                None => match (begin..self.items.len()).min_by_key(|child| self.items[*child]) {
                    Some(least) => least,
                    None => break,
                },
            };
            if item <= self.items[least] {
                break;
            }
            self.items[hole] = self.items[least];
            hole = least;
        }
        self.items[hole] = item;
    }
}
