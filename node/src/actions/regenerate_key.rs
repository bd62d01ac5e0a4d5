//! A new key for a subscription; whoever still calls with the other one is not interrupted.

use super::{Expansion, Reader, read};
use hanse_model::Read;
use hanse_proto::{
    Kind,
    v1::{self, resource::Spec},
};

pub fn expand<R: Read>(
    reader: &mut Reader<'_, R>,
    action: &v1::RegenerateKey,
    key: String,
) -> Result<Expansion, super::Stop<R::Error>> {
    let name = read::name(&action.subscription, "subscription", Kind::Subscription)?;
    let Spec::Subscription(mut subscription) = reader.spec(&name)? else { return Err(read::absent(&name)) };
    match action.key.as_str() {
        "primary" => subscription.primary_key = key,
        "secondary" => subscription.secondary_key = key,
        other => {
            let message = format!("`{other}` is no key of a subscription; there are primary and secondary");
            return read::refuse("invalid", name.as_str(), "key", &message, "");
        }
    }
    let mut expansion = Expansion::default();
    expansion.put(name.as_str(), Spec::Subscription(subscription));
    Ok(expansion)
}
