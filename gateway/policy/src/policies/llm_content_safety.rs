//! `llm-content-safety`: has prompts and answers of a language model looked at.

use crate::kind::Kind;
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, attribute};
use crate::section::Section;
use crate::surroundings::Reference;

const THRESHOLD: Kind = Kind::Integer { min: 0, max: 7 };

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Outbound],
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("backend-id", Kind::Reference(Reference::Backend)).required().expression(),
                attribute("shield-prompt", Kind::Bool).or("false").expression(),
                attribute("enforce-on-completions", Kind::Bool).or("false").expression(),
                attribute("window-size", Kind::COUNT).or("1000").expression(),
                attribute("window-overlap-size", Kind::COUNT).or("0").expression(),
            ],
            children: &[
                ChildSpec::maybe(&CATEGORIES),
                ChildSpec::maybe(&BLOCKLISTS),
                ChildSpec::maybe(&BLOCK_LISTS),
            ],
            ..ElementSpec::named("llm-content-safety")
        },
        "Has prompts and answers of a language model looked at, and refuses what is unsafe.",
    )
};

static CATEGORIES: ElementSpec = ElementSpec {
    attributes: &[attribute("output-type", Kind::Usual(&["FourSeverityLevels", "EightSeverityLevels"]))
        .or("FourSeverityLevels")
        .expression()],
    children: &[ChildSpec::any(&CATEGORY)],
    ..ElementSpec::named("categories")
};
static CATEGORY: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Usual(&["Hate", "SelfHarm", "Sexual", "Violence"])).required().expression(),
        attribute("threshold", THRESHOLD).required().expression(),
    ],
    ..ElementSpec::named("category")
};
static BLOCKLISTS: ElementSpec = ElementSpec::list("blocklists", &[ChildSpec::any(&ID)]);
/// As Microsoft's toolkit spells it.
static BLOCK_LISTS: ElementSpec = ElementSpec::list("block-lists", &[ChildSpec::any(&ID)]);
static ID: ElementSpec = ElementSpec::expression("id", Kind::Filled);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-content-safety backend-id='b' shield-prompt='true'><categories output-type='EightSeverityLevels'><category name='Hate' threshold='7'/></categories><blocklists><id>l</id></blocklists></llm-content-safety>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-content-safety backend-id='b'><categories><category name='Hate' threshold='8'/></categories></llm-content-safety>"
            ),
            ["attribute-value"]
        );
        assert_eq!(read_in(Section::Inbound, "<llm-content-safety/>"), ["missing-attribute"]);
    }
}
