//! From one document to the variants it describes: base, patches, options, axes.
//!
//! Order of precedence, weakest first: the base, the variant's patch, `--set`, sweep axes. Whatever a variant is made
//! of, the result is checked as a whole, and a problem that several variants share is reported once.

use std::sync::Arc;

use indexmap::IndexMap;

use super::axis::{self, Axis};
use crate::document::check::{check, name_problem};
use crate::document::merge::merge;
use crate::document::schema::Shape;
use crate::document::set::{Override, Refusal, put, set};
use crate::document::{Code, Diagnostic, Diagnostics, Node, Origin, Path, Schema, Value};

/// Keys of the file that belong to the experiment, not to a fleet: no variant has its own.
pub(super) const COMMON: &[&str] = &["name", "about", "run", "assert"];
/// Most values that all variants together may hold, so that a large file with a large sweep is refused rather than
/// filling the memory: loading takes about 700 bytes for each.
const VALUES_LIMIT: usize = 1_000_000;
/// Of how many variants it is said what is wrong with them where there are too many to run.
const LOOKED_AT: usize = 20;

/// One variant, resolved.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// Its name: `fargate`, or with a sweep `fargate rate=100/s`.
    pub name: Arc<str>,
    /// The variant it comes from.
    pub variant: Arc<str>,
    /// Where it stands on each axis.
    pub axes: Vec<(String, String)>,
    /// Its fleet.
    pub node: Node,
    /// What is wrong with it.
    pub problems: Diagnostics,
}

/// A variant before its axes: a patched base, and the axes of its sweep.
struct Family {
    name: Arc<str>,
    node: Node,
    axes: Vec<Axis>,
    /// How many of the axes are those of the whole experiment; the others are its own.
    common: usize,
}

/// What is needed to expand a document.
pub(super) struct Expander<'e> {
    /// The shape of a fleet.
    pub fleet: &'e Schema,
    /// Whether nothing was lost of the document, so that what is missing was not written.
    pub complete: bool,
    /// `--set`, except those of the experiment as a whole.
    pub overrides: &'e [Override],
    /// Runs of each variant.
    pub replications: u32,
    /// Most runs in all.
    pub job_limit: u64,
}

