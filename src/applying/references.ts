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
 * WorkOS's ids of what a resource refers to; or why it cannot be carried out: something of it does
 * not exist, or is not in WorkOS any more as this run or an earlier one was told.
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
 * Ids of what a resource refers to as far as the state has them, gone or not, and the first that it
 * does not know.
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

const GONE = 'is not in WorkOS any more'

function standingOf(known: StateResource | undefined): Standing {
  if (known === undefined) return { type: 'missing', why: 'does not exist' }
  return known.gone === undefined ? { type: 'there', id: known.id } : { type: 'gone', id: known.id, why: GONE }
}

/**
 * What a 404 to a write means: something that it refers to is gone, what it is about is gone, or,
 * if all of that is there, the target lacks the endpoint. What is gone is marked in the state, for
 * the next plan to look at.
 * @param id WorkOS's id of what the write is about; undefined: it was to be created
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
  return fail(context, desired, missingEndpoint(request, id ?? (refers ? 'all that it refers to' : undefined)))
}

/** @param exists what the request names, and exists all the same: an id, or words */
export function missingEndpoint({ method, path }: WriteRequest, exists?: string): { code: string; message: string } {
  const although = exists === undefined ? '' : `, although ${exists} exists`
  return {
    code: 'endpoint_missing',
    message: `the target answers ${method} ${path} with HTTP 404${although}: it does not offer this endpoint`,
  }
}

/**
 * Marks whatever a resource refers to and WorkOS has no more. @returns the first of it, as the
 * reason why the resource is blocked
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
 * Whether the body names other objects, by their slugs, that may be what is not found: the
 * permissions of a role.
 */
function refersBySlug({ slugsInBody = [] }: KindDefinition, { body = {} }: WriteRequest): boolean {
  return slugsInBody.some((field) => field in body)
}
