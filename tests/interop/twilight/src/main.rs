//! The whole way of a community bot through the sandbox, by the unmodified twilight, which decodes every answer and event
//! into its own types.
//!
//! Usage: twilight-flow SANDBOX TRANSCRIPT    The transcript is judged afterwards by ../discord/judge.mjs.
mod sandbox;

use anyhow::{bail, ensure, Result};
use sandbox::{request, Sandbox};
use serde_json::{json, Value};
use std::future::{Future, IntoFuture};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, Mutex};
use tokio::time::timeout;
use twilight_gateway::{ConfigBuilder, Event, EventTypeFlags, Intents, MessageSender, Shard, ShardId, StreamExt as _};
use twilight_http::request::AuditLogReason as _;
use twilight_http::{error::ErrorType, Client};
use twilight_model::application::command::{CommandOption, CommandOptionChoice, CommandOptionChoiceValue, CommandOptionType, CommandType};
use twilight_model::application::interaction::application_command::CommandOptionValue;
use twilight_model::application::interaction::{Interaction, InteractionData, InteractionType};
use twilight_model::channel::message::component::{
    ActionRow, Button, ButtonStyle, SelectMenu, SelectMenuOption, SelectMenuType, TextInput, TextInputStyle,
};
use twilight_model::channel::message::{AllowedMentions, Component, EmojiReactionType, MessageFlags};
use twilight_model::channel::permission_overwrite as kept;
use twilight_model::channel::thread::AutoArchiveDuration;
use twilight_model::channel::{ChannelType, VideoQualityMode};
use twilight_model::gateway::payload::outgoing::RequestGuildMembers;
use twilight_model::guild::Permissions;
use twilight_model::http::attachment::Attachment;
use twilight_model::http::channel_position::Position;
use twilight_model::http::interaction::{InteractionResponse, InteractionResponseData, InteractionResponseType};
use twilight_model::http::permission_overwrite::{PermissionOverwrite, PermissionOverwriteType};
use twilight_model::id::marker::{ApplicationMarker, ChannelMarker, GuildMarker, UserMarker};
use twilight_model::id::Id;

const PATIENCE: Duration = Duration::from_secs(240);

struct Bot {
    http: Client,
    sandbox: Sandbox,
    sender: MessageSender,
    events: Mutex<broadcast::Receiver<Arc<Event>>>,
    guild: Id<GuildMarker>,
    channel: Id<ChannelMarker>,
    user: Id<UserMarker>,
    owner: Id<UserMarker>,
    application: Id<ApplicationMarker>,
}

impl Bot {
    /// The first event from now on for which `pick` gives something.
    async fn event<T>(&self, what: &str, pick: impl Fn(&Event) -> Option<T>) -> Result<T> {
        let mut events = self.events.lock().await;
        let found = timeout(Duration::from_secs(30), async {
            loop {
                if let Some(found) = pick(&*events.recv().await?) {
                    return anyhow::Ok(found);
                }
            }
        });
        found.await.unwrap_or_else(|_| bail!("no {what} came"))
    }

    async fn interaction(&self) -> Result<Interaction> {
        self.event("interaction", |event| match event {
            Event::InteractionCreate(i) => Some(i.0.clone()),
            _ => None,
        })
        .await
    }

    async fn answer(&self, to: &Interaction, kind: InteractionResponseType, data: Option<InteractionResponseData>) -> Result<()> {
        let response = InteractionResponse { kind, data };
        self.http.interaction(self.application).create_response(to.id, &to.token, &response).await?;
        Ok(())
    }

    /// A person acts; the interaction arrives meanwhile and `reply` answers it. Gives what the person sees.
    async fn act<F: Future<Output = Result<()>>>(&self, body: Value, reply: impl FnOnce(Interaction) -> F) -> Result<Value> {
        let (seen, replied) = tokio::join!(self.sandbox.act(body), async {
            let interaction = self.interaction().await?;
            reply(interaction).await
        });
        replied?;
        seen
    }
}

/// Asks, and decodes the answer strictly.
async fn get<T: serde::de::DeserializeOwned + Unpin>(
    asked: impl IntoFuture<Output = Result<twilight_http::Response<T>, twilight_http::Error>>,
) -> Result<T>
where
    T: Decoded,
{
    Ok(T::decode(asked.await?).await?)
}

/// What has a body to decode; lists decode as lists.
trait Decoded: Sized {
    fn decode(
        response: twilight_http::Response<Self>,
    ) -> impl Future<Output = Result<Self, twilight_http::response::DeserializeBodyError>> + Send;
}
impl<T: serde::de::DeserializeOwned + Unpin + Send + 'static> Decoded for T {
    async fn decode(response: twilight_http::Response<T>) -> Result<T, twilight_http::response::DeserializeBodyError> {
        response.model().await
    }
}

