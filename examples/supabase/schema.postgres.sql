-- The part of Supabase's schema `auth` that a migration reads, the project's tables of teams, and the users of users.csv.

CREATE SCHEMA auth;

CREATE TYPE auth.factor_type AS ENUM ('totp', 'webauthn', 'phone');
CREATE TYPE auth.factor_status AS ENUM ('unverified', 'verified');

CREATE TABLE auth.users (
  instance_id uuid,
  id uuid PRIMARY KEY,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  encrypted_password varchar(255),
  email_confirmed_at timestamptz,
  confirmation_token varchar(255),
  recovery_token varchar(255),
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz,
  updated_at timestamptz,
  phone text UNIQUE,
  phone_confirmed_at timestamptz,
  banned_until timestamptz,
  is_sso_user boolean NOT NULL DEFAULT false,
  deleted_at timestamptz,
  is_anonymous boolean NOT NULL DEFAULT false
);

CREATE TABLE auth.identities (
  provider_id text NOT NULL,
  user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
  identity_data jsonb NOT NULL,
  provider text NOT NULL,
  last_sign_in_at timestamptz,
  created_at timestamptz,
  updated_at timestamptz,
  email text GENERATED ALWAYS AS (lower(identity_data ->> 'email')) STORED,
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  UNIQUE (provider_id, provider)
);

CREATE TABLE auth.mfa_factors (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
  friendly_name text,
  factor_type auth.factor_type NOT NULL,
  status auth.factor_status NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  secret text,
  phone text
);

CREATE TABLE public.teams (
  id bigint PRIMARY KEY,
  name text NOT NULL
);

CREATE TABLE public.team_members (
  team_id bigint NOT NULL REFERENCES public.teams (id),
  user_id uuid NOT NULL REFERENCES auth.users (id),
  role text NOT NULL,
  PRIMARY KEY (team_id, user_id)
);

INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, last_sign_in_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at, phone, phone_confirmed_at, banned_until, is_sso_user, deleted_at, is_anonymous) VALUES
  ('00000000-0000-0000-0000-000000000000', 'fefadc73-c74e-455b-91a5-b3b99e8ecfe5', 'authenticated', 'authenticated', 'ada@example.com', '$2b$10$/vrcc8dO1VtRpbO5no7P5uzvFOpoh1uZ62iqdMSmH1GIUE2pwiMmi', '2024-03-04 05:07:00+00', '2025-03-04 05:06:07.891011+00', '{"provider": "email", "providers": ["email", "google"], "plan": "pro"}', '{"sub": "fefadc73-c74e-455b-91a5-b3b99e8ecfe5", "email": "ada@example.com", "full_name": "Ada Ampersand", "email_verified": true, "phone_verified": false}', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', NULL, NULL, NULL, false, NULL, false),
  ('00000000-0000-0000-0000-000000000000', '32241b35-7ce0-461d-9b5b-054dc2f27514', 'authenticated', 'authenticated', 'bjorn@example.com', '$argon2id$v=19$m=65536,t=3,p=1$MiQbNXzgxh2bWwVNwvJ1FA$Mkqi/F5L7t9t1a3cas2xWLvn6FycRp3ie+2omIj3kE8', NULL, NULL, '{"provider": "email", "providers": ["email"]}', '{"first_name": "Björn", "last_name": "Beispiel", "lucky": 12345678901234567890}', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', NULL, NULL, NULL, false, NULL, false),
  ('00000000-0000-0000-0000-000000000000', '27c7bce2-03fe-4b2f-8eed-787fa1f342ba', 'authenticated', 'authenticated', 'chloe@example.com', '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$J8e84gP+Cy8O7Q==$sKaRSOoKz8s4IdEDWM+8A+ls9KXALW4TfRk4gqaCeMNxBxcwFyxhpAfL4KYpC4mzXnbDtq8G3qA3uESUC70poA==', '2024-04-04 05:07:00+00', NULL, '{"provider": "email", "providers": ["email"]}', '{"name": "Chloé Comma"}', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', NULL, NULL, NULL, false, NULL, false),
  ('00000000-0000-0000-0000-000000000000', '2eb01a3b-9182-418a-b8ae-8e1761ea1021', 'authenticated', 'authenticated', 'dmitri@example.com', '', '2024-05-04 05:07:00+00', NULL, '{"provider": "google", "providers": ["google"]}', '{"iss": "https://accounts.google.com", "sub": "100000000000000000004", "name": "Dmitri Dummy", "full_name": "Dmitri Dummy", "avatar_url": "https://img.example/dmitri.png", "provider_id": "100000000000000000004"}', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', NULL, NULL, NULL, false, NULL, false),
  ('00000000-0000-0000-0000-000000000000', '8518a9af-14fe-4acd-8ef3-f2cc9d235f5b', 'authenticated', 'authenticated', 'elif@example.com', '$argon2id$v=19$m=32,t=3,p=2$hRiprxT+Ss3O8/LMnSNfWw$MtmwizzFclz5EGoCfghbgdZKMzhqDLBp/O1ivyBT3lw', '2024-06-04 05:07:00+00', NULL, '{"provider": "email", "providers": ["email"]}', '{}', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', NULL, NULL, NULL, false, NULL, false),
  ('00000000-0000-0000-0000-000000000000', 'c26d07cf-c3de-4413-9931-85cabf139c71', 'authenticated', 'authenticated', 'femi@example.com', '$2b$10$/vrcc8dO1VtRpbO5no7P5uzvFOpoh1uZ62iqdMSmH1GIUE2pwiMmi', NULL, NULL, '{"provider": "email", "providers": ["email"]}', '{}', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', NULL, NULL, '2125-01-01 00:00:00+00', false, NULL, false),
  ('00000000-0000-0000-0000-000000000000', 'e9d2ac64-e18f-4023-abed-1d90a211ad53', 'authenticated', 'authenticated', 'greta@example.com', '$2b$10$/vrcc8dO1VtRpbO5no7P5uzvFOpoh1uZ62iqdMSmH1GIUE2pwiMmi', NULL, NULL, '{"provider": "email", "providers": ["email"]}', '{}', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', NULL, NULL, NULL, false, '2025-01-01 00:00:00+00', false),
  ('00000000-0000-0000-0000-000000000000', '761be2f6-db8f-4b29-adc7-9ba21f83056f', 'authenticated', 'authenticated', NULL, NULL, NULL, NULL, '{"provider": "email", "providers": ["email"]}', '{}', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', NULL, NULL, NULL, false, NULL, true),
  ('00000000-0000-0000-0000-000000000000', '225bbc98-df54-45a3-8d70-b51fed2222c5', 'authenticated', 'authenticated', NULL, NULL, NULL, NULL, '{"provider": "phone", "providers": ["phone"]}', '{}', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', '15550100008', '2024-06-05 05:07:00+00', NULL, false, NULL, false);

INSERT INTO auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at, id) VALUES
  ('fefadc73-c74e-455b-91a5-b3b99e8ecfe5', 'fefadc73-c74e-455b-91a5-b3b99e8ecfe5', '{"sub": "fefadc73-c74e-455b-91a5-b3b99e8ecfe5", "email": "ada@example.com"}', 'email', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', '51f0c0de-0000-4000-8000-000000000001'),
  ('100000000000000000000', 'fefadc73-c74e-455b-91a5-b3b99e8ecfe5', '{"sub": "100000000000000000000", "email": "ada@example.com"}', 'google', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', '51f0c0de-0000-4000-8000-000000000002'),
  ('32241b35-7ce0-461d-9b5b-054dc2f27514', '32241b35-7ce0-461d-9b5b-054dc2f27514', '{"sub": "32241b35-7ce0-461d-9b5b-054dc2f27514", "email": "bjorn@example.com"}', 'email', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', '51f0c0de-0000-4000-8000-000000000003'),
  ('27c7bce2-03fe-4b2f-8eed-787fa1f342ba', '27c7bce2-03fe-4b2f-8eed-787fa1f342ba', '{"sub": "27c7bce2-03fe-4b2f-8eed-787fa1f342ba", "email": "chloe@example.com"}', 'email', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', '51f0c0de-0000-4000-8000-000000000004'),
  ('100000000000000000003', '2eb01a3b-9182-418a-b8ae-8e1761ea1021', '{"sub": "100000000000000000003", "email": "dmitri@example.com"}', 'google', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', '51f0c0de-0000-4000-8000-000000000005'),
  ('8518a9af-14fe-4acd-8ef3-f2cc9d235f5b', '8518a9af-14fe-4acd-8ef3-f2cc9d235f5b', '{"sub": "8518a9af-14fe-4acd-8ef3-f2cc9d235f5b", "email": "elif@example.com"}', 'email', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', '51f0c0de-0000-4000-8000-000000000006'),
  ('c26d07cf-c3de-4413-9931-85cabf139c71', 'c26d07cf-c3de-4413-9931-85cabf139c71', '{"sub": "c26d07cf-c3de-4413-9931-85cabf139c71", "email": "femi@example.com"}', 'email', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', '51f0c0de-0000-4000-8000-000000000007'),
  ('e9d2ac64-e18f-4023-abed-1d90a211ad53', 'e9d2ac64-e18f-4023-abed-1d90a211ad53', '{"sub": "e9d2ac64-e18f-4023-abed-1d90a211ad53", "email": "greta@example.com"}', 'email', '2024-03-04 05:06:07.891011+00', '2025-03-04 05:06:07.891011+00', '51f0c0de-0000-4000-8000-000000000008');

INSERT INTO auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret, phone) VALUES
  ('0b6a4a7e-93a4-4a6e-8f5c-0d1f7a6c1a01', 'fefadc73-c74e-455b-91a5-b3b99e8ecfe5', 'phone', 'totp', 'verified', '2024-05-06 07:08:09+00', '2024-05-06 07:09:10+00', 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U', NULL),
  ('0b6a4a7e-93a4-4a6e-8f5c-0d1f7a6c1a02', 'fefadc73-c74e-455b-91a5-b3b99e8ecfe5', 'tablet', 'totp', 'unverified', '2024-05-06 07:08:09+00', '2024-05-06 07:09:10+00', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', NULL),
  ('0b6a4a7e-93a4-4a6e-8f5c-0d1f7a6c1a03', '32241b35-7ce0-461d-9b5b-054dc2f27514', 'phone', 'totp', 'verified', '2024-05-06 07:08:09+00', '2024-05-06 07:09:10+00', '{"key_id":"k1","alg":"aes-gcm-hkdf","data":"c2FtcGxl","nonce":"c2FtcGxl"}', NULL),
  ('0b6a4a7e-93a4-4a6e-8f5c-0d1f7a6c1a04', '27c7bce2-03fe-4b2f-8eed-787fa1f342ba', NULL, 'phone', 'verified', '2024-05-06 07:08:09+00', '2024-05-06 07:09:10+00', NULL, '+15550100003');

INSERT INTO public.teams (id, name) VALUES
  (1, 'Acme Anvils'),
  (2, 'Borealis Outfitters');

INSERT INTO public.team_members (team_id, user_id, role) VALUES
  (1, 'fefadc73-c74e-455b-91a5-b3b99e8ecfe5', 'owner'),
  (2, 'fefadc73-c74e-455b-91a5-b3b99e8ecfe5', 'member'),
  (1, '32241b35-7ce0-461d-9b5b-054dc2f27514', 'member'),
  (2, '27c7bce2-03fe-4b2f-8eed-787fa1f342ba', 'owner'),
  (2, '2eb01a3b-9182-418a-b8ae-8e1761ea1021', 'member');
