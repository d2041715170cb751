use sha2::{Digest, Sha256};

use chrono::NaiveDate;
use proptest::prelude::*;

use super::{
    Content, FxRow, Leaves, Proof, canonical_row,
    merkle::{Hash, TreeHasher, audit_path, leaf_hash, root_from_path},
};

/// The leaves and roots of the reference implementation's own tests
/// (github.com/google/certificate-transparency, `merkletree/merkle_tree_test.cc`).
const REFERENCE_LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const REFERENCE_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// RFC 6962, section 2.1, word for word.
fn model_root(leaves: &[Vec<u8>]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => Sha256::digest([&[0], leaf.as_slice()].concat()).into(),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            let children = [[1].as_slice(), &model_root(left), &model_root(right)].concat();
            Sha256::digest(children).into()
        }
    }
}

/// RFC 6962, section 2.1.1, word for word.
fn model_path(leaves: &[Vec<u8>], index: usize) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let middle = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(middle);
    let (mut path, sibling) = if index < middle {
        (model_path(left, index), model_root(right))
    } else {
        (model_path(right, index - middle), model_root(left))
    };
    path.push(sibling);
    path
}

fn root(leaves: &[Vec<u8>]) -> Hash {
    let mut tree = TreeHasher::default();
    for leaf in leaves {
        tree.push(leaf);
    }
    tree.finish()
}

fn numbered_leaves(count: u32) -> Vec<Vec<u8>> {
    (0..count)
        .map(|number| number.to_be_bytes().to_vec())
        .collect()
}

#[test]
fn trees_of_up_to_eight_leaves_have_the_reference_roots() {
    let leaves = REFERENCE_LEAVES.map(|leaf| hex::decode(leaf).unwrap());
    for (size, expected) in REFERENCE_ROOTS.iter().enumerate() {
        assert_eq!(
            hex::encode(root(&leaves[..size])),
            *expected,
            "{size} leaves"
        );
        assert_eq!(
            hex::encode(model_root(&leaves[..size])),
            *expected,
            "{size} leaves, model"
        );
    }
}

#[test]
fn roots_and_paths_are_those_of_the_recursive_definition() {
    for size in (0..70).chain([127, 128, 129, 257]) {
        let leaves = numbered_leaves(size);
        let expected = root(&leaves);
        assert_eq!(expected, model_root(&leaves), "{size} leaves");
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        for index in (0..leaves.len()).step_by(1 + leaves.len() / 20) {
            let path = audit_path(hashes.clone(), index).unwrap();
            assert_eq!(path, model_path(&leaves, index), "leaf {index} of {size}");
            let (place, size) = (index as u64, u64::from(size));
            assert_eq!(
                root_from_path(&leaves[index], place, size, &path),
                Some(expected)
            );
        }
        assert_eq!(audit_path(hashes, leaves.len()), None);
    }
}

#[test]
fn a_path_of_another_length_or_place_leads_nowhere_right() {
    let leaves = numbered_leaves(7);
    let expected = root(&leaves);
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    for (index, leaf) in leaves.iter().enumerate() {
        let path = audit_path(hashes.clone(), index).unwrap();
        let longer = [path.as_slice(), &[expected]].concat();
        for (place, size, path) in [
            (index as u64, 7, &path[..path.len() - 1]),
            (index as u64, 7, &longer),
            (index as u64 ^ 1, 7, &path),
            (7, 7, &path),
            (0, 0, &path),
            (u64::MAX, u64::MAX, &path),
        ] {
            assert_ne!(root_from_path(leaf, place, size, path), Some(expected));
        }
    }
}

/// The escapes that RFC 8785, section 3.2.2.2, prescribes, one for each case.
#[test]
fn strings_are_written_as_the_canonicalization_scheme_prescribes() {
    for (text, expected) in [
        ("\u{0}\u{1}\u{1f}", r"\u0000\u0001\u001f"),
        ("\u{8}\u{9}\u{a}\u{c}\u{d}\u{b}", r"\b\t\n\f\r\u000b"),
        (r#"say "hi" \ /"#, r#"say \"hi\" \\ /"#),
        (
            "\u{7f}\u{80}\u{2028}\u{2029}\u{feff}",
            "\u{7f}\u{80}\u{2028}\u{2029}\u{feff}",
        ),
        ("Zürich 東京 €", "Zürich 東京 €"),
        ("🪙 e\u{301} é", "🪙 e\u{301} é"),
        ("<script>&'", "<script>&'"),
    ] {
        let row = canonical_row([("source", text.to_owned())]);
        assert_eq!(row, format!("{{\"source\":\"{expected}\"}}"));
    }
}

#[test]
fn members_stand_in_the_order_of_their_names() {
    let row = canonical_row([
        ("b", "1".to_owned()),
        ("ab", "2".to_owned()),
        ("a", "3".to_owned()),
    ]);
    assert_eq!(row, r#"{"a":"3","ab":"2","b":"1"}"#);
}

proptest! {
    #[test]
    fn leaves_that_were_sorted_on_disk_are_those_of_the_content(
        sources in prop::collection::vec(".{0,30}", 0..60),
        longest_run in 1..4_000_usize,
    ) {
        let rate = |(number, source): (usize, String)| FxRow {
            base: "USD".to_owned(),
            quote: format!("Q{}", number % 7),
            rate: "1.5".parse().unwrap(),
            source,
        };
        let content = Content {
            asof_date: NaiveDate::default(),
            policy: "WM4PM_CAD".to_owned(),
            prices: Vec::new(),
            fx_rates: sources.into_iter().enumerate().map(rate).collect(),
        };
        let leaves = || {
            let mut leaves =
                Leaves::with_runs_of(longest_run, content.asof_date, &content.policy);
            content.fx_rates.iter().for_each(|rate| leaves.push_fx_rate(rate).unwrap());
            leaves
        };
        prop_assert_eq!(leaves().rows(), content.fx_rates.len());
        prop_assert_eq!(leaves().hash().unwrap(), content.hash());
        let sorted: Vec<String> = leaves().sorted().unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(&sorted, &content.leaves());
        if let Some(rate) = content.fx_rates.last() {
            let proof = Proof::of_leaf(rate.leaf(), leaves().sorted().unwrap()).unwrap();
            prop_assert!(super::verify_proof(&proof.unwrap(), &content.hash()));
        }
    }
}
