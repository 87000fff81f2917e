"""Runs every step of a community bot against the sandbox with the unmodified discord.py.

Usage: flow.py zlib|zstd TRANSCRIPT    The transcript is checked afterwards by ../discord/judge.mjs.
"""
import asyncio
import io
import logging
import sys

COMPRESSION, TRANSCRIPT = sys.argv[1], sys.argv[2]
if COMPRESSION == "zlib":
    sys.modules["zstandard"] = None  # discord.py takes zstd whenever it can be imported.

import discord  # noqa: E402
import yarl  # noqa: E402
from discord import app_commands  # noqa: E402

from sandbox import Checks, Sandbox  # noqa: E402

TEXT, VOICE, CATEGORY, NEWS, STAGE, FORUM, MEDIA = 0, 2, 4, 5, 13, 15, 16
checks = Checks()


def equal(actual, wanted, what="value"):
    assert actual == wanted, f"{what}: expected {wanted!r}, got {actual!r}"


async def refused(work, status, code=None):
    try:
        await work
    except discord.HTTPException as error:
        equal(error.status, status, "status")
        if code is not None:
            equal(error.code, code, "code")
        return error
    raise AssertionError(f"expected a refusal with {status}")


class Panel(discord.ui.View):
    """Buttons and every kind of select; each press goes to the waiting step of the test."""

    def __init__(self, heard):
        super().__init__(timeout=None)
        self.heard = heard
        for item in (
            discord.ui.Button(label="Continue", custom_id="go", style=discord.ButtonStyle.primary, row=0),
            discord.ui.Button(label="Form", custom_id="form", row=0),
            discord.ui.Button(label="Look", url="https://example.org", row=0),
        ):
            self.add_item(item)
        self.add_item(
            discord.ui.Select(
                custom_id="chain",
                row=1,
                max_values=2,
                options=[discord.SelectOption(label=n, value=n) for n in ("Berachain", "Ethereum", "Base")],
            )
        )
        self.add_item(discord.ui.UserSelect(custom_id="who", row=2))
        self.add_item(discord.ui.RoleSelect(custom_id="role", row=3))
        self.add_item(discord.ui.ChannelSelect(custom_id="where", row=4))
        for item in self.children:
            item.callback = self.take

    async def take(self, interaction):
        self.heard.put_nowait(interaction)


class Anyone(discord.ui.View):
    """A second view, for the select that has no room in the first one."""

    def __init__(self, heard):
        super().__init__(timeout=None)
        self.add_item(discord.ui.MentionableSelect(custom_id="any"))
        self.children[0].callback = self.take
        self.heard = heard

    async def take(self, interaction):
        self.heard.put_nowait(interaction)


class Form(discord.ui.Modal, title="Contract address"):
    address = discord.ui.TextInput(label="Address", min_length=42, max_length=42)

    def __init__(self, heard):
        super().__init__()
        self.heard = heard

    async def on_submit(self, interaction):
        self.heard.put_nowait(interaction)


class Bot(discord.Client):
    def __init__(self):
        intents = discord.Intents.default()
        intents.members = True
        intents.message_content = True
        super().__init__(intents=intents, chunk_guilds_at_startup=False)
        self.tree = app_commands.CommandTree(self)
        self.heard = asyncio.Queue()
        self.events = asyncio.Queue()

    def dispatch(self, event, /, *args, **kwargs):
        super().dispatch(event, *args, **kwargs)
        self.events.put_nowait((event, args))

    async def event(self, name, fits=lambda *_: True):
        """Returns the next event of this name that satisfies the predicate."""
        while True:
            came, args = await self.events.get()
            if came == name and fits(*args):
                return args


def declare(bot):
    tree = bot.tree

    @tree.command(name="everything", description="One option of every type")
    async def everything(
        interaction: discord.Interaction,
        text: str,
        whole: int,
        decimal: float,
        flag: bool,
        user: discord.Member,
        role: discord.Role,
        channel: app_commands.AppCommandChannel,
        anyone: discord.Member | discord.Role,
    ):
        bot.heard.put_nowait((interaction, [text, whole, decimal, flag, user, role, channel, anyone]))

    @tree.command(name="lookup", description="Finds a token")
    async def lookup(interaction: discord.Interaction, name: str):
        bot.heard.put_nowait((interaction, name))

    @lookup.autocomplete("name")
    async def names(interaction: discord.Interaction, current: str):
        too_long = [app_commands.Choice(name="x" * 101, value="x")]
        await refused(interaction.response.autocomplete(too_long), 400, 50035)
        bot.heard.put_nowait((interaction, current))
        return [app_commands.Choice(name="Melange", value="melange")]

    group = app_commands.Group(name="token", description="Tokens")

    @group.command(name="add", description="Adds one")
    @app_commands.choices(kind=[app_commands.Choice(name="ERC-20", value="erc20")])
    async def add(interaction: discord.Interaction, kind: app_commands.Choice[str]):
        bot.heard.put_nowait((interaction, kind.value))

    tree.add_command(group)


