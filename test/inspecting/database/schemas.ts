/** Databases of typical applications, with invented users. */

export const BCRYPT = '$2b$10$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvwxyzabcde'
const DJANGO = 'pbkdf2_sha256$1000000$saltsaltsalt$bm9uc2Vuc2Vub25zZW5zZW5vbnNlbnNlbm9uc2Vuc2U='
const TOTP = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

/**
 * Supabase with tables of the application: 30 users in 3 teams. One is a guest whose membership has
 * ended.
 */
export const SUPABASE = `
  CREATE SCHEMA auth; CREATE SCHEMA storage;
  CREATE TABLE auth.users (
    instance_id uuid, id uuid PRIMARY KEY, aud varchar(255), role varchar(255), email varchar(255),
    encrypted_password varchar(255), email_confirmed_at timestamptz, raw_app_meta_data jsonb, raw_user_meta_data jsonb,
    created_at timestamptz, updated_at timestamptz, phone text, banned_until timestamptz, deleted_at timestamptz,
    is_anonymous boolean NOT NULL DEFAULT false);
  CREATE TABLE auth.identities (
    id uuid PRIMARY KEY, user_id uuid REFERENCES auth.users, provider text, identity_data jsonb, email text, updated_at timestamptz);
  CREATE TABLE auth.mfa_factors (
    id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users, friendly_name text, factor_type text, status text, secret text,
    updated_at timestamptz);
  CREATE TABLE auth.sessions (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users);
  CREATE TABLE storage.objects (id uuid PRIMARY KEY, owner uuid, name text);
  CREATE TABLE public.teams (id uuid PRIMARY KEY, name text NOT NULL, created_by uuid REFERENCES auth.users);
  CREATE TABLE public.team_members (
    team_id uuid NOT NULL REFERENCES public.teams, user_id uuid NOT NULL REFERENCES auth.users, role text NOT NULL DEFAULT 'member',
    left_at timestamptz, deleted_at timestamptz, PRIMARY KEY (team_id, user_id));
  CREATE TABLE public.orders (id bigint PRIMARY KEY, user_id uuid REFERENCES auth.users, total numeric);
  INSERT INTO auth.users (id, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, updated_at)
    SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'person' || n || '@example.com', '${BCRYPT}',
           CASE WHEN n % 3 = 0 THEN NULL ELSE '2024-01-01Z'::timestamptz END, '{"providers": ["email"]}', '{"full_name": "Ada Lovelace"}', now()
    FROM generate_series(1, 30) AS n;
  INSERT INTO auth.mfa_factors (id, user_id, factor_type, status, secret)
    SELECT gen_random_uuid(), id, 'totp', 'verified', '${TOTP}' FROM auth.users WHERE email LIKE 'person1_@%';
  INSERT INTO public.teams (id, name, created_by)
    SELECT ('10000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Team ' || n, '00000000-0000-4000-8000-000000000001'
    FROM generate_series(1, 3) AS n;
  INSERT INTO public.team_members (team_id, user_id, role)
    SELECT t.id, u.id, CASE WHEN u.email = 'person1@example.com' THEN 'admin' ELSE 'member' END
    FROM (SELECT id, email, row_number() OVER (ORDER BY id) AS n FROM auth.users) u
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM public.teams) t ON u.n % 3 = t.n - 1;
  UPDATE public.team_members SET deleted_at = now() WHERE user_id = '00000000-0000-4000-8000-000000000030';
  UPDATE public.team_members SET left_at = now() WHERE user_id = '00000000-0000-4000-8000-000000000029';`

/**
 * Laravel with Jetstream's teams, without foreign keys: 12 users, one soft-deleted, 3 teams whose
 * owners are not members.
 */
export const LARAVEL = `
  CREATE TABLE users (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL, email varchar(255) NOT NULL UNIQUE,
    email_verified_at timestamp NULL, password varchar(255) NOT NULL, remember_token varchar(100), current_team_id bigint unsigned,
    is_active tinyint(1) NOT NULL DEFAULT 1, created_at timestamp NULL, updated_at timestamp NULL, deleted_at timestamp NULL);
  CREATE TABLE teams (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id bigint unsigned NOT NULL, name varchar(255) NOT NULL,
    personal_team tinyint(1) NOT NULL);
  CREATE TABLE team_user (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, team_id bigint unsigned NOT NULL, user_id bigint unsigned NOT NULL,
    role varchar(255), UNIQUE KEY team_user_unique (team_id, user_id));
  CREATE TABLE team_invitations (id bigint unsigned PRIMARY KEY, team_id bigint unsigned NOT NULL, email varchar(255) NOT NULL, role varchar(255));
  CREATE TABLE roles (id bigint unsigned PRIMARY KEY, name varchar(255) NOT NULL, guard_name varchar(255) NOT NULL);
  CREATE TABLE model_has_roles (
    role_id bigint unsigned NOT NULL, model_type varchar(255) NOT NULL, model_id bigint unsigned NOT NULL,
    PRIMARY KEY (role_id, model_id, model_type));
  CREATE TABLE password_resets (email varchar(255) NOT NULL, token varchar(255) NOT NULL);
  CREATE TABLE sessions (id varchar(255) PRIMARY KEY, user_id bigint unsigned, payload longtext NOT NULL);
  INSERT INTO users (name, email, email_verified_at, password)
    SELECT concat('Ada ', seq), concat('ada', seq, '@example.com'), '2024-01-01 00:00:00', '${BCRYPT}' FROM seq_1_to_12;
  UPDATE users SET deleted_at = '2025-01-01 00:00:00' WHERE id = 12;
  INSERT INTO teams (user_id, name, personal_team) VALUES (1, 'Acme', 0), (2, 'Borealis', 0), (3, 'Cygnus', 0);
  INSERT INTO team_user (team_id, user_id, role) SELECT 1 + seq % 3, seq, 'editor' FROM seq_4_to_11;
  INSERT INTO roles VALUES (1, 'Billing Admin', 'web'), (2, 'Support', 'web');
  INSERT INTO model_has_roles VALUES (1, 'App\\\\Models\\\\User', 4), (2, 'App\\\\Models\\\\User', 5), (2, 'App\\\\Models\\\\Device', 6);`

