import { createHmac } from 'node:crypto'
import { GuardError } from '../diagnostics/errors.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import type { Binding, StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import type { TargetIdentity } from '../workos/target.ts'

/**
 * The environment that a command works on. In: the target with its key, the state, the name of the
 * environment. Out: a GuardError if the state describes another environment, and the words that
 * reports use for the place.
 */

/** Resources of the state that are read to recognize an environment behind a new key. */
const PROBES = 5

/** The binding that the state must have for this target. */
export function bindingFor(state: StateStore, target: TargetIdentity): Binding {
  const keyDigest = createHmac('sha256', state.digestKey).update(`api-key\0${target.apiKey}`).digest('hex')
  return { type: target.type, baseUrl: target.baseUrl, keyDigest }
}

/**
 * Checks that the target is the environment that the state describes. WorkOS does not return a
 * name for an environment, so a new key must find resources that the state knows.
 * @throws GuardError if the environment is another one
 */
export async function checkBinding(state: StateStore, target: TargetIdentity, api: Api): Promise<void> {
  const bound = state.binding
  if (bound === undefined) return
  const wanted = bindingFor(state, target)
  if (bound.type !== wanted.type || bound.baseUrl !== wanted.baseUrl) {
    throw new GuardError({
      code: 'target_mismatch',
      message: `the state ${state.location} belongs to ${bound.type} at ${bound.baseUrl}, not to ${wanted.type} at ${wanted.baseUrl}`,
      hint: 'give each environment its own state (state.path under environments), or choose the right environment with -e',
    })
  }
  if (bound.keyDigest === wanted.keyDigest) return
  const seen = await probe(state, api)
  if (seen === 'nothing to compare' && (await state.intents()).length > 0) {
    throw new GuardError({
      code: 'environment_unknown',
      message: `an interrupted run with another API key left open writes, and the state ${state.location} cannot show whether this key opens the same environment`,
      hint: 'apply once with the key of that run; or move the state away: apply then adopts what exists in WorkOS',
    })
  }
  if (seen !== 'other') return
  throw new GuardError({
    code: 'environment_mismatch',
    message: `the API key and the state ${state.location} belong to different environments: the key finds none of the resources in the state`,
    hint: 'check target.apiKey, or give each environment its own state (state.path under environments)',
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

/** The sort of an API key, from its prefix. */
export type KeySort = 'live' | 'test'

/** Where a command works: the migration, its environment, the WorkOS host and the state. */
export interface Where {
  name: string
  /** From the manifest. Null: none was chosen. */
  environment: string | null
  /** `api.workos.com`, or `sandbox`. */
  host: string
  /** Null for a sandbox, and for a key with an unknown prefix. */
  key: KeySort | null
  /** Lineage null: nothing was applied yet. */
  state: { lineage: string | null; serial: number }
}

/** Describes where a command works. Contains no part of the key. */
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

/** The sort of a target's key: WorkOS has `sk_live_…` and `sk_test_…`. */
export function keySort({ type, apiKey }: Pick<TargetIdentity, 'type' | 'apiKey'>): KeySort | null {
  if (type === 'sandbox') return null
  if (apiKey.startsWith('sk_live_')) return 'live'
  return apiKey.startsWith('sk_test_') ? 'test' : null
}

/** A state as a plan names it. A state that was never written has no lineage yet. */
export function stateVersion({ serial, lineage }: Pick<StateStore, 'serial' | 'lineage'>): Where['state'] {
  return serial === 0 ? { lineage: null, serial: 0 } : { lineage, serial }
}

/** Words in the names of environments that are not production, and that are. */
const TRIALS =
  /^(staging|stage|stg|dev|devel|develop|development|test|tests|testing|qa|uat|sandbox|preview|demo|local|ci)$/
const PRODUCTION = /^(prod|production|prd|live)$/
/** `pre-prod` and `non-production` are not production. */
const BEFORE = /^(pre|non|not|preprod|preproduction|nonprod|nonproduction)$/

/** What the name of an environment implies. Undefined: nothing, or both. */
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
