//! From the grammar crate's directives, which borrow the text, to drafts.

use std::collections::BTreeMap;

use beancount_parser_lima as lima;
use chrono::NaiveDate;
use lima::{
    CostSpec, Directive, DirectiveVariant, ExprValue, Flag, PriceSpec, ScopedExprValue, Span,
    Spanned,
};
use rust_decimal::Decimal;

use super::draft::{
    Assertion, Body, CostNumber, Draft, DraftCost, DraftPosting, DraftPrice, DraftTransaction,
    Origin,
};
use super::grammar::{File, Part, Pieces};
use super::text;
use crate::names::CurrencyId;
use crate::options::Booking;

pub(super) struct Converter<'a> {
    file: &'a File<'a>,
    pieces: &'a Pieces,
    part: &'a mut Part,
}

impl<'a> Converter<'a> {
    pub(super) fn new(file: &'a File<'a>, pieces: &'a Pieces, part: &'a mut Part) -> Self {
        Self { file, pieces, part }
    }

    pub(super) fn directive(&mut self, directive: &Spanned<Directive<'_>>) {
        let offset = self.offset(directive.span().start);
        let written = directive.date();
        let Some(date) = naive_date(written.year(), written.ordinal()) else {
            self.part
                .faults
                .push((offset, "the date is out of range".into()));
            return;
        };
        let body = self.body(directive, offset);
        self.part.drafts.push(Draft {
            date,
            origin: self.origin(offset),
            body,
        });
    }

    fn body(&mut self, directive: &Directive<'_>, offset: usize) -> Body {
        match directive.variant() {
            DirectiveVariant::Transaction(transaction) => {
                self.transaction(directive, transaction, offset)
            }
            DirectiveVariant::Price(price) => Body::Price {
                currency: self.currency(price.currency()),
                number: self.expression(price.amount().number(), price.amount().number().span()),
                quote: self.currency(price.amount().currency()),
            },
            DirectiveVariant::Balance(balance) => {
                let amount = balance.atol().amount();
                Body::Balance(Assertion {
                    account: self.account(balance.account()),
                    number: self.expression(amount.number(), amount.number().span()),
                    currency: self.currency(amount.currency()),
                    tolerance: balance
                        .atol()
                        .tolerance()
                        .map(|t| self.calculated(t.span()).unwrap_or(**t)),
                })
            }
            DirectiveVariant::Open(open) => self.open(open),
            DirectiveVariant::Close(close) => Body::Close {
                account: self.account(close.account()),
            },
            DirectiveVariant::Commodity(commodity) => Body::Commodity {
                currency: self.currency(commodity.currency()),
                metadata: self.metadata(directive, offset),
            },
            DirectiveVariant::Pad(pad) => Body::Pad {
                account: self.account(pad.account()),
                source: self.account(pad.source()),
            },
            DirectiveVariant::Note(note) => Body::Remark {
                account: self.account(note.account()),
            },
            DirectiveVariant::Document(document) => Body::Remark {
                account: self.account(document.account()),
            },
            _ => Body::Other,
        }
    }

    fn open(&mut self, open: &lima::Open<'_>) -> Body {
        let mut currencies: Vec<&Spanned<lima::Currency<'_>>> = open.currencies().collect();
        currencies.sort_by_key(|currency| currency.span().start);
        Body::Open {
            account: self.account(open.account()),
            currencies: currencies.into_iter().map(|c| self.currency(c)).collect(),
            booking: open.booking().map(|booking| booking_method(**booking)),
        }
    }

