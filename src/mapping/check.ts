import { expressionsOf } from '../config/expressions.ts'
import type { LoadedManifest } from '../config/loaded-manifest.ts'
import type { Manifest, MapRule } from '../config/manifest.ts'
import { nearest } from '../config/nearest.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Flow } from '../expressions/reads.ts'
import { isObject } from '../json.ts'
import { compileAtPath } from './expression.ts'

/**
 * Compiles every expression of the manifest. Those that cannot work are errors at their place in the file, and so is metadata that
 * gives a secret away; those whose answer changes from run to run are warnings, since a plan over them never comes to rest.
 */
export function checkExpressions(loaded: LoadedManifest): Problem[] {
  const problems = expressionsOf(loaded.manifest).flatMap(({ path, text }): Problem[] => {
    const name = path.join('.')
    const compiled = compileAtPath(path, text, loaded.manifest)
    if (!compiled.ok) {
      const { code, message, hint, position } = compiled
      return [{ code, message, hint, path: name, at: loaded.locate(path, position) }]
    }
    return compiled.expression.unstable.map((use) => ({
      code: 'unstable_expression',
      message: `$${use.name} answers differently on every run, so every plan will want to change something`,
      hint: 'map a value of the record instead',
      path: name,
      at: loaded.locate(path, use.offset),
      severity: 'warning',
    }))
  })
  return [...problems, ...checkMetadata(loaded)]
}

/** A mapping without rules, and rules that read a stream which the source does not have: nothing would ever come of them. */
export function checkStreams(map: Manifest['map'], streams: readonly string[]): Problem[] {
  if (Object.values(map).every((rule) => rule === undefined)) return [NO_MAPPING]
  return Object.entries(map).flatMap(([kind, rule]): Problem[] => {
    const { from, each } = rule ?? {}
    const path = `map.${kind}`
    const read: [name: string, path: string][] =
      typeof from === 'string'
        ? [[from, `${path}.from`]]
        : (from ?? []).map((name, index) => [name, `${path}.from.${index}`])
    const own = isObject(each) ? Object.keys(each).map((name): [string, string] => [name, `${path}.each.${name}`]) : []
    return [...read, ...own].flatMap(([name, at]) => (streams.includes(name) ? [] : unknownStream(name, at, streams)))
  })
}

const NO_MAPPING: Problem = {
  code: 'no_mapping',
  message: 'nothing is mapped: neither the manifest nor its recipe has a rule under map',
  hint: 'write what becomes of a record, at least map.user with key and email; workos-migrate inspect shows what there is',
  path: 'map',
}

function unknownStream(name: string, path: string, streams: readonly string[]): Problem {
  const close = nearest(name, streams)
  return {
    code: 'unknown_stream',
    message: `the source has no stream "${name}"`,
    hint: `${close === undefined ? '' : `did you mean ${close}? `}streams: ${streams.join(', ')}`,
    path,
  }
}

/** Names under which exports keep the secrets of authenticator apps. */
const NAMES: ReadonlySet<string> = new Set(['totp_secret', 'totpSecret'])

/**
 * Metadata that plainly reads the secret of an authenticator app: everybody who may read the user sees it, and with it computes the codes.
 * What cannot be told from the expression is seen when a record has the secret in its metadata, and rejects it.
 */
export function checkMetadata(loaded: LoadedManifest): Problem[] {
  const { map } = loaded.manifest
  const secrets = sourcesOf(loaded)
  return (['user', 'organization'] as const).flatMap((kind) =>
    metadataOf(map[kind]).flatMap(([member, text]): Problem[] => {
      const path = ['map', kind, 'metadata', ...member]
      const compiled = compileAtPath(path, text, loaded.manifest)
      if (!compiled.ok) return []
      const isSecret = (flow: Flow): boolean => {
        const place = placeOf(flow, map[kind])
        if (place === undefined || (place === 'item' && kind !== 'user')) return false
        return secrets.some((secret) => place === placeOf(secret, map.user) && holds(flow, secret))
      }
      const found = compiled.expression.flows.find(
        (flow) => flow.names.some((name) => NAMES.has(name)) || isSecret(flow),
      )
      if (found === undefined) return []
      return [
        {
          code: 'totp_in_metadata',
          message: `this puts ${found.names.join('.')}, from which map.user.totpSecret takes the secret of an authenticator app, into metadata: everybody who may read the ${kind} would see it`,
          hint: 'leave it out: the secret goes to WorkOS as a factor of its user, and nowhere else',
          path: path.join('.'),
          at: loaded.locate(path, found.offset),
        },
      ]
    }),
  )
}

/** Where `map.user.totpSecret` takes the secret from: of an object, what its member `secret` is. */
function sourcesOf({ manifest }: LoadedManifest): Flow[] {
  const text = manifest.map.user?.totpSecret
  if (typeof text !== 'string') return []
  const compiled = compileAtPath(['map', 'user', 'totpSecret'], text, manifest)
  if (!compiled.ok) return []
  return compiled.expression.flows.filter(({ key, of }) => of !== 'other' && (key === undefined || key === 'secret'))
}

function metadataOf(rule: MapRule | undefined): [member: string[], text: string][] {
  const metadata = rule?.metadata
  if (typeof metadata === 'string') return [[[], metadata]]
  if (!isObject(metadata)) return []
  return Object.entries(metadata).flatMap(([name, text]): [string[], string][] =>
    typeof text === 'string' ? [[[name], text]] : [],
  )
}

/** What a path begins at. Without `each` the item is the record. */
function placeOf({ of }: Flow, rule: MapRule | undefined): 'item' | 'record' | undefined {
  if (of === 'other') return undefined
  return of === 'record' || rule?.each === undefined ? 'record' : 'item'
}

/** Whether a path is that of the secret, or of something that has the secret in it. */
function holds({ names }: Flow, secret: Flow): boolean {
  return names.every((name, index) => secret.names[index] === name)
}
