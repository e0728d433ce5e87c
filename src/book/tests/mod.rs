//! The loader as its callers see it.

mod bad_books;
mod fake;
mod good_books;
mod hostile;
