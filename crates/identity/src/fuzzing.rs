//! What nobody may get accepted as a credential. The fuzzer feeds it, and the tests with what the fuzzer
//! kept.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

mod access_tokens;
mod opaque_tokens;
mod webhooks;

pub use access_tokens::access_token;
pub use opaque_tokens::opaque_token;
pub use webhooks::webhook;

/// Changes bytes of a text as told, three bytes a change: where, how, and what.
fn changed(text: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut changed = text.to_vec();
    for change in changes.chunks_exact(3) {
        // The how's upper bits make room for places beyond 255.
        let at = usize::from(change[0]) + 256 * usize::from(change[1] >> 4);
        let at = at % (changed.len() + 1);
        match change[1] % 4 {
            0 => changed.insert(at, change[2]),
            1 if at < changed.len() => drop(changed.remove(at)),
            2 => changed.truncate(at),
            _ => {
                if let Some(byte) = changed.get_mut(at) {
                    *byte = change[2];
                }
            }
        }
    }
    changed
}

#[test]
fn what_the_fuzzer_kept_is_no_access_token() {
    for (name, data) in testkit::corpus("access_token") {
        println!("{name}");
        access_token(&data);
    }
}

#[test]
fn what_the_fuzzer_kept_is_no_opaque_token() {
    for (name, data) in testkit::corpus("opaque_token") {
        println!("{name}");
        opaque_token(&data);
    }
}

#[test]
fn what_the_fuzzer_kept_is_no_message_but_as_it_was_signed() {
    for (name, data) in testkit::corpus("webhook") {
        println!("{name}");
        webhook(&data);
    }
}
