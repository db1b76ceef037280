import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { stringify } from 'csv-stringify/sync'
import { createLines } from '../../bench/lines.ts'
import { writeEverything } from '../../test/e2e/everything/fixture.ts'
import { type CsvStyle, createCsv } from './csv-file.ts'
import { Draw } from './draw.ts'
import { drift } from './drift.ts'
import {
  type Edition,
  MEMBERSHIP_COLUMNS,
  type Person,
  people,
  ROLE_COLUMNS,
  type Row,
  USER_COLUMNS,
} from './people.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A source that both programs plan. */
export interface Subject {
  name: string
  /** Writes the source into an empty folder. @returns the folder of the manifest */
  write(folder: string): string
  steps: readonly Step[]
}

export type Step =
  | {
      args: readonly string[]
      /** Files that the command writes. They are compared too. */
      files?: readonly string[]
    }
  /** Changes the folder with the manifest. */
  | { change(folder: string): void }

const FULL = { args: ['plan', '--full'] }
const MARKDOWN = { args: ['plan', '--format', 'markdown'] }
const JSON_PLAN = { args: ['plan', '--json'] }
const FILES = ['merges.json', 'rejects.csv', 'resets.csv']
const JSON_AND_FILES = {
  args: ['plan', '--json', '--merges', 'merges.json', '--rejects', 'rejects.csv', '--resets', 'resets.csv'],
  files: FILES,
}
const APPLY = ['apply', '--yes', '--json']
const VERIFY = { args: ['verify', '--json'] }

/** All plans of an example or of the root manifest, before and after an apply. */
export function examples(): Subject[] {
  const names = ['.', ...readdirSync(join(root, 'examples'))]
  return names
    .filter((name) => existsSync(join(name === '.' ? root : join(root, 'examples', name), 'migrate.config.yaml')))
    .map((name) => ({
      name: name === '.' ? 'root' : `examples/${name}`,
      // Examples read files of each other.
      write(folder) {
        for (const part of ['migrate.config.yaml', 'examples']) {
          cpSync(join(root, part), join(folder, part), { recursive: true })
        }
        const own = name === '.' ? folder : join(folder, 'examples', name)
        rmSync(join(own, '.workos-migrate'), { recursive: true, force: true })
        return own
      },
      steps: [FULL, MARKDOWN, JSON_AND_FILES, { args: APPLY }, JSON_PLAN, VERIFY, { change: loseState }, JSON_PLAN],
    }))
}

/** The state is lost, so everything in WorkOS is found and adopted. */
function loseState(folder: string): void {
  for (const file of readdirSync(join(folder, '.workos-migrate'))) {
    if (file.startsWith('state.')) rmSync(join(folder, '.workos-migrate', file))
  }
}

/** The fixture of the tests with every kind and nearly every rule. */
export function everything(): Subject {
  const write = (folder: string, order: (rows: Row[]) => Row[]) => {
    const project = {
      csv(name: string, rows: readonly Row[]) {
        const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
        writeFileSync(join(folder, name), stringify([...rows], { header: true, columns }))
      },
      manifest: (content: object) => writeManifest(folder, content),
    }
    writeEverything(project, { target: { type: 'sandbox' } }, order)
  }
  return {
    name: 'everything',
    write(folder) {
      write(folder, (rows) => rows)
      return folder
    },
    steps: [
      ...[FULL, MARKDOWN, JSON_AND_FILES, { args: ['plan', '--json', '--limit', '30'] }],
      ...[{ args: APPLY }, FULL, JSON_PLAN, { args: ['plan', '--json', '--refresh'] }, VERIFY],
      // Removed rows are spread over the files.
      { change: (folder) => write(folder, (rows) => rows.filter((_, index) => index % 7 !== 3)) },
      ...[FULL, JSON_AND_FILES, { args: APPLY }, JSON_PLAN, { change: loseState }, JSON_PLAN, VERIFY],
    ],
  }
}

const SAFETY = { maxRejects: 1_000_000_000, maxUpdates: '100%', maxDeletes: '100%', maxFailures: 1_000_000_000 }
const DEFINED = {
  admin: { name: 'Admin' },
  billing: { name: 'Billing', permissions: ['invoices:pay'] },
  'org-auditor': { name: 'Auditor', type: 'organization' },
}

