//! What is left of the promises when servers and networks fail. Real servers, seeded luck, figures
//! printed; `cargo xtask faults` runs the same at full length.

mod black_hole;
mod crowd;
mod deeds;
mod outages;
mod plan;
mod site;