async def commands(bot, box, guild):
    tree = bot.tree
    declare(bot)
    equal(sorted(c.name for c in await tree.sync()), ["everything", "lookup", "token"], "synced")
    fetched = await tree.fetch_commands()
    one = await tree.fetch_command(fetched[0].id)
    equal(one.name, fetched[0].name, "one command")
    await refused(one.fetch_permissions(guild), 404, 10066)


async def options(bot, box, guild):
    role = await guild.create_role(name="Option")
    member = guild.get_member(int(box.bot_user_id))
    shown = asyncio.create_task(
        box.act(
            command="everything",
            options={
                "text": "hello",
                "whole": 7,
                "decimal": 1.5,
                "flag": True,
                "user": box.owner_id,
                "role": str(role.id),
                "channel": box.channel_id,
                "anyone": str(role.id),
            },
        )
    )
    interaction, given = await bot.heard.get()
    equal(given[:4], ["hello", 7, 1.5, True], "plain options")
    equal([o.id for o in given[4:]], [int(box.owner_id), role.id, int(box.channel_id), role.id], "resolved options")
    assert isinstance(given[4], discord.Member) and given[4].resolved_permissions.administrator, "a member"
    assert given[6].permissions.view_channel, "the permissions in the channel"
    assert member is not None
    await interaction.response.defer(ephemeral=True, thinking=True)
    edited = await interaction.edit_original_response(content="done")
    equal(edited.content, "done", "edit of the deferred answer")
    followed = await interaction.followup.send("and more", ephemeral=True, wait=True)
    equal(followed.content, "and more", "follow-up")
    await followed.edit(content="and even more")
    equal((await shown)["phase"], "answered", "phase")
    shown = asyncio.create_task(box.act(command="token", options={"add": {"kind": "erc20"}}))
    interaction, kind = await bot.heard.get()
    equal(kind, "erc20", "choice of a subcommand")
    await interaction.response.send_message("ok", file=discord.File(io.BytesIO(b"report"), "report.txt"))
    original = await interaction.original_response()
    equal([(a.filename, a.size) for a in original.attachments], [("report.txt", 6)], "file of an answer")
    await interaction.delete_original_response()
    await shown
    await role.delete()


async def autocomplete(bot, box, guild):
    shown = await box.act(command="lookup", typing="name", options={"name": "mel"})
    interaction, current = bot.heard.get_nowait()
    equal((interaction.type, current), (discord.InteractionType.autocomplete, "mel"), "what is typed")
    equal((shown["phase"], shown["choices"]), ("answered", [{"name": "Melange", "value": "melange"}]), "choices")


async def components(bot, box, guild):
    channel = guild.get_channel(int(box.channel_id))
    message = await channel.send("choose", view=Panel(bot.heard))
    other = await channel.send("or", view=Anyone(bot.heard))
    role = await guild.create_role(name="Chosen")

    async def press(custom_id, **more):
        on = other if custom_id == "any" else message
        shown = asyncio.create_task(box.act(message=str(on.id), custom_id=custom_id, **more))
        return await bot.heard.get(), shown

    chosen = (
        ("chain", ["Berachain", "Base"], lambda i: i.data["values"], ["Berachain", "Base"]),
        ("who", [box.owner_id], lambda i: list(i.data["resolved"]["users"]), [box.owner_id]),
        ("role", [str(role.id)], lambda i: list(i.data["resolved"]["roles"]), [str(role.id)]),
        ("where", [box.channel_id], lambda i: list(i.data["resolved"]["channels"]), [box.channel_id]),
        ("any", [str(role.id)], lambda i: list(i.data["resolved"]["roles"]), [str(role.id)]),
    )
    for custom_id, values, seen, wanted in chosen:
        interaction, shown = await press(custom_id, values=values)
        equal(seen(interaction), wanted, custom_id)
        await interaction.response.defer()
        await interaction.edit_original_response(content=custom_id)
        equal((await shown)["message"]["content"], custom_id, "content")
    interaction, shown = await press("go")
    await interaction.response.edit_message(content="went", view=Panel(bot.heard))
    equal((await shown)["message"]["content"], "went", "update")
    interaction, shown = await press("form")
    await interaction.response.send_modal(Form(bot.heard))
    form = await shown
    equal(form["phase"], "form", "phase")
    field = form["modal"]["components"][0]["components"][0]["custom_id"]
    shown = asyncio.create_task(box.act(form_of=form["id"], fields={field: "0x" + "a" * 40}))
    interaction = await bot.heard.get()
    await interaction.response.send_message("thanks", ephemeral=True)
    equal((await shown)["message"]["content"], "thanks", "answer to a form")
    await role.delete()


