import { jsonata } from '../../expressions/jsonata.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import { isEncodedTwice, type JsonEvents } from './grammar.ts'

/** Number of paths in an error about missing records. */
const MAX_PATHS = 8

/** Number of lists and objects that are searched for such paths. */
const MAX_LOOKS = 10_000

interface Frame {
  list: boolean
  /** Number of names of the path that lead here. Undefined: outside the path. */
  matched: number | undefined
  /** For an object, the last member. */
  key: string
}

/** Receives the records of a walk. */
export interface RecordSink {
  /** A record begins. */
  begin(): void
  /** The record is complete. */
  record(data: JsonObject): void
  /** Another value is in place of a record. Undefined: a list. */
  noObject(value?: Json): void
  /** A JSON string is in place of the list of records, and can contain any number of them. */
  encodedTwice(): void
}

/**
 * Walks through a document and extracts the records at a path of names. Goes through lists on the
 * way, as JSONata does. A list at the end of the path contains the records. Keeps only the current
 * record in memory.
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

  /** Whether the path was found. */
  get found(): boolean {
    return this.#found
  }

  /** Whether a record is being read. */
  get inRecord(): boolean {
    return this.#builder !== undefined
  }

  /** Paths to lists of objects outside the path, as far as they were found near the beginning. */
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
    // `users: null` is an empty list.
    if (place !== 'record' && isEncodedTwice(value)) this.#sink.encodedTwice()
    else if (place === 'record' || value !== null) this.#sink.noObject(value)
  }

  /**
   * Position of the value that begins now: a record in the list, a number of names down the path,
   * or outside it.
   */
  #place(): 'record' | number | undefined {
    const parent = this.#frames.at(-1)
    if (parent === undefined) return 0
    const { list, matched, key } = parent
    if (matched === undefined) return undefined
    if (list) return matched === this.#names.length ? 'record' : matched
    return key === this.#names[matched] ? matched + 1 : undefined
  }

  /** Stores the path to a list, when an object in it has just been opened. */
  #notice(list: boolean): void {
    const above = this.#frames.slice(0, -1)
    if (list || this.#paths.size >= MAX_PATHS || above.length > 8 || above.at(-1)?.list !== true) return
    this.#paths.add(writePath(above.filter((frame) => !frame.list).map(({ key }) => key)) || '$')
  }
}

/** Builds an object from its elements. */
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

/** Like JSON.parse, creates an own member, even if the name has a meaning for objects. */
function setMember(object: Record<string, Json>, name: string, value: Json): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
type RecordsPath = { ok: true; names: string[] } | { ok: false; message: string; hint: string }

const HINT = 'write names separated by dots: data.users; leave records out with map.user.when'

/**
 * The names in a JSONata path such as `data.users`, `` data.`my users` `` or `$`, which has none.
 * Other expressions cannot be evaluated on a stream.
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

/** Whether a step is `$`, the document. */
function isRoot(step: unknown): boolean {
  return isObject(step) && step.type === 'variable' && step.value === '' && isPlain(step)
}

function nameOf(step: unknown): string | undefined {
  if (!isObject(step) || !isPlain(step)) return undefined
  return step.type === 'name' && typeof step.value === 'string' ? step.value : undefined
}

/** No predicates, groups or bindings. `[]` after a name has no effect here. */
function isPlain(step: Record<string, unknown>): boolean {
  return Object.keys(step).every(
    (key) => ['type', 'value', 'position', 'keepArray'].includes(key) || step[key] === undefined,
  )
}

/** A path as written in a manifest. */
export function writePath(names: readonly string[]): string {
  return names.map((name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `\`${name}\``)).join('.')
}
