import { readFileSync } from 'node:fs'
import { basename, isAbsolute, relative, resolve, sep } from 'node:path'
import type { JsonObject } from '../json.ts'
import { printable } from './printable.ts'
import { formatLocation, type Location, type Problem } from './problem.ts'
import type { Redactor } from './redactor.ts'

export interface RenderOptions {
  color: boolean
  /** Paths inside it are shown relative to it. */
  cwd: string
  /** Secrets to hide, besides text that looks like one. */
  redactor?: Redactor
}

const RED = '31'
const YELLOW = '33'
const CYAN = '36'
const BOLD = '1'
const DIM = '2'

/**
 * Problems as text: place, message and code on one line, then the path, the line of the manifest
 * with a caret, and the hint. Ends with a line break unless empty.
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
  // Samples in tests can contain secrets.
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

/** The location with a path relative to `cwd`, if it is inside. */
function shown(at: Location, cwd: string): Location {
  const path = relative(cwd, resolve(cwd, at.file))
  const inside = path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path)
  return inside ? { ...at, file: path } : at
}

/** Problems as JSON, always with `severity`, and with `file`, `line` and `column` as members. */
export function problemsToJson(problems: readonly Problem[]): JsonObject[] {
  return problems.map(({ code, message, hint, at, path, severity }) => {
    const json: JsonObject = { severity: severity ?? 'error', code, message }
    for (const [key, value] of Object.entries({ hint, path, ...at })) if (value !== undefined) json[key] = value
    return json
  })
}

/** Only manifests are quoted: a line of a data file can contain a password hash. */
const QUOTABLE = /\.ya?ml$|^migrate\.config\.json$/
const MAY_BE_SECRET = /api[-_ ]?key|signer[-_ ]?key|secrets?["']?\s*:|token|credential|sk_[A-Za-z0-9]/i
const MAX_WIDTH = 160

/** The line at a location, and the columns before the caret. */
interface Excerpt {
  line: string
  indent: number
}

/** Reads the line of a manifest; undefined if it is unreadable or can contain a secret. */
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

/** Undefined if the file cannot be read as UTF-8. */
function readLine(file: string, line: number): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)).split(/\r?\n/)[line - 1]
  } catch {
    return undefined
  }
}
