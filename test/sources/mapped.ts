import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { loadManifest } from '../../src/config/load.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import type { JsonObject } from '../../src/json.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import type { MapResult } from '../../src/mapping/result.ts'
import { folderWith, readAll } from './reading.ts'

export interface Mapped extends MapResult {
  /** Attributes of the drafts of a kind, in order. */
  attributes(kind: string): JsonObject[]
}

/** Maps files with a source's recipe and a minimal manifest. */
export async function mapped(
  source: { type: string; [option: string]: unknown },
  files: Record<string, string>,
  more: JsonObject = {},
): Promise<Mapped> {
  const folder = folderWith(files)
  const file = join(folder, 'migrate.config.yaml')
  writeFileSync(file, stringify({ source, target: { type: 'sandbox' }, ...more }))
  const { manifest } = await loadManifest({ path: file, cwd: folder, env: {}, redactor: new Redactor() })
  const { records } = await readAll(manifest.source, folder)
  const result = await mapChunk({ records }, compileMapping(mapperSettings(manifest, records[0]?.stream)))
  return {
    ...result,
    attributes: (kind) =>
      result.drafts.filter((draft) => draft.kind === kind).map(({ attributes }) => JSON.parse(attributes)),
  }
}
