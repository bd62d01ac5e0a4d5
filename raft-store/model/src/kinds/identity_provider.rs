//! Identity providers: where users of the portal sign in.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules, SecretSlot};
use crate::text::Fields;
use hanse_proto::v1::IdentityProvider;

const TENANTS_MAX: usize = 32;

impl Rules for IdentityProvider {
    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("clientId", &self.client_id, 1, 256);
        fields.sealed("clientSecret", &self.client_secret);
        fields.count("allowedTenants", self.allowed_tenants.len(), TENANTS_MAX);
        for (field, text) in [
            ("signinTenant", &self.signin_tenant),
            ("authority", &self.authority),
            ("signupPolicyName", &self.signup_policy_name),
            ("signinPolicyName", &self.signin_policy_name),
            ("profileEditingPolicyName", &self.profile_editing_policy_name),
            ("passwordResetPolicyName", &self.password_reset_policy_name),
        ] {
            fields.line(field, text, 0, 1_000);
        }
        fields.line("clientLibrary", &self.client_library, 0, 16);
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        vec![SecretSlot::required("clientSecret", &mut self.client_secret)]
    }
}
