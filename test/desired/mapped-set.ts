import { onTestFinished } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import { account, countYielded } from '../../src/desired/accounting.ts'
import { assembleDesired } from '../../src/desired/assemble.ts'
import { DesiredSet } from '../../src/desired/desired-set.ts'
import { stageRecords } from '../../src/desired/stage.ts'
import type { JsonObject } from '../../src/json.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import type { MapResult } from '../../src/mapping/result.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { manifestWith, recordsOf } from '../mapping/manifest.ts'

/**
 * The desired set of these records, mapped with the manifest, chunk by chunk.
 * @param onMapped may change the result of a chunk before it is staged
 */
export async function mappedSet(
  map: Manifest['map'],
  data: readonly JsonObject[],
  changed: Partial<Manifest> = {},
  chunkSize = 1000,
  onMapped: (result: MapResult) => void = () => {},
): Promise<DesiredSet> {
  const manifest = manifestWith(map, changed)
  const mapping = compileMapping(mapperSettings(manifest, 'users'))
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  const records = recordsOf([...data])
  const staged = await stageRecords({
    rundb,
    source: {
      streams: ['users'],
      read: async function* () {
        for (let from = 0; from < records.length; from += chunkSize) yield records.slice(from, from + chunkSize)
      },
      counts: () => [],
      digest: () => '',
    },
    mapper: {
      map: async (chunk) => {
        const result = await mapChunk({ records: chunk }, mapping)
        onMapped(result)
        return result
      },
    },
    chunkSize,
    chunksInFlight: 1,
  })
  const yielded = countYielded(rundb)
  const assigned = await assembleDesired(rundb, manifest)
  const [read, passed] = [records.length, records.length]
  const stream = { stream: 'users', file: 'users.csv', read, passed, rejected: 0, role: 'main' as const }
  return new DesiredSet(rundb, account(rundb, yielded, [stream], staged, assigned))
}

/** The exact content to be sent, and its number of records, without their places. */
export function wanted({ rundb }: DesiredSet): string {
  const rows = rundb
    .statement('SELECT kind, key, refs, attributes, secrets, records FROM desired ORDER BY kind, key')
    .all()
  return rows.map((row) => JSON.stringify(row)).join('\n')
}