/** Rules that reject as little as possible, and as much as possible. */
const LENIENT = {
  dedupe: {
    user: {
      email: { plusTags: 'ignore', gmailDots: 'ignore' },
      prefer: ['emailVerified', '$record.password_hasher = "bcrypt" or $record.password_hash_type = "bcrypt"'],
      fields: { firstName: 'longest', lastName: 'concat', metadata: 'union', passwordHash: 'last' },
    },
  },
  metadata: { nonAscii: 'drop', tooLong: 'cut', tooManyKeys: 'drop', keyTooLong: 'cut', nested: 'flatten' },
  passwords: { weak: 'reset', onChange: 'send' },
  organizations: { onNameConflict: 'most' },
  prune: ['user', 'membership', 'totp-factor'],
  onDrift: 'overwrite',
  onDeleted: 'recreate',
  adopt: { unverified: 'allow' },
  run: { workers: 3 },
}
const STRICT = {
  dedupe: { user: { strategy: 'error' } },
  passwords: { weak: 'reject', unsupported: 'reject' },
  totp: { unsupported: 'reject' },
  organizations: { onNameConflict: 'error' },
  run: { workers: 1 },
}

/**
 * A source of generated users that is applied in part. Then WorkOS changes, then the source. It is
 * planned and applied again, and planned with a lost state.
 */
function generated(
  name: string,
  write: (folder: string, edition: Edition) => void,
  manifest: object,
  some: number,
): Subject {
  const part = ['--limit', String(some)]
  return {
    name,
    write(folder) {
      write(folder, 'first')
      writeManifest(folder, { version: 1, name, target: { type: 'sandbox' }, safety: SAFETY, ...manifest })
      return folder
    },
    steps: [
      ...[FULL, MARKDOWN, JSON_AND_FILES, { args: ['plan', '--json', ...part] }],
      ...[{ args: [...APPLY, ...part] }, FULL, JSON_AND_FILES, { args: ['verify', '--json', ...part] }],
      ...[{ args: ['errors', '--json'] }, { change: drift }, { args: ['plan', '--json', '--refresh'] }],
      ...[{ args: ['plan', '--full', '--refresh', ...part] }, VERIFY],
      { change: (folder) => write(folder, 'later') },
      ...[FULL, MARKDOWN, JSON_AND_FILES, { args: [...APPLY, ...part] }, JSON_PLAN],
      ...[VERIFY, { change: loseState }, JSON_PLAN, VERIFY],
    ],
  }
}

/** Generated users in every source that reads files, with several rules. */
export function generatedPeople(users: number, applied: number): Subject[] {
  const fewer = Math.ceil(users / 4)
  const clerk = { type: 'clerk', users: 'users.csv', memberships: 'memberships.csv', roles: 'roles.csv' }
  const mapped = {
    roles: { define: DEFINED, map: { 'org:admin': 'admin', 'org:member': 'member', 'org:billing': 'billing' } },
  }
  const nulls = { source: { ...clerk, nulls: ['NULL', '\\N'] }, map: { user: { metadata: '$parseJson(metadata)' } } }
  return [
    generated('clerk', writeClerk(users), { source: clerk, roles: { define: DEFINED } }, applied),
    generated('clerk-lenient', writeClerk(fewer), { ...mapped, ...LENIENT, ...nulls }, applied),
    generated('clerk-strict', writeClerk(fewer), { source: clerk, ...mapped, ...STRICT }, applied),
    generated('csv', writeTable(fewer), { source: TABLE, ...mapped, ...LENIENT, run: { chunkSize: 137 } }, applied),
    generated('file', writeFiles(fewer), { ...FILES_MANIFEST, roles: { define: DEFINED } }, applied),
  ]
}

function writeManifest(folder: string, content: object): void {
  writeFileSync(join(folder, 'migrate.config.yaml'), JSON.stringify(content, null, 2))
}

/** The share of malformed rows. */
const BROKEN = 0.01

const writeClerk =
  (count: number, style: Partial<CsvStyle> = {}) =>
  (folder: string, edition: Edition): void => {
    const draw = new Draw(count)
    const open = (name: string, columns: readonly string[], own: Partial<CsvStyle>) =>
      createCsv(join(folder, name), columns, draw, { broken: BROKEN, ...own, ...style })
    const users = open('users.csv', USER_COLUMNS, { newline: '\r\n', preamble: '\ufeff# exported\r\n\r\n' })
    const memberships = open('memberships.csv', MEMBERSHIP_COLUMNS, { delimiter: ';' })
    const roles = open('roles.csv', ROLE_COLUMNS, { delimiter: '\t', newline: '\n' })
    for (const person of people(count, edition)) {
      users.add(person.user)
      for (const row of person.memberships) memberships.add(row)
      for (const row of person.roles) roles.add(row)
    }
    for (const file of [users, memberships, roles]) file.close()
  }

