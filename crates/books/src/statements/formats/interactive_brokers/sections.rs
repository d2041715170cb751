//! Which section of a flex query a line belongs to.

use csv::StringRecord;

use super::super::super::{
    cells::Cells,
    columns::{Columns, Names},
    field::Field,
    notation::Notation,
    words::folded,
};

/// The sections whose rows are transactions that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Trades,
    Cash,
}

impl Section {
    pub const READ: [Self; 2] = [Self::Trades, Self::Cash];

    const fn names(self) -> &'static Names {
        match self {
            Self::Trades => TRADES,
            Self::Cash => CASH,
        }
    }
}

const TRADES: &Names = &[
    (Field::Date, &["tradedate", "datetime"]),
    (Field::SettleDate, &["settledatetarget", "settledate"]),
    (Field::Kind, &["buysell"]),
    (Field::Symbol, &["symbol"]),
    (Field::Isin, &["isin"]),
    (Field::Name, &["description"]),
    (Field::SecurityKind, &["assetclass"]),
    (Field::Subtype, &["subcategory"]),
    (Field::Quantity, &["quantity"]),
    (Field::Price, &["tradeprice"]),
    (Field::Multiplier, &["multiplier"]),
    (Field::Amount, &["netcash"]),
    (Field::Gross, &["proceeds"]),
    (Field::Fee, &["ibcommission"]),
    (Field::FeeCurrency, &["ibcommissioncurrency"]),
    (Field::Tax, &["taxes"]),
    (Field::Currency, &["currencyprimary"]),
    (Field::FxRate, &["fxratetobase"]),
    (Field::Id, &["transactionid", "tradeid", "ibexecid"]),
    (Field::Level, &["levelofdetail"]),
];

const CASH: &Names = &[
    (
        Field::Date,
        &["datetime", "date", "reportdate", "settledate"],
    ),
    (Field::SettleDate, &["settledate"]),
    (Field::ExDate, &["exdate"]),
    (Field::Kind, &["type"]),
    (Field::Symbol, &["symbol"]),
    (Field::Isin, &["isin"]),
    (Field::SecurityKind, &["assetclass"]),
    (Field::Subtype, &["subcategory"]),
    (Field::Amount, &["amount"]),
    (Field::Currency, &["currencyprimary"]),
    (Field::FxRate, &["fxratetobase"]),
    (Field::Note, &["description"]),
    (Field::Id, &["transactionid"]),
    (Field::Level, &["levelofdetail"]),
];

/// Fields that no row has as a value: a line with one of them is a header.
const MARKS: [&str; 8] = [
    "clientaccountid",
    "currencyprimary",
    "assetclass",
    "fxratetobase",
    "levelofdetail",
    "reportdate",
    "tradedate",
    "settledatetarget",
];

const MOVED: &str = "corporate actions and transfers are not read from flex queries: record them by hand, and take the \
     sections out of the query";

/// What a section is for.
#[derive(Clone, Debug)]
enum Content {
    Read(Section, Box<Columns>),
    /// Transactions that are not read.
    Moved,
    /// No transactions.
    Other,
}

/// The sections up to the line that was read last.
#[derive(Default)]
pub(super) struct Sections {
    current: Option<Content>,
    columns: [Option<Columns>; 2],
    /// The code of a section whose header comes next.
    announced: Option<String>,
}

pub(super) enum Line {
    /// A row of a section that is read, without the mark before it.
    Row(Section, StringRecord),
    /// What is wrong with a row.
    Fault(String),
    Other,
}

impl Sections {
    /// Sorts a line. An error is a header without a field that is needed.
    pub fn read(&mut self, line: &StringRecord) -> Result<Line, String> {
        let code = line.get(1).unwrap_or_default();
        match line.get(0).unwrap_or_default() {
            "BOS" => {
                self.announced = Some(code.to_owned());
                Ok(Line::Other)
            }
            "BOF" | "BOA" | "EOS" | "EOA" | "EOF" | "MSG" => {
                self.announced = None;
                Ok(Line::Other)
            }
            "HEADER" => self.begin(code, &without_mark(line)),
            "DATA" => Ok(self.row(without_mark(line))),
            _ => {
                let announced = self.announced.take();
                if announced.is_some() || self.current.is_none() || is_header(line) {
                    return self.begin(&announced.unwrap_or_default(), line);
                }
                Ok(self.row(line.clone()))
            }
        }
    }