async def channels(bot, box, guild):
    role = await guild.create_role(name="Naib", colour=0xFFD700, hoist=True, reason="arrakis ñonce")
    hidden = {
        guild.default_role: discord.PermissionOverwrite(view_channel=False),
        role: discord.PermissionOverwrite(view_channel=True, send_messages=True),
        guild.me: discord.PermissionOverwrite(view_channel=True),
    }
    category = await guild.create_category("NAIB COUNCIL", overwrites=hidden)
    made = [
        await guild.create_text_channel("Council Rock", category=category, topic="the seven", slowmode_delay=5,
                                        default_thread_slowmode_delay=10, overwrites=hidden),
        await guild.create_voice_channel("Voice", category=category, bitrate=32000, user_limit=9,
                                         rtc_region="rotterdam",
                                         video_quality_mode=discord.VideoQualityMode.full),
        await guild.create_text_channel("News", category=category, news=True),
        await guild.create_stage_channel("Stage", category=category),
        await guild.create_forum("Questions", category=category, topic="ask",
                                 available_tags=[discord.ForumTag(name="open")]),
        await guild.create_forum("Pictures", category=category, media=True),
    ]
    fetched = {c.id: c for c in await guild.fetch_channels()}
    equal([fetched[c.id].type.value for c in made], [TEXT, VOICE, NEWS, STAGE, FORUM, MEDIA], "types")
    text, voice = fetched[made[0].id], fetched[made[1].id]
    equal((text.name, text.topic), ("council-rock", "the seven"), "text")
    equal((text.slowmode_delay, text.default_thread_slowmode_delay), (5, 10), "slow modes")
    equal((voice.bitrate, voice.user_limit, voice.rtc_region, voice.video_quality_mode),
          (32000, 9, "rotterdam", discord.VideoQualityMode.full), "voice")
    equal(len(text.overwrites), 3, "overwrites")
    equal([t.name for t in fetched[made[4].id].available_tags], ["open"], "tags")
    await made[0].move(end=True)
    await made[2].move(beginning=True, category=None, sync_permissions=False)
    await made[2].edit(sync_permissions=True, category=category)
    await made[0].set_permissions(role, send_messages=False, reason="quiet")
    await made[0].set_permissions(role, overwrite=None)
    await made[1].edit(bitrate=64000, user_limit=0, rtc_region=None)
    again = await guild.fetch_channel(made[1].id)
    equal((again.bitrate, again.user_limit, again.rtc_region), (64000, 0, None), "edited voice")
    entries = [e async for e in guild.audit_logs(action=discord.AuditLogAction.channel_update, limit=50)]
    assert any(hasattr(e.changes.after, "position") or hasattr(e.changes.after, "category") for e in entries), "a move"
    for e in [e async for e in guild.audit_logs(action=discord.AuditLogAction.role_create, limit=5)]:
        assert getattr(e.changes.before, "name", None) is None, "a creation has no old name"
    await refused(guild.fetch_channel(123456789012345678), 404, 10003)
    await refused(guild.fetch_role(123456789012345678), 404, 10011)
    await refused(bot.fetch_guild(123456789012345678), 404, 10004)
    await refused(guild.fetch_member(123456789012345678), 404, 10007)
    for channel in reversed(made + [category]):
        await channel.delete()
    await role.delete()


