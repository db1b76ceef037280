import { describe, expect, test } from 'vitest'
import { readMysqlCatalog } from '../../../src/inspecting/database/mysql-catalog.ts'
import { mariaPrograms } from '../../mariadb.ts'
import { askMaria } from './databases.ts'

const TABLES = `
  CREATE TABLE people (
    id bigint unsigned AUTO_INCREMENT PRIMARY KEY, email varchar(190) NOT NULL COMMENT 'the address',
    active tinyint(1) NOT NULL DEFAULT 1, about json, UNIQUE KEY one_address (email)) COMMENT 'who signs in';
  CREATE TABLE teams (id int PRIMARY KEY, name varchar(80) NOT NULL);
  CREATE TABLE members (
    team_id int NOT NULL, person_id bigint unsigned NOT NULL, level enum('owner', 'member'),
    PRIMARY KEY (team_id, person_id),
    CONSTRAINT of_team FOREIGN KEY (team_id) REFERENCES teams (id),
    CONSTRAINT of_person FOREIGN KEY (person_id) REFERENCES people (id));
  CREATE VIEW busy AS SELECT person_id, count(*) AS teams FROM members GROUP BY 1;
  INSERT INTO people (email) VALUES ('a@example.com'), ('b@example.com');`

describe.skipIf(mariaPrograms === undefined)('on MariaDB', () => {
  test('the catalog has tables and views with columns, keys, comments and rows', async () => {
    const { tables, ...about } = await readMysqlCatalog(await askMaria(TABLES))
    expect(about).toMatchObject({ dialect: 'mysql', unreadable: [] })
    expect(about.schema).toBe(about.database)
    expect(tables.map(({ name }) => name)).toEqual(['busy', 'members', 'people', 'teams'])
    const [busy, members, people] = tables
    expect(busy).toMatchObject({ kind: 'view', rows: null, comment: null })
    expect(people).toMatchObject({
      kind: 'table',
      rows: 2,
      isCounted: true,
      comment: 'who signs in',
      columns: [
        { name: 'id', type: 'bigint(20) unsigned', nullable: false, comment: null },
        { name: 'email', type: 'varchar(190)', nullable: false, comment: 'the address' },
        { name: 'active', type: 'tinyint(1)', nullable: false, comment: null },
        { name: 'about', type: 'longtext', nullable: true, comment: null },
      ],
      primaryKey: ['id'],
      uniqueKeys: [['email']],
    })
    const { schema } = about
    expect(members).toMatchObject({
      primaryKey: ['team_id', 'person_id'],
      foreignKeys: [
        { columns: ['person_id'], to: { schema, table: 'people', columns: ['id'] } },
        { columns: ['team_id'], to: { schema, table: 'teams', columns: ['id'] } },
      ],
    })
  })

  test('a read-only user sees the tables that it can read, with their keys', async () => {
    const grants = ['SELECT (id, email) ON $DB.people', 'SELECT ON $DB.members']
    const { tables } = await readMysqlCatalog(await askMaria(TABLES, grants))
    expect(tables.map(({ name }) => name)).toEqual(['members', 'people'])
    const [members, people] = tables
    expect(people?.columns.map(({ name }) => name)).toEqual(['id', 'email'])
    expect(people?.primaryKey).toEqual(['id'])
    expect(members?.foreignKeys.map(({ to }) => to.table)).toEqual(['people', 'teams'])
  })
})
