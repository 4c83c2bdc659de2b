//! Results to charts, tables, HTML and CSV.