macro_rules! list {
    ($asked:expr) => {
        $asked.await?.models().await?
    };
}

async fn refused<T>(
    asked: impl IntoFuture<Output = Result<twilight_http::Response<T>, twilight_http::Error>>,
    status: u16,
    code: u64,
) -> Result<()> {
    match asked.await {
        Err(error) => match error.kind() {
            ErrorType::Response { error: body, status: got, .. } => {
                let text = format!("{body:?}");
                ensure!(got.get() == status, "status: expected {status}, got {got}");
                ensure!(text.contains(&format!("{code}")), "code: expected {code}, got {text}");
                Ok(())
            }
            other => bail!("expected {status}, got {other:?}"),
        },
        Ok(_) => bail!("expected a refusal with {status}"),
    }
}

fn option(name: &str, kind: CommandOptionType) -> CommandOption {
    CommandOption {
        autocomplete: None,
        channel_types: None,
        choices: None,
        description: "one".into(),
        description_localizations: None,
        file_types: None,
        kind,
        max_length: None,
        max_value: None,
        min_length: None,
        min_value: None,
        name: name.into(),
        name_localizations: None,
        options: None,
        required: Some(true),
    }
}

async fn commands(bot: &Bot) -> Result<()> {
    use CommandOptionType as K;
    let interaction = bot.http.interaction(bot.application);
    let options: Vec<_> = [
        ("text", K::String),
        ("whole", K::Integer),
        ("decimal", K::Number),
        ("flag", K::Boolean),
        ("user", K::User),
        ("role", K::Role),
        ("channel", K::Channel),
        ("anyone", K::Mentionable),
    ]
    .map(|(name, kind)| option(name, kind))
    .into();
    let made = get(interaction.create_global_command().chat_input("everything", "One of every type").command_options(&options)).await?;
    ensure!(made.options.len() == 8, "options");
    let one = get(interaction.global_command(made.id.unwrap())).await?;
    ensure!(one.name == "everything" && one.kind == CommandType::ChatInput, "one command");
    ensure!(list!(interaction.global_commands()).len() == 1, "global commands");
    let local = get(interaction.create_guild_command(bot.guild).chat_input("local", "Here")).await?;
    ensure!(get(interaction.guild_command(bot.guild, local.id.unwrap())).await?.guild_id == Some(bot.guild), "guild command");
    refused(interaction.command_permissions(bot.guild, one.id.unwrap()), 404, 10066).await
}

async fn options(bot: &Bot) -> Result<()> {
    let role = get(bot.http.create_role(bot.guild).name("Option")).await?;
    let given = json!({"text": "hello", "whole": 7, "decimal": 1.5, "flag": true, "user": bot.owner, "role": role.id,
                       "channel": bot.channel, "anyone": role.id});
    let seen = bot
        .act(json!({"command": "everything", "options": given}), |i| async move {
            let Some(InteractionData::ApplicationCommand(data)) = &i.data else { bail!("no command") };
            ensure!(data.options.len() == 8, "options");
            let resolved = data.resolved.as_ref().expect("resolved");
            ensure!(resolved.users.contains_key(&bot.owner) && resolved.members.contains_key(&bot.owner), "user and member");
            ensure!(resolved.channels[&bot.channel].permissions.contains(Permissions::VIEW_CHANNEL), "channel's permissions");
            ensure!(resolved.roles.len() == 1, "role");
            bot.answer(&i, InteractionResponseType::DeferredChannelMessageWithSource, None).await?;
            let client = bot.http.interaction(bot.application);
            let file = [Attachment::from_bytes("report.txt".into(), b"report".to_vec(), 1)];
            let edited = get(client.update_response(&i.token).content(Some("done")).attachments(&file)).await?;
            ensure!(edited.attachments[0].size == 6, "size of the file");
            let followed = get(client.create_followup(&i.token).content("and more").flags(MessageFlags::EPHEMERAL)).await?;
            client.update_followup(&i.token, followed.id).content(Some("and even more")).await?;
            client.delete_followup(&i.token, followed.id).await?;
            ensure!(get(client.response(&i.token)).await?.content == "done", "original");
            Ok(())
        })
        .await?;
    ensure!(seen["phase"] == "answered", "phase");
    bot.http.delete_role(bot.guild, role.id).await?;
    Ok(())
}

