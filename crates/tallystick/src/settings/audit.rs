use std::{path::PathBuf, time::Duration};

use super::reader::Reader;

/// What is done for those who check the audit log.
#[derive(Clone, Debug)]
pub struct Audit {
    /// Holds how far the log reached, out of reach of the database's owner.
    pub head_file: PathBuf,
    pub head_interval: Duration,
}

pub(super) fn read(reader: &mut Reader) -> Option<Audit> {
    let file = reader.take("audit.head_file", "the path of a file", |text| {
        (!text.is_empty()).then(|| PathBuf::from(text))
    });
    let interval = reader.take_duration("audit.head_interval_s", 1_000..=86_400_000);
    Some(Audit {
        head_file: file?,
        head_interval: interval?,
    })
}