async def messages(bot, box, guild):
    channel = guild.get_channel(int(box.channel_id))
    owner = await guild.fetch_member(int(box.owner_id))
    first = await channel.send("first", nonce="n-1")
    equal(first.nonce, "n-1", "nonce")
    answer = await first.reply(f"hi {owner.mention}")
    equal((answer.type, answer.reference.message_id), (discord.MessageType.reply, first.id), "reply")
    equal({m.id for m in answer.mentions}, {owner.id, bot.user.id}, "mentions")
    fetched = await channel.fetch_message(answer.id)
    equal(fetched.reference.resolved.id, first.id, "referenced message")
    silent = await channel.send(f"hi {owner.mention}", allowed_mentions=discord.AllowedMentions.none())
    equal(silent.mentions, [], "nobody is rung")
    files = await channel.send(files=[discord.File(io.BytesIO(b"a" * n), f"{n}.txt", description="so") for n in (3, 5)])
    equal([(a.filename, a.size, a.description) for a in files.attachments], [("3.txt", 3, "so"), ("5.txt", 5, "so")])
    assert all(a.url.startswith("http") and a.proxy_url and a.content_type for a in files.attachments), "addresses"
    kept = await files.edit(attachments=[files.attachments[1]])
    equal([a.filename for a in kept.attachments], ["5.txt"], "attachments after an edit")
    await first.add_reaction("👍")
    await bot.event("raw_reaction_add", lambda p: p.message_id == first.id)
    reacted = await channel.fetch_message(first.id)
    equal([(str(r.emoji), r.count, r.me) for r in reacted.reactions], [("👍", 1, True)], "reactions")
    equal([u.id async for u in reacted.reactions[0].users()], [bot.user.id], "who reacted")
    await first.remove_reaction("👍", bot.user)
    await first.pin()
    equal([m.id async for m in channel.pins()], [first.id], "pins")
    await first.unpin()
    await refused(channel.fetch_message(123456789012345678), 404, 10008)
    await channel.delete_messages([answer, silent])
    await files.delete()


async def direct(bot, box, guild):
    owner = await guild.fetch_member(int(box.owner_id))
    channel = await owner.create_dm()
    equal(int((await bot.http.start_private_message(owner.id))["id"]), channel.id, "the same channel again")
    looked = await bot.fetch_channel(channel.id)
    equal((looked.type, looked.recipient.id), (discord.ChannelType.private, owner.id), "channel")
    sent = await owner.send("salaam")
    (heard,) = await bot.event("message", lambda m: m.id == sent.id)
    equal((heard.guild, heard.channel.id), (None, channel.id), "no guild")
    equal((await sent.edit(content="salaam again")).content, "salaam again", "edit")
    await box.control("POST", f"as/{box.owner_id}/channels/{channel.id}/messages", {"content": "and to you"})
    (letter,) = await bot.event("message", lambda m: m.author.id == owner.id and m.guild is None)
    equal(letter.content, "and to you", "what the person writes")
    equal([m.id async for m in channel.history(limit=10)], [letter.id, sent.id], "newest first")
    shown = asyncio.create_task(
        box.act(command="lookup", options={"name": "melange"}, channel=str(channel.id))
    )
    interaction, given = await bot.heard.get()
    equal((interaction.guild, interaction.user.id, given), (None, owner.id, "melange"), "a command in a direct channel")
    await interaction.response.send_message("found")
    equal((await shown)["message"]["content"], "found", "answer")
    await sent.delete()
    await bot.event("raw_message_delete", lambda p: p.message_id == sent.id)
    await refused(letter.delete(), 403, 50003)
    await box.control("POST", "direct", {"user": box.owner_id, "open": False})
    await refused(owner.send("?"), 403, 50007)
    await box.control("POST", "direct", {"user": box.owner_id, "open": True})