async fn autocomplete(bot: &Bot) -> Result<()> {
    let client = bot.http.interaction(bot.application);
    let options = [CommandOption { autocomplete: Some(true), ..option("name", CommandOptionType::String) }];
    get(client.create_global_command().chat_input("lookup", "Finds a token").command_options(&options)).await?;
    let seen = bot
        .act(json!({"command": "lookup", "typing": "name", "options": {"name": "mel"}}), |i| async move {
            ensure!(i.kind == InteractionType::ApplicationCommandAutocomplete, "an autocomplete");
            let Some(InteractionData::ApplicationCommand(data)) = &i.data else { bail!("no command") };
            let typed = CommandOptionValue::Focused("mel".into(), CommandOptionType::String);
            ensure!(data.options[0].value == typed, "what is typed");
            let choices = |name: &str| {
                let value = CommandOptionChoiceValue::String("melange".into());
                let choices = Some(vec![CommandOptionChoice { name: name.into(), name_localizations: None, value }]);
                Some(InteractionResponseData { choices, ..Default::default() })
            };
            let kind = InteractionResponseType::ApplicationCommandAutocompleteResult;
            ensure!(bot.answer(&i, kind, choices(&"x".repeat(101))).await.is_err(), "too long a choice is refused");
            bot.answer(&i, kind, choices("Melange")).await
        })
        .await?;
    ensure!(seen["phase"] == "answered" && seen["choices"] == json!([{"name": "Melange", "value": "melange"}]), "choices");
    Ok(())
}

fn select(custom_id: &str, kind: SelectMenuType) -> Component {
    let options = (kind == SelectMenuType::Text).then(|| {
        ["Berachain", "Ethereum"]
            .map(|name| SelectMenuOption { default: false, description: None, emoji: None, label: name.into(), value: name.into() })
            .into()
    });
    row(Component::SelectMenu(SelectMenu {
        id: None,
        channel_types: None,
        custom_id: custom_id.into(),
        default_values: None,
        disabled: false,
        kind,
        max_values: None,
        min_values: None,
        options,
        placeholder: None,
        required: None,
    }))
}

fn row(inner: Component) -> Component {
    Component::ActionRow(ActionRow { id: None, components: vec![inner] })
}

async fn components(bot: &Bot) -> Result<()> {
    let role = get(bot.http.create_role(bot.guild).name("Chosen")).await?;
    let go = Component::Button(Button {
        id: None,
        custom_id: Some("go".into()),
        disabled: false,
        emoji: None,
        label: Some("Go".into()),
        style: ButtonStyle::Primary,
        url: None,
        sku_id: None,
    });
    let shown = [
        row(go),
        select("chain", SelectMenuType::Text),
        select("who", SelectMenuType::User),
        select("role", SelectMenuType::Role),
        select("where", SelectMenuType::Channel),
    ];
    let message = get(bot.http.create_message(bot.channel).content("choose").components(&shown)).await?;
    let more = get(bot.http.create_message(bot.channel).content("or").components(&[select("any", SelectMenuType::Mentionable)])).await?;
    for (on, custom_id, value) in [
        (&message, "chain", "Berachain".to_string()),
        (&message, "who", bot.owner.to_string()),
        (&message, "role", role.id.to_string()),
        (&message, "where", bot.channel.to_string()),
        (&more, "any", role.id.to_string()),
    ] {
        let wanted = &value;
        bot.act(json!({"message": on.id, "custom_id": custom_id, "values": [value]}), |i| async move {
            let Some(InteractionData::MessageComponent(data)) = &i.data else { bail!("no component") };
            ensure!(data.custom_id == custom_id && data.values == [wanted.clone()], "values of {custom_id}");
            ensure!((custom_id == "chain") == data.resolved.is_none(), "resolved of {custom_id}");
            bot.answer(&i, InteractionResponseType::DeferredUpdateMessage, None).await?;
            bot.http.interaction(bot.application).update_response(&i.token).content(Some(custom_id)).await?;
            Ok(())
        })
        .await?;
    }
    let form = bot
        .act(json!({"message": message.id, "custom_id": "go"}), |i| async move {
            #[allow(deprecated)]
            let input = Component::TextInput(TextInput {
                id: None,
                custom_id: "address".into(),
                label: Some("Address".into()),
                max_length: Some(42),
                min_length: Some(42),
                placeholder: None,
                required: Some(true),
                style: TextInputStyle::Short,
                value: None,
            });
            let data = InteractionResponseData {
                custom_id: Some("form".into()),
                title: Some("Contract".into()),
                components: Some(vec![row(input)]),
                ..Default::default()
            };
            bot.answer(&i, InteractionResponseType::Modal, Some(data)).await
        })
        .await?;
    ensure!(form["phase"] == "form", "a form");
    let address = format!("0x{}", "a".repeat(40));
    bot.act(json!({"form_of": form["id"], "fields": {"address": address}}), |i| async move {
        ensure!(matches!(i.data, Some(InteractionData::ModalSubmit(_))), "a form's data");
        let data = InteractionResponseData { content: Some("thanks".into()), ..Default::default() };
        bot.answer(&i, InteractionResponseType::UpdateMessage, Some(data)).await
    })
    .await?;
    bot.http.delete_role(bot.guild, role.id).await?;
    Ok(())
}

