//! From what apply and admission said to what a gRPC client gets: one place, one mapping.

use hanse_proto::v1;
use prost::Message as _;
use tonic::{Code, Status};

/// Most bytes of details in one answer; they travel in HTTP/2 trailers.
pub const DETAILS_BYTES_MAX: usize = 96 * 1024;
/// Characters of a name in a refusal; the longest that can be one is shorter.
const NAME_CHARS_MAX: usize = 600;
/// Header list that both ends of the admin API accept: above the details in Base64.
pub const HEADER_LIST_BYTES_MAX: u32 = 256 * 1024;

/// A refused call, with every violation in its details.
pub fn refusal(mut violations: Vec<v1::Violation>) -> Status {
    violations.iter_mut().for_each(|violation| shorten(&mut violation.name));
    let code = violations.first().map_or(Code::InvalidArgument, |first| code_of(&first.code));
    let count = violations.len();
    let message = match violations.as_slice() {
        [only] if only.name.is_empty() => only.message.clone(),
        [only] => format!("{}: {}", only.name, only.message),
        _ => format!("refused, nothing was changed: {count} problems"),
    };
    while (v1::Refusal { violations: violations.clone() }).encoded_len() > DETAILS_BYTES_MAX {
        violations.truncate(violations.len() / 2);
    }
    if violations.len() < count {
        let left_off = count - violations.len();
        violations.push(crate::admission::violation(
            "invalid",
            "",
            "",
            &format!("and {left_off} more; mend these first"),
        ));
    }
    Status::with_details(code, message, v1::Refusal { violations }.encode_to_vec().into())
}

/// A name that was sent comes back; one that cannot be a name does not come back whole.
fn shorten(name: &mut String) {
    if let Some((end, _)) = name.char_indices().nth(NAME_CHARS_MAX) {
        name.truncate(end);
        name.push('…');
    }
}

fn code_of(code: &str) -> Code {
    match code {
        "not-found" => Code::NotFound,
        "conflict" | "precondition-failed" => Code::FailedPrecondition,
        "forbidden" => Code::PermissionDenied,
        "unauthenticated" => Code::Unauthenticated,
        "stale" => Code::Aborted,
        "limit" => Code::ResourceExhausted,
        "request-id-reused" => Code::AlreadyExists,
        _ => Code::InvalidArgument,
    }
}
