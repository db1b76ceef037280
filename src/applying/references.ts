import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinition } from '../kinds/registry.ts'
import { address } from '../planning/action.ts'
import type { DesiredResource, RefIds } from '../resource.ts'
import type { ApiRefusal, WriteRequest } from '../workos/api.ts'
import { type ApplyContext, fail } from './apply-context.ts'
import type { ActionOutcome } from './outcome.ts'

/**
 * WorkOS's ids of what a resource refers to; or why it cannot be carried out: something of it does not exist, or is not in WorkOS any
 * more as this run or an earlier one was told.
 */
export async function refIdsOf(
  { state }: ApplyContext,
  definition: KindDefinition,
  { refs }: Pick<DesiredResource, 'refs'>,
): Promise<{ ids: RefIds; blocked?: ActionOutcome }> {
  const ids: RefIds = {}
  let gone: ActionOutcome | undefined
  let missing: ActionOutcome | undefined
  for (const [role, kind] of Object.entries(definition.refs)) {
    const key = refs[role] ?? ''
    const known = await state.get(kind, key)
    if (known) ids[role] = known.id
    if (known?.gone !== undefined) gone ??= goneReference(role, { kind, key })
    else if (known === undefined) {
      const message = `its ${role} ${address({ kind, key })} does not exist`
      missing ??= { type: 'blocked', code: 'dependency_blocked', message }
    }
  }
  // What is missing was itself kept back by what is gone.
  const blocked = gone ?? missing
  return { ids, ...(blocked && { blocked }) }
}

/**
 * What a 404 to a write means: something that it refers to is gone, what it is about is gone, or, if all of that is there, the target
 * lacks the endpoint. What is gone is marked in the state, for the next plan to look at.
 * @param id WorkOS's id of what the write is about; undefined: it was to be created
 */
export async function explainNotFound(
  context: ApplyContext,
  definition: KindDefinition,
  desired: DesiredResource,
  request: WriteRequest,
  refusal: ApiRefusal,
  id?: string,
): Promise<ActionOutcome> {
  const blocked = await findGone(context, definition, desired)
  const { kind, key } = desired
  if (id !== undefined && (await definition.get(context.api, id)) === undefined) {
    await context.journal.record({ type: 'gone', address: { kind, key }, run: context.run })
    const message = `${id} is not in WorkOS any more`
    const failed = await fail(context, desired, { code: 'gone_in_workos', message })
    return blocked ?? failed
  }
  if (blocked !== undefined) {
    await context.journal.record({ type: 'cleared', address: { kind, key } })
    return blocked
  }
  if (refersBySlug(request) && refusal.codes.includes('entity_not_found')) return fail(context, desired, refusal)
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

/** Marks whatever a resource refers to and WorkOS has no more. @returns the first of it, as the reason why the resource is blocked */
async function findGone(
  { state, api, journal, run }: ApplyContext,
  definition: KindDefinition,
  { refs }: DesiredResource,
): Promise<ActionOutcome | undefined> {
  let blocked: ActionOutcome | undefined
  for (const [role, kind] of Object.entries(definition.refs)) {
    const key = refs[role] ?? ''
    const known = await state.get(kind, key)
    if (known === undefined) continue
    if (known.gone === undefined) {
      if ((await kindDefinition(kind).get(api, known.id)) !== undefined) continue
      await journal.record({ type: 'gone', address: { kind, key }, run })
    }
    blocked ??= goneReference(role, { kind, key })
  }
  return blocked
}

function goneReference(role: string, reference: { kind: string; key: string }): ActionOutcome {
  const message = `its ${role} ${address(reference)} is not in WorkOS any more`
  return { type: 'blocked', code: 'reference_gone', message }
}

/** Whether the body names other objects, by their slugs, that may be what is not found: the permissions of a role. */
function refersBySlug({ body = {} }: WriteRequest): boolean {
  return 'permissions' in body || 'role_slug' in body || 'role_slugs' in body
}
