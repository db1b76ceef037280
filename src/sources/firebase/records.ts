/**
 * Records of the `firebase` source. In: a project that was read into a snapshot. Out: tenants;
 * users, each with its tenant and the parameters of its hash; providers of SAML and OpenID Connect;
 * and warnings of what cannot be taken along.
 */

import type { Problem } from '../../diagnostics/problem.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { ReadContext, Source, StreamCount } from '../source.ts'
import { numberedFrom } from '../text/record-file.ts'
import { type FirebaseOptions, liveOptions } from './options.ts'
import { CONNECTIONS, HASH_CONFIGS, TENANTS, USERS } from './streams.ts'

const STREAMS = [USERS, TENANTS, CONNECTIONS] as const

type Stream = (typeof STREAMS)[number]

/** What they are in the API. */
const LISTS: Readonly<Record<Stream, string>> = {
  [USERS]: 'accounts',
  [TENANTS]: 'tenants',
  [CONNECTIONS]: 'idpConfigs',
}

/** Opens a project; nothing is read before `read` is iterated. */
export function openLive(config: FirebaseOptions, context: ReadContext): Source {
  const { project, baseUrl, hashes, connections } = liveOptions(config)
  const place = (stream: Stream) => `${new URL(baseUrl).host}/projects/${project}/${LISTS[stream]}`
  const read: Record<Stream, number> = { [USERS]: 0, [TENANTS]: 0, [CONNECTIONS]: 0 }

  async function* stream(name: Stream, recordOf: (row: JsonObject) => JsonObject) {
    for await (const rows of snapshotOf(context).read(name, context.signal)) {
      read[name] += rows.length
      const records = rows.map(({ line, data }) => ({ line, data: recordOf(data) }))
      yield { stream: name, file: place(name), records }
    }
  }

  async function* records() {
    const snapshot = snapshotOf(context)
    const tenants = await rowsById(snapshot, TENANTS, ({ id }) => String(id), context.signal)
    const hashConfigs = await rowsById(snapshot, HASH_CONFIGS, ({ tenantId }) => keyOf(tenantId), context.signal)
    const findings = new Findings(tenants, hashConfigs)
    yield* stream(TENANTS, (row) => row)
    yield* stream(USERS, (row) => {
      const user = userRecord(row, tenants, hashConfigs)
      findings.addUser(user)
      return user
    })
    yield* stream(CONNECTIONS, (row) => {
      findings.addConnection(row)
      return row
    })
    for (const warning of findings.warnings(hashes)) context.warn(warning)
  }

  return {
    streams: STREAMS,
    read: (chunkSize) => numberedFrom(records(), chunkSize, context.numbering),
    counts: () =>
      STREAMS.filter((name) => connections || name !== CONNECTIONS).map(
        (name): StreamCount => ({
          stream: name,
          file: place(name),
          role: 'main',
          read: read[name],
          passed: read[name],
          rejected: 0,
        }),
      ),
    digest: () => snapshotOf(context).digest,
  }
}

function snapshotOf({ snapshot }: ReadContext): Snapshot {
  if (snapshot === undefined) throw new Error('a project is read from its snapshot')
  return snapshot
}

