import type { LoadedManifest, Manifest, MappingTest } from '../../config/manifest.ts'
import { ManifestError } from '../../diagnostics/errors.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../../json.ts'
import { checkExpressions } from '../check.ts'
import { type CompiledMapping, compileMapping, mapperSettings } from '../compile.ts'
import { concealing } from '../conceal.ts'
import { mapChunk } from '../map-chunk.ts'
import { checkTests } from './check-tests.ts'
import { compareResult, type Found } from './compare-result.ts'
import type { Difference, TestOutcome } from './outcome.ts'

/**
 * Runs the tests of a manifest: maps each input as a plan does, and compares.
 * @param streams of the source, the main one first
 * @throws ManifestError when an expression does not compile, or a test names what is not there
 */
export async function runMappingTests(loaded: LoadedManifest, streams: readonly string[]): Promise<TestOutcome[]> {
  const { manifest } = loaded
  const tests = Object.entries(manifest.tests)
  if (tests.length === 0) return []
  const problems = checkTests(loaded, streams)
  if (problems.length > 0) throw new ManifestError(problems)
  const mappings = new Map<string, CompiledMapping>()
  const outcomes: TestOutcome[] = []
  for (const [name, test] of tests) {
    const constants = constantsOf(test, manifest)
    const id = canonicalJson(constants)
    const mapping = mappings.get(id) ?? compileFor({ ...loaded, manifest: { ...manifest, ...constants } }, streams)
    mappings.set(id, mapping)
    outcomes.push({
      name,
      at: loaded.locate(['tests', name]),
      differences: await run(name, test, mapping, loaded, streams),
    })
  }
  return outcomes
}

async function run(
  name: string,
  test: MappingTest,
  mapping: CompiledMapping,
  loaded: LoadedManifest,
  streams: readonly string[],
): Promise<Difference[]> {
  const stream = test.stream ?? streams[0] ?? ''
  const origin = { file: loaded.file, line: loaded.locate(['tests', name, 'input']).line }
  const result = await mapChunk({ records: [{ seq: 0, stream, origin, data: test.input }] }, mapping)
  const [rule] = mapping.kinds
  const conceal = concealing(rule?.rule.secretNames ?? new Set(), test.input)
  return compareResult(test.expect, result).map((found) => placed(found, name, loaded, conceal))
}

function placed(found: Found, name: string, loaded: LoadedManifest, conceal: (text: string) => string): Difference {
  const { path, what, message, expected, actual } = found
  const difference: Difference = { what, at: loaded.locate(['tests', name, 'expect', ...path]) }
  if (message !== undefined) difference.message = conceal(message)
  if (expected !== undefined) difference.expected = concealed(expected, conceal)
  if (actual !== undefined) difference.actual = concealed(actual, conceal)
  return difference
}

/** Values with every secret of the input masked that a field holds which is none. */
function concealed(value: Json, conceal: (text: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => concealed(item, conceal))
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, concealed(item, conceal)]))
  }
  if (value === null || typeof value === 'boolean') return value
  const shown = conceal(String(value))
  return shown === String(value) ? value : shown
}

/** @throws ManifestError with the place of every expression that does not compile with these constants */
function compileFor(loaded: LoadedManifest, streams: readonly string[]): CompiledMapping {
  const problems = checkExpressions(loaded).filter(({ severity }) => severity !== 'warning')
  if (problems.length > 0) throw new ManifestError(problems)
  return compileMapping(mapperSettings(loaded.manifest, streams[0]))
}

function constantsOf({ vars = {}, secrets = {} }: MappingTest, manifest: Manifest): Pick<Manifest, 'vars' | 'secrets'> {
  return { vars: merged(manifest.vars, vars), secrets: { ...manifest.secrets, ...secrets } }
}

function merged(lower: JsonObject, upper: JsonObject): JsonObject {
  const result = { ...lower }
  for (const [key, value] of Object.entries(upper)) {
    const below = result[key]
    result[key] = isPlain(below) && isPlain(value) ? merged(below, value) : value
  }
  return result
}

function isPlain(value: Json | undefined): value is JsonObject {
  return isObject(value)
}
