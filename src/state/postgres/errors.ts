import { codeOf, OperatorError, StateError } from '../../diagnostics/errors.ts'
import { isLost, isTls, PASSING, sqlStateOf } from '../../postgres/errors.ts'

/**
 * What errors of PostgreSQL and of the connection to it mean for a state. In: an error of `pg`.
 * Out: the words for it.
 */

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

function untrusted(place: string, error: Error): StateError {
  const hint = /does not support SSL/.test(error.message)
    ? 'turn on TLS in the server; on a network that you trust, add sslmode=disable to the URL'
    : 'name the file of the certificates that signed it in state.ca (of RDS: global-bundle.pem)'
  return told('state_untrusted', `the connection to ${place} is not safe: ${error.message}`, hint, error)
}