/** Rows of a stream that are few: tenants and their parameters. */
async function rowsById(
  snapshot: Snapshot,
  stream: string,
  idOf: (row: JsonObject) => string,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, JsonObject>> {
  const found = new Map<string, JsonObject>()
  for await (const rows of snapshot.read(stream, signal)) for (const { data } of rows) found.set(idOf(data), data)
  return found
}

/** The key of parameters; those of the project itself have none. */
function keyOf(tenantId: unknown): string {
  return typeof tenantId === 'string' ? tenantId : ''
}

/** A user with its tenant, and with the parameters of its hash. */
function userRecord(
  row: JsonObject,
  tenants: ReadonlyMap<string, JsonObject>,
  hashConfigs: ReadonlyMap<string, JsonObject>,
): JsonObject {
  const tenant = tenants.get(keyOf(row.tenantId))
  // A tenant has parameters of its own. Those of the project would make hashes of another key,
  // which nobody could sign in with.
  const { tenantId: _id, ...hashConfig } = hashConfigs.get(keyOf(row.tenantId)) ?? {}
  return {
    ...row,
    ...(tenant !== undefined && { tenant }),
    ...(row.passwordHash !== undefined && Object.keys(hashConfig).length > 0 && { hashConfig }),
  }
}

/** Names that a warning has room for. */
const NAMED = 20

/** What is found while the records pass, and told at the end. */
class Findings {
  readonly #tenants: ReadonlyMap<string, JsonObject>
  readonly #hashConfigs: ReadonlyMap<string, JsonObject>
  readonly #withoutParameters = new Map<string, number>()
  readonly #disabled = new Map<string, number>()
  readonly #switchedOff: string[] = []
  #passwords = 0
  #imported = 0

  constructor(tenants: ReadonlyMap<string, JsonObject>, hashConfigs: ReadonlyMap<string, JsonObject>) {
    this.#tenants = tenants
    this.#hashConfigs = hashConfigs
  }

  addUser({ tenantId, tenant, passwordHash, importedHash, providerUserInfo }: JsonObject): void {
    const key = keyOf(tenantId)
    if (passwordHash !== undefined && !this.#hashConfigs.has(key)) addTo(this.#withoutParameters, key)
    if (importedHash === true) this.#imported += 1
    if (hasPassword(providerUserInfo)) this.#passwords += 1
    if (tenant !== undefined && this.#tenants.get(key)?.disableAuth === true) addTo(this.#disabled, key)
  }

  addConnection({ id, displayName, enabled }: JsonObject): void {
    if (enabled !== true) this.#switchedOff.push(displayName ? `${displayName} (${id})` : String(id))
  }

  *warnings(hashes: boolean): Iterable<Problem> {
    if (!hashes && this.#passwords > 0) {
      yield {
        code: 'hashes_not_read',
        severity: 'warning',
        message: `${people(this.#passwords)} a password in Firebase, and hashes: false leaves its hash out: they set a new one`,
        hint: 'set hashes: true, with credentials that have firebaseauth.configs.getHashConfig',
      }
    }
    if (this.#withoutParameters.size > 0) {
      yield {
        code: 'tenants_without_hash_parameters',
        severity: 'warning',
        message: `the API tells no parameters of the password hashes of ${this.#named(this.#withoutParameters)}`,
        hint: 'copy them from Google Cloud console → Identity Platform → Users → the tenant → Import users, into secrets.firebaseSignerKey and vars.firebase; see docs/how-to/sources/firebase.md',
      }
    }
    if (this.#imported > 0) {
      yield {
        code: 'imported_hashes',
        severity: 'warning',
        message: `${people(this.#imported)} a hash that was imported into Firebase and is not one of its own: they set a new password`,
        hint: 'Firebase makes a hash of its own when they sign in there; the plan names them',
      }
    }
    if (this.#disabled.size > 0) {
      yield {
        code: 'tenants_disabled',
        severity: 'warning',
        message: `nobody signs in at ${this.#named(this.#disabled)} (disableAuth): the recipe leaves them out, since WorkOS would let them in`,
        hint: 'to migrate them all the same, set when under map.user, map.organization and map.membership',
      }
    }
    if (this.#switchedOff.length > 0) yield switchedOff(this.#switchedOff)
  }

  #named(counts: ReadonlyMap<string, number>): string {
    const names = [...counts].slice(0, NAMED).map(([id, count]) => {
      const name = this.#tenants.get(id)?.displayName
      return `${id === '' ? 'the project itself' : `the tenant ${name ? `${name} (${id})` : id}`}, ${count} users`
    })
    return `${names.join('; ')}${counts.size > NAMED ? ` and ${counts.size - NAMED} more` : ''}`
  }
}

function addTo(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function people(count: number): string {
  return count === 1 ? '1 user has' : `${count} users have`
}

function hasPassword(providers: unknown): boolean {
  return Array.isArray(providers) && providers.some((one: unknown) => isObject(one) && one.providerId === 'password')
}

function switchedOff(names: readonly string[]): Problem {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  const are = names.length === 1 ? '1 provider is' : `${names.length} providers are`
  return {
    code: 'connections_inactive',
    severity: 'warning',
    message: `${are} switched off in Firebase: ${names.slice(0, NAMED).join(', ')}${more}. The recipe leaves them out, since WorkOS would let people sign in by them`,
    hint: 'to hand them over all the same, set when: "true" under map.connection',
  }
}
