//! The first reading of a file: what its columns say about their own notation.

use super::{
    cells::Cells,
    columns::Columns,
    dates::{self, DateRule, Order},
    evidence::{Decision, Evidence, Seen},
    fault::{FileFault, RowFault},
    field::Field,
    layout::{Amounts, DateDecision, Layout, MarkDecision},
    mapping::Mapping,
    notation::Notation,
    numbers::{self, Mark},
    signs::{AmountSign, CostSign, SignEvidence},
};

/// What was seen so far. Its size does not grow with the file.
pub(super) struct Survey {
    dates: [Evidence; Field::COUNT],
    numbers: [Evidence; Field::COUNT],
    signs: SignEvidence,
    /// `First` is a positive fee or tax, `Second` a negative one.
    costs: Evidence,
}

impl Survey {
    pub fn new() -> Self {
        Self {
            dates: [const { EMPTY }; Field::COUNT],
            numbers: [const { EMPTY }; Field::COUNT],
            signs: SignEvidence::default(),
            costs: Evidence::default(),
        }
    }

    /// Takes note of the notation of a row.
    pub fn add(&mut self, cells: &Cells<'_>) {
        for field in Field::DATES {
            if let Some(text) = cells.text(field) {
                self.dates[field as usize].add(dates::says(text), cells.line, text);
            }
        }
        for field in Field::NUMBERS {
            for text in cells.texts(field) {
                self.numbers[field as usize].add(numbers::says(text), cells.line, text);
                if matches!(field, Field::Fee | Field::Tax) {
                    self.add_cost(text, cells.line);
                }
            }
        }
    }

    fn add_cost(&mut self, text: &str, line: u64) {
        if let Some(is_negative) = numbers::is_negative(text) {
            self.costs.add(numbers::sign(is_negative), line, text);
        }
    }

    /// Takes note of the sign of a row's amount.
    pub fn add_sign(&mut self, cells: &Cells<'_>, layout: &Layout, mapping: Option<&Mapping>) {
        if layout.amounts == Amounts::Known {
            return;
        }
        let more = mapping.map_or(&[][..], |mapping| &mapping.types);
        let Some(text) = cells.text(Field::Amount) else {
            return;
        };
        let Some(is_negative) = numbers::is_negative(text) else {
            return;
        };
        let word = cells.word(layout.words, more);
        if let Some(Ok(Some(booking))) = word.map(|word| word.booking(is_negative)) {
            self.signs.add(booking, is_negative, cells.line, text);
        }
    }

    /// The notation of each column; what a mapping says goes before what was seen.
    pub fn decide(
        self,
        columns: &Columns,
        layout: &Layout,
        mapping: Option<&Mapping>,
    ) -> Result<Notation, FileFault> {
        let mut notation = Notation::PLAIN;
        for field in Field::DATES {
            notation.dates[field as usize] = self.date_rule(columns, field, layout, mapping)?;
        }
        for field in Field::NUMBERS {
            notation.numbers[field as usize] = self.mark(columns, field, layout, mapping)?;
        }
        notation.amount = self.amount_sign(columns, layout, mapping)?;
        notation.amount_is_gross = mapping.is_some_and(|mapping| mapping.amount_is_gross);
        notation.cost = self.cost_sign(columns, mapping)?;
        Ok(notation)
    }

    fn date_rule(
        &self,
        columns: &Columns,
        field: Field,
        layout: &Layout,
        mapping: Option<&Mapping>,
    ) -> Result<DateRule, FileFault> {
        if let Some(format) = mapping.and_then(|mapping| mapping.date_format) {
            return Ok(DateRule::Only(format));
        }
        if layout.dates == DateDecision::DayFirst {
            return Ok(DateRule::Order(Order::DayFirst));
        }
        match self.dates[field as usize].decide() {
            Decision::First | Decision::Either => Ok(DateRule::Order(Order::DayFirst)),
            Decision::Second => Ok(DateRule::Order(Order::MonthFirst)),
            Decision::Ambiguous(seen) => Err(FileFault::Ambiguous(fault(columns, field, &seen, {
                "can be read with the day first or with the month first, and no date of the column tells \
                 which: name the format in a mapping (date_format = \"DD/MM/YYYY\" or \"MM/DD/YYYY\")"
            }))),
            Decision::Contradictory(day_first, month_first) => {
                Err(contradiction(columns, field, &month_first, &day_first, {
                    "has its month first, unlike"
                }))
            }
        }
    }

