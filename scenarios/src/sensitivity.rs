//! Sensitivity to assumptions: which assumed settings are moved, where to, and which fleets that makes.
//!
//! No platform publishes how long its machines boot or how late its metrics are, so every fleet rests on
//! [assumptions](sim_core::spec::assumptions()), each with the least and the most that is plausible. Here each of them is
//! moved to either end, one at a time, in all variants where it is in force; what a scenario states itself is not moved.
//! With the same luck, the differences are paired ones. One at a time says which assumption matters by itself, and
//! nothing about two that are wrong together.
//!
//! - A [`Plan`] is what is moved and what is not, with the reason. It stands in the manifest, so that saved results can be
//!   read without what fleets are built amid.
//! - A setting that is a distribution keeps its shape: its location (the median; where it has none, the mean) goes to
//!   the end of the range, and everything else with it in proportion. At zero no shape is left.
//! - An end where the setting stands already is not run, nor is one that makes no sense for some variant (a task that no
//!   longer fits its instance): to move a setting in some of the variants only would compare unlike worlds.

mod experiment;
mod moving;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sim_core::problem::Problem;
use sim_core::spec::{Assumption, FleetSpec, assumptions};

/// What is moved, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Assumed settings with at least one end to move to, in the order of the fleets' tables.
    pub moves: Vec<Move>,
    /// Those without, and why.
    pub unmoved: Vec<Unmoved>,
}

/// An assumed setting that is moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Its path.
    pub setting: String,
    /// What is in force; where variants differ, each value once.
    pub value: String,
    /// The variants in which it is an assumption, by name.
    pub variants: Vec<String>,
    /// The least that is plausible.
    pub low: End,
    /// The most that is plausible.
    pub high: End,
}

/// One end of a plausible range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The setting is moved there.
    To(String),
    /// That is where it stands.
    InForce(String),
    /// It cannot be moved there.
    Impossible {
        /// Where.
        value: String,
        /// Why not.
        why: String,
    },
}

/// An assumption that is not moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unmoved {
    /// Its path, or what it is about.
    pub setting: String,
    /// What is in force.
    pub value: String,
    /// Why it is not moved.
    pub why: String,
}

/// Which end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The least.
    Low,
    /// The most.
    High,
}

impl Side {
    /// Both.
    pub const BOTH: [Side; 2] = [Side::Low, Side::High];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Side::Low => "low",
            Side::High => "high",
        }
    }
}

impl End {
    /// The end as text.
    pub fn value(&self) -> &str {
        match self {
            End::To(value) | End::InForce(value) | End::Impossible { value, .. } => value,
        }
    }
}

impl Move {
    /// One of its ends.
    pub fn end(&self, side: Side) -> &End {
        match side {
            Side::Low => &self.low,
            Side::High => &self.high,
        }
    }

    fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Low => &mut self.low,
            Side::High => &mut self.high,
        }
    }
}

