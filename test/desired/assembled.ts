import { expect, onTestFinished } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import { account, countYielded } from '../../src/desired/accounting.ts'
import { assembleDesired } from '../../src/desired/assemble.ts'
import { DesiredSet } from '../../src/desired/desired-set.ts'
import { stageRecords } from '../../src/desired/stage.ts'
import { canonicalJson, type JsonObject } from '../../src/json.ts'
import { draftDefinitions } from '../../src/kinds/registry.ts'
import type { MapResult } from '../../src/mapping/result.ts'
import { isAsStaged } from '../../src/rundb/desired-facts.ts'
import { countToldApart, draftCounts } from '../../src/rundb/draft-facts.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import type { Source, SourceRecord } from '../../src/sources/source.ts'
import { manifestWith } from '../mapping/manifest.ts'

export interface UserPart {
  key: string
  /** The dedupe group. Null: known by its key alone. Default: the email address. */
  group?: string | null
  email?: string
  firstName?: string
  metadata?: Record<string, string>
  emailVerified?: boolean
  secrets?: JsonObject
}

export interface MembershipPart {
  user: string
  organization: string
  roles?: string[]
}

/** The result of mapping one record. */
export interface RecordPart {
  users?: UserPart[]
  organizations?: { key: string; name?: string; externalId?: string; domains?: string[]; verifiedDomains?: string[] }[]
  memberships?: MembershipPart[]
  groups?: { key: string; organization: string; name: string; description?: string }[]
  groupMembers?: { user: string; group: string; organization: string }[]
  grants?: { user: string; email?: string; organization: string | null; scope?: 'user'; role: string }[]
  rejects?: { kind: string; key: string | null; refs?: Record<string, string> }[]
  notes?: { kind: string; key: string; code: string }[]
}

/** The desired set of these records. Each chunk lists the positions of its records. */
export async function assembled(
  records: readonly RecordPart[],
  changed: Partial<Manifest> = {},
  chunks: readonly (readonly number[])[] = [records.map((_, index) => index)],
  { folder, onKind = async () => {} }: { folder?: string; onKind?: (rundb: RunDatabase) => Promise<void> } = {},
): Promise<DesiredSet> {
  const rundb = new RunDatabase(folder)
  onTestFinished(() => rundb.close())
  const result = await stageRecords({
    rundb,
    source: sourceOf(chunks),
    mapper: { map: async (chunk) => mapped(chunk, records) },
    chunkSize: 1000,
    chunksInFlight: 1,
  })
  const yielded = countYielded(rundb)
  const assigned = await assembleDesired(rundb, manifestWith({}, changed), {
    onKind: async () => {
      expectFacts(rundb)
      await onKind(rundb)
    },
  })
  expectFacts(rundb)
  const passed = chunks.flat().length
  const stream = { stream: 'users', file: 'users.csv', read: passed, passed, rejected: 0, role: 'main' as const }
  return new DesiredSet(rundb, account(rundb, yielded, [stream], result, assigned))
}

/** What is cached about drafts, and about kinds that are desired as they were staged. */
function expectFacts(rundb: RunDatabase): void {
  const rows = (sql: string, ...kinds: string[]) =>
    rundb
      .statement(sql)
      .all(...kinds)
      .map((row) => ({ ...row }))
  const counts = rows('SELECT kind, count(*) AS drafts, sum(records) AS records FROM drafts GROUP BY kind')
  expect([...draftCounts(rundb)].map(([kind, count]) => ({ kind, ...count }))).toEqual(counts)
  for (const { name } of draftDefinitions) {
    const toldApart = rows("SELECT count(*) AS n FROM drafts WHERE kind = ? AND dedupe_group < 'k'", name)
    expect(toldApart).toEqual([{ n: countToldApart(rundb, name) }])
    if (!isAsStaged(rundb, name)) continue
    const values = (table: string) =>
      rows(`SELECT key, refs, attributes, secrets, seq FROM ${table} WHERE kind = ? ORDER BY key, seq`, name)
    expect(values('desired')).toEqual(values('drafts'))
  }
}

