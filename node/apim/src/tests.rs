//! Whole folders, small and made up.
