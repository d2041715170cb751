//! `tallystick openapi`: the contract of the REST interface.

use crate::{error::Error, output::print};

pub fn run() -> Result<(), Error> {
    print(api::openapi::json().trim_end())
}