    fn mark(
        &self,
        columns: &Columns,
        field: Field,
        layout: &Layout,
        mapping: Option<&Mapping>,
    ) -> Result<Mark, FileFault> {
        if let Some(mark) = mapping.and_then(|mapping| mapping.decimal_mark) {
            return Ok(mark);
        }
        let decision = match layout.marks {
            MarkDecision::Point => return Ok(Mark::Point),
            MarkDecision::ByColumn => self.numbers[field as usize].decide(),
            MarkDecision::ByFile => self.all_numbers().decide(),
        };
        match decision {
            Decision::First | Decision::Either => Ok(Mark::Point),
            Decision::Second => Ok(Mark::Comma),
            Decision::Ambiguous(seen) => Err(FileFault::Ambiguous(fault(columns, field, &seen, {
                "can be read with decimals or with separated thousands, and no number of the column tells \
                 which: name the decimal mark in a mapping (decimal_mark = \".\" or \",\")"
            }))),
            Decision::Contradictory(point, comma) => {
                Err(contradiction(columns, field, &comma, &point, {
                    "has a comma before its decimals, unlike"
                }))
            }
        }
    }

    fn all_numbers(&self) -> Evidence {
        let mut all = Evidence::default();
        for evidence in &self.numbers {
            all.merge(evidence);
        }
        all
    }

    fn amount_sign(
        &self,
        columns: &Columns,
        layout: &Layout,
        mapping: Option<&Mapping>,
    ) -> Result<AmountSign, FileFault> {
        if let Some(sign) = mapping.and_then(|mapping| mapping.amount_sign) {
            return Ok(sign);
        }
        if layout.amounts == Amounts::Known {
            return Ok(AmountSign::ByType);
        }
        self.signs.decide().map_err(|(positive, negative)| {
            let detail = format!(
                "the signs of amounts are not clear: {} on line {} and {} on line {}; say in a mapping what \
                 they mean (amount_sign = \"cash\", \"unsigned\", \"inverted\" or \"ignored\")",
                positive.text, positive.line, negative.text, negative.line
            );
            FileFault::Contradictory(RowFault {
                line: negative.line,
                column: columns.name(Field::Amount).map(str::to_owned),
                detail,
            })
        })
    }

    fn cost_sign(
        &self,
        columns: &Columns,
        mapping: Option<&Mapping>,
    ) -> Result<CostSign, FileFault> {
        if let Some(sign) = mapping.and_then(|mapping| mapping.cost_sign) {
            return Ok(sign);
        }
        match self.costs.decide() {
            Decision::Second => Ok(CostSign::Negative),
            Decision::Contradictory(positive, negative) => {
                let detail = format!(
                    "fees and taxes have both signs: {} on line {} and {} on line {}; say in a mapping which \
                     one is paid (cost_sign = \"positive\" or \"negative\")",
                    positive.text, positive.line, negative.text, negative.line
                );
                let column = [Field::Fee, Field::Tax];
                let column = column.iter().find_map(|field| columns.name(*field));
                Err(FileFault::Contradictory(RowFault {
                    line: negative.line,
                    column: column.map(str::to_owned),
                    detail,
                }))
            }
            _ => Ok(CostSign::Positive),
        }
    }
}

const EMPTY: Evidence = Evidence {
    first: None,
    second: None,
    both: None,
};

fn fault(columns: &Columns, field: Field, seen: &Seen, detail: &str) -> RowFault {
    RowFault {
        line: seen.line,
        column: columns.name(field).map(str::to_owned),
        detail: format!("`{}` {detail}", seen.text),
    }
}

fn contradiction(
    columns: &Columns,
    field: Field,
    seen: &Seen,
    other: &Seen,
    detail: &str,
) -> FileFault {
    let detail = format!("{detail} `{}` on line {}", other.text, other.line);
    FileFault::Contradictory(fault(columns, field, seen, &detail))
}
