//! Typed ids, arenas that only grow, and slabs whose places are used again.
//!
//! The model refers to its parts by small typed numbers instead of references: no `Rc`, no `RefCell`, ids that fit
//! into an event, and a compiler that refuses a service's id where a cluster's is wanted.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A typed index, at most 2^32 - 1.
pub trait Id: Copy + Eq + Ord {
    /// The id of place `index`.
    fn from_index(index: usize) -> Self;
    /// The place.
    fn index(self) -> usize;
}

/// Declares id types: `ids! { /// doc pub ServiceId }`.
#[macro_export]
macro_rules! ids {
    ($($(#[$meta:meta])* $vis:vis $name:ident),* $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(pub u32);

        impl $crate::arena::Id for $name {
            fn from_index(index: usize) -> Self {
                $name(u32::try_from(index).expect("an arena holds fewer than 2^32 items"))
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

/// A list indexed by its own id type. Nothing is ever removed.
#[derive(Clone, Debug)]
pub struct Arena<I, T> {
    items: Vec<T>,
    ids: PhantomData<I>,
}

impl<I: Id, T> Default for Arena<I, T> {
    fn default() -> Self {
        Arena { items: Vec::new(), ids: PhantomData }
    }
}

impl<I: Id, T> Arena<I, T> {
    /// An empty arena.
    pub fn new() -> Self {
        Arena::default()
    }

    /// Adds `item` and returns its id.
    pub fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::from_index(self.items.len() - 1)
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::from_index)
    }

    /// All items, in order.
    pub fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        self.items.iter().enumerate().map(|(index, item)| (I::from_index(index), item))
    }

    /// All items, in order, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (I, &mut T)> {
        self.items.iter_mut().enumerate().map(|(index, item)| (I::from_index(index), item))
    }
}

impl<I: Id, T> Index<I> for Arena<I, T> {
    type Output = T;
    #[inline(always)]
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for Arena<I, T> {
    #[inline(always)]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}

impl<I: Id, T> FromIterator<T> for Arena<I, T> {
    fn from_iter<It: IntoIterator<Item = T>>(items: It) -> Self {
        Arena { items: items.into_iter().collect(), ids: PhantomData }
    }
}

/// Things that come and go. A freed place is used again, last freed first, so memory follows what is alive and not
/// what ever lived. Whoever keeps an id past its item's life compares [`Slab::generation`].
#[derive(Clone, Debug)]
pub struct Slab<I, T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
    ids: PhantomData<I>,
}

#[derive(Clone, Debug)]
struct Place<T> {
    generation: u32,
    item: Option<T>,
}

impl<T> Place<T> {
    /// It has become empty.
    #[inline(always)]
    fn vacate<I: Id>(&mut self, id: I, free: &mut Vec<u32>) {
        self.generation = self.generation.wrapping_add(1);
        free.push(id.index() as u32);
    }
}

impl<I: Id, T> Default for Slab<I, T> {
    fn default() -> Self {
        Slab { places: Vec::new(), free: Vec::new(), ids: PhantomData }
    }
}

impl<I: Id, T> Slab<I, T> {
    /// An empty slab.
    pub fn new() -> Self {
        Slab::default()
    }

    /// Puts `item` into a free place.
    #[inline]
    pub fn insert(&mut self, item: T) -> I {
        if let Some(index) = self.free.pop() {
            self.places[index as usize].item = Some(item);
            return I::from_index(index as usize);
        }
        self.places.push(Place { generation: 0, item: Some(item) });
        I::from_index(self.places.len() - 1)
    }

    /// Takes the item out and frees its place; every id kept of it is stale from here on.
    ///
    /// # Panics
    /// If the place is already free: the caller lost track of a life.
    pub fn remove(&mut self, id: I) -> T {
        let place = &mut self.places[id.index()];
        let item = place.item.take().expect("an item is removed once");
        place.vacate(id, &mut self.free);
        item
    }

    /// Frees the item's place, as [`remove`](Self::remove) does for those who have no use for the item any more.
    ///
    /// # Panics
    /// If the place is already free.
    #[inline(always)]
    pub fn free(&mut self, id: I) {
        let place = &mut self.places[id.index()];
        assert!(place.item.is_some(), "an item is removed once");
        place.item = None;
        place.vacate(id, &mut self.free);
    }

    /// How many times this place has been freed.
    #[inline(always)]
    pub fn generation(&self, id: I) -> u32 {
        self.places[id.index()].generation
    }

    /// The item, if the place is taken.
    #[inline(always)]
    pub fn get(&self, id: I) -> Option<&T> {
        self.places.get(id.index())?.item.as_ref()
    }

    /// The item to change, if the place is taken.
    #[inline(always)]
    pub fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.places.get_mut(id.index())?.item.as_mut()
    }

    /// How many items are alive.
    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Whether nothing is alive.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything alive, in the order of its places.
    pub fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        self.places
            .iter()
            .enumerate()
            .filter_map(|(index, place)| Some((I::from_index(index), place.item.as_ref()?)))
    }
}

impl<I: Id, T> Index<I> for Slab<I, T> {
    type Output = T;
    #[inline(always)]
    fn index(&self, id: I) -> &T {
        self.places[id.index()].item.as_ref().expect("a live id")
    }
}

impl<I: Id, T> IndexMut<I> for Slab<I, T> {
    #[inline(always)]
    fn index_mut(&mut self, id: I) -> &mut T {
        self.places[id.index()].item.as_mut().expect("a live id")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    ids! {
        /// A test id.
        TestId
    }

    #[test]
    fn a_place_is_used_again_and_its_old_id_is_told_apart() {
        let mut slab: Slab<TestId, &str> = Slab::new();
        let (a, b) = (slab.insert("a"), slab.insert("b"));
        let before = slab.generation(a);
        assert_eq!(slab.remove(a), "a");
        assert_eq!((slab.get(a), slab[b], slab.len()), (None, "b", 1));
        let c = slab.insert("c");
        assert_eq!(c, a);
        assert_ne!(slab.generation(c), before);
        assert_eq!(slab.iter().map(|(_, item)| *item).collect::<Vec<_>>(), ["c", "b"]);
    }
}
