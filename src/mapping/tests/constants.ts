import type { Manifest, MappingTest } from '../../config/manifest.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../../json.ts'

/** Tests that read the same vars and secrets, and so share one compilation. */
export interface TestGroup {
  manifest: Manifest
  tests: [name: string, test: MappingTest][]
}

/** The tests of a manifest by the vars and secrets they read: the manifest's, with their own merged over them. */
export function groupTests(manifest: Manifest): TestGroup[] {
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
    result[key] = isBranch(below) && isBranch(value) ? merged(below, value) : value
  }
  return result
}

function isBranch(value: Json | undefined): value is JsonObject {
  return isObject(value)
}