    fn begin(&mut self, code: &str, header: &StringRecord) -> Result<Line, String> {
        let content = content(code, header)?;
        if let Content::Read(section, columns) = &content {
            self.columns[*section as usize] = Some((**columns).clone());
        }
        self.current = Some(content);
        Ok(Line::Other)
    }

    fn row(&self, record: StringRecord) -> Line {
        match &self.current {
            Some(Content::Read(section, columns)) if record.len() == columns.width() => {
                Line::Row(*section, record)
            }
            Some(Content::Read(_, columns)) => Line::Fault(format!(
                "the row has {} fields, the header of its section has {}",
                record.len(),
                columns.width()
            )),
            Some(Content::Moved) => Line::Fault(MOVED.to_owned()),
            _ => Line::Other,
        }
    }

    pub fn has_transactions(&self) -> bool {
        self.columns.iter().any(Option::is_some)
    }

    pub fn name(&self, section: Section, field: Field) -> Option<String> {
        let columns = self.columns[section as usize].as_ref()?;
        columns.name(field).map(str::to_owned)
    }

    /// The fields of a row of the section that was read last.
    pub fn cells<'a>(
        &'a self,
        line: u64,
        section: Section,
        record: &'a StringRecord,
        notation: &'a Notation,
    ) -> Cells<'a> {
        static NONE: Columns = Columns::none();
        Cells {
            line,
            record,
            columns: self.columns[section as usize].as_ref().unwrap_or(&NONE),
            notation,
            constants: &[],
        }
    }
}

fn without_mark(record: &StringRecord) -> StringRecord {
    record.iter().skip(2).collect()
}

fn is_header(record: &StringRecord) -> bool {
    record
        .iter()
        .any(|field| MARKS.contains(&folded(field).as_str()))
}

/// By its code, or else by its columns.
fn content(code: &str, header: &StringRecord) -> Result<Content, String> {
    let has = |name: &str| header.iter().any(|field| folded(field) == name);
    let section = match code {
        "TRNT" => Section::Trades,
        "CTRN" => Section::Cash,
        "CORP" | "TRFR" => return Ok(Content::Moved),
        "" if has("actiondescription") => return Ok(Content::Moved),
        "" if has("buysell") && has("tradeprice") => Section::Trades,
        "" if has("type") && has("amount") && !has("quantity") => Section::Cash,
        "" if has("type") && has("quantity") && (has("amount") || has("transferprice")) => {
            return Ok(Content::Moved);
        }
        _ => return Ok(Content::Other),
    };
    let columns = Columns::find(header.iter(), section.names(), None)?;
    let required: &[(Field, &str)] = match section {
        Section::Trades => &[
            (Field::Date, "TradeDate"),
            (Field::Kind, "Buy/Sell"),
            (Field::Symbol, "Symbol"),
            (Field::Quantity, "Quantity"),
            (Field::Price, "TradePrice"),
            (Field::Fee, "IBCommission"),
            (Field::Currency, "CurrencyPrimary"),
        ],
        Section::Cash => &[
            (Field::Date, "Date/Time"),
            (Field::Kind, "Type"),
            (Field::Amount, "Amount"),
            (Field::Currency, "CurrencyPrimary"),
        ],
    };
    let missing: Vec<&str> = required
        .iter()
        .filter(|(field, _)| !columns.has(*field))
        .map(|(_, name)| *name)
        .collect();
    if missing.is_empty() {
        return Ok(Content::Read(section, Box::new(columns)));
    }
    let title = match section {
        Section::Trades => "Trades",
        Section::Cash => "Cash Transactions",
    };
    Err(format!(
        "the section {title} lacks {}: add the field to the query",
        missing.join(", ")
    ))
}
