//! What a request turned out to be about, as expressions ask for it below `context`.
//!
//! Made once, when configuration is compiled, and lent to every request: nothing here is worked out or
//! copied for one.

use std::sync::Arc;

use crate::contract::Contract;
use crate::graphql::GraphQlSchema;
use crate::url::BaseUrl;

/// What a request is about. `None`: it is about none, or nobody knows yet.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub workspace: &'a WorkspaceFacts,
    pub api: Option<&'a ApiFacts>,
    pub operation: Option<&'a OperationFacts>,
    pub product: Option<&'a ProductFacts>,
    pub subscription: Option<&'a SubscriptionFacts>,
    pub user: Option<&'a UserFacts>,
    pub deployment: &'a DeploymentFacts,
}

impl<'a> Facts<'a> {
    /// Nothing matched yet.
    pub fn unmatched(workspace: &'a WorkspaceFacts, deployment: &'a DeploymentFacts) -> Self {
        Self {
            workspace,
            deployment,
            api: None,
            operation: None,
            product: None,
            subscription: None,
            user: None,
        }
    }

    pub fn api_id(&self) -> Option<&'a str> {
        self.api.map(|api| &*api.id)
    }

    pub fn operation_id(&self) -> Option<&'a str> {
        self.operation.map(|operation| &*operation.id)
    }

    pub fn product_id(&self) -> Option<&'a str> {
        self.product.map(|product| &*product.id)
    }

    pub fn subscription_id(&self) -> Option<&'a str> {
        self.subscription.map(|subscription| &*subscription.id)
    }
}

/// `context.Workspace`. Of the service itself both are empty, and the property is null.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkspaceFacts {
    pub id: Arc<str>,
    pub name: Arc<str>,
}

/// `context.Api`.
#[derive(Debug, Clone, Default)]
pub struct ApiFacts {
    /// With `;rev=n` where it is not the current revision.
    pub id: Arc<str>,
    pub name: Arc<str>,
    /// Without slashes around it.
    pub path: Arc<str>,
    pub revision: Arc<str>,
    /// Empty: none.
    pub version: Arc<str>,
    pub is_current: bool,
    pub protocols: Arc<[Arc<str>]>,
    pub service_url: Option<Arc<BaseUrl>>,
    pub key_header: Arc<str>,
    pub key_query: Arc<str>,
    /// The schema of a GraphQL API.
    pub graphql: Option<Arc<GraphQlSchema>>,
}

/// `context.Operation`.
#[derive(Debug, Clone, Default)]
pub struct OperationFacts {
    pub id: Arc<str>,
    pub name: Arc<str>,
    pub method: Arc<str>,
    pub url_template: Arc<str>,
    /// Query parameters that the template names; `rewrite-uri` does not copy these.
    pub query_names: Arc<[Arc<str>]>,
    /// What it says of its messages.
    pub contract: Arc<Contract>,
}

/// `context.Product`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductFacts {
    pub id: Arc<str>,
    pub name: Arc<str>,
    pub is_published: bool,
    pub approval_required: bool,
    pub subscription_required: bool,
    pub subscriptions_limit: Option<i32>,
    /// Ids and names.
    pub groups: Arc<[(Arc<str>, Arc<str>)]>,
}

/// `context.Subscription`. Times are milliseconds of Unix time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionFacts {
    pub id: Arc<str>,
    pub name: Arc<str>,
    pub created_ms: i64,
    pub starts_ms: Option<i64>,
    pub ends_ms: Option<i64>,
}

/// `context.User`. Times are milliseconds of Unix time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFacts {
    pub id: Arc<str>,
    pub email: Arc<str>,
    pub first_name: Arc<str>,
    pub last_name: Arc<str>,
    pub note: Arc<str>,
    pub registered_ms: i64,
    /// Ids and names.
    pub groups: Arc<[(Arc<str>, Arc<str>)]>,
    /// Ids and providers.
    pub identities: Arc<[(Arc<str>, Arc<str>)]>,
}

/// `context.Deployment`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentFacts {
    /// Of the service.
    pub service_name: Arc<str>,
    pub region: Arc<str>,
    /// `managed` on the default gateway, else the gateway's name.
    pub gateway_id: Arc<str>,
    /// `managed` on the default gateway, else what tells this unit from others.
    pub instance_id: Arc<str>,
    pub is_managed: bool,
}
