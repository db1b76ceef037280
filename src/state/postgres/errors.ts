import { codeOf, OperatorError, StateError } from '../../diagnostics/errors.ts'

/** What errors of PostgreSQL and of the connection to it mean. In: an error of `pg`. Out: whether the connection is gone, or the words for it. */

/** The connection is gone, and with it the lock. What was sent last may have been carried out, or not. */
export class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'ConnectionLost'
  }
}

/** The server shuts down, starts, or has no room for another connection. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const PASSING = /^(08...|57P0[1235]|53300)$/

/** SQLSTATE of an error that the server has sent; undefined for one of the connection itself. */
function sqlStateOf(error: unknown): string | undefined {
  const code = codeOf(error)
  return error instanceof Error && 'severity' in error && code !== undefined ? code : undefined
}

/** Whether an error leaves no connection to go on with. */
export function isLost(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true
  if (error instanceof OperatorError) return false
  const state = sqlStateOf(error)
  if (state !== undefined) return PASSING.test(state)
  // Of a query that `pg` itself gives up, and of sockets. Anything else is a defect of ours.
  const text = error instanceof Error ? error.message : ''
  return isOfSocket(codeOf(error)) || /connection|timeout|Query read timeout|not queryable/i.test(text)
}

function isOfSocket(code: string | undefined): boolean {
  return code !== undefined && /^(E[A-Z]+|EAI_AGAIN)$/.test(code) && !code.startsWith('ERR_')
}

/** An error as its reader needs it; any other as it is. @param place without a password */
export function explained(place: string, error: unknown): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  const state = sqlStateOf(error)
  if (state === undefined) return ofClient(place, error)
  if (/^28/.test(state)) {
    const hint = 'check the user and the password in the variable of state.url'
    return told('state_password', `${place} refuses the user or the password`, hint, error)
  }
  if (state === '42501') {
    const hint = 'give the user its grants: docs/how-to/shared-state.md lists them'
    return told('state_forbidden', `this user may not do that in ${place}: ${error.message}`, hint, error)
  }
  if (state === '3D000')
    return told('state_no_database', `there is no such database: ${place}`, 'create it, or correct state.url', error)
  if (state === '25006') return readOnly(place, error)
  if (/^53[12]/.test(state) || state === '58030') {
    const hint = 'make room there, then run the same command again: it goes on where it stopped'
    return told('state_unwritable', `${place} cannot be written: ${error.message}`, hint, error)
  }
  if (state === '57014' || state === '55P03') {
    const hint = 'see what else works in that database, then run the same command again'
    return told('state_slow', `${place} did not answer in time: ${error.message}`, hint, error)
  }
  if (PASSING.test(state)) return unreachable(place, error)
  if (state === '42P01' || state === '3F000') {
    const hint =
      'give the schema its name back, or restore the database; then run the same command again: it goes on where it stopped'
    return told('state_unreadable', `the tables of the state are gone from ${place}: ${error.message}`, hint, error)
  }
  return told(
    'state_unreadable',
    `${place} cannot be used: ${error.message} (${state})`,
    'see the log of PostgreSQL',
    error,
  )
}

/** What `pg` itself says, without a word of the server. */
function ofClient(place: string, error: Error): Error {
  // A password that is missing, or a server that asks for one in a way that is not known here.
  if (/^SASL: |authentication/i.test(error.message)) {
    const hint = 'check that the URL in the variable of state.url has a password'
    return told('state_password', `the user cannot prove itself to ${place}: ${error.message}`, hint, error)
  }
  if (isTls(error)) return untrusted(place, error)
  return isLost(error) ? unreachable(place, error) : error
}

function told(code: string, message: string, hint: string, cause: Error): StateError {
  return new StateError({ code, message, hint }, { cause })
}

export function unreachable(place: string, cause: unknown): StateError {
  const reason = cause instanceof Error ? cause.message || codeOf(cause) : String(cause)
  return new StateError(
    {
      code: 'state_unreachable',
      message: `${place} cannot be reached: ${reason}`,
      hint: 'nothing more was sent to WorkOS; once the database answers, run the same command again: it goes on where it stopped',
    },
    { cause },
  )
}

export function readOnly(place: string, cause?: Error): StateError {
  return new StateError(
    {
      code: 'state_read_only',
      message: `${place} takes no writes: it is a replica, or set to read only`,
      hint: 'name the primary in state.url',
    },
    { cause },
  )
}

function isTls(error: Error): boolean {
  const code = codeOf(error) ?? ''
  return /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/.test(code) || /SSL/.test(error.message)
}

function untrusted(place: string, error: Error): StateError {
  const hint = /does not support SSL/.test(error.message)
    ? 'turn on TLS in the server; on a network that you trust, add sslmode=disable to the URL'
    : 'name the file of the certificates that signed it in state.ca (of RDS: global-bundle.pem)'
  return told('state_untrusted', `the connection to ${place} is not safe: ${error.message}`, hint, error)
}
