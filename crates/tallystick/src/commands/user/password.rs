//! Where a password on the command line comes from.

use std::io::{IsTerminal, stdin};

use identity::Password;

use crate::{cli::user::PasswordSource, error::Error};

/// A password, and whether somebody has to be told it.
pub struct Chosen {
    pub password: Password,
    pub is_made_up: bool,
}

/// One line of standard input if that is asked for; else what a person types twice on a terminal; else
/// a random one.
pub fn choose(source: PasswordSource) -> Result<Chosen, Error> {
    let is_made_up = !source.password_stdin && !stdin().is_terminal();
    let password = if source.password_stdin {
        read_line()?
    } else if is_made_up {
        Password::random()?
    } else {
        ask_twice()?
    };
    Ok(Chosen {
        password,
        is_made_up,
    })
}

fn read_line() -> Result<Password, Error> {
    let mut line = String::new();
    stdin().read_line(&mut line).map_err(Error::Input)?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(line.into())
}

fn ask_twice() -> Result<Password, Error> {
    let ask = |prompt| rpassword::prompt_password(prompt).map(Password::from);
    let first = ask("New password: ").map_err(Error::Input)?;
    let second = ask("Once more: ").map_err(Error::Input)?;
    if first.expose() != second.expose() {
        return Err(Error::PasswordsDiffer);
    }
    Ok(first)
}
