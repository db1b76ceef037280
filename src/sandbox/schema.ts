/**
 * The steps that build the database; `PRAGMA user_version` counts those taken. Never edit a
 * released step: add a new one. Every table's key starts with the environment, so environments are
 * separate. IDs sort by creation, so the primary key is also the order of lists.
 */
export const SCHEMA_STEPS: readonly string[] = [
  `
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE environments (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

  CREATE TABLE users (
    environment INTEGER NOT NULL, id TEXT NOT NULL,
    email TEXT NOT NULL, email_key TEXT NOT NULL, email_verified INTEGER NOT NULL,
    first_name TEXT, last_name TEXT, name TEXT, external_id TEXT, locale TEXT, metadata TEXT NOT NULL,
    credential_type TEXT, credential_digest TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (environment, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX users_by_email ON users (environment, email_key);
  CREATE UNIQUE INDEX users_by_external_id ON users (environment, external_id) WHERE external_id IS NOT NULL;

  CREATE TABLE organizations (
    environment INTEGER NOT NULL, id TEXT NOT NULL,
    name TEXT NOT NULL, allow_profiles_outside_organization INTEGER NOT NULL,
    external_id TEXT, stripe_customer_id TEXT, metadata TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (environment, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX organizations_by_external_id ON organizations (environment, external_id) WHERE external_id IS NOT NULL;
  CREATE UNIQUE INDEX organizations_by_stripe_customer ON organizations (environment, stripe_customer_id)
    WHERE stripe_customer_id IS NOT NULL;

  CREATE TABLE organization_domains (
    environment INTEGER NOT NULL, domain TEXT NOT NULL, id TEXT NOT NULL,
    organization_id TEXT NOT NULL, state TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (environment, domain)
  ) WITHOUT ROWID;
  CREATE INDEX organization_domains_by_organization ON organization_domains (environment, organization_id, id);

  CREATE TABLE memberships (
    environment INTEGER NOT NULL, id TEXT NOT NULL,
    user_id TEXT NOT NULL, organization_id TEXT NOT NULL, status TEXT NOT NULL, role_slugs TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (environment, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX memberships_by_pair ON memberships (environment, organization_id, user_id);
  CREATE INDEX memberships_by_user ON memberships (environment, user_id, id);
  CREATE INDEX memberships_by_organization ON memberships (environment, organization_id, id);

  CREATE TABLE permissions (
    environment INTEGER NOT NULL, slug TEXT NOT NULL, id TEXT NOT NULL,
    name TEXT NOT NULL, description TEXT, resource_type_slug TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (environment, slug)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX permissions_by_id ON permissions (environment, id);

  -- organization_id is '' for the roles of the environment.
  CREATE TABLE roles (
    environment INTEGER NOT NULL, organization_id TEXT NOT NULL, slug TEXT NOT NULL, id TEXT NOT NULL,
    name TEXT NOT NULL, description TEXT, resource_type_slug TEXT NOT NULL, permissions TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (environment, organization_id, slug)
  ) WITHOUT ROWID;

  CREATE TABLE auth_factors (
    environment INTEGER NOT NULL, id TEXT NOT NULL,
    user_id TEXT NOT NULL, issuer TEXT NOT NULL, account TEXT NOT NULL, secret_digest TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (environment, id)
  ) WITHOUT ROWID;
  CREATE INDEX auth_factors_by_user ON auth_factors (environment, user_id, id);
  `,
  // Every key starts with the environment. Without statistics, SQLite considers that prefix as good
  // as another whole index, and would read a million memberships to find one user's. These rows
  // describe the real distribution: total rows, then rows for each further column of the index.
  `
  ANALYZE;
  DELETE FROM sqlite_stat1;
  INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('users', 'users', '1000000 100000 1'),
    ('users', 'users_by_email', '1000000 100000 1'),
    ('users', 'users_by_external_id', '1000000 100000 1'),
    ('organizations', 'organizations', '100000 10000 1'),
    ('organizations', 'organizations_by_external_id', '100000 10000 1'),
    ('organizations', 'organizations_by_stripe_customer', '100000 10000 1'),
    ('organization_domains', 'organization_domains', '100000 10000 1'),
    ('organization_domains', 'organization_domains_by_organization', '100000 10000 2 1'),
    ('memberships', 'memberships', '1000000 100000 1'),
    ('memberships', 'memberships_by_pair', '1000000 100000 100 1'),
    ('memberships', 'memberships_by_user', '1000000 100000 2 1'),
    ('memberships', 'memberships_by_organization', '1000000 100000 100 1'),
    ('permissions', 'permissions', '1000 100 1'),
    ('permissions', 'permissions_by_id', '1000 100 1'),
    ('roles', 'roles', '10000 1000 5 1'),
    ('auth_factors', 'auth_factors', '100000 10000 1'),
    ('auth_factors', 'auth_factors_by_user', '100000 10000 2 1');
  ANALYZE sqlite_schema;
  `,
  `
  CREATE TABLE organization_groups (
    environment INTEGER NOT NULL, id TEXT NOT NULL,
    organization_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (environment, id)
  ) WITHOUT ROWID;
  CREATE INDEX organization_groups_by_organization ON organization_groups (environment, organization_id, id);

  CREATE TABLE group_members (
    environment INTEGER NOT NULL, group_id TEXT NOT NULL, membership_id TEXT NOT NULL,
    PRIMARY KEY (environment, group_id, membership_id)
  ) WITHOUT ROWID;
  CREATE INDEX group_members_by_membership ON group_members (environment, membership_id, group_id);

  INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('organization_groups', 'organization_groups', '100000 10000 1'),
    ('organization_groups', 'organization_groups_by_organization', '100000 10000 10 1'),
    ('group_members', 'group_members', '1000000 100000 50 1'),
    ('group_members', 'group_members_by_membership', '1000000 100000 3 1');
  ANALYZE sqlite_schema;
  `,
  `
  CREATE TABLE connections (
    environment INTEGER NOT NULL, id TEXT NOT NULL,
    organization_id TEXT NOT NULL, external_id TEXT, connection_type TEXT NOT NULL, name TEXT NOT NULL, options TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (environment, id)
  ) WITHOUT ROWID;
  CREATE INDEX connections_by_organization ON connections (environment, organization_id, external_id);
  INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('connections', 'connections', '10000 1000 1'),
    ('connections', 'connections_by_organization', '10000 1000 2 1');
  ANALYZE sqlite_schema;
  `,
  `
  CREATE TABLE group_roles (
    environment INTEGER NOT NULL, id TEXT NOT NULL, group_id TEXT NOT NULL, role_slug TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (environment, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX group_roles_by_group ON group_roles (environment, group_id, role_slug);
  INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('group_roles', 'group_roles', '10000 1000 1'),
    ('group_roles', 'group_roles_by_group', '10000 1000 2 1');
  ANALYZE sqlite_schema;
  `,
  // Lists of an organization's memberships are read from the index alone, because its rows are
  // spread over the whole table.
  `
  DROP INDEX memberships_by_organization;
  CREATE INDEX memberships_by_organization ON memberships
    (environment, organization_id, id, user_id, status, role_slugs, created_at, updated_at);
  INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('memberships', 'memberships_by_organization', '1000000 100000 100 1 1 1 1 1 1');
  ANALYZE sqlite_schema;
  `,
  `
  CREATE TABLE invitations (
    environment INTEGER NOT NULL, id TEXT NOT NULL,
    email TEXT NOT NULL, organization_id TEXT, role_slug TEXT, state TEXT NOT NULL, revoked_at TEXT,
    expires_at TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (environment, id)
  ) WITHOUT ROWID;
  CREATE INDEX invitations_by_email ON invitations (environment, email, organization_id);
  `,
]
