import { createHmac } from 'node:crypto'
import { GuardError } from '../diagnostics/errors.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import type { Binding, StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import type { TargetIdentity } from '../workos/target.ts'

/**
 * Which environment a command works on. In: the target with its key, the state, the name of the
 * environment. Out: whether the state describes that environment, else a GuardError; and the words
 * by which reports tell where it works.
 */

/** Resources of the state that are read to recognise an environment behind a new key. */
const PROBES = 5

/** What the state has to be bound to, for this target. */
export function bindingFor(state: StateStore, target: TargetIdentity): Binding {
  const keyDigest = createHmac('sha256', state.digestKey).update(`api-key\0${target.apiKey}`).digest('hex')
  return { type: target.type, baseUrl: target.baseUrl, keyDigest }
}

/**
 * Makes sure that the target is the environment which the state describes. WorkOS has no name for
 * an environment that a key could be asked for, so a new key is recognised by what it can see: it
 * must find resources that the state knows.
 * @throws GuardError when it is another one
 */
export async function checkBinding(state: StateStore, target: TargetIdentity, api: Api): Promise<void> {
  const bound = state.binding
  if (bound === undefined) return
  const wanted = bindingFor(state, target)
  if (bound.type !== wanted.type || bound.baseUrl !== wanted.baseUrl) {
    throw new GuardError({
      code: 'target_mismatch',
      message: `the state ${state.location} belongs to ${bound.type} at ${bound.baseUrl}, not to ${wanted.type} at ${wanted.baseUrl}`,
      hint: 'give each environment a state of its own (state.path under environments), or choose the right one with -e',
    })
  }
  if (bound.keyDigest === wanted.keyDigest) return
  const seen = await probe(state, api)
  if (seen === 'nothing to compare' && (await state.intents()).length > 0) {
    throw new GuardError({
      code: 'environment_unknown',
      message: `an interrupted run left writes open in the environment of another API key, and the state ${state.location} holds nothing that would show whether this key sees the same one`,
      hint: 'apply once with the key of that run; or move the state away: what exists in WorkOS is then found and adopted',
    })
  }
  if (seen !== 'other') return
  throw new GuardError({
    code: 'environment_mismatch',
    message: `the API key belongs to another environment than the state ${state.location}: it finds nothing of what the state knows`,
    hint: 'check target.apiKey, or give each environment a state of its own (state.path under environments)',
  })
}

async function probe(state: StateStore, api: Api): Promise<'same' | 'other' | 'nothing to compare'> {
  let probed = 0
  for (const definition of kindDefinitions.filter(({ provesEnvironment }) => provesEnvironment)) {
    for await (const batch of state.resources(definition.name)) {
      for (const { id } of batch.slice(0, PROBES)) {
        if ((await definition.get(api, id)) !== undefined) return 'same'
        probed += 1
      }
      break
    }
  }
  return probed === 0 ? 'nothing to compare' : 'other'
}

/** The sort of an API key, as its beginning tells it. */
export type KeySort = 'live' | 'test'

/** Where a command works: which migration, which environment of it, which WorkOS, which state. */
export interface Where {
  name: string
  /** Of the manifest; null where none was chosen. */
  environment: string | null
  /** `api.workos.com`, or `sandbox`. */
  host: string
  /** Null for a sandbox, and for a key that does not tell. */
  key: KeySort | null
  /** Lineage null: nothing was applied yet. */
  state: { lineage: string | null; serial: number }
}

/** What a command works on, put together. No part of the key is in it. */
export function whereOf(of: {
  name: string
  environment: string | null | undefined
  target: { type: string; baseUrl: string }
  key: KeySort | null
  state: Where['state']
}): Where {
  const { name, environment, target, key, state } = of
  return { name, environment: environment ?? null, host: hostOf(target), key, state }
}

function hostOf({ type, baseUrl }: { type: string; baseUrl: string }): string {
  if (type === 'sandbox') return 'sandbox'
  return URL.parse(baseUrl)?.host || baseUrl
}

/** Of which sort the key of a target is: WorkOS has `sk_live_…` and `sk_test_…`. */
export function keySort({ type, apiKey }: Pick<TargetIdentity, 'type' | 'apiKey'>): KeySort | null {
  if (type === 'sandbox') return null
  if (apiKey.startsWith('sk_live_')) return 'live'
  return apiKey.startsWith('sk_test_') ? 'test' : null
}

/**
 * A state as a plan names it. One that nothing was written to yet has no lineage that anybody could
 * know.
 */
export function stateVersion({ serial, lineage }: Pick<StateStore, 'serial' | 'lineage'>): Where['state'] {
  return serial === 0 ? { lineage: null, serial: 0 } : { lineage, serial }
}

/** Words by which environments are called that are not production, and that are. */
const TRIALS =
  /^(staging|stage|stg|dev|devel|develop|development|test|tests|testing|qa|uat|sandbox|preview|demo|local|ci)$/
const PRODUCTION = /^(prod|production|prd|live)$/
/** `pre-prod` and `non-production` are no production. */
const BEFORE = /^(pre|non|not|preprod|preproduction|nonprod|nonproduction)$/

/** What the name of an environment says of it; undefined where it says nothing, or both. */
export function environmentSort(name: string): 'trial' | 'production' | undefined {
  const words = name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1-$2')
    .toLowerCase()
    .split(/[-_.\s]+/)
  if (words.some((word) => BEFORE.test(word))) return 'trial'
  const trial = words.some((word) => TRIALS.test(word))
  const production = words.some((word) => PRODUCTION.test(word))
  if (trial === production) return undefined
  return trial ? 'trial' : 'production'
}
