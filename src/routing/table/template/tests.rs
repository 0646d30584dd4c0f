//! Traefik's own Docker provider was asked for every line of the fixture.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use crate::routing::table::options::normalize;

use super::*;

#[derive(Deserialize)]
struct Asked {
    container: Labelled,
    /// Templates and rules; none where there is no router.
    rules: Vec<(String, Option<String>)>,
    /// Templates that are none: Traefik's provider does not start.
    refused: Vec<String>,
    /// Templates that are refused here alone, and what they are for Traefik.
    refused_here: Vec<(String, Option<String>)>,
    /// Templates that fail for the container here alone, and the rule that Traefik makes.
    fails_here: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Labelled {
    name: String,
    labels: BTreeMap<String, String>,
}

impl Labelled {
    fn render(&self, template: &str) -> Result<String, RenderError> {
        let parsed =
            Template::parse(template).unwrap_or_else(|error| panic!("{template}: {error}"));
        parsed.render(Data {
            name: &normalize(&self.name),
            container_name: &self.name,
            labels: &self.labels,
        })
    }
}

fn asked() -> Asked {
    let text = include_str!("../../../../tests/fixtures/default-rules.json");
    serde_json::from_str(text).unwrap()
}

#[test]
fn rules_are_what_traefik_makes_of_the_template() {
    let asked = asked();
    for (template, wanted) in &asked.rules {
        let made = asked.container.render(template).ok();
        let rule = made.filter(|rule| !rule.is_empty());
        assert_eq!(rule, *wanted, "{template}");
    }
}

#[test]
fn what_is_no_template_is_refused_at_the_start() {
    let asked = asked();
    let here = asked.refused_here.iter().map(|(template, _)| template);
    for template in asked.refused.iter().chain(here) {
        assert!(Template::parse(template).is_err(), "{template}");
    }
    for (template, _) in &asked.fails_here {
        assert!(asked.container.render(template).is_err(), "{template}");
    }
}

#[test]
fn a_refusal_names_the_action_and_what_is_right() {
    for (template, message) in [
        (
            "Host(`{{ .Foo }}`)",
            "{{ .Foo }}: there is no field .Foo: the fields are .Name, .ContainerName, .Labels",
        ),
        (
            "a{{ trunc 3 }}",
            "{{ trunc 3 }}: trunc takes 2 arguments, not 1",
        ),
        ("{{ if .Name }}a", "{{ if .Name }}: it has no {{ end }}"),
        (
            "{{ $x }}",
            "{{ $x }}: $x is not declared here: $x := declares it, up to the end of the block",
        ),
        (
            "{{ print .Name",
            "{{ print .Name: the action has no closing }}",
        ),
        (
            "{{ .Labels.com-x }}",
            "{{ .Labels.com-x }}: '-' has no meaning there (a label with dots or dashes is reached by `index .Labels \"...\"`)",
        ),
    ] {
        let error = Template::parse(template).unwrap_err();
        assert_eq!(error.to_string(), message, "{template}");
    }
    let unknown = Template::parse("{{ env \"HOME\" }}")
        .unwrap_err()
        .to_string();
    assert!(
        unknown.starts_with("{{ env \"HOME\" }}: there is no function env: there are add, "),
        "{unknown}"
    );
    assert_eq!(
        unknown.matches("normalize").count(),
        1,
        "all functions are named: {unknown}"
    );
}

#[test]
fn a_failure_names_the_action_and_why() {
    let container = asked().container;
    for (template, message) in [
        (
            "Host(`{{ lower .Labels.missing }}`)",
            "{{ lower .Labels.missing }}: lower: it wants a string and was given nothing (a missing label?)",
        ),
        (
            "{{ hasKey .Labels \"a\" }}",
            "{{ hasKey .Labels \"a\" }}: hasKey: it works on what `dict` gives, not on labels: `index .Labels \"key\"` reads one",
        ),
        (
            "{{ index (splitList \",\" .Labels.list) 9 }}",
            "{{ index (splitList \",\" .Labels.list) 9 }}: index: there is no number 9 in a list of 4",
        ),
    ] {
        let error = container.render(template).unwrap_err();
        assert_eq!(error.to_string(), message, "{template}");
    }
}

// A few of these took all memory, or minutes, in the first drafts of the evaluator.
#[test]
fn work_and_text_are_bounded() {
    let container = asked().container;
    for template in [
        "{{ range 9999999999 }}{{ end }}",
        "{{ range 1000 }}{{ range 1000 }}{{ range 1000 }}{{ end }}{{ end }}{{ end }}",
        "{{ $x := \"ab\" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}",
        "{{ $x := list 1 2 }}{{ range 100 }}{{ $x = list $x $x }}{{ end }}",
        "{{ $x := list 1 2 }}{{ range 100 }}{{ $x = concat $x $x }}{{ end }}",
        "{{ $x := dict 1 2 }}{{ range 100 }}{{ $x = dict 1 $x 2 $x }}{{ end }}",
        "{{ repeat 99999999 \"abc\" }}",
        "{{ replace \"\" (repeat 1000 \"a\") (repeat 1000 \"b\") }}",
        "{{ regexReplaceAll \"\" (repeat 1000 \"a\") (repeat 1000 \"b\") }}",
        "{{ regexReplaceAll \"a+\" (repeat 9999 \"a\") (repeat 9999 \"$0\") }}",
        "{{ join (repeat 1000 \"a\") (splitList \"\" (repeat 1000 \"b\")) }}",
        "{{ range 1000 }}{{ regexMatch \"\\\\pL{100}\" \"a\" }}{{ end }}",
        "{{ regexFind \"((\\\\pL{1000}){1000})\" \"a\" }}",
        "{{ range 70000 }}a{{ end }}",
    ] {
        assert!(container.render(template).is_err(), "{template}");
    }
    let deep = [
        format!("{{{{ {}1{} }}}}", "(".repeat(3_000), ")".repeat(3_000)),
        format!("{}{}", "{{if 1}}".repeat(900), "{{end}}".repeat(900)),
        "a".repeat(20_000),
    ];
    for template in deep {
        assert!(Template::parse(&template).is_err(), "{template:.20}");
    }
    let chain = format!(
        "{{{{ if 0 }}}}{}{{{{ end }}}}",
        "{{ else if 0 }}a".repeat(900)
    );
    assert_eq!(
        container.render(&chain).as_deref(),
        Ok(""),
        "a long chain is not deep"
    );
}

proptest! {
    #[test]
    fn no_text_stops_the_reader(template in "(\\{\\{|\\}\\}|[-.$()|\"`,:=A-Za-c0-9 \n\u{e9}]|Labels|end|if|range|with|print|index){0,24}") {
        if Template::parse(&template).is_ok() {
            let _rendered: Result<String, RenderError> = asked().container.render(&template);
        }
    }

    #[test]
    fn nor_does_any_order_of_words(words in prop::collection::vec(prop::sample::select(WORDS), 0..30)) {
        let template = words.concat();
        if Template::parse(&template).is_ok() {
            let _rendered: Result<String, RenderError> = asked().container.render(&template);
        }
    }

    #[test]
    fn nor_does_any_argument(
        name in prop::sample::select(functions::names()),
        arguments in prop::collection::vec(prop::sample::select(ARGUMENTS), 0..5),
    ) {
        let template = format!("{{{{ {name} {} }}}}", arguments.join(" "));
        if Template::parse(&template).is_ok() {
            let _rendered: Result<String, RenderError> = asked().container.render(&template);
        }
    }
}

const WORDS: &[&str] = &[
    "{{ ",
    " }}",
    "{{- ",
    " -}}",
    "{{ if .Name }}",
    "{{ range .Labels }}",
    "{{ range $k, $v := .Labels }}",
    "{{ with .Name }}",
    "{{ else }}",
    "{{ else if true }}",
    "{{ end }}",
    "{{ $x := 1 }}",
    "{{ $x = list $x $x }}",
    "{{ $x }}",
    "$k",
    "$v",
    "$x",
    " | ",
    "(",
    ")",
    " ",
    "print ",
    "index ",
    "printf ",
    "\"%s%5d\"",
    "list ",
    ".Labels",
    ".a",
    "1",
    "-9",
    "true",
    "nil",
    "a",
    "{{ break }}",
    "{{ continue }}",
    "{{/* a */}}",
];

const ARGUMENTS: &[&str] = &[
    "0",
    "-1",
    "3",
    "9223372036854775807",
    "-9223372036854775808",
    "\"\"",
    "\"a\"",
    "\"\u{e9}\u{1f600}\"",
    "\"%5.2s%x%q\"",
    "\"[a-\"",
    "\"(a)|b\"",
    "\"$1$\"",
    "nil",
    "true",
    ".",
    ".Labels",
    ".Labels.r",
    ".Labels.missing",
    "(list)",
    "(list 1 nil \"b\")",
    "(dict)",
    "(dict \"a\" 1)",
    "(split \",\" .Labels.list)",
    "(add 1 2)",
    "(splitList \"\" .Labels.r)",
];
