//! A program that owns its bytes.

use crate::bind::{ColumnSpec, TableSpec};
use crate::error::Error;
use ripplemark_core as core;
use self_cell::self_cell;
use sha2::{Digest, Sha256};
use std::sync::Arc;

type View<'a> = core::Program<'a>;

self_cell!(
    struct Owned {
        owner: Box<[u8]>,
        #[covariant]
        dependent: View,
    }
);

/// A validated program. Cloning shares the bytes; threads may share one program.
#[derive(Clone)]
pub struct Program {
    owned: Arc<Owned>,
}

impl Program {
    /// Reads and validates program bytes.
    ///
    /// # Errors
    /// If the bytes are not a whole, consistent program of this version. Never panics.
    pub fn from_bytes(bytes: impl Into<Box<[u8]>>) -> Result<Program, Error> {
        let owned = Owned::try_new(bytes.into(), |bytes| core::Program::from_bytes(bytes))?;
        Ok(Program { owned: Arc::new(owned) })
    }

    /// Compiles a query against a book.
    ///
    /// # Errors
    /// Every problem of the query at once.
    #[cfg(feature = "compile")]
    pub fn compile(book: &crate::model::Book, query: &crate::model::Query) -> Result<Program, Error> {
        Program::from_bytes(crate::lower::compile(book, query).map_err(Error::query)?)
    }

    /// The program as the core sees it.
    #[must_use]
    pub fn view(&self) -> &core::Program<'_> {
        self.owned.borrow_dependent()
    }

    /// The bytes, to be stored or handed to another language.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.owned.borrow_owner()
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }

    /// The tables that the program reads, with the columns it needs of each.
    #[must_use]
    pub fn tables(&self) -> Vec<TableSpec> {
        let view = self.view();
        (0..view.table_count())
            .map(|t| {
                let table = view.table(t);
                let columns = (0..table.column_count)
                    .map(|c| {
                        let column = view.column(&table, c);
                        ColumnSpec {
                            name: column.name.to_owned(),
                            source: column.source.to_owned(),
                            ty: column.ty,
                            required: true,
                        }
                    })
                    .collect();
                TableSpec { name: table.name.to_owned(), columns }
            })
            .collect()
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("bytes", &self.bytes().len()).finish_non_exhaustive()
    }
}
