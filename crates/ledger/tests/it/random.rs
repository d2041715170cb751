//! Random ledgers: every booking method, missing numbers, labels, shorts, and faults.

use std::fmt::Write as _;

/// A small generator (xorshift64*), so that a seed repeats a run anywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }
}

const METHODS: [&str; 6] = ["STRICT", "STRICT_WITH_SIZE", "FIFO", "LIFO", "HIFO", "NONE"];
const COSTS: [&str; 4] = ["10", "12.50", "7.125", "10.00"];
const LABELS: [&str; 2] = ["red", "blue"];

/// A ledger of a few dozen transactions in a few accounts.
pub fn random_ledger(random: &mut Random) -> String {
    let mut text = String::new();
    options(random, &mut text);
    text.push_str("2020-01-01 open Assets:Cash\n2020-01-01 open Assets:Cash:Euro\n");
    text.push_str("2020-01-01 open Income:Gains\n2020-01-01 open Expenses:Fees\n");
    text.push_str("2020-01-01 open Equity:Start\n");
    let accounts: Vec<String> = (0..2)
        .map(|number| {
            let method = random.pick(&METHODS);
            // The number is for NONE, where an empty cost is never a lot's.
            let name = format!(
                "Assets:Broker{}",
                if method == "NONE" { 9 - number } else { number }
            );
            let _ = writeln!(text, "2020-01-01 open {name} XX, YY, USD, EUR \"{method}\"");
            name
        })
        .collect();
    let transactions = 2 + random.below(9);
    let mut held = Vec::new();
    for day in 0..transactions {
        let account = &accounts[usize::try_from(random.below(2)).unwrap()];
        let date = format!("2020-{:02}-{:02}", 2 + day / 20, 1 + day % 20);
        let _ = writeln!(text, "\n{date} * \"number {day}\"");
        match random.below(20) {
            0..=7 => buy(random, account, &mut held, &mut text),
            8..=14 => sell(random, account, &held, &mut text),
            15..=16 => exchange(random, &mut text),
            17 => several(random, account, &held, &mut text),
            _ => plain(random, &mut text),
        }
        if random.chance(4) {
            let _ = writeln!(text, "\n{date} pad Assets:Cash Equity:Start");
            let _ = writeln!(
                text,
                "2020-06-{:02} balance Assets:Cash {} USD",
                1 + day,
                number(random)
            );
        }
    }
    text
}

fn options(random: &mut Random, text: &mut String) {
    if random.chance(20) {
        let _ = writeln!(
            text,
            "option \"booking_method\" \"{}\"",
            random.pick(&METHODS)
        );
    }
    if random.chance(20) {
        text.push_str("option \"infer_tolerance_from_cost\" \"TRUE\"\n");
    }
    if random.chance(20) {
        let tolerance = random.pick(&["USD:0.05", "*:0.001", "XX:0.5", "USD:50", "*:0.0005"]);
        let _ = writeln!(
            text,
            "option \"inferred_tolerance_default\" \"{tolerance}\""
        );
    }
    if random.chance(15) {
        let multiplier = random.pick(&["1.1", "0.6", "0"]);
        let _ = writeln!(text, "option \"tolerance_multiplier\" \"{multiplier}\"");
    }
}

fn number(random: &mut Random) -> String {
    let whole = 1 + random.below(300);
    match random.below(4) {
        0 => format!("{whole}"),
        1 => format!("{whole}.{:02}", random.below(100)),
        2 => format!("{whole}.{:03}", random.below(1000)),
        _ => format!("{whole}.{}", random.below(10)),
    }
}

fn units(random: &mut Random) -> String {
    match random.below(5) {
        0 => "2.5".into(),
        1 => format!("{}.{:03}", random.below(5), random.below(1000)),
        2 => "4 / 2".into(),
        _ => format!("{}", 1 + random.below(6)),
    }
}

fn sign(random: &mut Random, percent: u64) -> &'static str {
    if random.chance(percent) { "-" } else { "" }
}

/// Units of a commodity that an account was given, as far as it is plain.
struct Held {
    account: String,
    commodity: String,
    units: String,
    cost: String,
}

