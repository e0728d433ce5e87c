//! The loader as its callers see it.

mod bad_books;
mod good_books;
mod hostile;
mod schema;
mod units;