    fn transaction(
        &mut self,
        directive: &Directive<'_>,
        transaction: &lima::Transaction<'_>,
        offset: usize,
    ) -> Body {
        let metadata = directive.metadata();
        let mut tags: Vec<String> = metadata
            .tags()
            .map(|tag| tag.item().as_ref().to_owned())
            .collect();
        tags.extend(self.file.scan.pushed_tags(offset));
        tags.sort_unstable();
        tags.dedup();
        let mut links: Vec<String> = metadata
            .links()
            .map(|link| link.item().as_ref().to_owned())
            .collect();
        links.sort_unstable();
        let postings = transaction
            .postings()
            .map(|posting| self.posting(posting))
            .collect();
        Body::Transaction(Box::new(DraftTransaction {
            flag: flag(**transaction.flag()),
            payee: transaction
                .payee()
                .map(|payee| self.string(payee, payee.span())),
            narration: transaction
                .narration()
                .map(|text| self.string(text, text.span())),
            tags,
            links,
            postings,
        }))
    }

    fn posting(&mut self, posting: &Spanned<lima::Posting<'_>>) -> DraftPosting {
        DraftPosting {
            line: self
                .file
                .lines
                .number(self.offset(posting.account().span().start)),
            flag: posting.flag().map(|f| flag(**f)),
            account: self.account(posting.account()),
            units: posting
                .amount()
                .map(|amount| self.expression(amount, amount.span())),
            currency: posting.currency().map(|currency| self.currency(currency)),
            cost: posting.cost_spec().map(|cost| self.cost(cost)),
            price: posting.price_annotation().map(|price| self.price(price)),
        }
    }

    fn cost(&mut self, cost: &Spanned<CostSpec<'_>>) -> DraftCost {
        let opened = self.offset(cost.span().start);
        let doubled = self.file.scan.total_costs.binary_search(&opened).is_ok();
        let per_unit = cost
            .per_unit()
            .map(|n| (self.cost_number(n, n.span(), false), n));
        let total = cost.total().map(|n| self.cost_number(n, n.span(), true));
        let separated = self.separated(cost.span());
        let (per_unit, total) = match (per_unit, total) {
            _ if doubled && separated => (CostNumber::Missing, CostNumber::Missing),
            (Some((number, _)), None) if doubled => {
                (CostNumber::Given(Decimal::ZERO), CostNumber::Given(number))
            }
            (Some((number, _)), None) if separated => {
                (CostNumber::Given(number), CostNumber::Missing)
            }
            (Some((number, _)), None) => (CostNumber::Given(number), CostNumber::Absent),
            (Some((number, _)), Some(total)) => {
                (CostNumber::Given(number), CostNumber::Given(total))
            }
            (None, Some(total)) => (CostNumber::Missing, CostNumber::Given(total)),
            (None, None) if doubled && cost.currency().is_some() => {
                (CostNumber::Given(Decimal::ZERO), CostNumber::Missing)
            }
            (None, None) => (CostNumber::Missing, CostNumber::Absent),
        };
        if doubled && separated {
            self.part.faults.push((
                opened,
                "a total cost in {{…}} cannot have a # : write {per-unit # total CURRENCY}".into(),
            ));
        }
        DraftCost {
            per_unit,
            total,
            currency: cost.currency().map(|currency| self.currency(currency)),
            date: cost.date().and_then(|d| naive_date(d.year(), d.ordinal())),
            label: cost
                .label()
                .map(|label| self.string(label, label.span()).into()),
            merge: cost.merge(),
        }
    }

    /// The per-unit number stands before the `#`, the total after it.
    fn cost_number(&self, number: &ExprValue, span: &Span, total: bool) -> Decimal {
        let mut span = *span;
        if let Some(hash) = self.hash(&span) {
            if total {
                span.start = hash;
            } else {
                span.end = hash;
            }
        }
        self.expression(number, &span)
    }

    fn hash(&self, span: &Span) -> Option<usize> {
        let from = self.offset(span.start);
        let text = self.file.scan.text.get(from..self.offset(span.end))?;
        memchr::memchr(b'#', text).map(|place| span.start + place)
    }

    fn separated(&self, span: &Span) -> bool {
        let from = self.offset(span.start);
        let text = self
            .file
            .scan
            .text
            .get(from..self.offset(span.end))
            .unwrap_or_default();
        let label = memchr::memchr(b'"', text).unwrap_or(text.len());
        text[..label].contains(&b'#')
    }

