//! Segue sound.
