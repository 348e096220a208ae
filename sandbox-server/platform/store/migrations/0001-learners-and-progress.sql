-- Who learns here (no personal data: a random id, and the hash of the session token) and how far they are.
create table learners (
  id text primary key,
  token_hash text not null unique,
  created_at timestamptz not null,
  last_seen_at timestamptz not null
);

create table step_progress (
  learner_id text not null references learners (id) on delete cascade,
  chapter text not null,
  step text not null,
  state text not null check (state in ('upcoming', 'active', 'passed', 'skipped')),
  started_at timestamptz,
  passed_at timestamptz,
  hints_opened integer not null default 0,
  solution_shown boolean not null default false,
  -- What a step remembers of its checks: which passed, when, with which evidence.
  checks jsonb not null default '{}',
  primary key (learner_id, chapter, step)
);

create table events (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  learner_id text not null references learners (id) on delete cascade,
  kind text not null,
  chapter text,
  step text,
  details jsonb not null default '{}'
);

create index events_by_learner on events (learner_id, at);
