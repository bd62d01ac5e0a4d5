//! Policy documents: read, checked, compiled and run.
