//! `KEY=VALUE` lines to the labels of one container.
//!
//! As they stand in a compose file's list: `- ` in front and quotes around a line are taken off. Blank lines and those
//! that begin with `#` count for nothing. Values are verbatim, `$$` included: only compose itself turns that into `$`.

use std::collections::BTreeMap;

/// A line that says nothing that could be a label.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotALabel {
    /// Counted from 1.
    pub(super) line: usize,
    /// The line.
    pub(super) text: String,
}

/// Reads all lines; the last of two with one key counts.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, String>, NotALabel> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut labels = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        let (key, value) = label(bare).ok_or_else(|| NotALabel {
            line: index + 1,
            text: bare.to_owned(),
        })?;
        labels.insert(key, value);
    }
    Ok(labels)
}

fn label(line: &str) -> Option<(String, String)> {
    let item = line.strip_prefix("- ").unwrap_or(line).trim();
    let item = unquote(item)?;
    let (key, value) = item.split_once('=')?;
    let key = key.trim_end();
    let is_key = !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || c == ':');
    is_key.then(|| (key.to_owned(), value.to_owned()))
}

/// Without the quotes around it, as YAML reads them; `None` when they are not closed.
fn unquote(item: &str) -> Option<String> {
    if let Some(rest) = item.strip_prefix('\'') {
        return Some(rest.strip_suffix('\'')?.replace("''", "'"));
    }
    let Some(rest) = item.strip_prefix('"') else {
        return Some(item.to_owned());
    };
    let inner = rest.strip_suffix('"')?;
    Some(inner.replace("\\\"", "\"").replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_a_compose_list() {
        let text = "\u{feff}# labels\n\n traefik.enable=true\r\n- a=b=c\n  - \"rule=Host(`x`) \\\"y\\\"\"\n- 'k=it''s'\nempty=\nsame=1\nsame=2\nd=$$x\nspaced = v";
        let labels = parse(text).unwrap();
        let expected = [
            ("a", "b=c"),
            ("d", "$$x"),
            ("empty", ""),
            ("k", "it's"),
            ("rule", "Host(`x`) \"y\""),
            ("same", "2"),
            ("spaced", " v"),
            ("traefik.enable", "true"),
        ];
        let said: Vec<(&str, &str)> = labels
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(said, expected, "labels");
    }

    #[test]
    fn what_is_no_label_is_told_with_its_line() {
        for (text, line, said) in [
            ("a=b\ntraefik.enable", 2, "traefik.enable"),
            ("a: b=c", 1, "a: b=c"),
            ("=b", 1, "=b"),
            ("\n\n- \"a=b", 3, "- \"a=b"),
            ("two words=b", 1, "two words=b"),
        ] {
            let told = NotALabel {
                line,
                text: said.to_owned(),
            };
            assert_eq!(parse(text), Err(told), "{text}");
        }
    }
}