function sourceOf(chunks: readonly (readonly number[])[]): Source {
  return {
    streams: ['users'],
    read: async function* () {
      for (const chunk of chunks) {
        yield chunk.map((seq) => ({ seq, stream: 'users', origin: originOf(seq), data: {} }))
      }
    },
    counts: () => [],
    digest: () => '',
  }
}

const originOf = (seq: number) => ({ file: 'users.csv', line: seq + 2 })

function mapped(chunk: readonly SourceRecord[], records: readonly RecordPart[]): MapResult {
  const result: MapResult = {
    drafts: [],
    grants: [],
    rejects: [],
    notes: [],
    names: new Map(),
    assigned: 0,
    mapped: chunk.length,
    leftOut: 0,
    leftOutBy: [],
    leftOutKeys: [],
    leftOutItems: [],
    leftOutRecords: [],
  }
  for (const { seq, origin } of chunk) {
    const {
      users = [],
      organizations = [],
      memberships = [],
      groups = [],
      groupMembers = [],
      grants = [],
      rejects = [],
      notes = [],
    } = records[seq] ?? {}
    const draft = (kind: string, key: string, group: string | null, attributes: object, more: object = {}) =>
      result.drafts.push({
        ...{ seq, kind, key, group, refs: {}, attributes: canonicalJson(attributes), secrets: null, origin },
        ...more,
      })
    for (const { key, group, secrets, ...attributes } of users) {
      const secretText = secrets === undefined ? null : canonicalJson(secrets)
      const parts = { secrets: secretText, traits: Object.keys(secrets ?? {}) }
      draft('user', key, group === undefined ? (attributes.email ?? null) : group, attributes, parts)
    }
    for (const { key, ...more } of organizations) {
      draft('organization', key, null, { externalId: key, name: key, ...more })
    }
    for (const { user, organization, roles } of memberships) {
      draft('membership', `${user}@${organization}`, null, roles === undefined ? {} : { roles }, {
        refs: { user, organization },
      })
    }
    for (const { key, organization, ...attributes } of groups) {
      draft('group', `${key}@${organization}`, null, attributes, { refs: { organization } })
    }
    for (const { user, group, organization } of groupMembers) {
      const refs = { group: `${group}@${organization}`, organization, user, membership: `${user}@${organization}` }
      draft('group-membership', `${user}@${refs.group}`, null, {}, { refs })
    }
    for (const grant of grants) {
      result.grants.push({ seq, origin, scope: grant.organization === null ? 'record' : 'organization', ...grant })
    }
    for (const reject of rejects) result.rejects.push({ seq, origin, code: 'bad', message: `bad at ${seq}`, ...reject })
    for (const note of notes) result.notes.push({ seq, detail: 'x', ...note })
  }
  return result
}

/** Every table of the desired set, in an order that does not depend on how it was made. */
export function contents({ rundb }: DesiredSet): Record<string, unknown[]> {
  const place = "f.name || ':' || coalesce(t.line, '')"
  const rows = (sql: string) =>
    rundb
      .statement(sql)
      .all()
      .map((row) => ({ ...row }))
  return {
    desired: rows(`SELECT t.kind, t.key, t.refs, t.attributes, t.secrets, t.seq, t.records, ${place} AS place
      FROM desired t LEFT JOIN files f ON f.id = t.file ORDER BY t.kind, t.key`),
    aliases: rows('SELECT * FROM aliases ORDER BY kind, key'),
    merges: rows(`SELECT t.kind, t.key, t.merged, t.seq, t.conflicts, ${place} AS place
      FROM merges t JOIN files f ON f.id = t.file ORDER BY t.kind, t.key, t.seq, t.merged, t.conflicts`),
    rejects: rows(`SELECT t.kind, t.key, t.code, t.message, t.seq, t.records, ${place} AS place
      FROM rejects t JOIN files f ON f.id = t.file ORDER BY t.kind, t.seq, t.key, t.code, t.message`),
  }
}
