/**
 * The entry of text/. In: a file in any encoding, packed or not (`bytes.ts`). Out: its text as
 * UTF-8 bytes, in chunks or lines. `file.ts` watches the file for changes.
 */

import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { type ByteOptions, readBytes } from './bytes.ts'
import type { SourceFile } from './file.ts'

export interface TextOptions extends ByteOptions {
  /** Default: by the byte-order mark, otherwise UTF-8. */
  encoding?: Encoding
  /** Receives the number of NUL characters that were removed. */
  onNul(count: number): void
  /** Receives a warning about a doubtful encoding, once the file has been read. */
  warn?(problem: Problem): void
}

/**
 * The text of a file, unpacked, as UTF-8 bytes without a byte-order mark. No chunk ends within a
 * character.
 * @throws ManifestError when there is no such file, SourceError when it cannot be read or is not in
 *   its encoding
 */
export function readText(file: SourceFile, options: TextOptions): AsyncGenerator<Buffer> {
  const bytes = readBytes(file, options)
  const { encoding, warn } = options
  const watched = encoding === 'latin1' && warn !== undefined ? doubtingLatin1(file, bytes, warn) : bytes
  return readUtf8(file, inUtf8(file, watched, encoding), options.onNul)
}

/**
 * Passes bytes on, and warns if latin1 is doubtful: text in a single-byte encoding is rarely valid
 * UTF-8, unless it is ASCII.
 */
async function* doubtingLatin1(
  file: SourceFile,
  chunks: AsyncGenerator<Buffer>,
  warn: (problem: Problem) => void,
): AsyncGenerator<Buffer> {
  let carried: Buffer = Buffer.alloc(0)
  let isMarked: boolean | undefined
  let isValid = true
  let isAscii = true
  for await (const chunk of chunks) {
    if (isValid) {
      const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk])
      isMarked ??= startsWithMark(bytes)
      const whole = bytes.subarray(0, bytes.length - unfinished(bytes))
      isValid = isUtf8(whole)
      isAscii &&= whole.every((byte) => byte < 0x80)
      carried = Buffer.from(bytes.subarray(whole.length))
    }
    yield chunk
  }
  // A byte-order mark has already decided.
  if (!isValid || isAscii || isMarked || carried.length > 0) return
  warn({
    code: 'encoding_doubtful',
    severity: 'warning',
    message: 'the file is read as latin1, but every byte of it is valid UTF-8: names can become ZoÃ« instead of Zoë',
    hint: 'remove encoding: latin1 if the file is UTF-8',
    at: { file: file.name },
  })
}

function startsWithMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

/**
 * Checks that bytes are UTF-8, and removes the byte-order mark. Removes and counts NUL characters,
 * which mean nothing in text and break databases.
 * @throws SourceError with the line of the first byte that is not UTF-8
 */
async function* readUtf8(
  file: SourceFile,
  chunks: AsyncIterable<Buffer>,
  onNul: (count: number) => void,
): AsyncGenerator<Buffer> {
  let carried: Buffer = Buffer.alloc(0)
  let offset = 0
  let first = true
  for await (const chunk of chunks) {
    const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk])
    if (first && bytes.length < 4) {
      carried = bytes
      continue
    }
    const text = bytes.subarray(0, bytes.length - unfinished(bytes))
    await demandUtf8(file, text, offset)
    yield withoutNul(first ? withoutMark(file, text) : text, onNul)
    first = false
    carried = Buffer.from(bytes.subarray(text.length))
    offset += text.length
  }
  if (carried.length === 0) return
  await demandUtf8(file, carried, offset)
  yield withoutNul(first ? withoutMark(file, carried) : carried, onNul)
}

/** Number of bytes at the end that belong to an incomplete character. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    return length > back ? back : 0
  }
  return 0
}

function withoutMark(file: SourceFile, bytes: Buffer): Buffer {
  refuseUtf16(file, bytes)
  return startsWithMark(bytes) ? bytes.subarray(3) : bytes
}

/**
 * In UTF-16, every other byte of ASCII text is NUL. Text with a byte-order mark has already been
 * decoded.
 */
