//! What the helpers for statements promise, on both engines.