impl Expander<'_> {
    /// All variants of the document, and how many of them the file names. The document's entries are `base` (without the
    /// experiment's own keys), `variants` and `sweep`.
    pub(super) fn expand(
        &self,
        base: &Node,
        variants: Option<&Node>,
        sweep: Option<&Node>,
        problems: &mut Diagnostics,
    ) -> (Vec<Point>, usize) {
        let common = sweep.map_or_else(Vec::new, |table| axis::read(table, "sweep", problems));
        axis::apart(&[], &common, "sweep", problems);
        let mut families = self.families(base, variants, &common, problems);
        self.apply_overrides(&mut families, problems);
        let points: Vec<Point> = match self.within_limits(&families, sweep, problems) {
            true => families.iter().flat_map(|family| self.points(family)).collect(),
            // Nothing of it will be run; what is wrong besides its size, one point of each family shows.
            false => {
                families.iter().map(|family| self.point(family, &axis::labels(&family.axes), 0)).collect()
            }
        };
        let written = std::iter::once(base).chain(families.iter().map(|family| &family.node));
        written.for_each(|node| self.overridden(node, &points, problems));
        (points, families.len())
    }

    /// What is wrong with values that no point has, because a patch or an axis replaces them in all. What a base lacks is
    /// no mistake: its variants or axes may have it.
    fn overridden(&self, node: &Node, points: &[Point], problems: &mut Diagnostics) {
        let mut found = Diagnostics::default();
        check(self.fleet, node, &mut found);
        let known = |problem: &Diagnostic, list: &[Diagnostic]| list.iter().any(|it| it.is_like(problem));
        found.retain(|problem| {
            !matches!(problem.code, Code::MissingKey | Code::ChoiceCount)
                && !known(problem, problems.list())
                && !points.iter().any(|point| known(problem, point.problems.list()))
        });
        problems.append(found);
    }

    fn families(
        &self,
        base: &Node,
        variants: Option<&Node>,
        common: &[Axis],
        problems: &mut Diagnostics,
    ) -> Vec<Family> {
        let mut families = Vec::new();
        let family = |name: &str, node: Node, own: Vec<Axis>| Family {
            name: name.into(),
            node,
            axes: common.iter().cloned().chain(own).collect(),
            common: common.len(),
        };
        match variants.map(|variants| (variants, &variants.value)) {
            Some((node, Value::Table(entries))) if !entries.is_empty() => {
                names_apart(entries, "variants", problems);
                for (name, patch) in entries.iter().take(self.looked_at(node, base, problems)) {
                    if let Some((node, own)) = self.patched(base, name, patch, common, problems) {
                        families.push(family(name, node, own));
                    }
                }
            }
            None | Some((_, Value::Table(_))) => families.push(family("base", base.clone(), Vec::new())),
            Some((node, other)) => {
                let message = format!("expected a table of variants, found {}", other.kind());
                problems.push(Diagnostic::new(Code::WrongType, node.origin.clone(), "variants", message));
            }
        }
        families
    }

    /// How many of the variants are made: all, unless they are too many whatever else there is, which is a problem.
    fn looked_at(&self, variants: &Node, base: &Node, problems: &mut Diagnostics) -> usize {
        let count = variants.as_table().map_or(0, IndexMap::len);
        let jobs = (count as u64).saturating_mul(u64::from(self.replications));
        let too_many = match count.saturating_mul(base.size()) {
            _ if jobs > self.job_limit => {
                Some((format!("{jobs} runs"), self.job_limit, "take fewer variants or replications"))
            }
            values if values > VALUES_LIMIT => {
                Some((format!("{values} settings"), VALUES_LIMIT as u64, "take fewer variants"))
            }
            _ => None,
        };
        let Some((what, limit, hint)) = too_many else { return count };
        let message = format!("{count} variants make at least {what}; at most {limit} are accepted");
        problems.push(Diagnostic::new(Code::Limit, variants.key.clone(), "variants", message).hint(hint));
        LOOKED_AT
    }

    /// The base with a variant's patch, and the variant's own axes.
    fn patched(
        &self,
        base: &Node,
        name: &str,
        patch: &Node,
        common: &[Axis],
        problems: &mut Diagnostics,
    ) -> Option<(Node, Vec<Axis>)> {
        let path = format!("variants.{name}");
        if let Some(hint) = name_problem(name) {
            let message = format!("`{name}` is not accepted as a name");
            problems.push(Diagnostic::new(Code::BadName, patch.key.clone(), "variants", message).hint(hint));
        }
        let mut patch = patch.clone();
        let label: Arc<str> = name.into();
        patch.relabel(&|origin| match origin {
            Origin::Base(place) => Origin::Variant(label.clone(), *place),
            other => other.clone(),
        });
        let Value::Table(changes) = &mut patch.value else {
            let message = format!("expected a table, found {}", patch.value.kind());
            let hint = format!("a variant says what differs from the base, as in [{path}.services.web]");
            problems.push(Diagnostic::new(Code::WrongType, patch.origin.clone(), path, message).hint(hint));
            return None;
        };
        for key in COMMON.iter().chain(&["variants"]) {
            if let Some(node) = changes.shift_remove(*key) {
                let message = format!("a variant has no `{key}` of its own");
                let hint = "variants are compared under the same settings; put it at the top of the file";
                problems
                    .push(Diagnostic::new(Code::UnknownKey, node.key.clone(), &*path, message).hint(hint));
            }
        }
        let own = changes.shift_remove("sweep");
        let axes = own.map_or_else(Vec::new, |table| axis::read(&table, &format!("{path}.sweep"), problems));
        axis::apart(common, &axes, &format!("{path}.sweep"), problems);
        let mut node = base.clone();
        merge(self.fleet, &mut node, &patch);
        Some((node, axes))
    }

    /// `--set`: on every variant that has such a setting, or on the one that it names. That some variants have none
    /// is no mistake (platforms differ); that none has it, is.
    fn apply_overrides(&self, families: &mut [Family], problems: &mut Diagnostics) {
        for given in self.overrides {
            if let Some(refusal) = self.unknown_table(&given.path) {
                problems.push(refused(given, &refusal));
                continue;
            }
            let (only, path) = match given.path.first_key() {
                Some("variants") => (given.path.key_at(1).map(str::to_owned), given.path.skip(2)),
                _ => (None, given.path.clone()),
            };
            let inner = Override { path, ..given.clone() };
            let names: Vec<Arc<str>> = families.iter().map(|family| family.name.clone()).collect();
            let chosen =
                families.iter_mut().filter(|family| only.as_deref().is_none_or(|only| only == &*family.name));
            let outcomes: Vec<(Arc<str>, Result<(), Refusal>)> =
                chosen.map(|family| (family.name.clone(), self.override_one(family, &inner))).collect();
            if outcomes.is_empty() {
                let wanted = only.unwrap_or_default();
                problems.push(refused(
                    given,
                    &Refusal::no_such("variant", &wanted, names.iter().map(|name| &**name)),
                ));
            } else if outcomes.iter().all(|(_, outcome)| outcome.is_err()) {
                problems.append(nowhere(given, &outcomes));
            }
        }
    }

    /// Why a path cannot be meant whose first key is none of a scenario's.
    fn unknown_table(&self, path: &Path) -> Option<Refusal> {
        let key = path.first_key().filter(|key| *key != "variants")?;
        let Shape::Table(rule) = self.fleet.shape(self.fleet.root()) else { return None };
        if rule.child(key).is_some() {
            return None;
        }
        let known = COMMON.iter().copied().chain(rule.names()).chain(["variants"]);
        Some(Refusal::unknown_key(key, known))
    }

    fn override_one(&self, family: &mut Family, given: &Override) -> Result<(), Refusal> {
        if family.axes.iter().any(|axis| axis.path == given.path) {
            let hint = "the axis gives its values; change or remove it";
            return Err(Refusal::new(format!("`{}` is an axis of the sweep", given.path), hint));
        }
        set(self.fleet, &mut family.node, given)
    }

    fn within_limits(&self, families: &[Family], sweep: Option<&Node>, problems: &mut Diagnostics) -> bool {
        let mut jobs = 0_u64;
        let mut values = 0_usize;
        for family in families {
            let points = family.points();
            jobs = jobs.saturating_add((points as u64).saturating_mul(u64::from(self.replications)));
            values = values.saturating_add(points.saturating_mul(family.node.size()));
        }
        let origin = sweep.map_or(Origin::BuiltIn, |node| node.key.clone());
        let mut refuse = |message: String, hint: &str| {
            problems.push(Diagnostic::new(Code::Limit, origin.clone(), "sweep", message).hint(hint));
        };
        if jobs > self.job_limit {
            let runs = format!("this makes {jobs} runs (variants x sweep values x replications)");
            refuse(
                format!("{runs}; at most {} are accepted", self.job_limit),
                "take fewer values or replications",
            );
        } else if values > VALUES_LIMIT {
            refuse(
                format!("the variants together have {values} settings; at most {VALUES_LIMIT} are accepted"),
                "take fewer values",
            );
        } else {
            return true;
        }
        false
    }

    fn points(&self, family: &Family) -> Vec<Point> {
        let labels = axis::labels(&family.axes);
        (0..family.points()).map(|index| self.point(family, &labels, index)).collect()
    }

    fn point(&self, family: &Family, labels: &[String], index: usize) -> Point {
        let mut point = Point {
            name: family.name.clone(),
            variant: family.name.clone(),
            axes: Vec::with_capacity(labels.len()),
            node: family.node.clone(),
            problems: Diagnostics::default(),
        };
        let mut name = family.name.to_string();
        let places = axis::positions(&family.axes, index);
        for (number, ((axis, label), place)) in family.axes.iter().zip(labels).zip(places).enumerate() {
            let Some((text, value)) = axis.values.get(place) else { continue };
            name = format!("{name} {label}={text}");
            point.axes.push((axis.path.to_string(), text.clone()));
            if let Err(refusal) = put(self.fleet, &mut point.node, &axis.path, value) {
                point.problems.push(axis_refused(axis, &refusal, &family.name, number < family.common));
            }
        }
        point.name = name.into();
        check(self.fleet, &point.node, &mut point.problems);
        point.problems.retain(|problem| self.complete || problem.code != Code::MissingKey);
        for kind in ["work", "sources", "populations", "services", "clusters", "faults"] {
            if let Some(entries) = point.node.get(kind).and_then(Node::as_table) {
                names_apart(entries, kind, &mut point.problems);
            }
        }
        point
    }
}

