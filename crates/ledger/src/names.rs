use std::collections::HashMap;
use std::sync::Arc;

/// An account of one [`crate::Ledger`], see [`crate::Ledger::account`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub(crate) u32);

/// A currency or commodity of one [`crate::Ledger`], see [`crate::Ledger::currency`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CurrencyId(pub(crate) u32);

impl AccountId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl CurrencyId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Numbers every distinct name once, in order of first appearance.
#[derive(Debug, Clone, Default)]
struct Table {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Table {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        // A ledger of 2^32 distinct names does not fit the memory that would hold its text.
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let name: Arc<str> = name.into();
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }
}

/// The accounts and currencies that a ledger mentions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    accounts: Table,
    currencies: Table,
}

impl Names {
    pub(crate) fn intern_account(&mut self, name: &str) -> AccountId {
        AccountId(self.accounts.number(name))
    }

    pub(crate) fn intern_currency(&mut self, name: &str) -> CurrencyId {
        CurrencyId(self.currencies.number(name))
    }

    pub(crate) fn account(&self, id: AccountId) -> &str {
        self.accounts
            .names
            .get(id.index())
            .map_or("", AsRef::as_ref)
    }

    pub(crate) fn currency(&self, id: CurrencyId) -> &str {
        self.currencies
            .names
            .get(id.index())
            .map_or("", AsRef::as_ref)
    }

    pub(crate) fn find_currency(&self, name: &str) -> Option<CurrencyId> {
        self.currencies.numbers.get(name).copied().map(CurrencyId)
    }

    pub(crate) fn account_count(&self) -> usize {
        self.accounts.names.len()
    }

    pub(crate) fn accounts(&self) -> impl Iterator<Item = (AccountId, &str)> {
        (0..)
            .map(AccountId)
            .zip(self.accounts.names.iter().map(AsRef::as_ref))
    }

    pub(crate) fn currencies(&self) -> impl Iterator<Item = (CurrencyId, &str)> {
        (0..)
            .map(CurrencyId)
            .zip(self.currencies.names.iter().map(AsRef::as_ref))
    }

    /// Takes in the names of another table; the answers are their ids here, by id there.
    pub(crate) fn adopt(&mut self, other: &Self) -> (Vec<AccountId>, Vec<CurrencyId>) {
        let accounts = other
            .accounts
            .names
            .iter()
            .map(|name| self.intern_account(name))
            .collect();
        let currencies = other
            .currencies
            .names
            .iter()
            .map(|name| self.intern_currency(name))
            .collect();
        (accounts, currencies)
    }
}
