-- The tables of Better Auth that a migration reads, as its command writes them for PostgreSQL: the core, and the plugins admin,
-- organization with teams, and two-factor. They have the users of user.csv.

CREATE TABLE "user" (
  id text NOT NULL PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL UNIQUE,
  "emailVerified" boolean NOT NULL,
  image text,
  "createdAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  role text,
  banned boolean,
  "banReason" text,
  "banExpires" timestamptz,
  "twoFactorEnabled" boolean
);

CREATE TABLE account (
  id text NOT NULL PRIMARY KEY,
  "accountId" text NOT NULL,
  "providerId" text NOT NULL,
  "userId" text NOT NULL,
  "accessToken" text,
  "refreshToken" text,
  "idToken" text,
  password text,
  "createdAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  FOREIGN KEY ("userId") REFERENCES "user" (id) ON DELETE CASCADE
);

CREATE TABLE organization (
  id text NOT NULL PRIMARY KEY,
  name text NOT NULL,
  slug text NOT NULL UNIQUE,
  logo text,
  "createdAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  metadata text
);

CREATE TABLE member (
  id text NOT NULL PRIMARY KEY,
  "organizationId" text NOT NULL,
  "userId" text NOT NULL,
  role text NOT NULL,
  "createdAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  FOREIGN KEY ("organizationId") REFERENCES organization (id) ON DELETE CASCADE,
  FOREIGN KEY ("userId") REFERENCES "user" (id) ON DELETE CASCADE
);

CREATE TABLE team (
  id text NOT NULL PRIMARY KEY,
  name text NOT NULL,
  "organizationId" text NOT NULL,
  "createdAt" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  FOREIGN KEY ("organizationId") REFERENCES organization (id) ON DELETE CASCADE
);

CREATE TABLE "teamMember" (
  id text NOT NULL PRIMARY KEY,
  "teamId" text NOT NULL,
  "userId" text NOT NULL,
  FOREIGN KEY ("teamId") REFERENCES team (id) ON DELETE CASCADE,
  FOREIGN KEY ("userId") REFERENCES "user" (id) ON DELETE CASCADE
);

CREATE TABLE "twoFactor" (
  id text NOT NULL PRIMARY KEY,
  secret text NOT NULL,
  "backupCodes" text NOT NULL,
  "userId" text NOT NULL,
  FOREIGN KEY ("userId") REFERENCES "user" (id) ON DELETE CASCADE
);

INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt", role, banned, "banReason", "banExpires", "twoFactorEnabled") VALUES
  ('3WFc1I2yCNMDqM2y3gF7V4rXxFEiE49j', 'Ada Ampersand', 'ada@example.com', true, '2025-01-02 03:04:05.678', '2025-01-02 03:04:05.678', 'admin', false, NULL, NULL, false),
  ('bk6zSdsOZ4B9zgp5L9MRMiKzBgDniM6u', 'Björn van der Beispiel', 'bjorn@example.com', false, '2025-01-02 03:04:05.678', '2025-01-02 03:04:05.678', 'user', false, NULL, NULL, false),
  ('GQpuvDUUMWIWw4Jx2BmmFozoHXlPKx0y', 'Chloé Comma', 'chloe@example.com', true, '2025-01-02 03:04:05.678', '2025-01-02 03:04:05.678', 'user', false, NULL, NULL, true),
  ('nRKmKZWmAD2kFi19vzAxwBiGdkJpRBNM', 'Dmitri', 'dmitri@example.com', true, '2025-01-02 03:04:05.678', '2025-01-02 03:04:05.678', 'user', true, 'spam', NULL, false),
  ('ueMUTXiVNRFOTMhPrhzWZoBPfF0GTsSl', 'Elif Ellipsis', 'elif@example.com', true, '2025-01-02 03:04:05.678', '2025-01-02 03:04:05.678', 'user', false, NULL, NULL, false);

INSERT INTO account (id, "accountId", "providerId", "userId", password) VALUES
  ('pwKrhvMtsQRAjrXs4sGvJAKItZmJ04aF', '3WFc1I2yCNMDqM2y3gF7V4rXxFEiE49j', 'credential', '3WFc1I2yCNMDqM2y3gF7V4rXxFEiE49j', 'da417a37cb8ac506f6c53263fca82286:97aa098d282f32842ac7d466a306f7935b6651159a9752a5f1fd8d0816fee259c1b8a1b7815ec38afcde84250f92e838e67c681714cb7677135fea27d27067a0'),
  ('4SDz8ffOgDXGYynCjH7JvkBADt7QChxU', '100000000000000000001', 'google', '3WFc1I2yCNMDqM2y3gF7V4rXxFEiE49j', NULL),
  ('NlG94WjsObflGlbvQeo3mdkqjzAZyQKM', 'bk6zSdsOZ4B9zgp5L9MRMiKzBgDniM6u', 'credential', 'bk6zSdsOZ4B9zgp5L9MRMiKzBgDniM6u', '80988237c5baa725a1f0a6fbbcf4d778:22a067888d1926f030d2ba393071d7fc644721d9c9feb2941a0da00e021248dcc705c1f9446ad4fde91888c8599c0e2218845b3c8d54bb7d05c4d5b36e724899'),
  ('riC7EAWfn4rBdd3BNtxOoiDYHp0S1dST', '100000000000000000003', 'google', 'GQpuvDUUMWIWw4Jx2BmmFozoHXlPKx0y', NULL),
  ('7EWytwbwrNpGECIcsEzzMCLHsWSQ67t4', 'nRKmKZWmAD2kFi19vzAxwBiGdkJpRBNM', 'credential', 'nRKmKZWmAD2kFi19vzAxwBiGdkJpRBNM', '75a89fefd8133e2388be0f8a1e7e1f59:62ac1180997a7e71a7239dedad6fab4464319674a1a1b5efcc384e8ad09fbb114fb8f431e5bb87c5338c7f7a99a61a0cbd9af51c3d17bca506c654665a584dd3'),
  ('T14YcBYCedpyGCnLKvdn9f84Y69EXGWh', 'ueMUTXiVNRFOTMhPrhzWZoBPfF0GTsSl', 'credential', 'ueMUTXiVNRFOTMhPrhzWZoBPfF0GTsSl', '$2b$10$LpoMUhPR3JGJjf1Mj4ghTusQ.ir16iEFeiCkWu7QDGVL8oPigazVC');

