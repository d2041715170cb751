use std::io::{Cursor, Read, Seek, SeekFrom};

use encoding_rs::{UTF_16LE, WINDOWS_1252};

use super::Source;

#[test]
fn the_text_is_read_twice_alike_from_where_the_input_stood() {
    let mut input = Cursor::new(b"skipped\xef\xbb\xbfa line\n".to_vec());
    input.seek(SeekFrom::Start(7)).unwrap();
    let mut source = Source::open(input, None, "text").unwrap();
    for _ in 0..2 {
        let mut text = String::new();
        source.read_to_string(&mut text).unwrap();
        assert_eq!(text, "a line\n");
        source.rewind().unwrap();
    }
}

#[test]
fn a_long_text_is_decoded_piece_by_piece() {
    let text = "Grüße, 100 € für Bücher\n".repeat(2_000);
    let (bytes, _, _) = WINDOWS_1252.encode(&text);
    let mut source =
        Source::open(Cursor::new(bytes.into_owned()), Some(WINDOWS_1252), "text").unwrap();
    for _ in 0..2 {
        let mut read = String::new();
        source.read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
        source.rewind().unwrap();
    }
}

#[test]
fn what_is_not_in_its_encoding_is_an_error_and_not_another_letter() {
    let half = b"\xff\xfea\0\0\xd8".to_vec();
    let mut source = Source::open(Cursor::new(half), Some(UTF_16LE), "text").unwrap();
    let error = source.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "its text is not UTF-16LE");
}
