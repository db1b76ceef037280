-- The users table of Devise with common modules and devise-two-factor, as Rails creates it in PostgreSQL, and two tables of an
-- application, with six made-up users.

CREATE TABLE users (
  id bigserial PRIMARY KEY,
  email character varying DEFAULT '' NOT NULL,
  encrypted_password character varying DEFAULT '' NOT NULL,
  reset_password_token character varying,
  reset_password_sent_at timestamp(6) without time zone,
  remember_created_at timestamp(6) without time zone,
  confirmation_token character varying,
  confirmed_at timestamp(6) without time zone,
  unconfirmed_email character varying,
  failed_attempts integer DEFAULT 0 NOT NULL,
  unlock_token character varying,
  locked_at timestamp(6) without time zone,
  otp_secret character varying,
  consumed_timestep integer,
  otp_required_for_login boolean DEFAULT false NOT NULL,
  name character varying,
  created_at timestamp(6) without time zone NOT NULL,
  updated_at timestamp(6) without time zone NOT NULL
);

CREATE UNIQUE INDEX index_users_on_email ON users (email);

CREATE TABLE accounts (
  id bigserial PRIMARY KEY,
  name character varying NOT NULL,
  plan character varying,
  settings jsonb DEFAULT '{}' NOT NULL,
  updated_at timestamp(6) without time zone DEFAULT now() NOT NULL
);

-- enum :role, { member: 0, admin: 1, owner: 2 }
CREATE TABLE memberships (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES accounts (id),
  user_id bigint NOT NULL REFERENCES users (id),
  role integer DEFAULT 0 NOT NULL,
  updated_at timestamp(6) without time zone DEFAULT now() NOT NULL
);

INSERT INTO users (id, email, encrypted_password, reset_password_token, confirmed_at, failed_attempts, locked_at, otp_secret, otp_required_for_login, name, created_at, updated_at) VALUES
  (1, 'ada@example.com', '$2a$12$B.4KzXtm7iKBwBZq0rJrKupnJDzizNCOfVCLnStntq51tVn30mP6W', NULL, '2024-01-02 03:04:05.678901', 0, NULL, '{"p":"c2FtcGxlIG9ubHk=","h":{"iv":"c2FtcGxlIGl2","at":"c2FtcGxlIHRhZw=="}}', true, 'Ada Ampersand', '2024-01-02 03:04:05', '2025-01-02 03:04:05'),
  (2, 'bjorn@example.com', '$2a$12$L1vLx6LhD5IBiLJVtLrk.O.UAkpLxXt3KY.MkPuOBP0/r8fRkOKKa', 'a-digest-of-a-token', '2024-01-03 03:04:05', 2, NULL, NULL, false, 'Björn van der Beispiel', '2024-01-03 03:04:05', '2025-01-03 03:04:05'),
  -- by OmniAuth, without a password
  (3, 'chloe@example.com', '', NULL, '2024-01-04 03:04:05', 0, NULL, NULL, false, 'Chloé Comma', '2024-01-04 03:04:05', '2025-01-04 03:04:05'),
  -- a secret that was shown but never confirmed with a code
  (4, 'elif@example.com', '', NULL, NULL, 0, NULL, '{"p":"c2FtcGxlIHR3bw==","h":{"iv":"c2FtcGxlIGl2","at":"c2FtcGxlIHRhZw=="}}', false, NULL, '2024-01-05 03:04:05', '2025-01-05 03:04:05'),
  (5, 'femi@example.com', '$2a$12$2iBqGNJk..EYnCuuXjShwurP8.hPzX3/PXg1XFsb2X78nFjnIwBLW', NULL, '2024-01-06 03:04:05', 10, '2025-06-07 08:09:10', NULL, false, 'Femi Foobar', '2024-01-06 03:04:05', '2025-01-06 03:04:05'),
  (6, '', '', NULL, NULL, 0, NULL, NULL, false, 'Guest', '2024-01-07 03:04:05', '2025-01-07 03:04:05');

INSERT INTO accounts (id, name, plan, settings) VALUES
  (9007199254740993, 'Acme Anvils', 'gold', '{"seats": 12}'),
  (2, 'Borealis Outfitters', NULL, '{}'),
  (3, 'Nobody Here Yet', NULL, '{}');

INSERT INTO memberships (account_id, user_id, role) VALUES
  (9007199254740993, 1, 2),
  (9007199254740993, 2, 0),
  (2, 1, 0),
  (2, 3, 1),
  (2, 5, 0);