function refuseUtf16(file: SourceFile, bytes: Buffer): void {
  const little = bytes[1] === 0 && bytes[3] === 0 && bytes[0] !== 0
  const big = bytes[0] === 0 && bytes[2] === 0 && bytes[1] !== 0
  if (!little && !big) return
  const name = little ? 'UTF-16LE' : 'UTF-16BE'
  throw new SourceError({
    code: 'wrong_encoding',
    message: `the file is ${name}, not UTF-8`,
    hint: `convert it: iconv -f ${name} -t UTF-8 ${file.path} > converted.csv; or use a source of type file with encoding: ${name.toLowerCase()}`,
    at: { file: file.name, line: 1 },
  })
}

function withoutNul(bytes: Buffer, onNul: (count: number) => void): Buffer {
  if (!bytes.includes(0)) return bytes
  const kept = bytes.filter((byte) => byte !== 0)
  onNul(bytes.length - kept.length)
  return Buffer.from(kept.buffer, kept.byteOffset, kept.length)
}

async function demandUtf8(file: SourceFile, bytes: Buffer, offset: number): Promise<void> {
  if (isUtf8(bytes)) return
  if (offset === 0) refuseUtf16(file, bytes)
  throw new SourceError({
    code: 'wrong_encoding',
    message: 'the file is not UTF-8: this line contains bytes that UTF-8 does not allow',
    hint: `convert it, for example from Excel or an old system: iconv -f WINDOWS-1252 -t UTF-8 ${file.path} > converted.csv; or use a source of type file with encoding: latin1`,
    at: { file: file.name, line: await lineOfByte(file, offset + validLength(bytes)) },
  })
}

/** Length of the longest valid beginning, give or take one incomplete character. */
function validLength(bytes: Buffer): number {
  let valid = 0
  let invalid = bytes.length
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1
    const part = bytes.subarray(0, middle)
    if (isUtf8(part.subarray(0, middle - unfinished(part)))) valid = middle
    else invalid = middle
  }
  return valid
}

/**
 * Reads the file again, because counting lines in every reading would cost more than this rare case
 * is worth.
 */
async function lineOfByte(file: SourceFile, offset: number): Promise<number> {
  let line = 1
  let position = 0
  let previous = 0
  for await (const chunk of readBytes(file)) {
    for (const byte of chunk) {
      if (position++ === offset) return line
      if (byte === 0x0d || (byte === 0x0a && previous !== 0x0d)) line++
      previous = byte
    }
  }
  return line
}

export function nulWarning(file: Pick<SourceFile, 'name'>, count: number): Problem {
  return {
    code: 'nul_characters',
    severity: 'warning',
    message: `${count} NUL ${count === 1 ? 'character was' : 'characters were'} left out`,
    hint: 'check how the file was exported: NUL has no meaning in text',
    at: { file: file.name },
  }
}

const LF = 0x0a

interface Line {
  /** From 1. */
  line: number
  /** Without surrounding spaces. Undefined: the line is too long. */
  content: string | undefined
}

/**
 * The lines of a text, in batches of one chunk. Does not keep lines that are too long.
 * @param first number of the text's first line
 */
export async function* linesOf(text: AsyncIterable<Buffer>, maxBytes: number, first = 1): AsyncGenerator<Line[]> {
  let begun: Buffer[] = []
  let length = 0
  let line = first
  const finish = (rest: Buffer): Line => {
    const whole = begun.length === 0 ? rest : Buffer.concat([...begun, rest])
    const content = length + rest.length > maxBytes ? undefined : whole.toString('utf8').trim()
    begun = []
    length = 0
    return { line: line++, content }
  }
  for await (const chunk of text) {
    const lines: Line[] = []
    let at = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, at)) {
      lines.push(finish(chunk.subarray(at, end)))
      at = end + 1
    }
    if (at < chunk.length) {
      length += chunk.length - at
      if (length > maxBytes) begun = []
      else begun.push(chunk.subarray(at))
    }
    if (lines.length > 0) yield lines
  }
  if (length > 0) yield [finish(Buffer.alloc(0))]
}

/**
 * The encoding of a text. `latin1` means Windows-1252, as on the web
 * (https://encoding.spec.whatwg.org/#names-and-labels).
 */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1'

