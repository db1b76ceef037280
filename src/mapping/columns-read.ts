import { expressionsOf } from '../config/expressions.ts'
import type { Manifest, MapRule } from '../config/manifest.ts'
import { isObject } from '../json.ts'
import { compileExpression } from './expression.ts'

/**
 * The names of columns that expressions may read, by stream: of its records, and of rows that are joined to them;
 * `all` where one takes the whole record. Some stand for something else
 * there (a function's text, a member of an object that is built): that is no harm where nothing but a warning hangs on it.
 * @param streams of the source, the main one first
 */
export function columnsRead(
  { map, dedupe, vars, secrets }: Pick<Manifest, 'map' | 'dedupe' | 'vars' | 'secrets'>,
  streams: readonly string[],
): Map<string, ReadonlySet<string> | 'all'> {
  const read = new Map<string, Set<string> | 'all'>()
  const rules = new Map(Object.entries(map))
  for (const { path, text } of expressionsOf({ map, dedupe })) {
    const compiled = compileExpression(text, undefined, { vars, secrets })
    if (!compiled.ok) continue
    // What ranks users reads the records that the users are from.
    const [section, name] = path
    const rule = section === 'map' ? rules.get(name ?? '') : map.user
    for (const stream of streamsOf(rule, path, streams)) {
      const names = read.get(stream) ?? new Set()
      if (names === 'all') continue
      for (const field of compiled.expression.fields) names.add(field)
      read.set(stream, compiled.expression.whole ? 'all' : names)
    }
  }
  return read
}

/** `each` may be given stream by stream. */
function streamsOf(
  rule: MapRule | undefined,
  [section, , key, stream]: readonly string[],
  streams: readonly string[],
): readonly string[] {
  if (section === 'map' && key === 'each' && stream !== undefined && isObject(rule?.each)) return [stream]
  return rule?.from === undefined ? streams.slice(0, 1) : [rule.from].flat()
}
