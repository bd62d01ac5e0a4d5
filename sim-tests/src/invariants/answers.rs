//! Every request is answered from one shard and from the workspace that it was for.
//!
//! One idea: deployments of the simulation mark what they touch. A policy of the workspace and
//! one of its API put the same mark into the answer, because one commit changed both; so two
//! marks in one answer mean two shards. Workspaces sign their answers, so a foreign signature
//! means that one workspace saw another's traffic.

use super::{Invariant, Observation, Told};

/// Needs no memory.
#[derive(Debug, Default)]
pub struct Answers;

impl Invariant for Answers {
    fn name(&self) -> &'static str {
        "answers"
    }

    fn check(&mut self, observation: &Observation) -> Result<(), String> {
        for told in &observation.told {
            let Told::Answered { asked, workspaces, marks } = told else { continue };
            if let Some(foreign) = workspaces.iter().find(|workspace| *workspace != asked) {
                return Err(format!("a request to workspace {asked} was answered by {foreign}"));
            }
            let mut others = marks.iter().skip(1);
            if others.any(|mark| Some(mark) != marks.first()) {
                return Err(format!(
                    "a request to workspace {asked} was answered from shards {}",
                    marks.join(" and ")
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(workspaces: &[&str], marks: &[&str]) -> Observation {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let told = Told::Answered { asked: "pay".into(), workspaces: own(workspaces), marks: own(marks) };
        Observation { told: vec![told], ..Observation::default() }
    }

    #[test]
    fn mixed_shards_and_foreign_workspaces_are_found() {
        assert_eq!(Answers.check(&answered(&[], &[])), Ok(()));
        assert_eq!(Answers.check(&answered(&["pay", "pay"], &["7", "7"])), Ok(()));
        assert!(Answers.check(&answered(&["pay", "ship"], &["7", "7"])).is_err());
        assert!(Answers.check(&answered(&["pay"], &["7", "8"])).is_err());
    }
}
