//! Is an answer what `/openapi.json` says it is: as much of JSON Schema as that document uses, and no more.

use serde_json::Value;

/// The document; its schemas refer to it.
pub(crate) struct Description(pub(crate) Value);

impl Description {
    /// The schema of an answer.
    pub(crate) fn schema(&self, method: &str, path: &str, status: u16) -> &Value {
        let responses = &self.0["paths"][path][method.to_ascii_lowercase()]["responses"];
        let response = self.resolve(&responses[status.to_string()]);
        let content = response["content"].as_object();
        let content = content.unwrap_or_else(|| panic!("{method} {path} {status} is described"));
        &content.values().next().unwrap()["schema"]
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(to) => self.0.pointer(to.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }

    /// What is wrong, with its place.
    pub(crate) fn faults(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let schema = self.resolve(schema);
        let mut faults = Vec::new();
        for (keyword, rule) in schema.as_object().into_iter().flatten() {
            faults.extend(self.fault(keyword, rule, value, at));
        }
        if schema["additionalProperties"] == false {
            let known = &schema["properties"];
            let unknown = value.as_object().into_iter().flatten();
            let unknown = unknown.filter(|(name, _)| known[name.as_str()].is_null());
            faults.extend(unknown.map(|(name, _)| format!("{at}.{name} is not described")));
        }
        faults
    }

    fn fault(&self, keyword: &str, rule: &Value, value: &Value, at: &str) -> Vec<String> {
        let rules = || rule.as_array().unwrap().iter();
        let is_good = |rule: &Value| self.faults(rule, value, at).is_empty();
        let unless = |good: bool| {
            let fault = format!("{at} is {value}, against {keyword} {rule}");
            if good { Vec::new() } else { vec![fault] }
        };
        match keyword {
            "type" => unless(is_of(value, rule.as_str().unwrap())),
            "enum" => unless(rules().any(|one| one == value)),
            "const" => unless(rule == value),
            "minimum" => unless(value.as_f64() >= rule.as_f64()),
            "maximum" => unless(value.as_f64() <= rule.as_f64()),
            "oneOf" => unless(rules().filter(|one| is_good(one)).count() == 1),
            "anyOf" => unless(rules().any(is_good)),
            "allOf" => rules()
                .flat_map(|one| self.faults(one, value, at))
                .collect(),
            "required" => rules()
                .filter(|name| value.get(name.as_str().unwrap()).is_none())
                .map(|name| format!("{at} has no {name}"))
                .collect(),
            "properties" => {
                let fields = rule.as_object().unwrap().iter();
                let fields = fields.filter_map(|(name, it)| Some((name, it, value.get(name)?)));
                let each = |(name, it, field): (&String, &Value, &Value)| {
                    self.faults(it, field, &format!("{at}.{name}"))
                };
                fields.flat_map(each).collect()
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                let each = |(index, item)| self.faults(rule, item, &format!("{at}[{index}]"));
                items.flat_map(each).collect()
            }
            "pattern" => {
                let text = value.as_str().unwrap_or_default();
                unless(
                    regex::Regex::new(rule.as_str().unwrap())
                        .unwrap()
                        .is_match(text),
                )
            }
            "additionalProperties"
            | "description"
            | "format"
            | "minItems"
            | "maxItems"
            | "maxLength"
            | "default"
            | "exclusiveMinimum" => Vec::new(),
            other => panic!("the keyword {other} is not known here"),
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known here"),
    }
}
