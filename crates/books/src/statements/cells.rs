//! The fields of one row, read in the notation of their columns.

use chrono::NaiveDate;
use csv::StringRecord;
use entity::values::SecurityKind;
use rust_decimal::Decimal;

use super::{
    booking::{Booking, Word, Words},
    columns::Columns,
    dates,
    evidence::shortened,
    exact,
    faults::Faults,
    field::Field,
    isin, marked,
    notation::Notation,
    numbers,
    row::SecurityName,
    signs::CostSign,
    words::{did_you_mean, folded},
};
use crate::{currency, text};

#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    pub line: u64,
    pub record: &'a StringRecord,
    pub columns: &'a Columns,
    pub notation: &'a Notation,
    /// What every row says, unless it says something else.
    pub constants: &'a [(Field, String)],
}

impl<'a> Cells<'a> {
    /// A field as it is written; `None` where it is blank, or has no column.
    pub fn text(&self, field: Field) -> Option<&'a str> {
        let place = self.columns.places(field).first();
        let written = place.and_then(|place| self.at(*place));
        written.or_else(|| {
            let constant = self.constants.iter().find(|(of, _)| *of == field);
            constant.map(|(_, value)| value.as_str())
        })
    }

    fn at(&self, place: usize) -> Option<&'a str> {
        let cell = self.record.get(place)?;
        if let Some(text) = marked::text_of(cell) {
            return Some(text);
        }
        let text = cell.trim();
        (!marked::is_blank(text)).then_some(text)
    }

    /// A field of several columns as they are written, without the blank ones.
    pub fn texts(&self, field: Field) -> impl Iterator<Item = &'a str> {
        let places = self.columns.places(field).iter();
        places.filter_map(|place| self.at(*place))
    }

    pub fn owned(&self, field: Field) -> Option<String> {
        self.text(field).map(str::to_owned)
    }

    pub fn name(&self, field: Field) -> Option<&'a str> {
        self.columns.name(field)
    }

    pub fn fault(&self, faults: &mut Faults, field: Field, detail: impl Into<String>) {
        faults.note(self.name(field), detail);
    }

    pub fn missing(&self, faults: &mut Faults, field: Field, detail: impl Into<String>) {
        faults.note_missing(self.name(field), detail);
    }

    /// Notes text that no database can keep.
    pub fn check_text(&self, faults: &mut Faults) {
        for (place, cell) in self.record.iter().enumerate() {
            if !text::is_storable(cell) {
                let column = self.columns.header().get(place).map(String::as_str);
                faults.note(
                    column,
                    "it holds the character U+0000, which cannot be stored",
                );
            }
        }
    }

    pub fn date(&self, field: Field, faults: &mut Faults) -> Option<NaiveDate> {
        let rule = self.notation.dates[field as usize];
        match dates::parse(self.text(field)?, rule) {
            Ok(date) => Some(date),
            Err(detail) => {
                self.fault(faults, field, detail);
                None
            }
        }
    }

    /// A date that every row has.
    pub fn required_date(&self, field: Field, faults: &mut Faults) -> Option<NaiveDate> {
        if self.text(field).is_none() {
            self.fault(faults, field, "the row has no date");
        }
        self.date(field, faults)
    }

    pub fn number(&self, field: Field, faults: &mut Faults) -> Option<Decimal> {
        self.number_of(field, self.text(field)?, faults)
    }

    fn number_of(&self, field: Field, text: &str, faults: &mut Faults) -> Option<Decimal> {
        match numbers::parse(text, self.notation.numbers[field as usize]) {
            Ok(number) => Some(number),
            Err(detail) => {
                self.fault(faults, field, detail);
                None
            }
        }
    }

    /// Units, whatever their sign; zero where the row has none.
    pub fn units(&self, faults: &mut Faults) -> Decimal {
        let units = self.number(Field::Quantity, faults);
        units.unwrap_or_default().abs()
    }

    pub fn price(&self, faults: &mut Faults) -> Option<Decimal> {
        let price = self.number(Field::Price, faults)?;
        if price.is_sign_negative() && !price.is_zero() {
            self.fault(
                faults,
                Field::Price,
                format!("the price {price} is negative"),
            );
        }
        Some(price)
    }

    /// What a fee or tax costs, the sum of its columns; zero where the row has none.
    pub fn cost(&self, field: Field, faults: &mut Faults) -> Decimal {
        let mut sum = Decimal::ZERO;
        for place in self.columns.places(field) {
            let number = self
                .at(*place)
                .map(|text| self.number_of(field, text, faults));
            let number = number.flatten().unwrap_or_default();
            sum = exact::sum(sum, number).unwrap_or_else(|| {
                self.fault(
                    faults,
                    field,
                    "the sum of its columns has more than 28 digits",
                );
                Decimal::ZERO
            });
        }
        let cost = match self.notation.cost {
            CostSign::Positive => sum,
            CostSign::Negative => -sum,
        };
        if cost < Decimal::ZERO {
            let detail = format!("{sum} is paid back, not paid: give it a row of its own");
            self.fault(faults, field, detail);
        }
        cost.abs()
    }

    /// The currency of the row's cash.
    pub fn currency(&self, faults: &mut Faults) -> Option<String> {
        let Some(code) = self.text(Field::Currency) else {
            self.fault(faults, Field::Currency, "the row has no currency");
            return None;
        };
        self.currency_code(Field::Currency, code, faults)
    }

    pub fn optional_currency(&self, field: Field, faults: &mut Faults) -> Option<String> {
        self.currency_code(field, self.text(field)?, faults)
    }

    /// Capitals, or small letters throughout: `GBp` is pence, and no currency.
    fn currency_code(&self, field: Field, code: &str, faults: &mut Faults) -> Option<String> {
        let is_small = code.bytes().all(|byte| byte.is_ascii_lowercase());
        let capitals = if is_small {
            code.to_ascii_uppercase()
        } else {
            code.to_owned()
        };
        if currency::is_known(&capitals) {
            return Some(capitals);
        }
        let pence = match code {
            "GBp" | "GBX" | "GBx" | "ZAc" | "ILA" => {
                "; amounts in pence or cents must be written in the currency itself, a hundredth"
            }
            _ => "",
        };
        let code = shortened(code);
        let detail = format!("`{code}` is not a currency of ISO 4217, such as USD{pence}");
        self.fault(faults, field, detail);
        None
    }

    /// What the row's type means; `None` if the row is no transaction, or after its fault was noted.
    pub fn booking(
        &self,
        words: &Words,
        more: &[(String, Word)],
        faults: &mut Faults,
    ) -> Option<Booking> {
        let Some(written) = self.text(Field::Kind) else {
            self.fault(faults, Field::Kind, "the row has no type");
            return None;
        };
        let Some(word) = self.word(words, more) else {
            let known = words.iter().flat_map(|(_, words)| words.iter().copied());
            let near = did_you_mean(written, known);
            let written = shortened(written);
            let detail = format!("the type `{written}` is not known{near}");
            self.fault(faults, Field::Kind, detail);
            return None;
        };
        if let (Word::Told(kind, _), Some(_)) = (word, self.text(Field::CashEffect)) {
            return Some(Booking::usual(kind));
        }
        let amount = self.text(Field::Amount);
        let is_negative = amount.and_then(numbers::is_negative).unwrap_or(false);
        match word.booking(is_negative) {
            Ok(booking) => booking,
            Err(why) => {
                self.fault(faults, Field::Kind, why);
                None
            }
        }
    }

    pub fn word(&self, words: &Words, more: &[(String, Word)]) -> Option<Word> {
        let written = folded(self.text(Field::Kind)?);
        let mapped = more.iter().find(|(word, _)| *word == written);
        let known = || {
            words
                .iter()
                .find(|(_, known)| known.contains(&written.as_str()))
        };
        mapped
            .map(|(_, word)| *word)
            .or_else(|| known().map(|(word, _)| *word))
    }

    /// The security that the row names, if it names one.
    pub fn security(&self, faults: &mut Faults) -> Option<SecurityName> {
        let ticker = self.text(Field::Symbol);
        let isin = match self.text(Field::Isin) {
            Some(text) => {
                let read = isin::read(text);
                if read.is_none() {
                    let text = shortened(text);
                    self.fault(faults, Field::Isin, format!("`{text}` is not an ISIN"));
                }
                read
            }
            None => ticker.and_then(isin::read),
        };
        let symbol = ticker
            .map(str::to_owned)
            .or_else(|| isin.clone())
            .or_else(|| self.owned(Field::OtherNumber))
            .or_else(|| self.owned(Field::Name))?;
        Some(SecurityName {
            symbol,
            isin,
            name: self.owned(Field::Name),
            kind: self.text(Field::SecurityKind).and_then(security_kind),
            currency: self.optional_currency(Field::SecurityCurrency, faults),
        })
    }
}

/// What a word for a class of securities means, if it is a usual one.
pub(super) fn security_kind(word: &str) -> Option<SecurityKind> {
    Some(match folded(word).as_str() {
        "equity" | "equities" | "stock" | "stocks" | "stk" | "share" | "shares" | "common"
        | "commonstock" | "aktie" | "aktien" | "adr" | "reit" => SecurityKind::Equity,
        "etf" | "etfs" | "etc" | "etn" | "etp" => SecurityKind::Etf,
        "fund" | "funds" | "mutualfund" | "mutualfunds" | "fonds" => SecurityKind::Fund,
        "bond" | "bonds" | "fixedincome" | "anleihe" | "anleihen" | "bill" => SecurityKind::Bond,
        "cash" => SecurityKind::Cash,
        "crypto" | "cryptocurrency" => SecurityKind::Crypto,
        "option" | "options" | "opt" => SecurityKind::Option,
        "index" => SecurityKind::Index,
        _ => return None,
    })
}
