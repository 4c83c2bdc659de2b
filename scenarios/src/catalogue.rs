//! Dated catalogues: instance types and price books.
