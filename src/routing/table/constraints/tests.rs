//! Traefik's own Docker provider was asked for every line of the fixture.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Asked {
    containers: Vec<Labelled>,
    /// Expressions, and the containers that are taken.
    taken: Vec<(String, Vec<String>)>,
    /// Expressions that are none: Traefik then takes no container.
    refused: Vec<String>,
    /// Expressions that are refused here alone, and the containers that Traefik takes.
    refused_here: Vec<(String, Vec<String>)>,
}

#[derive(Deserialize)]
struct Labelled {
    name: String,
    labels: BTreeMap<String, String>,
}

fn asked() -> Asked {
    let text = include_str!("../../../../tests/fixtures/constraints.json");
    serde_json::from_str(text).unwrap()
}

#[test]
fn containers_are_taken_as_traefik_takes_them() {
    let asked = asked();
    for (text, wanted) in &asked.taken {
        let constraints =
            Constraints::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut taken: Vec<&str> = asked
            .containers
            .iter()
            .filter(|container| constraints.admit(&container.labels))
            .map(|container| container.name.as_str())
            .collect();
        taken.sort_unstable();
        assert_eq!(taken, *wanted, "{text}");
    }
}

#[test]
fn what_is_no_expression_is_refused_at_the_start() {
    let asked = asked();
    let here = asked.refused_here.iter().map(|(text, _)| text);
    for text in asked.refused.iter().chain(here) {
        assert!(Constraints::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_refusal_tells_the_place_and_what_is_right() {
    for (text, message) in [
        (
            "Label(`a`,`b`) && label(`a`,`b`)",
            "byte 18: there are only Label(`key`, `value`) or LabelRegex(`key`, `expression`), in this case",
        ),
        (
            "Label(`a`)",
            "byte 9: here should be a comma and a second string",
        ),
        (
            "Label(`a`,`b`) and Label(`c`,`d`)",
            "byte 15: here should be && or || on the same line, or the end",
        ),
        (
            "LabelRegex(`a`,`(`)",
            "byte 0: \"(\" is no regular expression: unclosed group",
        ),
        (
            "Label(`a`, b)",
            "byte 11: here should be a string in backquotes or double quotes",
        ),
    ] {
        let error = Constraints::parse(text).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
    }
}

#[test]
fn size_and_depth_are_bounded() {
    let long = format!("Label(`a`,`{}`)", "b".repeat(20_000));
    let deep = format!("{}Label(`a`,`b`){}", "(".repeat(5_000), ")".repeat(5_000));
    let negated = format!("{}Label(`a`,`b`)", "!".repeat(5_000));
    for text in [long, deep, negated] {
        let error = Constraints::parse(&text).unwrap_err();
        assert_eq!(error, ConstraintsError::TooLarge, "{text:.20}");
    }
    let costly = Constraints::parse("LabelRegex(`a`,`(\\pL{1000}){1000}`)").unwrap_err();
    assert!(costly.to_string().contains("larger than 1 MiB"), "{costly}");
}

proptest! {
    #[test]
    fn no_text_stops_the_reader(text in "[Label()`\"\\\\&|!, a-c\n/*Regex\u{e9}\u{0}-\u{ff}]{0,40}") {
        let labels = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        if let Ok(constraints) = Constraints::parse(&text) {
            let _taken: bool = constraints.admit(&labels);
        }
    }

    #[test]
    fn nor_does_any_order_of_tokens(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..24)) {
        let text = tokens.concat();
        let (labels, none) = (BTreeMap::from([("a".to_owned(), "b".to_owned())]), BTreeMap::new());
        if let Ok(constraints) = Constraints::parse(&text) {
            let negated = Constraints::parse(&format!("!({text})"));
            for labels in [&labels, &none] {
                let taken = constraints.admit(labels);
                let left_out = negated.as_ref().map(|negated| negated.admit(labels));
                prop_assert!(left_out != Ok(taken), "{text}");
            }
        }
    }
}

const TOKENS: &[&str] = &[
    "Label(`a`,`b`)",
    "LabelRegex(`a`,`^b`)",
    "Label",
    "LabelRegex",
    "(",
    ")",
    "`a`",
    "\"b\"",
    ",",
    "&&",
    "||",
    "!",
    " ",
    "\n",
    "/* */",
    "// ",
    "`",
    "\"",
    "\\",
    "x",
];