async def community(bot, box, guild):
    """Bans, invites, webhooks, emojis, threads, member search."""
    channel = guild.get_channel(int(box.channel_id))
    found = await guild.query_members("chan", limit=5)
    equal([m.name for m in found], ["chani"], "query")
    harah = (await guild.query_members("harah"))[0]
    await guild.ban(harah, reason="spice thief")
    equal([(b.user.id, b.reason) async for b in guild.bans()], [(harah.id, "spice thief")], "bans")
    equal((await guild.fetch_ban(harah)).user.id, harah.id, "one ban")
    await guild.unban(harah)
    await refused(guild.fetch_ban(harah), 404, 10026)
    await box.control("POST", "members", {"guild": box.guild_id, "user": str(harah.id)})
    invite = await channel.create_invite(max_age=600, max_uses=3, unique=True)
    equal((await bot.fetch_invite(invite.code)).code, invite.code, "invite")
    equal([i.code for i in await channel.invites()], [invite.code], "invites of the channel")
    await invite.delete()
    hook = await channel.create_webhook(name="Herald")
    told = await hook.send("from afar", username="Voice", wait=True)
    equal((told.author.name, told.webhook_id), ("Voice", hook.id), "webhook message")
    await hook.edit_message(told.id, content="from near")
    await hook.delete_message(told.id)
    equal([h.id for h in await guild.webhooks()], [hook.id], "webhooks")
    await hook.delete()
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
    emoji = await guild.create_custom_emoji(name="spice", image=png)
    await emoji.edit(name="melange")
    equal([e.name for e in await guild.fetch_emojis()], ["melange"], "emojis")
    note = await channel.send("start")
    await note.add_reaction(emoji)
    await emoji.delete()
    thread = await note.create_thread(name="talk", auto_archive_duration=60)
    equal((thread.id, thread.parent_id), (note.id, channel.id), "thread of a message")
    await thread.send("inside")
    await thread.add_user(found[0])
    equal(bot.user.id in {m.id for m in await thread.fetch_members()}, True, "members of the thread")
    equal([t.id for t in await guild.active_threads()], [thread.id], "active threads")
    await thread.edit(archived=True)
    equal([t.id async for t in channel.archived_threads()], [thread.id], "archived threads")
    await thread.delete()
    private = await channel.create_thread(name="quiet", type=discord.ChannelType.private_thread)
    await private.delete()
    forum = await guild.create_forum("Posts")
    post = await forum.create_thread(name="question", content="why?")
    equal(post.message.id, post.thread.id, "first message of a post")
    await forum.delete()


async def members(bot, box, guild):
    chani = (await guild.query_members("chani"))[0]
    role = await guild.create_role(name="Granted")
    await chani.add_roles(role, reason="tier reached")
    await bot.event("member_update", lambda _, now: now.id == chani.id)
    equal([r.id for r in (await guild.fetch_member(chani.id)).roles[1:]], [role.id], "roles")
    await chani.remove_roles(role)
    await chani.edit(nick="Sihaya", roles=[role])
    equal((await guild.fetch_member(chani.id)).nick, "Sihaya", "nick")
    equal([m.id for m in await guild.query_members(user_ids=[chani.id])], [chani.id], "op 8 with one id")
    everyone = [m async for m in guild.fetch_members(limit=None)]
    equal(len(everyone), 6, "members by pages")
    equal(len(await guild.chunk()), 6, "op 8 for all")
    moved = await guild.edit_role_positions({role: 1})
    assert role in moved
    await role.edit(name="Elder", permissions=discord.Permissions(view_channel=True), mentionable=True)
    await role.delete()


async def resume(bot, box, guild):
    session = bot.ws.session_id
    await box.control("POST", "gateway", {"action": "close", "code": 4000})
    await bot.event("resumed")
    equal(bot.ws.session_id, session, "session")
    await box.control("POST", "gateway", {"action": "reconnect"})
    await bot.event("resumed")
    await guild.get_channel(int(box.channel_id)).send("still here")
    await bot.event("message", lambda m: m.content == "still here")


class NoLimiter(discord.http.Ratelimit):
    """Switches the client's own limiter off: no request waits for its bucket, so only a 429 makes it wait."""

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass


