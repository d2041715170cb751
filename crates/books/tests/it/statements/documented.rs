//! The guide's example is the sample that is tested.

use books::statements::Format;

use super::sample;

fn guide() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/import.md");
    std::fs::read_to_string(path).unwrap()
}

fn block(guide: &str, language: &str) -> String {
    let (_, rest) = guide
        .split_once(&format!("```{language}\n"))
        .expect(language);
    rest.split_once("```").expect("its end").0.to_owned()
}

#[test]
fn the_guides_mapping_and_file_are_those_that_are_tested() {
    let guide = guide();
    assert_eq!(block(&guide, "toml").into_bytes(), sample("mapping.toml"));
    assert_eq!(block(&guide, "csv").into_bytes(), sample("mapped.csv"));
}

#[test]
fn the_guide_names_every_format() {
    let guide = guide();
    for format in Format::ALL {
        assert!(guide.contains(&format!("`{format}`")), "{format}");
    }
}
