//! Usage meters, price book, bill.
