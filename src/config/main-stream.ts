import { recipeAt } from './recipes.ts'
import { type Branch, type Entry, type List, type Scalar, type Tree, valueAt } from './tree.ts'

/** How recipes call the stream of users. */
const USERS = 'users'

/**
 * A manifest over files or a database whose main stream has another name than recipes give it: what
 * a shipped recipe says of `users` is said of that one. The main stream is the first that is joined
 * to no other. What the manifest itself says stays as it is.
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

/** Types of sources whose streams the manifest names. */
const WITH_NAMED_STREAMS: readonly unknown[] = ['file', 'postgres', 'mysql']

/**
 * Whether the manifest names the streams of such a source: each that is not joined is a main one.
 */
export function hasNamedStreams(type: string): boolean {
  return WITH_NAMED_STREAMS.includes(type)
}

/** The main stream of such a source; that called `users` where there is one. */
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
