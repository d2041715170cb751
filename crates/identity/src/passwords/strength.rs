//! Which passwords are refused because others would try them first.

/// Why a password is refused, in words for the person who chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("the password is too short; it needs at least {SHORTEST} characters")]
    TooShort,
    #[error("the password is too long; {LONGEST} characters are the most")]
    TooLong,
    #[error("the password is among the first that anybody would try; choose another")]
    Common,
    #[error("the password is made of your own name or email address; choose another")]
    OwnName,
}

const SHORTEST: usize = 8;
const LONGEST: usize = 128;

/// What is found within so many guesses in order of likelihood is too common.
///
/// Of the scores of zxcvbn (D. Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX
/// Security 2016) it is the two lowest. Its lists hold the 30,000 commonest passwords and the words
/// and names that they are made of.
const COMMON_WITHIN_GUESSES: u64 = 1_000_000;

/// Nobody who attacks this service would leave its name out.
const SERVICE: &str = "tallystick";

/// Whether a user with this email and name may have this password. Lengths are in Unicode scalar
/// values.
pub fn check_strength(password: &str, email: &str, display_name: &str) -> Result<(), WeakPassword> {
    match password.chars().count() {
        ..SHORTEST => return Err(WeakPassword::TooShort),
        SHORTEST..=LONGEST => {}
        _ => return Err(WeakPassword::TooLong),
    }
    let local_part = email.rsplit_once('@').map_or(email, |(local, _)| local);
    let own = [email, local_part, display_name];
    if own.iter().any(|own| is_same_but_for_digits(password, own)) {
        return Err(WeakPassword::OwnName);
    }
    let known = [email, local_part, display_name, SERVICE];
    let is_found_soon = zxcvbn::zxcvbn(password, &known).guesses() < COMMON_WITHIN_GUESSES;
    if is_found_soon || is_same_but_for_digits(password, SERVICE) {
        return Err(WeakPassword::Common);
    }
    Ok(())
}

/// In letters of one case, without spaces and without the digits at the end.
fn is_same_but_for_digits(password: &str, own: &str) -> bool {
    let (password, own) = (folded(password), folded(own));
    let stem = |text: &str| text.trim_end_matches(char::is_numeric).to_owned();
    let own_stem = stem(&own);
    !own.is_empty() && (password == own || !own_stem.is_empty() && stem(&password) == own_stem)
}

fn folded(text: &str) -> String {
    let letters = text.chars().filter(|letter| !letter.is_whitespace());
    letters.flat_map(char::to_lowercase).collect()
}
