//! A balancer's targets, ordered by load where the algorithm needs it.
//!
//! Targets of equal load stand together in one level, so that the least loaded are at hand and a request that begins
//! or ends moves its target by one level: constant time, where a search would grow with the fleet.

/// Where a target stands that is not eligible.
const NOWHERE: u32 = u32::MAX;

/// Eligible targets and everybody's requests in progress.
pub(super) struct Targets {
    eligible: Vec<u32>,
    /// By target: its position in `eligible`.
    position: Vec<u32>,
    /// By target: its requests in progress.
    outstanding: Vec<u32>,
    levels: Option<Levels>,
}

/// Eligible targets by load.
#[derive(Default)]
struct Levels {
    by_load: Vec<Vec<u32>>,
    /// By target: its position in its level.
    position: Vec<u32>,
    /// The lowest level that may hold a target.
    least: usize,
}

impl Targets {
    pub(super) fn new(by_load: bool) -> Self {
        Targets {
            eligible: Vec::new(),
            position: Vec::new(),
            outstanding: Vec::new(),
            levels: by_load.then(Levels::default),
        }
    }

    pub(super) fn eligible(&self) -> &[u32] {
        &self.eligible
    }

    pub(super) fn outstanding(&self) -> &[u32] {
        &self.outstanding
    }

    #[inline(always)]
    pub(super) fn has(&self, target: u32) -> bool {
        self.position.get(target as usize).is_some_and(|position| *position != NOWHERE)
    }

    pub(super) fn add(&mut self, target: u32) {
        assert!(!self.has(target), "target {target} is added once");
        let index = target as usize;
        if index >= self.position.len() {
            self.position.resize(index + 1, NOWHERE);
            self.outstanding.resize(index + 1, 0);
        }
        self.position[index] = self.eligible.len() as u32;
        self.eligible.push(target);
        if let Some(levels) = &mut self.levels {
            levels.insert(target, self.outstanding[index]);
        }
    }

    pub(super) fn remove(&mut self, target: u32) {
        assert!(self.has(target), "target {target} is removed while it is eligible");
        let position = std::mem::replace(&mut self.position[target as usize], NOWHERE) as usize;
        self.eligible.swap_remove(position);
        if let Some(moved) = self.eligible.get(position) {
            self.position[*moved as usize] = position as u32;
        }
        if let Some(levels) = &mut self.levels {
            levels.take(target, self.outstanding[target as usize]);
        }
    }

    #[inline(always)]
    pub(super) fn change(&mut self, target: u32, by: i32) {
        let before = self.outstanding[target as usize];
        let after = before.checked_add_signed(by).expect("a request ends after it began");
        self.outstanding[target as usize] = after;
        if self.has(target)
            && let Some(levels) = &mut self.levels
        {
            levels.take(target, before);
            levels.insert(target, after);
        }
    }

    /// The eligible targets of the least load. Only where the targets are kept by load, and there is one.
    #[inline(always)]
    pub(super) fn least_loaded(&mut self) -> &[u32] {
        let levels = self.levels.as_mut().expect("targets are kept by load");
        while levels.by_load[levels.least].is_empty() {
            levels.least += 1;
        }
        &levels.by_load[levels.least]
    }
}

impl Levels {
    #[inline(always)]
    fn insert(&mut self, target: u32, load: u32) {
        let (index, level) = (target as usize, load as usize);
        if level >= self.by_load.len() {
            self.by_load.resize_with(level + 1, Vec::new);
        }
        if index >= self.position.len() {
            self.position.resize(index + 1, NOWHERE);
        }
        self.position[index] = self.by_load[level].len() as u32;
        self.by_load[level].push(target);
        self.least = self.least.min(level);
    }

    #[inline(always)]
    fn take(&mut self, target: u32, load: u32) {
        let position = self.position[target as usize] as usize;
        let level = &mut self.by_load[load as usize];
        level.swap_remove(position);
        if let Some(moved) = level.get(position) {
            self.position[*moved as usize] = position as u32;
        }
    }
}
