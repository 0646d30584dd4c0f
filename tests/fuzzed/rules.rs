//! Any text as a rule: never a panic, and what is read is written back as the same rule.

use pointsman::routing::traefik::rule::Rule;

/// Panics when it does not hold.
pub(crate) fn hold(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(rule) = Rule::parse(text) else {
        return;
    };
    let printed = rule.to_string();
    // written with all its parentheses it may be longer than a rule may be
    if let Ok(again) = Rule::parse(&printed) {
        assert_eq!(again.to_string(), printed, "{text}");
        assert_eq!(again.wanted_hosts(), rule.wanted_hosts(), "{text}");
        assert_eq!(again.is_held_to_hosts(), rule.is_held_to_hosts(), "{text}");
    } else {
        assert!(
            printed.len() > text.len(),
            "{text} is written as {printed}, which is no rule"
        );
    }
}
