-- The tables of Auth.js that a migration reads, with the names of its PostgreSQL adapter and the users of users.csv.

CREATE TABLE users (
  id text PRIMARY KEY,
  name varchar(255),
  email varchar(255),
  "emailVerified" timestamptz,
  image text
);

CREATE TABLE accounts (
  id serial PRIMARY KEY,
  "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  type varchar(255) NOT NULL,
  provider varchar(255) NOT NULL,
  "providerAccountId" varchar(255) NOT NULL,
  refresh_token text,
  access_token text,
  expires_at bigint,
  id_token text,
  scope text,
  session_state text,
  token_type text
);

INSERT INTO users (id, name, email, "emailVerified") VALUES
  ('cmf5qeo7y7myofwmnpuvou72h', 'Ada Ampersand', 'ada@example.com', '2025-01-02 03:04:05.678'),
  ('cmhovvjw36473y8hu3s8rnyvh', 'Björn Beispiel', 'bjorn@example.com', NULL),
  ('cmfwrdkbrsmsea1p3f9n5cylp', NULL, 'chloe@example.com', '2025-02-03T04:05:06.000Z'),
  ('cm2bml1w0m788syx95fvuinyt', 'Dmitri', NULL, NULL),
  ('cm7jaz8xhdaagnenucy20mr7d', 'Elif Ellipsis', 'Elif@Example.com', '2025-03-04T05:06:07.000Z');

INSERT INTO accounts ("userId", type, provider, "providerAccountId") VALUES
  ('cmf5qeo7y7myofwmnpuvou72h', 'oidc', 'google', '30000000'),
  ('cmf5qeo7y7myofwmnpuvou72h', 'oidc', 'github', '30000001'),
  ('cmhovvjw36473y8hu3s8rnyvh', 'oidc', 'github', '30000002'),
  ('cm2bml1w0m788syx95fvuinyt', 'oidc', 'github', '30000003'),
  ('cm7jaz8xhdaagnenucy20mr7d', 'oidc', 'google', '30000004');
