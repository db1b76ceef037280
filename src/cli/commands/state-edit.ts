import { checkImport, type Import, importResource } from '../../applying/import-resource.ts'
import { compareFields } from '../../comparing/field-differences.ts'
import type { DesiredSet } from '../../desired/desired-set.ts'
import { ExitCode, GuardError, ManifestError, SourceError, UsageError } from '../../diagnostics/errors.ts'
import { printable } from '../../diagnostics/printable.ts'
import { permission } from '../../kinds/permission/permission.ts'
import { kindDefinition } from '../../kinds/registry.ts'
import { organizationRole } from '../../kinds/role/organization-role.ts'
import { role } from '../../kinds/role/role.ts'
import { bindingFor, checkBinding } from '../../planning/binding.ts'
import { counted, shortValue } from '../../reporting/style.ts'
import { type Session, withSession } from '../../running/session.ts'
import { type Dependent, findDependents, findMoves, type Move } from '../../state/related.ts'
import type { Address, Outcome, StateResource, StateStore } from '../../state/store.ts'
import { toolVersion } from '../../version.ts'
import { approve } from '../approval.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { defineStateImport, defineStateMv, defineStateRm } from '../definitions/state.ts'
import { parseAddress, unknownAddress, withState } from '../with-state.ts'
export type StateRmOptions = OptionsOf<typeof defineStateRm>

/** Dependents to list in an error. */
const NAMED = 5

/**
 * `state rm ADDRESS…`: forgets resources. They stay in WorkOS; the next apply adopts those that are
 * still in the source.
 */
export async function stateRm(texts: readonly string[], options: StateRmOptions, context: Context): Promise<ExitCode> {
  const addresses = texts.map(parseAddress)
  const forget = async ({ state, manifestDigest }: { state: StateStore; manifestDigest: string }) => {
    const resources = await find(state, addresses)
    const dependents = await firstDependents(state, addresses)
    if (dependents.length > 0 && !options.force) throw dependedOn(dependents)
    if (!(await approvedForgetting(resources, options, context))) {
      context.stderr.write('Nothing was forgotten.\n')
      return
    }
    const startedAt = new Date(context.now()).toISOString()
    const run = await state.startRun({ command: 'state rm', startedAt, toolVersion, manifestDigest })
    await state.commit({ intents: [], outcomes: resources.map((address) => ({ type: 'removed', address })) })
    const finishedAt = new Date(context.now()).toISOString()
    await state.finishRun(run, finishedAt, 'completed', { forgotten: resources.length })
    context.stderr.write(`Forgot ${counted(resources.length, 'resource')}; WorkOS did not change.\n`)
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
        message: `an interrupted run left an unfinished write to ${name}`,
        hint: 'run workos-migrate plan first, which checks what happened to it',
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
    message: `other resources in the state depend on it: ${named.join(', ')}${more}`,
    hint: 'forget those too, or add --force',
  })
}

async function approvedForgetting(
  resources: readonly StateResource[],
  { yes }: StateRmOptions,
  context: Context,
): Promise<boolean> {
  if (!yes && !(context.stdin.isTTY && context.stderr.isTTY)) {
    throw new UsageError({
      code: 'approval_missing',
      message: 'this command cannot ask for approval: standard input is not a terminal',
      hint: 'approve with --yes',
    })
  }
  const lines = resources.map(({ kind, key, id }) => `  ${printable(`${kind}:${key}`)}  ${printable(id)}\n`)
  return approve({ text: `${lines.join('')}\nForget this? WorkOS does not change.` }, { yes }, context)
}

type StateMvOptions = OptionsOf<typeof defineStateMv>

/** Moves and conflicts to show. */
const SHOWN = 10

/** Kinds whose key is their slug in WorkOS. */
const BY_SLUG: ReadonlySet<string> = new Set([permission.name, role.name, organizationRole.name])

/**
 * `state mv OLD NEW`: changes the key of a resource in the state, and of everything that refers to
 * it. Makes no request to WorkOS.
 */
