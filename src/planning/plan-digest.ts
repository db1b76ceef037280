import { createHash, createHmac } from 'node:crypto'
import { decisive } from '../config/secrets.ts'
import { canonicalJson, isObject } from '../json.ts'
import { desiredColumns } from '../rundb/desired.ts'
import type { Plan } from './plan.ts'

/**
 * One digest (hex) over everything that applying the plan would do, secrets included: two plans with the same digest are
 * the same plan. It is keyed with the API key, which both sides hold anyway, so that nobody without it can test guesses of
 * a password against a plan file.
 */
export function digestPlan(plan: Plan, apiKey: string): string {
  const hmac = createHmac('sha256', apiKey)
  const { rundb, scope } = plan.set
  if (scope !== undefined) hmac.update(canonicalJson({ only: scope.only, limit: scope.limit }))
  for (const action of plan.actions()) {
    hmac.update(canonicalJson(action))
    const row = desiredColumns(rundb, action.kind, action.key)
    hmac.update(canonicalJson([row?.attributes ?? null, row?.secrets ?? null, row?.refs ?? null]))
  }
  return hmac.digest('hex')
}

/**
 * What the seal of a saved plan is made from: the header without the seal, and every byte behind it. It is keyed as the
 * digest is: nobody without the API key makes one that fits.
 */
export class Sealer {
  readonly #hash = createHash('sha256')
  #lines = 0

  /** @param header the text of the header, without the seal and the end of the line */
  constructor(header: string) {
    this.#hash.update(`${header}\n`)
  }

  /** Lines that were added, counted by their ends. */
  get lines(): number {
    return this.#lines
  }

  /** Adds what follows the header. */
  add(piece: string | Uint8Array): void {
    const bytes = Buffer.from(piece)
    this.#hash.update(bytes)
    for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) this.#lines += 1
  }

  seal(apiKey: string): string {
    return createHmac('sha256', apiKey)
      .update(`seal\0${this.#hash.copy().digest('hex')}`)
      .digest('hex')
  }
}

/**
 * What a plan was computed from, piece by piece, so that the piece that has changed can be named. All digests are keyed with the API key;
 * of secrets of the manifest there is none.
 */
export interface PlanBasis {
  /** Digest of a fixed text: another one tells that the key is another, and the digests cannot be compared. */
  key: string
  /** Digests of the values of the effective manifest, by their paths. */
  manifest: Record<string, string>
  /** Digests of the files of the source, by their names. */
  files: Record<string, string>
  /** When reading the source into the snapshot began. */
  snapshot?: string
}

/** Characters of a digest: nobody gains anything by a value that happens to have the same one. */
const LENGTH = 16

/** @param manifest the effective one */
export function planBasis({ set }: Plan, manifest: object, apiKey: string): PlanBasis {
  const digest = (what: string, text: string) =>
    createHmac('sha256', apiKey).update(`${what}\0${text}`).digest('hex').slice(0, LENGTH)
  const values = [...leavesOf(decisive(manifest))]
  const { snapshot } = set.reading
  return {
    key: digest('key', ''),
    manifest: Object.fromEntries(values.map(([path, value]) => [path, digest(path, canonicalJson(value))])),
    files: Object.fromEntries([...set.files].map(([name, sha256]) => [name, digest(name, sha256)])),
    ...(snapshot && { snapshot: snapshot.startedAt }),
  }
}

/** Whether a member of a header is what `planBasis` makes. */
export function isPlanBasis(value: unknown): value is PlanBasis {
  if (!isObject(value)) return false
  const { key, manifest, files, snapshot } = value
  const texts = (record: unknown) => isObject(record) && Object.values(record).every((text) => typeof text === 'string')
  return typeof key === 'string' && texts(manifest) && texts(files) && ['undefined', 'string'].includes(typeof snapshot)
}

/** Names that stand for another digest, for none, or anew, in the order in which they stand now. Of an object that was empty its members alone. */
export function changedNames(then: Record<string, string>, now: Record<string, string>): string[] {
  const names = new Set([...Object.keys(now), ...Object.keys(then)])
  const changed = [...names].filter((name) => then[name] !== now[name])
  return changed.filter((name) => !changed.some((other) => other.startsWith(`${name}.`)))
}

/** The values of an object by their paths. A list is one value: its items have no names. */
function* leavesOf(value: unknown, path: readonly string[] = []): Generator<[string, unknown]> {
  if (!isObject(value) || (path.length > 0 && Object.keys(value).length === 0)) {
    if (value !== undefined) yield [path.join('.'), value]
    return
  }
  for (const [key, member] of Object.entries(value)) yield* leavesOf(member, [...path, key])
}
