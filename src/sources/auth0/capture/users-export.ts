import { Readable } from 'node:stream'
import { sleep, systemClock } from '../../../clock.ts'
import { codeOf, OperatorError, SourceError } from '../../../diagnostics/errors.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { parseJsonText } from '../../../json-text.ts'
import { type SnapshotWriter, SpoiledReading } from '../../snapshot/snapshot.ts'
import type { CaptureContext } from '../../source.ts'
import { chain, isGzip, unpackGzip } from '../../text/bytes.ts'
import { idsIn, STREAMS, USER_FIELDS, unreadRow } from '../streams.ts'
import type { Tenant } from './api.ts'

export interface ExportReading {
  tenant: Tenant
  snapshot: SnapshotWriter
  context: CaptureContext
  step: string
  /** The tenant's count of users, for the progress. */
  total: number
  /** Which users become rows. */
  keep(user: JsonObject): boolean
}

/** Auth0 keeps the file of a job for 24 hours. Milliseconds. */
const JOB_LIFE = 24 * 60 * 60 * 1000
/** Wait between two requests for the status of a job, milliseconds. */
const FIRST_POLL = 200
const LONGEST_POLL = 10_000
/** How often in a row a job can fail, or a download return nothing new. */
const ATTEMPTS = 5
/** Rows per append. */
const BATCH = 1000

/**
 * The progress of an export. `createdAt`: ms since the epoch; `lines`: lines read so far; `after`:
 * whether the snapshot has users of an earlier job.
 */
type Cursor = { job: string; createdAt: number; lines: number; after: boolean }

/**
 * Reads all users by an export job, from the line where an earlier run stopped:
 * https://auth0.com/docs/manage-users/user-migration/bulk-user-exports
 * @returns the number of lines
 * @throws SpoiledReading if the earlier run is a day old, because its rows could include users
 *   deleted since; SourceError if jobs or downloads fail repeatedly
 */
export async function exportUsers(reading: ExportReading): Promise<number> {
  const { tenant, snapshot, context, step } = reading
  const earlier = cursorOf(snapshot.cursor(step))
  if (earlier !== undefined && isExpired(earlier) && snapshot.count(STREAMS.users) > 0) throw outlived(earlier)
  for (let fruitless = 0; fruitless < ATTEMPTS; ) {
    const reached = cursorOf(snapshot.cursor(step))
    const cursor = reached === undefined || isExpired(reached) ? await begin(reading) : reached
    const link = await finishedJob(tenant, cursor.job, context)
    if (link === undefined) {
      fruitless += 1
      await begin(reading)
      continue
    }
    try {
      return await download(reading, link, cursor)
    } catch (error) {
      if (!isBroken(error)) throw error
      const lines = cursorOf(snapshot.cursor(step))?.lines ?? 0
      fruitless = lines > cursor.lines ? 0 : fruitless + 1
      if (fruitless === ATTEMPTS) throw error
      context.progress({ phase: 'downloading the export of users again after an interruption' })
    }
  }
  throw new SourceError({
    code: 'export_failed',
    message: `${tenant.name} did not finish an export of its users in ${ATTEMPTS} attempts`,
    hint: 'check Auth0 dashboard, Monitoring, Logs: another export might be running. Then run the same command again',
  })
}

async function begin({ tenant, snapshot, step }: ExportReading): Promise<Cursor> {
  const { id } = await tenant.post('/jobs/users-exports', {
    format: 'json',
    fields: USER_FIELDS.map((name) => ({ name })),
  })
  if (typeof id !== 'string') throw tenant.unexpected('POST /jobs/users-exports', 'the ID of a job')
  const cursor = { job: id, createdAt: Date.now(), lines: 0, after: snapshot.count(STREAMS.users) > 0 }
  await snapshot.append(STREAMS.users, [], { step, cursor })
  return cursor
}

/**
 * Waits for a job. Returns the link to its file, valid for 60 s; undefined if the job failed or no
 * longer exists.
 */
async function finishedJob(tenant: Tenant, id: string, context: CaptureContext): Promise<string | undefined> {
  for (let wait = FIRST_POLL; ; wait = Math.min(wait * 1.6, LONGEST_POLL)) {
    const job = await tenant.find(`/jobs/${encodeURIComponent(id)}`)
    if (job === undefined || job.status === 'failed') return undefined
    if (job.status === 'completed') return typeof job.location === 'string' ? job.location : undefined
    const share = typeof job.percentage_done === 'number' ? { share: job.percentage_done / 100 } : {}
    context.progress({ phase: 'waiting for the tenant to prepare the export of users', ...share })
    await sleep(context.clock ?? systemClock, wait, context.signal)
  }
}

