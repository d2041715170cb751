pub mod fx_rate;
pub mod pack;
pub mod price;
