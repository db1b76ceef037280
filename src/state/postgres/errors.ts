import { codeOf, OperatorError, StateError } from '../../diagnostics/errors.ts'
import { isLost, isTls, PASSING, sqlStateOf } from '../../postgres/errors.ts'

/** Translates errors of PostgreSQL and its connection for a state. In: an error of `pg`. */

/** A translated error, or the same error if unknown. @param place without a password */
export function explained(place: string, error: unknown): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  const state = sqlStateOf(error)
  if (state === undefined) return ofClient(place, error)
  if (/^28/.test(state)) {
    const hint = 'check the user and the password in the variable of state.url'
    return told('state_password', `${place} rejected the user or the password`, hint, error)
  }
  if (state === '42501') {
    const hint = 'grant the user the privileges that docs/how-to/shared-state.md lists'
    return told('state_forbidden', `the user lacks a privilege in ${place}: ${error.message}`, hint, error)
  }
  if (state === '3D000')
    return told('state_no_database', `the database does not exist: ${place}`, 'create it, or correct state.url', error)
  if (state === '25006') return readOnly(place, error)
  if (/^53[12]/.test(state) || state === '58030') {
    const hint = 'free disk space there, then run the same command again: it continues where it stopped'
    return told('state_unwritable', `${place} cannot be written: ${error.message}`, hint, error)
  }
  if (state === '57014' || state === '55P03') {
    const hint = 'check what else runs in that database, then run the same command again'
    return told('state_slow', `${place} did not respond in time: ${error.message}`, hint, error)
  }
  if (PASSING.test(state)) return unreachable(place, error)
  if (state === '42P01' || state === '3F000') {
    const hint =
      'restore the name of the schema, or the database; then run the same command again: it continues where it stopped'
    return told('state_unreadable', `the state tables are missing from ${place}: ${error.message}`, hint, error)
  }
  return told(
    'state_unreadable',
    `${place} cannot be used: ${error.message} (${state})`,
    'check the PostgreSQL log',
    error,
  )
}

/** Translates errors of `pg` itself, without a response of the server. */
function ofClient(place: string, error: Error): Error {
  // The password is missing, or the server requires an unknown method.
  if (/^SASL: |authentication/i.test(error.message)) {
    const hint = 'check that the URL in the variable of state.url has a password'
    return told('state_password', `the user cannot sign in to ${place}: ${error.message}`, hint, error)
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
      hint: 'once the database responds, run the same command again: it continues where it stopped; nothing more was sent to WorkOS',
    },
    { cause },
  )
}

export function readOnly(place: string, cause?: Error): StateError {
  return new StateError(
    {
      code: 'state_read_only',
      message: `${place} does not accept writes: it is a replica, or set to read-only`,
      hint: 'point state.url at the primary',
    },
    { cause },
  )
}

function untrusted(place: string, error: Error): StateError {
  const hint = /does not support SSL/.test(error.message)
    ? 'turn on TLS on the server; or, on a network that you trust, add sslmode=disable to the URL'
    : 'set state.ca to the file of the certificates that signed it (for RDS: global-bundle.pem)'
  return told('state_untrusted', `the connection to ${place} is not secure: ${error.message}`, hint, error)
}
