/**
 * Runs the `tests` of a manifest: maps each record in a worker, as a plan does, and reports every
 * difference at its place in the manifest (compare-result.ts). Results contain no secrets.
 */

import { basename } from 'node:path'
import type { LoadedManifest } from '../../config/load.ts'
import type { Manifest, MappingTest } from '../../config/manifest.ts'
import { nearest } from '../../config/nearest.ts'
import { recipeAt } from '../../config/recipes.ts'
import { ManifestError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../../json.ts'
import type { SourceRecord } from '../../sources/source.ts'
import { checkExpressions, checkStreams } from '../check.ts'
import { compileMapping, mapperSettings } from '../compile.ts'
import { concealing } from '../conceal.ts'
import { createMapperPool, type PoolOptions } from '../pool.ts'
import type { MapResult } from '../result.ts'
import { compareResult, type Difference, type Found, isJsonObject, type TestOutcome } from './compare-result.ts'

/**
 * @param streams of the source, the main one first
 * @param memory MiB for the worker
 * @throws ManifestError when an expression does not compile or hangs, or a test names something
 * unknown
 */
export async function runMappingTests(
  loaded: LoadedManifest,
  streams: readonly string[],
  { memory }: Pick<PoolOptions, 'memory'> = {},
): Promise<TestOutcome[]> {
  const names = Object.keys(loaded.manifest.tests)
  if (names.length === 0) return []
  const groups = groupTests(loaded.manifest)
  const problems = checkTests(loaded, streams)
  if (problems.length > 0) throw new ManifestError(problems)
  const outcomes = new Map<string, TestOutcome>()
  for (const group of groups)
    for (const outcome of await runGroup(group, loaded, streams, memory)) outcomes.set(outcome.name, outcome)
  return names.flatMap((name) => outcomes.get(name) ?? [])
}

async function runGroup(
  group: TestGroup,
  loaded: LoadedManifest,
  streams: readonly string[],
  memory: number | undefined,
): Promise<TestOutcome[]> {
  const checked = checkExpressions({ ...loaded, manifest: group.manifest })
  // An invented key of a test is reported where the test needs it.
  const problems = checked.filter(({ severity, code }) => severity !== 'warning' && code !== 'bad_signer_key')
  if (problems.length > 0) throw new ManifestError(problems)
  const [mainStream = ''] = streams
  const { secretNames } = compileMapping(mapperSettings(group.manifest, mainStream))
  const records = group.tests.map(([name, test], seq): SourceRecord => {
    const { line } = loaded.locate(['tests', name, 'input'])
    return { seq, stream: test.stream ?? mainStream, origin: { file: basename(loaded.file), line }, data: test.input }
  })
  const pool = createMapperPool(group.manifest, { workers: 1, mainStream, memory })
  try {
    const result = await pool.map(records, true)
    return group.tests.map(([name, test], seq) => {
      const conceal = concealing(secretNames, test.input)
      const found = compareResult(test.expect, ofRecord(result, seq))
      return {
        name,
        at: loaded.locate(['tests', name]),
        differences: found.map((one) => placed(one, name, loaded, conceal)),
      }
    })
  } finally {
    await pool.close()
  }
}

/**
 * The results of one record of a chunk. Rejects already report unmapped roles; their notes are only
 * for counting.
 */
function ofRecord({ drafts, grants, rejects, notes }: MapResult, seq: number) {
  const own = <T extends { seq: number }>(list: readonly T[]) => list.filter((item) => item.seq === seq)
  const remarks = own(notes).filter(({ code }) => code !== 'unmapped_role')
  return { drafts: own(drafts), grants: own(grants), rejects: own(rejects), notes: remarks }
}

function placed(found: Found, name: string, loaded: LoadedManifest, conceal: (text: string) => string): Difference {
  const { path, what, message, expected, actual } = found
  const difference: Difference = { what, at: loaded.locate(['tests', name, 'expect', ...path]) }
  if (message !== undefined) difference.message = conceal(message)
  if (expected !== undefined) difference.expected = concealed(expected, conceal)
  if (actual !== undefined) difference.actual = concealed(actual, conceal)
  return difference
}

/** Values in which every secret of the input that another field contains is masked. */
function concealed(value: Json, conceal: (text: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => concealed(item, conceal))
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, concealed(item, conceal)]))
  }
  if (value === null || typeof value === 'boolean') return value
  const shown = conceal(String(value))
  return shown === String(value) ? value : shown
}

/** Tests with the same vars and secrets, which share one compilation. */
interface TestGroup {
  manifest: Manifest
  tests: [name: string, test: MappingTest][]
}

/**
 * The tests of a manifest by their vars and secrets: those of the manifest, overridden by their
 * own.
 */
function groupTests(manifest: Manifest): TestGroup[] {
  const groups = new Map<string, TestGroup>()
  for (const [name, test] of Object.entries(manifest.tests)) {
    const { vars = {}, secrets = {} } = test
    const constants = { vars: merged(manifest.vars, vars), secrets: { ...manifest.secrets, ...secrets } }
    const id = canonicalJson(constants)
    const group = groups.get(id) ?? { manifest: { ...manifest, ...constants }, tests: [] }
    group.tests.push([name, test])
    groups.set(id, group)
  }
  return [...groups.values()]
}

function merged(lower: JsonObject, upper: JsonObject): JsonObject {
  const result = { ...lower }
  for (const [key, value] of Object.entries(upper)) {
    const below = result[key]
    result[key] = isJsonObject(below) && isJsonObject(value) ? merged(below, value) : value
  }
  return result
}

/** Sections that decide the result of a record. */
const MAPPING_SECTIONS = ['vars', 'secrets', 'map', 'dedupe', 'roles', 'metadata', 'externalId', 'passwords', 'totp']

/**
 * What prevents tests from running: streams that the source does not have, and references without a
 * value.
 */
function checkTests(loaded: LoadedManifest, streams: readonly string[]): Problem[] {
  const found = checkStreams(loaded.manifest.map, streams, (path) => recipeAt(loaded.originOf(path)))
  const rules = found
    .filter(({ severity }) => severity !== 'warning')
    .map((problem) => ({
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

/** References without a value that a test needs. */
function unsetReferences({ deferred, manifest }: LoadedManifest): Problem[] {
  const tests = Object.entries(manifest.tests)
  return deferred.flatMap((problem) => {
    const path = problem.path?.split('.') ?? []
    const [section = ''] = path
    if (!MAPPING_SECTIONS.includes(section)) return []
    const needing = tests.find(([, test]) => !hasOwn(test, path))
    if (needing === undefined) return []
    const own = section === 'vars' || section === 'secrets' ? `, or set invented ${section} in the tests` : ''
    return [{ ...problem, hint: `${problem.hint ?? 'set it'}${own}; the test "${needing[0]}" needs it` }]
  })
}

/** Whether a test sets its own value for a path under `vars` or `secrets`. */
function hasOwn(test: MappingTest, [section, ...rest]: readonly string[]): boolean {
  let value: unknown = section === 'vars' ? test.vars : section === 'secrets' ? test.secrets : undefined
  for (const key of rest) value = isObject(value) ? value[key] : undefined
  return value !== undefined
}
