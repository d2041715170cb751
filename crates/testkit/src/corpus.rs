use std::path::Path;

/// The files that the fuzzer keeps for a target, with their names.
///
/// # Panics
/// If there is none, or one cannot be read.
pub fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let folder = folder.join(target);
    let entries = std::fs::read_dir(&folder).expect("the target has a corpus");
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("the corpus can be read").path();
        let bytes = std::fs::read(&path).expect("the file can be read");
        (path.display().to_string(), bytes)
    };
    let files: Vec<_> = entries.map(read).collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}
