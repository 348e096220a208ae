-- Workshops: accounts, workshops and their seats, the order of events, the audit log, webhooks.

create table users (
  id text primary key,
  name text not null,
  email text unique,
  role text not null check (role in ('admin', 'instructor', 'assistant')),
  password_hash text,
  oidc_issuer text,
  oidc_subject text,
  created_at timestamptz not null,
  last_seen_at timestamptz,
  unique (oidc_issuer, oidc_subject)
);

create table user_sessions (
  token_hash text primary key,
  user_id text not null references users (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

-- One-time links: `user_id` null makes the first admin.
create table sign_in_codes (
  code_hash text primary key,
  user_id text references users (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create table api_tokens (
  id text primary key,
  user_id text not null references users (id) on delete cascade,
  token_hash text not null unique,
  name text not null,
  scopes jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz
);

-- `own` is a course of a learner's own: no code, one seat, nobody watches.
create table workshops (
  id text primary key,
  kind text not null check (kind in ('own', 'class')),
  title text not null,
  language text not null,
  chapters jsonb not null default '[]',
  gating boolean not null default false,
  seats integer not null default 1,
  opens_at timestamptz,
  closes_at timestamptz,
  sandbox_lives_minutes integer,
  sandbox_sleeps_after_minutes integer,
  pins text not null default 'none' check (pins in ('choose', 'given', 'none')),
  roster_only boolean not null default false,
  recordings boolean not null default false,
  code text unique,
  owner_id text references users (id) on delete set null,
  created_at timestamptz not null,
  opened_at timestamptz,
  closed_at timestamptz,
  anonymised_at timestamptz
);

create table workshop_staff (
  workshop_id text not null references workshops (id) on delete cascade,
  user_id text not null references users (id) on delete cascade,
  role text not null check (role in ('instructor', 'assistant')),
  primary key (workshop_id, user_id)
);

create table seats (
  learner_id text primary key references learners (id) on delete cascade,
  workshop_id text not null references workshops (id) on delete cascade,
  name text not null default '',
  -- The name as it is compared: normal form, case folded. Null once removed or anonymised.
  name_key text,
  email text,
  group_name text,
  pin_hash text,
  rejoin_hash text unique,
  joined_at timestamptz,
  expires_at timestamptz,
  muted boolean not null default false,
  hand_raised_at timestamptz,
  review_chapter text,
  review_step text,
  review_at timestamptz,
  finished_at timestamptz,
  removed_at timestamptz,
  unique (workshop_id, name_key)
);

-- A learner may sit at several browsers; who joined a class comes back to a course of their own by own_learner_id.
create table learner_sessions (
  token_hash text primary key,
  learner_id text not null references learners (id) on delete cascade,
  own_learner_id text references learners (id) on delete set null,
  created_at timestamptz not null
);
create index learner_sessions_by_learner on learner_sessions (learner_id);

insert into learner_sessions (token_hash, learner_id, created_at)
  select token_hash, id, created_at from learners;
insert into workshops (id, kind, title, language, created_at, opened_at)
  select 'own-' || id, 'own', '', 'en', created_at, created_at from learners;
insert into seats (learner_id, workshop_id, joined_at)
  select id, 'own-' || id, created_at from learners;
alter table learners drop column token_hash;

alter table events alter column learner_id drop not null;
alter table events add column workshop_id text references workshops (id) on delete cascade;
update events set workshop_id = 'own-' || learner_id;
alter table events alter column workshop_id set not null;
create index events_by_workshop on events (workshop_id, id);

-- How far each reader of the events has come; moved in the transaction of what it made of them.
create table event_cursors (
  consumer text primary key,
  event_id bigint not null
);
-- Nobody is told of what happened before there was anybody to tell.
insert into event_cursors (consumer, event_id)
  select name, coalesce((select max(id) from events), 0) from (values ('milestones'), ('webhooks')) as known (name);

create function tell_of_events() returns trigger language plpgsql as $$
begin
  perform pg_notify('meshdojo_events', '');
  return null;
end
$$;
create trigger events_told after insert on events for each statement execute function tell_of_events();

-- Outlives what it speaks of: no foreign keys.
create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  actor_name text,
  action text not null,
  target text,
  workshop_id text,
  allowed boolean not null,
  details jsonb not null default '{}'
);
create index audit_log_by_workshop on audit_log (workshop_id, id);

create table webhooks (
  id text primary key,
  workshop_id text not null references workshops (id) on delete cascade,
  url text not null,
  events jsonb not null,
  -- As it is: it signs.
  secret text not null,
  created_at timestamptz not null
);

create table webhook_deliveries (
  id text primary key,
  webhook_id text not null references webhooks (id) on delete cascade,
  event_id bigint not null,
  event text not null,
  body jsonb not null,
  state text not null check (state in ('waiting', 'delivered', 'given-up')),
  attempts integer not null default 0,
  answer text,
  created_at timestamptz not null,
  next_at timestamptz,
  unique (webhook_id, event_id, event)
);
create index webhook_deliveries_due on webhook_deliveries (next_at) where state = 'waiting';

-- Failed guesses of codes, PINs and passwords, by what was guessed at and from where.
create table guesses (
  key text primary key,
  failures integer not null,
  last_at timestamptz not null,
  locked_until timestamptz
);
