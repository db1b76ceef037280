import jsonata from 'jsonata'
import { isObject } from '../../json.ts'

export type RecordsPath = { ok: true; names: string[] } | { ok: false; message: string; hint: string }

const HINT = 'write names with dots between: data.users; leave records out with map.user.when'

/**
 * The names in a path of JSONata such as `data.users`, `` data.`my users` `` or `$`, which has none. Anything else cannot be followed while
 * a document streams by.
 */
export function parseRecordsPath(text: string): RecordsPath {
  let ast: unknown
  try {
    ast = jsonata(text).ast()
  } catch {
    return { ok: false, message: 'this is no path', hint: HINT }
  }
  const names = namesOf(ast)
  if (names !== undefined) return { ok: true, names }
  return { ok: false, message: 'only a path of names can be followed while the document is read', hint: HINT }
}

function namesOf(ast: unknown): string[] | undefined {
  if (isRoot(ast)) return []
  if (!isObject(ast) || ast.type !== 'path' || !Array.isArray(ast.steps) || ast.group !== undefined) return undefined
  const steps: unknown[] = ast.steps
  const named = isRoot(steps[0]) ? steps.slice(1) : steps
  const names = named.map(nameOf).filter((name) => name !== undefined)
  return names.length === named.length ? names : undefined
}

/** `$`, which stands for the document. */
function isRoot(step: unknown): boolean {
  return isObject(step) && step.type === 'variable' && step.value === '' && isPlain(step)
}

function nameOf(step: unknown): string | undefined {
  if (!isObject(step) || !isPlain(step)) return undefined
  return step.type === 'name' && typeof step.value === 'string' ? step.value : undefined
}

/** No predicates, groups, bindings. `[]` behind a name changes nothing here. */
function isPlain(step: Record<string, unknown>): boolean {
  return Object.keys(step).every(
    (key) => ['type', 'value', 'position', 'keepArray'].includes(key) || step[key] === undefined,
  )
}

/** A path as a manifest would have it. */
export function writePath(names: readonly string[]): string {
  return names.map((name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `\`${name}\``)).join('.')
}
