//! Any text as a rule. The law is in `tests/fuzzed`, where every kept input is tried again.
#![no_main]

#[path = "../../tests/fuzzed/rules.rs"]
mod rules;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| rules::hold(data));