INSERT INTO organization (id, name, slug, "createdAt", metadata) VALUES
  ('PhEvBhNwm1aDTIyOwW2iG8NavJDE3lxN', 'Acme Anvils', 'acme', '2025-01-03 00:00:00', '{"tier":"gold"}'),
  ('QjHjIpuCHDZei1PSy0eZbN4pHWcytMJ2', 'Borealis Outfitters', 'borealis', '2025-01-04 00:00:00', NULL),
  ('21oHwqX2Nu0P3ajOlEtNDdyjVR4VqMwC', 'Nobody Here Yet', 'nobody', '2025-01-05 00:00:00', NULL);

INSERT INTO member (id, "organizationId", "userId", role, "createdAt") VALUES
  ('lF0EwGyc49lizKDGNP1X8zsTHFPPdRm3', 'PhEvBhNwm1aDTIyOwW2iG8NavJDE3lxN', '3WFc1I2yCNMDqM2y3gF7V4rXxFEiE49j', 'owner', '2025-01-06 00:00:00'),
  ('liCpKT7ygA4nDTdHqNSDGHnHAH8sSDBt', 'PhEvBhNwm1aDTIyOwW2iG8NavJDE3lxN', 'bk6zSdsOZ4B9zgp5L9MRMiKzBgDniM6u', 'member', '2025-01-06 00:00:00'),
  ('T9gr8GHnFSDpzANQAtgANZJiT4sEFHTx', 'QjHjIpuCHDZei1PSy0eZbN4pHWcytMJ2', '3WFc1I2yCNMDqM2y3gF7V4rXxFEiE49j', 'admin,member', '2025-01-06 00:00:00'),
  ('Y1AJuSAY0UAc5PXcJfi4CWE50FHqk3aR', 'QjHjIpuCHDZei1PSy0eZbN4pHWcytMJ2', 'GQpuvDUUMWIWw4Jx2BmmFozoHXlPKx0y', 'owner', '2025-01-06 00:00:00'),
  ('e07aOvrDTJPqyqm4AXjWQ0vF4N7CwUXf', 'QjHjIpuCHDZei1PSy0eZbN4pHWcytMJ2', 'nRKmKZWmAD2kFi19vzAxwBiGdkJpRBNM', 'member', '2025-01-06 00:00:00'),
  ('1zIJI9TPnQBNjV581S6UQB9mHeoqC3T7', 'PhEvBhNwm1aDTIyOwW2iG8NavJDE3lxN', 'ueMUTXiVNRFOTMhPrhzWZoBPfF0GTsSl', 'member', '2025-01-06 00:00:00');

INSERT INTO team (id, name, "organizationId", "createdAt") VALUES
  ('team-forge', 'Forge', 'PhEvBhNwm1aDTIyOwW2iG8NavJDE3lxN', '2025-01-07 00:00:00'),
  ('team-sales', 'Sales', 'PhEvBhNwm1aDTIyOwW2iG8NavJDE3lxN', '2025-01-07 00:00:00'),
  ('team-north', 'North', 'QjHjIpuCHDZei1PSy0eZbN4pHWcytMJ2', '2025-01-07 00:00:00');

INSERT INTO "teamMember" (id, "teamId", "userId") VALUES
  ('tm-1', 'team-forge', '3WFc1I2yCNMDqM2y3gF7V4rXxFEiE49j'),
  ('tm-2', 'team-forge', 'bk6zSdsOZ4B9zgp5L9MRMiKzBgDniM6u'),
  ('tm-3', 'team-north', 'GQpuvDUUMWIWw4Jx2BmmFozoHXlPKx0y'),
  ('tm-4', 'team-north', 'nRKmKZWmAD2kFi19vzAxwBiGdkJpRBNM');

INSERT INTO "twoFactor" (id, secret, "backupCodes", "userId") VALUES
  ('tf-1', '1f0c2e9a7b6d5c4f3e2d1a0b', '9e8d7c6b5a4f3e2d', 'GQpuvDUUMWIWw4Jx2BmmFozoHXlPKx0y');
