//! Policies of other kinds than the bundled ones, sketched to prove that the
//! contract can hold them, and the tables that the export macros make.

use segue_policy::testing;

mod coded;
mod deadline;
mod header;
mod session;
mod tables;
mod tempo;
