//! The experiments that moved settings make of an experiment.

use super::{Move, Plan, Side, moved};
use crate::results::{Manifest, VariantManifest, slugs};

impl Plan {
    /// The experiment with one setting moved, in the variants where that changes anything and with nothing but what
    /// decides their runs. Their names for files say what is moved. Of a plan that was checked.
    pub(crate) fn experiment(&self, of: &Move, side: Side, base: &Manifest) -> Manifest {
        let names = slugs(self.moves.iter().map(|of| of.setting.as_str()));
        let place = self.moves.iter().position(|it| it.setting == of.setting);
        let slug = place.map_or("", |place| names[place].as_str());
        let variant = |variant: &VariantManifest| {
            let fleet = moved(&variant.fleet, &of.setting, side).ok().flatten()?;
            let slug = format!("{slug}-{}-{}", side.name(), variant.slug);
            let VariantManifest { name, family, axes, .. } = variant.clone();
            Some(VariantManifest { name, slug, family, axes, resolved: serde_json::Value::Null, fleet })
        };
        let there = base.variants.iter().filter(|variant| of.variants.contains(&variant.name));
        Manifest {
            format: base.format,
            program: base.program.clone(),
            name: base.name.clone(),
            about: String::new(),
            run: base.run.clone(),
            found_warm_up: base.found_warm_up.clone(),
            assertions: Vec::new(),
            sensitivity: None,
            command: base.command.clone(),
            scenario: crate::results::ScenarioText::default(),
            instance_types: base.instance_types.clone(),
            prices: base.prices.clone(),
            traces: base.traces.clone(),
            variants: there.filter_map(variant).collect(),
        }
    }
}
