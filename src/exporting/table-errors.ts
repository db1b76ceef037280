import { ExportError, ManifestError, OperatorError } from '../diagnostics/errors.ts'
import { CertificatesUnreadable, EndpointFault } from '../postgres/endpoint.ts'
import { isLost, isTls, sqlStateOf } from '../postgres/errors.ts'

/**
 * What errors of an export to a table mean. In: errors of `pg`, of addresses. Out: errors in words.
 * Nothing of a row is in them.
 */

interface Table {
  table: readonly string[]
}

export function unfit({ table }: Table, why: string): ExportError {
  return new ExportError({
    code: 'export_table',
    message: `${table.join('.')} cannot take the ids: ${why}`,
    hint: 'name a table that does not exist yet in export.postgres.table: it is made with all that it needs',
  })
}

export function noSuchSchema({ table }: Table, schema: string): ExportError {
  return new ExportError({
    code: 'export_schema',
    message: `there is no schema ${schema} to make ${table.join('.')} in`,
    hint: `create it, or correct export.postgres.table`,
  })
}

/** An error as its reader needs it; a defect as it is. @param place without a password */
export function explained(error: unknown, { place, table }: Table & { place: string }): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  const told = (code: string, message: string, hint: string) =>
    new ExportError({ code, message, hint }, { cause: error })
  const state = sqlStateOf(error)
  const again = 'it is one transaction: nothing was written. Run the same command again'
  if (state === undefined && /^SASL: |authentication/i.test(error.message)) {
    return told(
      'export_password',
      `the user cannot prove itself to ${place}`,
      'check the password in export.postgres.url',
    )
  }
  if (isTls(error)) {
    const hint =
      'name the certificates that signed it in export.postgres.ca; on a network that you trust, add sslmode=disable to the URL'
    return told('export_untrusted', `the connection to ${place} is not secure: ${error.message}`, hint)
  }
  if (isLost(error)) {
    const hint = 'run the same command again: either all was written or nothing, and what is there is not written again'
    return told('export_unreachable', `${place} cannot be reached: ${error.message}`, hint)
  }
  if (state === undefined) return error
  if (/^28/.test(state)) {
    const hint = 'check the user and the password in export.postgres.url'
    return told('export_password', `${place} rejected the user or the password`, hint)
  }
  if (state === '3D000')
    return told('export_no_database', `the database does not exist: ${place}`, 'create it, or correct the URL')
  if (state === '42501') {
    const hint = `let the user make or write the table: GRANT SELECT, INSERT, UPDATE, DELETE ON ${table.join('.')}, CREATE on its schema, TEMPORARY on the database`
    return told('export_forbidden', `the user lacks a privilege in ${place}: ${error.message}`, hint)
  }
  if (state === '25006') {
    return told(
      'export_read_only',
      `${place} does not accept writes: it is a replica, or set to read-only`,
      'name the primary',
    )
  }
  if (state === '57014' || state === '55P03') {
    return told('export_slow', `${place} did not respond in time: ${error.message}`, again)
  }
  return told(
    'export_failed',
    `${place} refuses the ids: ${error.message} (${state})`,
    `see the log of PostgreSQL; ${again}`,
  )
}

/** What is wrong with the address. @param at where the manifest has it */
export function explainedEndpoint(
  error: unknown,
  at: (key: 'url' | 'ca') => { path: string; at: ManifestError['at'] },
): unknown {
  if (error instanceof EndpointFault) {
    const message = `export.postgres.url cannot be used: ${error.message}`
    return new ManifestError({ code: 'export_url', message, hint: error.hint, ...at('url') }, { cause: error })
  }
  if (!(error instanceof CertificatesUnreadable)) return error
  const message = `the certificates cannot be read: ${error.message}`
  const hint = 'correct export.postgres.ca: the path starts from the manifest’s folder'
  return new ManifestError({ code: 'export_ca', message, hint, ...at('ca') }, { cause: error })
}
