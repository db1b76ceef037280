import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { SourceConfig } from '../../config/manifest.ts'
import { withSecrets } from '../../config/secrets.ts'
import { SourceError } from '../../diagnostics/errors.ts'
import { canonicalJson, isObject, type JsonObject } from '../../json.ts'
import { sourceDefinition } from '../registry.ts'
import type { LiveReading } from '../source.ts'
import type { Snapshot } from './snapshot.ts'

/** Snapshots for which the manifest names no folder, relative to the manifest's folder. */
const SNAPSHOTS = '.workos-migrate/snapshots'

/** How the source is read over a network; undefined for one that is read from files. */
export async function liveReading(config: SourceConfig): Promise<LiveReading | undefined> {
  const { live } = await sourceDefinition(config)
  return live?.applies(optionsOf(config)) ? live : undefined
}

/** The options of a source without its type. */
export function optionsOf({ type: _type, ...options }: SourceConfig): Record<string, unknown> {
  return options
}

/**
 * What a snapshot of the source is of. One of a part of the source is never taken for one of the
 * whole.
 */
export function snapshotIdentity(config: SourceConfig, live: LiveReading | undefined): JsonObject {
  const options = optionsOf(config)
  if (live === undefined) return plain(withSecrets(options, undefined, ['source']))
  const { updatedSince } = options
  const identity = live.identity(options)
  return typeof updatedSince === 'string' && !('updatedSince' in identity) ? { ...identity, updatedSince } : identity
}

/**
 * Where the snapshot of the source lies, absolute: where `source.snapshot` says, else in a folder
 * of its own.
 */
export function snapshotFolder(config: SourceConfig, directory: string, live: LiveReading | undefined): string {
  if (typeof config.snapshot === 'string') return resolve(directory, config.snapshot)
  const of = canonicalJson({ source: config.type, identity: snapshotIdentity(config, live) })
  const digest = createHash('sha256').update(of).digest('hex').slice(0, 8)
  return resolve(directory, SNAPSHOTS, `${config.type}-${digest}`)
}

/** @throws SourceError when the snapshot is not one of this source, naming what differs */
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
          .map((key) => `${key} is ${shown(identity[key])} there and ${shown(wanted[key])} in the manifest`)
          .join('; ')
      : `it is of the source ${source}, and the manifest's is ${config.type}`
  throw new SourceError({
    code: 'snapshot_of_another_source',
    message: `the snapshot in ${folder} is of something else: ${what}`,
    hint: 'name another folder (source.snapshot, --snapshot or --out), set the options as they were, or remove the folder if it is not needed any more',
    at: { file: folder },
  })
}

function shown(value: unknown): string {
  return value === undefined ? 'not given' : JSON.stringify(value)
}

/** Options come out of YAML or JSON: there is nothing in them but JSON. */
function plain(value: unknown): JsonObject {
  return isObject(value) ? (value as JsonObject) : {}
}
