import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { rejectRecord, stageRecords } from '../../src/desired/stage.ts'
import { OperatorError } from '../../src/diagnostics/errors.ts'
import type { Problem } from '../../src/diagnostics/problem.ts'
import { createMapperPool } from '../../src/mapping/pool.ts'
import { gatherRepeats, unpackRepeats } from '../../src/rundb/repeats.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { openSource } from '../../src/sources/registry.ts'
import { RecordTally } from '../../src/sources/tally.ts'
import { manifestWith } from '../mapping/manifest.ts'
import { folderWith } from '../sources/reading.ts'

const manifest = manifestWith({
  user: { key: 'id', email: 'primary_email_address', firstName: 'first_name' },
  membership: { each: 'memberships', organization: 'org_id' },
  organization: { each: 'memberships', key: 'org_id', name: 'org_name' },
})

const source = { type: 'clerk' as const, users: 'users.csv', memberships: 'memberships.csv', roles: 'roles.csv' }

/** Equal drafts of a chunk are one: their number depends on where chunks end. */
const DRAFTS = `SELECT min(seq) AS seq, kind, key, refs, attributes, secrets, file, line, sum(records) AS records FROM drafts
  GROUP BY kind, key, refs, attributes, secrets`

const QUERIES = [
  DRAFTS,
  ...['grants', 'rejects', 'notes', 'left_out', 'files'].map((table) => `SELECT * FROM ${table}`),
]

/** Everything that workers stage from the files, in parts or not. */
async function staged(files: Record<string, string>, partsFrom: number) {
  const directory = folderWith(files)
  const scratch = join(directory, 'scratch')
  mkdirSync(join(scratch, 'run'))
  const rundb = new RunDatabase(join(scratch, 'run'))
  onTestFinished(() => rundb.close())
  const warnings: Problem[] = []
  const opened = await openSource(source, {
    directory,
    scratch,
    reject: (record) => rejectRecord(rundb, record),
    warn: (problem) => warnings.push(problem),
    partsFrom,
  })
  const columns = new Map([['users', 'all' as const]])
  const tally = new RecordTally(columns)
  const mapper = createMapperPool(manifest, { workers: 2, mainStream: 'users', columns })
  onTestFinished(() => mapper.close())
  try {
    const records = await stageRecords({
      rundb,
      source: opened,
      mapper,
      chunkSize: 50,
      chunksInFlight: 4,
      onRecords: (chunk) => tally.add(chunk),
      onTally: (part) => tally.merge(part),
    })
    rundb.transaction(() => {
      gatherRepeats(rundb)
      unpackRepeats(rundb)
    })
    const rows = QUERIES.map((query) => {
      const all = rundb.statement(query).all()
      return all.map((row) => JSON.stringify(row)).sort()
    })
    const seen = [...tally.columns.streams()]
    return {
      rows,
      records,
      counts: opened.counts(),
      seen,
      nulls: tally.nulls.found(),
      warnings,
      digest: opened.digest(),
    }
  } catch (error) {
    if (error instanceof OperatorError) return { refused: error.problems, warnings }
    throw error
  }
}

function filesOf(count: number): Record<string, string> {
  const of = (line: (n: number) => string) => Array.from({ length: count }, (_, n) => `${line(n)}\n`).join('')
  return {
    'users.csv': `id,primary_email_address,first_name,last_name\n${of((n) => {
      if (n % 97 === 3) return `u${n},too,many,cells,here`
      if (n % 41 === 5) return `,no-id@example.com,,`
      return `u${n},u${n}@example.com,"Zoë, ${n}\r\nthe ""${n}th""",${n % 3 === 0 ? 'NULL' : ''}`
    })}`,
    'memberships.csv': `clerk_user_id,org_id,org_name\n${of((n) => `u${n * 2},o${n % 7},Org ${n % 7}`)}`,
    'roles.csv': `external_id,clerk_user_id,role_slug,org_id\n${of((n) => `,u${n},admin,o${n % 7}`)}`,
  }
}

test('workers that read pieces themselves stage the same as from records', async () => {
  const files = filesOf(1000)
  const whole = await staged(files, Number.POSITIVE_INFINITY)
  expect(await staged(files, 0)).toEqual(whole)
  expect(whole).toMatchObject({ records: { mapped: 964 } })
})

test('messages of the source before it fails are also reported with parts', async () => {
  const files = filesOf(500)
  files['users.csv'] += 'u501,"never closed\n'
  const whole = await staged(files, Number.POSITIVE_INFINITY)
  expect(whole).toMatchObject({ refused: [{ code: 'unclosed_quote' }] })
  expect(await staged(files, 0)).toEqual(whole)
})

test('so are messages before a joined file fails', async () => {
  const files = filesOf(500)
  files['memberships.csv'] += 'u501,"a"b,c\n'
  const whole = await staged(files, Number.POSITIVE_INFINITY)
  expect(whole).toMatchObject({ refused: [{ code: 'broken_quote' }] })
  expect(await staged(files, 0)).toEqual(whole)
})
