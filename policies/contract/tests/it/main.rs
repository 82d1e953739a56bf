//! Policies of other kinds than the bundled ones, sketched to prove that the
//! contract can hold them, and the tables that the export macros make.

#[path = "../../src/testing.rs"]
mod testing;

mod coded;
mod deadline;
mod tables;
mod tempo;
