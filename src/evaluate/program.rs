//! A program that owns its bytes.

use crate::bind::{ColumnSpec, Format, TableSpec};
use crate::error::Error;
use crate::lookup::{Plan, PlanTable};
use ripplemark_core as core;
use ripplemark_core::program::FormatView;
use ripplemark_core::program::layout::Section;
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
    plan: Arc<Plan>,
}

impl Program {
    /// Reads and validates program bytes.
    ///
    /// # Errors
    /// If the bytes are not a whole, consistent program of this version. Never panics.
    pub fn from_bytes(bytes: impl Into<Box<[u8]>>) -> Result<Program, Error> {
        let owned = Owned::try_new(bytes.into(), |bytes| core::Program::from_bytes(bytes))?;
        check_formats(owned.borrow_dependent())?;
        // What the core does not read is checked here, so that a program that loads can be run.
        let refused = || core::Error::new(core::Code::ProgramSection, Section::Lookups as usize);
        let plan = Plan::of(owned.borrow_dependent()).ok_or_else(refused)?;
        Ok(Program { owned: Arc::new(owned), plan: Arc::new(plan) })
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

    /// The tables that have to be provided, with the columns that are read of each, in an order in which they can be
    /// fed: tables in which rows are looked up come before those whose rows look.
    #[must_use]
    pub fn tables(&self) -> Vec<TableSpec> {
        let zone = self.view().zone();
        let spec = |table: &PlanTable| TableSpec {
            name: table.name.clone(),
            columns: (table.columns.iter())
                .map(|column| ColumnSpec {
                    name: column.name.clone(),
                    source: column.source.clone(),
                    ty: column.ty,
                    format: column.format.as_ref().and_then(|(pattern, utc)| {
                        Format::of(Some(FormatView { pattern, utc: *utc }), column.ty, zone)
                    }),
                    required: true,
                })
                .collect(),
            lookup: table.is_target(),
        };
        self.plan.tables.iter().map(spec).collect()
    }

    /// Which tables have to be provided, and where every column comes from.
    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }
}

/// The core knows that a format is text, and not whether it is one.
fn check_formats(view: &View<'_>) -> Result<(), core::Error> {
    let mut record = 0;
    for table in (0..view.table_count()).map(|t| view.table(t)) {
        for column in (0..table.column_count).map(|c| view.column(&table, c)) {
            if column.format.is_some_and(|format| Format::new(format.pattern, column.ty).is_err()) {
                return Err(core::Error::new(core::Code::ProgramTable, record));
            }
            record += 1;
        }
    }
    Ok(())
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("bytes", &self.bytes().len()).finish_non_exhaustive()
    }
}