impl Family {
    /// How many points its axes span. An axis without values has been reported; it counts as one.
    fn points(&self) -> usize {
        self.axes.iter().fold(1, |points: usize, axis| points.saturating_mul(axis.values.len().max(1)))
    }
}

/// Gathers what was found in the points: each problem once. A problem of an axis value names the variant, any other
/// the point, and none where it occurs in all of them.
pub(super) fn collect_problems(points: &[Point], families: usize, problems: &mut Diagnostics) {
    let of_axis =
        |problem: &Diagnostic| matches!(problem.origin, Origin::Sweep(..)) || problem.code == Code::BadPath;
    let mut found = Diagnostics::default();
    for point in points {
        found.absorb(point.problems.clone(), |problem| {
            if of_axis(problem) { point.variant.clone() } else { point.name.clone() }
        });
    }
    found.forget_common_variants(|problem| if of_axis(problem) { families } else { points.len() });
    problems.append(found);
}

/// Names that differ only in case would share a file on some systems, and are a mistake on all.
fn names_apart(entries: &IndexMap<String, Node>, path: &str, problems: &mut Diagnostics) {
    let mut seen: IndexMap<String, &str> = IndexMap::new();
    for (name, node) in entries {
        if let Some(first) = seen.insert(name.to_lowercase(), name) {
            let message = format!("`{name}` differs from `{first}` only in upper and lower case");
            let problem = Diagnostic::new(Code::BadName, node.key.clone(), path, message);
            problems.push(problem.hint("give one of them another name"));
        }
    }
}

