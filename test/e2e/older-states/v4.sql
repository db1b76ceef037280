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
INSERT INTO meta VALUES('digest_key','f7fe2113c123a1b69f1aedc2d3a374eaea7bc5468e45492844f93b4c5926d672');
INSERT INTO meta VALUES('lineage','00000000-0000-4000-8000-000000000004');
INSERT INTO meta VALUES('serial','10');
CREATE TABLE rejects (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT,
    code TEXT NOT NULL,
    field TEXT,
    message TEXT NOT NULL,
    hint TEXT,
    origin TEXT NOT NULL,
    records INTEGER NOT NULL
  ) STRICT;
INSERT INTO rejects VALUES(1,1,'user','u-dan','invalid_email','email','"not an address" is not an e-mail address','expected one address, like name@example.com','./users.csv:6',1);
CREATE TABLE resources (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    attributes TEXT NOT NULL,
    digests TEXT NOT NULL,
    refs TEXT NOT NULL,
    ownership TEXT NOT NULL CHECK (ownership IN ('created', 'adopted')),
    run INTEGER NOT NULL, reduced TEXT, answered TEXT, gone INTEGER,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID, STRICT;
INSERT INTO resources VALUES('membership','u-ada@acme','<<membership:u-ada@acme>>','{"roles":["admin"]}','{}','{"user":"u-ada","organization":"acme"}','created',1,NULL,NULL,NULL);
INSERT INTO resources VALUES('membership','u-bea@acme','<<membership:u-bea@acme>>','{"roles":["member"]}','{}','{"user":"u-bea","organization":"acme"}','created',1,NULL,NULL,NULL);
INSERT INTO resources VALUES('organization','acme','<<organization:acme>>','{"externalId":"acme","name":"Acme"}','{}','{}','created',1,NULL,NULL,NULL);
INSERT INTO resources VALUES('organization','beta','<<organization:beta>>','{"externalId":"beta","name":"Beta"}','{}','{}','created',1,NULL,NULL,NULL);
INSERT INTO resources VALUES('role','admin','admin','{"description":"Manages the organization","name":"Admin"}','{}','{}','created',1,NULL,NULL,NULL);
INSERT INTO resources VALUES('totp-factor','u-cyd','<<totp-factor:u-cyd>>','{"account":"cyd@example.com"}','{"totpSecret":"c422985ad4f82c0c48d718dcb9d735d282478a3ccab26f1a9c165253650925a9"}','{"user":"u-cyd"}','created',1,NULL,NULL,NULL);
INSERT INTO resources VALUES('user','u-ada','<<user:u-ada>>','{"email":"ada@example.com","emailVerified":true,"externalId":"u-ada","firstName":"Ada","lastName":"Ampersand"}','{"passwordHash":"8a35f970746715bcf93ad6a2680d29936156bb9b78606820ba95871331ca1388"}','{}','created',1,NULL,NULL,NULL);
INSERT INTO resources VALUES('user','u-bea','<<user:u-bea>>','{"email":"bea@example.com","emailVerified":true,"externalId":"u-bea","firstName":"Bea","lastName":"Beispiel"}','{}','{}','created',1,NULL,NULL,NULL);
INSERT INTO resources VALUES('user','u-cyd','<<user:u-cyd>>','{"email":"cyd@example.com","emailVerified":false,"externalId":"u-cyd","firstName":"Cyd"}','{}','{}','created',1,NULL,NULL,NULL);
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
INSERT INTO runs VALUES(1,'apply','2026-11-01T09:00:00.000Z',NULL,'running','0.1.0','2ccc04f3fceccd6ccf0301af72ea14fdda4042c52aa4087f17ca24953ae5c046','{}');
CREATE INDEX resources_by_id ON resources (kind, id);
CREATE INDEX rejects_by_run ON rejects (run, id);
PRAGMA application_id = 1464693620;
PRAGMA user_version = 4;