async fn channels(bot: &Bot) -> Result<()> {
    let http = &bot.http;
    let role = get(http.create_role(bot.guild).name("Naib").color(0xFFD700).hoist(true).reason("nonce")).await?;
    let hidden = |id: u64, allow, deny| kept::PermissionOverwrite {
        allow,
        deny,
        id: Id::new(id),
        kind: kept::PermissionOverwriteType::Role,
    };
    let none = Permissions::empty();
    let overwrites = [
        hidden(bot.guild.get(), none, Permissions::VIEW_CHANNEL),
        hidden(role.id.get(), Permissions::VIEW_CHANNEL | Permissions::SEND_MESSAGES, none),
    ];
    let category = get(http
        .create_guild_channel(bot.guild, "NAIB COUNCIL")
        .kind(ChannelType::GuildCategory)
        .permission_overwrites(&overwrites))
    .await?;
    let make = |name, kind| http.create_guild_channel(bot.guild, name).kind(kind).parent_id(category.id);
    let text = get(make("Council Rock", ChannelType::GuildText).topic("the seven").rate_limit_per_user(5).permission_overwrites(&overwrites)).await?;
    ensure!(text.name.as_deref() == Some("council-rock") && text.permission_overwrites.as_ref().unwrap().len() == 2, "text");
    ensure!(text.permission_overwrites.unwrap()[0].kind == kept::PermissionOverwriteType::Role, "kind of an overwrite");
    let voice = get(make("Voice", ChannelType::GuildVoice)
        .bitrate(32_000)
        .user_limit(9)
        .rtc_region("rotterdam")
        .video_quality_mode(VideoQualityMode::Full))
    .await?;
    ensure!(voice.bitrate == Some(32_000) && voice.user_limit == Some(9) && voice.rtc_region.as_deref() == Some("rotterdam"), "voice");
    let news = get(make("News", ChannelType::GuildAnnouncement)).await?;
    let stage = get(make("Stage", ChannelType::GuildStageVoice)).await?;
    let forum = get(make("Questions", ChannelType::GuildForum).topic("ask")).await?;
    let media = get(make("Pictures", ChannelType::GuildMedia)).await?;
    ensure!(list!(http.guild_channels(bot.guild)).len() >= 8, "channels");
    let moves: Vec<Position> = [text.id, news.id].into_iter().enumerate().map(|(n, id)| Position::from((id, n as u64 + 3))).collect();
    http.update_guild_channel_positions(bot.guild, &moves).await?;
    let edited = get(http.update_channel(voice.id).user_limit(0).rtc_region(None).name("Loud")).await?;
    ensure!(edited.user_limit == Some(0) && edited.rtc_region.is_none(), "edited");
    let own = PermissionOverwrite { allow: Some(Permissions::VIEW_CHANNEL), deny: None, id: bot.user.cast(), kind: PermissionOverwriteType::Member };
    http.update_channel_permission(text.id, &own).await?;
    http.delete_channel_permission(text.id).member(bot.user).await?;
    let log = get(http.audit_log(bot.guild).limit(50)).await?;
    ensure!(log.entries.iter().any(|e| e.reason.as_deref() == Some("nonce")), "reason in the audit log");
    refused(http.channel(Id::new(123_456_789_012_345_678)), 404, 10_003).await?;
    refused(http.guild(Id::new(123_456_789_012_345_678)), 404, 10_004).await?;
    refused(http.role(bot.guild, Id::new(123_456_789_012_345_678)), 404, 10_011).await?;
    refused(http.guild_member(bot.guild, Id::new(123_456_789_012_345_678)), 404, 10_007).await?;
    for channel in [media, forum, stage, news, edited, category].map(|c| c.id) {
        http.delete_channel(channel).await?;
    }
    http.delete_channel(text.id).await?;
    http.delete_role(bot.guild, role.id).await?;
    Ok(())
}

