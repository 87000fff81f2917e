-- What a create made is told from what was there before by Discord's own ids, never by comparing two clocks.
alter table deployment_intents add column newest_seen bigint check (newest_seen > 0);
