pub mod fx_rate;
pub mod pack;
pub mod pack_build_step;
pub mod price;
