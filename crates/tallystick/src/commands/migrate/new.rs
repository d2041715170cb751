use std::path::Path;

use chrono::Utc;
use serde_json::json;

use crate::{
    cli::Json,
    error::Error,
    output::{print, print_json},
};

pub fn run(name: &[String], dir: &Path, output: Json) -> Result<(), Error> {
    let stamp = Utc::now().format("%Y%m%d_%H%M%S").to_string();
    let made = migration::new_file(dir, &stamp, &name.join("_"))?;
    let file = made.file.display().to_string();
    if output.json {
        return print_json(&json!({ "name": made.name, "file": file }));
    }
    print(&format!(
        "{file} is there, and registered. Write both ways, then look at them with `tallystick migrate \
         show {}` and `tallystick migrate lint`.",
        made.name
    ))
}
