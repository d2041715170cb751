//! Amounts written as arithmetic, `100 / 3`: their extent in the text, and their value.

use rust_decimal::Decimal;

use crate::arithmetic;

/// The deepest nesting of parentheses that is read.
const MAX_DEPTH: usize = 32;

/// The most digits that a number may have.
const MAX_DIGITS: usize = 28;

/// What stands at a place where a number may begin.
#[derive(Debug, PartialEq)]
pub(super) enum Expression {
    /// No number, a date is none; how many bytes of signs and parentheses lead to nothing.
    None(usize),
    /// One number, perhaps with a sign; the length in bytes.
    Number(usize),
    /// A calculation: its length in bytes, and its value or what is wrong with it.
    Calculation(usize, Result<Decimal, String>),
}

/// Reads the expression that `text` begins with; it never reaches over the end of the line.
pub(super) fn read(text: &[u8]) -> Expression {
    let extent = match measure(text) {
        Ok(extent) => extent,
        Err(length) => return Expression::None(length),
    };
    let value = match extent.fault {
        Some(fault) => Err(fault),
        None if !extent.calculation => return Expression::Number(extent.length),
        None => evaluate(&text[..extent.length]),
    };
    Expression::Calculation(extent.length, value)
}

struct Extent {
    length: usize,
    calculation: bool,
    fault: Option<String>,
}

