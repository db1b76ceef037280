import { isObject, type Json, type JsonObject } from '../../json.ts'
import type { JsonEvents } from './grammar.ts'

/** Puts an object together from its parts. */
export class ObjectBuilder implements JsonEvents {
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