export const encodings: readonly Encoding[] = ['utf-8', 'utf-16le', 'utf-16be', 'latin1']

/** Bytes at the beginning that decide the byte order. */
const LOOKED_AT = 4096

/** Line ends, delimiters, quotes and braces: every table and JSON text begins with some. */
const SHAPING: ReadonlySet<number> = new Set(Buffer.from('\n\r\t,;|":{[', 'latin1'))

/**
 * Converts a text to UTF-8 bytes. A byte-order mark overrides `encoding`. By default, the text is
 * UTF-8 and passes unchecked.
 * @throws SourceError when a text is not valid UTF-16, or has the other byte order
 */
export async function* inUtf8(
  file: SourceFile,
  chunks: AsyncGenerator<Buffer>,
  encoding: Encoding = 'utf-8',
): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | undefined
  let start: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of chunks) {
    let bytes = chunk
    if (start !== undefined) {
      bytes = start.length === 0 ? chunk : Buffer.concat([start, chunk])
      start = bytes.length < 3 ? bytes : undefined
      if (start !== undefined) continue
      decoder = decoderOf(encodingOf(file, bytes, encoding))
    }
    const text = decoder === undefined ? bytes : decoded(file, decoder, bytes)
    if (text.length > 0) yield text
  }
  if (start !== undefined) decoder = decoderOf(encodingOf(file, start, encoding))
  if (start !== undefined && start.length > 0) yield decoder === undefined ? start : decoded(file, decoder, start)
  const rest = decoder === undefined ? undefined : decoded(file, decoder, undefined)
  if (rest !== undefined && rest.length > 0) yield rest
}

function marked(bytes: Buffer): Encoding | undefined {
  const mark = bytes.subarray(0, 3).toString('hex')
  if (mark === 'efbbbf') return 'utf-8'
  if (mark.startsWith('fffe')) return 'utf-16le'
  return mark.startsWith('feff') ? 'utf-16be' : undefined
}

/**
 * @throws SourceError when the byte order is wrong: the text would decode to random characters
 *   without line ends
 */
function encodingOf(file: SourceFile, bytes: Buffer, said: Encoding): Encoding {
  const mark = marked(bytes)
  if (mark !== undefined) return mark
  if (said !== 'utf-16le' && said !== 'utf-16be') return said
  const { little, big } = orderOf(bytes)
  const [own, other] = said === 'utf-16le' ? [little, big] : [big, little]
  if (other === 0 || own > 0) return said
  const real = said === 'utf-16le' ? 'utf-16be' : 'utf-16le'
  throw new SourceError({
    code: 'wrong_encoding',
    message: `the file is ${real.toUpperCase()}, not ${said.toUpperCase()}: its byte order is reversed`,
    hint: `set encoding: ${real}`,
    at: { file: file.name, line: 1 },
  })
}

/**
 * Counts structural characters at the beginning, for both byte orders. In the wrong order, they
 * would be U+0A00, U+2C00 and the like.
 */
function orderOf(bytes: Buffer): { little: number; big: number } {
  let little = 0
  let big = 0
  for (let index = 0; index + 1 < Math.min(bytes.length, LOOKED_AT); index += 2) {
    const [first = 0, second = 0] = [bytes[index], bytes[index + 1]]
    if (second === 0 && SHAPING.has(first)) little += 1
    if (first === 0 && SHAPING.has(second)) big += 1
  }
  return { little, big }
}

function decoderOf(encoding: Encoding): TextDecoder | undefined {
  return encoding === 'utf-8' ? undefined : new TextDecoder(encoding, { fatal: true })
}

/** @param bytes undefined: the end of the text */
function decoded(file: SourceFile, decoder: TextDecoder, bytes: Buffer | undefined): Buffer {
  try {
    return Buffer.from(bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true }))
  } catch {
    throw new SourceError({
      code: 'wrong_encoding',
      message: `parts of the file are not ${decoder.encoding.toUpperCase()}`,
      hint: 'look at its first bytes with xxd: the file is cut off or in another encoding',
      at: { file: file.name },
    })
  }
}
