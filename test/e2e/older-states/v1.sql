CREATE TABLE failures (
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (run, kind, key)
  ) WITHOUT ROWID, STRICT;
INSERT INTO failures VALUES(1,'user','u-eva','create','failed','user_creation_error','the address is not allowed','./users.csv:7');
CREATE TABLE intents (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    action TEXT NOT NULL,
    started_at TEXT NOT NULL,
    attributes TEXT NOT NULL,
    digests TEXT NOT NULL,
    refs TEXT NOT NULL,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID, STRICT;
INSERT INTO intents VALUES('membership','u-bea@beta','create','2026-11-01T09:00:01.000Z','{}','{}','{"user":"u-bea","organization":"beta"}');
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
INSERT INTO meta VALUES('binding','<<binding>>');
INSERT INTO meta VALUES('digest_key','7f45515279e0b79f5b98d8c632d5678bff2b0279d77810ee70a79266d6ee3914');
INSERT INTO meta VALUES('lineage','00000000-0000-4000-8000-000000000001');
INSERT INTO meta VALUES('serial','8');
CREATE TABLE resources (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    attributes TEXT NOT NULL,
    digests TEXT NOT NULL,
    refs TEXT NOT NULL,
    ownership TEXT NOT NULL CHECK (ownership IN ('created', 'adopted')),
    run INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID, STRICT;
INSERT INTO resources VALUES('membership','u-ada@acme','<<membership:u-ada@acme>>','{"roles":["admin"]}','{}','{"user":"u-ada","organization":"acme"}','created',1);
INSERT INTO resources VALUES('membership','u-bea@acme','<<membership:u-bea@acme>>','{}','{}','{"user":"u-bea","organization":"acme"}','created',1);
INSERT INTO resources VALUES('organization','acme','<<organization:acme>>','{"externalId":"acme","name":"Acme"}','{}','{}','created',1);
INSERT INTO resources VALUES('organization','beta','<<organization:beta>>','{"externalId":"beta","name":"Beta"}','{}','{}','created',1);
INSERT INTO resources VALUES('role','admin','admin','{"name":"Admin","description":"Manages the organization"}','{}','{}','created',1);
INSERT INTO resources VALUES('user','u-ada','<<user:u-ada>>','{"email":"ada@example.com","emailVerified":true,"externalId":"u-ada","firstName":"Ada","lastName":"Ampersand"}','{"passwordHash":"968fade310f20389046cfbfdc4f6a5da4ea0db294ccecea18d608ee9db56b6de"}','{}','created',1);
INSERT INTO resources VALUES('user','u-bea','<<user:u-bea>>','{"email":"bea@example.com","emailVerified":true,"externalId":"u-bea","firstName":"Bea","lastName":"Beispiel"}','{}','{}','created',1);
INSERT INTO resources VALUES('user','u-cyd','<<user:u-cyd>>','{"email":"cyd@example.com","emailVerified":false,"externalId":"u-cyd","firstName":"Cyd"}','{}','{}','created',1);
CREATE TABLE runs (
    run INTEGER PRIMARY KEY,
    command TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    outcome TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    manifest_digest TEXT NOT NULL,
    counts TEXT NOT NULL
  ) STRICT;
INSERT INTO runs VALUES(1,'apply','2026-11-01T09:00:00.000Z',NULL,'running','0.1.0','ebae0fd66b4cdd7184f02e0728187a3784afdb942caeb153a74e64894e933685','{}');
CREATE INDEX resources_by_id ON resources (kind, id);
PRAGMA application_id = 1464693620;
PRAGMA user_version = 1;
