import { type Reference, referencesOf, resolveReferences, type Standing } from '../comparing/references.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinition } from '../kinds/registry.ts'
import { address } from '../planning/action.ts'
import type { DesiredResource, RefIds } from '../resource.ts'
import type { StateResource, StateStore } from '../state/store.ts'
import type { ApiRefusal, WriteRequest } from '../workos/api.ts'
import { type ApplyContext, fail } from './apply-context.ts'
import type { NotDone } from './apply-result.ts'

/**
 * WorkOS IDs of the resources that a resource refers to; or why it is blocked: one does not exist,
 * or a run found it deleted in WorkOS.
 */
export async function refIdsOf(
  { state }: Pick<ApplyContext, 'state'>,
  definition: Pick<KindDefinition, 'refs'>,
  desired: Pick<DesiredResource, 'refs'>,
): Promise<{ ids: RefIds; blocked?: NotDone }> {
  const references = referencesOf(definition, desired)
  const known = new Map<string, StateResource | undefined>()
  for (const { role, kind, key } of references) known.set(role, await state.get(kind, key))
  const resolved = resolveReferences(references, ({ role }) => standingOf(known.get(role)))
  if (resolved.type !== 'blocked') return { ids: resolved.ids }
  const { ids, code, message } = resolved
  return { ids, blocked: { type: 'blocked', code, message } }
}

/**
 * IDs of the references as far as the state has them, even deleted ones, and the first that is
 * missing.
 */
export async function knownIds(
  state: Pick<StateStore, 'idOf'>,
  definition: Pick<KindDefinition, 'refs'>,
  desired: Pick<DesiredResource, 'refs'>,
): Promise<{ ids: RefIds; missing?: Reference }> {
  const references = referencesOf(definition, desired)
  const known = new Map<string, string | undefined>()
  for (const { role, kind, key } of references) known.set(role, await state.idOf(kind, key))
  const resolved = resolveReferences(references, ({ role }) => {
    const id = known.get(role)
    return id === undefined ? { type: 'missing', why: 'does not exist' } : { type: 'there', id }
  })
  return { ids: resolved.ids, ...(resolved.type === 'blocked' && { missing: resolved.by }) }
}

const GONE = 'is no longer in WorkOS'

function standingOf(known: StateResource | undefined): Standing {
  if (known === undefined) return { type: 'missing', why: 'does not exist' }
  return known.gone === undefined ? { type: 'there', id: known.id } : { type: 'gone', id: known.id, why: GONE }
}

/**
 * Explains a 404 for a write: a reference is gone, the resource itself is gone, or else the target
 * lacks the endpoint. What is gone is marked in the state for the next plan.
 * @param id WorkOS ID of the resource; undefined for a create
 */
export async function explainNotFound(
  context: ApplyContext,
  definition: KindDefinition,
  desired: DesiredResource,
  request: WriteRequest,
  refusal: ApiRefusal,
  id?: string,
): Promise<NotDone> {
  const blocked = await findGone(context, definition, desired)
  const { kind, key } = desired
  if (id !== undefined && (await definition.get(context.api, id)) === undefined) {
    await context.journal.record({ type: 'gone', address: { kind, key }, run: context.run })
    const message = `${id} ${GONE}`
    const failed = await fail(context, desired, { code: 'gone_in_workos', message })
    return blocked ?? failed
  }
  if (blocked !== undefined) {
    await context.journal.record({ type: 'cleared', address: { kind, key } })
    return blocked
  }
  if (refersBySlug(definition, request) && refusal.codes.includes('entity_not_found'))
    return fail(context, desired, refusal)
  const refers = Object.keys(definition.refs).length > 0
  return fail(context, desired, missingEndpoint(request, id ?? (refers ? 'everything it refers to' : undefined)))
}

/** @param exists what exists nevertheless: an ID, or words */
export function missingEndpoint({ method, path }: WriteRequest, exists?: string): { code: string; message: string } {
  const although = exists === undefined ? '' : `, although ${exists} exists`
  return {
    code: 'endpoint_missing',
    message: `the target returned HTTP 404 for ${method} ${path}${although}: it does not have this endpoint`,
  }
}

/**
 * Marks references that WorkOS no longer has. @returns the first one, as the reason for the block
 */
async function findGone(
  { state, api, journal, run }: ApplyContext,
  definition: KindDefinition,
  desired: DesiredResource,
): Promise<NotDone | undefined> {
  let blocked: NotDone | undefined
  for (const { role, kind, key } of referencesOf(definition, desired)) {
    const known = await state.get(kind, key)
    if (known === undefined) continue
    if (known.gone === undefined) {
      if ((await kindDefinition(kind).get(api, known.id)) !== undefined) continue
      await journal.record({ type: 'gone', address: { kind, key }, run })
    }
    blocked ??= { type: 'blocked', code: 'reference_gone', message: `its ${role} ${address({ kind, key })} ${GONE}` }
  }
  return blocked
}

/**
 * Whether the body refers to other objects by slug that might be missing, such as the permissions
 * of a role.
 */
function refersBySlug({ slugsInBody = [] }: KindDefinition, { body = {} }: WriteRequest): boolean {
  return slugsInBody.some((field) => field in body)
}