export async function stateMv(
  old: string,
  renamed: string,
  options: StateMvOptions,
  context: Context,
): Promise<ExitCode> {
  const [from, to] = [parseAddress(old), parseAddress(renamed)]
  checkKinds(from, to)
  const move = async ({ state, manifestDigest }: { state: StateStore; manifestDigest: string }) => {
    const resource = await state.get(from.kind, from.key)
    if (resource === undefined) throw await unknownAddress(state, from)
    checkKey(resource, to)
    const moves = await findMoves(state, from, to.key)
    await checkFree(state, moves)
    await checkClosed(state, moves)
    if (!(await approvedMoving(moves, options, context))) {
      context.stderr.write('Nothing was moved.\n')
      return
    }
    const now = () => new Date(context.now()).toISOString()
    const run = await state.startRun({ command: 'state mv', startedAt: now(), toolVersion, manifestDigest })
    await state.commit({ intents: [], outcomes: outcomesOf(moves, run) })
    await state.finishRun(run, now(), 'completed', { moved: moves.length })
    context.stderr.write(`Moved ${counted(moves.length, 'resource')}; WorkOS did not change.\n`)
  }
  return withState(options, context, move, 'state mv')
}

function checkKinds(from: Address, to: Address): void {
  if (from.kind !== to.kind) {
    throw new UsageError({
      code: 'kinds_differ',
      message: `the addresses have different kinds, ${from.kind} and ${to.kind}`,
      hint: `use the same kind: workos-migrate state mv ${from.kind}:${from.key} ${from.kind}:NEW`,
    })
  }
  if (from.key !== to.key) return
  throw new UsageError({
    code: 'same_address',
    message: `both addresses are ${from.kind}:${from.key}`,
    hint: 'use the new key from the source as the second address',
  })
}

/** @throws UsageError for a key that cannot change: it follows from others, or is a slug */
function checkKey({ kind, key, refs }: StateResource, to: Address): void {
  const { keyFromRefs, keyRefs, refs: kinds } = kindDefinition(kind)
  if (BY_SLUG.has(kind)) {
    throw new UsageError({
      code: 'key_is_slug',
      message: `the key of ${kind}:${key} is its slug in WorkOS, which does not change`,
      hint: `map the new name to the slug with roles.map in the manifest`,
    })
  }
  if (keyFromRefs !== undefined) {
    const [first = ''] = Object.keys(kinds).filter(
      (other) => refs[other] !== undefined && keyFromRefs(refs).includes(refs[other] ?? ''),
    )
    throw new UsageError({
      code: 'key_follows',
      message: `the key of ${kind}:${key} follows from what it refers to`,
      hint: `move that resource, and this one follows: workos-migrate state mv ${kinds[first]}:${refs[first]} ${kinds[first]}:NEW`,
    })
  }
  const within = keyRefs?.[1]
  if (within === undefined || to.key.endsWith(`@${refs[within]}`)) return
  throw new UsageError({
    code: 'key_follows',
    message: `${kind}:${key} belongs to the ${within} ${refs[within]}, but ${to.key} does not end with @${refs[within]}`,
    hint: `end the new key with @${refs[within]}; if the ${within} has a new key, move that: workos-migrate state mv ${kinds[within]}:${refs[within]} ${kinds[within]}:NEW`,
  })
}

/** @throws GuardError if a new key is already in the state */
async function checkFree(state: StateStore, moves: readonly Move[]): Promise<void> {
  const leaving = new Set(moves.map(({ from }) => nameOf(from)))
  const taken: string[] = []
  for (const { from, to } of moves) {
    if (to.key === from.key || leaving.has(nameOf(to))) continue
    const id = await state.idOf(to.kind, to.key)
    if (id !== undefined) taken.push(`${nameOf(to)} (${id})`)
    if (taken.length > SHOWN) break
  }
  if (taken.length === 0) return
  const more = taken.length > SHOWN ? ' and more' : ''
  throw new GuardError({
    code: 'address_taken',
    message: `the new key is already in the state: ${taken.slice(0, SHOWN).join(', ')}${more}`,
    hint: 'forget these resources first with workos-migrate state rm if they are wrong; they stay in WorkOS, and two objects there cannot become one',
  })
}

/**
 * @throws GuardError if an interrupted run left an unfinished write to one of them or a referrer
 */
