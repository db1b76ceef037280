import { ManifestError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { checkEnvironment } from './check.ts'
import { nearest } from './nearest.ts'
import { referencePaths } from './references.ts'
import { locationOf } from './text.ts'
import { type Branch, mergeBranches } from './tree.ts'

/** The environments of a manifest by name. One that is written and empty changes nothing, and may be chosen. */
export function environmentsOf(tree: Branch): Map<string, Branch> {
  const environments = tree.entries.get('environments')?.value
  const branches = new Map<string, Branch>()
  if (environments?.kind !== 'branch') return branches
  for (const [name, { value }] of environments.entries) {
    if (value.kind === 'branch') branches.set(name, value)
    if (value.kind === 'removed') branches.set(name, { kind: 'branch', entries: new Map(), place: value.place })
  }
  return branches
}

/** The manifest with one of its environments merged over it. */
export function choose(tree: Branch, environment: string | undefined): Branch {
  const chosen = environment === undefined ? undefined : environmentsOf(tree).get(environment)
  return chosen === undefined ? tree : { ...mergeBranches(tree, chosen), place: tree.place }
}

/** @throws ManifestError when the manifest has no environment of this name */
export function requireEnvironment(tree: Branch, environment: string | undefined, file: string): void {
  if (environment === undefined) return
  const names = [...environmentsOf(tree).keys()]
  if (names.includes(environment)) return
  const close = nearest(environment, names)
  const key = tree.entries.get('environments')?.key
  throw new ManifestError({
    code: 'unknown_environment',
    message: `there is no environment named ${environment}`,
    hint:
      names.length === 0
        ? 'the manifest has no environments: leave -e out'
        : `${close === undefined ? '' : `did you mean ${close}? `}environments: ${names.join(', ')}`,
    at: key === undefined ? { file } : locationOf(key),
    path: 'environments',
  })
}

/** Checks the environments that were not chosen. Their references are not resolved: those values are taken on trust. */
export function checkOtherEnvironments(tree: Branch, chosen: string | undefined): Problem[] {
  const environments = tree.entries.get('environments')
  if (environments === undefined || environments.value.kind === 'removed') return []
  if (environments.value.kind !== 'branch') return [notAnObject(['environments'], environments.key)]
  const known = environmentsOf(tree)
  return [...environments.value.entries].flatMap(([name, entry]) => {
    const branch = known.get(name)
    if (branch === undefined) return [notAnObject(['environments', name], entry.key)]
    return name === chosen ? [] : checkEnvironment(name, branch, referencePaths(branch))
  })
}

function notAnObject(path: string[], at: Branch['place']): Problem {
  const message = `${path.join('.')} must be an object of keys and values`
  return { code: 'wrong_type', message, at: locationOf(at), path: path.join('.') }
}