const TABLE = { type: 'csv', path: 'users.csv', roleDefinitions: 'definitions.csv', userRoles: 'user-roles.csv' }
const TABLE_COLUMNS = [
  ...['email', 'external_id', 'first_name', 'last_name', 'email_verified', 'metadata', 'password_hash'],
  ...['password_hash_type', 'totp_secret', 'org_id', 'org_external_id', 'org_name', 'role_slugs', 'note'],
] as const

/** A row for each membership, as the csv source reads it. */
const writeTable =
  (count: number) =>
  (folder: string, edition: Edition): void => {
    const draw = new Draw(count + 1)
    const users = createCsv(join(folder, 'users.csv'), TABLE_COLUMNS, draw, { broken: BROKEN })
    const columns = ['external_id', 'email', 'role_slug', 'org_external_id', 'org_name']
    // No row is rejected during the read. Rejects are listed by file, in the order of the first
    // reject, and these would appear while earlier files are still being mapped.
    const userRoles = createCsv(join(folder, 'user-roles.csv'), columns, draw, { newline: '\r\n' })
    const definitions = createCsv(
      join(folder, 'definitions.csv'),
      ['role_slug', 'role_name', 'role_type', 'permissions', 'org_external_id'],
      draw,
    )
    definitions.add({ role_slug: 'org:member', role_name: 'Member', permissions: '["users:read"]' })
    definitions.add({ role_slug: 'keeper', role_name: 'Keeper', role_type: 'organization', org_external_id: 'org-1' })
    definitions.add({
      role_slug: 'keeper',
      role_name: 'Other keeper',
      role_type: 'environment',
      org_external_id: 'org-2',
    })
    definitions.add({ role_slug: 'Bad Role', permissions: '[' })
    for (const person of people(count, edition)) {
      for (const row of tableRows(person, draw)) users.add(row)
      const email = person.user.primary_email_address ?? ''
      for (const { clerk_user_id = '', external_id = '', ...role } of person.roles) {
        const both = draw.chance(0.1)
        const whose = (clerk_user_id || external_id).trim()
        if (whose !== '') userRoles.add({ ...role, external_id: whose, ...(both ? { email } : {}) })
      }
    }
    for (const file of [users, userRoles, definitions]) file.close()
  }

const VERIFIED = ['true', 'yes', '1', 'TRUE', 'false', 'no', '0', 'perhaps', '']

function tableRows({ user, memberships }: Person, draw: Draw): Row[] {
  const own: Row = {
    email: user.primary_email_address ?? '',
    external_id: user.id ?? '',
    first_name: user.first_name ?? '',
    last_name: user.last_name ?? '',
    email_verified: draw.chance(0.1) ? draw.pick(VERIFIED) : 'true',
    metadata: user.metadata ?? '',
    password_hash: user.password_digest ?? '',
    password_hash_type: HASH_TYPES[user.password_hasher ?? ''] ?? user.password_hasher ?? '',
    totp_secret: user.totp_secret ?? '',
    note: user.note ?? '',
  }
  if (memberships.length === 0) return [own]
  return memberships.map(({ clerk_user_id, ...row }, index) => ({
    ...(index === 0 || draw.chance(0.5) ? own : { email: own.email ?? '', external_id: clerk_user_id ?? '' }),
    ...row,
  }))
}

const HASH_TYPES: Readonly<Record<string, string>> = {
  argon2i: 'argon2',
  argon2id: 'argon2',
  ldap_ssha: 'ssha',
  scrypt_firebase: 'firebase-scrypt',
  pbkdf2_sha256: 'pbkdf2',
}

