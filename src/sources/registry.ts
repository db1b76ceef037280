import type { SourceConfig } from '../config/manifest.ts'
import { ManifestError } from '../diagnostics/errors.ts'
import { auth0Source } from './auth0/auth0-source.ts'
import { clerkSource } from './clerk/clerk-source.ts'
import { csvSource } from './csv/csv-source.ts'
import { fileSource } from './file/file-source.ts'
import { isRecorded, openRecorded } from './snapshot/recorded.ts'
import type { ReadContext, Source, SourceDefinition } from './source.ts'

/** Every type of source, by `source.type`. */
export const sourceDefinitions: ReadonlyMap<string, SourceDefinition> = new Map(
  [csvSource, clerkSource, auth0Source, fileSource].map((definition) => [definition.type, definition]),
)

/**
 * The type of source that the manifest names.
 * @throws ManifestError when there is no such type
 */
export function sourceDefinition({ type }: SourceConfig): SourceDefinition {
  const definition = sourceDefinitions.get(type)
  if (definition !== undefined) return definition
  throw new ManifestError({
    code: 'unknown_source_type',
    message: `there is no source type "${type}"`,
    hint: `known types: ${[...sourceDefinitions.keys()].join(', ')}`,
    path: 'source.type',
  })
}

/**
 * Opens the source that the manifest names, or what was recorded of it. Nothing is read before `read` is iterated.
 * @throws ManifestError when there is no such type
 */
export function openSource(config: SourceConfig, context: ReadContext): Source {
  const definition = sourceDefinition(config)
  const { type: _type, ...options } = config
  const { snapshot, ...live } = context
  if (snapshot === undefined || !isRecorded(snapshot)) return definition.open(options, context)
  const recorded = openRecorded(snapshot, context)
  // What was recorded before the type had a stream has none of it.
  const { streams } = definition.open(options, live)
  return { ...recorded, streams: [...new Set([...recorded.streams, ...streams])] }
}
