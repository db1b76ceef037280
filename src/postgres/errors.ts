import { codeOf, OperatorError } from '../diagnostics/errors.ts'

/** Classifies errors of PostgreSQL and of the connection. In: an error of `pg`. */

/**
 * The connection and its session are gone. The last statement might or might not have taken effect.
 */
export class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'ConnectionLost'
  }
}

/**
 * The server is shutting down, starting, or accepts no more connections.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export const PASSING = /^(08...|57P0[1235]|53300)$/

/**
 * The SQLSTATE of an error that the server sent; undefined for an error of the connection itself.
 */
export function sqlStateOf(error: unknown): string | undefined {
  const code = codeOf(error)
  return error instanceof Error && 'severity' in error && code !== undefined ? code : undefined
}

/** Whether the connection is unusable after this error. */
export function isLost(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true
  if (error instanceof OperatorError) return false
  const state = sqlStateOf(error)
  if (state !== undefined) return PASSING.test(state)
  // Errors of queries that `pg` abandons, and of sockets. Anything else is a defect in this
  // program.
  const text = error instanceof Error ? error.message : ''
  return isOfSocket(codeOf(error)) || /connection|timeout|Query read timeout|not queryable/i.test(text)
}

function isOfSocket(code: string | undefined): boolean {
  return code !== undefined && /^(E[A-Z]+|EAI_AGAIN)$/.test(code) && !code.startsWith('ERR_')
}

/** Whether it concerns TLS: certificates, or a server without TLS. */
export function isTls(error: Error): boolean {
  const code = codeOf(error) ?? ''
  return /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/.test(code) || /SSL/.test(error.message)
}
