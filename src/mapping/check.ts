import { expressionsOf } from '../config/expressions.ts'
import type { LoadedManifest } from '../config/loaded-manifest.ts'
import type { Manifest } from '../config/manifest.ts'
import { nearest } from '../config/nearest.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { isObject } from '../json.ts'
import { checkMetadata } from './check-metadata.ts'
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
