import type { SourceConfig } from '../config/manifest.ts'
import { ManifestError } from '../diagnostics/errors.ts'
import { clerkSource } from './clerk/clerk-source.ts'
import { csvSource } from './csv/csv-source.ts'
import type { ReadContext, Source, SourceDefinition } from './source.ts'

/** Every type of source, by `source.type`. */
export const sourceDefinitions: ReadonlyMap<string, SourceDefinition> = new Map(
  [csvSource, clerkSource].map((definition) => [definition.type, definition]),
)

/**
 * Opens the source that the manifest names. Nothing is read before `read` is iterated.
 * @throws ManifestError when there is no such type
 */
export function openSource(config: SourceConfig, context: ReadContext): Source {
  const definition = sourceDefinitions.get(config.type)
  if (definition === undefined) {
    throw new ManifestError({
      code: 'unknown_source_type',
      message: `there is no source type "${config.type}"`,
      hint: `known types: ${[...sourceDefinitions.keys()].join(', ')}`,
      path: 'source.type',
    })
  }
  const { type: _type, ...options } = config
  return definition.open(options, context)
}
