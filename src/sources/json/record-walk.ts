import jsonata from 'jsonata'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import { isEncodedTwice, type JsonEvents } from './grammar.ts'

/** Paths that an error may name when the records are not where they were looked for. */
const MAX_PATHS = 8

/** Lists and objects that are looked at for such paths. */
const MAX_LOOKS = 10_000

interface Frame {
  list: boolean
  /** Names of the path that lead here; undefined beside the path. */
  matched: number | undefined
  /** Of an object: the member that was begun last. */
  key: string
}

/** What hears of the records on a walk. */
export interface RecordSink {
  /** A record begins. */
  begin(): void
  /** It is complete. */
  record(data: JsonObject): void
  /** Something stands where a record is expected; undefined: a list. */
  noObject(value?: Json): void
  /**
   * A text of JSON stands where the list of records is expected: it may hold any number of them.
   */
  encodedTwice(): void
}

/**
 * Walks through a document and takes out the records at a path of names. Lists on the way are gone
 * through, as JSONata does; a list at its end holds the records. Only the record that is being read
 * is kept.
 */
export class RecordWalk implements JsonEvents {
  readonly #names: readonly string[]
  readonly #sink: RecordSink
  readonly #frames: Frame[] = []
  readonly #paths = new Set<string>()
  #looks = 0
  #builder: ObjectBuilder | undefined
  #found = false

  constructor(names: readonly string[], sink: RecordSink) {
    this.#names = names
    this.#sink = sink
  }

  /** Whether the path has led somewhere. */
  get found(): boolean {
    return this.#found
  }

  /** Whether a record is being read. */
  get inRecord(): boolean {
    return this.#builder !== undefined
  }

  /**
   * Paths to lists of objects beside the path, as far as they were met near the head; else the
   * members of the document.
   */
  get paths(): string[] {
    return [...this.#paths]
  }

  open(list: boolean): void {
    if (this.#builder === undefined) this.#enter(list)
    else this.#builder.open(list)
  }

  #enter(list: boolean): void {
    const place = this.#place()
    if (place === 'record' || (place === this.#names.length && !list)) {
      this.#found = true
      if (!list) {
        this.#builder = new ObjectBuilder()
        this.#sink.begin()
        return
      }
      this.#sink.noObject()
    } else if (place === this.#names.length) this.#found = true
    this.#frames.push({ list, matched: place === 'record' ? undefined : place, key: '' })
    if (this.#looks++ < MAX_LOOKS) this.#notice(list)
  }

  close(): void {
    if (this.#builder === undefined) {
      this.#frames.pop()
      return
    }
    this.#builder.close()
    if (!this.#builder.done) return
    this.#sink.record(this.#builder.value)
    this.#builder = undefined
  }

  key(name: string): void {
    const frame = this.#frames.at(-1)
    if (this.#builder !== undefined) this.#builder.key(name)
    else if (frame !== undefined) frame.key = name
  }

  scalar(value: Json): void {
    if (this.#builder === undefined) this.#meet(value)
    else this.#builder.scalar(value)
  }

  #meet(value: Json): void {
    const place = this.#place()
    if (place !== 'record' && place !== this.#names.length) return
    this.#found = true
    // `users: null` is a list with nobody in it.
    if (place !== 'record' && isEncodedTwice(value)) this.#sink.encodedTwice()
    else if (place === 'record' || value !== null) this.#sink.noObject(value)
  }

  /**
   * Where the value stands that begins now: as a record in the list of them, or so many names down
   * the path, or beside it.
   */
  #place(): 'record' | number | undefined {
    const parent = this.#frames.at(-1)
    if (parent === undefined) return 0
    const { list, matched, key } = parent
    if (matched === undefined) return undefined
    if (list) return matched === this.#names.length ? 'record' : matched
    return key === this.#names[matched] ? matched + 1 : undefined
  }

  /** Remembers the path to an object in a list, when one has just been opened. */
  #notice(list: boolean): void {
    const above = this.#frames.slice(0, -1)
    if (list || this.#paths.size >= MAX_PATHS || above.length > 8 || above.at(-1)?.list !== true) return
    this.#paths.add(writePath(above.filter((frame) => !frame.list).map(({ key }) => key)) || '$')
  }
}

/** Puts an object together from its parts. */
class ObjectBuilder implements JsonEvents {
  readonly value: JsonObject = {}
  readonly #stack: (Json[] | JsonObject)[] = [this.value]
  readonly #keys: string[] = []
  #key = ''

  /** Whether the object is complete. */
  get done(): boolean {
    return this.#stack.length === 0
  }

  open(list: boolean): void {
    const container: Json[] | JsonObject = list ? [] : {}
    this.scalar(container)
    this.#stack.push(container)
    this.#keys.push(this.#key)
  }

  close(): void {
    this.#stack.pop()
    this.#key = this.#keys.pop() ?? ''
  }

  key(name: string): void {
    this.#key = name
  }

  scalar(value: Json): void {
    const parent = this.#stack.at(-1)
    if (Array.isArray(parent)) parent.push(value)
    else if (isObject(parent)) setMember(parent, this.#key, value)
  }
}

/** As JSON.parse does it: an own member, also where the name means something to objects. */
function setMember(object: Record<string, Json>, name: string, value: Json): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
type RecordsPath = { ok: true; names: string[] } | { ok: false; message: string; hint: string }

const HINT = 'write names separated by dots: data.users; leave records out with map.user.when'

/**
 * The names in a path of JSONata such as `data.users`, `` data.`my users` `` or `$`, which has
 * none. Anything else cannot be followed while a document streams by.
 */
export function parseRecordsPath(text: string): RecordsPath {
  let ast: unknown
  try {
    ast = jsonata(text).ast()
  } catch {
    return { ok: false, message: 'this is not a path', hint: HINT }
  }
  const names = namesOf(ast)
  if (names !== undefined) return { ok: true, names }
  return { ok: false, message: 'records must be a path of names only', hint: HINT }
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