fn buy(random: &mut Random, account: &str, held: &mut Vec<Held>, text: &mut String) {
    let commodity = random.pick(&["XX", "XX", "YY"]);
    let sign = sign(random, 8);
    let units = units(random);
    let cost = random.pick(&COSTS);
    let currency = random.pick(&["USD", "USD", "USD", "USD", "USD", "EUR"]);
    let (mut inside, finds_cost) = match random.below(24) {
        0 => (String::new(), true),
        1 => (currency.to_owned(), true),
        2 => (format!("{cost} # 5 {currency}"), false),
        3 => (format!("# {} {currency}", number(random)), true),
        4 => (format!("{cost} # {currency}"), true),
        _ => (format!("{cost} {currency}"), false),
    };
    let finds_units = !finds_cost && random.chance(4);
    let date = random.pick(&["2020-01-05", "2020-01-06", "2021-01-01"]);
    let label = random.pick(&LABELS);
    // Beancount gives a lot no date if it finds the units; here it gets the transaction's.
    let date_chance = if finds_units { 100 } else { 25 };
    for (part, percent) in [(date.to_owned(), date_chance), (format!("\"{label}\""), 20)] {
        if random.chance(percent) {
            inside = if inside.is_empty() {
                part
            } else {
                format!("{inside}, {part}")
            };
        }
    }
    let braces = if random.chance(10) && !inside.contains('#') {
        ("{{", "}}")
    } else {
        ("{", "}")
    };
    let written = if finds_units {
        String::new()
    } else {
        format!("{sign}({units})")
    };
    let _ = writeln!(
        text,
        "  {account}  {written} {commodity} {}{inside}{}",
        braces.0, braces.1
    );
    if finds_cost || finds_units || random.chance(3) {
        let pays = sign.is_empty() == random.chance(90);
        let sign = if pays { "-" } else { "" };
        let _ = writeln!(text, "  Assets:Cash  {sign}{} {currency}", number(random));
    } else if random.chance(20) {
        text.push_str("  Expenses:Fees  9.95 USD\n  Assets:Cash\n");
    } else {
        text.push_str("  Assets:Cash\n");
    }
    if sign.is_empty() && !finds_units {
        let (account, commodity) = (account.to_owned(), commodity.to_owned());
        held.push(Held {
            account,
            commodity,
            units,
            cost: format!("{cost} {currency}"),
        });
    }
}

fn sell(random: &mut Random, account: &str, held: &[Held], text: &mut String) {
    let sign = sign(random, 95);
    let from = usize::try_from(random.below(held.len().max(1) as u64)).unwrap();
    let Some(lot) = held.get(from).filter(|_| random.chance(92)) else {
        let _ = writeln!(text, "  {account}  {sign}{} XX {{10 USD}}", units(random));
        text.push_str("  Assets:Cash\n");
        return;
    };
    let inside = match random.below(12) {
        0 | 1 => lot.cost.clone(),
        2 => format!("\"{}\"", random.pick(&LABELS)),
        3 => random.pick(&["2020-01-05", "2020-01-06"]).to_owned(),
        4 => "USD".into(),
        5 => format!("{}, 2020-01-05", lot.cost),
        _ if lot.account.as_str() >= "Assets:Broker8" => lot.cost.clone(),
        _ => String::new(),
    };
    let price = match random.below(8) {
        0 | 1 => " @ 11 USD",
        2 => " @@ 33.33 USD",
        3 => " @ USD",
        _ => "",
    };
    let all = ["1", "0.5", lot.units.as_str(), lot.units.as_str(), "3.25"];
    let units = random.pick(&all);
    let (account, commodity) = (&lot.account, &lot.commodity);
    let _ = writeln!(
        text,
        "  {account}  {sign}({units}) {commodity} {{{inside}}}{price}"
    );
    if random.chance(30) {
        let _ = writeln!(text, "  Assets:Cash  {} USD", number(random));
        text.push_str("  Income:Gains\n");
    } else {
        text.push_str("  Assets:Cash\n");
    }
}

fn several(random: &mut Random, account: &str, held: &[Held], text: &mut String) {
    for lot in held.iter().take(2) {
        let (account, commodity) = (&lot.account, &lot.commodity);
        let _ = writeln!(text, "  {account}  -0.25 {commodity} {{}}");
    }
    let _ = writeln!(text, "  {account}  1 XX {{{} USD}}", random.pick(&COSTS));
    text.push_str("  Assets:Cash\n");
}

fn exchange(random: &mut Random, text: &mut String) {
    let amount = number(random);
    match random.below(5) {
        0 => {
            let _ = writeln!(text, "  Assets:Cash  -{amount} USD @ 0.91 EUR");
            text.push_str("  Assets:Cash:Euro\n");
        }
        1 => {
            let _ = writeln!(
                text,
                "  Assets:Cash  -{amount} USD @@ {} EUR",
                number(random)
            );
            text.push_str("  Assets:Cash:Euro\n");
        }
        2 => {
            let _ = writeln!(text, "  Assets:Cash  -{amount} USD @ EUR");
            let _ = writeln!(text, "  Assets:Cash:Euro  {} EUR", number(random));
        }
        3 => {
            let _ = writeln!(text, "  Assets:Cash  USD @ 1.25 EUR");
            let _ = writeln!(text, "  Assets:Cash:Euro  {} EUR", number(random));
        }
        _ => {
            let _ = writeln!(text, "  Assets:Cash  -{amount} USD @");
            let _ = writeln!(text, "  Assets:Cash:Euro  {} EUR", number(random));
        }
    }
}

fn plain(random: &mut Random, text: &mut String) {
    let amount = number(random);
    let _ = writeln!(text, "  Assets:Cash  {amount} USD");
    match random.below(6) {
        0 => {
            let _ = writeln!(text, "  Income:Gains  -{amount} USD");
        }
        1 if random.chance(10) => text.push_str("  Income:Gains\n  Equity:Start\n"),
        5 if random.chance(20) => {
            let _ = writeln!(text, "  Income:Gains  -{amount}01 USD");
        }
        2 => {
            let _ = writeln!(text, "  Income:Gains  -{amount}");
        }
        3 => text.push_str("  Expenses:Fees  3 EUR\n  Income:Gains\n"),
        4 => {
            let _ = writeln!(text, "  Income:Gains  -{amount} USD\n  Equity:Start");
        }
        _ => text.push_str("  Income:Gains\n"),
    }
}
