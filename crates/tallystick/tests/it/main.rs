//! The program as its users meet it: its commands, what they print, and their exit status.

// Every line here is a test's, though clippy takes only functions marked so for tests.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod accounts;
mod audit;
mod demo;
mod doctor;
mod edge;
mod export;
mod faults;
mod faults_drain;
mod faults_migrate;
mod faults_slow_clients;
mod import;
mod kill;
mod migrate;
mod migrate_look;
mod nightly;
mod pack_files;
mod packs;
mod positions;
mod previous_release;
mod producers;
mod reconcile;
mod reservations;
mod restatements;
mod retention;
mod roles;
mod secrets;
mod series;
mod serve;
mod settings;
mod support;
mod telemetry;
mod usage;
mod value;
mod without_database;
