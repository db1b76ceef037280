import { codeOf, OperatorError } from '../diagnostics/errors.ts'

/**
 * What errors of PostgreSQL and of the connection to it are about. In: an error of `pg`. Out: whose
 * error it is, and whether the connection is gone.
 */

/**
 * The connection is gone, and with it what the session held. What was sent last may have been
 * carried out, or not.
 */
export class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'ConnectionLost'
  }
}

/**
 * The server shuts down, starts, or has no room for another connection.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export const PASSING = /^(08...|57P0[1235]|53300)$/

/** SQLSTATE of an error that the server has sent; undefined for one of the connection itself. */
export function sqlStateOf(error: unknown): string | undefined {
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

/** Whether it is about the safety of the connection: certificates, or a server without TLS. */
export function isTls(error: Error): boolean {
  const code = codeOf(error) ?? ''
  return /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/.test(code) || /SSL/.test(error.message)
}