/** Django: 3 users, one inactive; groups are numbered roles, and companies have members. */
export const DJANGO_APP = `
  CREATE TABLE auth_user (
    id integer PRIMARY KEY, password varchar(128) NOT NULL, last_login timestamptz, is_superuser boolean NOT NULL, username varchar(150) NOT NULL UNIQUE,
    first_name varchar(150) NOT NULL, last_name varchar(150) NOT NULL, email varchar(254) NOT NULL, is_staff boolean NOT NULL,
    is_active boolean NOT NULL, date_joined timestamptz NOT NULL);
  CREATE TABLE auth_group (id integer PRIMARY KEY, name varchar(150) NOT NULL UNIQUE);
  CREATE TABLE auth_user_groups (
    id bigint PRIMARY KEY, user_id integer NOT NULL REFERENCES auth_user, group_id integer NOT NULL REFERENCES auth_group);
  CREATE TABLE account_emailaddress (
    id integer PRIMARY KEY, email varchar(254) NOT NULL, verified boolean NOT NULL, "primary" boolean NOT NULL, user_id integer NOT NULL REFERENCES auth_user);
  CREATE TABLE crm_company (id bigint PRIMARY KEY, title varchar(100) NOT NULL, email varchar(254));
  CREATE TABLE crm_company_staff (
    id bigint PRIMARY KEY, company_id bigint NOT NULL REFERENCES crm_company, person_id integer NOT NULL REFERENCES auth_user);
  CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, session_data text NOT NULL);
  INSERT INTO auth_user SELECT n, '${DJANGO}', NULL, false, 'ada' || n, 'Ada', 'Example', 'ada' || n || '@example.com', false, n < 3, now()
    FROM generate_series(1, 3) AS n;
  INSERT INTO auth_group VALUES (1, 'Editors');
  INSERT INTO auth_user_groups VALUES (1, 1, 1);
  INSERT INTO account_emailaddress VALUES (1, 'ada1@example.com', true, true, 1);
  INSERT INTO crm_company VALUES (1, 'Acme', 'office@example.com');
  INSERT INTO crm_company_staff VALUES (1, 1, 1), (2, 1, 2);`

/** Custom tables: memberships with a separate table of roles, and unusual names. */
export const CLUBS = `
  CREATE TABLE persons (
    id bigint PRIMARY KEY, mail text, pw_hash text, full_name text, banned boolean NOT NULL DEFAULT false);
  CREATE TABLE clubs (id bigint PRIMARY KEY, title text NOT NULL, deleted_at timestamptz);
  CREATE TABLE ranks (id int PRIMARY KEY, name text NOT NULL);
  CREATE TABLE club_roles (id int PRIMARY KEY, name text NOT NULL);
  CREATE TABLE club_memberships (
    club_id bigint NOT NULL REFERENCES clubs, person_id bigint NOT NULL REFERENCES persons, role_id int REFERENCES club_roles,
    invited_by bigint REFERENCES persons);
  CREATE TABLE person_profiles (id bigint PRIMARY KEY REFERENCES persons, given_name text, family_name text);
  CREATE TABLE newsletter_subscribers (id bigint PRIMARY KEY, email text NOT NULL);
  CREATE TABLE invoices (id bigint PRIMARY KEY, person_id bigint REFERENCES persons, club_id bigint REFERENCES clubs, amount numeric);
  INSERT INTO persons SELECT n, 'p' || n || '@example.com', '${BCRYPT}', 'Ada Number' || n, n = 9 FROM generate_series(1, 9) AS n;
  INSERT INTO person_profiles VALUES (1, 'Grace', 'Hopper');
  INSERT INTO clubs VALUES (1, 'Chess', NULL), (2, 'Rowing', NULL), (3, 'Closed', now());
  INSERT INTO club_roles VALUES (1, 'Captain'), (2, 'Player');
  INSERT INTO club_memberships SELECT 1 + n % 2, n, 1 + n % 2, 1 FROM generate_series(1, 9) AS n;
  INSERT INTO club_memberships VALUES (3, 1, 1, 1), (3, 2, 2, 1);
  INSERT INTO newsletter_subscribers SELECT n, 'n' || n || '@example.com' FROM generate_series(1, 40) AS n;`
