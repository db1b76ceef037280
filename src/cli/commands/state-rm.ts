import { type ExitCode, GuardError, UsageError } from '../../diagnostics/errors.ts'
import { printable } from '../../diagnostics/printable.ts'
import { counted } from '../../reporting/style.ts'
import { type Dependent, findDependents } from '../../state/related.ts'
import type { Address, StateResource, StateStore } from '../../state/store.ts'
import { toolVersion } from '../../version.ts'
import { parseAddress, unknownAddress } from '../address.ts'
import { approve } from '../confirm.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { defineStateRm } from '../definitions/state.ts'
import { withState } from '../with-state.ts'

export type StateRmOptions = OptionsOf<typeof defineStateRm>

/** Dependents that a refusal names. */
const NAMED = 5

/** `state rm ADDRESS…`: forgets resources. They stay in WorkOS; the next apply finds and adopts what is still desired. */
export async function stateRm(texts: readonly string[], options: StateRmOptions, context: Context): Promise<ExitCode> {
  const addresses = texts.map(parseAddress)
  const forget = async ({ state, manifestDigest }: { state: StateStore; manifestDigest: string }) => {
    const resources = await find(state, addresses)
    const dependents = await firstDependents(state, addresses)
    if (dependents.length > 0 && !options.force) throw dependedOn(dependents)
    if (!(await approved(resources, options, context))) {
      context.stderr.write('Nothing was forgotten.\n')
      return
    }
    const startedAt = new Date(context.now()).toISOString()
    const run = await state.startRun({ command: 'state rm', startedAt, toolVersion, manifestDigest })
    await state.commit({ intents: [], outcomes: resources.map((address) => ({ type: 'removed', address })) })
    const finishedAt = new Date(context.now()).toISOString()
    await state.finishRun(run, finishedAt, 'completed', { forgotten: resources.length })
    context.stderr.write(`Forgot ${counted(resources.length, 'resource')}; WorkOS still has them.\n`)
  }
  return withState(options, context, forget, 'state rm')
}

async function find(state: StateStore, addresses: readonly Address[]): Promise<StateResource[]> {
  const open = new Set((await state.intents()).map(({ kind, key }) => `${kind}:${key}`))
  const found = new Map<string, StateResource>()
  for (const address of addresses) {
    const name = `${address.kind}:${address.key}`
    if (open.has(name)) {
      throw new GuardError({
        code: 'write_open',
        message: `an interrupted run left a write to ${name} open`,
        hint: 'run workos-migrate plan first: it looks up what became of it',
      })
    }
    const resource = await state.get(address.kind, address.key)
    if (resource === undefined) throw await unknownAddress(state, address)
    found.set(name, resource)
  }
  return [...found.values()]
}

async function firstDependents(state: StateStore, addresses: readonly Address[]): Promise<Dependent[]> {
  const first: Dependent[] = []
  for await (const dependent of findDependents(state, addresses)) {
    first.push(dependent)
    if (first.length > NAMED) break
  }
  return first
}

function dependedOn(dependents: readonly Dependent[]): GuardError {
  const more = dependents.length > NAMED ? ' and more' : ''
  const named = dependents.slice(0, NAMED).map(({ kind, key, on }) => `${kind}:${key} on ${on.kind}:${on.key}`)
  return new GuardError({
    code: 'has_dependents',
    message: `others in the state depend on it: ${named.join(', ')}${more}`,
    hint: 'forget those as well, or add --force',
  })
}

async function approved(
  resources: readonly StateResource[],
  { yes }: StateRmOptions,
  context: Context,
): Promise<boolean> {
  if (!yes && !(context.stdin.isTTY && context.stderr.isTTY)) {
    throw new UsageError({
      code: 'approval_missing',
      message: 'nobody can be asked here whether to forget: standard input is no terminal',
      hint: 'approve with --yes',
    })
  }
  const lines = resources.map(({ kind, key, id }) => `  ${printable(`${kind}:${key}`)}  ${printable(id)}\n`)
  return approve({ text: `${lines.join('')}\nForget this? WorkOS keeps it.` }, { yes }, context)
}