impl Plan {
    /// What would be moved of the assumptions of these variants, by name, as far as the settings alone say.
    pub fn outline<'f>(variants: impl Iterator<Item = (&'f str, &'f FleetSpec)>) -> Plan {
        let mut plan = Plan::default();
        for (name, fleet) in variants {
            for assumption in assumptions(fleet) {
                plan.note(name, &assumption);
            }
        }
        plan
    }

    /// The same, without the ends that make no sense: those at which a fleet cannot be read, or has `problems`.
    pub fn checked<'f>(
        mut self,
        variants: &(impl Iterator<Item = (&'f str, &'f FleetSpec)> + Clone),
        problems: &dyn Fn(&FleetSpec) -> Vec<Problem>,
    ) -> Plan {
        for of in &mut self.moves {
            for side in Side::BOTH {
                let End::To(value) = of.end(side).clone() else { continue };
                let of_it = variants.clone().filter(|(name, _)| of.variants.iter().any(|it| it == name));
                let trouble = of_it.into_iter().find_map(|(name, fleet)| {
                    let why = match moved(fleet, &of.setting, side) {
                        Ok(moved) => said(problems(&moved?).first()?),
                        Err(why) => why,
                    };
                    Some(format!("{name}: {why}"))
                });
                if let Some(why) = trouble {
                    *of.end_mut(side) = End::Impossible { value, why };
                }
            }
        }
        let (moves, stay) = self
            .moves
            .into_iter()
            .partition(|of| Side::BOTH.iter().any(|side| matches!(of.end(*side), End::To(_))));
        self.moves = moves;
        self.unmoved.extend(stay.into_iter().map(|of| Unmoved {
            why: why(&of),
            setting: of.setting,
            value: of.value,
        }));
        self
    }

    /// How many runs it takes: one of each variant where the setting is an assumption, at each end, with each luck.
    pub fn runs(&self, replications: u32) -> u64 {
        let ends =
            |of: &Move| Side::BOTH.iter().filter(|side| matches!(of.end(**side), End::To(_))).count() as u64;
        let variants: u64 = self.moves.iter().map(|of| ends(of) * of.variants.len() as u64).sum();
        variants * u64::from(replications)
    }

    fn note(&mut self, variant: &str, assumption: &Assumption) {
        let Assumption { setting, value, .. } = assumption;
        if let Some(of) = self.moves.iter_mut().find(|of| of.setting == *setting) {
            if !of.value.split(" or ").any(|known| known == value) {
                of.value = format!("{} or {value}", of.value);
            }
            of.variants.push(variant.to_owned());
            for side in Side::BOTH {
                // Where one variant has something to move, the setting is moved.
                if let (End::InForce(_), end @ End::To(_)) = (of.end(side), end(assumption, side)) {
                    *of.end_mut(side) = end;
                }
            }
            return;
        }
        match why_not(assumption) {
            Some(_) if self.unmoved.iter().any(|known| known.setting == *setting) => {}
            Some(why) => {
                self.unmoved.push(Unmoved {
                    setting: setting.clone(),
                    value: value.clone(),
                    why: why.into(),
                });
            }
            None => self.moves.push(Move {
                setting: setting.clone(),
                value: value.clone(),
                variants: vec![variant.to_owned()],
                low: end(assumption, Side::Low),
                high: end(assumption, Side::High),
            }),
        }
    }
}

/// Why an assumption cannot be moved at all.
fn why_not(assumption: &Assumption) -> Option<&'static str> {
    match (&assumption.written, assumption.low, assumption.high) {
        (None, ..) => Some("no setting says it"),
        (Some(_), None, None) => Some("no plausible range is known"),
        _ => None,
    }
}

/// Why a setting stays although it could be moved.
fn why(of: &Move) -> String {
    let at = |side: Side| match of.end(side) {
        End::Impossible { value, why } => format!("at {value}, {why}"),
        end => format!("{} is in force", end.value()),
    };
    Side::BOTH.map(at).join("; ")
}

fn end(assumption: &Assumption, side: Side) -> End {
    let (Some(written), Some(text)) = (&assumption.written, text(assumption, side)) else {
        return End::Impossible { value: String::new(), why: "none is known".into() };
    };
    match moving::to(written, text) {
        Ok(value) if moving::is_same(&value, written) => End::InForce(text.to_owned()),
        Ok(_) => End::To(text.to_owned()),
        Err(why) => End::Impossible { value: text.to_owned(), why },
    }
}

fn text(assumption: &Assumption, side: Side) -> Option<&'static str> {
    match side {
        Side::Low => assumption.low,
        Side::High => assumption.high,
    }
}

fn said(problem: &Problem) -> String {
    format!("{}: {}", problem.path, problem.message)
}

/// The fleet with the assumed setting moved to an end of its range; none where it is no assumption of this fleet, or
/// stands there already.
///
/// # Errors
/// Why it cannot be moved.
pub fn moved(fleet: &FleetSpec, setting: &str, side: Side) -> Result<Option<FleetSpec>, String> {
    let found = assumptions(fleet).into_iter().find(|it| it.setting == setting);
    let Some((written, text)) = found.and_then(|it| Some((it.written.clone()?, text(&it, side)?))) else {
        return Ok(None);
    };
    let value = moving::to(&written, text)?;
    if moving::is_same(&value, &written) {
        return Ok(None);
    }
    let mut json: Value = serde_json::to_value(fleet).map_err(|error| error.to_string())?;
    if !moving::put(&mut json, setting, &value) {
        return Err("there is no such setting".into());
    }
    serde_json::from_value(json).map(Some).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
