import { gzipSync } from 'node:zlib'
import { type Answer, type Call, type Endpoint, ok } from '../http/exchange.ts'
import { type ExportField, exportCsv, exportJson, exportOrder } from './export-file.ts'
import { refuse } from './refusals.ts'
import type { Auth0Settings } from './settings.ts'
import type { Tenant } from './tenant.ts'

interface Job {
  id: string
  createdAt: number
  connection?: { id: string; name: string }
  format: 'json' | 'csv'
  limit?: number
  fields?: ExportField[]
  polls: number
  fails: boolean
  links: number
  /** The file, once the job is done. */
  file?: Buffer
}

/** Export jobs and the storage of their files, which checks signed links instead of tokens. */
export function jobEndpoints(tenant: Tenant, settings: Auth0Settings, url: () => string): Endpoint[] {
  const { export: exporting = {}, now = Date.now } = settings
  const { pendingPolls = 2, linkLifetime = 60, contentEncoding = false, gzip = true } = exporting
  let { staleLinks = 0, truncatedDownloads = 0, failedJobs = 0 } = exporting
  const jobs = new Map<string, Job>()

  const create = ({ text }: Call): Answer => {
    const { connection_id, format = 'csv', limit, fields } = bodyOf(text)
    const connection = connection_id === undefined ? undefined : tenant.connections.get(connection_id)
    if (connection_id !== undefined && connection === undefined) {
      refuse(400, 'The connection does not exist', 'inexistent_connection')
    }
    const id = `job_${String(jobs.size + 1).padStart(16, '0')}`
    const job: Job = {
      id,
      createdAt: now(),
      connection,
      format,
      limit,
      fields,
      polls: 0,
      links: 0,
      fails: failedJobs > 0,
    }
    failedJobs -= 1
    jobs.set(id, job)
    return ok(bodyOfJob(job, 'pending'))
  }

  const read = ({ params }: Call): Answer => {
    const job = jobs.get(params.id ?? '') ?? refuse(404, 'The job does not exist.', 'inexistent_job')
    job.polls += 1
    if (job.polls <= pendingPolls) {
      const percentage_done = Math.floor((100 * (job.polls - 1)) / (pendingPolls + 1))
      return ok(bodyOfJob(job, 'pending', { percentage_done, time_left_seconds: 2 * (pendingPolls - job.polls + 1) }))
    }
    if (job.fails) return ok(bodyOfJob(job, 'failed', { status_details: 'The export could not be finished.' }))
    job.file ??= fileOf(job)
    job.links += 1
    const expires = now() + (staleLinks > 0 ? -1 : linkLifetime) * 1000
    staleLinks -= 1
    const query = `Expires=${expires}&Signature=${signature(job, expires)}`
    return ok(
      bodyOfJob(job, 'completed', {
        location: `${exporting.storage ?? url()}/exports/${job.id}/tenant.${job.format}.gz?${query}`,
      }),
    )
  }

  const fileOf = ({ connection, format, limit, fields }: Job): Buffer => {
    const missing = new Set(exporting.missing)
    const users = exportOrder(tenant.users.all())
      .filter(({ user_id }) => !missing.has(user_id))
      .filter(({ identities }) => !connection || identities.some((one) => one.connection === connection.name))
      .slice(0, limit)
    if (format === 'csv') return packed(exportCsv(users, fields))
    const lines = exportJson(users, fields)
    for (const line of exporting.malformedLines ?? []) lines[line - 1] = lines[line - 1]?.slice(0, -5) ?? '{'
    return packed(lines.map((line) => `${line}\n`).join(''))
  }

  const packed = (text: string) => (gzip ? gzipSync(text, { level: 1 }) : Buffer.from(text))

  const download = ({ params, query, headers }: Call): Answer => {
    const job = jobs.get(params.job ?? '')
    const expires = Number(query.get('Expires'))
    if (job?.file === undefined) return storageRefusal(404, 'NoSuchKey')
    if (headers.authorization !== undefined) return storageRefusal(400, 'InvalidArgument')
    if (query.get('Signature') !== signature(job, expires)) return storageRefusal(403, 'SignatureDoesNotMatch')
    if (expires <= now()) return storageRefusal(403, 'AccessDenied')
    const encoding: Record<string, string> = contentEncoding && gzip ? { 'Content-Encoding': 'gzip' } : {}
    const whole = truncatedDownloads <= 0
    truncatedDownloads -= 1
    return {
      status: 200,
      bytes: whole ? job.file : job.file.subarray(0, Math.floor(job.file.length / 2)),
      headers: { 'Content-Type': 'application/octet-stream', ...encoding },
    }
  }

  return [
    { method: 'POST', path: '/api/v2/jobs/users-exports', answer: create },
    { method: 'GET', path: '/api/v2/jobs/:id', answer: read },
    { method: 'GET', path: '/exports/:job/:file', answer: download },
  ]
}

interface ExportRequest {
  connection_id?: string
  format?: 'json' | 'csv'
  limit?: number
  fields?: ExportField[]
}

const KEYS = ['connection_id', 'format', 'limit', 'fields']
/** https://auth0.com/docs/manage-users/user-migration/bulk-user-exports */
const MAX_CSV_FIELDS = 30

function bodyOf(text: string): ExportRequest {
  const body: ExportRequest = text === '' ? {} : JSON.parse(text)
  for (const key of Object.keys(body)) {
    if (!KEYS.includes(key))
      refuse(400, `Payload validation error: 'Additional properties not allowed: ${key}'.`, 'invalid_body')
  }
  if (body.format !== undefined && body.format !== 'json' && body.format !== 'csv') {
    refuse(400, "Payload validation error: 'No enum match' on property format.", 'invalid_body')
  }
  if (body.format !== 'json' && (body.fields?.length ?? 0) > MAX_CSV_FIELDS) {
    refuse(400, 'Payload validation error: too many fields.', 'invalid_body')
  }
  return body
}

function bodyOfJob(job: Job, status: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const { id, connection, format, limit, fields, createdAt } = job
  const created_at = new Date(createdAt).toISOString()
  const of = connection && { connection_id: connection.id, connection: connection.name }
  return { type: 'users_export', status, ...of, format, limit, fields, created_at, id, ...more }
}

function signature({ id, createdAt }: Job, expires: number): string {
  return Buffer.from(`${id}/${createdAt}/${expires}`).toString('base64url')
}

function storageRefusal(status: number, code: string): Answer {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`
  return { status, bytes: Buffer.from(xml), headers: { 'Content-Type': 'application/xml' } }
}
