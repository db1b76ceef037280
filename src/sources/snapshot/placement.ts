import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { SourceConfig } from '../../config/manifest.ts'
import { withSecrets } from '../../config/secrets.ts'
import { SourceError } from '../../diagnostics/errors.ts'
import { canonicalJson, isObject, type JsonObject } from '../../json.ts'
import { sourceDefinition } from '../registry.ts'
import type { LiveReading } from '../source.ts'
import type { Snapshot } from './snapshot.ts'

/** The default folder for snapshots, relative to the manifest's folder. */
const SNAPSHOTS = '.workos-migrate/snapshots'

/** The live reading of a source; undefined for sources of files. */
export async function liveReading(config: SourceConfig): Promise<LiveReading | undefined> {
  const { live } = await sourceDefinition(config)
  return live?.applies(optionsOf(config)) ? live : undefined
}

export function optionsOf({ type: _type, ...options }: SourceConfig): Record<string, unknown> {
  return options
}

/**
 * The options that decide what a snapshot contains. A snapshot of changes never counts as a
 * snapshot of everything.
 */
export function snapshotIdentity(config: SourceConfig, live: LiveReading | undefined): JsonObject {
  const options = optionsOf(config)
  if (live === undefined) return plain(withSecrets(options, undefined, ['source']))
  const { updatedSince } = options
  const identity = live.identity(options)
  return typeof updatedSince === 'string' && !('updatedSince' in identity) ? { ...identity, updatedSince } : identity
}

/** The absolute folder of the source's snapshot: `source.snapshot`, or a default folder. */
export function snapshotFolder(config: SourceConfig, directory: string, live: LiveReading | undefined): string {
  if (typeof config.snapshot === 'string') return resolve(directory, config.snapshot)
  const of = canonicalJson({ source: config.type, identity: snapshotIdentity(config, live) })
  const digest = createHash('sha256').update(of).digest('hex').slice(0, 8)
  return resolve(directory, SNAPSHOTS, `${config.type}-${digest}`)
}

/** @throws SourceError that names the differences, when the snapshot is of another source */
export function checkIdentity(
  { folder, source, identity }: Pick<Snapshot, 'folder' | 'source' | 'identity'>,
  config: SourceConfig,
  live: LiveReading | undefined,
): void {
  const wanted = snapshotIdentity(config, live)
  const differing = [...new Set([...Object.keys(identity), ...Object.keys(wanted)])].filter(
    (key) => wanted[key] !== null && canonicalJson(identity[key] ?? null) !== canonicalJson(wanted[key] ?? null),
  )
  if (source === config.type && differing.length === 0) return
  const what =
    source === config.type
      ? differing
          .map((key) => `${key} is ${shown(identity[key])} in the snapshot and ${shown(wanted[key])} in the manifest`)
          .join('; ')
      : `its source type is ${source}, but source.type in the manifest is ${config.type}`
  throw new SourceError({
    code: 'snapshot_of_another_source',
    message: `the snapshot in ${folder} does not match the manifest: ${what}`,
    hint: 'name another folder (source.snapshot, --snapshot or --out), restore the earlier options, or remove the folder if you no longer need it',
    at: { file: folder },
  })
}

function shown(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value)
}

/** Options come from YAML or JSON, so they contain only JSON values. */
function plain(value: unknown): JsonObject {
  return isObject(value) ? (value as JsonObject) : {}
}
