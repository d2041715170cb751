//! The securities that a file's prices may be of, by symbol, in little memory: there may be millions.

use entity::{
    books::security::{self, Column},
    values::SecurityId,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::Error;

const ROWS_AT_ONCE: u64 = 10_000;

pub(super) struct Listing {
    symbols: String,
    /// Sorted by symbol.
    securities: Vec<Listed>,
}

pub(super) struct Listed {
    begin: usize,
    end: usize,
    pub id: SecurityId,
    /// ISO 4217.
    currency: [u8; 3],
    pub priced: Priced,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Priced {
    No,
    /// By the pack, before the file was read.
    Before,
    OnLine(u64),
}

impl Listed {
    pub fn currency(&self) -> &str {
        str::from_utf8(&self.currency).unwrap_or_default()
    }
}

impl Listing {
    pub fn new() -> Self {
        Self {
            symbols: String::new(),
            securities: Vec::new(),
        }
    }

    /// Every security, none of them priced.
    pub async fn load(db: &impl ConnectionTrait) -> Result<Self, Error> {
        let mut listing = Self::new();
        let mut after: Option<SecurityId> = None;
        loop {
            let mut query = security::Entity::find()
                .select_only()
                .columns([Column::Id, Column::Symbol, Column::Currency])
                .order_by_asc(Column::Id)
                .limit(ROWS_AT_ONCE);
            if let Some(last) = after {
                query = query.filter(Column::Id.gt(last));
            }
            let rows: Vec<(SecurityId, String, String)> = query.into_tuple().all(db).await?;
            let Some((last, ..)) = rows.last() else {
                listing.sort();
                return Ok(listing);
            };
            after = Some(*last);
            for (id, symbol, currency) in &rows {
                listing.push(*id, symbol, currency);
            }
        }
    }

    /// Call [`Listing::sort`] after the last.
    pub fn push(&mut self, id: SecurityId, symbol: &str, currency: &str) {
        let begin = self.symbols.len();
        self.symbols.push_str(symbol);
        let mut code = [0; 3];
        for (byte, letter) in code.iter_mut().zip(currency.bytes()) {
            *byte = letter;
        }
        self.securities.push(Listed {
            begin,
            end: self.symbols.len(),
            id,
            currency: code,
            priced: Priced::No,
        });
    }

    pub fn sort(&mut self) {
        let symbols = &self.symbols;
        self.securities
            .sort_unstable_by(|a, b| symbols[a.begin..a.end].cmp(&symbols[b.begin..b.end]));
    }

    pub fn find(&mut self, symbol: &str) -> Option<&mut Listed> {
        let symbols = &self.symbols;
        let at = self
            .securities
            .binary_search_by(|listed| symbols[listed.begin..listed.end].cmp(symbol));
        at.ok().map(|at| &mut self.securities[at])
    }
}
