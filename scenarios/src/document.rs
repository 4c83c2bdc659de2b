//! The spanned document: parsing, merging, origins, schema checks, diagnostics.