    fn price(&mut self, price: &Spanned<PriceSpec<'_>>) -> DraftPrice {
        let (number, currency) = match &**price {
            PriceSpec::Unspecified => (None, None),
            PriceSpec::BareCurrency(currency) => (None, Some(currency)),
            PriceSpec::BareAmount(number) => (Some(number), None),
            PriceSpec::CurrencyAmount(number, currency) => (Some(number), Some(currency)),
        };
        let number = number.map(|number| match number {
            ScopedExprValue::PerUnit(value) => (value, false),
            ScopedExprValue::Total(value) => (value, true),
        });
        DraftPrice {
            number: number.map(|(value, _)| self.expression(value, price.span())),
            currency: currency.map(|currency| self.currency(currency)),
            total: number.is_some_and(|(_, total)| total),
        }
    }

    fn metadata(&self, directive: &Directive<'_>, offset: usize) -> BTreeMap<String, String> {
        let mut metadata = self.file.scan.pushed_metadata(offset);
        for (key, value) in directive.metadata().key_values() {
            let span = value.span();
            let written = &self.file.source[self.offset(span.start)..self.offset(span.end)];
            let text = match self.calculated(span) {
                Some(number) => number.to_string(),
                None => text::metadata_value(written.trim()),
            };
            metadata.insert(key.item().as_ref().to_owned(), text);
        }
        metadata
    }

    /// A text that stood in quotes: as the file has it if it holds an escape.
    fn string(&self, read: &str, span: &Span) -> String {
        let written = &self.file.source[self.offset(span.start)..self.offset(span.end)];
        if written.contains('\\') {
            text::metadata_value(written)
        } else {
            read.to_owned()
        }
    }

    fn expression(&self, number: &ExprValue, span: &Span) -> Decimal {
        self.calculated(span).unwrap_or_else(|| number.value())
    }

    /// The value of the first calculation that the scan found in the span.
    fn calculated(&self, span: &Span) -> Option<Decimal> {
        let calculations = &self.file.scan.calculations;
        if calculations.is_empty() {
            return None;
        }
        let (from, to) = (self.offset(span.start), self.offset(span.end));
        let first = calculations.partition_point(|(offset, _)| *offset < from);
        calculations
            .get(first)
            .filter(|(offset, _)| *offset < to)
            .map(|(_, value)| *value)
    }

    fn account(&mut self, account: &lima::Account<'_>) -> crate::names::AccountId {
        self.part.names.intern_account(account.as_ref())
    }

    fn currency(&mut self, currency: &lima::Currency<'_>) -> CurrencyId {
        self.part.names.intern_currency(currency.as_ref())
    }

    fn origin(&self, offset: usize) -> Origin {
        Origin {
            file: self.file.index,
            line: self.file.lines.number(offset),
        }
    }

    /// The offset in the file of an offset in the text that the grammar reads.
    fn offset(&self, in_text: usize) -> usize {
        self.pieces.in_file(in_text)
    }
}

fn naive_date(year: i32, day_of_year: u16) -> Option<NaiveDate> {
    NaiveDate::from_yo_opt(year, u32::from(day_of_year))
}

fn flag(flag: Flag) -> char {
    match flag {
        Flag::Asterisk => '*',
        Flag::Exclamation => '!',
        Flag::Ampersand => '&',
        Flag::Hash => '#',
        Flag::Question => '?',
        Flag::Percent => '%',
        Flag::Letter(letter) => letter.char(),
    }
}

fn booking_method(booking: lima::Booking) -> Booking {
    match booking {
        lima::Booking::Strict => Booking::Strict,
        lima::Booking::StrictWithSize => Booking::StrictWithSize,
        lima::Booking::None => Booking::None,
        lima::Booking::Average => Booking::Average,
        lima::Booking::Fifo => Booking::Fifo,
        lima::Booking::Lifo => Booking::Lifo,
        lima::Booking::Hifo => Booking::Hifo,
    }
}
