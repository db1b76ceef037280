import type { ApplyContext } from '../../src/applying/apply-context.ts'
import type { JsonObject } from '../../src/json.ts'
import type { DesiredResource } from '../../src/resource.ts'
import type { Intent, Outcome, StateResource } from '../../src/state/store.ts'
import { type Api, ApiRefusal, OutcomeUnknown, type WriteRequest } from '../../src/workos/api.ts'
import { hurriedClock } from '../simulated-clock.ts'

/** WorkOS's reply to one request. Undefined: 404 for a read. An error is thrown. */
export type Reply = JsonObject | Error | undefined

/** `POST /user_management/users`, and the reply to it. */
export type Step = readonly [request: string, reply: Reply]

/** Applies without a server: a scripted WorkOS, with the journal and the state in memory. */
export interface Scripted {
  context: ApplyContext
  /** Requests and journal entries, in order. */
  log: string[]
  /** The writes, with their idempotency keys. */
  writes: { request: WriteRequest; key: string | undefined }[]
  /** Milliseconds of each pause. */
  waits: number[]
  /** Open intents and resources by `kind:key`. */
  intents: Map<string, Intent>
  resources: Map<string, StateResource>
  /** Unused steps of the script. */
  left: readonly Step[]
}

export function scripted(steps: readonly Step[], more: Partial<ApplyContext> = {}): Scripted {
  const log: string[] = []
  const writes: Scripted['writes'] = []
  const left = [...steps]
  const intents = new Map<string, Intent>()
  const resources = new Map<string, StateResource>()
  const clock = hurriedClock()
  const reply = (request: string): JsonObject | undefined => {
    log.push(request)
    const [expected, answer] = left.shift() ?? ['nothing', undefined]
    if (expected !== request) throw new Error(`${request} was asked, and the script has ${expected}`)
    if (answer instanceof Error) throw answer
    return answer
  }
  const api: Api = {
    read: async (path) => reply(`GET ${path}`),
    write: async (request, key) => {
      writes.push({ request, key })
      return reply(`${request.method} ${request.path}`) ?? {}
    },
  }
  const context: ApplyContext = {
    set: { get: () => undefined },
    state: {
      get: async (kind, key) => resources.get(`${kind}:${key}`),
      idOf: async (kind, key) => resources.get(`${kind}:${key}`)?.id,
      keyOf: async (kind, id) => [...resources.values()].find((one) => one.kind === kind && one.id === id)?.key,
    },
    journal: {
      intend: async (intent) => {
        log.push(`intend ${intent.action} ${intent.kind}:${intent.key}`)
        intents.set(`${intent.kind}:${intent.key}`, intent)
      },
      record: async (outcome) => {
        log.push(record(outcome, intents, resources))
      },
    },
    api,
    clock,
    run: 7,
    lineage: 'lineage',
    digestKey: new Uint8Array(32),
    adopting: { mode: 'match', fill: [], unverified: 'block' },
    roles: { define: {}, unmapped: 'error', notEnabled: 'fail' },
    refusals: new Set(),
    answered: new Map(),
    ...more,
  }
  return { context, log, writes, waits: clock.waits, intents, resources, left }
}

/** As in the state: an outcome ends the intent, but `gone` keeps it. */
function record(outcome: Outcome, intents: Map<string, Intent>, resources: Map<string, StateResource>): string {
  const { kind, key } = outcome.type === 'saved' ? outcome.resource : outcome.address
  const address = `${kind}:${key}`
  const before = resources.get(address)
  if (outcome.type === 'saved') resources.set(address, outcome.resource)
  if (outcome.type === 'removed') resources.delete(address)
  if (outcome.type === 'gone') {
    if (before) resources.set(address, { ...before, gone: outcome.run })
  } else intents.delete(address)
  return `${outcome.type} ${address}`
}

export function refusal(status: number, ...codes: string[]): ApiRefusal {
  return new ApiRefusal(status, codes, `refused with ${status}`)
}

export function lost(): OutcomeUnknown {
  return new OutcomeUnknown('the connection was lost')
}

export function desiredOf(kind: string, key: string, more: Partial<DesiredResource> = {}): DesiredResource {
  return { kind, key, attributes: {}, secrets: null, refs: {}, ...more }
}

export function held(kind: string, key: string, id: string, more: Partial<StateResource> = {}): StateResource {
  return { kind, key, id, attributes: {}, digests: {}, refs: {}, ownership: 'created', run: 1, ...more }
}

/** A script with these resources in the state. */
export function knowing(
  resources: readonly StateResource[],
  steps: readonly Step[],
  more?: Partial<ApplyContext>,
): Scripted {
  const rig = scripted(steps, more)
  for (const resource of resources) rig.resources.set(`${resource.kind}:${resource.key}`, resource)
  return rig
}
