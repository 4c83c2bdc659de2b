//! The reference pages, generated from the declarations that the program itself works with.

use sim_core::policy::Catalogue;

/// The JSON Schema of a scenario file with these policies, as text.
pub fn schema(policies: &Catalogue) -> String {
    format!("{:#}\n", scenarios::file::file_schema(policies))
}

/// Every page: file name and text.
pub fn pages(policies: &Catalogue) -> Vec<(&'static str, String)> {
    vec![("scenario.schema.json", schema(policies))]
}