const FILES_MANIFEST = {
  source: {
    type: 'file',
    streams: {
      users: { path: ['users-*.ndjson'] },
      memberships: {
        path: 'members.csv',
        nulls: ['NULL'],
        join: { key: "clerk_user_id & ''", to: '$string(id)' },
      },
      organization: {
        path: 'organizations.json',
        records: 'data.organizations',
        join: { into: 'memberships', key: 'id', to: 'org_external_id', as: 'one', unmatched: 'ignore' },
      },
      roles: { path: 'roles.csv', trim: true, join: { key: '[clerk_user_id, external_id]', to: 'id' } },
    },
  },
  map: {
    user: {
      when: '$not(left)',
      key: '$string(id)',
      email: 'mail',
      emailVerified: 'mail in verified',
      firstName: 'name.first',
      lastName: 'name.last',
      externalId: 'external_id ? external_id : $string(id)',
      metadata: { '*': 'metadata', logins: 'logins', username: 'username', tags: "$join(tags, ',')" },
      passwordHash: '$clerkPassword(password.digest, password.hasher)',
      totpSecret: 'totp_secret',
    },
    organization: {
      each: 'memberships[org_external_id]',
      key: 'org_external_id',
      externalId: 'org_external_id',
      name: 'organization.name ? organization.name : org_name',
      domains: 'organization.domains',
      metadata: { tier: 'organization.tier' },
    },
    membership: {
      each: 'memberships[org_external_id]',
      organization: 'org_external_id',
      roles: "$split(role_slugs, ',')",
    },
    roleAssignment: { each: 'roles', role: 'role_slug', organization: 'org_external_id' },
    group: { each: 'memberships[org_external_id and role_slugs]', organization: 'org_external_id', name: 'role_slugs' },
    groupMember: {
      each: 'memberships[org_external_id and role_slugs]',
      organization: 'org_external_id',
      group: 'role_slugs',
    },
  },
}

/** Users in JSON lines, memberships and roles in CSV, organizations in a JSON document. */
const writeFiles =
  (count: number) =>
  (folder: string, edition: Edition): void => {
    const draw = new Draw(count + 2)
    const users = [1, 2].map((part) => createLines(join(folder, `users-${part}.ndjson`)))
    const memberships = createCsv(join(folder, 'members.csv'), MEMBERSHIP_COLUMNS, draw, { broken: BROKEN })
    const roles = createCsv(join(folder, 'roles.csv'), ROLE_COLUMNS, draw, { broken: BROKEN, newline: '\r' })
    let index = 0
    for (const person of people(count, edition)) {
      const file = users[index < count / 2 ? 0 : 1]
      const line = jsonLine(person, draw, index)
      file?.add(draw.chance(BROKEN) ? `${draw.pick(BROKEN_LINES)}\n${line}\r\n` : `${line}\n`)
      for (const row of person.memberships) memberships.add(row)
      for (const row of person.roles) roles.add(row)
      index += 1
    }
    for (const file of [...users, memberships, roles]) file.close()
    writeOrganizations(join(folder, 'organizations.json'), Math.max(10, Math.floor(count / 200)))
  }

const BROKEN_LINES = [
  ...[
    '',
    '   ',
    '{',
    '[]',
    '"text"',
    '17',
    'null',
    '{"id": 1, "mail": }',
    '{"id":"a"} {"id":"b"}',
    '\u0000',
    '{"id":"\\ud800","mail":"x"}',
  ],
  ...[
    '{"__proto__":{"mail":"a@example.com"},"id":"proto"}',
    '{"id":{"a":1},"mail":"object@example.com"}',
    '{"mail":["a@example.com"]}',
  ],
  ...[
    `{"id":"deep","mail":${'['.repeat(501)}${']'.repeat(501)}}`,
    '{"id":"twice","id":"twice-2","mail":"twice@example.com"}',
    "{'id':1}",
  ],
]

/**
 * One in ten has a numeric ID greater than a double can represent. Also cells that CSV cannot
 * represent.
 */
function jsonLine({ user }: Person, draw: Draw, index: number): string {
  const { id = '', metadata = '', ...rest } = user
  const verified = (user.verified_email_addresses ?? '').split('|')
  const values = {
    external_id: rest.external_id || undefined,
    mail: rest.primary_email_address || undefined,
    verified: draw.chance(0.9) ? verified : verified[0],
    name: draw.chance(0.99) ? { first: rest.first_name, last: rest.last_name } : draw.pick([null, [], 'text', {}]),
    username: draw.chance(0.99) ? rest.username : draw.pick([null, 17, 1.5, true, ['a'], { a: 1 }]),
    password: { digest: rest.password_digest, hasher: rest.password_hasher },
    totp_secret: rest.totp_secret,
    logins: draw.below(1000) * 1.5,
    tags: draw.pick<unknown>([null, [], ['a'], ['a', 'b'], [1, 2], 'text']),
    left: draw.chance(0.02),
  }
  const bigId = index % 10 === 5 && /^user_/.test(id) ? `90071992547409${index}` : JSON.stringify(id)
  const asText = JSON.stringify(values).slice(1)
  return `{"id":${bigId},"metadata":${isJson(metadata) ? metadata : JSON.stringify(metadata)},${asText}`
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return !/[\r\n]/.test(text)
  } catch {
    return false
  }
}

