-- The tables and columns of Keycloak 26 that a migration reads, as its server creates them in
-- PostgreSQL. The realm anvils is the one in anvils-realm.json.

CREATE TABLE realm (
  id varchar(36) PRIMARY KEY,
  name varchar(255) UNIQUE,
  enabled boolean
);

CREATE TABLE client (
  id varchar(36) PRIMARY KEY,
  client_id varchar(255),
  realm_id varchar(36)
);

CREATE TABLE user_entity (
  id varchar(36) PRIMARY KEY,
  email varchar(255),
  email_constraint varchar(255),
  email_verified boolean NOT NULL,
  enabled boolean NOT NULL,
  federation_link varchar(255),
  first_name varchar(255),
  last_name varchar(255),
  realm_id varchar(255),
  username varchar(255),
  created_timestamp bigint,
  service_account_client_link varchar(255),
  not_before int NOT NULL DEFAULT 0,
  UNIQUE (realm_id, username)
);

CREATE TABLE credential (
  id varchar(36) PRIMARY KEY,
  salt bytea,
  type varchar(255),
  user_id varchar(36),
  created_date bigint,
  user_label varchar(255),
  secret_data text,
  credential_data text,
  priority int,
  FOREIGN KEY (user_id) REFERENCES user_entity (id)
);

CREATE TABLE user_attribute (
  name varchar(255) NOT NULL,
  value varchar(255),
  user_id varchar(36) NOT NULL,
  id varchar(36) PRIMARY KEY,
  long_value text,
  FOREIGN KEY (user_id) REFERENCES user_entity (id)
);

CREATE TABLE keycloak_group (
  id varchar(36) PRIMARY KEY,
  name varchar(255),
  parent_group varchar(36) NOT NULL,
  realm_id varchar(36),
  type int NOT NULL DEFAULT 0,
  description varchar(255)
);

CREATE TABLE user_group_membership (
  group_id varchar(36),
  user_id varchar(36),
  membership_type varchar(255) NOT NULL,
  PRIMARY KEY (group_id, user_id)
);

CREATE TABLE keycloak_role (
  id varchar(36) PRIMARY KEY,
  client_realm_constraint varchar(255),
  client_role boolean NOT NULL,
  description varchar(255),
  name varchar(255),
  realm_id varchar(255),
  client varchar(36),
  realm varchar(36)
);

CREATE TABLE user_role_mapping (
  role_id varchar(255),
  user_id varchar(36),
  PRIMARY KEY (role_id, user_id)
);

CREATE TABLE group_role_mapping (
  role_id varchar(36),
  group_id varchar(36),
  PRIMARY KEY (role_id, group_id)
);

CREATE TABLE federated_identity (
  identity_provider varchar(255),
  realm_id varchar(36),
  federated_user_id varchar(255),
  federated_username varchar(255),
  token text,
  user_id varchar(36),
  PRIMARY KEY (identity_provider, user_id)
);

CREATE TABLE identity_provider (
  internal_id varchar(36) PRIMARY KEY,
  enabled boolean,
  provider_alias varchar(255),
  provider_id varchar(255),
  realm_id varchar(36),
  organization_id varchar(255)
);

CREATE TABLE org (
  id varchar(255) PRIMARY KEY,
  enabled boolean NOT NULL,
  realm_id varchar(255) NOT NULL,
  group_id varchar(255) NOT NULL,
  name varchar(255) NOT NULL,
  description varchar(4000),
  alias varchar(255) NOT NULL,
  redirect_url varchar(2048)
);

CREATE TABLE org_domain (
  id varchar(36) NOT NULL,
  name varchar(255) NOT NULL,
  verified boolean,
  org_id varchar(255) NOT NULL,
  PRIMARY KEY (id, name)
);

-- The realm of the administrators also has a user of this name.
INSERT INTO realm (id, name, enabled) VALUES
  ('7c0ffee0-0000-4000-8000-000000000001', 'master', true),
  ('29ba9981-a4ec-4685-894c-98babe08d658', 'anvils', true);

INSERT INTO client (id, client_id, realm_id) VALUES
  ('c11e2700-0000-4000-8000-000000000001', 'billing', '29ba9981-a4ec-4685-894c-98babe08d658');

