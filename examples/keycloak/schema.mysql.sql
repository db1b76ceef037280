-- The tables and columns of Keycloak 26 that a migration reads, as its server creates them in
-- MySQL: names in capitals, flags of one bit. The realm anvils is the one in anvils-realm.json.

CREATE TABLE REALM (
  ID varchar(36) PRIMARY KEY,
  NAME varchar(255) UNIQUE,
  ENABLED bit(1)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE CLIENT (
  ID varchar(36) PRIMARY KEY,
  CLIENT_ID varchar(255),
  REALM_ID varchar(36)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE USER_ENTITY (
  ID varchar(36) PRIMARY KEY,
  EMAIL varchar(255),
  EMAIL_CONSTRAINT varchar(255),
  EMAIL_VERIFIED bit(1) NOT NULL,
  ENABLED bit(1) NOT NULL,
  FEDERATION_LINK varchar(255),
  FIRST_NAME varchar(255),
  LAST_NAME varchar(255),
  REALM_ID varchar(255),
  USERNAME varchar(255),
  CREATED_TIMESTAMP bigint,
  SERVICE_ACCOUNT_CLIENT_LINK varchar(255),
  NOT_BEFORE int NOT NULL DEFAULT 0,
  UNIQUE (REALM_ID, USERNAME)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE CREDENTIAL (
  ID varchar(36) PRIMARY KEY,
  SALT tinyblob,
  TYPE varchar(255),
  USER_ID varchar(36),
  CREATED_DATE bigint,
  USER_LABEL varchar(255),
  SECRET_DATA longtext,
  CREDENTIAL_DATA longtext,
  PRIORITY int,
  FOREIGN KEY (USER_ID) REFERENCES USER_ENTITY (ID)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE USER_ATTRIBUTE (
  NAME varchar(255) NOT NULL,
  VALUE varchar(255),
  USER_ID varchar(36) NOT NULL,
  ID varchar(36) PRIMARY KEY,
  LONG_VALUE longtext,
  FOREIGN KEY (USER_ID) REFERENCES USER_ENTITY (ID)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE KEYCLOAK_GROUP (
  ID varchar(36) PRIMARY KEY,
  NAME varchar(255),
  PARENT_GROUP varchar(36) NOT NULL,
  REALM_ID varchar(36),
  TYPE int NOT NULL DEFAULT 0,
  DESCRIPTION varchar(255)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE USER_GROUP_MEMBERSHIP (
  GROUP_ID varchar(36),
  USER_ID varchar(36),
  MEMBERSHIP_TYPE varchar(255) NOT NULL,
  PRIMARY KEY (GROUP_ID, USER_ID)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE KEYCLOAK_ROLE (
  ID varchar(36) PRIMARY KEY,
  CLIENT_REALM_CONSTRAINT varchar(255),
  CLIENT_ROLE bit(1) NOT NULL,
  DESCRIPTION varchar(255),
  NAME varchar(255),
  REALM_ID varchar(255),
  CLIENT varchar(36),
  REALM varchar(36)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE USER_ROLE_MAPPING (
  ROLE_ID varchar(255),
  USER_ID varchar(36),
  PRIMARY KEY (ROLE_ID, USER_ID)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE GROUP_ROLE_MAPPING (
  ROLE_ID varchar(36),
  GROUP_ID varchar(36),
  PRIMARY KEY (ROLE_ID, GROUP_ID)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE FEDERATED_IDENTITY (
  IDENTITY_PROVIDER varchar(255),
  REALM_ID varchar(36),
  FEDERATED_USER_ID varchar(255),
  FEDERATED_USERNAME varchar(255),
  TOKEN longtext,
  USER_ID varchar(36),
  PRIMARY KEY (IDENTITY_PROVIDER, USER_ID)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE IDENTITY_PROVIDER (
  INTERNAL_ID varchar(36) PRIMARY KEY,
  ENABLED bit(1),
  PROVIDER_ALIAS varchar(255),
  PROVIDER_ID varchar(255),
  REALM_ID varchar(36),
  ORGANIZATION_ID varchar(255)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE ORG (
  ID varchar(255) PRIMARY KEY,
  ENABLED bit(1) NOT NULL,
  REALM_ID varchar(255) NOT NULL,
  GROUP_ID varchar(255) NOT NULL,
  NAME varchar(255) NOT NULL,
  DESCRIPTION varchar(4000),
  ALIAS varchar(255) NOT NULL,
  REDIRECT_URL varchar(2048)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE ORG_DOMAIN (
  ID varchar(36) NOT NULL,
  NAME varchar(255) NOT NULL,
  VERIFIED tinyint(1),
  ORG_ID varchar(255) NOT NULL,
  PRIMARY KEY (ID, NAME)
) DEFAULT CHARSET = utf8mb4;

-- The realm of the administrators also has a user of this name.
INSERT INTO REALM (ID, NAME, ENABLED) VALUES
  ('7c0ffee0-0000-4000-8000-000000000001', 'master', 1),
  ('29ba9981-a4ec-4685-894c-98babe08d658', 'anvils', 1);

INSERT INTO CLIENT (ID, CLIENT_ID, REALM_ID) VALUES
  ('c11e2700-0000-4000-8000-000000000001', 'billing', '29ba9981-a4ec-4685-894c-98babe08d658');

INSERT INTO USER_ENTITY (ID, EMAIL, EMAIL_CONSTRAINT, EMAIL_VERIFIED, ENABLED, FEDERATION_LINK, FIRST_NAME, LAST_NAME, REALM_ID, USERNAME, CREATED_TIMESTAMP, SERVICE_ACCOUNT_CLIENT_LINK) VALUES
  ('ad000000-0000-4000-8000-000000000001', 'admin@example.com', 'admin@example.com', 0, 1, NULL, NULL, NULL, '7c0ffee0-0000-4000-8000-000000000001', 'ada', 1700000000000, NULL),
  ('ba33b166-7163-4fc6-9ce4-ca0830631298', 'ada@acme.example', 'ada@acme.example', 1, 1, NULL, 'Ada', 'Ampersand', '29ba9981-a4ec-4685-894c-98babe08d658', 'ada', 1710000000000, NULL),
  ('bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 'bjorn@acme.example', 'bjorn@acme.example', 1, 1, NULL, 'Björn', 'Beispiel', '29ba9981-a4ec-4685-894c-98babe08d658', 'bjorn', 1710000000001, NULL),
  ('ee6b57d9-a380-4ea5-91d9-c36b319f2bcc', 'Chloe@borealis.example', 'Chloe@borealis.example', 0, 1, NULL, 'Chloé', 'Comma', '29ba9981-a4ec-4685-894c-98babe08d658', 'chloe', 1710000000002, NULL),
  ('977057e1-6dbe-461d-9cdd-55026f28ab30', 'dmitri@borealis.example', 'dmitri@borealis.example', 1, 1, NULL, 'Dmitri', 'Dummy', '29ba9981-a4ec-4685-894c-98babe08d658', 'dmitri', 1710000000003, NULL),
  ('5862352c-6865-45b5-a289-ded386a40e79', 'elif@borealis.example', 'elif@borealis.example', 1, 1, 'corporate-ldap', 'Elif', 'Ellipsis', '29ba9981-a4ec-4685-894c-98babe08d658', 'elif', 1710000000004, NULL),
  ('8545794f-a394-41d4-ae0d-da5abd9ec687', 'femi@acme.example', 'femi@acme.example', 1, 0, NULL, 'Femi', 'Foobar', '29ba9981-a4ec-4685-894c-98babe08d658', 'femi', 1710000000005, NULL),
  ('0fa2adaa-cfb6-4bb6-b1b9-3f6042e86996', NULL, '0fa2adaa-cfb6-4bb6-b1b9-3f6042e86996', 0, 1, NULL, NULL, NULL, '29ba9981-a4ec-4685-894c-98babe08d658', 'service-account-billing', 1710000000999, 'c11e2700-0000-4000-8000-000000000001');

INSERT INTO CREDENTIAL (ID, TYPE, USER_ID, CREATED_DATE, USER_LABEL, SECRET_DATA, CREDENTIAL_DATA, PRIORITY) VALUES
  ('d4c47687-74b9-4d3d-ad8f-0e97177f731f', 'password', 'ba33b166-7163-4fc6-9ce4-ca0830631298', 1710000000500, NULL, '{"value":"ylSMb09tJbiUjC2zYJKaSR0wuxtoBFpCVn/EjyVa0AY=","salt":"ujOxZnFjf8Zc5MoIMGMSmA==","additionalParameters":{}}', '{"hashIterations":5,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["7168"],"type":["id"],"version":["1.3"],"parallelism":["1"]}}', 10),
  ('78387a6f-2514-4580-86ee-05f0ddd86a43', 'otp', 'ba33b166-7163-4fc6-9ce4-ca0830631298', 1710000000500, 'phone', '{"value":"fBpqTkQ2vW7xYz0aLmN3"}', '{"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1"}', 20),
  ('25ab04fd-6b75-4b31-b34e-89e8634176c7', 'password', 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 1710000000500, NULL, '{"value":"k/Cnb5HJvhmbsljSNsQfk47RD771hppPWlbM0Gl7GNt2HdnvJeXn6DdwheXCXp7jikHiiLZqZQfhajjKRQM6EQ==","salt":"u9DAFqnwIi8k9yEgw2Oa2Q==","additionalParameters":{}}', '{"hashIterations":210000,"algorithm":"pbkdf2-sha512","additionalParameters":{}}', 10),
  ('b0003e5a-0ac7-40d9-b7bb-2689ff4633dc', 'otp', 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 1710000000500, NULL, '{"value":"JBSWY3DPEHPK3PXP"}', '{"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1","secretEncoding":"BASE32"}', 20),
  ('8919da60-9595-419f-8e47-52ffa7099a1e', 'password', 'ee6b57d9-a380-4ea5-91d9-c36b319f2bcc', 1710000000500, NULL, '{"value":"9tn0+163gXKxO48HDc0SMG2vtrmXAgJQXGXbq0TYrEIKRpg0GUuaoNmCoZQT/KeM1+1gALLJL2zt9+qHUvOrZQ==","salt":"7mtX2aOAfqWR2cNrMZ8rzA==","additionalParameters":{}}', '{"hashIterations":27500,"algorithm":"pbkdf2-sha256","additionalParameters":{}}', 10),
  ('2c31589f-0097-4b9a-8115-fe2ddb56bfd2', 'password', '8545794f-a394-41d4-ae0d-da5abd9ec687', 1710000000500, NULL, '{"value":"k/Cnb5HJvhmbsljSNsQfk47RD771hppPWlbM0Gl7GNt2HdnvJeXn6DdwheXCXp7jikHiiLZqZQfhajjKRQM6EQ==","salt":"u9DAFqnwIi8k9yEgw2Oa2Q=="}', '{"hashIterations":210000,"algorithm":"pbkdf2-sha512"}', 10);

INSERT INTO USER_ATTRIBUTE (NAME, VALUE, USER_ID, ID, LONG_VALUE) VALUES
  ('locale', 'en', 'ba33b166-7163-4fc6-9ce4-ca0830631298', 'a77e0000-0000-4000-8000-000000000001', NULL),
  ('plan', 'pro', 'ba33b166-7163-4fc6-9ce4-ca0830631298', 'a77e0000-0000-4000-8000-000000000002', NULL),
  ('phoneNumber', '+15550100002', 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 'a77e0000-0000-4000-8000-000000000003', NULL),
  ('LDAP_ID', '42', '5862352c-6865-45b5-a289-ded386a40e79', 'a77e0000-0000-4000-8000-000000000004', NULL),
  ('note', NULL, 'bbd0c016-a9f0-422f-a4f7-2120c3639ad9', 'a77e0000-0000-4000-8000-000000000005', 'A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters. A note of more than 255 characters.');

-- A group of type 1 belongs to an organization. Without a parent, the parent is a blank.
INSERT INTO KEYCLOAK_GROUP (ID, NAME, PARENT_GROUP, REALM_ID, TYPE) VALUES
  ('043ec31f-89aa-4ab3-a4ef-c019eac8c619', 'staff', ' ', '29ba9981-a4ec-4685-894c-98babe08d658', 0),
  ('d912bf1f-001a-4d8e-aafa-d6e491f26af0', 'engineering', '043ec31f-89aa-4ab3-a4ef-c019eac8c619', '29ba9981-a4ec-4685-894c-98babe08d658', 0),
  ('f035018f-0a25-4756-b6d6-c4fca4c5a10b', 'oncall', '043ec31f-89aa-4ab3-a4ef-c019eac8c619', '29ba9981-a4ec-4685-894c-98babe08d658', 0),
  ('06600000-0000-4000-8000-000000000001', '8efdf17e-0330-4093-8788-0ed9572ee0f7', ' ', '29ba9981-a4ec-4685-894c-98babe08d658', 1),
  ('06600000-0000-4000-8000-000000000002', '3bcd62da-608c-451d-810f-6bfeed4e7c4a', ' ', '29ba9981-a4ec-4685-894c-98babe08d658', 1);

INSERT INTO USER_GROUP_MEMBERSHIP (GROUP_ID, USER_ID, MEMBERSHIP_TYPE) VALUES
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

INSERT INTO KEYCLOAK_ROLE (ID, CLIENT_REALM_CONSTRAINT, CLIENT_ROLE, NAME, REALM_ID, CLIENT, REALM) VALUES
  ('21dee3a2-e86c-45ef-b74c-a159b29fb984', '29ba9981-a4ec-4685-894c-98babe08d658', 0, 'default-roles-anvils', '29ba9981-a4ec-4685-894c-98babe08d658', NULL, '29ba9981-a4ec-4685-894c-98babe08d658'),
  ('de37cea5-b3f1-461d-a2dd-c6dc9e3bcc22', '29ba9981-a4ec-4685-894c-98babe08d658', 0, 'admin', '29ba9981-a4ec-4685-894c-98babe08d658', NULL, '29ba9981-a4ec-4685-894c-98babe08d658'),
  ('5a1e5000-0000-4000-8000-0000000000bb', '29ba9981-a4ec-4685-894c-98babe08d658', 0, 'staff-member', '29ba9981-a4ec-4685-894c-98babe08d658', NULL, '29ba9981-a4ec-4685-894c-98babe08d658'),
  ('c11e2700-0000-4000-8000-0000000000aa', 'c11e2700-0000-4000-8000-000000000001', 1, 'invoices', '29ba9981-a4ec-4685-894c-98babe08d658', 'c11e2700-0000-4000-8000-000000000001', NULL);

INSERT INTO USER_ROLE_MAPPING (ROLE_ID, USER_ID) VALUES
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
INSERT INTO GROUP_ROLE_MAPPING (ROLE_ID, GROUP_ID) VALUES
  ('5a1e5000-0000-4000-8000-0000000000bb', '043ec31f-89aa-4ab3-a4ef-c019eac8c619');

INSERT INTO FEDERATED_IDENTITY (IDENTITY_PROVIDER, REALM_ID, FEDERATED_USER_ID, FEDERATED_USERNAME, USER_ID) VALUES
  ('google', '29ba9981-a4ec-4685-894c-98babe08d658', '100000000000000000004', 'dmitri@borealis.example', '977057e1-6dbe-461d-9cdd-55026f28ab30');

INSERT INTO IDENTITY_PROVIDER (INTERNAL_ID, ENABLED, PROVIDER_ALIAS, PROVIDER_ID, REALM_ID, ORGANIZATION_ID) VALUES
  ('1d900000-0000-4000-8000-000000000001', 1, 'google', 'google', '29ba9981-a4ec-4685-894c-98babe08d658', NULL),
  ('1d900000-0000-4000-8000-000000000002', 1, 'acme-saml', 'saml', '29ba9981-a4ec-4685-894c-98babe08d658', '8efdf17e-0330-4093-8788-0ed9572ee0f7');

INSERT INTO ORG (ID, ENABLED, REALM_ID, GROUP_ID, NAME, DESCRIPTION, ALIAS) VALUES
  ('8efdf17e-0330-4093-8788-0ed9572ee0f7', 1, '29ba9981-a4ec-4685-894c-98babe08d658', '06600000-0000-4000-8000-000000000001', 'Acme Anvils', 'Maker of anvils', 'acme'),
  ('3bcd62da-608c-451d-810f-6bfeed4e7c4a', 1, '29ba9981-a4ec-4685-894c-98babe08d658', '06600000-0000-4000-8000-000000000002', 'Borealis Outfitters', NULL, 'borealis');

INSERT INTO ORG_DOMAIN (ID, NAME, VERIFIED, ORG_ID) VALUES
  ('d0a10000-0000-4000-8000-000000000001', 'acme.example', 1, '8efdf17e-0330-4093-8788-0ed9572ee0f7'),
  ('d0a10000-0000-4000-8000-000000000002', 'borealis.example', 0, '3bcd62da-608c-451d-810f-6bfeed4e7c4a');
