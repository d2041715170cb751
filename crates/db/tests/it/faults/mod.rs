//! What is left of the promises when servers and networks fail. Real servers, seeded luck, figures
//! printed; `cargo xtask faults` runs the same at full length.

mod black_hole;
mod cancellation;
mod commits;
mod crowd;
mod crowding;
mod deeds;
mod outages;
mod plan;
mod resets;
mod retries;
mod site;
mod slow_statements;
mod start;
