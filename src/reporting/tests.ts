import { printable } from '../diagnostics/printable.ts'
import { formatLocation, type Location } from '../diagnostics/problem.ts'
import type { JsonObject } from '../json.ts'
import type { Difference, TestOutcome } from '../mapping/tests/compare-result.ts'
import { counted, type Paint, shortValue } from './style.ts'

interface TestsTextOptions {
  paint: Paint
  /** A place relative to the current folder. */
  shown(at: Location): Location
  write(text: string): void
}

/** Characters of a value that are shown. */
const VALUE_LENGTH = 400

/** One line per test, differences below those that fail, and the sum. */
export function renderTestsText(outcomes: readonly TestOutcome[], options: TestsTextOptions): void {
  const { paint, write } = options
  for (const { name, at, differences } of outcomes) {
    const passed = differences.length === 0
    const place = passed ? '' : `  ${paint('dim', placeOf(at, options))}`
    write(`${passed ? paint('green', 'ok  ') : paint('red', 'FAIL')}  ${printable(name)}${place}\n`)
    for (const difference of differences) write(differenceText(difference, options))
  }
  if (outcomes.length === 0) return
  const failed = outcomes.filter(({ differences }) => differences.length > 0).length
  const sum = `${counted(outcomes.length, 'test')}: ${outcomes.length - failed} passed, ${failed} failed`
  write(`\n${failed > 0 ? paint('red', sum) : sum}\n`)
}

function differenceText(difference: Difference, options: TestsTextOptions): string {
  const { what, at, message } = difference
  const { paint } = options
  const lines = [`${printable(what)}  ${paint('dim', placeOf(at, options))}`]
  if (message !== undefined) lines.push(`  ${printable(message)}`)
  if (message === undefined || difference.expected !== undefined)
    lines.push(`  ${paint('green', '- expected')}  ${valueText(difference.expected)}`)
  if (message === undefined) lines.push(`  ${paint('red', '+ actual  ')}  ${valueText(difference.actual)}`)
  return lines.map((line) => `      ${line}\n`).join('')
}

function valueText(value: Difference['expected']): string {
  return value === undefined ? 'nothing' : shortValue(value, VALUE_LENGTH)
}

function placeOf(at: Location, { shown }: TestsTextOptions): string {
  return printable(formatLocation(shown(at)))
}

/** Outcomes as JSON, with places as `file`, `line`, `column`. */
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
