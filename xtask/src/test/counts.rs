//! Adds up what the test runners say at their ends.

use std::fmt;

#[derive(Clone, Copy)]
pub enum Runner {
    Nextest,
    Libtest,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Counts {
    /// Takes a line of a runner's output; all but its closing ones change nothing.
    pub fn add_line(&mut self, runner: Runner, line: &str) {
        let Some(items) = closing_items(runner, line) else {
            return;
        };
        for (count, word) in items {
            match word {
                "passed" => self.passed += count,
                "failed" | "exec failed" | "timed out" => self.failed += count,
                "skipped" | "ignored" => self.skipped += count,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

fn closing_items(runner: Runner, line: &str) -> Option<Vec<(u64, &str)>> {
    let (list, separator) = match runner {
        Runner::Nextest => {
            let summary = line.trim_start().strip_prefix("Summary [")?;
            (summary.split_once(" run: ")?.1, ',')
        }
        Runner::Libtest => (line.strip_prefix("test result: ")?.split_once(". ")?.1, ';'),
    };
    Some(list.split(separator).filter_map(item).collect())
}

/// Reads `3 timed out` and `3 passed (1 slow`: a note in brackets may hold the separator.
fn item(text: &str) -> Option<(u64, &str)> {
    let text = text.split(" (").next()?.trim();
    let (count, word) = text.split_once(' ')?;
    Some((count.parse().ok()?, word))
}

#[cfg(test)]
mod tests {
    use super::{Counts, Runner};

    fn counts(runner: Runner, lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        for line in lines {
            counts.add_line(runner, line);
        }
        counts
    }

    #[test]
    fn reads_the_summary_of_nextest() {
        let green = "     Summary [   0.012s] 3 tests run: 3 passed, 2 skipped";
        assert_eq!(
            counts(Runner::Nextest, &["        PASS [0.1s] books lots", green]),
            Counts {
                passed: 3,
                failed: 0,
                skipped: 2
            }
        );
        let red = "Summary [ 61.0s] 9/10 tests run: 5 passed (1 slow, 1 leaky), 2 failed, \
                   1 exec failed, 1 timed out, 4 skipped";
        assert_eq!(
            counts(Runner::Nextest, &[red]),
            Counts {
                passed: 5,
                failed: 4,
                skipped: 4
            }
        );
    }

    #[test]
    fn adds_up_the_results_of_cargo_test() {
        let lines = [
            "running 4 tests",
            "test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; \
             finished in 0.00s",
            "test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 5 filtered out",
        ];
        assert_eq!(
            counts(Runner::Libtest, &lines),
            Counts {
                passed: 9,
                failed: 1,
                skipped: 1
            }
        );
    }

    #[test]
    fn ends_with_the_plain_closing_line() {
        let counts = Counts {
            passed: 12,
            failed: 1,
            skipped: 0,
        };
        assert_eq!(counts.to_string(), "12 passed, 1 failed, 0 skipped");
    }
}
