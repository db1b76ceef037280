import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Action } from '../planning/action.ts'
import type { LiveResource, RefIds } from '../resource.ts'
import type { Address, StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import type { ExplainedLive, ExplainedState } from './explanation.ts'
import { knownId } from './requests.ts'

/** What the state says of a resource; null: nothing. */
export async function stateOf(state: StateStore, { kind, key }: Address): Promise<ExplainedState | null> {
  const known = await state.get(kind, key)
  const open = (await state.intents()).find((intent) => intent.kind === kind && intent.key === key)
  if (known === undefined && open === undefined) return null
  return {
    id: known?.id ?? '',
    ownership: known?.ownership ?? '',
    run: known?.run ?? 0,
    attributes: known?.attributes ?? {},
    refs: known?.refs ?? open?.refs ?? {},
    secrets: Object.keys(known?.digests ?? {}),
    reduced: known?.reduced ?? null,
    answered: known?.answered ?? null,
    gone: known?.gone ?? null,
    openWrite: open?.action ?? null,
  }
}

/** What WorkOS holds now: looked up by its id, else by what it is known by. */
export async function liveOf(
  api: Api,
  set: DesiredSet,
  definition: KindDefinition | undefined,
  address: Address,
  action: Action | undefined,
): Promise<ExplainedLive> {
  const unable = (why: string): ExplainedLive => ({ found: false, id: null, attributes: {}, why })
  if (definition === undefined) return unable('it is no resource of WorkOS: roles are made of it')
  const desired = set.get(address.kind, address.key)
  const id = (action !== undefined && 'id' in action ? action.id : undefined) ?? knownId(set, address)
  let live: LiveResource | undefined
  if (id !== undefined) live = await definition.get(api, id)
  else if (desired !== undefined) {
    const refIds: RefIds = {}
    for (const [role, kind] of Object.entries(definition.refs)) {
      const ref = knownId(set, { kind, key: desired.refs[role] ?? '' })
      if (ref === undefined) return unable(`its ${role} is not in WorkOS yet`)
      refIds[role] = ref
    }
    live = await definition.find(api, desired, refIds)
  } else return unable('nothing tells by what it is known there: neither the desired set nor the state has it')
  if (live === undefined) return { found: false, id: id ?? null, attributes: {}, why: null }
  return { found: true, id: live.id, attributes: live.attributes, why: null }
}
