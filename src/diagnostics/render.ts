import { readFileSync } from 'node:fs'
import { basename, isAbsolute, relative, resolve, sep } from 'node:path'
import type { JsonObject } from '../json.ts'
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
 * Problems for people: place, message and code on a line; beneath it the path, the line of the
 * manifest with a caret, and what would be right. Ends with a line end unless there are none.
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

/**
 * Problems for machines, with `severity` always there and the place flattened to `file`, `line`,
 * `column`.
 */
export function problemsToJson(problems: readonly Problem[]): JsonObject[] {
  return problems.map(({ code, message, hint, at, path, severity }) => {
    const json: JsonObject = { severity: severity ?? 'error', code, message }
    for (const [key, value] of Object.entries({ hint, path, ...at })) if (value !== undefined) json[key] = value
    return json
  })
}

/** Manifests alone are quoted: a line of a data file may hold anybody's password hash. */
const QUOTABLE = /\.ya?ml$|^migrate\.config\.json$/
const MAY_BE_SECRET = /api[-_ ]?key|signer[-_ ]?key|secrets?["']?\s*:|token|credential|sk_[A-Za-z0-9]/i
const MAX_WIDTH = 160

/** The line that a location points to, and how many columns of it stand before the caret. */
interface Excerpt {
  line: string
  indent: number
}

/**
 * Reads the line of a manifest to show under a problem. Undefined when it cannot be read, or may
 * hold a secret.
 */
function excerptAt(at: Location, redactor?: Redactor): Excerpt | undefined {
  if (at.line === undefined || at.column === undefined || !QUOTABLE.test(basename(at.file))) return undefined
  const line = readLine(at.file, at.line)
  if (line === undefined || line.trim() === '' || MAY_BE_SECRET.test(line)) return undefined
  if (redactor !== undefined && redactor.redact(line) !== line) return undefined
  const before = show(line.slice(0, at.column - 1))
  if (before.length >= MAX_WIDTH) return undefined
  return { line: show(line).slice(0, MAX_WIDTH), indent: before.length }
}

function show(text: string): string {
  return printable(text.replaceAll('\t', ' '))
}

/** Undefined when the file cannot be read as UTF-8: its line would be noise. */
function readLine(file: string, line: number): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)).split(/\r?\n/)[line - 1]
  } catch {
    return undefined
  }
}
