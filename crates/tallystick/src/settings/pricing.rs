use std::{path::PathBuf, time::Duration};

use super::reader::Reader;

/// Where prices come from, and who is told of packs.
#[derive(Clone, Debug)]
pub struct Pricing {
    pub sources_file: Option<PathBuf>,
    /// Programs that are run with a pack's id: once it is filled, and once it is fresh.
    pub metrics_hook: Option<PathBuf>,
    pub alerts_hook: Option<PathBuf>,
    pub hook_timeout: Duration,
}

pub(super) fn read(reader: &mut Reader) -> Option<Pricing> {
    let mut read_path = |key, expected| {
        reader.take(key, expected, |text| {
            Some((!text.is_empty()).then(|| PathBuf::from(text)))
        })
    };
    let file = read_path("pricing.sources_file", "the path of a file of sources");
    let metrics = read_path("pricing.metrics_hook", "the path of a program");
    let alerts = read_path("pricing.alerts_hook", "the path of a program");
    let timeout = reader.take_duration("pricing.hook_timeout_s", 1_000..=86_400_000);
    Some(Pricing {
        sources_file: file?,
        metrics_hook: metrics?,
        alerts_hook: alerts?,
        hook_timeout: timeout?,
    })
}