async fn messages(bot: &Bot) -> Result<()> {
    let http = &bot.http;
    let first = get(http.create_message(bot.channel).content("first").nonce(7)).await?;
    let told = bot
        .event("message", |event| match event {
            Event::MessageCreate(m) if m.content == "first" => Some(m.id),
            _ => None,
        })
        .await?;
    ensure!(told == first.id, "the dispatch of the message");
    let text = format!("hi <@{}>", bot.owner);
    let reply = get(http.create_message(bot.channel).content(&text).reply(first.id)).await?;
    ensure!(reply.reference.as_ref().and_then(|r| r.message_id) == Some(first.id), "reference");
    ensure!(reply.referenced_message.as_ref().map(|m| m.id) == Some(first.id) && reply.mentions.len() == 2, "a reply");
    let nobody = AllowedMentions::default();
    let silent = get(http.create_message(bot.channel).content(&text).allowed_mentions(Some(&nobody))).await?;
    ensure!(silent.mentions.is_empty(), "nobody is rung");
    let files = [("3.txt", 3usize, 1), ("5.txt", 5, 2)].map(|(name, n, id)| Attachment::from_bytes(name.into(), vec![b'a'; n], id));
    let sent = get(http.create_message(bot.channel).attachments(&files)).await?;
    ensure!(sent.attachments.iter().map(|a| a.size).eq([3, 5]), "files without a text");
    let kept = get(http.update_message(bot.channel, sent.id).keep_attachment_ids(&[sent.attachments[1].id])).await?;
    ensure!(kept.attachments.len() == 1, "attachments after an edit");
    let thumb = twilight_http::request::channel::reaction::RequestReactionType::Unicode { name: "👍" };
    http.create_reaction(bot.channel, first.id, &thumb).await?;
    let reacted = get(http.message(bot.channel, first.id)).await?;
    ensure!(reacted.reactions[0].count == 1 && reacted.reactions[0].me, "reaction");
    ensure!(matches!(&reacted.reactions[0].emoji, EmojiReactionType::Unicode { name } if name == "👍"), "emoji");
    ensure!(list!(http.reactions(bot.channel, first.id, &thumb)).len() == 1, "who reacted");
    http.delete_current_user_reaction(bot.channel, first.id, &thumb).await?;
    http.create_pin(bot.channel, first.id).await?;
    http.delete_pin(bot.channel, first.id).await?;
    refused(http.message(bot.channel, Id::new(123_456_789_012_345_678)), 404, 10_008).await?;
    http.delete_messages(bot.channel, &[reply.id, silent.id]).await?;
    http.delete_message(bot.channel, sent.id).await?;
    Ok(())
}

async fn direct(bot: &Bot) -> Result<()> {
    let http = &bot.http;
    let channel = get(http.create_private_channel(bot.owner)).await?;
    ensure!(get(http.create_private_channel(bot.owner)).await?.id == channel.id, "the same channel again");
    let looked = get(http.channel(channel.id)).await?;
    ensure!(looked.kind == ChannelType::Private && looked.recipients.unwrap()[0].id == bot.owner, "channel");
    let heard = |text: &'static str| {
        move |event: &Event| match event {
            Event::MessageCreate(m) if m.content == text => Some((m.id, m.guild_id)),
            _ => None,
        }
    };
    let sent = get(http.create_message(channel.id).content("salaam")).await?;
    ensure!(bot.event("message", heard("salaam")).await? == (sent.id, None), "no guild");
    ensure!(get(http.update_message(channel.id, sent.id).content(Some("again"))).await?.content == "again", "edit");
    let write = format!("as/{}/channels/{}/messages", bot.owner, channel.id);
    bot.sandbox.control("POST", &write, json!({"content": "and to you"})).await?;
    let (letter, guild) = bot.event("message", heard("and to you")).await?;
    ensure!(guild.is_none(), "what the person writes is in no guild");
    let listed: Vec<_> = list!(http.channel_messages(channel.id)).iter().map(|m| m.id).collect();
    ensure!(listed == [letter, sent.id], "newest first");
    let asked = json!({"command": "lookup", "options": {"name": "melange"}, "channel": channel.id});
    let found = bot
        .act(asked, |i| async move {
            ensure!(i.guild_id.is_none() && i.member.is_none(), "a command in a direct channel");
            ensure!(i.author_id() == Some(bot.owner), "who asks");
            let data = InteractionResponseData { content: Some("found".into()), ..Default::default() };
            bot.answer(&i, InteractionResponseType::ChannelMessageWithSource, Some(data)).await
        })
        .await?;
    ensure!(found["message"]["content"] == "found", "answer");
    http.delete_message(channel.id, sent.id).await?;
    bot.event("deletion", |event| matches!(event, Event::MessageDelete(m) if m.id == sent.id).then_some(())).await?;
    refused(http.delete_message(channel.id, letter), 403, 50_003).await?;
    let allow_direct = |open: bool| bot.sandbox.control("POST", "direct", json!({"user": bot.owner, "open": open}));
    allow_direct(false).await?;
    refused(http.create_message(channel.id).content("?"), 403, 50_007).await?;
    allow_direct(true).await?;
    Ok(())
}