/// Finds the longest beginning of `text` that is a complete expression; if there is none, how many
/// bytes were looked at.
fn measure(text: &[u8]) -> Result<Extent, usize> {
    let mut complete: Option<Extent> = None;
    let (mut at, mut depth, mut deepest) = (0, 0_usize, 0_usize);
    let (mut operand_next, mut calculation, mut fault) = (true, false, None);
    while let Some(&byte) = text.get(at) {
        match byte {
            b' ' | b'\t' => {}
            b'(' if operand_next => {
                calculation = true;
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' if !operand_next && depth > 0 => depth -= 1,
            b'+' | b'-' if operand_next => {}
            b'+' | b'-' | b'*' | b'/' if !operand_next => {
                calculation = true;
                operand_next = true;
            }
            b'0'..=b'9' if operand_next => {
                let Some(length) = number_length(&text[at..]) else {
                    break;
                };
                fault = fault.or_else(|| digits_fault(&text[at..at + length]));
                at += length - 1;
                operand_next = false;
            }
            _ => break,
        }
        at += 1;
        let closed = depth == 0 && !operand_next && byte != b' ' && byte != b'\t';
        if closed {
            let whole = complete.as_ref().is_some_and(|extent| extent.calculation) || calculation;
            complete = Some(Extent {
                length: at,
                calculation: whole,
                fault: fault.clone(),
            });
        }
    }
    let mut extent = complete.ok_or(at)?;
    if deepest > MAX_DEPTH {
        extent.fault = Some(format!(
            "parentheses are nested deeper than {MAX_DEPTH}; simplify"
        ));
    }
    Ok(extent)
}

/// The length of the number at the start, `None` for a date, a time or a word that starts with
/// digits.
fn number_length(text: &[u8]) -> Option<usize> {
    if is_date(text) {
        return None;
    }
    let digits = |from: usize| {
        text[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut length = digits(0);
    while text.get(length) == Some(&b',') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    if text.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    match text.get(length) {
        Some(b) if b.is_ascii_alphabetic() || *b == b':' || *b == b'_' || *b >= 0x80 => None,
        _ => Some(length),
    }
}

/// Whether the text starts with a date: `2020-01-31` or `2020/01/31`.
pub(super) fn is_date(text: &[u8]) -> bool {
    text.len() >= 10
        && text[..10]
            .iter()
            .enumerate()
            .all(|(place, byte)| match place {
                4 | 7 => matches!(byte, b'-' | b'/'),
                _ => byte.is_ascii_digit(),
            })
        && !text.get(10).is_some_and(u8::is_ascii_digit)
}

fn digits_fault(number: &[u8]) -> Option<String> {
    let significant = number
        .iter()
        .filter(|b| b.is_ascii_digit())
        .skip_while(|b| **b == b'0')
        .count();
    let decimals = number.iter().rev().position(|b| *b == b'.').unwrap_or(0);
    (significant > MAX_DIGITS || decimals > MAX_DIGITS).then(|| {
        format!("the number has more than {MAX_DIGITS} digits; exact sums hold at most that many")
    })
}

fn evaluate(text: &[u8]) -> Result<Decimal, String> {
    let mut reader = Reader { text, at: 0 };
    reader.sum()
}

/// Recursive descent; the recursion is as deep as the parentheses, which `measure` bounded.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn sum(&mut self) -> Result<Decimal, String> {
        let mut value = self.product()?;
        while let Some(operator @ (b'+' | b'-')) = self.peek() {
            self.at += 1;
            let right = self.product()?;
            let result = if operator == b'+' {
                arithmetic::add(value, right)
            } else {
                arithmetic::subtract(value, right)
            };
            value = result.ok_or_else(too_large)?;
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<Decimal, String> {
        let mut value = self.factor()?;
        while let Some(operator @ (b'*' | b'/')) = self.peek() {
            self.at += 1;
            let right = self.factor()?;
            let result = if operator == b'*' {
                arithmetic::multiply(value, right)
            } else if right.is_zero() {
                return Err("the calculation divides by zero".into());
            } else {
                arithmetic::divide(value, right)
            };
            value = result.ok_or_else(too_large)?;
        }
        Ok(value)
    }

    fn factor(&mut self) -> Result<Decimal, String> {
        let mut negative = false;
        while let Some(sign @ (b'+' | b'-')) = self.peek() {
            negative ^= sign == b'-';
            self.at += 1;
        }
        let value = if self.peek() == Some(b'(') {
            self.at += 1;
            let value = self.sum()?;
            self.peek();
            self.at += 1;
            value
        } else {
            self.number()?
        };
        Ok(if negative { -value } else { value })
    }

    fn number(&mut self) -> Result<Decimal, String> {
        let rest = &self.text[self.at..];
        let length = number_length(rest).unwrap_or(0);
        self.at += length;
        let digits: String = rest[..length]
            .iter()
            .filter(|b| **b != b',')
            .map(|b| char::from(*b))
            .collect();
        digits
            .trim_end_matches('.')
            .parse()
            .map_err(|_| format!("\"{digits}\" is not a number that can be held exactly"))
    }
}

fn too_large() -> String {
    "the calculation's result is larger than 28 digits hold".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<String> {
        match read(text.as_bytes()) {
            Expression::Calculation(length, value) => {
                assert_eq!(length, text.trim_end_matches(" USD").len(), "{text}");
                Some(value.map_or_else(|fault| fault, |v| v.to_string()))
            }
            _ => None,
        }
    }

    #[test]
    fn calculates_with_precedence() {
        assert_eq!(value("1 + 2 * 3 USD").as_deref(), Some("7"));
        assert_eq!(value("-(1.50 + 2) * 2 USD").as_deref(), Some("-7.00"));
        assert_eq!(
            value("100/3").as_deref(),
            Some("33.33333333333333333333333333")
        );
        assert_eq!(value("1,000.00-1").as_deref(), Some("999.00"));
    }

    #[test]
    fn leaves_numbers_and_dates_alone() {
        assert_eq!(read(b"-4.00 USD"), Expression::Number(5));
        assert_eq!(read(b"100. USD"), Expression::Number(4));
        assert_eq!(read(b"2020-01-31, x"), Expression::None(0));
        assert_eq!(read(b"10 /NQH21"), Expression::Number(2));
        assert_eq!(read(b"10:30"), Expression::None(0));
        assert_eq!(read(b"((-"), Expression::None(3));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(
            value("1/0 USD").as_deref(),
            Some("the calculation divides by zero")
        );
        let deep = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(value(&deep).unwrap().contains("nested deeper"));
        let long = "1".repeat(29);
        assert!(value(&long).unwrap().contains("more than 28 digits"));
        let product = format!("{0} * {0}", "9".repeat(28));
        assert!(value(&product).unwrap().contains("larger than"));
    }
}
