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

/** What an export is read for. */
export interface ExportReading {
  tenant: Tenant
  snapshot: SnapshotWriter
  context: CaptureContext
  step: string
  /** How many users the tenant counts, for the progress. */
  total: number
  /** Which users become rows. */
  keep(user: JsonObject): boolean
}

/** Auth0 keeps what a job has exported for 24 hours. Milliseconds. */
const JOB_LIFE = 24 * 60 * 60 * 1000
/** Between two looks at a job, milliseconds. */
const FIRST_POLL = 200
const LONGEST_POLL = 10_000
/** How often in a row a job may fail, or its download bring nothing new. */
const ATTEMPTS = 5
/** Rows that are handed on together. */
const BATCH = 1000

/**
 * Where an export stands: its job, when that was made (ms since the epoch), how many of its lines
 * have been read, and whether there were users of an earlier job before.
 */
type Cursor = { job: string; createdAt: number; lines: number; after: boolean }

/**
 * Reads all users by an export job
 * (https://auth0.com/docs/manage-users/user-migration/bulk-user-exports), from the line on which an
 * earlier run stopped.
 * @returns how many lines there were
 * @throws SpoiledReading when that run is a day ago: whoever was deleted since would stay among its
 *   rows; SourceError when jobs fail, or their download breaks off, again and again
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
      context.progress({ phase: 'asking again for the export of users, which broke off' })
    }
  }
  throw new SourceError({
    code: 'export_failed',
    message: `${tenant.name} could not finish an export of its users in ${ATTEMPTS} attempts`,
    hint: 'look at Auth0 dashboard, Monitoring, Logs; another export may be running. Then run the same command again',
  })
}

async function begin({ tenant, snapshot, step }: ExportReading): Promise<Cursor> {
  const { id } = await tenant.post('/jobs/users-exports', {
    format: 'json',
    fields: USER_FIELDS.map((name) => ({ name })),
  })
  if (typeof id !== 'string') throw tenant.unexpected('POST /jobs/users-exports', 'the id of a job')
  const cursor = { job: id, createdAt: Date.now(), lines: 0, after: snapshot.count(STREAMS.users) > 0 }
  await snapshot.append(STREAMS.users, [], { step, cursor })
  return cursor
}

/**
 * A link to what the job has exported, once it is done; undefined when it failed or is gone. The
 * link lives 60 seconds.
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
  // Rows of an earlier job stood on other lines: what is there already is told by its id.
  const known = start.after ? await idsIn(snapshot, STREAMS.users, 'user_id') : undefined
  const file = `users export ${start.job}`
  let cursor = start
  let users: JsonObject[] = []
  let unread: JsonObject[] = []
  const flush = async (done: boolean) => {
    // Both appends are begun before anything is awaited, and so become durable together.
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
            hint: 'the tenant wrote it so: look for the user that is missing, or export again with --fresh',
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

/** Whether asking for the link again may help. */
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

/** Whether the file of a job is gone. */
function isExpired({ createdAt }: Cursor): boolean {
  return Date.now() - createdAt >= JOB_LIFE
}

function outlived({ createdAt }: Cursor): SpoiledReading {
  return new SpoiledReading({
    code: 'export_expired',
    message: `the export of users of ${new Date(createdAt).toISOString()} was read in part, and the tenant keeps it for a day only`,
    hint: 'run the same command again, which reads from the beginning',
  })
}

/** One line of an export that is not blank: a user, or what is wrong with it. */
interface ExportLine {
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
 * The lines of a download of NDJSON. It is unpacked if it is gzip, which its first bytes say (1f
 * 8b, RFC 1952) and its Content-Encoding often does not.
 * @throws SourceError `export_cut_off` when it ends before its end, or the link does not lead to it
 *   any more
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
  yield* isGzip(start) ? unpackGzip(Readable.from(whole)) : whole
}

function explained(error: unknown): unknown {
  if (error instanceof HttpRefusal) return cutOff(`the link to it was answered HTTP ${error.status}`)
  const code = codeOf(error)
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
