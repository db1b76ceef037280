import { appliedAttributes, besides, createdDifferences } from '../comparing/answer.ts'
import { comparedFields, differs } from '../comparing/field-differences.ts'
import type { Manifest } from '../config/manifest.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinition } from '../kinds/registry.ts'
import type { Attributes, DesiredResource } from '../resource.ts'
import type { Intent, Outcome, StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import { identifyFound } from './adopt.ts'
import { knownIds } from './references.ts'

/** Parallel lookups; the limiter paces them. */
const AT_ONCE = 20

/**
 * Finds the outcomes of writes that an interrupted run left open, before planning. Creates that
 * succeeded and are provably ours go into the state. Planning handles everything else and adopts as
 * in a first apply. Updates are left to the comparison, which reads WorkOS.
 * @returns the number of open writes, and how many had succeeded
 */
export async function recover(
  state: StateStore,
  api: Api,
  adopt: Manifest['adopt'],
): Promise<{ open: number; found: number }> {
  const intents = await state.intents()
  let found = 0
  for (let start = 0; start < intents.length; start += AT_ONCE) {
    const outcomes = await Promise.all(
      intents.slice(start, start + AT_ONCE).map((intent) => lookUpIntent(state, api, adopt, intent)),
    )
    await state.commit({ intents: [], outcomes })
    found += outcomes.filter(({ type }) => type !== 'cleared').length
  }
  return { open: intents.length, found }
}

async function lookUpIntent(state: StateStore, api: Api, adopt: Manifest['adopt'], intent: Intent): Promise<Outcome> {
  const { kind, key, attributes, digests, refs } = intent
  const cleared: Outcome = { type: 'cleared', address: { kind, key } }
  const definition = kindDefinition(kind)
  if (intent.action === 'delete') {
    const id = await state.idOf(kind, key)
    const gone = id === undefined || (await definition.get(api, id)) === undefined
    return gone ? { type: 'removed', address: { kind, key } } : cleared
  }
  if (intent.action !== 'create') return cleared
  const desired: DesiredResource = { kind, key, attributes, secrets: null, refs }
  const { ids: refIds, missing } = await knownIds(state, definition, desired)
  if (missing !== undefined) return cleared
  const live = await definition.find(api, desired, refIds)
  if (live === undefined) return cleared
  const identity = await identifyFound(state, adopt, definition, desired, live, refIds, true)
  if (identity.type !== 'ours') return cleared
  const run = (await state.runs()).at(-1)?.run ?? 0
  const applied = appliedAttributes(definition, attributes, live)
  const reduced = isReduced(definition, applied, live.attributes) ? { reduced: 'not_all_taken' } : {}
  const answered = definition.fallback
    ? undefined
    : besides(createdDifferences(definition, attributes, live, undefined))
  const short = { ...reduced, ...(answered && { answered }) }
  return {
    type: 'saved',
    resource: { kind, key, id: live.id, attributes: applied, digests, refs, ownership: 'created', run, ...short },
  }
}

/**
 * Whether the write that was found lacks a part that WorkOS did not accept. The intent lists
 * everything that was wanted.
 */
function isReduced(definition: KindDefinition, wanted: Attributes, live: Attributes): boolean {
  if (definition.fallback === undefined) return false
  return comparedFields(definition).some(([field, rule]) => {
    const [want, held] = [wanted[field], live[field]]
    return want !== undefined && held !== undefined && differs(rule, want, held)
  })
}
