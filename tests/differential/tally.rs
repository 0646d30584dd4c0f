//! What all cases came to, and the table of it.

use std::collections::BTreeMap;

use crate::judge::Verdict;
use crate::rules::RULES;

/// Counts.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    cases: u64,
    identical: u64,
    explained: u64,
    uses: BTreeMap<&'static str, u64>,
    /// Everything there is to say about the others.
    pub(crate) unexplained: Vec<String>,
}

impl Tally {
    /// Counts a case.
    pub(crate) fn add(&mut self, verdict: Verdict) {
        self.cases += 1;
        match verdict {
            Verdict::Identical => self.identical += 1,
            Verdict::Explained(uses) => {
                self.explained += 1;
                for (rule, count) in uses {
                    let known = RULES.iter().any(|(known, _)| *known == rule);
                    assert!(known, "{rule} is not in the list of deliberate differences");
                    *self.uses.entry(rule).or_default() += count;
                }
            }
            Verdict::Unexplained(why) => self.unexplained.push(why),
        }
    }

    /// Prints the table.
    pub(crate) fn print(&self) {
        println!("cases        {:>8}", self.cases);
        println!("identical    {:>8}", self.identical);
        println!("explained    {:>8}", self.explained);
        for (rule, count) in &self.uses {
            println!("  {rule:<20} {count:>8}");
        }
        println!("unexplained  {:>8}", self.unexplained.len());
    }
}
