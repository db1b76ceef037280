import { createHmac } from 'node:crypto'
import { GuardError } from '../diagnostics/errors.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import type { Binding, StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import type { TargetIdentity } from '../workos/target.ts'

/** Resources of the state that are read to recognise an environment behind a new key. */
const PROBES = 5

/** What the state has to be bound to, for this target. */
export function bindingFor(state: StateStore, target: TargetIdentity): Binding {
  const keyDigest = createHmac('sha256', state.digestKey).update(`api-key\0${target.apiKey}`).digest('hex')
  return { type: target.type, baseUrl: target.baseUrl, keyDigest }
}

/**
 * Makes sure that the target is the environment which the state describes. WorkOS has no name for an environment that a
 * key could be asked for, so a new key is recognised by what it can see: it must find resources that the state knows.
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
