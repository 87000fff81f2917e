-- The relay's poll reads what is due, however much is open: both lines of rows stand in the order of their time.
-- `outbox_deployment` begins with the community too, and is of the same rows as outbox_open was.
drop index outbox_open;
drop index outbox_unsent;
drop index outbox_sent;
create index outbox_unsent_due on outbox (due_at) where closed_at is null and sent_at is null;
create index outbox_sent_due on outbox (due_at) where closed_at is null and sent_at is not null;
-- What a tenant may send next, and what counts against its share: of the sent rows those before their deadline.
create index outbox_unsent on outbox (community_id, kind, job_kind, due_at, id)
  where closed_at is null and sent_at is null;
create index outbox_sent on outbox (community_id, kind, job_kind, close_by)
  where closed_at is null and sent_at is not null;
