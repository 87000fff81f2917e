-- What a node of commit a8a6a10 sends to PostgreSQL, taken from the sources of its stores; $1, $2, ... are its parameters.

-- audit
select sequence, hash from audit_heads where community_id = $1;
select sequence, at, event, actor, target, payload::text as payload, previous, hash from audit_entries where community_id = $1 and sequence > $2 and ($3 = 0 or sequence <= $3) order by sequence limit $4;
update audit_heads set sequence = sequence + 1 where community_id = $1 returning sequence, hash;
insert into audit_heads (community_id, hash) values ($1, $2) on conflict do nothing;
insert into profiles (community_id, discord_id) values ($1, $2) on conflict (community_id, discord_id) do update set updated_at = now() returning id;
with entry as (insert into audit_entries (community_id, sequence, at, event, actor, target, payload, previous, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)) update audit_heads set hash = $9 where community_id = $1;

-- communities
select c.name, c.theme_id, c.discord_guild_id, c.status, c.fence, coalesce((select m.version from manifests m where m.community_id = c.id and m.is_active), 0) from communities c where c.id = $1;
select community_of_guild($1);
select id from community_list($1);
select id, guild, status, fence from community_fences();
select 1 from communities where id = $1 for no key update;
update communities set status = $2, fence = fence + 1, updated_at = now() where id = $1;

-- dead_letters
insert into dead_letters (community_id, actor, message, error_code, error_text) values ($1, $2, $3, $4, $5) returning id;
select actor, message, error_code, error_text from dead_letters where community_id = $1 and replayed_at is null order by at desc limit 100;