/// A `--set` that was refused.
pub(super) fn refused(given: &Override, refusal: &Refusal) -> Diagnostic {
    let origin = Origin::Set(given.text.clone());
    let diagnostic = Diagnostic::new(Code::BadPath, origin, given.path.to_string(), refusal.message.clone());
    match &refusal.hint {
        Some(hint) => diagnostic.hint(hint.clone()),
        None => diagnostic,
    }
}

/// A `--set` that no variant takes: what the variants say about it that know something like it, else what all say.
fn nowhere(given: &Override, outcomes: &[(Arc<str>, Result<(), Refusal>)]) -> Diagnostics {
    let knows =
        |refusal: &Refusal| refusal.hint.as_ref().is_some_and(|hint| hint.starts_with("did you mean"));
    let refusals = || outcomes.iter().filter_map(|(name, outcome)| Some((name, outcome.as_ref().err()?)));
    let some_know = refusals().any(|(_, refusal)| knows(refusal));
    let mut found = Diagnostics::default();
    for (name, refusal) in refusals().filter(|(_, refusal)| !some_know || knows(refusal)) {
        let mut one = Diagnostics::default();
        one.push(refused(given, refusal));
        found.absorb(one, |_| name.clone());
    }
    found.forget_common_variants(|_| outcomes.len());
    found
}

fn axis_refused(axis: &Axis, refusal: &Refusal, family: &str, is_common: bool) -> Diagnostic {
    let path = axis.path.to_string();
    let diagnostic = Diagnostic::new(Code::BadPath, axis.key.clone(), path, refusal.message.clone());
    let belongs = format!("an axis of one variant belongs to [variants.{family}.sweep]");
    match (&refusal.hint, is_common) {
        (Some(hint), _) if hint.starts_with("did you mean") => diagnostic.hint(hint.clone()),
        (_, true) => diagnostic.hint(belongs.replace(family, "NAME")),
        (Some(hint), false) => diagnostic.hint(hint.clone()),
        (None, false) => diagnostic,
    }
}

/// The first step of `path`, if it is one of the experiment's own keys.
pub(super) fn is_common(path: &Path) -> bool {
    path.first_key().is_some_and(|key| COMMON.contains(&key))
}
