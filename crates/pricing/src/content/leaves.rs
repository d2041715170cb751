//! The leaves of a stored pack in the order of their bytes, which no engine can order by: in memory up to a
//! bound, beyond it in sorted runs on disk that are merged.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Lines, Seek, Write},
    vec,
};

use chrono::NaiveDate;

use super::{FxRow, PriceRow, header, merkle::TreeHasher};

/// Memory of one run, in bytes.
const RUN: usize = 16 * 1024 * 1024;

/// Leaves that come in any order, row by row.
pub(crate) struct Leaves {
    header: String,
    rows: usize,
    run: Vec<String>,
    bytes: usize,
    longest_run: usize,
    written: Vec<File>,
}

impl Leaves {
    pub fn new(asof: NaiveDate, policy: &str) -> Self {
        Self::with_runs_of(RUN, asof, policy)
    }

    pub(super) fn with_runs_of(longest_run: usize, asof: NaiveDate, policy: &str) -> Self {
        Self {
            header: header(asof, policy),
            rows: 0,
            run: Vec::new(),
            bytes: 0,
            longest_run,
            written: Vec::new(),
        }
    }

    pub fn push_price(&mut self, price: &PriceRow) -> io::Result<()> {
        self.push(price.leaf())
    }

    pub fn push_fx_rate(&mut self, rate: &FxRow) -> io::Result<()> {
        self.push(rate.leaf())
    }

    /// How many rows there are beside the header.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// `sha256:` and the lower-case hex of the Merkle tree hash.
    pub fn hash(self) -> io::Result<String> {
        let mut tree = TreeHasher::default();
        for leaf in self.sorted()? {
            tree.push(leaf?.as_bytes());
        }
        Ok(tree.finish_as_text())
    }

    pub fn sorted(mut self) -> io::Result<SortedLeaves> {
        self.run.sort_unstable();
        let mut runs = vec![Run::InMemory(self.run.into_iter())];
        for mut file in self.written {
            file.rewind()?;
            runs.push(Run::OnDisk(BufReader::new(file).lines()));
        }
        SortedLeaves::merge(self.header, runs)
    }

    fn push(&mut self, leaf: String) -> io::Result<()> {
        self.bytes += leaf.capacity() + size_of::<String>();
        self.run.push(leaf);
        self.rows += 1;
        if self.bytes >= self.longest_run {
            self.write_run()?;
        }
        Ok(())
    }

    /// One leaf a line: a canonical row holds no line end, since JSON escapes it.
    fn write_run(&mut self) -> io::Result<()> {
        self.run.sort_unstable();
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for leaf in self.run.drain(..) {
            writeln!(file, "{leaf}")?;
        }
        self.bytes = 0;
        self.written.push(file.into_inner()?);
        Ok(())
    }
}

/// The canonical rows of a pack, the header first and the others sorted as byte strings. An error is one of
/// the disk, and the last item.
#[derive(Debug)]
pub struct SortedLeaves {
    header: Option<String>,
    /// The next leaf of each run, with the run's number.
    next: BinaryHeap<Reverse<(String, usize)>>,
    runs: Vec<Run>,
}

impl SortedLeaves {
    fn merge(header: String, runs: Vec<Run>) -> io::Result<Self> {
        let mut merged = Self {
            header: Some(header),
            next: BinaryHeap::with_capacity(runs.len()),
            runs,
        };
        for run in 0..merged.runs.len() {
            merged.advance(run)?;
        }
        Ok(merged)
    }

    fn advance(&mut self, run: usize) -> io::Result<()> {
        if let Some(leaf) = self.runs[run].next().transpose()? {
            self.next.push(Reverse((leaf, run)));
        }
        Ok(())
    }
}

impl Iterator for SortedLeaves {
    type Item = io::Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(header) = self.header.take() {
            return Some(Ok(header));
        }
        let Reverse((leaf, run)) = self.next.pop()?;
        if let Err(error) = self.advance(run) {
            self.next.clear();
            return Some(Err(error));
        }
        Some(Ok(leaf))
    }
}

#[derive(Debug)]
enum Run {
    InMemory(vec::IntoIter<String>),
    OnDisk(Lines<BufReader<File>>),
}

impl Iterator for Run {
    type Item = io::Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::InMemory(leaves) => leaves.next().map(Ok),
            Self::OnDisk(leaves) => leaves.next(),
        }
    }
}
