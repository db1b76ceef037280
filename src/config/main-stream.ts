import { recipeAt } from './recipes.ts'
import { type Branch, type Entry, type List, type Scalar, type Tree, valueAt } from './tree.ts'

/** The name of the users stream in recipes. */
const USERS = 'users'

/**
 * Applies the `users` rules of built-in recipes to the main stream if it has another name. The main
 * stream is the first one without a join. Rules in the manifest itself do not change.
 */
export function nameMainStream(tree: Branch): Branch {
  const map = tree.entries.get('map')
  const main = mainStream(tree)
  if (main === undefined || main === USERS || map?.value.kind !== 'branch') return tree
  const rules = [...map.value.entries].map(([kind, entry]): [string, Entry] => {
    const { value } = entry
    return [kind, value.kind === 'branch' ? { ...entry, value: renamed(value, main) } : entry]
  })
  const value: Branch = { ...map.value, entries: new Map(rules) }
  return { ...tree, entries: new Map(tree.entries).set('map', { ...map, value }) }
}

/** Source types whose streams the manifest names. */
const WITH_NAMED_STREAMS: readonly unknown[] = ['file', 'postgres', 'mysql']

/** Whether the manifest names the streams; each one without a join is a main stream. */
export function hasNamedStreams(type: string): boolean {
  return WITH_NAMED_STREAMS.includes(type)
}

/** The main stream: `users` if it exists, otherwise the first without a join. */
function mainStream(tree: Branch): string | undefined {
  const type = valueAt(tree, ['source', 'type'])
  const streams = valueAt(tree, ['source', 'streams'])
  if (type?.kind !== 'scalar' || !WITH_NAMED_STREAMS.includes(type.value)) return undefined
  if (streams?.kind !== 'branch') return undefined
  if (streams.entries.get(USERS)?.value.kind === 'branch') return USERS
  for (const [name, { value }] of streams.entries) {
    const join = valueAt(value, ['join'])
    if (value.kind === 'branch' && (join === undefined || join.kind === 'removed')) return name
  }
  return undefined
}

function renamed(rule: Branch, main: string): Branch {
  const entries = new Map(rule.entries)
  const from = entries.get('from')
  if (from !== undefined) entries.set('from', { ...from, value: named(from.value, main) })
  const each = entries.get('each')
  if (each?.value.kind === 'branch') entries.set('each', { ...each, value: keyed(each.value, main) })
  return { ...rule, entries }
}

function named(from: Tree, main: string): Tree {
  if (from.kind === 'list') return { ...from, items: from.items.map((item) => named(item, main)) } satisfies List
  const isOfRecipe = from.kind === 'scalar' && from.value === USERS && recipeAt(from.place.text) !== undefined
  return isOfRecipe ? ({ ...from, value: main } satisfies Scalar) : from
}

function keyed(each: Branch, main: string): Branch {
  const entries = [...each.entries].map(([name, entry]): [string, Entry] =>
    name === USERS && recipeAt(entry.key.text) !== undefined && !each.entries.has(main) ? [main, entry] : [name, entry],
  )
  return { ...each, entries: new Map(entries) }
}
