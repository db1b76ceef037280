import type { LoadedManifest } from '../config/load.ts'
import { expressionsIn, expressionsOf, type Manifest, type MapRule } from '../config/manifest.ts'
import { nearest } from '../config/nearest.ts'
import { recipeAt } from '../config/recipes.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Flow, Read } from '../expressions/reads.ts'
import { isObject } from '../json.ts'
import { faultOfSignerKey } from '../kinds/user/passwords/vendors.ts'
import { examine, examineAtPath } from './expression.ts'

/**
 * Compiles all expressions of the manifest. Expressions that cannot work are errors at their place
 * in the file, and so are metadata that contain a secret and invalid keys of Firebase. Expressions
 * whose result changes on every run are warnings: every plan would have changes.
 */
export function checkExpressions(loaded: LoadedManifest): Problem[] {
  const problems = expressionsOf(loaded.manifest).flatMap(({ path, text }): Problem[] => {
    const name = path.join('.')
    const compiled = examineAtPath(path, text, loaded.manifest)
    if (!compiled.ok) {
      const { code, message, hint, position } = compiled
      return [{ code, message, hint, path: name, at: loaded.locate(path, position) }]
    }
    return compiled.expression.unstable.map((use) => ({
      code: 'unstable_expression',
      message: `$${use.name}() returns a different value on every run, so that every plan will have changes`,
      hint: 'map a value of the record instead',
      path: name,
      at: loaded.locate(path, use.offset),
      severity: 'warning',
    }))
  })
  return [...problems, ...checkMetadata(loaded), ...checkSignerKeys(loaded), ...checkSignerKeyGiven(loaded)]
}

/**
 * Finds a file of Firebase users without the key of its project: no password could be checked. A
 * project read over its API returns its key, so the shared recipe reads the secret without
 * requiring it.
 */
function checkSignerKeyGiven(loaded: LoadedManifest): Problem[] {
  const path = ['map', 'user', 'passwordHash']
  const { source, secrets } = loaded.manifest
  const isOfRecipe = recipeAt(loaded.originOf(path)) === 'firebase'
  if (!isOfRecipe || source.type === 'firebase' || Object.hasOwn(secrets, SIGNER_KEY)) return []
  return [
    {
      code: 'unknown_variable',
      message: `secrets.${SIGNER_KEY} is missing in the manifest`,
      hint: 'add it to secrets in the manifest: Firebase console → Authentication → Users → ⋮ → Password hash parameters',
      path: path.join('.'),
      at: loaded.locate(path),
    },
  ]
}

/** The secret that the Firebase recipe reads. */
const SIGNER_KEY = 'firebaseSignerKey'

/**
 * Finds an invalid key of a Firebase project: every password would be lost, so it is reported once,
 * where the key is set.
 */
function checkSignerKeys(loaded: LoadedManifest): Problem[] {
  const { manifest, unresolved } = loaded
  const faults = new Map<string, Problem>()
  for (const { path, text } of expressionsOf(manifest)) {
    const compiled = examineAtPath(path, text, manifest)
    for (const { value, constants } of compiled.ok ? compiled.expression.argumentsOf('firebasePassword', 2) : []) {
      const key = isObject(value) ? (value.signerKey ?? value.base64_signer_key) : undefined
      const fault = typeof key === 'string' && key.trim() !== '' ? faultOfSignerKey(key) : undefined
      if (fault === undefined) continue
      const places = constants.flatMap(({ name, members }) =>
        withMembers(manifest, [name, ...members.map((member) => member.name)]),
      )
      const place = places.find((one) => valueAt(manifest, one) === key) ?? path
      const name = place.join('.')
      if (unresolved.some((one) => one.join('.') === name)) continue
      faults.set(name, {
        code: 'bad_signer_key',
        message: fault,
        hint: 'copy base64_signer_key from the Firebase console: Authentication → Users → ⋮ → Password hash parameters',
        path: name,
        at: loaded.locate(place),
      })
    }
  }
  return [...faults.values()]
}

