//! Users and groups, what they are told, and how they sign in.

use super::*;

#[test]
fn users() {
    let check = |edit: &dyn Fn(&mut v1::User), fields: &[&str]| {
        let mut spec = v1::User {
            email: "eve@example.com".into(),
            first_name: "E".into(),
            last_name: "V".into(),
            ..Default::default()
        };
        edit(&mut spec);
        check(put("users/new", Spec::User(spec)), fields);
    };
    check(&|user| user.email = format!("{}@b.test", "e".repeat(247)), &[]);
    check(&|user| user.email = format!("{}@b.test", "e".repeat(248)), &["email"]);
    check(&|user| user.email = "eve".into(), &["email"]);
    check(&|user| user.email = "ann@example.com".into(), &["email"]);
    check(&|user| user.first_name = text(100), &[]);
    check(&|user| user.first_name = text(101), &["firstName"]);
    check(&|user| user.last_name = text(100), &[]);
    check(&|user| user.last_name = String::new(), &["lastName"]);
    check(&|user| user.state = "blocked".into(), &[]);
    check(&|user| user.state = "Blocked".into(), &["state"]);
    check(&|user| user.note = text(1_000), &[]);
    check(&|user| user.note = text(1_001), &["note"]);
    check(&|user| user.password = "plain".into(), &["password"]);
    let identity = |provider: String, id: String| v1::UserIdentity { provider, id };
    check(&|user| user.identities = vec![identity(text(100), text(256)); 20], &[]);
    check(&|user| user.identities = vec![identity(text(100), text(256)); 21], &["identities"]);
    check(
        &|user| user.identities = vec![identity(text(101), text(257))],
        &["identities[0].provider", "identities[0].id"],
    );
}