async fn community(bot: &Bot) -> Result<()> {
    let http = &bot.http;
    let found = list!(http.search_guild_members(bot.guild, "chan").limit(5));
    ensure!(found.len() == 1 && found[0].user.name == "chani", "search");
    let harah = list!(http.search_guild_members(bot.guild, "harah"))[0].user.id;
    http.create_ban(bot.guild, harah).reason("spice thief").await?;
    ensure!(get(http.ban(bot.guild, harah)).await?.reason.as_deref() == Some("spice thief"), "ban");
    ensure!(list!(http.bans(bot.guild)).len() == 1, "bans");
    http.delete_ban(bot.guild, harah).await?;
    bot.sandbox.control("POST", "members", json!({"guild": bot.guild, "user": harah})).await?;
    let invite = get(http.create_invite(bot.channel).max_age(600).unique(true)).await?;
    ensure!(get(http.invite(&invite.code).with_counts()).await?.approximate_member_count == Some(6), "invite");
    ensure!(list!(http.guild_invites(bot.guild)).len() == 1, "invites");
    http.delete_invite(&invite.code).await?;
    let hook = get(http.create_webhook(bot.channel, "Herald")).await?;
    let token = hook.token.clone().expect("a token");
    let told = get(http.execute_webhook(hook.id, &token).content("from afar").username("Voice").wait()).await?;
    ensure!(told.webhook_id == Some(hook.id) && told.author.name == "Voice", "webhook message");
    http.update_webhook_message(hook.id, &token, told.id).content(Some("from near")).await?;
    http.delete_webhook_message(hook.id, &token, told.id).await?;
    ensure!(list!(http.channel_webhooks(bot.channel)).len() == 1, "webhooks");
    http.delete_webhook(hook.id).await?;
    let emoji = get(http.create_emoji(bot.guild, "spice", "data:image/png;base64,iVBORw0KGgo=")).await?;
    http.update_emoji(bot.guild, emoji.id).name("melange").await?;
    ensure!(list!(http.emojis(bot.guild))[0].name == "melange", "emojis");
    http.delete_emoji(bot.guild, emoji.id).await?;
    let note = get(http.create_message(bot.channel).content("start")).await?;
    let thread = get(http.create_thread_from_message(bot.channel, note.id, "talk").auto_archive_duration(AutoArchiveDuration::Hour)).await?;
    ensure!(thread.id.get() == note.id.get() && thread.parent_id == Some(bot.channel), "thread");
    get(http.create_message(thread.id).content("inside")).await?;
    http.add_thread_member(thread.id, found[0].user.id).await?;
    ensure!(list!(http.thread_members(thread.id)).len() == 2, "members of the thread");
    ensure!(get(http.active_threads(bot.guild)).await?.threads.len() == 1, "active threads");
    get(http.update_thread(thread.id).archived(true)).await?;
    ensure!(get(http.public_archived_threads(bot.channel)).await?.threads.len() == 1, "archived threads");
    http.delete_channel(thread.id).await?;
    let forum = get(http.create_guild_channel(bot.guild, "Posts").kind(ChannelType::GuildForum)).await?;
    let post = get(http.create_forum_thread(forum.id, "question").message().content("why?")).await?;
    ensure!(post.message.id.get() == post.channel.id.get(), "first message of a post");
    http.delete_channel(forum.id).await?;
    Ok(())
}

async fn members(bot: &Bot) -> Result<()> {
    let http = &bot.http;
    let chani = list!(http.search_guild_members(bot.guild, "chani"))[0].user.id;
    let role = get(http.create_role(bot.guild).name("Granted")).await?;
    http.add_guild_member_role(bot.guild, chani, role.id).reason("tier reached").await?;
    bot.event("GUILD_MEMBER_UPDATE", |event| match event {
        Event::MemberUpdate(m) if m.user.id == chani && m.roles.contains(&role.id) => Some(()),
        _ => None,
    })
    .await?;
    http.remove_guild_member_role(bot.guild, chani, role.id).await?;
    let edited = get(http.update_guild_member(bot.guild, chani).nick(Some("Sihaya")).roles(&[role.id])).await?;
    ensure!(edited.nick.as_deref() == Some("Sihaya") && edited.roles == [role.id], "member");
    ensure!(list!(http.guild_members(bot.guild).limit(1000)).len() == 6, "members");
    bot.sender.command(&RequestGuildMembers::builder(bot.guild).nonce("one").user_id(chani))?;
    let chunk = |nonce: &'static str| {
        move |event: &Event| match event {
            Event::MemberChunk(c) if c.nonce.as_deref() == Some(nonce) => Some(c.members.len()),
            _ => None,
        }
    };
    ensure!(bot.event("chunk", chunk("one")).await? == 1, "op 8 with one id");
    bot.sender.command(&RequestGuildMembers::builder(bot.guild).nonce("all").query("", None))?;
    ensure!(bot.event("chunk", chunk("all")).await? == 6, "op 8 for all");
    let updated = get(http.update_role(bot.guild, role.id).name(Some("Elder")).permissions(Permissions::VIEW_CHANNEL)).await?;
    ensure!(updated.name == "Elder", "role");
    http.delete_role(bot.guild, role.id).await?;
    Ok(())
}

