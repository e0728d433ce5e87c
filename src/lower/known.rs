//! What has been found out about metrics, so that it is found out once: a metric that many others name, or one name
//! twice, would otherwise be followed again each time, and a book of twenty lines could take years.

use super::cells::Shape;
use crate::model::{Book, MetricId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;

/// A book and what is known of its metrics.
pub(super) struct Known<'b> {
    book: &'b Book,
    shapes: RefCell<HashMap<MetricId, Shape>>,
    meanings: RefCell<HashMap<MetricId, Rc<str>>>,
    counts: RefCell<HashMap<MetricId, bool>>,
}

impl<'b> Known<'b> {
    pub(super) fn new(book: &'b Book) -> Self {
        Self { book, shapes: RefCell::default(), meanings: RefCell::default(), counts: RefCell::default() }
    }

    pub(super) fn shape(&self, id: MetricId, find: impl FnOnce() -> Shape) -> Shape {
        once(&self.shapes, id, find)
    }

    /// What a metric means, as text.
    pub(super) fn meaning(&self, id: MetricId, find: impl FnOnce() -> Rc<str>) -> Rc<str> {
        once(&self.meanings, id, find)
    }

    /// Whether a metric counts rows.
    pub(super) fn counts(&self, id: MetricId, find: impl FnOnce() -> bool) -> bool {
        once(&self.counts, id, find)
    }
}

/// Everything that asks for the book alone can be asked here.
impl Deref for Known<'_> {
    type Target = Book;

    fn deref(&self) -> &Book {
        self.book
    }
}

fn once<T: Clone>(known: &RefCell<HashMap<MetricId, T>>, id: MetricId, find: impl FnOnce() -> T) -> T {
    if let Some(found) = known.borrow().get(&id) {
        return found.clone();
    }
    // Finding may come back here for other metrics: nothing is borrowed meanwhile.
    let found = find();
    known.borrow_mut().insert(id, found.clone());
    found
}