INSERT INTO user_entity (id, email, email_constraint, email_verified, enabled, federation_link, first_name, last_name, realm_id, username, created_timestamp, service_account_client_link) VALUES
  ('ad000000-0000-4000-8000-000000000001', 'admin@example.com', 'admin@example.com', false, true, NULL, NULL, NULL, '7c0ffee0-0000-4000-8000-000000000001', 'ada', 1700000000000, NULL),
  ('ba33b166-7163-4fc6-9ce4-ca0830631298', 'ada@acme.example', 'ada@acme.example', true, true, NULL, 'Ada', 'Ampersand', '29ba9981-a4ec-4685-894c-98babe08d658', 'ada', 1710000000000, NULL),
  ('bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 'bjorn@acme.example', 'bjorn@acme.example', true, true, NULL, 'Björn', 'Beispiel', '29ba9981-a4ec-4685-894c-98babe08d658', 'bjorn', 1710000000001, NULL),
  ('ee6b57d9-a380-4ea5-91d9-c36b319f2bcc', 'Chloe@borealis.example', 'Chloe@borealis.example', false, true, NULL, 'Chloé', 'Comma', '29ba9981-a4ec-4685-894c-98babe08d658', 'chloe', 1710000000002, NULL),
  ('977057e1-6dbe-461d-9cdd-55026f28ab30', 'dmitri@borealis.example', 'dmitri@borealis.example', true, true, NULL, 'Dmitri', 'Dummy', '29ba9981-a4ec-4685-894c-98babe08d658', 'dmitri', 1710000000003, NULL),
  ('5862352c-6865-45b5-a289-ded386a40e79', 'elif@borealis.example', 'elif@borealis.example', true, true, 'corporate-ldap', 'Elif', 'Ellipsis', '29ba9981-a4ec-4685-894c-98babe08d658', 'elif', 1710000000004, NULL),
  ('8545794f-a394-41d4-ae0d-da5abd9ec687', 'femi@acme.example', 'femi@acme.example', true, false, NULL, 'Femi', 'Foobar', '29ba9981-a4ec-4685-894c-98babe08d658', 'femi', 1710000000005, NULL),
  ('0fa2adaa-cfb6-4bb6-b1b9-3f6042e86996', NULL, '0fa2adaa-cfb6-4bb6-b1b9-3f6042e86996', false, true, NULL, NULL, NULL, '29ba9981-a4ec-4685-894c-98babe08d658', 'service-account-billing', 1710000000999, 'c11e2700-0000-4000-8000-000000000001');

INSERT INTO credential (id, type, user_id, created_date, user_label, secret_data, credential_data, priority) VALUES
  ('d4c47687-74b9-4d3d-ad8f-0e97177f731f', 'password', 'ba33b166-7163-4fc6-9ce4-ca0830631298', 1710000000500, NULL, '{"value":"ylSMb09tJbiUjC2zYJKaSR0wuxtoBFpCVn/EjyVa0AY=","salt":"ujOxZnFjf8Zc5MoIMGMSmA==","additionalParameters":{}}', '{"hashIterations":5,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["7168"],"type":["id"],"version":["1.3"],"parallelism":["1"]}}', 10),
  ('78387a6f-2514-4580-86ee-05f0ddd86a43', 'otp', 'ba33b166-7163-4fc6-9ce4-ca0830631298', 1710000000500, 'phone', '{"value":"fBpqTkQ2vW7xYz0aLmN3"}', '{"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1"}', 20),
  ('25ab04fd-6b75-4b31-b34e-89e8634176c7', 'password', 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 1710000000500, NULL, '{"value":"k/Cnb5HJvhmbsljSNsQfk47RD771hppPWlbM0Gl7GNt2HdnvJeXn6DdwheXCXp7jikHiiLZqZQfhajjKRQM6EQ==","salt":"u9DAFqnwIi8k9yEgw2Oa2Q==","additionalParameters":{}}', '{"hashIterations":210000,"algorithm":"pbkdf2-sha512","additionalParameters":{}}', 10),
  ('b0003e5a-0ac7-40d9-b7bb-2689ff4633dc', 'otp', 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 1710000000500, NULL, '{"value":"JBSWY3DPEHPK3PXP"}', '{"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1","secretEncoding":"BASE32"}', 20),
  ('8919da60-9595-419f-8e47-52ffa7099a1e', 'password', 'ee6b57d9-a380-4ea5-91d9-c36b319f2bcc', 1710000000500, NULL, '{"value":"9tn0+163gXKxO48HDc0SMG2vtrmXAgJQXGXbq0TYrEIKRpg0GUuaoNmCoZQT/KeM1+1gALLJL2zt9+qHUvOrZQ==","salt":"7mtX2aOAfqWR2cNrMZ8rzA==","additionalParameters":{}}', '{"hashIterations":27500,"algorithm":"pbkdf2-sha256","additionalParameters":{}}', 10),
  ('2c31589f-0097-4b9a-8115-fe2ddb56bfd2', 'password', '8545794f-a394-41d4-ae0d-da5abd9ec687', 1710000000500, NULL, '{"value":"k/Cnb5HJvhmbsljSNsQfk47RD771hppPWlbM0Gl7GNt2HdnvJeXn6DdwheXCXp7jikHiiLZqZQfhajjKRQM6EQ==","salt":"u9DAFqnwIi8k9yEgw2Oa2Q=="}', '{"hashIterations":210000,"algorithm":"pbkdf2-sha512"}', 10);

INSERT INTO user_attribute (name, value, user_id, id, long_value) VALUES
  ('locale', 'en', 'ba33b166-7163-4fc6-9ce4-ca0830631298', 'a77e0000-0000-4000-8000-000000000001', NULL),
  ('plan', 'pro', 'ba33b166-7163-4fc6-9ce4-ca0830631298', 'a77e0000-0000-4000-8000-000000000002', NULL),
  ('phoneNumber', '+15550100002', 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 'a77e0000-0000-4000-8000-000000000003', NULL),
  ('LDAP_ID', '42', '5862352c-6865-45b5-a289-ded386a40e79', 'a77e0000-0000-4000-8000-000000000004', NULL),
  ('note', NULL, 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 'a77e0000-0000-4000-8000-000000000005', 'A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters.');

-- A group of type 1 belongs to an organization. Without a parent, the parent is a blank.
INSERT INTO keycloak_group (id, name, parent_group, realm_id, type) VALUES
  ('043ec31f-89aa-4ab3-a4ef-c019eac8c619', 'staff', ' ', '29ba9981-a4ec-4685-894c-98babe08d658', 0),
  ('d912bf1f-001a-4d8e-aafa-d6e491f26af0', 'engineering', '043ec31f-89aa-4ab3-a4ef-c019eac8c619', '29ba9981-a4ec-4685-894c-98babe08d658', 0),
  ('f035018f-0a25-4756-b6d6-c4fca4c5a10b', 'oncall', '043ec31f-89aa-4ab3-a4ef-c019eac8c619', '29ba9981-a4ec-4685-894c-98babe08d658', 0),
  ('06600000-0000-4000-8000-000000000001', '8efdf17e-0330-4093-8788-0ed9572ee0f7', ' ', '29ba9981-a4ec-4685-894c-98babe08d658', 1),
  ('06600000-0000-4000-8000-000000000002', '3bcd62da-608c-451d-810f-6bfeed4e7c4a', ' ', '29ba9981-a4ec-4685-894c-98babe08d658', 1);

INSERT INTO user_group_membership (group_id, user_id, membership_type) VALUES
  ('d912bf1f-001a-4d8e-aafa-d6e491f26af0', 'ba33b166-7163-4fc6-9ce4-ca0830631298', 'UNMANAGED'),
  ('d912bf1f-001a-4d8e-aafa-d6e491f26af0', 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 'UNMANAGED'),
  ('f035018f-0a25-4756-b6d6-c4fca4c5a10b', 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 'UNMANAGED'),
  ('06600000-0000-4000-8000-000000000001', 'ba33b166-7163-4fc6-9ce4-ca0830631298', 'UNMANAGED'),
  ('06600000-0000-4000-8000-000000000001', 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 'MANAGED'),
  ('06600000-0000-4000-8000-000000000001', '8545794f-a394-41d4-ae0d-da5abd9ec687', 'UNMANAGED'),
  ('06600000-0000-4000-8000-000000000002', 'ba33b166-7163-4fc6-9ce4-ca0830631298', 'UNMANAGED'),
  ('06600000-0000-4000-8000-000000000002', 'ee6b57d9-a380-4ea5-91d9-c36b319f2bcc', 'UNMANAGED'),
  ('06600000-0000-4000-8000-000000000002', '977057e1-6dbe-461d-9cdd-55026f28ab30', 'UNMANAGED'),
  ('06600000-0000-4000-8000-000000000002', '5862352c-6865-45b5-a289-ded386a40e79', 'UNMANAGED');

INSERT INTO keycloak_role (id, client_realm_constraint, client_role, name, realm_id, client, realm) VALUES
  ('21dee3a2-e86c-45ef-b74c-a159b29fb984', '29ba9981-a4ec-4685-894c-98babe08d658', false, 'default-roles-anvils', '29ba9981-a4ec-4685-894c-98babe08d658', NULL, '29ba9981-a4ec-4685-894c-98babe08d658'),
  ('de37cea5-b3f1-461d-a2dd-c6dc9e3bcc22', '29ba9981-a4ec-4685-894c-98babe08d658', false, 'admin', '29ba9981-a4ec-4685-894c-98babe08d658', NULL, '29ba9981-a4ec-4685-894c-98babe08d658'),
  ('5a1e5000-0000-4000-8000-0000000000bb', '29ba9981-a4ec-4685-894c-98babe08d658', false, 'staff-member', '29ba9981-a4ec-4685-894c-98babe08d658', NULL, '29ba9981-a4ec-4685-894c-98babe08d658'),
  ('c11e2700-0000-4000-8000-0000000000aa', 'c11e2700-0000-4000-8000-000000000001', true, 'invoices', '29ba9981-a4ec-4685-894c-98babe08d658', 'c11e2700-0000-4000-8000-000000000001', NULL);

INSERT INTO user_role_mapping (role_id, user_id) VALUES
  ('21dee3a2-e86c-45ef-b74c-a159b29fb984', 'ba33b166-7163-4fc6-9ce4-ca0830631298'),
  ('de37cea5-b3f1-461d-a2dd-c6dc9e3bcc22', 'ba33b166-7163-4fc6-9ce4-ca0830631298'),
  ('21dee3a2-e86c-45ef-b74c-a159b29fb984', 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9'),
  ('21dee3a2-e86c-45ef-b74c-a159b29fb984', 'ee6b57d9-a380-4ea5-91d9-c36b319f2bcc'),
  ('21dee3a2-e86c-45ef-b74c-a159b29fb984', '977057e1-6dbe-461d-9cdd-55026f28ab30'),
  ('21dee3a2-e86c-45ef-b74c-a159b29fb984', '5862352c-6865-45b5-a289-ded386a40e79'),
  ('21dee3a2-e86c-45ef-b74c-a159b29fb984', '8545794f-a394-41d4-ae0d-da5abd9ec687'),
  ('21dee3a2-e86c-45ef-b74c-a159b29fb984', '0fa2adaa-cfb6-4bb6-b1b9-3f6042e86996'),
  ('c11e2700-0000-4000-8000-0000000000aa', 'ba33b166-7163-4fc6-9ce4-ca0830631298');

-- Users in /staff or a group below it have the role.
INSERT INTO group_role_mapping (role_id, group_id) VALUES
  ('5a1e5000-0000-4000-8000-0000000000bb', '043ec31f-89aa-4ab3-a4ef-c019eac8c619');

INSERT INTO federated_identity (identity_provider, realm_id, federated_user_id, federated_username, user_id) VALUES
  ('google', '29ba9981-a4ec-4685-894c-98babe08d658', '100000000000000000004', 'dmitri@borealis.example', '977057e1-6dbe-461d-9cdd-55026f28ab30');

INSERT INTO identity_provider (internal_id, enabled, provider_alias, provider_id, realm_id, organization_id) VALUES
  ('1d900000-0000-4000-8000-000000000001', true, 'google', 'google', '29ba9981-a4ec-4685-894c-98babe08d658', NULL),
  ('1d900000-0000-4000-8000-000000000002', true, 'acme-saml', 'saml', '29ba9981-a4ec-4685-894c-98babe08d658', '8efdf17e-0330-4093-8788-0ed9572ee0f7');

INSERT INTO org (id, enabled, realm_id, group_id, name, description, alias) VALUES
  ('8efdf17e-0330-4093-8788-0ed9572ee0f7', true, '29ba9981-a4ec-4685-894c-98babe08d658', '06600000-0000-4000-8000-000000000001', 'Acme Anvils', 'Maker of anvils', 'acme'),
  ('3bcd62da-608c-451d-810f-6bfeed4e7c4a', true, '29ba9981-a4ec-4685-894c-98babe08d658', '06600000-0000-4000-8000-000000000002', 'Borealis Outfitters', NULL, 'borealis');

INSERT INTO org_domain (id, name, verified, org_id) VALUES
  ('d0a10000-0000-4000-8000-000000000001', 'acme.example', true, '8efdf17e-0330-4093-8788-0ed9572ee0f7'),
  ('d0a10000-0000-4000-8000-000000000002', 'borealis.example', false, '3bcd62da-608c-451d-810f-6bfeed4e7c4a');
