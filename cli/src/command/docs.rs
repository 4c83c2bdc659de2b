//! `fleetsim schema`, and the reference pages as files.

use std::io::Write;
use std::path::Path;

use sim_core::policy::Catalogue;

use crate::failure::Failure;
use crate::reference;

/// Prints the JSON Schema of a scenario file.
pub(crate) fn schema(policies: &Catalogue, out: &mut dyn Write) -> Result<(), Failure> {
    write!(out, "{}", reference::schema(policies))?;
    Ok(())
}

/// Writes every reference page into `folder`.
pub(crate) fn write(folder: &Path, policies: &Catalogue) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, "make", &error))?;
    for (name, text) in reference::pages(policies) {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| Failure::file(&path, "write", &error))?;
    }
    Ok(())
}
