import type { StateStore } from '../state/store.ts'
import type { TargetIdentity } from '../workos/target.ts'

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
export function whereabouts(of: {
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

/** A state as a plan names it. One that nothing was written to yet has no lineage that anybody could know. */
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