#[test]
fn groups() {
    let check = |edit: &dyn Fn(&mut v1::Group), fields: &[&str]| {
        let mut spec = v1::Group { display_name: "G".into(), ..Default::default() };
        edit(&mut spec);
        check(put("groups/new", Spec::Group(spec)), fields);
    };
    check(&|group| group.display_name = text(300), &[]);
    check(&|group| group.display_name = text(301), &["displayName"]);
    check(&|group| group.display_name = "Readers".into(), &["displayName"]);
    check(&|group| group.description = text(1_000), &[]);
    check(&|group| group.description = text(1_001), &["description"]);
    check(&|group| group.r#type = "system".into(), &["type"]);
    check(&|group| group.r#type = "external".into(), &["externalId"]);
    check(&|group| group.external_id = "aad://t/groups/1".into(), &["externalId"]);
    let external = |id: String| {
        move |group: &mut v1::Group| {
            group.r#type = "external".into();
            group.external_id.clone_from(&id);
        }
    };
    check(&external("i".repeat(1_000)), &[]);
    check(&external("i".repeat(1_001)), &["externalId"]);
    // Who sends it cannot make a group the service's own.
    check(&|group| group.built_in = true, &[]);
    let mut world = World::new();
    world.ok(vec![put(
        "groups/g",
        Spec::Group(v1::Group { display_name: "G".into(), built_in: true, ..Default::default() }),
    )]);
    assert!(matches!(world.spec("groups/g"), Spec::Group(group) if !group.built_in));
}

#[test]
fn the_groups_of_the_service_are_there_and_nobody_changes_them() {
    let mut world = World::new();
    world.ok(vec![workspace("w"), product("workspaces/w/products/p", "P"), user("users/ann")]);
    for id in ["administrators", "developers", "guests"] {
        let name = format!("groups/{id}");
        let Spec::Group(spec) = world.spec(&name) else { panic!("a group") };
        assert!(spec.built_in && spec.r#type == "system", "{spec:?}");
        assert_eq!(actions(&world.ok(vec![put(&name, Spec::Group(spec.clone()))])), ["unchanged"]);
        let other = v1::Group { description: "mine".into(), ..spec };
        world.refused_once(vec![put(&name, Spec::Group(other))], code::CONFLICT, "which nobody changes");
        world.refused_once(
            vec![delete(&name.to_uppercase().replace("GROUPS", "groups"))],
            code::CONFLICT,
            "always exist",
        );
        let own = group(&format!("workspaces/w/{name}"), id);
        world.refused_once(vec![own], code::CONFLICT, "one of the service's own groups");
        assert_eq!(actions(&world.ok(vec![delete(&format!("workspaces/w/{name}"))])), ["absent"]);
        world.ok(vec![group_link(&format!("workspaces/w/products/p/groupLinks/{id}"), &name)]);
        let Spec::ProductGroupLink(link) = world.spec(&format!("workspaces/w/products/p/groupLinks/{id}"))
        else {
            panic!("a link")
        };
        assert_eq!(link.group_id, name);
    }
}

#[test]
fn members_of_groups() {
    check(member("groups/readers/users/ann"), &[]);
    check(member("workspaces/w/groups/readers/users/ann"), &[]);
    check(member("groups/readers/users/none"), &[""]);
    check(member("groups/none/users/ann"), &[""]);
}

#[test]
fn a_user_goes_with_its_memberships_and_keeps_its_subscriptions_from_going() {
    let mut world = World::new();
    let owned = v1::Subscription {
        scope: "apis".into(),
        display_name: "S".into(),
        owner_id: "users/ann".into(),
        ..Default::default()
    };
    let owned = with_secret(put("subscriptions/s", Spec::Subscription(owned)), "primaryKey", "1");
    world.ok(vec![
        workspace("w"),
        user("users/ann"),
        user("users/bob"),
        group("groups/g", "G"),
        group("workspaces/w/groups/g", "G"),
        member("groups/g/users/Ann"),
        member("groups/g/users/bob"),
        member("workspaces/w/groups/g/users/ann"),
        notification("notifications/BCC"),
        recipient_user("notifications/BCC/recipientUsers/ann"),
        with_secret(owned, "secondaryKey", "2"),
    ]);
    world.refused_once(vec![delete("users/ann")], code::CONFLICT, "1 subscription is of this user");
    let accepted = world.ok(vec![delete("users/ann"), delete("subscriptions/s")]);
    assert_eq!(
        recorded(&accepted),
        [
            "deleted subscriptions/s",
            "deleted groups/g/users/Ann",
            "deleted notifications/BCC/recipientUsers/ann",
            "deleted workspaces/w/groups/g/users/ann",
            "deleted users/ann",
        ]
    );
    assert!(world.get("groups/g/users/bob").is_some());
}

#[test]
fn product_group_links() {
    let link = |group_id: &str| group_link("products/p/groupLinks/new", group_id);
    check(link("groups/readers"), &[]);
    check(link("/groups/Guests"), &[]);
    check(link(""), &["groupId"]);
    check(link("groups/none"), &["groupId"]);
    check(link("workspaces/w/groups/readers"), &["groupId"]);
    let inside = |group_id: &str| group_link("workspaces/w/products/p/groupLinks/new", group_id);
    check(inside("groups/readers"), &[]);
    check(inside("groups/developers"), &[]);
    // A group of the service that is not built in cannot be named from a workspace.
    check(inside("groups/writers"), &["groupId"]);
}

#[test]
fn a_product_is_in_a_group_once_and_leaves_it_with_the_group() {
    let mut world = World::new();
    world.ok(vec![product("products/p", "P"), product("products/q", "Q"), group("groups/g", "G")]);
    world.ok(vec![group_link("products/p/groupLinks/a", "groups/g")]);
    world.refused_once(
        vec![group_link("products/p/groupLinks/b", "groups/G")],
        code::CONFLICT,
        "the product is in it already, by `products/p/groupLinks/a`",
    );
    world.ok(vec![group_link("products/q/groupLinks/b", "groups/g")]);
    world.ok(vec![delete("products/p/groupLinks/a"), group_link("products/p/groupLinks/b", "groups/g")]);
    world.ok(vec![delete("groups/g")]);
    assert!(world.get("products/p/groupLinks/b").is_none());
    assert!(world.get("products/q/groupLinks/b").is_none());
}

#[test]
fn notifications_and_their_recipients() {
    let check_one = |edit: &dyn Fn(&mut v1::Notification), fields: &[&str]| {
        let mut spec = v1::Notification { title: "T".into(), ..Default::default() };
        edit(&mut spec);
        check(put("notifications/AccountClosedPublisher", Spec::Notification(spec)), fields);
    };
    check_one(&|notification| notification.title = text(1_000), &[]);
    check_one(&|notification| notification.title = text(1_001), &["title"]);
    check_one(&|notification| notification.title = String::new(), &["title"]);
    check_one(&|notification| notification.description = text(10_000), &[]);
    check_one(&|notification| notification.description = text(10_001), &["description"]);
    check(recipient_user("notifications/BCC/recipientUsers/ann"), &[]);
    check(recipient_user("workspaces/w/notifications/BCC/recipientUsers/ann"), &[]);
    check(recipient_user("notifications/BCC/recipientUsers/none"), &[""]);
    let mail = |name: &str| put(name, Spec::RecipientEmail(v1::RecipientEmail {}));
    check(mail("notifications/BCC/recipientEmails/ann@example.com"), &[]);
    check(mail("notifications/BCC/recipientEmails/ann"), &["name"]);
    check(mail("notifications/AccountClosedPublisher/recipientEmails/ann@example.com"), &[""]);
}

#[test]
fn email_templates() {
    let check = |edit: &dyn Fn(&mut v1::EmailTemplate), fields: &[&str]| {
        let mut spec = v1::EmailTemplate { subject: "S".into(), body: "<p/>".into(), ..Default::default() };
        edit(&mut spec);
        check(put("templates/inviteUserNotificationMessage", Spec::EmailTemplate(spec)), fields);
    };
    check(&|template| template.subject = text(1_000), &[]);
    check(&|template| template.subject = text(1_001), &["subject"]);
    check(&|template| template.body = "b".repeat(256 * 1024), &[]);
    check(&|template| template.body = "b".repeat(256 * 1024 + 1), &["body"]);
    check(&|template| template.body = String::new(), &["body"]);
    check(&|template| template.title = text(1_001), &["title"]);
    check(&|template| template.description = text(10_001), &["description"]);
    let parameter = |name: String, title: String| v1::EmailParameter { name, title, ..Default::default() };
    check(&|template| template.parameters = vec![parameter("a-Z.0_".into(), text(4_096)); 100], &[]);
    check(&|template| template.parameters = vec![parameter("a".into(), text(1)); 101], &["parameters"]);
    check(&|template| template.parameters = vec![parameter("n".repeat(256), text(1))], &[]);
    check(
        &|template| template.parameters = vec![parameter("n".repeat(257), text(4_097))],
        &["parameters[0].name", "parameters[0].title"],
    );
    check(&|template| template.parameters = vec![parameter("a b".into(), text(1))], &["parameters[0].name"]);
}

#[test]
fn identity_providers() {
    let check = |edit: &dyn Fn(&mut v1::IdentityProvider), fields: &[&str]| {
        let mut spec = v1::IdentityProvider { client_id: "c".into(), ..Default::default() };
        edit(&mut spec);
        let change = put("identityProviders/aad", Spec::IdentityProvider(spec));
        check(with_secret(change, "clientSecret", "s"), fields);
    };
    check(&|provider| provider.client_id = text(256), &[]);
    check(&|provider| provider.client_id = text(257), &["clientId"]);
    check(&|provider| provider.client_id = String::new(), &["clientId"]);
    check(&|provider| provider.client_secret = "plain".into(), &["clientSecret"]);
    check(&|provider| provider.allowed_tenants = vec!["t".into(); 32], &[]);
    check(&|provider| provider.allowed_tenants = vec!["t".into(); 33], &["allowedTenants"]);
    check(&|provider| provider.authority = text(1_000), &[]);
    check(&|provider| provider.authority = text(1_001), &["authority"]);
    check(&|provider| provider.client_library = text(16), &[]);
    check(&|provider| provider.client_library = text(17), &["clientLibrary"]);
    let without_secret = v1::IdentityProvider { client_id: "c".into(), ..Default::default() };
    super::check(put("identityProviders/aad", Spec::IdentityProvider(without_secret)), &["clientSecret"]);
}

#[test]
fn authorization_servers() {
    let check = |edit: &dyn Fn(&mut v1::AuthorizationServer), fields: &[&str]| {
        let mut spec = authorization_server_spec("New");
        edit(&mut spec);
        check(put("authorizationServers/new", Spec::AuthorizationServer(spec)), fields);
    };
    let words = |words: &[&str]| -> Vec<String> { words.iter().map(ToString::to_string).collect() };
    check(&|server| server.display_name = text(50), &[]);
    check(&|server| server.display_name = text(51), &["displayName"]);
    check(&|server| server.display_name = "Taken".into(), &["displayName"]);
    check(&|server| server.client_registration_endpoint.clear(), &["clientRegistrationEndpoint"]);
    check(&|server| server.authorization_endpoint = "idp".into(), &["authorizationEndpoint"]);
    check(&|server| server.token_endpoint = "https://idp.test/token".into(), &[]);
    check(&|server| server.client_id = text(257), &["clientId"]);
    check(&|server| server.grant_types.clear(), &["grantTypes"]);
    check(&|server| server.grant_types = words(&["implicit", "clientCredentials"]), &[]);
    check(&|server| server.grant_types = words(&["password"]), &["grantTypes"]);
    check(&|server| server.authorization_methods = words(&["GET", "get"]), &["authorizationMethods"]);
    check(&|server| server.client_authentication_method = words(&["Query"]), &["clientAuthenticationMethod"]);
    check(&|server| server.bearer_token_sending_methods = words(&["body"]), &["bearerTokenSendingMethods"]);
    check(&|server| server.client_secret = "plain".into(), &["clientSecret"]);
    check(&|server| server.resource_owner_username = "plain".into(), &["resourceOwnerUsername"]);
    check(&|server| server.resource_owner_password = "plain".into(), &["resourceOwnerPassword"]);
}

#[test]
fn openid_connect_providers() {
    let check = |edit: &dyn Fn(&mut v1::OpenIdConnectProvider), fields: &[&str]| {
        let mut spec = openid_spec("New");
        edit(&mut spec);
        check(put("openidConnectProviders/new", Spec::OpenIdConnectProvider(spec)), fields);
    };
    check(&|provider| provider.display_name = text(50), &[]);
    check(&|provider| provider.display_name = text(51), &["displayName"]);
    check(&|provider| provider.display_name = "Taken".into(), &["displayName"]);
    check(&|provider| provider.metadata_endpoint.clear(), &["metadataEndpoint"]);
    check(&|provider| provider.metadata_endpoint = "idp".into(), &["metadataEndpoint"]);
    check(&|provider| provider.client_id = text(256), &[]);
    check(&|provider| provider.client_id = text(257), &["clientId"]);
    check(&|provider| provider.client_secret = "plain".into(), &["clientSecret"]);
}

#[test]
fn apis_of_workspaces_may_name_the_identity_of_the_service() {
    let with = |server: &str, provider: &str| {
        let server =
            v1::OAuth2AuthenticationSettings { authorization_server_id: server.into(), ..Default::default() };
        let provider =
            v1::OpenIdAuthenticationSettings { openid_provider_id: provider.into(), ..Default::default() };
        let settings = v1::AuthenticationSettings {
            o_auth2: Some(server),
            openid: Some(provider),
            ..Default::default()
        };
        let spec = v1::Api { authentication_settings: Some(settings), ..api_spec("new") };
        put("workspaces/w/apis/new", Spec::Api(spec))
    };
    let mut world = populated();
    let fields = |violations: Vec<Violation>| -> Vec<String> {
        violations.into_iter().map(|violation| violation.field).collect()
    };
    assert_eq!(
        fields(world.refused(vec![with("authorizationServers/none", "openidConnectProviders/none")])),
        [
            "authenticationSettings.oAuth2.authorizationServerId",
            "authenticationSettings.openid.openidProviderId"
        ]
    );
    world.ok(vec![with("authorizationServers/taken", "openidConnectProviders/taken")]);
    for name in ["authorizationServers/taken", "openidConnectProviders/taken"] {
        world.refused_once(vec![delete(name)], code::CONFLICT, "it is used by `workspaces/w/apis/new`");
    }
    world.ok(vec![delete("workspaces/w/apis/new"), delete("authorizationServers/taken")]);
}
