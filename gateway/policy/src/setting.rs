//! What an attribute or a text says: fixed when its document is compiled, or worked out for each request.

use hanse_expression::{Program, Target, compile_for};

use crate::kind::period_seconds;
use crate::tree::{Element, Value, ValueKind};

/// Fixed, or worked out for each request.
#[derive(Debug)]
pub(crate) enum Setting<T> {
    Fixed(T),
    Computed(Box<Program>),
}

/// A text; null is possible where it is worked out.
pub(crate) type Text = Setting<Box<str>>;
pub(crate) type Flag = Setting<bool>;
pub(crate) type Number = Setting<i64>;

impl<T> Setting<T> {
    /// What a value says, `read` from its text where it is a literal. `None`: it says nothing that was
    /// accepted when it was checked.
    pub(crate) fn of(value: &Value, target: Target, read: impl FnOnce(&str) -> Option<T>) -> Option<Self> {
        match value.kind {
            ValueKind::Literal => read(&value.text).map(Self::Fixed),
            ValueKind::Expression => {
                let program = compile_for(value.text.trim(), target).program?;
                Some(Self::Computed(Box::new(program)))
            }
            ValueKind::Deferred => None,
        }
    }

    pub(crate) fn fixed(&self) -> Option<&T> {
        match self {
            Self::Fixed(fixed) => Some(fixed),
            Self::Computed(_) => None,
        }
    }
}

impl Text {
    /// A text as it is written; where it is one of several kinds, `target` says what is taken.
    pub(crate) fn verbatim(value: &Value, target: Target) -> Option<Self> {
        Self::of(value, target, |text| Some(text.into()))
    }
}

impl Element {
    /// A text without blanks around it; `None` where the attribute is absent.
    pub(crate) fn text_setting(&self, name: &str) -> Option<Option<Text>> {
        self.setting(name, Target::String, |text| Some(text.trim().into()))
    }

    /// A text without blanks around it, of an attribute that has to be there.
    pub(crate) fn required_text(&self, name: &str) -> Option<Text> {
        self.text_setting(name)?
    }

    /// A yes or no.
    pub(crate) fn flag_setting(&self, name: &str, default: bool) -> Option<Flag> {
        let read = |text: &str| Some(text.trim().eq_ignore_ascii_case("true"));
        self.setting(name, Target::Bool, read)?.map_or(Some(Setting::Fixed(default)), Some)
    }

    /// A number; a duration such as `PT30S` is its seconds.
    pub(crate) fn number_setting(&self, name: &str) -> Option<Option<Number>> {
        self.setting(name, Target::Long, |text| {
            let text = text.trim();
            match text.parse() {
                Ok(number) => Some(number),
                Err(_) => i64::try_from(period_seconds(text)?).ok(),
            }
        })
    }

    /// A number, of an attribute that has to be there.
    pub(crate) fn required_number(&self, name: &str) -> Option<Number> {
        self.number_setting(name)?
    }

    /// A fractional number.
    pub(crate) fn double_setting(&self, name: &str) -> Option<Option<Setting<f64>>> {
        self.setting(name, Target::Double, |text| text.trim().parse().ok())
    }

    /// What an attribute says: `Some(None)` where it is absent, `None` where it says nothing that was
    /// accepted when it was checked.
    pub(crate) fn setting<T>(
        &self,
        name: &str,
        target: Target,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Option<Setting<T>>> {
        match self.attribute(name) {
            Some(attribute) => Setting::of(&attribute.value, target, read).map(Some),
            None => Some(None),
        }
    }

    /// The element's own text without blanks around it; empty where it has none.
    pub(crate) fn own_text(&self) -> Option<Text> {
        match self.text() {
            Some(value) => Setting::of(value, Target::String, |text| Some(text.trim().into())),
            None => Some(Setting::Fixed("".into())),
        }
    }

    /// The element's own text as it is written; empty where it has none.
    pub(crate) fn own_verbatim(&self, target: Target) -> Option<Text> {
        match self.text() {
            Some(value) => Text::verbatim(value, target),
            None => Some(Setting::Fixed("".into())),
        }
    }
}
