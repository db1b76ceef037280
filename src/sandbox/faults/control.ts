import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from '../body.ts'
import { Refusal } from '../refusal.ts'
import type { FaultReport, FaultSet } from './fault.ts'
import { parseFaultSet } from './parse.ts'

/** Where the sandbox itself is steered: outside WorkOS's API. */
export const CONTROL_PREFIX = '/_sandbox/'

const PATH = `${CONTROL_PREFIX}faults`

/** What the control endpoint steers. */
export interface Controlled {
  report(): FaultReport
  setFaults(set: FaultSet | undefined): void
}

/** GET, PUT and DELETE of `/_sandbox/faults`, for programs on this machine alone. No key is asked for. */
export async function control(
  controlled: Controlled,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = (status: number, body: object) => {
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(body))
  }
  if (!isLoopback(request.socket.remoteAddress)) return reply(403, { message: 'Only for programs on this machine.' })
  if (request.url !== PATH) return reply(404, { message: `There is ${PATH} alone.` })
  try {
    if (request.method === 'PUT') controlled.setFaults(parseFaultSet(JSON.parse(await readBody(request))))
    else if (request.method === 'DELETE') controlled.setFaults(undefined)
    else if (request.method !== 'GET') return reply(405, { message: 'GET, PUT or DELETE.' })
    reply(200, controlled.report())
  } catch (error) {
    if (error instanceof Refusal) return reply(error.status, error.body)
    reply(400, { message: error instanceof Error ? error.message : String(error) })
  }
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address)
}
