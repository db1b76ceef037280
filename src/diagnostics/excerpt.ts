import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { printable } from './printable.ts'
import type { Location } from './problem.ts'
import type { Redactor } from './redactor.ts'

/** Manifests alone are quoted: a line of a data file may hold anybody's password hash. */
const QUOTABLE = /\.ya?ml$|^migrate\.config\.json$/
const MAY_BE_SECRET = /api[-_ ]?key|signer[-_ ]?key|secrets?["']?\s*:|token|credential|sk_[A-Za-z0-9]/i
const MAX_WIDTH = 160

/** The line that a location points to, and how many columns of it stand before the caret. */
export interface Excerpt {
  line: string
  indent: number
}

/** Reads the line of a manifest to show under a problem. Undefined when it cannot be read, or may hold a secret. */
export function excerptAt(at: Location, redactor?: Redactor): Excerpt | undefined {
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
