//! The document as text: what a YAML reader refuses in JSON.

/// Characters that stop the reader, escapes that it does not know, keys that it gives up on.
pub(crate) fn faults(body: &[u8]) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(body) else {
        return vec!["it is no UTF-8".to_owned()];
    };
    let hostile = text
        .chars()
        .filter(|c| is_hostile(*c))
        .map(|c| format!("raw {c:?}"));
    hostile.chain(strings(text)).collect()
}

const fn is_hostile(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{2028}' | '\u{2029}')
}

/// Looks into every string, quotes and all.
fn strings(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        let after = &rest[start + 1..];
        let Some(len) = closing(after) else {
            faults.push("a string without an end".to_owned());
            break;
        };
        let string = &after[..len];
        for bad in ["\\/", "\\ud", "\\uD"] {
            if string.replace("\\\\", "").contains(bad) {
                faults.push(format!("the escape {bad}"));
            }
        }
        rest = &after[len + 1..];
        if rest.starts_with(':') && len + 2 > 1024 {
            faults.push(format!("a key of {} bytes", len + 2));
        }
    }
    faults
}

fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// Whole seconds of 64 bits, or Go's syntax within 292 years.
pub(super) fn is_duration(text: &str) -> bool {
    if text.parse::<i64>().is_ok() {
        return true;
    }
    let mut rest = text.trim_start_matches(['-', '+']);
    let mut total = 0.0_f64;
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let units = [
            ("ns", 1e-9),
            ("us", 1e-6),
            ("µs", 1e-6),
            ("μs", 1e-6),
            ("ms", 1e-3),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
        ];
        let unit = units.into_iter().find(|(unit, _)| tail.starts_with(unit));
        let (Ok(number), Some((unit, seconds))) = (number.parse::<f64>(), unit) else {
            return false;
        };
        total += number * seconds;
        rest = &tail[unit.len()..];
    }
    total <= 9_223_372_036.9
}
