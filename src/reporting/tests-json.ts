import type { Location } from '../diagnostics/problem.ts'
import type { JsonObject } from '../json.ts'
import type { Difference, TestOutcome } from '../mapping/tests/compare-result.ts'

/** The outcomes of mapping tests for programs; places flattened to `file`, `line`, `column`. */
export function testsToJson(outcomes: readonly TestOutcome[], shown: (at: Location) => Location): JsonObject {
  const failed = outcomes.filter(({ differences }) => differences.length > 0).length
  return {
    format: 'workos-migrate-tests',
    version: 1,
    passed: outcomes.length - failed,
    failed,
    tests: outcomes.map(({ name, at, differences }) => ({
      name,
      passed: differences.length === 0,
      ...shown(at),
      differences: differences.map((difference) => differenceToJson(difference, shown)),
    })),
  }
}

function differenceToJson({ at, ...difference }: Difference, shown: (at: Location) => Location): JsonObject {
  const json: JsonObject = { what: difference.what, ...shown(at) }
  for (const key of ['message', 'expected', 'actual'] as const) {
    const value = difference[key]
    if (value !== undefined) json[key] = value
  }
  return json
}
