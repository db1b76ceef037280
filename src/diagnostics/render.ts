import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { JsonObject } from '../json.ts'
import { excerptAt } from './excerpt.ts'
import { printable } from './printable.ts'
import { formatLocation, type Location, type Problem } from './problem.ts'
import type { Redactor } from './redactor.ts'

export interface RenderOptions {
  color: boolean
  /** Files inside it are named relative to it. */
  cwd: string
  /** Secrets that must not be shown, beyond what looks like one. */
  redactor?: Redactor
}

const RED = '31'
const YELLOW = '33'
const CYAN = '36'
const BOLD = '1'
const DIM = '2'

/**
 * Problems for people: place, message and code on a line; beneath it the path, the line of the manifest with a caret, and
 * what would be right. Ends with a line end unless there are none.
 */
export function renderProblems(problems: readonly Problem[], options: RenderOptions): string {
  return problems.map((problem) => renderProblem(problem, options)).join('')
}

function renderProblem(problem: Problem, options: RenderOptions): string {
  const paint = (code: string, text: string) => (options.color ? `\x1b[${code}m${text}\x1b[0m` : text)
  const clean = (text: string) => printable(options.redactor?.redact(text) ?? text)
  const warning = problem.severity === 'warning'
  const head = [
    problem.at === undefined ? '' : `${paint(BOLD, clean(formatLocation(shown(problem.at, options.cwd))))} `,
    paint(warning ? YELLOW : RED, warning ? 'warning' : 'error'),
    `: ${clean(problem.message)} `,
    paint(DIM, `[${clean(problem.code)}]`),
  ]
  const lines = [head.join('')]
  if (problem.path) lines.push(paint(DIM, `  at ${clean(problem.path)}`))
  lines.push(...excerptLines(problem, options, paint))
  if (problem.hint) lines.push(`  ${paint(CYAN, 'hint:')} ${clean(problem.hint)}`)
  return lines.map((line) => `${line}\n`).join('')
}

function excerptLines(
  problem: Problem,
  options: RenderOptions,
  paint: (code: string, text: string) => string,
): string[] {
  // Samples in tests may be of secrets.
  if (problem.path?.startsWith('tests.')) return []
  const at = problem.at === undefined ? undefined : { ...problem.at, file: resolve(options.cwd, problem.at.file) }
  const excerpt = at === undefined ? undefined : excerptAt(at, options.redactor)
  if (at?.line === undefined || excerpt === undefined) return []
  const number = String(at.line)
  const margin = ' '.repeat(number.length)
  return [
    `  ${paint(DIM, `${number} |`)} ${excerpt.line}`,
    `  ${paint(DIM, `${margin} |`)} ${' '.repeat(excerpt.indent)}${paint(RED, '^')}`,
  ]
}

/** The location with its file relative to `cwd`, when it is inside. */
function shown(at: Location, cwd: string): Location {
  const path = relative(cwd, resolve(cwd, at.file))
  const inside = path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path)
  return inside ? { ...at, file: path } : at
}

/** Problems for machines, with `severity` always there and the place flattened to `file`, `line`, `column`. */
export function problemsToJson(problems: readonly Problem[]): JsonObject[] {
  return problems.map(({ code, message, hint, at, path, severity }) => {
    const json: JsonObject = { severity: severity ?? 'error', code, message }
    for (const [key, value] of Object.entries({ hint, path, ...at })) if (value !== undefined) json[key] = value
    return json
  })
}