function writeOrganizations(path: string, count: number): void {
  const organizations = Array.from({ length: count }, (_, index) => ({
    id: index % 50 === 7 ? index : `org-${index}`,
    name: index % 20 === 4 ? undefined : `Organization ${index}`,
    tier: index % 3 === 0 ? 'gold' : undefined,
    domains:
      index % 10 === 2
        ? ['shared.example']
        : index % 10 === 6
          ? ['gmail.com']
          : [`tenant${index}.example`, 'bad domain'].slice(0, index % 3),
  }))
  const again = organizations.slice(0, 3).map((organization) => ({ ...organization, name: 'A second row' }))
  const data = { organizations: [...organizations, ...again] }
  writeFileSync(path, JSON.stringify({ exported: '2026-01-01', data }, null, 2))
}

/**
 * Files that cannot be read to the end, or have an unusual form. Both programs must stop at the
 * same place.
 */
export function brokenFiles(users: number): Subject[] {
  const text = (bytes: Buffer) => bytes.toString('utf8')
  const inTheMiddle = (piece: string | Buffer) => (bytes: Buffer) => {
    const at = bytes.indexOf('\n', Math.floor(bytes.length * 0.6)) + 1
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(piece), bytes.subarray(at)])
  }
  const recoded = { ...CLEAN_STYLE }
  const rewrites: Record<string, (bytes: Buffer) => Buffer> = {
    'quote not closed': inTheMiddle('user_x,"not closed\n'),
    'quote closed in mid-cell': inTheMiddle('user_x,"closed"here,x\n'),
    'quote closed in mid-cell, over lines': inTheMiddle('user_x,"closed\r\n\r\nhere" and there,x\n'),
    'long record': inTheMiddle(`user_x,"${'long '.repeat(300_000)}",x\n`),
    'no UTF-8': inTheMiddle(Buffer.from([0x75, 0x2c, 0xff, 0xfe, 0x0a])),
    'cut UTF-8': (bytes) => Buffer.concat([bytes, Buffer.from([0x75, 0xe2, 0x82])]),
    'NUL characters': inTheMiddle('user_x\u0000,\u0000\n\u0000\n'),
    'no line end': (bytes) => bytes.subarray(0, bytes.lastIndexOf('\n')),
    'UTF-16': (bytes) => Buffer.from(`\ufeff${text(bytes)}`, 'utf16le'),
    'UTF-16 without a mark': (bytes) => Buffer.from(text(bytes), 'utf16le'),
    'CR alone': (bytes) => Buffer.from(text(bytes).replaceAll(/\r?\n/g, '\r')),
    'header alone': (bytes) => bytes.subarray(0, bytes.indexOf('\n') + 1),
    empty: () => Buffer.alloc(0),
    'blank lines': () => Buffer.from('\n\r\n  \n'),
    'column twice': (bytes) => Buffer.from(text(bytes).replace('username', 'first_name')),
    'no id': (bytes) => Buffer.from(text(bytes).replace('id,', 'identity,')),
    'unknown columns': (bytes) =>
      Buffer.from(text(bytes).replace('username', 'user_name').replace('first_name', 'Vorname')),
    gzip: gzipSync,
    zip: (bytes) => Buffer.concat([Buffer.from('PK\u0003\u0004'), bytes]),
    'gzip, cut off': (bytes) => gzipSync(bytes).subarray(0, -2000),
  }
  return Object.entries(rewrites).map(([name, rewrite]) => ({
    name: `clerk, ${name}`,
    write(folder) {
      writeClerk(users, recoded)(folder, 'first')
      const path = join(folder, 'users.csv')
      writeFileSync(path, rewrite(readFileSync(path)))
      const source = { type: 'clerk', users: 'users.csv', memberships: 'memberships.csv', roles: 'roles.csv' }
      writeManifest(folder, { version: 1, name: 'broken', source, target: { type: 'sandbox' }, safety: SAFETY })
      return folder
    },
    steps: [JSON_PLAN],
  }))
}

const CLEAN_STYLE: Partial<CsvStyle> = { broken: 0, preamble: '', delimiter: ',', newline: '\n' }
