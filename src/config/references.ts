import { dirname, resolve } from 'node:path'
import type { Problem } from '../diagnostics/problem.ts'
import { type Redactor, secretsOfUrl } from '../diagnostics/redactor.ts'
import { NotRegularFile, readRegular } from '../files/regular-file.ts'
import { isExpressionPath } from './manifest.ts'
import { isSecretPath, retype } from './schema.ts'
import { type Branch, locationOf, type Scalar, type Tree } from './tree.ts'

/** `$${` (a literal `${`), `${file:path}`, `${NAME}` or `${NAME:-default}`. */
const REFERENCE = /\$\$\{|\$\{file:([^}]*)\}|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g
const ONE_REFERENCE = /^\$\{[^}]*\}$/

/** Matches names of variables with secrets. */
const SECRET_WORD = /key|secret|token|pass|pwd|credential|hash|salt|private|auth/i
const SET_SECRET = 'set it in the environment of the command'

export interface ReferenceContext {
  env: Record<string, string | undefined>
  /** Whether to accept unset references. */
  offline: boolean
  /** Paths where a reference can be unset until its value is needed. */
  defer?: (path: readonly string[]) => boolean
  redactor: Redactor
}

export interface Resolved {
  tree: Branch
  /** Paths of scalars with an unset reference. */
  unresolved: string[][]
  problems: Problem[]
  /** Problems at paths that `defer` accepts. */
  deferred: Problem[]
}

/**
 * Replaces references in all scalars except expressions, and registers secrets as they are read. A
 * scalar that is a single reference becomes a number or a boolean if the schema requires it.
 */
export function resolveReferences(tree: Branch, context: ReferenceContext): Resolved {
  const unresolved: string[][] = []
  const problems: Problem[] = []
  const deferred: Problem[] = []

  function visitBranch(branch: Branch, path: string[]): Branch {
    const entries = [...branch.entries].map(
      ([key, entry]) => [key, { key: entry.key, value: visit(entry.value, [...path, key]) }] as const,
    )
    return { ...branch, entries: new Map(entries) }
  }

  function visit(node: Tree, path: string[]): Tree {
    if (node.kind === 'branch') return visitBranch(node, path)
    if (node.kind === 'list') {
      return { ...node, items: node.items.map((item, index) => visit(item, [...path, String(index)])) }
    }
    return node.kind === 'scalar' && typeof node.value === 'string' ? visitText(node, node.value, path) : node
  }

  function visitText(node: Scalar, written: string, path: string[]): Scalar {
    const secret = isSecretPath(path)
    if (!written.includes('${') || isVerbatim(path)) {
      if (secret) registerSecret(written, context.redactor)
      return node
    }
    const { text, problems: found, unknown } = resolveText(node, written, context, secret)
    const list = context.defer?.(path) ? deferred : problems
    list.push(...found.map((problem) => ({ ...problem, path: path.join('.') })))
    if (found.length > 0 || unknown) {
      unresolved.push(path)
      return node
    }
    if (secret) registerSecret(text, context.redactor)
    return { ...node, written, value: ONE_REFERENCE.test(written) ? retype(text, path) : text }
  }

  return { tree: visitBranch(tree, []), unresolved, problems, deferred }
}

/** Registers the text, and the password inside a URL, which can appear separately. */
function registerSecret(text: string, redactor: Redactor): void {
  redactor.register(text)
  for (const part of secretsOfUrl(text)) redactor.register(part)
}

/** Whether `${` is literal at this path: in expressions and in tests. */
function isVerbatim(path: readonly string[]): boolean {
  return isExpressionPath(path) || path[0] === 'tests'
}

/** The paths of scalars with a reference. */
export function referencePaths(tree: Tree, path: string[] = []): string[][] {
  if (tree.kind === 'branch') {
    return [...tree.entries].flatMap(([key, { value }]) => referencePaths(value, [...path, key]))
  }
  if (tree.kind === 'list') return tree.items.flatMap((item, index) => referencePaths(item, [...path, String(index)]))
  const isReference = tree.kind === 'scalar' && typeof tree.value === 'string' && tree.value.search(REFERENCE) !== -1
  return isReference && !isVerbatim(path) ? [path] : []
}

/** Resolves the references of one scalar. `unknown`: one is unset, and `offline` accepts it. */
export function resolveText(
  node: Scalar,
  written: string,
  context: ReferenceContext,
  secret = false,
): { text: string; problems: Problem[]; unknown: boolean } {
  const problems: Problem[] = []
  let unknown = false
  const file = node.place.text.file

  function missing(code: string, message: string, hint: string): string {
    if (context.offline) unknown = true
    else problems.push({ code, message, hint, at: locationOf(node.place) })
    return ''
  }

  function fileContent(path: string): string {
    try {
      return readRegular(resolve(dirname(file), path))
        .toString('utf8')
        .replace(/\r?\n$/, '')
    } catch (error) {
      const isOther = error instanceof NotRegularFile
      const hint = isOther ? 'name a regular file' : `check the path, which is relative to ${dirname(file)}`
      const reason = isOther ? `: that is ${error.what}` : ''
      return missing('unreadable_reference', `the referenced file ${path} cannot be read${reason}`, hint)
    }
  }

  function variable(name: string, fallback: string | undefined): string {
    const value = context.env[name]
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
    if (value !== undefined) return value
    // Do not suggest a default for a secret, because a default is in the file.
    const isSecret = secret || SECRET_WORD.test(name)
    const hint = isSecret ? SET_SECRET : `set it, or add a default: \${${name}:-…}`
    return missing('unset_reference', `the environment variable ${name} is not set`, hint)
  }

  const text = written.replace(REFERENCE, (match, path: string | undefined, name: string, fallback?: string) => {
    if (match === '$${') return '${'
    const value = path === undefined ? variable(name, fallback) : fileContent(path)
    if (secret) context.redactor.register(value)
    return value
  })
  return { text, problems, unknown }
}

/**
 * The references in a tree, each once: variables, and files as `file:path`. @param isWanted filters
 * by the path in the manifest
 */
export function referencesOf(
  tree: Tree,
  isWanted: (path: readonly string[]) => boolean = () => true,
  path: string[] = [],
): string[] {
  if (tree.kind === 'branch') {
    return [...new Set([...tree.entries].flatMap(([key, { value }]) => referencesOf(value, isWanted, [...path, key])))]
  }
  if (tree.kind === 'list') {
    return [...new Set(tree.items.flatMap((item, index) => referencesOf(item, isWanted, [...path, String(index)])))]
  }
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string' || isVerbatim(path) || !isWanted(path)) return []
  return [...tree.value.matchAll(REFERENCE)].flatMap(([, file, name]) =>
    file === undefined ? (name ?? []) : `file:${file}`,
  )
}