async function checkClosed(state: StateStore, moves: readonly Move[]): Promise<void> {
  const moving = new Set(moves.flatMap(({ from, to }) => [nameOf(from), nameOf(to)]))
  const open = (await state.intents()).find(({ kind, key, refs }) => {
    const { refs: kinds } = kindDefinition(kind)
    return (
      moving.has(nameOf({ kind, key })) ||
      Object.entries(refs).some(([name, other]) => moving.has(nameOf({ kind: kinds[name] ?? '', key: other })))
    )
  })
  if (open === undefined) return
  throw new GuardError({
    code: 'write_open',
    message: `an interrupted run left an unfinished write to ${nameOf(open)}`,
    hint: 'run workos-migrate plan first, which checks what happened to it',
  })
}

/** Removes all old keys before it saves new ones: a new key can be the old key of another. */
function outcomesOf(moves: readonly Move[], run: number): Outcome[] {
  return [
    ...moves.map(({ from: { kind, key } }): Outcome => ({ type: 'removed', address: { kind, key } })),
    ...moves.map(({ to }): Outcome => ({ type: 'saved', resource: { ...to, run } })),
  ]
}

async function approvedMoving(moves: readonly Move[], { yes }: StateMvOptions, context: Context): Promise<boolean> {
  if (!yes && !(context.stdin.isTTY && context.stderr.isTTY)) {
    throw new UsageError({
      code: 'approval_missing',
      message: 'this command cannot ask for approval: standard input is not a terminal',
      hint: 'approve with --yes',
    })
  }
  const lines = moves.slice(0, SHOWN).map(({ from, to }) => {
    const becomes = to.key === from.key ? 'refers to the new key' : `→ ${printable(nameOf(to))}`
    return `  ${printable(nameOf(from))}  ${becomes}\n`
  })
  const more = moves.length > SHOWN ? `  … ${moves.length - SHOWN} more\n` : ''
  const text = `${lines.join('')}${more}\nMove this? WorkOS does not change.`
  return approve({ text }, { yes }, context)
}

function nameOf({ kind, key }: Address): string {
  return `${kind}:${key}`
}

type StateImportOptions = OptionsOf<typeof defineStateImport>

/** `state import ADDRESS WORKOS_ID`: adopts an object by hand. Writes only to the state. */
export async function stateImport(
  address: string,
  id: string,
  options: StateImportOptions,
  context: Context,
): Promise<ExitCode> {
  const wanted = parseAddress(address)
  const command = 'state import'
  return withSession(options, context, command, async (session) => {
    const { state, target, loaded } = session
    await checkBinding(state, target.identity, target.client)
    const set = await readSource(session)
    const force = options.force ?? false
    const imported = await checkImport({ state, api: target.client, set, force }, wanted, id)
    const now = () => new Date(context.now()).toISOString()
    await state.bind(bindingFor(state, target.identity))
    const run = await state.startRun({ command, startedAt: now(), toolVersion, manifestDigest: loaded.digest })
    await importResource({ state, api: target.client, manifest: loaded.manifest, run }, imported)
    await state.finishRun(run, now(), 'completed', { imported: 1 })
    context.stdout.write(
      `${printable(address)} is now ${printable(imported.live.id)}: adopted, and never deleted by this tool.\n`,
    )
    context.stdout.write(differences(imported))
    return ExitCode.done
  })
}

/** The desired set; undefined, after a warning, if the source cannot be read. */
async function readSource({ computeDesired, warn }: Session): Promise<DesiredSet | undefined> {
  try {
    return (await computeDesired()).set
  } catch (error) {
    if (!(error instanceof SourceError) && !(error instanceof ManifestError)) throw error
    for (const problem of error.problems) warn(problem)
    warn({
      code: 'source_not_read',
      message: 'the source cannot be read, so the current values in WorkOS count as last applied',
      hint: 'run workos-migrate plan later to see what differs in the source; apply sends it',
    })
    return undefined
  }
}

/** The fields that differ between the source and WorkOS, which the import keeps. */
function differences({ desired, live }: Import): string {
  if (desired === undefined) return ''
  const found = compareFields(kindDefinition(desired.kind), desired.attributes, undefined, live.attributes)
  const lines = found.map(
    ({ field, live: held, desired: said }) =>
      `  ≠ ${printable(field)}: ${shortValue(held)} in WorkOS, ${shortValue(said)} in the source\n`,
  )
  return lines.length === 0
    ? ''
    : `These values in WorkOS differ from the source and did not change:\n${lines.join('')}`
}
