use entity::values::{Price, PriceAdjustment, Quantity, Rate};
use pricing::content::{Content, FxRow, PriceRow, Proof, verify_proof};
use proptest::prelude::*;

use crate::{date, python::check_pack, samples};

/// The rows of the pack format's own examples.
#[test]
fn the_rows_are_those_of_the_format() {
    let content = Content {
        asof_date: date("2025-10-21"),
        policy: "WM4PM_CAD".to_owned(),
        prices: vec![
            PriceRow {
                symbol: "AAPL".to_owned(),
                close: "123.450".parse().unwrap(),
                currency: "USD".to_owned(),
                open: None,
                high: None,
                low: None,
                volume: None,
                source: "polygon".to_owned(),
                adjustment: PriceAdjustment::Raw,
            },
            PriceRow {
                symbol: "NKE".to_owned(),
                close: "70".parse().unwrap(),
                currency: "USD".to_owned(),
                open: "69.5".parse().ok(),
                high: "71".parse().ok(),
                low: "69".parse().ok(),
                volume: "1000.0".parse().ok(),
                source: "polygon".to_owned(),
                adjustment: PriceAdjustment::Split,
            },
        ],
        fx_rates: vec![FxRow {
            base: "USD".to_owned(),
            quote: "CAD".to_owned(),
            rate: "1.3712".parse().unwrap(),
            source: "boc".to_owned(),
        }],
    };
    assert_eq!(
        content.leaves(),
        [
            r#"{"asof":"2025-10-21","format":"1","kind":"pack","policy":"WM4PM_CAD"}"#,
            concat!(
                r#"{"adjustment":"split","close":"70","currency":"USD","high":"71","#,
                r#""kind":"price","low":"69","open":"69.5","source":"polygon","symbol":"NKE","#,
                r#""volume":"1000"}"#
            ),
            r#"{"base":"USD","kind":"fx","quote":"CAD","rate":"1.3712","source":"boc"}"#,
            concat!(
                r#"{"close":"123.45","currency":"USD","kind":"price","source":"polygon","#,
                r#""symbol":"AAPL"}"#
            ),
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_rows_does_not_matter(content in samples::contents(), seed in any::<u64>()) {
        let mut shuffled = content.clone();
        let turn = |length: usize| usize::try_from(seed % (length as u64 + 1)).unwrap();
        shuffled.prices.rotate_left(turn(content.prices.len()));
        shuffled.prices.reverse();
        shuffled.fx_rates.rotate_left(turn(content.fx_rates.len()));
        prop_assert_eq!(shuffled.hash(), content.hash());
    }

    #[test]
    fn changing_any_field_of_any_row_changes_the_hash(content in samples::contents()) {
        let hash = content.hash();
        for changed in every_change(&content) {
            prop_assert_ne!(changed.hash(), hash.clone(), "{:?}", changed);
        }
    }

    #[test]
    fn a_proof_holds_for_its_own_pack_and_row_alone(content in samples::contents()) {
        let (hash, leaves) = (content.hash(), content.leaves());
        let other = Content { policy: format!("{}X", content.policy), ..content.clone() };
        for price in &content.prices {
            let proof = content.proof(&price.symbol).unwrap();
            prop_assert_eq!(&leaves[usize::try_from(proof.leaf_index).unwrap()], &proof.leaf);
            let member = format!("\"symbol\":\"{}\"", price.symbol);
            prop_assert!(proof.leaf.contains(&member));
            prop_assert!(verify_proof(&proof, &hash));
            prop_assert!(!verify_proof(&proof, &other.hash()));
            prop_assert!(!verify_proof(&proof, hash.trim_start_matches("sha256:")));
            for forged in forgeries(&proof) {
                prop_assert!(!verify_proof(&forged, &hash), "{:?}", forged);
            }
        }
        prop_assert_eq!(content.proof("UNKNOWN"), None);
    }
}

fn every_change(content: &Content) -> Vec<Content> {
    let mut changed = vec![
        Content {
            asof_date: content.asof_date.succ_opt().unwrap(),
            ..content.clone()
        },
        Content {
            policy: format!("{}_", content.policy),
            ..content.clone()
        },
    ];
    for index in 0..content.prices.len() {
        for change in PRICE_CHANGES {
            let mut other = content.clone();
            change(&mut other.prices[index]);
            changed.push(other);
        }
        let mut other = content.clone();
        other.prices.remove(index);
        changed.push(other);
    }
    for index in 0..content.fx_rates.len() {
        for change in FX_CHANGES {
            let mut other = content.clone();
            change(&mut other.fx_rates[index]);
            changed.push(other);
        }
    }
    changed
}

const PRICE_CHANGES: [fn(&mut PriceRow); 9] = [
    |row| row.symbol.push('X'),
    |row| row.close = other_price(Some(row.close)),
    |row| row.currency = String::from("CHF"),
    |row| row.open = Some(other_price(row.open)),
    |row| row.high = Some(other_price(row.high)),
    |row| row.low = Some(other_price(row.low)),
    |row| {
        row.volume = if row.volume.is_some() {
            None
        } else {
            Some(Quantity::ZERO)
        }
    },
    |row| row.source.push(' '),
    |row| {
        row.adjustment = match row.adjustment {
            PriceAdjustment::Raw => PriceAdjustment::Split,
            PriceAdjustment::Split => PriceAdjustment::TotalReturn,
            PriceAdjustment::TotalReturn => PriceAdjustment::Raw,
        };
    },
];

const FX_CHANGES: [fn(&mut FxRow); 4] = [
    |row| row.base = String::from("CHF"),
    |row| row.quote = String::from("CHF"),
    |row| row.rate = Rate::new(row.rate.decimal() + rust_decimal::Decimal::ONE),
    |row| row.source.insert(0, '\u{2028}'),
];

fn other_price(price: Option<Price>) -> Price {
    Price::new(price.unwrap_or_default().decimal() + rust_decimal::Decimal::ONE)
}

fn forgeries(proof: &Proof) -> Vec<Proof> {
    let mut forged = vec![
        Proof {
            leaf: proof.leaf.replacen(":\"", ":\"1", 1),
            ..proof.clone()
        },
        Proof {
            leaf_index: proof.leaf_index ^ 1,
            ..proof.clone()
        },
        Proof {
            tree_size: proof.leaf_index,
            ..proof.clone()
        },
        Proof {
            audit_path: proof.audit_path[1..].to_vec(),
            ..proof.clone()
        },
        Proof {
            audit_path: [&proof.audit_path[..], &["00".repeat(32)]].concat(),
            ..proof.clone()
        },
        Proof {
            audit_path: vec!["not hex".to_owned()],
            ..proof.clone()
        },
    ];
    for index in 0..proof.audit_path.len() {
        let mut other = proof.clone();
        other.audit_path[index] = "00".repeat(32);
        forged.push(other);
    }
    forged
}

#[test]
fn an_independent_check_computes_the_same_hash_and_accepts_the_proofs() {
    let contents = samples::many_contents(120);
    let packs: Vec<String> = contents
        .iter()
        .map(|content| {
            let mut lines = vec![samples::header_line(content)];
            lines.extend(samples::price_lines(content, Some("price")));
            lines.extend(samples::fx_lines(content, Some("fx")));
            lines.reverse();
            for price in &content.prices {
                let proof = content.proof(&price.symbol).unwrap();
                lines.push(serde_json::to_string(&proof).unwrap());
            }
            lines.join("\n")
        })
        .collect();
    let Some(answer) = check_pack(packs.join("\n\n").as_bytes(), &[]) else {
        return;
    };
    assert!(answer.status.success(), "{answer:?}");
    let answer = String::from_utf8(answer.stdout).unwrap();
    let expected: Vec<String> = contents
        .iter()
        .map(|content| format!("{}{}", content.hash(), " True".repeat(content.prices.len())))
        .collect();
    assert_eq!(answer.lines().collect::<Vec<_>>(), expected);
}
