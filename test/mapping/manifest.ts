import type { Manifest, UserDedupe } from '../../src/config/manifest.ts'
import type { JsonObject } from '../../src/json.ts'
import type { SourceRecord } from '../../src/sources/source.ts'
import { RULES } from '../kinds/rules.ts'

/** Rules for duplicate users, otherwise with defaults. */
export function dedupeWith(changed: Partial<UserDedupe>): Manifest['dedupe'] {
  return {
    user: {
      by: ['email'],
      email: { plusTags: 'keep', gmailDots: 'keep' },
      strategy: 'merge',
      fields: {},
      externalIds: { keep: true, keepAs: 'merged_external_ids' },
      ...changed,
    },
  }
}

/** A manifest with the given mapping, otherwise with defaults. */
export function manifestWith(map: Manifest['map'], changed: Partial<Manifest> = {}): Manifest {
  return {
    ...RULES,
    version: 1,
    name: 'test',
    source: { type: 'clerk' },
    vars: {},
    secrets: {},
    permissions: { define: {} },
    map,
    dedupe: dedupeWith({}),
    connections: { mode: 'handoff' },
    invitations: { send: false },
    adopt: { mode: 'match', fill: [], unverified: 'block' },
    onDrift: 'keep',
    onDeleted: 'keep',
    prune: [],
    target: { type: 'sandbox', timeout: 60 },
    run: {
      workers: 1,
      chunkSize: 1000,
      concurrency: 10,
      limits: { writes: '500/10s', reads: '1000/10s', requests: '6000/60s' },
    },
    safety: { maxDeletes: 0, maxRejects: 0, maxFailures: 0, protect: [] },
    state: { path: '.workos-migrate' },
    warnings: { accept: [] },
    tests: {},
    ...changed,
  }
}

/** Records of one stream of a file with a header line. */
export function recordsOf(data: JsonObject[], stream = 'users'): SourceRecord[] {
  return data.map((item, index) => ({
    seq: index,
    stream,
    origin: { file: `${stream}.csv`, line: index + 2 },
    data: item,
  }))
}
