//! The bytes of a file as UTF-8, from whatever its encoding is; they can be read twice.

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use super::fault::FileFault;

/// Beginnings of other kinds of files, which people take for their statements.
const OTHER_KINDS: [(&[u8], &str); 5] = [
    (
        b"PK\x03\x04",
        "a spreadsheet or an archive (save the sheet as CSV)",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "a spreadsheet of an old kind (save the sheet as CSV)",
    ),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a compressed file (unpack it first)"),
    (b"<", "XML or HTML"),
];

pub(super) struct Source<R> {
    input: R,
    /// Where the text begins, after a byte order mark.
    begin: u64,
    decoding: Option<Decoding>,
}

impl<R: Read + Seek> Source<R> {
    /// Reads on from where `input` stands. A byte order mark says the encoding; else it is `encoding`,
    /// or UTF-8.
    pub fn open(
        mut input: R,
        encoding: Option<&'static Encoding>,
        wanted: &'static str,
    ) -> Result<Self, FileFault> {
        let begin = input.stream_position()?;
        let head = head(&mut input)?;
        if head.is_empty() {
            return Err(FileFault::Empty);
        }
        let text = head.trim_ascii_start();
        if let Some((_, seems)) = OTHER_KINDS.iter().find(|(mark, _)| text.starts_with(mark)) {
            return Err(FileFault::OtherKind { seems, wanted });
        }
        let (encoding, mark) = match Encoding::for_bom(&head) {
            Some((encoding, length)) => (encoding, length as u64),
            None => (encoding.unwrap_or(UTF_8), 0),
        };
        if encoding == UTF_8 && head.contains(&0) {
            return Err(FileFault::OtherKind {
                seems: "a binary file, or text in UTF-16 without a byte order mark",
                wanted,
            });
        }
        let mut source = Self {
            input,
            begin: begin + mark,
            decoding: (encoding != UTF_8).then(|| Decoding::of(encoding)),
        };
        source.rewind()?;
        Ok(source)
    }

    /// Goes back to the beginning of the text.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.input.seek(SeekFrom::Start(self.begin))?;
        if let Some(decoding) = &mut self.decoding {
            *decoding = Decoding::of(decoding.encoding);
        }
        Ok(())
    }
}

fn head(input: &mut impl Read) -> io::Result<Vec<u8>> {
    const LENGTH: u64 = 512;
    let mut head = Vec::new();
    input.take(LENGTH).read_to_end(&mut head)?;
    Ok(head)
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.decoding {
            None => self.input.read(buffer),
            Some(decoding) => decoding.read(&mut self.input, buffer),
        }
    }
}

const CHUNK: usize = 8 * 1024;

struct Decoding {
    encoding: &'static Encoding,
    decoder: Decoder,
    /// Decoded, and not yet given away from `given` on.
    text: Vec<u8>,
    given: usize,
    ended: bool,
}

impl Decoding {
    fn of(encoding: &'static Encoding) -> Self {
        Self {
            encoding,
            decoder: encoding.new_decoder_without_bom_handling(),
            text: Vec::new(),
            given: 0,
            ended: false,
        }
    }

    fn read(&mut self, input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.decode(input)?;
        }
        let rest = self.text.get(self.given..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.given += length;
        Ok(length)
    }

    fn decode(&mut self, input: &mut impl Read) -> io::Result<()> {
        let mut raw = [0; CHUNK];
        let length = input.read(&mut raw)?;
        self.ended = length == 0;
        let most = self
            .decoder
            .max_utf8_buffer_length_without_replacement(CHUNK);
        self.text.resize(most.unwrap_or(4 * CHUNK), 0);
        self.given = 0;
        let (result, _, written) = self.decoder.decode_to_utf8_without_replacement(
            &raw[..length],
            &mut self.text,
            self.ended,
        );
        self.text.truncate(written);
        if result == DecoderResult::InputEmpty {
            return Ok(());
        }
        let message = format!("its text is not {}", self.encoding.name());
        Err(io::Error::new(io::ErrorKind::InvalidData, message))
    }
}

#[cfg(test)]
mod tests;
