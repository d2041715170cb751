pub mod reconciliation;
