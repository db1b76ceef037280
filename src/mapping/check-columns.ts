import { expressionsIn, expressionsOf } from '../config/expressions.ts'
import type { LoadedManifest } from '../config/loaded-manifest.ts'
import type { Manifest, MapRule } from '../config/manifest.ts'
import { nearest } from '../config/nearest.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Read } from '../expressions/reads.ts'
import { compileAtPath, compileExpression } from './expression.ts'

/** Columns that a hint lists. */
const LISTED = 20

/** Names of the members that records of a stream can have, for streams whose files tell. */
export type Columns = ReadonlyMap<string, readonly string[]>

/**
 * Warnings about expressions under `map` and `dedupe` that read a column which no file has. Recipes may name columns that only some exports have: what
 * `isOwn` does not know for the operator's own is passed over.
 * @param streams of the source, the main one first
 */
export function checkColumnNames(
  loaded: LoadedManifest,
  streams: readonly string[],
  columns: Columns,
  isOwn: (path: readonly string[]) => boolean,
): Problem[] {
  const { map, dedupe } = loaded.manifest
  const rules = Object.entries(map).flatMap(([kind, rule]) => (rule === undefined ? [] : [{ at: ['map', kind], rule }]))
  // What ranks users reads the records that the users are from.
  if (map.user !== undefined) rules.push({ at: ['dedupe', 'user'], rule: map.user })
  return rules.flatMap(({ at, rule }) => {
    const read = streamsOf(rule, streams)
    const ofRule = at[0] === 'map'
    return expressionsIn(ofRule ? rule : dedupe.user, at)
      .filter(({ path }) => isOwn(path))
      .flatMap(({ path, text }) => {
        const compiled = compileAtPath(path, text, loaded.manifest)
        if (!compiled.ok) return []
        const known = knownTo(path, read, columns)
        if (known === undefined) return []
        const isOfRecord = ofRule && (rule.each === undefined || path[2] === 'each')
        const missing = compiled.expression.reads.filter(
          ({ name, of }) => (isOfRecord || of === 'record') && !known.includes(name),
        )
        return missing.map(
          (use): Problem => ({
            ...unknownColumn(use, known, columnsOwner(path, read)),
            path: path.join('.'),
            at: loaded.locate(path, use.offset),
          }),
        )
      })
  })
}

/** All names of the streams that an expression is evaluated on; undefined unless those of every one are known. */
function knownTo(path: readonly string[], read: readonly string[], columns: Columns): string[] | undefined {
  const names: string[] = []
  for (const stream of columnsOwner(path, read)) {
    const own = columns.get(stream)
    if (own === undefined) return undefined
    names.push(...own)
  }
  return names
}

/** `each` may be given stream by stream. */
function columnsOwner([, , key, stream]: readonly string[], read: readonly string[]): readonly string[] {
  return key === 'each' && stream !== undefined ? [stream] : read
}

function unknownColumn({ name }: Read, known: readonly string[], streams: readonly string[]): Problem {
  return {
    code: 'column_not_in_file',
    severity: 'warning',
    message: `${streams.join(', ')} ${streams.length === 1 ? 'has' : 'have'} no column "${name}": it yields nothing`,
    hint: hintFor(name, known),
  }
}

function hintFor(name: string, known: readonly string[]): string {
  // A row of data in place of a header may hold anything: nothing of it is shown.
  if (known.some((column) => /[@$]/.test(column))) return 'the first line must name the columns; this looks like data'
  const close = nearest(name, known)
  if (close !== undefined) return `did you mean ${close}?`
  return `columns: ${known.slice(0, LISTED).join(', ')}${known.length > LISTED ? ', …' : ''}`
}

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
    for (const stream of columnsOwner(path, streamsOf(rule, streams))) {
      const names = read.get(stream) ?? new Set()
      if (names === 'all') continue
      for (const field of compiled.expression.fields) names.add(field)
      read.set(stream, compiled.expression.whole ? 'all' : names)
    }
  }
  return read
}

/** The streams that a rule reads. */
function streamsOf(rule: MapRule | undefined, streams: readonly string[]): readonly string[] {
  return rule?.from === undefined ? streams.slice(0, 1) : [rule.from].flat()
}
