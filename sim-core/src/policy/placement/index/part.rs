//! One group of instances in a tree.
//!
//! The instances stand in the order of their slots, in blocks of a few that are looked through one by one; over the blocks
//! is a binary tree of tallies, one tally for each cell in each node. All cells share one tree, so that the k-th instance
//! of several cells is found going down once.

use super::tally::Tally;

/// So many instances make a block. Fewer make the tree larger, and more take longer to look through.
const BLOCK: usize = 16;

/// What stands for an instance that will do, and for one that is gone, instead of the constraint that refuses it.
pub(super) const FITS: u8 = u8::MAX;
pub(super) const GONE: u8 = u8::MAX - 1;

/// What is known of one instance, beside the numbers that order it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The service's own tasks, as far as they count.
    pub tasks: u32,
    pub cell: u16,
    /// The constraint that refuses it, [`FITS`] or [`GONE`].
    pub verdict: u8,
}

/// A group's instances.
pub(super) struct Part<const M: usize> {
    /// What has been read of the group: its layout, and how many changes of both kinds.
    pub layout: u64,
    pub seen: (u64, u64),
    leaves: Vec<Leaf>,
    numbers: Vec<[u32; M]>,
    /// What the instances of each cell have in common: the numbers of the attributes' values.
    cells: Vec<Vec<u32>>,
    /// Cell after cell, and node after node in each. Node 1 is the root, nodes 2n and 2n+1 are under node n.
    tallies: Vec<Tally<M>>,
    /// How many cells and how many blocks the tree has been made for; until it is, none.
    width: usize,
    blocks: usize,
    /// Of each block, one more than the last constraint that refuses one of its instances.
    reach: Vec<u8>,
}

impl<const M: usize> Part<M> {
    /// A part without instances, which reads a group from its start.
    pub(super) fn new(layout: u64, seen: (u64, u64)) -> Self {
        Part {
            layout,
            seen,
            leaves: Vec::new(),
            numbers: Vec::new(),
            cells: Vec::new(),
            tallies: Vec::new(),
            width: 0,
            blocks: 0,
            reach: Vec::new(),
        }
    }

    pub(super) fn leaf(&self, slot: usize) -> Option<Leaf> {
        self.leaves.get(slot).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.leaves.len()
    }

    pub(super) fn cells(&self) -> &[Vec<u32>] {
        &self.cells
    }

    /// The number of the cell with these values.
    pub(super) fn cell_of(&mut self, values: &[u32]) -> usize {
        let known = self.cells.iter().position(|cell| cell == values);
        known.unwrap_or_else(|| {
            self.cells.push(values.to_vec());
            self.cells.len() - 1
        })
    }

    /// Puts an instance at a slot, at most one after the last. The tree follows if there is one.
    pub(super) fn put(&mut self, slot: usize, leaf: Leaf, numbers: [u32; M]) {
        if slot == self.leaves.len() {
            self.leaves.push(leaf);
            self.numbers.push(numbers);
        } else {
            let before = (self.leaves[slot], self.numbers[slot]);
            if before == (leaf, numbers) {
                return;
            }
            self.leaves[slot] = leaf;
            self.numbers[slot] = numbers;
        }
        if self.blocks == 0 {
            return;
        }
        if self.leaves.len() > self.blocks * BLOCK || self.cells.len() > self.width {
            self.make_tree();
        } else if self.width > 0 {
            self.reach[slot / BLOCK] = self.reach_of(slot / BLOCK);
            self.climb(slot / BLOCK, usize::from(leaf.cell));
        }
    }

    /// Makes the tree of what is there.
    pub(super) fn make_tree(&mut self) {
        self.width = self.cells.len();
        self.blocks = self.leaves.len().div_ceil(BLOCK).next_power_of_two();
        self.tallies.clear();
        self.tallies.resize(2 * self.blocks * self.width, Tally::NONE);
        self.reach = (0..self.blocks).map(|block| self.reach_of(block)).collect();
        for (slot, leaf) in self.leaves.iter().enumerate().filter(|(_, leaf)| leaf.verdict == FITS) {
            let its = 2 * self.blocks * usize::from(leaf.cell) + self.blocks + slot / BLOCK;
            self.tallies[its] = self.tallies[its].with(&Tally::one(self.numbers[slot]));
        }
        for tallies in self.tallies.chunks_exact_mut(2 * self.blocks) {
            for node in (1..self.blocks).rev() {
                tallies[node] = tallies[2 * node].with(&tallies[2 * node + 1]);
            }
        }
    }

    /// Of a whole cell.
    #[inline]
    pub(super) fn root(&self, cell: usize) -> &Tally<M> {
        &self.tallies[2 * self.blocks * cell + 1]
    }

    /// The slot of the k-th instance of some cells that has the numbers `least`, which are their best.
    pub(super) fn select(&self, cells: u64, least: &[u32; M], mut k: u64) -> usize {
        let mut node = 1;
        while node < self.blocks {
            node *= 2;
            let left = self.best(node, cells, least);
            if k >= left {
                k -= left;
                node += 1;
            }
        }
        let first = (node - self.blocks) * BLOCK;
        let is_meant = |slot: &usize| {
            let leaf = self.leaves[*slot];
            leaf.verdict == FITS && cells >> leaf.cell & 1 == 1 && self.numbers[*slot] == *least
        };
        let mut meant = (first..self.leaves.len().min(first + BLOCK)).filter(is_meant);
        meant.nth(k as usize).expect("a node has as many instances as it says")
    }

    /// The first slot that this constraint refuses, which is the last one that refuses any.
    pub(super) fn first_refused(&self, constraint: u8) -> Option<usize> {
        let block = self.reach.iter().position(|reach| *reach == constraint + 1)?;
        let slots = block * BLOCK..self.leaves.len().min((block + 1) * BLOCK);
        slots.into_iter().find(|slot| self.leaves[*slot].verdict == constraint)
    }

    fn best(&self, node: usize, mut cells: u64, least: &[u32; M]) -> u64 {
        let mut best = 0;
        while cells != 0 {
            let cell = cells.trailing_zeros() as usize;
            best += u64::from(self.tallies[2 * self.blocks * cell + node].best(least));
            cells &= cells - 1;
        }
        best
    }

    fn reach_of(&self, block: usize) -> u8 {
        let slots = (block * BLOCK).min(self.leaves.len())..self.leaves.len().min((block + 1) * BLOCK);
        let reach = |leaf: &Leaf| if leaf.verdict < GONE { leaf.verdict + 1 } else { 0 };
        self.leaves[slots].iter().map(reach).max().unwrap_or(0)
    }

    /// Tallies a block's instances of one cell anew, and the nodes above as far as they change.
    fn climb(&mut self, block: usize, cell: usize) {
        let slots = block * BLOCK..self.leaves.len().min((block + 1) * BLOCK);
        let mut tally = Tally::NONE;
        for (leaf, numbers) in self.leaves[slots.clone()].iter().zip(&self.numbers[slots]) {
            if leaf.verdict == FITS && usize::from(leaf.cell) == cell {
                tally = tally.with(&Tally::one(*numbers));
            }
        }
        let tallies = &mut self.tallies[2 * self.blocks * cell..2 * self.blocks * (cell + 1)];
        let mut node = self.blocks + block;
        while tallies[node] != tally {
            tallies[node] = tally;
            if node == 1 {
                return;
            }
            tally = tally.with(&tallies[node ^ 1]);
            node /= 2;
        }
    }
}