-- deployments
select erase_expired_tokens();
select version, sha256 from manifests where community_id = $1 order by version desc limit 1;
select id, version, attempt from deployments where community_id = $1 and idempotency_key = $2;
insert into communities (id, name, theme_id, discord_guild_id) values ($1, $2, $3, $4) on conflict do nothing returning id;
select status from communities where id = $1 for no key update;
update communities set name = $2, theme_id = $3, updated_at = now(), fence = fence + (status <> 'active')::int, status = 'active' where id = $1;
select coalesce(max(version), 0) from deployments where community_id = $1 and state not in ('failed', 'cancelled');
insert into profiles (community_id, discord_id) values ($1, $2) on conflict (community_id, discord_id) do update set last_seen_at = now(), updated_at = now() returning id;
insert into manifests (community_id, version, content, canonical, sha256, previous_sha256, signature, signed_at, synthesized_by) values ($1, $2, $3::text::jsonb, convert_to($3::text, 'UTF8'), $4, $5, $6, $7, $8);
insert into outbox (community_id, deployment_id, kind, payload) values ($1, $2, 'enqueue_job', $3);
select status from communities where id = $1;
insert into deployments (community_id, version, idempotency_key, application_id, interaction_token, token_until) values ($1, $2, $3, nullif($4::bigint, 0), $5, to_timestamp($6::bigint / 1000.0)) returning id;
insert into outbox (community_id, deployment_id, kind, payload) values ($1, $2, 'store_manifest', $3);
select id, version, state, attempt, version < max(version) over () as superseded from deployments where community_id = $1 order by (version = $2) desc, version desc limit 1;
update deployments set state = 'pending', attempt = attempt + 1, error_code = '', error_text = '', application_id = coalesce(nullif($3::bigint, 0), application_id), interaction_token = $4, token_until = to_timestamp($5::bigint / 1000.0), updated_at = now() where community_id = $1 and id = $2;
select d.id, d.version, d.state, d.error_code, d.error_text, d.left_over::text, (select count(*) from deployment_resources r where r.community_id = d.community_id and r.deployment_id = d.id), to_char(d.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') from deployments d where d.community_id = $1 and ($2 = 0 or d.version = $2) order by d.version desc limit 1;
select state, run, version, lease_holder is not null from deployments where community_id = $1 and id = $2 for no key update;
select status, fence from communities where id = $1;
update deployments set state = 'cancelled', error_code = 'SUPERSEDED', error_text = $3, run = run + 1, lease_holder = null, lease_until = null, interaction_token = null, updated_at = now(), completed_at = now() where community_id = $1 and id = $2;
select version from deployments where community_id = $1 and id <> $2 and lease_until > clock_timestamp();
update deployments set state = 'waiting', run = run + 1, lease_holder = null, lease_until = null where community_id = $1 and id <> $2 and lease_holder is not null;
select kind, resource, discord_id, fields::text from deployment_resources where community_id = $1 and deployment_id = $2 order by done_at;
update deployment_intents set deployment_id = $2 where community_id = $1 returning kind, resource, nonce, (extract(epoch from made_at) * 1000)::bigint;
update shadow_states set status = 'superseded' where community_id = $1 and status = 'applied';
insert into shadow_states (community_id, manifest_version, applied_by, resources, checksum) values ($1, $2, $3, $4, $5);
delete from deployment_intents where community_id = $1 and (kind, resource) in (select r->>'kind', r->>'resource' from json_array_elements($2::json) r);
update manifests set is_active = false where community_id = $1 and is_active;
update manifests set is_active = true, synthesized_at = now() where community_id = $1 and version = $2;
update outbox set closed_at = clock_timestamp() where community_id = $1 and deployment_id = $2 and kind = 'enqueue_job' and closed_at is null;
select status, fence, coalesce(discord_guild_id, 0) from communities where id = $1 for no key update;
select id, state, error_text, application_id, lease_holder <> $3 and lease_until > clock_timestamp() as taken, case when token_until > clock_timestamp() then interaction_token end as token, (select max(o.version) from deployments o where o.community_id = d.community_id and o.version > d.version and o.state = 'completed') as passed_by from deployments d where community_id = $1 and version = $2 for no key update;
update deployments set state = 'running', run = run + 1, lease_holder = $3, updated_at = now(), lease_until = clock_timestamp() + $4::bigint * interval '1 millisecond', interaction_token = case when token_until > clock_timestamp() then interaction_token end where community_id = $1 and id = $2 returning run;
update deployments set lease_until = clock_timestamp() + $4::bigint * interval '1 millisecond' where community_id = $1 and id = $2 and run = $3 and lease_holder is not null;
insert into deployment_intents (community_id, kind, resource, deployment_id, nonce) values ($1, $2, $3, $4, $5) on conflict do nothing;
select kind, resource, nonce, (extract(epoch from made_at) * 1000)::bigint from deployment_intents where community_id = $1 and kind = $2 and resource = $3;
insert into deployment_resources (community_id, deployment_id, kind, resource, discord_id, fields) values ($1, $2, $3, $4, $5, $6) on conflict (community_id, deployment_id, kind, resource) do update set discord_id = excluded.discord_id, fields = excluded.fields, done_at = clock_timestamp();
delete from deployment_intents where community_id = $1 and kind = $2 and resource = $3;
update deployments set state = 'completed', lease_holder = null, lease_until = null, left_over = $3, interaction_token = null, error_code = '', error_text = '', updated_at = now(), completed_at = now() where community_id = $1 and id = $2;
select id from deployments where community_id = $1 and version < $2 and state not in ('completed', 'failed', 'cancelled') for no key update;
update deployments set state = $3, error_code = $4, error_text = $5, lease_holder = null, lease_until = null, updated_at = now() where community_id = $1 and id = $2;
update deployments set interaction_token = null, completed_at = now() where community_id = $1 and id = $2;

-- manifests
select manifest_version, status, resources::text from shadow_states where community_id = $1 and status = 'applied';
select r.kind, r.resource, r.discord_id, r.fields::text from deployment_resources r join deployments d on d.community_id = r.community_id and d.id = r.deployment_id where r.community_id = $1 and d.version > $2 order by d.version, r.done_at;

-- outbox
with recursive tenants as ( (select community_id from outbox where closed_at is null order by community_id limit 1) union all select (select o.community_id from outbox o where o.closed_at is null and o.community_id > t.community_id order by o.community_id limit 1) from tenants t where t.community_id is not null) select row.* from tenants t cross join lateral ( select o.id, o.community_id, o.kind, o.payload::text as payload, o.attempts, coalesce((extract(epoch from o.sent_at) * 1000)::bigint, 0) as sent_at_ms, row_number() over (order by o.id) as turn from ( (select * from outbox where community_id = t.community_id and closed_at is null and kind = 'store_manifest' and due_at <= clock_timestamp() and sent_at is null order by id limit $1) union all (select * from outbox where community_id = t.community_id and closed_at is null and kind = 'store_manifest' and due_at <= clock_timestamp() and sent_at < to_timestamp($2::bigint / 1000.0) order by id limit $1) union all (select * from outbox where community_id = t.community_id and closed_at is null and kind = 'enqueue_job' and due_at <= clock_timestamp() and sent_at < to_timestamp($2::bigint / 1000.0) order by id limit $1) union all (select * from outbox where community_id = t.community_id and closed_at is null and kind = 'enqueue_job' and due_at <= clock_timestamp() and sent_at is null order by id limit greatest(0, $3::bigint - (select count(*) from outbox where community_id = t.community_id and closed_at is null and kind = 'enqueue_job' and sent_at is not null))) ) o ) row where t.community_id is not null order by row.turn, row.id limit $1;
update outbox set sent_at = clock_timestamp(), attempts = attempts + 1, last_error = '' where id = any($1::bigint[]);
update outbox set closed_at = clock_timestamp() where id = $1 and closed_at is null;
update outbox set due_at = to_timestamp($2::bigint / 1000.0), attempts = attempts + 1, last_error = $3 where id = $1 and closed_at is null;

-- postgres
select set_config('app.current_tenant', $1, true);
select set_config('app.current_tenant', $1, true), set_config('statement_timeout', $2, true), set_config('idle_in_transaction_session_timeout', $3, true);
