import { statSync } from 'node:fs'
import { LineCounter } from 'yaml'
import { codeOf, ManifestError } from '../diagnostics/errors.ts'
import type { Location } from '../diagnostics/problem.ts'
import { NotRegularFile, readRegular } from '../files/regular-file.ts'

/** Far above any manifest: what is larger is an export that was named by mistake. */
const MAX_BYTES = 4 * 1024 * 1024

/** The text of one manifest file, and where its lines begin. */
export interface ManifestText {
  /** Absolute path. */
  file: string
  text: string
  lines: LineCounter
}

/** A range of characters in a file. */
export interface Place {
  text: ManifestText
  start: number
  end: number
}

/** Line and column, from 1, of a character. */
export function locationOf(place: Place, position = place.start): Location {
  const { line, col } = place.text.lines.linePos(position)
  return { file: place.text.file, line, column: col }
}

/**
 * Reads a manifest file, or one that a manifest names; `from` is where it is named.
 * @throws ManifestError when it is missing, not a file, too large or not UTF-8
 */
export function readText(file: string, from?: Location): ManifestText {
  const bytes = readBytes(file, from)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { file, text, lines: linesOf(text) }
  } catch {
    throw new ManifestError({
      code: 'wrong_encoding',
      message: encodingProblem(bytes),
      hint: 'save the file as UTF-8',
      at: { file, ...firstInvalid(bytes) },
    })
  }
}

/** Counted here: the parser of YAML loses count of the lines behind some faults. */
function linesOf(text: string): LineCounter {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1)
  return lines
}

function readBytes(file: string, from: Location | undefined): Buffer {
  try {
    if (statSync(file).size > MAX_BYTES) {
      throw problem('manifest_too_large', `${file} is larger than ${MAX_BYTES} bytes`, 'is it a manifest?', { file })
    }
    return readRegular(file)
  } catch (error) {
    if (error instanceof ManifestError) throw error
    if (error instanceof NotRegularFile) {
      const hint = error.what === 'a folder' ? 'name the file in it' : 'name a regular file'
      throw problem('not_a_file', `${file} is ${error.what}`, hint, from ?? { file })
    }
    const reason = codeOf(error) ?? 'unknown'
    if (reason === 'ENOENT' || reason === 'ENOTDIR') {
      throw problem('missing_file', `there is no file ${file}`, 'check the path', from ?? { file })
    }
    throw problem('unreadable_file', `${file} cannot be read (${reason})`, 'check its permissions', from ?? { file })
  }
}

function problem(code: string, message: string, hint: string, at: Location): ManifestError {
  return new ManifestError({ code, message, hint, at })
}

function encodingProblem(bytes: Buffer): string {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return 'the file is UTF-16, not UTF-8'
  return 'the file is not UTF-8: here stands a byte that UTF-8 does not allow'
}

/** Where the first byte stands that no UTF-8 text can have there. */
function firstInvalid(bytes: Buffer): { line: number; column: number } {
  let valid = 0
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for (let end = 0; end < bytes.length; end++) {
    try {
      const text = decoder.decode(bytes.subarray(end, end + 1), { stream: true })
      if (text !== '') valid = end + 1
    } catch {
      break
    }
  }
  const lines = bytes.subarray(0, valid).toString('utf8').split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
