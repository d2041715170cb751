//! The elements of arrays at the top of a JSON file, one at a time.
//!
//! Only what is needed is kept: the text of one element. Whether it is JSON is for its reader to find out;
//! here are strings and brackets looked at, and no depth of nesting costs anything.

use std::io::{self, BufReader, Bytes, Read};

/// An activity has some hundred bytes; a profile brings its history of prices along.
const LONGEST_ELEMENT: usize = 8 * 1024 * 1024;

pub(super) struct Elements<R> {
    bytes: Bytes<BufReader<R>>,
    peeked: Option<u8>,
    line: u64,
    /// The array that the next element is in.
    within: Option<String>,
    began: bool,
}

/// An element of an array, as it is written.
pub(super) struct Element {
    /// The key of its array.
    pub of: String,
    /// Where it begins.
    pub line: u64,
    pub text: Vec<u8>,
}

#[derive(Debug)]
pub(super) enum Broken {
    Unreadable(io::Error),
    /// What is wrong with the file on a line; nothing after it can be read.
    Syntax {
        line: u64,
        detail: String,
    },
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

type Outcome<T> = Result<T, Broken>;

impl<R: Read> Elements<R> {
    pub fn new(file: R) -> Self {
        Self {
            bytes: BufReader::new(file).bytes(),
            peeked: None,
            line: 1,
            within: None,
            began: false,
        }
    }

    pub fn line(&self) -> u64 {
        self.line
    }

    /// The next element of one of the wanted arrays; `None` at the end of the object.
    pub fn next(&mut self, wanted: &[&str]) -> Outcome<Option<Element>> {
        if !self.began {
            self.expect(b'{', "the file is not a JSON object")?;
            self.began = true;
        }
        loop {
            if let Some(of) = self.within.clone() {
                match self.peek_solid()? {
                    Some(b']') => {
                        self.step()?;
                        self.within = None;
                    }
                    Some(b',') => {
                        self.step()?;
                    }
                    Some(_) => {
                        let line = self.line;
                        let mut text = Vec::new();
                        self.value(Some(&mut text))?;
                        return Ok(Some(Element { of, line, text }));
                    }
                    None => return Err(self.broken("the file ends within an array")),
                }
            } else if !self.entry(wanted)? {
                return Ok(None);
            }
        }
    }

    /// Goes past a key and its value, or into the value if it is an array that is wanted.
    fn entry(&mut self, wanted: &[&str]) -> Outcome<bool> {
        match self.peek_solid()? {
            Some(b'}') => return Ok(false),
            Some(b',') => {
                self.step()?;
                return Ok(true);
            }
            Some(b'"') => {}
            Some(_) => return Err(self.broken("a key in quotes was expected")),
            None => return Err(self.broken("the file ends within its object")),
        }
        let mut key = Vec::new();
        self.value(Some(&mut key))?;
        self.expect(b':', "a colon was expected after a key")?;
        let key: String = serde_json::from_slice(&key).unwrap_or_default();
        let is_array = self.peek_solid()? == Some(b'[');
        if is_array && wanted.contains(&key.as_str()) {
            self.step()?;
            self.within = Some(key);
        } else {
            self.value(None)?;
        }
        Ok(true)
    }

    /// Goes past one value, and keeps its text where it is wanted.
    fn value(&mut self, mut keep: Option<&mut Vec<u8>>) -> Outcome<()> {
        let mut depth = 0_u64;
        let mut length = 0;
        loop {
            let Some(byte) = self.peek()? else {
                return Err(self.broken("the file ends within a value"));
            };
            let ends =
                depth == 0 && (matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace());
            if ends {
                return if length == 0 {
                    Err(self.broken("a value was expected"))
                } else {
                    Ok(())
                };
            }
            if byte == b'"' {
                self.string(&mut keep)?;
            } else {
                self.step()?;
                if let Some(text) = &mut keep {
                    text.push(byte);
                }
            }
            length += 1;
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            if depth == 0 && matches!(byte, b'}' | b']' | b'"') {
                return Ok(());
            }
            if keep
                .as_ref()
                .is_some_and(|text| text.len() > LONGEST_ELEMENT)
            {
                return Err(self.broken("an element is longer than 8 MiB"));
            }
        }
    }

    fn string(&mut self, keep: &mut Option<&mut Vec<u8>>) -> Outcome<()> {
        let (mut quotes, mut escaped) = (0, false);
        while quotes < 2 {
            let Some(byte) = self.step()? else {
                return Err(self.broken("the file ends within a text"));
            };
            if let Some(text) = keep {
                text.push(byte);
                if text.len() > LONGEST_ELEMENT {
                    return Err(self.broken("an element is longer than 8 MiB"));
                }
            }
            quotes += u8::from(byte == b'"' && !escaped);
            escaped = byte == b'\\' && !escaped;
        }
        Ok(())
    }

    fn expect(&mut self, wanted: u8, otherwise: &str) -> Outcome<()> {
        if self.peek_solid()? == Some(wanted) {
            self.step()?;
            return Ok(());
        }
        Err(self.broken(otherwise))
    }

    fn broken(&self, detail: &str) -> Broken {
        Broken::Syntax {
            line: self.line,
            detail: detail.to_owned(),
        }
    }

    /// The next byte that is not white space.
    fn peek_solid(&mut self) -> Outcome<Option<u8>> {
        while self.peek()?.is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.step()?;
        }
        self.peek()
    }

    fn peek(&mut self) -> Outcome<Option<u8>> {
        if self.peeked.is_none() {
            self.peeked = self.bytes.next().transpose()?;
        }
        Ok(self.peeked)
    }

    fn step(&mut self) -> Outcome<Option<u8>> {
        let byte = self.peek()?;
        self.peeked = None;
        self.line += u64::from(byte == Some(b'\n'));
        Ok(byte)
    }
}

#[cfg(test)]
mod tests;
