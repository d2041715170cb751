//! `tallystick token …`.

use chrono::TimeDelta;
use clap::Subcommand;
use entity::values::ApiTokenId;
use identity::Scope;

use super::Json;

const EXAMPLES: &str = "\
Example:
  tallystick token create --user ada@example.org --scope books:read,packs:write --expires 90d

Scopes: books:read, books:write (and read), packs:write, jobs:work, approvals:vote, tokens:write,
deployments:write, admin (all of them). A token can do no more than its user may.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Token {
    /// Make a token for a program that acts for a user, and print it, this once.
    Create {
        /// The user's email address.
        #[arg(long, value_name = "EMAIL")]
        user: String,
        /// What it is good for; several with commas between them.
        #[arg(long, required = true, value_delimiter = ',')]
        scope: Vec<Scope>,
        /// By which you know it again.
        #[arg(long, default_value = "command line")]
        name: String,
        /// After this time it is good no more, as 90d, 12h or 30m [default: never]
        #[arg(long, value_name = "TIME", value_parser = parse_time)]
        expires: Option<TimeDelta>,
        #[command(flatten)]
        output: Json,
    },
    /// List a user's tokens.
    List {
        /// The user's email address.
        #[arg(long, value_name = "EMAIL")]
        user: String,
        #[command(flatten)]
        output: Json,
    },
    /// End a token, at once and for good.
    Revoke { id: ApiTokenId },
}

fn parse_time(text: &str) -> Result<TimeDelta, String> {
    let parsed = text.split_at_checked(text.len().saturating_sub(1));
    let parsed = parsed.and_then(|(number, unit)| {
        let number: i64 = number.parse().ok().filter(|number| *number > 0)?;
        match unit {
            "d" => TimeDelta::try_days(number),
            "h" => TimeDelta::try_hours(number),
            "m" => TimeDelta::try_minutes(number),
            _ => None,
        }
    });
    let within_reason = parsed.filter(|time| *time <= TimeDelta::days(36_500));
    within_reason.ok_or_else(|| "expected a time such as 90d, 12h or 30m".to_owned())
}
