//! A step of a subscription. Which steps there are is the model's business.

use super::{Expansion, Reader, read};
use hanse_model::Read;
use hanse_proto::{
    Kind,
    v1::{self, resource::Spec},
};

pub fn expand<R: Read>(
    reader: &mut Reader<'_, R>,
    action: &v1::SetSubscriptionState,
) -> Result<Expansion, super::Stop<R::Error>> {
    let name = read::name(&action.subscription, "subscription", Kind::Subscription)?;
    let Spec::Subscription(mut subscription) = reader.spec(&name)? else { return Err(read::absent(&name)) };
    if action.state.is_empty() {
        let message = "missing; a state is required: active, rejected, suspended, cancelled or expired";
        return read::refuse("invalid", name.as_str(), "state", message, "");
    }
    if subscription.state == action.state {
        let message = format!("it is {} already", action.state);
        return read::refuse("conflict", name.as_str(), "state", &message, "");
    }
    subscription.state.clone_from(&action.state);
    if !action.comment.is_empty() {
        subscription.state_comment.clone_from(&action.comment);
    }
    let mut expansion = Expansion::default();
    expansion.put(name.as_str(), Spec::Subscription(subscription));
    Ok(expansion)
}
