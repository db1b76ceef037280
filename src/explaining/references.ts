import type { DesiredSet } from '../desired/desired-set.ts'
import { kindDefinition, kindDefinitions } from '../kinds/registry.ts'
import { referringTo } from '../rundb/questions.ts'
import type { Address } from '../state/store.ts'
import type { ExplainedDependents, ExplainedReference } from './explanation.ts'
import { outcomeOf } from './outcome.ts'
import { knownId } from './requests.ts'

/** What needs a resource, of one kind, that is shown one by one. */
export const DEPENDENTS = 10

/** Resources that block each other in a row: no chain of references is longer. */
const DEPTH = 5

/** What a resource needs: what it refers to, and the roles or permissions that it names. */
export function referencesOf(
  set: DesiredSet,
  address: Address,
  refs: Readonly<Record<string, string>>,
  planned: ReadonlySet<string>,
): ExplainedReference[] {
  const definition = kindDefinitions.find(({ name }) => name === address.kind)
  if (definition === undefined) return []
  const found = Object.entries(definition.refs).flatMap(([role, kind]) => {
    const key = refs[role]
    return key === undefined ? [] : [reference(set, role, { kind, key }, planned)]
  })
  const desired = set.get(address.kind, address.key)
  const mentions = desired === undefined ? [] : (definition.mentions?.(desired) ?? [])
  for (const { candidates, kind, label } of mentions) {
    const meant = candidates.find((one) => set.get(one.kind, one.key) !== undefined)
    if (meant !== undefined) found.push(reference(set, kind, meant, planned))
    else {
      const unknown = { role: kind, address: `${kind}:${label}`, action: 'not in the plan', id: null }
      found.push({ ...unknown, why: 'neither the source nor the manifest declares it: it has to be in WorkOS' })
    }
  }
  return found
}

function reference(
  set: DesiredSet,
  role: string,
  { kind, key }: Address,
  planned: ReadonlySet<string>,
): ExplainedReference {
  const id = knownId(set, { kind, key }) ?? null
  const { type, why } = outcomeOf(set, { kind, key }, planned)
  const tell = type === 'blocked' || type === 'rejected' || type === 'not planned'
  const missing = type === 'not planned' ? `the source has no ${kind} of this key` : why
  const cause = type === 'blocked' ? causeOf(set, { kind, key }, planned) : undefined
  return { role, address: `${kind}:${key}`, action: type, id, why: tell ? (cause ?? missing) : null }
}

/** Why something is blocked in the end: what keeps back what keeps it back. */
export function causeOf(set: DesiredSet, address: Address, planned: ReadonlySet<string>): string | undefined {
  let at = address
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const outcome = outcomeOf(set, at, planned)
    if (outcome.type !== 'blocked' && outcome.type !== 'rejected') return undefined
    const next = outcome.code === 'dependency_blocked' ? blockedReference(set, at, planned) : undefined
    if (next === undefined)
      return at === address ? outcome.why : `${at.kind}:${at.key} is ${outcome.type}: ${outcome.why}`
    at = next
  }
  return undefined
}

function blockedReference(set: DesiredSet, { kind, key }: Address, planned: ReadonlySet<string>): Address | undefined {
  const desired = set.get(kind, key)
  if (desired === undefined) return undefined
  const refs = Object.entries(kindDefinition(kind).refs).map(([role, of]) => ({
    kind: of,
    key: desired.refs[role] ?? '',
  }))
  return refs.find((ref) => ['blocked', 'rejected'].includes(outcomeOf(set, ref, planned).type))
}

/** What needs a resource: the memberships of a user, the groups of an organization; also what was refused. */
export function dependentsOf(
  set: DesiredSet,
  { kind, key }: Address,
  planned: ReadonlySet<string>,
): ExplainedDependents[] {
  return kindDefinitions.flatMap((definition) => {
    const roles = Object.entries(definition.refs).flatMap(([role, of]) => (of === kind ? [role] : []))
    if (roles.length === 0) return []
    const { count, keys } = referringTo(set.rundb, definition.name, roles, key, DEPENDENTS)
    if (count === 0) return []
    const shown = keys.map((dependent) => {
      const address = { kind: definition.name, key: dependent }
      const { type, why } = outcomeOf(set, address, planned)
      const tell = type === 'blocked' || type === 'rejected'
      return {
        address: `${address.kind}:${address.key}`,
        action: type,
        why: tell ? (causeOf(set, address, planned) ?? why) : null,
      }
    })
    return [{ kind: definition.name, plural: definition.plural, count, shown }]
  })
}