async fn resume(bot: &Bot) -> Result<()> {
    for order in [json!({"action": "close", "code": 4000}), json!({"action": "reconnect"})] {
        bot.sandbox.control("POST", "gateway", order).await?;
        bot.event("RESUMED", |event| matches!(event, Event::Resumed).then_some(())).await?;
    }
    Ok(())
}

async fn limits(bot: &Bot) -> Result<()> {
    let order = |body: Value| bot.sandbox.control("POST", "limits", body);
    let figures = || bot.sandbox.control("GET", "statistics", Value::Null);
    let client = || Client::builder().token(bot.sandbox.text("token").to_string()).proxy(bot.sandbox.address().to_string(), true);
    const ROLES: &str = "GET /guilds/{guild}/roles";
    let few = json!({"limit": 2, "window_ms": 400});
    let many = json!({"limit": 1_000_000, "window_ms": 400});
    // Without its limiter twilight asks again at once, until it is let through: those tries are no offence here.
    let bare = client().ratelimiter(None).build();
    for (scope, rule) in [
        ("user", json!({"buckets": {ROLES: few}, "invalid_max": 10_000_000})),
        ("shared", json!({"buckets": {ROLES: many}, "shared": {ROLES: few}})),
        ("global", json!({"shared": {ROLES: null}, "global_per_second": 3})),
    ] {
        bot.sandbox.control("DELETE", "limits", Value::Null).await?;
        order(rule).await?;
        let before = figures().await?;
        for _ in 0..5 {
            list!(bare.roles(bot.guild));
        }
        let told = |figures: &Value| figures["rate_limited"][scope].as_u64().unwrap_or_default();
        ensure!(told(&figures().await?) > told(&before), "a 429 of the scope {scope} without a limiter");
    }
    // With it, and a bucket that somebody else has used up, it waits as long as the 429 says.
    order(json!({"buckets": {ROLES: {"limit": 2, "window_ms": 1500}}, "global_per_second": 50})).await?;
    bot.sandbox.control("DELETE", "limits", Value::Null).await?;
    let head = format!("Authorization: Bot {}\r\n", bot.sandbox.text("token"));
    let path = format!("/api/v10/guilds/{}/roles", bot.guild);
    let mut refusal = String::new();
    for _ in 0..3 {
        let (status, head, _) = request(bot.sandbox.address(), "GET", &path, &head, "").await?;
        if status == 429 {
            refusal = head.to_lowercase();
        }
    }
    let wait = refusal.lines().find_map(|l| l.strip_prefix("retry-after: ")).unwrap_or_default();
    ensure!(wait.parse::<u32>().is_ok(), "Retry-After in whole seconds, got {refusal}");
    let asked = figures().await?["requests"].as_u64().unwrap_or_default();
    list!(client().build().roles(bot.guild));
    let seen = bot.sandbox.control("GET", &format!("requests?after={asked}"), Value::Null).await?;
    ensure!(seen[0]["status"] == 429 && seen[1]["status"] == 200, "one 429, and then through: {seen}");
    let number = |n: usize, field: &str| seen[n][field].as_i64().unwrap_or_default();
    let (told, waited) = (number(0, "retry_after_ms"), number(1, "at_ms") - number(0, "at_ms"));
    ensure!(waited >= told - 1, "told to wait {told} ms, waited {waited} ms");
    order(json!({"buckets": {ROLES: null}, "invalid_max": 10_000})).await?;
    bot.sandbox.control("DELETE", "limits", Value::Null).await?;
    Ok(())
}

async fn many_roles(bot: &Bot) -> Result<()> {
    // Discord allows 250 creations in 48 h, which the steps before have used in part.
    let roomy = json!({"buckets": {"POST /guilds/{guild}/roles": {"limit": 1000, "window_ms": 1000}}, "global_per_second": 1000});
    bot.sandbox.control("POST", "limits", roomy).await?;
    let there = list!(bot.http.roles(bot.guild)).len();
    for n in there..250 {
        bot.http.create_role(bot.guild).name(&format!("role-{n}")).await?;
    }
    ensure!(list!(bot.http.roles(bot.guild)).len() == 250, "roles");
    refused(bot.http.create_role(bot.guild).name("one too many"), 400, 30_005).await?;
    bot.sandbox.control("DELETE", "limits", Value::Null).await?;
    Ok(())
}

/// Every event decodes, or the step "decoding" fails.
async fn pump(mut shard: Shard, to: broadcast::Sender<Arc<Event>>, faults: Arc<Mutex<Vec<String>>>) {
    while let Some(item) = shard.next_event(EventTypeFlags::all()).await {
        match item {
            Ok(event) => drop(to.send(Arc::new(event))),
            Err(error) => {
                let text = format!("{error:?}");
                if !text.contains("Reconnect") && !text.contains("WebSocket") {
                    faults.lock().await.push(text);
                }
            }
        }
    }
}

