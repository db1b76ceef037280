import { sleep, systemClock } from '../../../clock.ts'
import { OperatorError, SourceError } from '../../../diagnostics/errors.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import type { SnapshotWriter } from '../../snapshot/snapshot.ts'
import { SpoiledReading } from '../../snapshot/spoiled-reading.ts'
import type { CaptureContext } from '../../source.ts'
import { idsIn, STREAMS, unreadRow } from '../snapshot-rows.ts'
import type { Tenant } from '../tenant/tenant.ts'
import { USER_FIELDS } from '../user-fields.ts'
import { exportLines } from './export-lines.ts'

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
 * Where an export stands: its job, when that was made (ms since the epoch), how many of its lines have been read, and whether
 * there were users of an earlier job before.
 */
type Cursor = { job: string; createdAt: number; lines: number; after: boolean }

/**
 * Reads all users by an export job (https://auth0.com/docs/manage-users/user-migration/bulk-user-exports), from the line on which an
 * earlier run stopped.
 * @returns how many lines there were
 * @throws SpoiledReading when that run is a day ago: whoever was deleted since would stay among its rows; SourceError when jobs fail, or their download breaks off, again and again
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

/** A link to what the job has exported, once it is done; undefined when it failed or is gone. The link lives 60 seconds. */
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
