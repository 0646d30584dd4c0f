//! Long sentences on lines of 80 columns.

/// What a terminal shows without breaking lines by itself.
const COLUMNS: usize = 80;

/// Breaks a line at blanks; what follows the first line is indented. Words are never broken.
pub(super) fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let width = line.chars().count() + 1 + word.chars().count();
        if width > COLUMNS && !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line));
            line.push(' ');
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_short_and_words_whole() {
        assert_eq!(wrapped("held: gate"), "held: gate", "short");
        let text = format!("held: {}", "word ".repeat(40));
        let shown = wrapped(&text);
        assert!(shown.lines().count() > 2, "{shown}");
        assert!(shown.lines().all(|line| line.len() <= COLUMNS), "{shown}");
        assert!(
            shown.lines().skip(1).all(|l| l.starts_with("  w")),
            "{shown}"
        );
        let long = "x".repeat(100);
        assert_eq!(
            wrapped(&format!("a {long} b")),
            format!("a\n  {long}\n  b"),
            "whole"
        );
    }
}