struct Checks {
    passed: u32,
    failed: u32,
}

impl Checks {
    async fn step(&mut self, name: &str, work: impl Future<Output = Result<()>>) {
        match timeout(PATIENCE, work).await.unwrap_or_else(|_| bail_late()) {
            Ok(()) => {
                self.passed += 1;
                println!("ok     twilight: {name}");
            }
            Err(error) => {
                self.failed += 1;
                println!("not ok twilight: {name}\n        {error:#}");
            }
        }
    }
}

fn bail_late() -> Result<()> {
    bail!("not within {PATIENCE:?}")
}

#[tokio::main]
async fn main() -> Result<()> {
    let [_, program, transcript] = &std::env::args().collect::<Vec<_>>()[..] else {
        bail!("usage: twilight-flow SANDBOX TRANSCRIPT");
    };
    let sandbox = Sandbox::start(program, transcript).await?;
    let owner = sandbox.text("owner_id");
    let guild = sandbox.text("guild_id");
    let made = sandbox.control("POST", &format!("as/{owner}/guilds/{guild}/roles"), json!({"name": "bots", "permissions": "8"})).await?;
    let role = made["id"].as_str().unwrap_or_default();
    let grant = format!("as/{owner}/guilds/{guild}/members/{}/roles/{role}", sandbox.text("bot_user_id"));
    sandbox.control("PUT", &grant, Value::Null).await?;
    let token = sandbox.text("token").to_string();
    let intents = Intents::all();
    let config = ConfigBuilder::new(token.clone(), intents).proxy_url(sandbox.text("gateway").to_string()).build();
    let shard = Shard::with_config(ShardId::ONE, config);
    let (events, first) = broadcast::channel(100_000);
    let faults = Arc::new(Mutex::new(Vec::new()));
    let bot = Bot {
        http: Client::builder().token(token).proxy(sandbox.address().to_string(), true).build(),
        sender: shard.sender(),
        events: Mutex::new(first),
        guild: sandbox.id("guild_id"),
        channel: sandbox.id("channel_id"),
        user: sandbox.id("bot_user_id"),
        owner: sandbox.id("owner_id"),
        application: sandbox.id("application_id"),
        sandbox,
    };
    let pumping = tokio::spawn(pump(shard, events, faults.clone()));
    let mut checks = Checks { passed: 0, failed: 0 };
    checks
        .step("log in: READY and GUILD_CREATE, compressed", async {
            bot.event("READY", |event| matches!(event, Event::Ready(_)).then_some(())).await?;
            bot.event("GUILD_CREATE", |event| matches!(event, Event::GuildCreate(_)).then_some(())).await?;
            let sessions = bot.sandbox.control("GET", "gateway", Value::Null).await?;
            ensure!(sessions["sessions"][0]["compressed"] == true, "compressed");
            ensure!(get(bot.http.current_user()).await?.id == bot.user, "user");
            let guild = get(bot.http.guild(bot.guild).with_counts(true)).await?;
            ensure!(guild.approximate_member_count == Some(6), "counts");
            Ok(())
        })
        .await;
    checks.step("commands", commands(&bot)).await;
    checks.step("slash options of every type, defer, edit with a file, follow-up", options(&bot)).await;
    checks.step("autocomplete: what is typed, choices, too long a choice", autocomplete(&bot)).await;
    checks.step("buttons, every select, modal", components(&bot)).await;
    checks.step("channels of every type, overwrites, moves, 404s", channels(&bot)).await;
    checks.step("messages: reply, mentions, nonce, files, reactions, pins, bulk delete", messages(&bot)).await;
    checks.step("direct messages: one channel, both ways, and refused when they are closed", direct(&bot)).await;
    checks.step("bans, invites, webhooks, emojis, threads, search", community(&bot)).await;
    checks.step("members and roles, op 8", members(&bot)).await;
    checks.step("resume after a close and after op 7", resume(&bot)).await;
    checks.step("429s of every scope without the client's limiter", limits(&bot)).await;
    checks.step("250 roles and no more", many_roles(&bot)).await;
    pumping.abort();
    let met = faults.lock().await.join("\n");
    checks
        .step("decoding: no event has an unknown or a missing field", async {
            ensure!(met.is_empty(), "{met}");
            Ok(())
        })
        .await;
    checks.step("the sandbox ends cleanly", bot.sandbox.stop()).await;
    println!("{} passed, {} failed", checks.passed, checks.failed);
    std::process::exit(i32::from(checks.failed > 0 || checks.passed == 0));
}
