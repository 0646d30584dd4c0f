//! A file that a verb reads, or standard input.

use std::io::Read as _;

use super::failure::Failure;

/// What it is called in messages, and what it says; `-` is standard input.
pub(super) fn read(path: &str) -> Result<(&str, String), Failure> {
    let (name, text) = match path {
        "-" => ("standard input", read_standard_input()),
        path => (path, std::fs::read_to_string(path)),
    };
    let text = text.map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    Ok((name, text))
}

fn read_standard_input() -> std::io::Result<String> {
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text)?;
    Ok(text)
}