/** The path, or the paths of its members if it is an object, as in a lookup by name. */
function withMembers(manifest: Manifest, path: readonly string[]): (readonly string[])[] {
  const value = valueAt(manifest, path)
  return isObject(value) ? Object.keys(value).map((name) => [...path, name]) : [path]
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value)
}

/** Kinds without which users or their memberships are missing in WorkOS. */
const OF_PEOPLE: ReadonlySet<string> = new Set([
  'user',
  'organization',
  'membership',
  'roleAssignment',
  'group',
  'groupMembership',
])

/**
 * Finds a mapping without rules, and rules for a stream that the source does not have. A recipe
 * serves sources with fewer streams than its own, so its rules can name missing ones: only a rule
 * of a kind in OF_PEOPLE without any stream is a warning.
 * @param recipeAt the recipe that contains the value at a path
 */
export function checkStreams(
  map: Manifest['map'],
  streams: readonly string[],
  recipeAt: (path: readonly string[]) => string | undefined = () => undefined,
): Problem[] {
  if (Object.values(map).every((rule) => rule === undefined)) return [NO_MAPPING]
  return Object.entries(map).flatMap(([kind, rule]): Problem[] => {
    const { from, each } = rule ?? {}
    const path = `map.${kind}`
    const read: [name: string, path: string][] =
      typeof from === 'string'
        ? [[from, `${path}.from`]]
        : (from ?? []).map((name, index) => [name, `${path}.from.${index}`])
    const own = isObject(each) ? Object.keys(each).map((name): [string, string] => [name, `${path}.each.${name}`]) : []
    const missing = [...read, ...own].filter(([name]) => !streams.includes(name))
    const mistaken = missing.filter(([, at]) => recipeAt(at.split('.')) === undefined)
    if (mistaken.length > 0) return mistaken.map(([name, at]) => unknownStream(name, at, streams))
    const isIdle = read.length > 0 && read.every(([name]) => !streams.includes(name))
    const recipe = recipeAt((read[0]?.[1] ?? '').split('.'))
    return isIdle && recipe !== undefined && OF_PEOPLE.has(kind)
      ? [
          idleRule(
            kind,
            recipe,
            read.map(([name]) => name),
          ),
        ]
      : []
  })
}

function idleRule(kind: string, recipe: string, names: readonly string[]): Problem {
  return {
    code: 'recipe_without_stream',
    severity: 'warning',
    message: `the source has no stream "${names.join('" or "')}", so that map.${kind} of the recipe ${recipe} has no effect`,
    hint: `rename the stream to match, or remove the rule: map: { ${kind}: null }`,
    path: `map.${kind}`,
  }
}

const NO_MAPPING: Problem = {
  code: 'no_mapping',
  message: 'nothing is mapped: neither the manifest nor its recipe has a rule under map',
  hint: 'add at least map.user with key and email; workos-migrate inspect lists the columns of the source',
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

/** Names of columns in which exports keep TOTP secrets. */
const NAMES: ReadonlySet<string> = new Set(['totp_secret', 'totpSecret'])

/**
 * Finds metadata that read a TOTP secret: everyone who can read the user could compute codes. What
 * the expression does not show is found in the record, and rejects it.
 */
export function checkMetadata(loaded: LoadedManifest): Problem[] {
  const { map } = loaded.manifest
  const secrets = sourcesOf(loaded)
  return (['user', 'organization'] as const).flatMap((kind) =>
    metadataOf(map[kind]).flatMap(([member, text]): Problem[] => {
      const path = ['map', kind, 'metadata', ...member]
      const compiled = examineAtPath(path, text, loaded.manifest)
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
          message: `this puts ${found.names.join('.')}, from which map.user.totpSecret reads a TOTP secret, into metadata: everyone who can read the ${kind} could read it`,
          hint: 'remove it from the metadata: the secret goes to WorkOS only as a TOTP factor',
          path: path.join('.'),
          at: loaded.locate(path, found.offset),
        },
      ]
    }),
  )
}

