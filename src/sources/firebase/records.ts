/**
 * Records of the `firebase` source. In: the snapshot of a project. Out: tenants; users, each with
 * its tenant and hash parameters; SAML and OpenID Connect providers; warnings of what cannot be
 * migrated.
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

/** Names of the lists in the API. */
const LISTS: Readonly<Record<Stream, string>> = {
  [USERS]: 'accounts',
  [TENANTS]: 'tenants',
  [CONNECTIONS]: 'idpConfigs',
}

/** Opens a project. Reads nothing before `read` is iterated. */
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

/** The rows of a small stream, by ID. */
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

/** A tenant ID as a map key; '' for the project itself. */
function keyOf(tenantId: unknown): string {
  return typeof tenantId === 'string' ? tenantId : ''
}

/** A user with its tenant and hash parameters. */
function userRecord(
  row: JsonObject,
  tenants: ReadonlyMap<string, JsonObject>,
  hashConfigs: ReadonlyMap<string, JsonObject>,
): JsonObject {
  const tenant = tenants.get(keyOf(row.tenantId))
  // A tenant has its own parameters. With those of the project, no password would match.
  const { tenantId: _id, ...hashConfig } = hashConfigs.get(keyOf(row.tenantId)) ?? {}
  return {
    ...row,
    ...(tenant !== undefined && { tenant }),
    ...(row.passwordHash !== undefined && Object.keys(hashConfig).length > 0 && { hashConfig }),
  }
}

/** Most names in a warning. */
const NAMED = 20

/** Collects counts while records pass, for warnings at the end. */
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
        message: `${usersHave(this.#passwords)} a password in Firebase that hashes: false does not migrate`,
        hint: 'set hashes: true, with credentials that have firebaseauth.configs.getHashConfig; otherwise these users set a new password',
      }
    }
    if (this.#withoutParameters.size > 0) {
      yield {
        code: 'tenants_without_hash_parameters',
        severity: 'warning',
        message: `the API does not return the hash parameters of ${this.#named(this.#withoutParameters)}`,
        hint: 'copy them from Google Cloud console → Identity Platform → Users → the tenant → Import users to secrets.firebaseSignerKey and vars.firebase; see docs/how-to/sources/firebase.md',
      }
    }
    if (this.#imported > 0) {
      yield {
        code: 'imported_hashes',
        severity: 'warning',
        message: `${usersHave(this.#imported)} a hash that was imported into Firebase in another format and cannot be migrated`,
        hint: 'have these users sign in to Firebase before the migration, which replaces the hash, or set a new password in WorkOS; the plan lists them',
      }
    }
    if (this.#disabled.size > 0) {
      yield {
        code: 'tenants_disabled',
        severity: 'warning',
        message: `sign-in is disabled (disableAuth) in ${this.#named(this.#disabled)}; the recipe skips them, because WorkOS would let their users sign in`,
        hint: 'set when under map.user, map.organization and map.membership to migrate them anyway',
      }
    }
    if (this.#switchedOff.length > 0) yield switchedOff(this.#switchedOff)
  }

  #named(counts: ReadonlyMap<string, number>): string {
    const names = [...counts].slice(0, NAMED).map(([id, count]) => {
      const name = this.#tenants.get(id)?.displayName
      return `${id === '' ? 'the project itself' : `the tenant ${name ? `${name} (${id})` : id}`}, ${count === 1 ? '1 user' : `${count} users`}`
    })
    return `${names.join('; ')}${counts.size > NAMED ? ` and ${counts.size - NAMED} more` : ''}`
  }
}

function addTo(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function usersHave(count: number): string {
  return count === 1 ? '1 user has' : `${count} users have`
}

function hasPassword(providers: unknown): boolean {
  return Array.isArray(providers) && providers.some((one: unknown) => isObject(one) && one.providerId === 'password')
}

function switchedOff(names: readonly string[]): Problem {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  const one = names.length === 1
  const are = one ? '1 provider is' : `${names.length} providers are`
  return {
    code: 'connections_inactive',
    severity: 'warning',
    message: `${are} disabled in Firebase: ${names.slice(0, NAMED).join(', ')}${more}. The recipe skips ${one ? 'it' : 'them'}, because WorkOS would let users sign in through ${one ? 'it' : 'them'}`,
    hint: 'set when: "true" under map.connection to migrate disabled providers anyway',
  }
}
