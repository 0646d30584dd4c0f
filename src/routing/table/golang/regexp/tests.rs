//! Every pair was given to Go 1.26, the version Traefik 3.7 is built with.

use proptest::prelude::*;

use super::*;

/// Matches in angle brackets.
fn marked(expression: &str, text: &str) -> String {
    let regex = compile(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    regex.replace_all(text, "<$0>").into_owned()
}

#[test]
fn expressions_match_what_they_match_in_go() {
    for (expression, text, wanted) in [
        ("\\d+", "a12\u{663}", "a<12>\u{663}"),
        ("\\w+", "\u{e9}_a1", "\u{e9}<_a1>"),
        ("[\\w]+", "\u{e9}_a1", "\u{e9}<_a1>"),
        ("[^\\W]", "\u{e9}a", "\u{e9}<a>"),
        ("\\s", "a\u{a0}b\tc\u{b}d", "a\u{a0}b<\t>c\u{b}d"),
        ("\\bb\\b", "\u{e9}b b", "\u{e9}<b> <b>"),
        ("(?i)k", "\u{212a}Kk", "<\u{212a}><K><k>"),
        ("(?i)\\w", "\u{17f}\u{212a}", "<\u{17f}><\u{212a}>"),
        ("[[]", "a[b", "a<[>b"),
        ("[a&&b]+", "a&b", "<a&b>"),
        ("[a\\-~b]+", "a-~c", "<a-~>c"),
        ("[+--]+", "+,-.", "<+,->."),
        ("[a~~b]+", "a~b", "<a~b>"),
        ("[]a]+", "]a[", "<]a>["),
        ("[^]a]+", "]a[b", "]a<[b>"),
        ("[a-c-e]+", "abc-ed", "<abc-e>d"),
        ("[-a]+", "-a", "<-a>"),
        ("[[:alpha:]-]+", "ab-\u{e9}", "<ab->\u{e9}"),
        ("[[:^alpha:]]+", "ab1\u{e9}", "ab<1\u{e9}>"),
        ("a{,2}", "a{,2}", "<a{,2}>"),
        ("a{x}", "a{x}", "<a{x}>"),
        ("a{2}", "aaa", "<aa>a"),
        ("a{1,}?", "aaa", "<a><a><a>"),
        ("a{01}", "a{01}", "<a{01}>"),
        ("{}]}", "{}]}", "<{}]}>"),
        ("\\Qa.*\\Eb", "a.*b", "<a.*b>"),
        ("\\Qa+\\E+", "a++", "<a++>"),
        ("\\101\\x42\\x{43}", "ABC", "<ABC>"),
        ("\\0", "a\u{0}", "a<\u{0}>"),
        ("\\<\\>\\_\\-\\ \\#", "<>_- #", "<<>_- #>"),
        ("\\a\\f\\v", "\u{7}\u{c}\u{b}", "<\u{7}\u{c}\u{b}>"),
        ("\\pL\\p{Greek}\\PL", "a\u{3b1}1", "<a\u{3b1}1>"),
        ("\\p{^Lu}", "Aa", "A<a>"),
        ("\\P{^L}", "1a", "1<a>"),
        ("(?P<n>a)(?<m>b)", "ab", "<ab>"),
        ("(?s).", "\n", "<\n>"),
        (".", "\n", "\n"),
        ("(?m)^a$", "b\na\nc", "b\n<a>\nc"),
        ("^a$", "b\na", "b\na"),
        ("a$", "a\n", "a\n"),
        ("(?U)a+", "aa", "<a><a>"),
        ("a+?", "aa", "<a><a>"),
        ("x*", "axb", "<>a<x>b<>"),
        ("a|b|", "ab", "<a><b>"),
        ("(?i:A)b", "abaB", "<ab>aB"),
        ("\\Aa\\z", "a", "<a>"),
        ("[\\pL1]+", "a\u{e9}12", "<a\u{e9}1>2"),
        ("[\\d-x]+", "1-x2", "<1-x2>"),
        (" #", "a #b", "a< #>b"),
        ("[^a]", "a\n", "a<\n>"),
    ] {
        assert_eq!(marked(expression, text), wanted, "{expression} in {text}");
    }
}

#[test]
fn what_go_refuses_is_refused() {
    for expression in [
        "a**",
        "a*+",
        "a{2}{3}",
        "*a",
        "(*a)",
        "|*",
        "a{1001}",
        "a{2,1}",
        "\\8",
        "\\1",
        "\\C",
        "\\Z",
        "\\e",
        "\\",
        "[",
        "[a",
        "[z-a]",
        "[\\b]",
        "[[:foo:]]",
        "(",
        "a)",
        "(?=a)",
        "(?!a)",
        "(?x)a",
        "(?P=n)",
        "(?P<n-m>a)",
        "\\p{Nope}",
        "\\p",
        "\\x{110000}",
        "\\x{",
        "\\xg",
        "(?<a",
        "(?i)*",
        "[a-\\d]",
    ] {
        assert!(compile(expression).is_err(), "{expression}");
    }
}

#[test]
fn cost_is_bounded() {
    for expression in [
        "((\\pL{100}){100}){100}",
        &"a".repeat(5000),
        &"(".repeat(2000),
    ] {
        assert!(compile(expression).is_err(), "{expression:.20}");
    }
    assert_eq!(
        marked(&format!("{}b{}", "(".repeat(20), ")".repeat(20)), "abc"),
        "a<b>c",
        "some nesting"
    );
}

proptest! {
    #[test]
    fn no_text_stops_the_translator(expression in "[-\\\\\\[\\](){}*+?|^$.a-cQEpPxdwsbz0-9:,&~<>=i\n\u{e9}]{0,24}") {
        if let Ok(regex) = compile(&expression) {
            let _found: bool = regex.is_match("abc-1 [x]");
        }
    }
}
