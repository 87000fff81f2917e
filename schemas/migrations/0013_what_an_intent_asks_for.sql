-- The managed fields that the create asks for: a later version, which asks for others, recognises by them what the
-- create may have made. Null: a node of before this migration began it.
alter table deployment_intents add column fields json;
grant update (fields) on deployment_intents to arrakis_app;
