//! A variant's patch laid over the base.
//!
//! - Tables are patched key by key; lists and single values are replaced.
//! - A choice is one thing. `arrivals = { trace = ... }` over `arrivals = { poisson = ... }` replaces it, rather than
//!   making a table with two choices; over another `trace`, it patches that one's settings.
//! - Where a patch changes the platform of a service, the base's settings carry over as far as the new platform has
//!   them, at any depth; those that only the old platform has stay behind (a patch that says `platform = "lambda"`
//!   need not, and could not, take back the base's `placement`). A setting that neither platform knows is a mistake:
//!   it is kept, to be reported.

use indexmap::IndexMap;

use super::schema::{Schema, Shape, ShapeId};
use super::{Node, Value};

/// Lays `patch` over `base`, both of the shape of the whole document.
pub fn merge(schema: &Schema, base: &mut Node, patch: &Node) {
    Merger { schema }.merge(base, patch, Some(schema.root()));
}

struct Merger<'s> {
    schema: &'s Schema,
}

impl Merger<'_> {
    /// `None` is the shape of what the schema does not know; it is merged too, so that the check sees all of it.
    fn merge(&self, base: &mut Node, patch: &Node, id: Option<ShapeId>) {
        let id = id.map(|id| self.schema.narrow(id, &patch.value));
        if !matches!((&base.value, &patch.value), (Value::Table(_), Value::Table(_))) {
            *base = patch.clone();
            return;
        }
        match id.map(|id| self.schema.shape(id)) {
            Some(Shape::Choice(_)) if only_key(base) != only_key(patch) || only_key(patch).is_none() => {
                *base = patch.clone();
                return;
            }
            Some(Shape::Tagged(rule)) => {
                if let (Some((old, before)), Some((new, after))) =
                    (rule.branch(&base.value), rule.branch(&patch.value))
                    && old != new
                {
                    let (before, after) = (Shape::Table(before.clone()), Shape::Table(after.clone()));
                    self.carry(base, &before, &after);
                }
            }
            _ => {}
        }
        // The tag first: it decides what the other keys are.
        let tag = match id.map(|id| self.schema.shape(id)) {
            Some(Shape::Tagged(rule)) => patch.get(&rule.tag).map(|tag| (rule.tag.clone(), tag.clone())),
            _ => None,
        };
        if let (Some((key, tag)), Value::Table(entries)) = (tag, &mut base.value) {
            entries.insert(key, tag);
        }
        let shape_of = |base: &Node, key: &str| self.child(id, &base.value, key);
        let Value::Table(changes) = &patch.value else { return };
        for (key, change) in changes {
            let shape = shape_of(base, key);
            let Value::Table(entries) = &mut base.value else { return };
            match entries.get_mut(key) {
                Some(existing) => self.merge(existing, change, shape),
                None => {
                    entries.insert(key.clone(), change.clone());
                }
            }
        }
    }

    fn child(&self, id: Option<ShapeId>, value: &Value, key: &str) -> Option<ShapeId> {
        match self.schema.shape(id?) {
            Shape::Table(rule) => rule.child(key),
            Shape::Tagged(rule) => rule.child(value, key),
            Shape::Choice(rule) => rule.options.get(key)?.settings,
            _ => None,
        }
    }

    /// Takes from `node`, which was written for the shape `before`, what only that shape has.
    fn carry(&self, node: &mut Node, before: &Shape, after: &Shape) {
        let Value::Table(entries) = &mut node.value else { return };
        let entries: &mut IndexMap<String, Node> = entries;
        entries.retain(|key, child| {
            let (old, new) = (self.inner(before, key), self.inner(after, key));
            let (Some(old), Some(new)) = (old, new) else { return old.is_none() || new.is_some() };
            let (old, new) = (self.schema.narrow(old, &child.value), self.schema.narrow(new, &child.value));
            if old == new {
                return true;
            }
            let (old, new) = (self.schema.shape(old), self.schema.shape(new));
            self.carry(child, old, new);
            // A choice that the new platform does not offer leaves nothing behind.
            let was_choice =
                matches!((old, &child.value), (Shape::Choice(_), Value::Table(left)) if left.is_empty());
            let plain_gone = match (old, new, &child.value) {
                (Shape::Choice(old), Shape::Choice(new), Value::Text(name)) => {
                    old.options.contains_key(name) && !new.options.contains_key(name)
                }
                _ => false,
            };
            !was_choice && !plain_gone
        });
    }

    fn inner(&self, shape: &Shape, key: &str) -> Option<ShapeId> {
        match shape {
            Shape::Table(rule) => rule.child(key),
            Shape::Choice(rule) => rule.options.get(key)?.settings,
            _ => None,
        }
    }
}

/// The key of a table that has one.
fn only_key(node: &Node) -> Option<&String> {
    node.as_table().filter(|entries| entries.len() == 1)?.keys().next()
}
