//! What the columns of a file can hold.

/// One thing that a row can say. A format names the columns that say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Date,
    SettleDate,
    ExDate,
    PayDate,
    Kind,
    Symbol,
    Isin,
    /// A number of a security that is neither a ticker nor an ISIN.
    OtherNumber,
    Name,
    SecurityKind,
    SecurityCurrency,
    Quantity,
    Price,
    PriceCurrency,
    Amount,
    Gross,
    /// The effect on cash, whatever the signs of other amounts mean: the row says all of itself.
    CashEffect,
    Currency,
    Fee,
    FeeCurrency,
    Tax,
    TaxCurrency,
    FxRate,
    Ratio,
    /// The security that is spun off, or that takes the place of another.
    Into,
    BasisShare,
    InLieu,
    /// The lots that leave.
    Lots,
    AcquiredOn,
    Id,
    Note,
    /// What refines the kind.
    Subtype,
    /// Which of several accounts of the same thing a row belongs to.
    Level,
    Multiplier,
    /// Where prices come from.
    DataSource,
}

impl Field {
    pub const COUNT: usize = Self::DataSource as usize + 1;

    pub const DATES: [Self; 5] = [
        Self::Date,
        Self::SettleDate,
        Self::ExDate,
        Self::PayDate,
        Self::AcquiredOn,
    ];

    pub const NUMBERS: [Self; 11] = [
        Self::Quantity,
        Self::Price,
        Self::Amount,
        Self::Gross,
        Self::CashEffect,
        Self::BasisShare,
        Self::InLieu,
        Self::Fee,
        Self::Tax,
        Self::FxRate,
        Self::Multiplier,
    ];
}

/// The fields that a mapping can name columns for, by its keys.
pub(super) const MAPPED: [(&str, Field); 22] = [
    ("date", Field::Date),
    ("settle_date", Field::SettleDate),
    ("ex_date", Field::ExDate),
    ("pay_date", Field::PayDate),
    ("type", Field::Kind),
    ("symbol", Field::Symbol),
    ("isin", Field::Isin),
    ("other_number", Field::OtherNumber),
    ("name", Field::Name),
    ("security_kind", Field::SecurityKind),
    ("security_currency", Field::SecurityCurrency),
    ("quantity", Field::Quantity),
    ("price", Field::Price),
    ("amount", Field::Amount),
    ("gross", Field::Gross),
    ("currency", Field::Currency),
    ("fee", Field::Fee),
    ("tax", Field::Tax),
    ("fx_rate", Field::FxRate),
    ("ratio", Field::Ratio),
    ("id", Field::Id),
    ("note", Field::Note),
];

/// Those that can be the same for every row.
pub(super) const CONSTANT: [(&str, Field); 3] = [
    ("type", Field::Kind),
    ("currency", Field::Currency),
    ("symbol", Field::Symbol),
];
