import { ExportError, ManifestError, OperatorError } from '../diagnostics/errors.ts'
import { CertificatesUnreadable, EndpointFault } from '../postgres/endpoint.ts'
import { isLost, isTls, sqlStateOf } from '../postgres/errors.ts'

/**
 * Explains errors of an export to a table: errors of `pg` and of URLs. Messages contain no row
 * values.
 */

interface Table {
  table: readonly string[]
}

export function unfit({ table }: Table, why: string): ExportError {
  return new ExportError({
    code: 'export_table',
    message: `${table.join('.')} cannot be used for the IDs: ${why}`,
    hint: 'set export.postgres.table to a new name, and the command creates the table',
  })
}

export function noSuchSchema({ table }: Table, schema: string): ExportError {
  return new ExportError({
    code: 'export_schema',
    message: `the schema ${schema} of ${table.join('.')} does not exist`,
    hint: 'create the schema, or correct export.postgres.table',
  })
}

/**
 * Explains an error; returns a defect unchanged.
 * @param place without a password
 */
export function explained(error: unknown, { place, table }: Table & { place: string }): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  const told = (code: string, message: string, hint: string) =>
    new ExportError({ code, message, hint }, { cause: error })
  const state = sqlStateOf(error)
  const again = 'run the same command again; the transaction was rolled back, so nothing was written'
  if (state === undefined && /^SASL: |authentication/i.test(error.message)) {
    return told(
      'export_password',
      `cannot sign in to ${place} with this password`,
      'check the password in export.postgres.url',
    )
  }
  if (isTls(error)) {
    const hint =
      'set export.postgres.ca to the file with the CA certificates; on a trusted network, add sslmode=disable to the URL'
    return told('export_untrusted', `the connection to ${place} is not safe: ${error.message}`, hint)
  }
  if (isLost(error)) {
    const hint =
      'run the same command again; either all rows were written or none, and existing rows are not written twice'
    return told('export_unreachable', `${place} cannot be reached: ${error.message}`, hint)
  }
  if (state === undefined) return error
  if (/^28/.test(state)) {
    const hint = 'check the user and the password in export.postgres.url'
    return told('export_password', `${place} rejected the user or the password`, hint)
  }
  if (state === '3D000')
    return told(
      'export_no_database',
      `there is no such database: ${place}`,
      'create the database, or correct export.postgres.url',
    )
  if (state === '42501') {
    const hint = `grant the user what is missing: SELECT, INSERT, UPDATE, DELETE ON ${table.join('.')}, CREATE on its schema, TEMPORARY on the database`
    return told(
      'export_forbidden',
      `the user of export.postgres.url lacks a privilege in ${place}: ${error.message}`,
      hint,
    )
  }
  if (state === '25006') {
    return told(
      'export_read_only',
      `${place} is read-only, for example a replica`,
      'set export.postgres.url to the primary',
    )
  }
  if (state === '57014' || state === '55P03') {
    return told('export_slow', `${place} did not respond in time: ${error.message}`, again)
  }
  return told(
    'export_failed',
    `${place} rejected the IDs: ${error.message} (${state})`,
    `look in the database log for the cause, then ${again}`,
  )
}

/**
 * Explains an error of the URL or the certificates.
 * @param at the place in the manifest
 */
export function explainedEndpoint(
  error: unknown,
  at: (key: 'url' | 'ca') => { path: string; at: ManifestError['at'] },
): unknown {
  if (error instanceof EndpointFault) {
    const message = `export.postgres.url cannot be used: ${error.message}`
    return new ManifestError({ code: 'export_url', message, hint: error.hint, ...at('url') }, { cause: error })
  }
  if (!(error instanceof CertificatesUnreadable)) return error
  const message = `cannot read the certificates: ${error.message}`
  const hint = "correct export.postgres.ca; the path is relative to the manifest's folder"
  return new ManifestError({ code: 'export_ca', message, hint, ...at('ca') }, { cause: error })
}
