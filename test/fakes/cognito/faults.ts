import type { Answer } from '../http/exchange.ts'
import { Refused } from '../http/refused.ts'

/**
 * An error response of AWS's JSON 1.1 protocol:
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
function faultAnswer(name: string, message: string, status = 400): Answer {
  const body = { __type: name, message }
  return { status, body, headers: { 'Content-Type': 'application/x-amz-json-1.1', 'x-amzn-ErrorType': `${name}:` } }
}

/** Ends the handling of a request. */
export function fault(name: string, message: string, status = 400): never {
  throw new Refused(faultAnswer(name, message, status))
}

/** For random errors. */
export function chance(status: number): Answer {
  if (status === 429) return faultAnswer('TooManyRequestsException', 'Rate exceeded')
  if (status === 404) return faultAnswer('UnknownOperationException', '', 404)
  return faultAnswer('InternalErrorException', 'Internal server error', status)
}