/** Where `map.user.totpSecret` reads the secret: of an object, its member `secret`. */
function sourcesOf({ manifest }: LoadedManifest): Flow[] {
  const text = manifest.map.user?.totpSecret
  if (typeof text !== 'string') return []
  const compiled = examineAtPath(['map', 'user', 'totpSecret'], text, manifest)
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

/** The start of a path. Without `each`, the item is the record. */
function placeOf({ of }: Flow, rule: MapRule | undefined): 'item' | 'record' | undefined {
  if (of === 'other') return undefined
  return of === 'record' || rule?.each === undefined ? 'record' : 'item'
}

/** Whether a path is that of the secret, or of something that contains it. */
function holds({ names }: Flow, secret: Flow): boolean {
  return names.every((name, index) => secret.names[index] === name)
}

/** Columns that a hint lists. */
const LISTED = 20

/** The members that records of a stream can have, for streams whose files list them. */
type Columns = ReadonlyMap<string, readonly string[]>

/**
 * Warns about expressions under `map` and `dedupe` that read a column which no file has. A recipe
 * can name columns that only some exports have: expressions that `isOwn` does not attribute to the
 * operator are skipped.
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
  // Expressions that rank users read the records of users.
  if (map.user !== undefined) rules.push({ at: ['dedupe', 'user'], rule: map.user })
  return rules.flatMap(({ at, rule }) => {
    const read = streamsOf(rule, streams)
    const ofRule = at[0] === 'map'
    return expressionsIn(ofRule ? rule : dedupe.user, at)
      .filter(({ path }) => isOwn(path))
      .flatMap(({ path, text }) => {
        const compiled = examineAtPath(path, text, loaded.manifest)
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

/**
 * All column names of the streams that an expression reads. Undefined: those of a stream are
 * unknown.
 */
function knownTo(path: readonly string[], read: readonly string[], columns: Columns): string[] | undefined {
  const names: string[] = []
  for (const stream of columnsOwner(path, read)) {
    const own = columns.get(stream)
    if (own === undefined) return undefined
    names.push(...own)
  }
  return names
}

/** `each` can be set for each stream. */
function columnsOwner([, , key, stream]: readonly string[], read: readonly string[]): readonly string[] {
  return key === 'each' && stream !== undefined ? [stream] : read
}

function unknownColumn({ name }: Read, known: readonly string[], streams: readonly string[]): Problem {
  return {
    code: 'column_not_in_file',
    severity: 'warning',
    message: `${streams.join(', ')} ${streams.length === 1 ? 'has' : 'have'} no column "${name}": the expression returns no value`,
    hint: hintFor(name, known),
  }
}

function hintFor(name: string, known: readonly string[]): string {
  // A data row in place of a header can contain anything, so none of it is shown.
  if (known.some((column) => /[@$]/.test(column)))
    return 'add a first line with the names of the columns: the first line looks like data'
  const close = nearest(name, known)
  if (close !== undefined) return `did you mean ${close}?`
  return `columns: ${known.slice(0, LISTED).join(', ')}${known.length > LISTED ? ', …' : ''}`
}

/**
 * The columns that expressions can read, by stream: of its records, and of rows joined to them.
 * `all`: an expression reads the whole record. Some names mean something else there (the text of a
 * function, a member of a built object), which only affects a warning.
 * @param streams of the source, the main one first
 */
export function columnsRead(
  { map, dedupe, vars, secrets }: Pick<Manifest, 'map' | 'dedupe' | 'vars' | 'secrets'>,
  streams: readonly string[],
): Map<string, ReadonlySet<string> | 'all'> {
  const read = new Map<string, Set<string> | 'all'>()
  const rules = new Map(Object.entries(map))
  for (const { path, text } of expressionsOf({ map, dedupe })) {
    const compiled = examine(text, { vars, secrets })
    if (!compiled.ok) continue
    // Expressions that rank users read the records of users.
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
