//! The plugin contract of Segue.
