import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { SourceError } from '../../../diagnostics/errors.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import { parseJsonText } from '../../../json-text.ts'

/** One line of an export that is not blank: a user, or what is wrong with it. */
export interface ExportLine {
  /** From 1. */
  number: number
  user: JsonObject | undefined
  /** Shows nothing of the line. */
  problem: string
  /** Id of the user whom a line is of that is none, where it begins with that. */
  id?: string
}

/** An export gives the fields in the order in which they were asked for: the id is the first. */
const ID_FIRST = /^\s*\{\s*"user_id"\s*:\s*"([^"\\]+)"/

/** A line longer than this is none. Characters; Auth0 allows a user 16 MB of metadata. */
const LONGEST_LINE = 64 * 1024 * 1024

/**
 * The lines of a download of NDJSON. It is unpacked if it is gzip, which its first bytes say (1f 8b, RFC 1952) and its Content-Encoding often does
 * not.
 * @throws SourceError `export_cut_off` when it ends before its end, or the link does not lead to it any more
 */
export async function* exportLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<ExportLine> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: false })
  let number = 0
  let rest = ''
  const lineOf = (text: string): ExportLine => {
    const parsed = parseJsonText(text)
    const user = parsed.ok && isObject(parsed.value) ? (parsed.value as JsonObject) : undefined
    const line = { number: ++number, user, problem: parsed.ok ? 'not a JSON object' : parsed.message }
    const id = user === undefined ? ID_FIRST.exec(text)?.[1] : undefined
    return id === undefined ? line : { ...line, id }
  }
  try {
    for await (const chunk of unpacked(bytes)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LONGEST_LINE) throw cutOff('a line does not end')
      for (const line of lines) if (line.trim() !== '') yield lineOf(line)
    }
  } catch (error) {
    throw explained(error)
  }
  rest += decoder.decode()
  if (rest.trim() === '') return
  const last = lineOf(rest)
  // A last line that breaks off says that the rest of the file is missing too.
  if (last.user === undefined) throw cutOff('its last line breaks off')
  yield last
}

async function* unpacked(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = bytes[Symbol.asyncIterator]()
  let start: Buffer = Buffer.alloc(0)
  let done = false
  while (start.length < 2 && !done) {
    const next = await chunks.next()
    done = next.done === true
    if (!next.done) start = Buffer.concat([start, next.value])
  }
  const whole = chain(start, chunks)
  if (start[0] !== 0x1f || start[1] !== 0x8b) return yield* whole
  // An error on either side reaches the reader through the iteration; the callback only keeps it from being unhandled.
  yield* pipeline(Readable.from(whole), createGunzip(), () => {})
}

async function* chain(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

function explained(error: unknown): unknown {
  if (error instanceof HttpRefusal) return cutOff(`the link to it was answered HTTP ${error.status}`)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') return cutOff('its gzip data is damaged or cut off')
  return error
}

function cutOff(why: string): SourceError {
  return new SourceError({
    code: 'export_cut_off',
    message: `the export of users cannot be downloaded to its end: ${why}`,
    hint: 'run the same command again: it goes on where it stopped',
  })
}
