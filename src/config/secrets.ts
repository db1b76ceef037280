import { createHash } from 'node:crypto'
import { formatLocation, type Problem } from '../diagnostics/problem.ts'
import { API_KEY, type Redactor } from '../diagnostics/redactor.ts'
import { canonicalJson, isObject } from '../json.ts'
import { isSecretPath } from './schema.ts'
import { locationOf, type Tree } from './tree.ts'

/**
 * Registers secrets that are written into a file: API keys anywhere, even under a misspelled key,
 * and all values under `secrets` and secret values of `notify`. Returns one warning each, although
 * the chosen environment is in the tree twice.
 */
export function literalKeyWarnings(tree: Tree, redactor: Redactor): Problem[] {
  const byPlace = new Map<string, Problem>()
  for (const problem of findLiteralKeys(tree, redactor)) {
    if (problem.at) byPlace.set(formatLocation(problem.at), problem)
  }
  return [...byPlace.values()]
}

function findLiteralKeys(tree: Tree, redactor: Redactor, path: string[] = []): Problem[] {
  if (tree.kind === 'branch') {
    return [...tree.entries].flatMap(([key, { value }]) => findLiteralKeys(value, redactor, [...path, key]))
  }
  if (tree.kind === 'list') {
    return tree.items.flatMap((item, index) => findLiteralKeys(item, redactor, [...path, String(index)]))
  }
  if (tree.kind === 'removed' || tree.value === null) return []
  const key = typeof tree.value === 'string' ? API_KEY.exec(tree.value) : null
  const found = key ?? (typeof tree.value === 'string' ? URL_WITH_PASSWORD.exec(tree.value) : null)
  const text = String(tree.value)
  if (found === null && (!isKeptSecret(path, text) || text.includes('${'))) return []
  if (found !== null) redactor.register(found[0])
  redactor.register(text)
  redactor.register(tree.place.text.text.slice(tree.place.start, tree.place.end))
  const what = found === null ? 'a secret' : key === null ? 'a database password' : 'an API key'
  return [
    {
      code: 'literal_secret',
      message: `${what} is in the file as plain text`,
      hint: `set an environment variable, and refer to it as \${${variableFor(path)}}`,
      at: locationOf(tree.place),
      path: path.join('.'),
      severity: 'warning',
    },
  ]
}

/** A database URL with a plain-text password. */
const URL_WITH_PASSWORD = /^(?:postgres(?:ql)?|mysql2?|mariadb):\/\/[^/@:]*:(?!\$\{)[^@]+@.*$/

/** Suggests a variable name. Among sources, only Clerk has such a key, and databases have a URL. */
function variableFor(path: readonly string[]): string {
  const [section, ...rest] = path[0] === 'environments' ? path.slice(2) : path
  if (section === 'state' || (section === 'source' && rest[0] === 'url')) return 'DATABASE_URL'
  if (section === 'export') return 'APP_DATABASE_URL'
  if (section === 'source') return 'CLERK_SECRET_KEY'
  if (section === 'notify') return rest.at(-1) === 'secret' ? 'NOTIFY_SECRET' : 'NOTIFY_URL'
  const name = section === 'secrets' ? rest.find((key) => /^[A-Za-z]\w*$/.test(key)) : undefined
  return name === undefined ? 'WORKOS_API_KEY' : name.replace(/([a-z\d])(?=[A-Z])/g, '$1_').toUpperCase()
}

/** Whether plain text at this path is a secret because of its place. */
function isKeptSecret(path: readonly string[], text: string): boolean {
  const [section] = path[0] === 'environments' ? path.slice(2) : path
  return isUnderSecrets(path) || (section === 'notify' && text !== '' && isSecretPath(path))
}

/** Whether a path is inside `secrets`, at any depth: wrongly nested values are secret too. */
function isUnderSecrets(path: readonly string[]): boolean {
  return path[path[0] === 'environments' ? 2 : 0] === 'secrets'
}

/** A copy with every secret value replaced. `undefined` removes the key. */
export function withSecrets(value: unknown, replacement: string | undefined, path: string[] = []): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withSecrets(item, replacement, [...path, String(index)]))
  if (!isObject(value)) return path.length > 0 && isSecretPath(path) ? replacement : value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withSecrets(item, replacement, [...path, key])]),
  )
}

/** See `digest` of LoadedManifest. */
export function digestOf(manifest: object): string {
  return createHash('sha256')
    .update(canonicalJson(decisive(manifest)))
    .digest('hex')
}

/**
 * The parts of a manifest that decide what a plan does, without secrets. Omits `run`, `tests`,
 * `output`, `notify`, `export` and the name, which defaults to the folder.
 */
export function decisive(manifest: object): unknown {
  const {
    run: _run,
    name: _name,
    tests: _tests,
    output: _output,
    notify: _notify,
    export: _export,
    ...rest
  } = {
    run: undefined,
    name: undefined,
    tests: undefined,
    output: undefined,
    notify: undefined,
    export: undefined,
    ...manifest,
  }
  return withSecrets(rest, undefined)
}
