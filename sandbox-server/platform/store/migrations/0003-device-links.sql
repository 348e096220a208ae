-- Links by which a learner goes on in another browser: once, within minutes. Only the hash of the secret is kept.
create table device_links (
  token_hash text primary key,
  learner_id text not null references learners (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index device_links_by_learner on device_links (learner_id);