async def limits(bot, box, guild):
    """Without its own limiter the client meets 429s of each scope, and waits for their retry_after."""
    roles = "GET /guilds/{guild}/roles"
    few, many = {"limit": 2, "window_ms": 700}, {"limit": 1000, "window_ms": 700}
    rules = {
        "user": {"buckets": {roles: few}},
        "shared": {"buckets": {roles: many}, "shared": {roles: few}},
        "global": {"shared": {roles: None}, "global_per_second": 3},
    }
    own, discord.http.Ratelimit = discord.http.Ratelimit, NoLimiter
    bot.http._buckets.clear()
    for scope, rule in rules.items():
        await box.control("DELETE", "limits")
        await box.control("POST", "limits", rule)
        before = (await box.control("GET", "statistics"))["requests"]
        told = await box.rate_limited()
        for _ in range(5):
            await guild.fetch_roles()
        now = await box.rate_limited()
        assert now[scope] > told[scope], f"a 429 of the scope {scope}"
        waits = await box.waits(before, scope)
        assert waits and all(waited >= wanted - 1 for wanted, waited in waits), f"{scope}: told and waited {waits}"
    await box.control("POST", "limits", {"global_per_second": 50, "buckets": {roles: few}})
    await box.control("DELETE", "limits")
    bare = [
        await bot.http._HTTPClient__session.get(  # The bare connection of the client.
            f"{box.api}/v10/guilds/{guild.id}/roles", headers={"Authorization": f"Bot {box.token}"}
        )
        for _ in range(3)
    ]
    headers = next(answer.headers for answer in bare if answer.status == 429)
    assert headers["Retry-After"].isdigit(), f"Retry-After {headers['Retry-After']}: whole seconds"
    assert headers["X-RateLimit-Bucket"] and headers["X-RateLimit-Scope"] == "user", "headers of the route"
    discord.http.Ratelimit = own
    bot.http._buckets.clear()
    await box.control("POST", "limits", {"buckets": {roles: None}})
    await box.control("DELETE", "limits")


async def many_roles(bot, box, guild):
    # Discord allows 250 creations in 48 h, which the steps before have used in part.
    roomy = {"POST /guilds/{guild}/roles": {"limit": 1000, "window_ms": 1000}}
    await box.control("POST", "limits", {"buckets": roomy, "global_per_second": 1000})
    there = len(await guild.fetch_roles())
    await asyncio.gather(*(guild.create_role(name=f"role-{n}") for n in range(250 - there)))
    equal(len(await guild.fetch_roles()), 250, "roles")
    await refused(guild.create_role(name="one too many"), 400, 30005)
    await box.control("DELETE", "limits")


async def main():
    logging.basicConfig(level=logging.ERROR)
    box = await Sandbox().start("--transcript", TRANSCRIPT)
    discord.http.Route.BASE = f"{box.api}/v10"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(box.gateway)
    admin = {"name": "bots", "permissions": "8"}
    await box.control("POST", f"as/{box.owner_id}/guilds/{box.guild_id}/roles", admin)
    state = await box.control("GET", "state")
    bots = [r for r in state["guilds"][0]["roles"] if r["name"] == "bots"][0]
    await box.control("PUT", f"as/{box.owner_id}/guilds/{box.guild_id}/members/{box.bot_user_id}/roles/{bots['id']}")
    bot = Bot()

    async def log_in():
        await bot.login(box.token)
        bot.running = asyncio.create_task(bot.connect())
        await bot.wait_until_ready()
        equal(bot.user.id, int(box.bot_user_id), "user")
        sessions = (await box.control("GET", "gateway"))["sessions"]
        equal([s["compressed"] for s in sessions], [True], "compressed")
        equal(discord.utils._ActiveDecompressionContext.COMPRESSION_TYPE, f"{COMPRESSION}-stream", "compression")
        return bot.get_guild(int(box.guild_id))

    guild = await checks.step(f"discord.py, {COMPRESSION}: log in, READY and GUILD_CREATE", log_in())
    if guild:
        for name, work in (
            ("commands: sync, fetch, permissions", commands),
            ("slash options of every type, defer, edit, follow-up, files", options),
            ("autocomplete: what is typed, choices, too long a choice", autocomplete),
            ("buttons, every select, update, modal", components),
            ("channels of every type, overwrites, moves, 404s", channels),
            ("messages: reply, mentions, nonce, files, reactions, pins, bulk delete", messages),
            ("direct messages: one channel, both ways, and refused when they are closed", direct),
            ("bans, invites, webhooks, emojis, threads, search", community),
            ("members and roles, op 8", members),
            ("resume after a close and after op 7", resume),
            ("429s of every scope without the client's limiter", limits),
            ("250 roles and no more", many_roles),
        ):
            await checks.step(f"discord.py, {COMPRESSION}: {name}", work(bot, box, guild), patience=240)
    await bot.close()
    await checks.step(f"discord.py, {COMPRESSION}: the sandbox ends cleanly", box.stop())
    checks.finish()


asyncio.run(main())
