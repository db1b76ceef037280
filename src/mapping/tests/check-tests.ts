import type { LoadedManifest } from '../../config/loaded-manifest.ts'
import type { MappingTest } from '../../config/manifest.ts'
import { nearest } from '../../config/nearest.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { isObject } from '../../json.ts'
import { checkStreams } from '../check.ts'

/** Sections that decide what comes of a record. */
const MAPPING_SECTIONS = ['vars', 'secrets', 'map', 'dedupe', 'roles', 'metadata', 'externalId', 'passwords', 'totp']

/** What keeps tests from being run: streams that the source does not have, values of references that nobody has set. */
export function checkTests(loaded: LoadedManifest, streams: readonly string[]): Problem[] {
  const rules = checkStreams(loaded.manifest.map, streams).map((problem) => ({
    ...problem,
    at: loaded.locate((problem.path ?? '').split('.')),
  }))
  return [...rules, ...checkTestStreams(loaded, streams), ...unsetReferences(loaded)]
}

/** The tests of streams that the source does not have. */
export function checkTestStreams(loaded: LoadedManifest, streams: readonly string[]): Problem[] {
  return Object.entries(loaded.manifest.tests).flatMap(([name, { stream }]): Problem[] => {
    if (stream === undefined || streams.includes(stream)) return []
    const close = nearest(stream, streams)
    return [
      {
        code: 'unknown_stream',
        message: `the source has no stream "${stream}"`,
        hint: `${close === undefined ? '' : `did you mean ${close}? `}streams: ${streams.join(', ')}`,
        path: `tests.${name}.stream`,
        at: loaded.locate(['tests', name, 'stream']),
      },
    ]
  })
}

/** References that are unset where a test needs what they stand for. */
function unsetReferences({ deferred, manifest }: LoadedManifest): Problem[] {
  const tests = Object.entries(manifest.tests)
  return deferred.flatMap((problem) => {
    const path = problem.path?.split('.') ?? []
    const [section = ''] = path
    if (!MAPPING_SECTIONS.includes(section)) return []
    const needing = tests.find(([, test]) => !hasOwn(test, path))
    if (needing === undefined) return []
    const own = section === 'vars' || section === 'secrets' ? `, or give the tests ${section} of their own` : ''
    return [{ ...problem, hint: `${problem.hint ?? 'set it'}${own}; the test "${needing[0]}" needs it` }]
  })
}

/** Whether a test brings a value of its own for a path under `vars` or `secrets`. */
function hasOwn(test: MappingTest, [section, ...rest]: readonly string[]): boolean {
  let value: unknown = section === 'vars' ? test.vars : section === 'secrets' ? test.secrets : undefined
  for (const key of rest) value = isObject(value) ? value[key] : undefined
  return value !== undefined
}
