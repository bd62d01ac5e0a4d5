//! The replicated log and state machine: openraft on redb.