async function download(reading: ExportReading, link: string, start: Cursor): Promise<number> {
  const { tenant, snapshot, context, step, total, keep } = reading
  // An earlier job had other line numbers, so known users are recognized by ID.
  const known = start.after ? await idsIn(snapshot, STREAMS.users, 'user_id') : undefined
  const file = `users export ${start.job}`
  let cursor = start
  let users: JsonObject[] = []
  let unread: JsonObject[] = []
  const flush = async (done: boolean) => {
    // Both appends start before the first await, so that they become durable together.
    await Promise.all([
      snapshot.append(STREAMS.unread, unread, { step, cursor }),
      snapshot.append(STREAMS.users, users, { step, cursor, done }),
    ])
    users = []
    unread = []
    context.progress({ phase: 'reading the users', done: cursor.lines, total })
  }
  try {
    for await (const { number, user, problem, id } of exportLines(tenant.bytes(link))) {
      context.signal?.throwIfAborted()
      if (number <= start.lines) continue
      cursor = { ...start, lines: number }
      if (user === undefined) {
        unread.push(
          unreadRow({
            stream: 'users',
            code: 'bad_json',
            message: `the line of the export is ${problem}`,
            hint: 'export again with --fresh; if the line stays unreadable, find the missing user in the Auth0 dashboard',
            at: { file, line: number },
            user: id,
          }),
        )
      } else if (keep(user) && known?.has(String(user.user_id)) !== true) users.push(user)
      if (users.length + unread.length >= BATCH) await flush(false)
    }
    await flush(true)
    return cursor.lines
  } finally {
    known?.close()
  }
}

/** Whether a new link can help. */
function isBroken(error: unknown): boolean {
  const codes = error instanceof OperatorError ? error.problems.map(({ code }) => code) : []
  return codes.includes('download_broken') || codes.includes('export_cut_off')
}

function cursorOf(value: Json | undefined): Cursor | undefined {
  if (!isObject(value)) return undefined
  const { job, createdAt, lines, after } = value
  if (typeof job !== 'string' || typeof createdAt !== 'number' || typeof lines !== 'number') return undefined
  return { job, createdAt, lines, after: after === true }
}

/** Whether Auth0 has deleted the file of the job. */
function isExpired({ createdAt }: Cursor): boolean {
  return Date.now() - createdAt >= JOB_LIFE
}

function outlived({ createdAt }: Cursor): SpoiledReading {
  return new SpoiledReading({
    code: 'export_expired',
    message: `the export of users from ${new Date(createdAt).toISOString()} was only partly read, and Auth0 has deleted it after one day`,
    hint: 'run the same command again: it reads from the beginning',
  })
}

/** A non-blank line of an export: a user or a problem. */
interface ExportLine {
  /** From 1. */
  number: number
  user: JsonObject | undefined
  /** Never quotes the line. */
  problem: string
  /** ID of the user of an unreadable line, if the line begins with it. */
  id?: string
}

/** An export writes the fields in the requested order, the ID first. */
const ID_FIRST = /^\s*\{\s*"user_id"\s*:\s*"([^"\\]+)"/

/** Longest accepted line, in characters. Auth0 allows 16 MB of metadata per user. */
const LONGEST_LINE = 64 * 1024 * 1024

/**
 * The lines of a downloaded NDJSON file. Gzip is recognized by its first bytes (1f 8b, RFC 1952),
 * because Content-Encoding often does not name it.
 * @throws SourceError `export_cut_off` if the file is cut off or the link has expired
 */
async function* exportLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<ExportLine> {
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
      if (rest.length > LONGEST_LINE) throw cutOff('a line is too long')
      for (const line of lines) if (line.trim() !== '') yield lineOf(line)
    }
  } catch (error) {
    throw explained(error)
  }
  rest += decoder.decode()
  if (rest.trim() === '') return
  const last = lineOf(rest)
  // An incomplete last line shows that the rest of the file is missing.
  if (last.user === undefined) throw cutOff('its last line is incomplete')
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
  yield* isGzip(start) ? unpackGzip(Readable.from(whole)) : whole
}

function explained(error: unknown): unknown {
  if (error instanceof HttpRefusal) return cutOff(`its link returned HTTP ${error.status}`)
  const code = codeOf(error)
  if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') return cutOff('its gzip data is damaged or cut off')
  return error
}

function cutOff(why: string): SourceError {
  return new SourceError({
    code: 'export_cut_off',
    message: `the download of the export of users is incomplete: ${why}`,
    hint: 'run the same command again: it continues where it stopped',
  })
}
